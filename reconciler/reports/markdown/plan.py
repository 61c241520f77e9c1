"""A plan in Markdown, for a pull-request comment (8.1)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model import Plan
from reconciler.reports.markdown.budget import COMMENT, Size
from reconciler.reports.markdown.document import document, head, marker
from reconciler.reports.overview import Overview
from reconciler.reports.planjson import plan_digest
from reconciler.reports.report import plan_report
from reconciler.reports.site import NOWHERE, Site


def plan_marker(environment: str | None) -> str:
    """The hidden first line of a plan's comment."""
    return marker("pxm-plan", environment)


def plan_markdown(plan: Plan, size: Size = COMMENT, site: Site = NOWHERE) -> str:
    """The whole plan: verdict and counts, what needs eyes, changes by category, cost and digest.

    Never larger than `size`; what has no room is counted, and said to be left out.  Where links
    would take the room of what they link, only the names of what is told one by one have them.
    """
    linked = _written(plan, size, site)
    if site.source and _leaves_out(linked):
        return _written(plan, size, replace(site, source=""))
    return linked


def _written(plan: Plan, size: Size, site: Site) -> str:
    report = plan_report(plan, site)
    opening = head(report, plan_marker(plan.environment), "Plan", plan.environment)
    return document(report, opening, _foot(plan, report.overview, site), size)


def _leaves_out(text: str) -> bool:
    """Whether something is told shorter than it could be."""
    return any(words in text for words in ("… shown ", "\n#### By name: ", "\n#### Counted only: "))


def _foot(plan: Plan, overview: Overview, site: Site) -> str:
    read = f"{overview.read}\n\n" if overview.read else ""
    digest = f"{read}Plan `{plan_digest(plan)}`\n"
    if not overview.cost:
        return f"\n{digest}"
    page = f"[the page]({site.page})" if site.page else "`pxm show PLANFILE --format html`"
    return f"\n---\n{overview.cost} All of it in full: {page}.\n\n{digest}"
