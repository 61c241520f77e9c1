"""Whether a job still speaks for its branch (contract 8.4).

A server runs an old job again whenever somebody asks for it, with the commit that it had.  What it
would write is what the catalog said then.
"""

from __future__ import annotations

from pathlib import Path

from reconciler.cli.ci.forge import Forge
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


def check_newest(forge: Forge, runner: Runner, catalog: Path) -> None:
    """Behind where the branch's newest commit of the catalog is not in what is checked out."""
    git = Git(catalog)
    folder = folder_of(git)
    newest = forge.newest(runner.branch, folder)
    if not newest:
        # Without it nobody knows whether a later commit has taken something back.
        raise BadAnswer(
            f"{runner.host.name} names no commit of {folder or 'the repository'} on "
            f"{runner.branch}",
            request="GET commits",
            hint=runner.host.permissions,
        )
    if not (is_ancestor(git, newest) or _is_cut_off(forge, git, newest)):
        raise Behind(newest)


def folder_of(git: Git) -> str:
    """Where the catalog is in its repository; empty at its top."""
    try:
        return git.line("rev-parse", "--show-prefix").rstrip("/")
    except GitFailed as error:
        raise UsageError(
            f"{git.folder} is in no git repository, so nobody can tell which commit it is",
            hint="let the job check it out, as the workflows of docs/ci.md do",
        ) from error


def is_ancestor(git: Git, commit: str) -> bool:
    """Whether the commit is in the history of what is checked out."""
    try:
        git.run("merge-base", "--is-ancestor", commit, "HEAD")
    except GitFailed:
        return False
    return True


def _is_cut_off(forge: Forge, git: Git, commit: str) -> bool:
    """Whether the commit is in a part of the history that a shallow checkout lacks."""
    if git.line("rev-parse", "--is-shallow-repository") != "true":
        return False
    return forge.contains(commit, git.line("rev-parse", "--verify", "HEAD^{commit}"))
