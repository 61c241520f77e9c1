"""What the jobs ask of the server that keeps the repository: GitHub and GitLab, one row each.

The jobs know no path of an API; a row knows no rule of a job (contract 8.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_ARCHIVE = 64 * 1024 * 1024
"""Bytes of an artifact, and of a plan file in one."""


@dataclass(frozen=True, slots=True)
class Post:
    """A comment or an issue, with the id by which it is edited."""

    id: int
    body: str


@dataclass(frozen=True, slots=True)
class PullState:
    """How a pull request stands now: its last commit, whether it is merged, its labels."""

    head: str = ""
    merged: bool = False
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pull:
    """A merged pull request: its number, last commit, when it was merged, whether from a fork."""

    number: int
    head: str
    merged_at: str
    fork: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """Names of the files that a pull request changes, old names among them; whether all are."""

    names: frozenset[str]
    most: int = 0
    """How many the server lists at most, where it left some out."""


class Unfit(Exception):
    """A plan file that does not count; the message says why, in words for the pull request."""


class Forge(Protocol):
    """One repository on its server.  Calls raise ApiError, those for plan files Unfit too."""

    def pull(self, number: int) -> PullState:
        """A pull request as it stands now."""

    def comments(self, number: int) -> Iterator[Post]:
        """What our own account wrote on a pull request: anybody may write a hidden marker."""

    def add_comment(self, number: int, body: str) -> None:
        """Write a comment on a pull request."""

    def edit_comment(self, number: int, comment: int, body: str, /) -> None:
        """Make a comment say something else."""

    def put_labels(self, number: int, add: Sequence[str], remove: Sequence[str]) -> None:
        """Set labels of a pull request, and take others away."""

    def label_hint(self, names: Sequence[str], /) -> str:
        """What to do where labels cannot be set."""

    def issues(self, label: str) -> Iterator[Post]:
        """Open issues of our own account that have a label."""

    def open_issue(self, title: str, body: str, label: str) -> None:
        """Open an issue."""

    def edit_issue(self, issue: int, body: str) -> None:
        """Make an issue say something else."""

    def close_issue(self, issue: int, words: str) -> None:
        """Close an issue with a last word."""

    def merged_by(self, commit: str, branch: str) -> Iterator[Pull]:
        """The pull requests that brought a commit to a branch."""

    def changed(self, number: int) -> Changed:
        """The files that a pull request changes."""

    def rules_its_plan(self, path: str, catalog: str, /) -> bool:
        """Whether a file may say what the plan job does; `catalog` is the folder's path."""

    def archive(self, pull: Pull, artifact: str, workflow: str, /) -> bytes:
        """The archive of that name of the newest plan of a pull request's last commit."""

    def newest(self, branch: str, folder: str) -> str:
        """The newest commit of a branch in a folder; empty where the server names none."""

    def contains(self, commit: str, head: str) -> bool:
        """Whether a commit is in the history of another, as the server knows it."""


def too_large(size: int) -> Unfit:
    """For an archive of more bytes than are read."""
    return Unfit(f"its plan file is too large: {size:,} bytes, at most {MOST_ARCHIVE:,} are read")
