"""HTML: one file that works offline, with search, filters and word diffs (contract 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.completeness import Completeness
from reconciler.model import Comparison, Drift, Plan
from reconciler.reports.completeness import for_environment
from reconciler.reports.html.completeness import completeness_page
from reconciler.reports.html.preview import cards_view, preview_pages
from reconciler.reports.html.view import page
from reconciler.reports.html.writing import written
from reconciler.reports.planjson import plan_digest
from reconciler.reports.preview.changes import NO_CARDS, Cards, cards_of
from reconciler.reports.preview.shop import Shop
from reconciler.reports.report import comparison_report, drift_report, plan_report
from reconciler.reports.site import NOWHERE, Site
from reconciler.reports.values import clean

__all__ = ["comparison_html", "completeness_html", "drift_html", "plan_html", "preview_pages"]


def plan_html(plan: Plan, site: Site = NOWHERE, shop: Shop | None = None) -> str:
    """A plan as a page; `site` is what it links to, with pictures as `data:` addresses.

    With the `shop` of the catalog that it was made of, its products are shown as cards.
    """
    report = plan_report(plan, site)
    foot = [text for text in (report.overview.cost, report.overview.read) if text]
    foot += [f"Plan {plan_digest(plan)}", f"Account {plan.account.base_url}"]
    cards = cards_of(plan, shop, site) if shop else NO_CARDS
    return _report("Plan", plan.environment, page(report), foot, cards)


def drift_html(drift: Drift) -> str:
    """A drift report as a page."""
    foot = [f"Account {drift.account.base_url}"]
    return _report("Drift", drift.environment, page(drift_report(drift)), foot)


def comparison_html(found: Comparison) -> str:
    """A comparison of two accounts as a page."""
    sides = zip(found.environments, found.accounts, strict=True)
    foot = [f"{name}: account {account.base_url}" for name, account in sides]
    both = " and ".join(found.environments)
    return _report("Compare", both, page(comparison_report(found)), foot)


def completeness_html(found: Completeness, environment: str | None = None, lead: str = "") -> str:
    """How complete a catalog is, as a page; `lead` is said first."""
    view = completeness_page(found, lead)
    title = f"Completeness{clean(for_environment(environment))}"
    styles = ("report.css", "completeness.css")
    return written("completeness.html", {**view, "title": title}, styles)


def _report(
    what: str,
    environment: str | None,
    view: Mapping[str, Any],
    foot: list[str],
    cards: Cards = NO_CARDS,
) -> str:
    where = f" for {clean(environment)}" if environment else ""
    told = {**view, "title": f"{what}{where}", "foot": [clean(text) for text in foot]}
    styles = ["report.css", "card.css"] if cards.cards else ["report.css"]
    return written("report.html", {**told, **cards_view(cards)}, styles)
