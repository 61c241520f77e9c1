"""`pxm apply`: plan, ask, do it, prove it (contract 2)."""

from __future__ import annotations

import getpass
import os
import socket
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import click

from reconciler import __version__
from reconciler.apply import Digests, Result, Tools
from reconciler.apply import apply as carry_out
from reconciler.cli import outfiles
from reconciler.cli.environments import for_environment
from reconciler.cli.output import Form, show_plan
from reconciler.cli.planning import REFUSED, read_plan, warn
from reconciler.cli.session import World, opened, read_settled
from reconciler.cli.settings import Settings
from reconciler.cli.snapshots import keep_snapshot, load_kept
from reconciler.enums import LEAVES, Status
from reconciler.errors import Refused
from reconciler.model import GRACE, Live, Plan, State
from reconciler.plan import Allow, Ask, build, with_digests
from reconciler.reports.outcome import ApplyReport, outcome_json, outcome_text
from reconciler.reports.permittext import review_text
from reconciler.reports.planjson import plan_digest
from reconciler.reports.receipt import RunFacts, receipt_json
from reconciler.reports.text import clean
from reconciler.state import Run


def _nothing() -> None:
    """There is nothing to check."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks of an apply; `grace` and `lock_timeout` are seconds.

    `snapshot` keeps what was read for `plan --refresh delta`.  `check` is called once the state is
    locked, before anything is read; what it raises ends the run.
    """

    planfiles: tuple[Path, ...] = ()
    yes: bool = False
    new_state: bool = False
    allow: Allow = field(default_factory=Allow)
    targets: tuple[str, ...] = ()
    output: str = "text"
    lock_timeout: float = 0.0
    receipt: Path | None = None
    grace: float = GRACE
    snapshot: bool = False
    check: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Identity:
    """Who runs, and which run it is."""

    run: str
    holder: str
    started: float


def identity() -> Identity:
    """A new run of this process."""
    holder = f"{_user()}@{socket.gethostname()} (pid {os.getpid()})"
    return Identity(uuid.uuid4().hex[:12], holder, time.time())


