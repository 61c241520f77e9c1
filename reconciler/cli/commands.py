"""The commands: each wires the stages, prints once and answers the exit code."""

from __future__ import annotations

import getpass
import os
import socket
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import click

from reconciler import __version__
from reconciler.apply import Applier, Result
from reconciler.cli.forms import Form, show_plan
from reconciler.cli.settings import Settings
from reconciler.cli.world import World, load, opened
from reconciler.errors import Refused, UsageError
from reconciler.model import Catalog, Plan, Problem, State
from reconciler.plan import Allow, Ask, build
from reconciler.plan.explain import explain
from reconciler.plan.targets import parse_target
from reconciler.reports.explain import ExplainRow, explain_json, explain_text
from reconciler.reports.outcome import ApplyReport, outcome_json, outcome_text
from reconciler.reports.planjson import plan_from_json, plan_json
from reconciler.reports.problems import problems_github, problems_json, problems_text

CHANGES = 2
"""Exit code of `plan --detailed-exitcode` where there is something to do."""

REFUSED = 3


def validate(settings: Settings, output: str) -> int:
    """Check the catalog offline (contract 1.5)."""
    from reconciler.catalog import read

    reading = read(settings.catalog)
    problems = reading.problems
    if output == "json":
        click.echo(problems_json(problems), nl=False)
    elif output == "github":
        click.echo(problems_github(problems, prefix=f"{settings.catalog}/"), nl=False)
    else:
        click.echo(_validated(reading.catalog, problems, settings), nl=False)
    return 1 if any(item.severity == "error" for item in problems) else 0


def _validated(catalog: Catalog, problems: Sequence[Problem], settings: Settings) -> str:
    if any(problem.severity == "error" for problem in problems):
        return problems_text(problems, prefix=f"{settings.catalog}/")
    counts: dict[str, int] = {}
    for ref in catalog.resources:
        counts[ref.kind] = counts.get(ref.kind, 0) + 1
    named = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    warnings = problems_text(problems, prefix=f"{settings.catalog}/") if problems else ""
    return f"{warnings}The catalog is valid: {named}.\n"


def plan(
    settings: Settings,
    form: Form,
    out: Path | None,
    detailed_exitcode: bool,
    targets: Sequence[str],
) -> int:
    """Say what apply would do (contract 3); nothing is written but the plan file."""
    reading = load(settings)
    warn(reading.problems, settings)
    with opened(settings, reading.catalog, read_only=True) as world:
        state = world.store.load()
        live = world.read(reading.catalog, state)
    made = build(reading.catalog, live, state, _ask(settings, targets, Allow()))
    if out is not None:
        out.write_text(plan_json(made, __version__), encoding="utf-8")
    show_plan(made, form, settings)
    return _plan_code(made) if detailed_exitcode else 0


def _plan_code(made: Plan) -> int:
    if made.refusals or made.summary.blocked:
        return REFUSED
    return 0 if made.summary.empty else CHANGES


def _ask(settings: Settings, targets: Sequence[str], allow: Allow) -> Ask:
    return Ask(tuple(targets), settings.env, allow)


def warn(problems: Sequence[Problem], settings: Settings) -> None:
    """Say the catalog's warnings on stderr."""
    if problems:
        click.echo(problems_text(problems, prefix=f"{settings.catalog}/"), err=True, nl=False)


def show(settings: Settings, path: Path, form: Form) -> int:
    """Render a saved plan again, offline."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    show_plan(plan_from_json(text), form, settings)
    return 0


def explain_one(settings: Settings, target: str, output: str) -> int:
    """Why one object changes, or does not."""
    ref, _ = parse_target(target)
    reading = load(settings)
    with opened(settings, reading.catalog, read_only=True) as world:
        state = world.store.load()
        live = world.read(reading.catalog, state)
    found = explain(reading.catalog, live, state, ref)
    rows = [
        ExplainRow(row.path, row.desired, row.live, row.applied, row.place, row.rule)
        for row in found.rows
    ]
    if output == "json":
        click.echo(explain_json(str(ref), found.identity, found.id, rows), nl=False)
    else:
        click.echo(explain_text(str(ref), found.identity, rows, color=settings.color), nl=False)
    return 0


def apply(
    settings: Settings,
    *,
    yes: bool,
    new_state: bool,
    allow: Allow,
    targets: Sequence[str],
    output: str,
    lock_timeout: float,
) -> int:
    """Plan, ask, do it, prove it (contract 2)."""
    reading = load(settings)
    warn(reading.problems, settings)
    run_id, holder = uuid.uuid4().hex[:12], _holder()
    with (
        opened(settings, reading.catalog, read_only=False) as world,
        world.store.lock(holder, run_id, time.time(), timeout=lock_timeout),
    ):
        state = world.store.load()
        live = world.read(reading.catalog, state)
        made = build(reading.catalog, live, state, _ask(settings, targets, allow))
        if output == "text":
            show_plan(made, Form(), settings)
        _check_permitted(made, yes=yes, new_state=new_state)
        result = _carry_out(world, made, live, state, run_id, holder)
    after = build(reading.catalog, result.live, result.state, _ask(settings, targets, Allow()))
    report = _report(made, after, result)
    if output == "json":
        click.echo(outcome_json(report), nl=False)
    else:
        click.echo(outcome_text(report, color=settings.color), nl=False)
    return _apply_code(report)


def _carry_out(
    world: World, made: Plan, live: object, state: State, run_id: str, holder: str
) -> Result:
    total = len(made.changes)

    def progressed(done: int, _: int) -> None:
        world.report("apply", done, total)

    applier = Applier(
        made,
        live,  # type: ignore[arg-type]
        state,
        world.session,
        world.store,
        progress=progressed,
    )
    return applier.run(run_id, holder)


def _holder() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()} (pid {os.getpid()})"


def _check_permitted(made: Plan, *, yes: bool, new_state: bool) -> None:
    """Refuse, or ask; returns where the plan may be carried out."""
    if made.refusals:
        raise Refused("nothing was written: " + "; ".join(made.refusals))
    terminal = sys.stdin.isatty()
    if made.needs_new_state and not new_state and not terminal:
        raise Refused(
            "nothing was written: the state is new, and the plan adopts or shows near matches",
            hint="look at `pxm plan`; if this is right, pass --new-state",
        )
    if not made.active or yes:
        return
    if not terminal:
        raise Refused(
            "nothing was written: there is no terminal to ask on", hint="pass --yes to apply"
        )
    if not click.confirm("Apply these changes?", default=False, err=True):
        raise Refused("nothing was written")


def _report(made: Plan, after: Plan, result: Result) -> ApplyReport:
    blocked = sum(item.status == "blocked" for item in result.outcomes)
    left = {"blocked": blocked} if blocked else {}
    return ApplyReport(
        outcomes=result.outcomes,
        remaining=after.summary,
        left=left,
        sent=result.sent,
        predicted=made.cost.requests,
        causes=result.causes,
    )


def _apply_code(report: ApplyReport) -> int:
    statuses = {outcome.status for outcome in report.outcomes}
    unstuck = any(outcome.unstuck for outcome in report.outcomes)
    if unstuck or statuses & {"failed", "not_attempted"}:
        return 1
    return REFUSED if "blocked" in statuses else 0


def holder_and_run() -> tuple[str, str]:
    """Who holds the lock, and a run id, for commands that mend the state."""
    return _holder(), uuid.uuid4().hex[:12]
