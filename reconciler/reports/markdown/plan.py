"""A plan in Markdown, for a pull-request comment (8.1)."""

from __future__ import annotations

from reconciler.model import Plan
from reconciler.reports.markdown.budget import COMMENT, Size
from reconciler.reports.markdown.document import document, head, marker
from reconciler.reports.overview import Overview
from reconciler.reports.planjson import plan_digest
from reconciler.reports.report import plan_report


def plan_marker(environment: str | None) -> str:
    """The hidden first line of a plan's comment."""
    return marker("pxm-plan", environment)


def plan_markdown(plan: Plan, size: Size = COMMENT) -> str:
    """The whole plan: verdict and counts, what needs eyes, changes by category, cost and digest.

    Never larger than `size`; what has no room is counted, and said to be left out.
    """
    report = plan_report(plan)
    opening = head(report, plan_marker(plan.environment), "Plan", plan.environment)
    return document(report, opening, _foot(plan, report.overview), size)


def _foot(plan: Plan, overview: Overview) -> str:
    read = f"{overview.read}\n\n" if overview.read else ""
    digest = f"{read}Plan `{plan_digest(plan)}`\n"
    if not overview.cost:
        return f"\n{digest}"
    full = "All of it in full: `pxm show PLANFILE --format html`."
    return f"\n---\n{overview.cost} {full}\n\n{digest}"
