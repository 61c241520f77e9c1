"""HTML: one file that works offline, with search, filters and word diffs (contract 8.2)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from reconciler.completeness import Completeness
from reconciler.model import Comparison, Drift, Plan
from reconciler.reports.completeness import for_environment
from reconciler.reports.html.completeness import completeness_page
from reconciler.reports.html.view import page
from reconciler.reports.planjson import plan_digest
from reconciler.reports.report import comparison_report, drift_report, plan_report
from reconciler.reports.site import NOWHERE, Site
from reconciler.reports.values import clean

__all__ = ["comparison_html", "completeness_html", "drift_html", "plan_html"]


def plan_html(plan: Plan, site: Site = NOWHERE) -> str:
    """A plan as a page; `site` is what it links to, with pictures as `data:` addresses."""
    report = plan_report(plan, site)
    foot = [text for text in (report.overview.cost, report.overview.read) if text]
    foot += [f"Plan {plan_digest(plan)}", f"Account {plan.account.base_url}"]
    return _report("Plan", plan.environment, page(report), foot)


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
    style = _own("report.css") + _own("completeness.css")
    return _written("completeness.html", {**view, "title": title}, style)


def _report(what: str, environment: str | None, view: Mapping[str, Any], foot: list[str]) -> str:
    where = f" for {clean(environment)}" if environment else ""
    told = {**view, "title": f"{what}{where}", "foot": [clean(text) for text in foot]}
    return _written("report.html", told, _own("report.css"))


def _written(template: str, view: Mapping[str, Any], style: str) -> str:
    script = _own("report.js")
    return _template(template).render(
        view,
        style=Markup(style),
        script=Markup(script),
        policy=(
            f"default-src 'none'; img-src data:; style-src {_hash(style)}; "
            f"script-src {_hash(script)}"
        ),
    )


@cache
def _template(name: str) -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_own(name))


@cache
def _own(name: str) -> str:
    return (resources.files("reconciler.reports.html") / name).read_text("utf-8")


def _hash(text: str) -> str:
    """What a browser holds an inline part against, so that it runs no other."""
    digest = hashlib.sha256(f"\n{text}".encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
