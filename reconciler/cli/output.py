"""The formats of reports, and how wide a terminal is."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass

import click

from reconciler import __version__
from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.model import Catalog, Comparison, Drift, Plan
from reconciler.reports.comparejson import comparison_json
from reconciler.reports.comparetext import comparison_text
from reconciler.reports.concise import plan_concise
from reconciler.reports.driftjson import drift_json
from reconciler.reports.drifttext import drift_text
from reconciler.reports.markdown import (
    COMMENT,
    STEP_SUMMARY,
    Size,
    comparison_markdown,
    drift_markdown,
    plan_markdown,
)
from reconciler.reports.planjson import plan_json
from reconciler.reports.text import plan_text


@dataclass(frozen=True, slots=True)
class Form:
    """What the user asked a report to be: text, json, markdown or html.

    Raises UsageError for a step's summary in anything but Markdown.
    """

    output: str = "text"
    step_summary: bool = False
    concise: bool = False

    def __post_init__(self) -> None:
        if self.concise and self.output != "text":
            raise UsageError(f"--concise is text, not {self.output}", hint="leave one of them out")
        if self.step_summary and self.output != "markdown":
            raise UsageError(
                f"--step-summary is Markdown, not {self.output}", hint="add --format markdown"
            )

    @property
    def size(self) -> Size:
        """How large Markdown may be."""
        return STEP_SUMMARY if self.step_summary else COMMENT


def show_plan(
    plan: Plan,
    form: Form,
    settings: Settings,
    *,
    asks: bool = False,
    catalog: Catalog | None = None,
) -> None:
    """Print a plan; no pager stands before a question.  `catalog` is what it was made of."""
    with settings.profile.stage("report"):
        text = _plan(plan, form, settings, catalog)
    if asks:
        click.echo(text, nl=False)
    else:
        paged(text, settings)


def paged(text: str, settings: Settings) -> None:
    """Print a result; one that is longer than the terminal by way of the pager."""
    if not settings.pages or text.count("\n") < _rows():
        click.echo(text, nl=False)
        return
    # As git has it: colours, the text stays on the screen, and what fits is not waited for.
    os.environ.setdefault("LESS", "FRX")
    click.echo_via_pager(text, color=settings.color)


def _rows() -> float:
    """Lines of the terminal; endless where there is none, or where it does not say."""
    try:
        return os.get_terminal_size().lines or math.inf
    except OSError:
        return math.inf


def _plan(plan: Plan, form: Form, settings: Settings, catalog: Catalog | None) -> str:
    if form.output == "json":
        return plan_json(plan, __version__)
    if form.output == "markdown":
        return plan_markdown(plan, form.size)
    if form.output == "html":
        # jinja2 takes a tenth of a second to load, which most runs have no use for.
        from reconciler.cli.shopwindow import shop_beside, shop_for
        from reconciler.reports.html import plan_html

        shop = shop_for(plan, catalog) if catalog else shop_beside(plan, settings.catalog)
        return plan_html(plan, shop=shop)
    if form.concise:
        return plan_concise(plan, color=settings.color, width=room())
    return plan_text(plan, color=settings.color, width=width())


def written_drift(drift: Drift, form: Form, *, color: bool) -> str:
    """A drift report in its format."""
    if form.output == "json":
        return drift_json(drift, __version__)
    if form.output == "markdown":
        return drift_markdown(drift, form.size)
    if form.output == "html":
        from reconciler.reports.html import drift_html

        return drift_html(drift)
    return drift_text(drift, color=color, width=width())


def written_comparison(found: Comparison, form: Form, *, color: bool) -> str:
    """What two accounts hold differently, in its format."""
    if form.output == "json":
        return comparison_json(found, __version__)
    if form.output == "markdown":
        return comparison_markdown(found, form.size)
    if form.output == "html":
        from reconciler.reports.html import comparison_html

        return comparison_html(found)
    return comparison_text(found, color=color, width=width())


UNBOUNDED = 10_000


def room() -> int:
    """Columns of lines that fit a terminal; a pipe has no width, and is searched for sentences."""
    return width() if sys.stdout.isatty() else UNBOUNDED


def width() -> int:
    """Columns of the terminal; 100 where there is none."""
    try:
        return max(60, os.get_terminal_size().columns)
    except OSError:
        return 100
