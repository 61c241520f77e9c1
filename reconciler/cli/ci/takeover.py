"""Drift taken over into the files as a pull request: `/accept` on the drift issue (contract 8.4).

    who asks, for what  →  may they  →  read, edit  →  branch  →  pull request  →  answer

Nothing is written to the account or to the state: what the files say counts once it is merged.
What somebody wrote is read from the event of the run, where no shell sees it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from reconciler.api.rest import Rest
from reconciler.apply.tools import Tools
from reconciler.cli.ci import threads
from reconciler.cli.ci.asking import Misspelled, Targets, is_command, targets_of, targets_of_comment
from reconciler.cli.ci.github import GitHub
from reconciler.cli.ci.newest import Behind, check_newest
from reconciler.cli.ci.runner import Runner, event_of
from reconciler.cli.loading import load
from reconciler.cli.session import opened, read_settled
from reconciler.cli.settings import Settings
from reconciler.drift import find_drift, require_state
from reconciler.errors import ApiError, NotFound, PxmError, UsageError
from reconciler.model import Catalog, Drift, Drifted, Ref
from reconciler.pull.accept import Accepted, Asked, Sides, accept
from reconciler.reports import takeover as words
from reconciler.reports.github import drift_mark
from reconciler.reports.markdown.tasks import with_ticked
from reconciler.reports.text import clean
from reconciler.state.git.checkout import TOKEN, checkout_of
from reconciler.state.git.command import Git, GitFailed

REMOTE = "origin"
PULL_TOKEN = "PXM_PULL_TOKEN"
"""A token that opens the pull request: for one that the job's own opens no workflow starts."""

MAY_WRITE = frozenset({"admin", "write"})
"""What GitHub calls the permission of whoever may push; `maintain` is `write` there."""

_LISTENS = re.compile(r"/catalog-accept\.yml@|\bcommand: accept\b")


@dataclass(frozen=True, slots=True)
class Job:
    """What the command works with: GitHub by the job's token, and by that which opens the pull
    request."""

    settings: Settings
    runner: Runner
    rest: Rest
    name: str | None
    opener: Rest

    @property
    def forge(self) -> GitHub:
        """GitHub as the other jobs ask it."""
        return GitHub(self.rest, self.runner.repository)

    @property
    def starts_nothing(self) -> bool:
        """Whether the pull request is opened with the job's own token."""
        return self.opener is self.rest


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what, and where it is answered; `comment` is empty of a dispatched run."""

    text: str
    by: str
    url: str
    issue: int = 0
    comment: str = ""

    @property
    def asked(self) -> words.Asked:
        """The request as the pull request tells it."""
        return words.Asked(self.by, self.url, self.issue)


def is_offered(repository: Path = Path()) -> bool:
    """Whether a workflow of the repository listens to comments on the drift issue."""
    found = sorted((repository / ".github" / "workflows").glob("*.y*ml"))
    return any(_LISTENS.search(path.read_text("utf-8", "replace")) for path in found)


def run(job: Job) -> int:
    """Do what was asked, and answer what became of it; a comment that is not for us is left."""
    request = _request(job)
    if request is None:
        click.echo("Not for us: no new comment with our command on the drift issue.")
        return 0
    try:
        said = _outcome(job, request)
    except Behind as behind:
        said = words.nothing([f"{behind.words} Give the command again."])
    except PxmError as error:
        _answer(job, request, words.failed(f"{error.message}. {error.hint}", job.runner.run_url))
        raise
    _answer(job, request, said)
    return 0


def _answer(job: Job, request: Request, said: str) -> None:
    """To the comment, and in the job's summary; a run that is run again edits its answer."""
    job.runner.tell(f"{said}\n")
    click.echo(clean(said.partition("\n")[0]))
    if request.comment:
        mark = words.answer_mark(request.comment)
        body = f"{mark}\n{said}\nIn answer to [this comment]({request.url}).\n"
        threads.put_comment(job.forge, request.issue, mark, body)


# --- who asks for what --------------------------------------------------------------------------


def _request(job: Job) -> Request | None:
    """What the event asks for; None where it is nothing for this account."""
    event = event_of(os.environ)
    if "comment" in event:
        return _comment(job, event)
    inputs = _map(event, "inputs")
    issue = threads.open_issue(job.forge, drift_mark(job.name))
    by = str(_map(event, "sender").get("login") or "")
    number = issue.id if issue else 0
    return Request(str(inputs.get("objects") or ""), by, job.runner.run_url, number)


