"""A drift report in Markdown, for an issue (8.1)."""

from __future__ import annotations

from reconciler.model import Drift
from reconciler.reports.markdown.budget import COMMENT, Size
from reconciler.reports.markdown.document import document, head, marker
from reconciler.reports.markdown.tasks import task_list
from reconciler.reports.report import drift_report

AROUND = 1_000
"""Characters that stay free for what an issue says beside the report."""


def drift_marker(environment: str | None) -> str:
    """The hidden first line of a drift issue."""
    return marker("pxm-drift", environment)


def drift_markdown(drift: Drift, size: Size = COMMENT) -> str:
    """Verdict and counts, what is gone, what nobody declared, what changed by category, and what
    is to be settled as a task list.

    Never larger than `size`; what has no room is counted, and said to be left out.
    """
    report = drift_report(drift)
    opening = head(report, drift_marker(drift.environment), "Drift", drift.environment)
    size = Size(size.most - AROUND, size.measure)
    foot = f"\n{task_list(drift, size)}{_FOOT}" if drift.found else ""
    return document(report, opening, foot, size)


_FOOT = (
    "\n---\n`pxm apply` writes what the catalog says. To take it over into the files instead: "
    "`pxm pull --accept KIND/KEY`. All of it in full: `pxm drift --format html --out FILE`.\n"
)
