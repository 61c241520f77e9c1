"""Apply on main: what reviewed plans permit at once, the rest once somebody approved it (8.4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from reconciler.cli import applying, planning
from reconciler.cli.ci.forge import Forge
from reconciler.cli.ci.newest import Behind, check_newest
from reconciler.cli.ci.permits import Permit
from reconciler.cli.ci.runner import Runner
from reconciler.cli.ci.threads import put_comment
from reconciler.cli.output import Form
from reconciler.cli.planning import REFUSED, read_plan
from reconciler.cli.settings import Settings
from reconciler.cli.snapshots import FULL
from reconciler.errors import PxmError, Refused
from reconciler.model import Plan
from reconciler.reports.github import (
    Became,
    applied_summary,
    apply_mark,
    became,
    done_comment,
    plan_outputs,
    stopped_comment,
    waiting_comment,
)
from reconciler.reports.planjson import plan_digest

LOCK_SECONDS = 900.0
"""How long an apply waits for another that holds the state: two merges in a row are no error."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one job of a workflow works on; `receipt` is written where something was applied.

    `snapshot` keeps what is read in full, for the plans of pull requests (contract 7.4).
    """

    settings: Settings
    runner: Runner
    forge: Forge
    name: str | None
    receipt: Path
    snapshot: bool = False

    def check(self) -> None:
        """Behind where the branch has a later commit of the catalog."""
        check_newest(self.forge, self.runner, self.settings.catalog)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an apply ended: its exit code, the words of a refusal, and its receipt.

    `plans` are the plan files that permitted it, by the pull request that each is of.
    """

    code: int
    words: str = ""
    receipt: Mapping[str, Any] | None = None
    plans: Mapping[int, Path] = field(default_factory=dict)

    def became(self, pull: int | None) -> Became | None:
        """What became of a pull request's plan, or of all; None where nothing says so."""
        if self.receipt is None:
            return None
        if pull is None:
            return became(self.receipt, None)
        planfile = self.plans.get(pull)
        return became(self.receipt, read_plan(planfile)) if planfile else None


def apply_permitted(job: Job, permits: Sequence[Permit], folder: Path, waiting: Path) -> int:
    """Apply what the permits allow, plan what is left, and say on the pull requests what waits.

    Answers 0 where all is made or waits for approval; outputs say which.  Behind where a later
    commit has overtaken this one.
    """
    try:
        plans = {item.pull: folder / item.file for item in permits if item.file}
        attempt = _permitted(job, [folder / item.file for item in permits if item.file])
        if attempt is not None:
            attempt = replace(attempt, plans=plans)
        if attempt is not None and attempt.code != REFUSED:
            return _ended(job, permits, attempt)
        return _leave(job, permits, attempt, waiting)
    except PxmError as error:
        _stopped(job, permits, [error.message])
        raise


def apply_approved(job: Job, planfile: Path, pulls: Iterable[int]) -> int:
    """Apply a plan file that somebody approved; Behind where a later commit has overtaken it."""
    permits = [Permit(number, newest=True) for number in pulls]
    try:
        job.check()
        attempt = replace(
            _attempt(job, [planfile]),
            plans=dict.fromkeys((item.pull for item in permits), planfile),
        )
    except PxmError as error:
        _stopped(job, permits, [error.message])
        raise
    return _ended(job, permits, attempt)


# --- applying -----------------------------------------------------------------------------------


def _permitted(job: Job, files: Sequence[Path]) -> Attempt | None:
    """None where nothing permits anything: then nothing is tried."""
    return _attempt(job, files) if files else None


def _attempt(job: Job, files: Sequence[Path]) -> Attempt:
    """One apply; a refusal is an answer here, a lock that stays is an error."""
    wish = applying.Wish(
        planfiles=tuple(files),
        lock_timeout=LOCK_SECONDS,
        receipt=job.receipt,
        snapshot=job.snapshot,
        # Whoever held the lock may have applied a later commit.
        check=job.check,
    )
    try:
        code = applying.apply(job.settings, wish)
    except Refused as refused:
        click.echo(f"Refused: {refused.message}", err=True)
        return Attempt(REFUSED, refused.message)
    receipt = json.loads(job.receipt.read_text(encoding="utf-8"))
    job.runner.tell(applied_summary(receipt, job.name))
    return Attempt(code, receipt=receipt)


