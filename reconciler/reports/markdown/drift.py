"""A drift report in Markdown, for an issue (8.1)."""

from __future__ import annotations

from reconciler.model import Drift
from reconciler.reports.markdown.budget import COMMENT, Size
from reconciler.reports.markdown.document import document, head, marker
from reconciler.reports.report import drift_report


def drift_marker(environment: str | None) -> str:
    """The hidden first line of a drift issue."""
    return marker("pxm-drift", environment)


def drift_markdown(drift: Drift, size: Size = COMMENT) -> str:
    """Verdict and counts, what is gone, what nobody declared, what changed by category.

    Never larger than `size`; what has no room is counted, and said to be left out.
    """
    report = drift_report(drift)
    opening = head(report, drift_marker(drift.environment), "Drift", drift.environment)
    return document(report, opening, _FOOT if drift.found else "", size)


_FOOT = (
    "\n---\n`pxm apply` writes what the catalog says. To take it over into the files instead: "
    "`pxm pull --accept KIND/KEY`. All of it in full: `pxm drift --format html --out FILE`.\n"
)
