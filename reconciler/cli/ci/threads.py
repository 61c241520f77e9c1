"""One comment per pull request, one open issue: found by a hidden marker, edited in place."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.cli.ci.forge import Forge, Post
from reconciler.reports.github import LABEL
from reconciler.reports.markdown.tasks import with_ticks


def comment_of(forge: Forge, pull: int, mark: str) -> Post | None:
    """The comment that we left under the marker; None where there is none."""
    return _marked(forge.comments(pull), mark)


def why_left(forge: Forge, pull: int, head: str) -> str:
    """Why a job of that commit says nothing on the pull request any more; empty where it may."""
    found = forge.pull(pull)
    if found.merged:
        return "left as it is, it was merged"
    if found.head in ("", head):
        return ""
    return f"left as it is, commit {found.head[:12]} is newer"


def put_comment(forge: Forge, pull: int, mark: str, body: str, *, only_edit: bool = False) -> str:
    """Make the comment say this; `only_edit` makes none.  Returns what was done, in a word."""
    found = comment_of(forge, pull, mark)
    if found is None:
        if only_edit:
            return "none"
        forge.add_comment(pull, body)
        return "written"
    if _same(found, body):
        return "unchanged"
    forge.edit_comment(pull, found.id, body)
    return "edited"


def put_issue(forge: Forge, mark: str, title: str, body: str) -> str:
    """One open issue that says this: opened, edited, or left as it is.  Returns which.

    What somebody ticked in its task list stays ticked.
    """
    found = open_issue(forge, mark)
    if found is None:
        forge.open_issue(title, body, LABEL)
        return "opened"
    body = with_ticks(body, found.body)
    if _same(found, body):
        return "unchanged"
    forge.edit_issue(found.id, body)
    return "edited"


def close_issue(forge: Forge, mark: str, words: str) -> str:
    """Close the open issue with a last word; says nothing where there is none."""
    found = open_issue(forge, mark)
    if found is None:
        return "none"
    forge.close_issue(found.id, words)
    return "closed"


def open_issue(forge: Forge, mark: str) -> Post | None:
    """The open issue of ours under the marker; None where there is none."""
    return _marked(forge.issues(LABEL), mark)


def _marked(posts: Iterator[Post], mark: str) -> Post | None:
    return next((post for post in posts if _lines(post.body)[0] == mark), None)


def _same(post: Post, body: str) -> bool:
    """Servers may keep a text with other line breaks, and without the last one."""
    return _lines(post.body) == _lines(body)


def _lines(text: str) -> list[str]:
    return text.rstrip().splitlines() or [""]