def leave_to_newer(job: Job, behind: Behind) -> int:
    """A later commit of the catalog has a run of its own: no failure, and a line that says so."""
    click.echo(behind.words)
    job.runner.tell(f"## ⏭️ Overtaken\n\n{behind.words}\n")
    job.runner.say({"waiting": "false", "pulls": "", "exit_code": "0"})
    return 0


# --- saying so ----------------------------------------------------------------------------------


def _leave(job: Job, permits: Sequence[Permit], attempt: Attempt | None, waiting: Path) -> int:
    """Plan anew what no file permits; it waits for approval, or nothing is left."""
    plan = _planned(job, waiting)
    reasons = _reasons(permits, attempt, plan, job.runner.host.noun)
    if plan.active and not plan.refusals:
        return _wait(job, permits, reasons, plan)
    if plan.settles and not plan.changes and not plan.refusals:
        # The account has it already and the state does not know: drift that was taken over.
        return _ended(job, permits, _attempt(job, [waiting]), reasons, plan)
    code = REFUSED if plan.refusals or plan.summary.blocked else 0
    return _ended(job, permits, Attempt(code), reasons, plan)


def _planned(job: Job, path: Path) -> Plan:
    path.parent.mkdir(parents=True, exist_ok=True)
    refresh = FULL if job.snapshot else None
    return planning.planned(job.settings, Form(), path, refresh=refresh)


def _reasons(
    permits: Sequence[Permit], attempt: Attempt | None, plan: Plan, noun: str
) -> list[str]:
    """Why something is left, in the order in which one would look for it."""
    reasons = [*plan.refusals]
    if attempt is not None and attempt.words:
        reasons.append(attempt.words)
    reasons += [f"{noun} {item.pull}: {item.why}" for item in permits if item.why]
    if not permits:
        reasons.append(f"the commit came by no {noun}")
    return reasons


def _wait(job: Job, permits: Sequence[Permit], reasons: Sequence[str], plan: Plan) -> int:
    told = _to_tell(permits)
    body = waiting_comment(plan, job.name, reasons, job.runner.run_url)
    for number in told:
        _comment(job, number, body)
    job.runner.tell(body)
    click.echo(f"What no reviewed plan permits waits for approval: {job.runner.run_url}")
    numbers = ",".join(map(str, told))
    outputs = plan_outputs(plan, plan_digest(plan))
    job.runner.say({**outputs, "waiting": "true", "pulls": numbers, "exit_code": "0"})
    return 0


def _ended(
    job: Job,
    permits: Sequence[Permit],
    attempt: Attempt,
    reasons: Sequence[str] = (),
    plan: Plan | None = None,
) -> int:
    """Say on the pull requests how it ended: what was made of each one's plan, and what was not."""
    job.runner.say({"waiting": "false", "pulls": "", "exit_code": str(attempt.code)})
    if attempt.code == 0:
        for item in permits:
            _done(job, item.pull, attempt)
        return 0
    blocked = [
        f"{change.ref} is blocked: {change.blocked}"
        for change in (plan.changes if plan else ())
        if change.blocked is not None
    ]
    words = [*([attempt.words] if attempt.words else []), *reasons, *blocked]
    _stopped(job, permits, words, attempt)
    return attempt.code


def _done(job: Job, number: int, attempt: Attempt) -> None:
    """A plan that changed something is told of; without one only what said that it waits."""
    found = attempt.became(number)
    body = done_comment(job.name, job.runner.run_url, job.runner.artifacts_url, found)
    if found is not None and (found.made or found.not_made):
        _comment(job, number, body)
    else:
        put_comment(job.forge, number, apply_mark(job.name), body, only_edit=True)


def _stopped(
    job: Job, permits: Sequence[Permit], reasons: Sequence[str], attempt: Attempt | None = None
) -> None:
    found = attempt.became(None) if attempt else None
    body = stopped_comment(job.name, reasons, job.runner.run_url, job.runner.artifacts_url, found)
    job.runner.tell(body)
    for number in _to_tell(permits):
        _comment(job, number, body)


def _to_tell(permits: Sequence[Permit]) -> list[int]:
    """The pull request of this very merge, and those whose plans did not count."""
    return sorted({item.pull for item in permits if item.newest or item.why})


def _comment(job: Job, number: int, body: str) -> None:
    done = put_comment(job.forge, number, apply_mark(job.name), body)
    click.echo(f"Comment on {job.runner.host.noun} {number}: {done}.")
