"""`plan`, `show` and `explain`: each wires the stages, prints once and returns the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler import __version__
from reconciler.apply.tools import Tools
from reconciler.cli import outfiles
from reconciler.cli.loading import load
from reconciler.cli.output import Form, paged, room, show_plan
from reconciler.cli.planread import plan_from_json
from reconciler.cli.session import opened, read_settled
from reconciler.cli.settings import Settings
from reconciler.cli.snapshots import DELTA, load_kept, plan_of
from reconciler.errors import UsageError
from reconciler.model import Plan, Problem
from reconciler.plan import Allow, Ask
from reconciler.plan.explain import explain
from reconciler.plan.targets import parse_target
from reconciler.reports.explain import ExplainRow, explain_json, explain_text
from reconciler.reports.planjson import plan_json
from reconciler.reports.problems import problems_text

CHANGES = 2
"""Exit code of `plan --detailed-exitcode` where there is something to do."""

REFUSED = 3


def plan(
    settings: Settings,
    form: Form,
    out: Path | None,
    detailed_exitcode: bool,
    targets: Sequence[str],
    refresh: str | None = None,
) -> int:
    """Say what apply would do (contract 3); answers the exit code."""
    made = planned(settings, form, out, targets, refresh)
    return _plan_code(made) if detailed_exitcode else 0


def planned(
    settings: Settings,
    form: Form,
    out: Path | None,
    targets: Sequence[str] = (),
    refresh: str | None = None,
) -> Plan:
    """A plan, shown; nothing is written but the plan file, and what the next plan needs not read
    again (contract 7.4).  What goes to the state alone is in the plan and not in the file."""
    reading = load_kept(settings, wanted=refresh is not None, use=refresh == DELTA)
    warn(reading.problems, settings)
    with opened(settings, reading.catalog, read_only=True) as world:
        made = plan_of(world, reading.catalog, _ask(settings, targets), refresh)
    if out is not None:
        with settings.profile.stage("report"):
            outfiles.write(out, plan_json(made, __version__), "--out")
    show_plan(made, form, settings, catalog=reading.catalog)
    return made


def _plan_code(made: Plan) -> int:
    if made.refusals or made.summary.blocked:
        return REFUSED
    return 0 if made.summary.empty else CHANGES


def _ask(settings: Settings, targets: Sequence[str]) -> Ask:
    day = datetime.now(UTC).date().isoformat()
    return Ask(tuple(targets), settings.env, Allow(by_hand=settings.by_hand), day=day)


MOST_WARNINGS = 20
"""Warnings of the catalog that a command says which is about the account."""


def warn(problems: Sequence[Problem], settings: Settings) -> None:
    """Say the catalog's warnings on stderr; of many the first ones."""
    told = problems[:MOST_WARNINGS]
    if told:
        click.echo(problems_text(told, prefix=f"{settings.catalog}/"), err=True, nl=False)
    if len(problems) > len(told):
        left = len(problems) - len(told)
        click.echo(f"… and {left:,} more warnings: `pxm validate` lists them all.", err=True)


def show(settings: Settings, path: Path, form: Form) -> int:
    """Render a saved plan again, offline."""
    show_plan(read_plan(path), form, settings)
    return 0


def read_plan(path: Path) -> Plan:
    """A saved plan; UsageError where the file is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return plan_from_json(text, str(path))


def explain_one(settings: Settings, target: str, output: str, every: bool) -> int:
    """Why one object changes, or does not; `every` shows the fields that do not, too."""
    ref, _ = parse_target(target)
    reading = load(settings)
    with opened(settings, reading.catalog, read_only=True) as world:
        tools = Tools(world.session, world.store)
        state, live = read_settled(world, reading.catalog, tools, save=False)
    with settings.profile.stage("plan"):
        found = explain(reading.catalog, live, state, ref)
    rows = [
        ExplainRow(
            row.path,
            row.desired,
            row.live,
            row.applied,
            row.place,
            row.rule,
            row.origin,
            row.differs,
        )
        for row in found.rows
    ]
    if output == "json":
        click.echo(explain_json(str(ref), found.identity, found.id, rows), nl=False)
    else:
        told = explain_text(
            str(ref), found.identity, rows, color=settings.color, every=every, width=room()
        )
        paged(told, settings)
    return 0
