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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from reconciler.api.github import GitHub
from reconciler.cli.ci.newest import is_ancestor
from reconciler.cli.ci.runner import Runner
from reconciler.cli.ci.threads import comment_of
from reconciler.cli.environments import for_environment
from reconciler.cli.planread import plan_from_json
from reconciler.errors import ApiError, NotFound, PxmError
from reconciler.model import Account, Plan
from reconciler.plan.policy import same_account
from reconciler.reports.github import digest_of, plan_mark
from reconciler.reports.planjson import plan_digest
from reconciler.state.git.command import Git

MOST_COMMITS = 500
MOST_FILES = 3000
"""GitHub lists no more files of a pull request than these."""
MOST_BYTES = 64 * 1024 * 1024
PLAN = "plan.json"
ENCRYPTED = 0x1
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
    RuntimeError, ValueError, OverflowError,
)  # fmt: skip
"""What reading raises where an archive is cut, of an unknown kind, or lies about itself."""

LIST = "permits.json"


@dataclass(frozen=True, slots=True)
class Pull:
    """A merged pull request: its number, last commit, when it was merged, whether from a fork."""

    number: int
    head: str
    merged_at: str
    fork: bool = False


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
    """Which plan files: of which account's name and environment, by which workflow's file."""

    name: str | None
    workflow: str
    account: Account | None = None
    environment: str | None = None

    @property
    def artifact(self) -> str:
        """What the plan workflow calls its artifact."""
        return artifact_name(self.name)


class Unfit(Exception):
    """A plan file that does not count; the message says why, in words for the pull request."""


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


def merged_by(github: GitHub, commits: Iterable[str], branch: str) -> dict[str, tuple[Pull, ...]]:
    """For each commit the pull requests that brought it to the branch."""
    return {commit: tuple(_pulls(github, commit, branch)) for commit in commits}


def _pulls(github: GitHub, commit: str, branch: str) -> Iterator[Pull]:
    for item in github.pages(f"commits/{commit}/pulls"):
        base, head = item.get("base") or {}, item.get("head") or {}
        if item.get("merged_at") and base.get("ref") == branch:
            fork = (head.get("repo") or {}).get("full_name") != github.repository
            yield Pull(item["number"], str(head.get("sha")), str(item["merged_at"]), fork)


# --- their plan files ---------------------------------------------------------------------------


def collect(
    github: GitHub, runner: Runner, wanted: Wanted, commits: Sequence[str], into: Path
) -> tuple[Permit, ...]:
    """Fetch what counts into a folder, in the order of the merges; answers each pull request."""
    by_commit = merged_by(github, commits, runner.branch)
    newest = {pull.number for pull in by_commit.get(commits[-1], ())} if commits else set()
    pulls = set(chain.from_iterable(by_commit.values()))
    into.mkdir(parents=True, exist_ok=True)
    permits = tuple(
        _permit(github, wanted, pull, into / f"{index:04d}-{pull.number}.json", newest)
        for index, pull in enumerate(sorted(pulls, key=lambda item: (item.merged_at, item.number)))
    )
    text = json.dumps([asdict(item) for item in permits], indent=2)
    (into / LIST).write_text(text + "\n", encoding="utf-8")
    return permits


def _permit(github: GitHub, wanted: Wanted, pull: Pull, path: Path, newest: set[int]) -> Permit:
    try:
        text = _reviewed(github, wanted, pull)
    except Unfit as unfit:
        return Permit(pull.number, None, str(unfit), pull.number in newest)
    path.write_text(text, encoding="utf-8")
    return Permit(pull.number, path.name, "", pull.number in newest)


def _reviewed(github: GitHub, wanted: Wanted, pull: Pull) -> str:
    """The text of the plan file that reviewers saw; Unfit where there is none."""
    if pull.fork:
        raise Unfit("it comes from a fork, whose plan was made against a sandbox")
    _check_workflows(github, pull)
    shown = comment_of(github, pull.number, plan_mark(wanted.name))
    digest = digest_of(str(shown.get("body"))) if shown is not None else None
    if digest is None:
        raise Unfit("no comment on it shows the digest of a plan")
    text = _text(_archive(github, wanted, pull))
    _check_plan(text, digest, wanted)
    return text


def _check_workflows(github: GitHub, pull: Pull) -> None:
    """Who changes a workflow decides what its run says: such a plan shows nothing."""
    files = list(github.pages(f"pulls/{pull.number}/files"))
    names: set[str] = set()
    for item in files:
        names |= {str(item.get("filename") or ""), str(item.get("previous_filename") or "")}
    if any(name.startswith(".github/") for name in names):
        raise Unfit("it changes .github/, and so perhaps what made its plan")
    if len(files) >= MOST_FILES:
        raise Unfit(f"it changes {MOST_FILES:,} files or more, and not all of them are listed")


def _archive(github: GitHub, wanted: Wanted, pull: Pull) -> bytes:
    """The artifact of the newest run of the plan workflow on the last commit."""
    found = False
    for run in _runs(github, wanted.workflow, pull):
        found = True
        path = f"actions/runs/{run['id']}/artifacts"
        listed = github.pages(path, "artifacts", name=wanted.artifact)
        # GitHub was asked for this name alone; an older server may list them all.
        named = [item for item in listed if item.get("name") == wanted.artifact]
        if named:
            return _download(github, max(named, key=lambda item: int(item["id"])))
    if found:
        raise Unfit("the run on its last commit left no plan file")
    raise Unfit("no plan was made of its last commit")


def _download(github: GitHub, item: Mapping[str, Any]) -> bytes:
    if item.get("expired"):
        raise Unfit("its plan file has expired")
    size = item.get("size_in_bytes")
    if isinstance(size, int) and size > MOST_BYTES:
        raise Unfit(f"its plan file is too large: {size:,} bytes, at most {MOST_BYTES:,} are read")
    try:
        return github.download(f"actions/artifacts/{item['id']}/zip", MOST_BYTES)
    except ApiError as error:
        raise Unfit(f"its plan file cannot be fetched: {error.message}") from error


def _runs(github: GitHub, workflow: str, pull: Pull) -> list[Mapping[str, Any]]:
    """Newest first; runs of another workflow, event, commit or repository are not there."""
    path = f"actions/workflows/{workflow}/runs"
    try:
        listed = list(github.pages(path, "workflow_runs", event="pull_request", head_sha=pull.head))
    except NotFound:
        raise Unfit(f"this repository has no workflow {workflow}") from None
    return sorted(
        (run for run in listed if _is_trusted(run, github.repository, workflow, pull)),
        key=lambda run: (run.get("run_number") or 0, run["id"]),
        reverse=True,
    )


def _is_trusted(run: Mapping[str, Any], repository: str, workflow: str, pull: Pull) -> bool:
    """GitHub was asked for just these; what permits writes is checked all the same."""
    path = str(run.get("path", "")).partition("@")[0]
    return (
        run.get("event") == "pull_request"
        and run.get("head_sha") == pull.head
        and path == f".github/workflows/{workflow}"
        and (run.get("head_repository") or {}).get("full_name") == repository
    )


def _text(archive: bytes) -> str:
    """The plan file in an artifact; nothing is unpacked to a path that the archive names."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            info = file.getinfo(PLAN)
            if info.flag_bits & ENCRYPTED:
                raise Unfit("its artifact is encrypted, so nobody can read its plan file")
            with file.open(info) as packed:
                # Read no more than is wanted, whatever size the archive says.
                content = packed.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise Unfit(f"its plan file is too large: at most {MOST_BYTES:,} bytes are read")
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