def _comment(job: Job, event: Mapping[str, Any]) -> Request | None:
    """A new comment on the drift issue of this account: what is edited later says nothing."""
    comment, issue = _map(event, "comment"), _map(event, "issue")
    text = str(comment.get("body") or "")
    is_ours = _is_drift_issue(issue, drift_mark(job.name))
    if event.get("action") != "created" or not is_ours or not is_command(text):
        return None
    number, id_ = int(issue["number"]), str(int(comment["id"]))
    url = f"{job.runner.url}/issues/{number}#issuecomment-{id_}"
    return Request(text, str(_map(comment, "user").get("login") or ""), url, number, id_)


def _is_drift_issue(issue: Mapping[str, Any], mark: str) -> bool:
    """Whether a bot made it, with our marker: people may write the marker, and mean nothing."""
    by_bot = _map(issue, "user").get("type") == "Bot"
    first = str(issue.get("body") or "").partition("\n")[0].rstrip()
    return by_bot and first == mark and "pull_request" not in issue


def _map(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = event.get(key)
    return found if isinstance(found, Mapping) else {}


def _may_write(rest: Rest, login: str) -> bool:
    """Whether somebody may push to the repository now.

    The event's `author_association` does not say: a member of the organisation or a collaborator
    may be one who only reads.
    """
    try:
        found = rest.get(f"collaborators/{quote(login, safe='')}/permission")
    except NotFound:
        return False
    return isinstance(found, Mapping) and found.get("permission") in MAY_WRITE


def _outcome(job: Job, request: Request) -> str:
    """What is answered; PxmError where something goes wrong, Behind on an old commit."""
    # Only who may write to the repository can dispatch a run: GitHub sees to that.
    if request.comment and not _may_write(job.rest, request.by):
        return words.may_not(request.by)
    read = targets_of_comment if request.comment else targets_of
    try:
        targets = read(request.text)
    except Misspelled as error:
        return words.not_understood(str(error))
    return _take_over(job, request, targets)


# --- the pull request ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """What was edited: the objects, the files, and sentences about what was not."""

    drift: Drift
    refs: tuple[Ref, ...]
    files: tuple[str, ...]
    left: tuple[str, ...]
    told: tuple[str, ...]


def _take_over(job: Job, request: Request, targets: Targets) -> str:
    branch = _branch(job, request)
    owner = job.runner.repository.partition("/")[0]
    for found in job.rest.pages("pulls", head=f"{owner}:{branch}", state="all"):
        return words.already(int(found["number"]))
    check_newest(job.forge, job.runner, job.settings.catalog)
    git = _repository(job.settings.catalog)
    if _is_pushed(git, branch):
        return words.branch_is_there(branch, _compare_url(job, branch))
    taken = _edited(job.settings, targets)
    if not taken.files:
        return words.nothing(taken.left or ("Nothing drifts.",))
    _push(git, branch, taken.files, words.message(taken.refs, job.name, request.asked))
    return _opened(job, request, branch, taken)


def _branch(job: Job, request: Request) -> str:
    """A branch of its own for each comment, so that none waits for another."""
    account = re.sub(r"[^A-Za-z0-9]+", "-", f"-{job.name}").rstrip("-") if job.name else ""
    return f"pxm-accept{account}-{request.comment or os.environ.get('GITHUB_RUN_ID', '')}"


def _edited(settings: Settings, targets: Targets) -> Taken:
    """Read the account, and edit the files where what is asked for is declared."""
    catalog = load(settings).catalog
    with opened(settings, catalog, read_only=True) as world:
        require_state(world.store.load())
        state, live = read_settled(world, catalog, Tools(world.session, world.store), save=False)
    drift = find_drift(catalog, live, state, environment=settings.env)
    drifted = {item.ref: item for item in drift.objects}
    objects = _chosen(drifted, targets)
    left = [_not_drifted(ref, catalog) for ref in targets.refs if ref not in drifted]
    if not objects:
        return Taken(drift, (), (), tuple(left), ())
    sides = Sides(settings.catalog, catalog, live, state, settings.env)
    # The state stays: until the merge the catalog on the branch is not what it says.
    result = accept(sides, Asked(objects), lambda _: None)
    stays = {item.ref for item in result.stays if not item.path}
    refs = tuple(item.ref for item in objects if item.ref not in stays)
    left += _left(result, refs)
    told = tuple(f"{item.ref} {item.path}: {item.words} ({item.place})" for item in result.told)
    return Taken(drift, refs, result.files, tuple(left), told)


def _chosen(drifted: Mapping[Ref, Drifted], targets: Targets) -> tuple[Drifted, ...]:
    if targets.every:
        return tuple(drifted.values())
    return tuple(drifted[ref] for ref in targets.refs if ref in drifted)


def _not_drifted(ref: Ref, catalog: Catalog) -> str:
    if ref in catalog.resources:
        return f"{ref} does not drift: the account has it as it was left"
    return f"{ref} is not in the catalog"


def _left(result: Accepted, refs: Sequence[Ref]) -> Iterator[str]:
    """Why something stays as it is."""
    for item in result.stays:
        where = f" ({item.place})" if item.place else ""
        yield f"{item.ref} {item.path}: {item.reason}{where}".replace(" :", ":")
    said = {item.ref for item in result.stays}
    for ref in result.remaining:
        if ref not in said:
            yield f"{ref} still differs from the account afterwards"
    if refs and not result.files:
        yield "The catalog says already what the account has; the next apply notes it"


def _repository(catalog: Path) -> Git:
    """The checkout, with the way to its remote and the job's token."""
    checkout = checkout_of(catalog, REMOTE, os.environ)
    return Git(catalog, checkout.settings, checkout.secrets)


def _is_pushed(git: Git, branch: str) -> bool:
    try:
        return bool(git.line("ls-remote", REMOTE, f"refs/heads/{branch}"))
    except GitFailed as error:
        raise _refused(branch, error) from error


def _push(git: Git, branch: str, files: Sequence[str], message: str) -> None:
    """Commit the files and make the branch; one that is there already is never pushed to."""
    ref = f"refs/heads/{branch}"
    try:
        git.run("--literal-pathspecs", "add", "--all", "--", *files)
        git.run("commit", "--quiet", "--file=-", given=message.encode("utf-8"))
        # With nothing behind the colon: only where no such branch is there.
        git.run("push", "--quiet", f"--force-with-lease={ref}:", REMOTE, f"HEAD:{ref}")
    except GitFailed as error:
        raise _refused(branch, error) from error


def _refused(branch: str, error: GitFailed) -> UsageError:
    return UsageError(
        f"the branch {branch} cannot be pushed: {error.said}",
        hint=f"the job needs `contents: write`, and its token in {TOKEN}",
    )


def _opened(job: Job, request: Request, branch: str, taken: Taken) -> str:
    """Open the pull request of a branch that is pushed; where that may not be, say how."""
    title = words.title(taken.refs, job.name)
    body = words.body(taken.drift, taken.refs, taken.left, taken.told, request.asked)
    pull = {"title": title, "head": branch, "base": job.runner.branch, "body": body}
    try:
        made = job.opener.post("pulls", pull)
    except ApiError as error:
        url = _compare_url(job, branch)
        return words.pushed(branch, url, taken.refs, taken.left, error.message)
    _tick(job.rest, request.issue, taken.refs)
    number = int(made["number"]) if isinstance(made, Mapping) else 0
    return words.opened(number, taken.refs, taken.left, starts_nothing=job.starts_nothing)


def _compare_url(job: Job, branch: str) -> str:
    """The page on which somebody opens the pull request."""
    base = quote(job.runner.branch, safe="")
    return f"{job.runner.url}/compare/{base}...{branch}?expand=1"


def _tick(rest: Rest, issue: int, refs: Sequence[Ref]) -> None:
    """Tick the boxes of what has a pull request; without that it has one all the same."""
    if not issue:
        return
    with suppress(ApiError):
        found = rest.get(f"issues/{issue}")
        body = str(found.get("body") or "") if isinstance(found, Mapping) else ""
        ticked = with_ticked(body, refs)
        if ticked != body:
            rest.patch(f"issues/{issue}", {"body": ticked})