def _user() -> str:
    """Who runs this; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        # Windows has no numbers of users.
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown user"


def apply(settings: Settings, wish: Wish) -> int:
    """Make the account as the catalog says, and prove it; returns the exit code."""
    reading = load_kept(settings, wanted=wish.snapshot)
    warn(reading.problems, settings)
    outfiles.check_writable(wish.receipt, "--receipt")
    files = tuple(read_plan(path) for path in wish.planfiles)
    allow = replace(wish.allow, by_hand=settings.by_hand)
    reviewed = files if wish.planfiles else None
    ask = Ask(wish.targets, settings.env, allow, reviewed=reviewed)
    who = identity()
    with (
        opened(settings, reading.catalog, read_only=False) as world,
        world.store.lock(
            who.holder,
            who.run,
            who.started,
            timeout=wish.lock_timeout,
            date=world.date,
            waits=world.report.waits,
        ),
    ):
        world.report.rest()
        wish.check()
        tools = _tools(world, wish)
        state, live = read_settled(world, reading.catalog, tools, save=True)
        _check_files(wish.planfiles, files, settings, live)
        with settings.profile.stage("plan"):
            made = build(reading.catalog, live, state, ask)
        if wish.output == "text":
            show_plan(made, Form(), settings, asks=True)
            _show_review(made)
        _check_permitted(made, wish, files)
        digests = partial(with_digests, reading.catalog)
        with settings.profile.stage("apply"):
            result = _carry_out(world, made, live, state, who, tools, digests)
        retries, waited = dict(world.session.retries), world.session.waited
    keep_snapshot(world, result.live, wanted=wish.snapshot)
    deleted = frozenset(
        item.change.ref
        for item in result.outcomes
        if item.change.action in LEAVES and item.change.ref not in result.state.entries
    )
    again = Ask(wish.targets, settings.env, deleted=deleted)
    with settings.profile.stage("proof"):
        after = build(reading.catalog, result.live, result.state, again)
    report = _report(made, after, result)
    with settings.profile.stage("report"):
        if wish.receipt is not None:
            facts = RunFacts(
                run=who.run,
                holder=who.holder,
                tool_version=__version__,
                account=live.account,
                plan_digest=plan_digest(made),
                environment=settings.env,
                commit=commit_of(settings.catalog),
                plan_files=tuple(plan_digest(item) for item in files),
                started=who.started,
                ended=time.time(),
                retries=retries,
                waited=waited,
            )
            outfiles.write(wish.receipt, receipt_json(facts, report), "--receipt")
        _print(report, wish, settings)
    return exit_code(report)


def _print(report: ApplyReport, wish: Wish, settings: Settings) -> None:
    if wish.output == "json":
        click.echo(outcome_json(report), nl=False)
    elif wish.output == "text" or exit_code(report) != 0:
        click.echo(outcome_text(report, color=settings.color), nl=False)


def _show_review(made: Plan) -> None:
    if made.review is not None:
        click.echo(review_text(made.review), nl=False)


# --- may it be done -----------------------------------------------------------------------------


def _check_files(
    paths: Sequence[Path], files: Sequence[Plan], settings: Settings, live: Live
) -> None:
    """A file permits on the account and in the environment that it was made for (2.12)."""
    for path, file in zip(paths, files, strict=True):
        url, regions = file.account.base_url, file.account.regions
        shared = regions & live.account.regions or not (regions or live.account.regions)
        if url != live.account.base_url or not shared:
            raise Refused(
                f"nothing was written: {path} was made for another account ({url})",
                hint="make it again with `pxm plan --out FILE` and these credentials",
            )
        if file.environment != settings.env:
            raise Refused(
                f"nothing was written: {path} was made for {for_environment(file.environment)}, "
                f"and this run is for {for_environment(settings.env)}",
                hint="plan again with the same --env",
            )


def _check_permitted(made: Plan, wish: Wish, files: Sequence[Plan]) -> None:
    """Refuse, or ask; returns where the plan may be carried out."""
    if made.refusals:
        raise Refused("nothing was written: " + "; ".join(made.refusals))
    terminal = sys.stdin.isatty()
    said = wish.new_state or any(file.new_state for file in files)
    if made.needs_new_state and not said and not terminal:
        raise Refused(
            f"nothing was written: the state is new, and the plan {_beside_others(made)}",
            hint="look at `pxm plan`; if this is right, pass --new-state",
        )
    if not made.active or wish.yes or files:
        return
    if not terminal:
        raise Refused(
            "nothing was written: there is no terminal to ask on",
            hint="pass --yes to apply, or a plan file",
        )
    if not click.confirm("Apply these changes?", default=False, err=True):
        raise Refused("nothing was written")


def _beside_others(made: Plan) -> str:
    """What a plan that starts a new state does with what was there before it."""
    adopts, near = made.summary.adopt, len(made.near)
    found = (
        f"adopts {adopts:,}" if adopts else "",
        f"shows near matches of {near:,}" if near else "",
    )
    return " and ".join(filter(None, found)) or "creates beside objects that nobody declares"


# --- doing it -----------------------------------------------------------------------------------


def _tools(world: World, wish: Wish) -> Tools:
    def progressed(done: int, total: int) -> None:
        world.report("apply", done, total)

    def transferred(name: str, done: int, size: int) -> None:
        world.report(f"upload {clean(name)}", done, size)

    return Tools(
        world.session,
        world.store,
        progress=progressed,
        transfer=transferred,
        stage=world.settings.profile.stage,
        grace=wish.grace,
    )


def _carry_out(
    world: World,
    made: Plan,
    live: Live,
    state: State,
    who: Identity,
    tools: Tools,
    digests: Digests,
) -> Result:
    run = Run(
        who.run,
        who.holder,
        who.started,
        commit=commit_of(world.settings.catalog),
        about=_about(made),
        account=live.account,
    )
    with world.at_work():
        return carry_out(made, live, state, tools, run, digests)


def _about(made: Plan) -> str:
    counts = made.summary
    parts = {"create": counts.create + counts.recreate, "adopt": counts.adopt}
    parts |= {"update": counts.update, "unpublish": counts.unpublish}
    parts |= {"delete": counts.delete, "move": counts.move}
    return ", ".join(f"{number:,} to {word}" for word, number in parts.items() if number)


def _report(made: Plan, after: Plan, result: Result) -> ApplyReport:
    blocked = sum(item.status == Status.BLOCKED for item in result.outcomes)
    before = {reason: number for reason, number in made.left.items() if reason != "processing"}
    left = {**({"blocked": blocked} if blocked else {}), **after.left, **before}
    active = {change.ref for change in after.active}
    refs = (item.change.ref for item in result.outcomes if item.status == Status.BLOCKED)
    return ApplyReport(
        outcomes=result.outcomes,
        remaining=after.summary,
        left=left,
        sent=result.sent,
        predicted=made.cost.requests,
        causes=result.causes,
        names=made.names,
        review=made.review,
        notes=result.notes,
        unblocked=sum(ref in active for ref in refs),
    )


def exit_code(report: ApplyReport) -> int:
    """1 where something went wrong, 3 where something was rightly left out, else 0."""
    statuses = {outcome.status for outcome in report.outcomes}
    unstuck = any(outcome.unstuck for outcome in report.outcomes)
    if unstuck or statuses & {"failed", "not_attempted"} or not report.converged:
        return 1
    not_permitted = report.review is not None and bool(report.review.not_permitted)
    return REFUSED if "blocked" in statuses or not_permitted else 0


def commit_of(folder: Path) -> str:
    """The git commit that the catalog is at; empty where there is none, or it was edited since."""
    # Imported here: most commands run no git.
    from reconciler.state import git

    return git.commit_of(folder)
