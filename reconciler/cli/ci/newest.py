"""Whether a job still speaks for its branch (contract 8.4).

GitHub runs an old job again whenever somebody asks for it, with the commit that it had.  What it
would write is what the catalog said then.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.api.github import GitHub
from reconciler.cli.ci.runner import Runner
from reconciler.errors import BadAnswer, UsageError
from reconciler.state.git.command import Git, GitFailed


class Behind(Exception):
    """The branch has a commit of the catalog that this job does not know; nothing was sent."""

    def __init__(self, commit: str) -> None:
        super().__init__(commit)
        self.commit = commit

    @property
    def words(self) -> str:
        """For the log and the summary."""
        return (
            f"Nothing was sent: commit {self.commit[:12]} has changed the catalog since, and its "
            "own run sees to the rest."
        )


def check_newest(github: GitHub, runner: Runner, catalog: Path) -> None:
    """Behind where the branch's newest commit of the catalog is not in what is checked out."""
    git = Git(catalog)
    newest = _newest(github, runner.branch, _folder(git))
    if not (is_ancestor(git, newest) or _is_cut_off(github, git, newest)):
        raise Behind(newest)


def _folder(git: Git) -> str:
    """Where the catalog is in its repository; empty at its top."""
    try:
        return git.line("rev-parse", "--show-prefix").rstrip("/")
    except GitFailed as error:
        raise UsageError(
            f"{git.folder} is in no git repository, so nobody can tell which commit it is",
            hint="let the job check it out with actions/checkout",
        ) from error


def _newest(github: GitHub, branch: str, folder: str) -> str:
    # Without a branch GitHub takes the repository's own; a folder without a name is all of it.
    asked = {"sha": branch, "path": folder}
    listed = github.get("commits", per_page=1, **{k: text for k, text in asked.items() if text})
    first = listed[0] if isinstance(listed, list) and listed else None
    sha = first.get("sha") if isinstance(first, Mapping) else None
    if not isinstance(sha, str) or not sha:
        # Without it nobody knows whether a later commit has taken something back.
        raise BadAnswer(
            f"GitHub names no commit of {folder or 'the repository'} on {branch}",
            request="GET commits",
            hint="run the job again; docs/ci.md lists the permissions that it needs",
        )
    return sha


def is_ancestor(git: Git, commit: str) -> bool:
    """Whether the commit is in the history of what is checked out."""
    try:
        git.run("merge-base", "--is-ancestor", commit, "HEAD")
    except GitFailed:
        return False
    return True


def _is_cut_off(github: GitHub, git: Git, commit: str) -> bool:
    """Whether the commit is in a part of the history that a shallow checkout lacks."""
    if git.line("rev-parse", "--is-shallow-repository") != "true":
        return False
    head = git.line("rev-parse", "--verify", "HEAD^{commit}")
    compared = github.get(f"compare/{commit}...{head}", per_page=1)
    return isinstance(compared, Mapping) and compared.get("status") in ("ahead", "identical")
