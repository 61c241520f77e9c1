"""The plan files of the pull requests that were merged since the last converged run (8.4).

A plan file permits what was reviewed.  It counts only where it is sure to be what the reviewers
saw: made by the plan workflow of this repository, of the pull request's last commit, with the
digest that the comment on the pull request shows, by a workflow that the pull request itself
did not change.
"""

from __future__ import annotations

import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from reconciler.cli.ci.forge import MOST_ARCHIVE, Forge, Pull, Unfit
from reconciler.cli.ci.newest import is_ancestor
from reconciler.cli.ci.runner import Runner
from reconciler.cli.ci.threads import comment_of
from reconciler.cli.environments import for_environment
from reconciler.cli.planread import plan_from_json
from reconciler.errors import PxmError
from reconciler.model import Account, Plan
from reconciler.plan.policy import same_account
from reconciler.reports.github import digest_of, plan_mark
from reconciler.reports.planjson import plan_digest
from reconciler.state.git.command import Git

MOST_COMMITS = 500
PLAN = "plan.json"
ENCRYPTED = 0x1
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
    RuntimeError, ValueError, OverflowError,
)  # fmt: skip
"""What reading raises where an archive is cut, of an unknown kind, or lies about itself."""

LIST = "permits.json"


@dataclass(frozen=True, slots=True)
class Permit:
    """What a merged pull request permits: a plan file, or why there is none.

    `newest` marks those that the commit at hand was merged by.
    """

    pull: int
    file: str | None = None
    why: str = ""
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which plan files: of which account's name and environment, by which workflow's file.

    `catalog` is the path of the catalog in its repository.
    """

    name: str | None
    workflow: str
    account: Account | None = None
    environment: str | None = None
    catalog: str = "catalog"

    @property
    def artifact(self) -> str:
        """What the plan workflow calls its artifact."""
        return artifact_name(self.name)


def artifact_name(name: str | None) -> str:
    """The artifact of a plan; one name per account."""
    return f"pxm-plan-{name}" if name else "pxm-plan"


# --- which pull requests ------------------------------------------------------------------------


def commits_since(folder: Path, converged: str) -> tuple[str, ...]:
    """Commits of the first-parent line after the last converged one, oldest first.

    Without one (a new state, a history that was rewritten), the commit that is checked out.
    """
    git = Git(folder)
    head = git.line("rev-parse", "--verify", "HEAD^{commit}")
    if not converged or not is_ancestor(git, converged):
        return (head,)
    span = f"{converged}..HEAD"
    listed = git.line("rev-list", "--first-parent", "--reverse", span, "--").split()
    return tuple(listed[-MOST_COMMITS:])


def merged_by(forge: Forge, commits: Iterable[str], branch: str) -> dict[str, tuple[Pull, ...]]:
    """For each commit the pull requests that brought it to the branch."""
    return {commit: tuple(forge.merged_by(commit, branch)) for commit in commits}


# --- their plan files ---------------------------------------------------------------------------


def collect(
    forge: Forge, runner: Runner, wanted: Wanted, commits: Sequence[str], into: Path
) -> tuple[Permit, ...]:
    """Fetch what counts into a folder, in the order of the merges; answers each pull request."""
    by_commit = merged_by(forge, commits, runner.branch)
    newest = {pull.number for pull in by_commit.get(commits[-1], ())} if commits else set()
    pulls = set(chain.from_iterable(by_commit.values()))
    into.mkdir(parents=True, exist_ok=True)
    permits = tuple(
        _permit(forge, wanted, pull, into / f"{index:04d}-{pull.number}.json", newest)
        for index, pull in enumerate(sorted(pulls, key=lambda item: (item.merged_at, item.number)))
    )
    text = json.dumps([asdict(item) for item in permits], indent=2)
    (into / LIST).write_text(text + "\n", encoding="utf-8")
    return permits


def _permit(forge: Forge, wanted: Wanted, pull: Pull, path: Path, newest: set[int]) -> Permit:
    try:
        text = _reviewed(forge, wanted, pull)
    except Unfit as unfit:
        return Permit(pull.number, None, str(unfit), pull.number in newest)
    path.write_text(text, encoding="utf-8")
    return Permit(pull.number, path.name, "", pull.number in newest)


def _reviewed(forge: Forge, wanted: Wanted, pull: Pull) -> str:
    """The text of the plan file that reviewers saw; Unfit where there is none."""
    if pull.fork:
        raise Unfit("it comes from a fork, whose plan was made against a sandbox")
    _check_workflows(forge, wanted, pull)
    shown = comment_of(forge, pull.number, plan_mark(wanted.name))
    digest = digest_of(shown.body) if shown is not None else None
    if digest is None:
        raise Unfit("no comment on it shows the digest of a plan")
    text = _text(forge.archive(pull, wanted.artifact, wanted.workflow))
    _check_plan(text, digest, wanted)
    return text


def _check_workflows(forge: Forge, wanted: Wanted, pull: Pull) -> None:
    """Who changes a workflow decides what its run says: such a plan shows nothing."""
    changed = forge.changed(pull.number)
    rules = [name for name in changed.names if forge.rules_its_plan(name, wanted.catalog)]
    if rules:
        raise Unfit(f"it changes {min(rules)}, and so perhaps what made its plan")
    if changed.most:
        raise Unfit(f"it changes {changed.most:,} files or more, and not all of them are listed")


def _text(archive: bytes) -> str:
    """The plan file in an artifact; nothing is unpacked to a path that the archive names."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            info = file.getinfo(PLAN)
            if info.flag_bits & ENCRYPTED:
                raise Unfit("its artifact is encrypted, so nobody can read its plan file")
            with file.open(info) as packed:
                # Read no more than is wanted, whatever size the archive says.
                content = packed.read(MOST_ARCHIVE + 1)
            if len(content) > MOST_ARCHIVE:
                raise Unfit(f"its plan file is too large: at most {MOST_ARCHIVE:,} bytes are read")
            return content.decode("utf-8")
    except KeyError as error:
        raise Unfit(f"its artifact holds no {PLAN}") from error
    except BROKEN as error:
        raise Unfit(f"its artifact cannot be read: {error}") from error


def _check_plan(text: str, digest: str, wanted: Wanted) -> None:
    plan = _plan(text)
    if plan_digest(plan) != digest:
        raise Unfit("its plan file is not the one that the comment on it shows")
    if plan.environment != wanted.environment:
        raise Unfit(f"its plan was made for {for_environment(plan.environment)}")
    if wanted.account is not None and not same_account(wanted.account, _seen(plan, wanted)):
        raise Unfit(f"its plan was made for another account ({plan.account.base_url})")


def _plan(text: str) -> Plan:
    try:
        return plan_from_json(text, PLAN)
    except PxmError as error:
        raise Unfit(f"its plan file cannot be used: {error.message}") from error


def _seen(plan: Plan, wanted: Wanted) -> Account:
    """The account of a plan file, which does not name the client."""
    client = wanted.account.client_id if wanted.account else ""
    return Account(plan.account.base_url, plan.account.regions, client)
