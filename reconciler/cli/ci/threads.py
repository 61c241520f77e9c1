"""One comment per pull request, one open issue: found by a hidden marker, edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.api.github import GitHub
from reconciler.reports.github import LABEL


def comment_of(github: GitHub, pull: int, mark: str) -> Mapping[str, Any] | None:
    """The comment that a bot left under the marker; None where there is none.

    Anybody may write the marker, so what people wrote is passed over.
    """
    for item in github.pages(f"issues/{pull}/comments"):
        if _is_ours(item, mark):
            return item
    return None


def why_left(github: GitHub, pull: int, head: str) -> str:
    """Why a job of that commit says nothing on the pull request any more; empty where it may."""
    found = github.get(f"pulls/{pull}")
    if not isinstance(found, Mapping):
        return ""
    if found.get("merged_at"):
        return "left as it is, it was merged"
    now = found.get("head")
    newest = str(now.get("sha") or "") if isinstance(now, Mapping) else ""
    return f"left as it is, commit {newest[:12]} is newer" if newest not in ("", head) else ""


def put_comment(github: GitHub, pull: int, mark: str, body: str, *, only_edit: bool = False) -> str:
    """Make the comment say this; `only_edit` makes none.  Answers what was done, in a word."""
    found = comment_of(github, pull, mark)
    if found is None:
        if only_edit:
            return "none"
        github.post(f"issues/{pull}/comments", {"body": body})
        return "written"
    if _same(found, body):
        return "unchanged"
    github.patch(f"issues/comments/{found['id']}", {"body": body})
    return "edited"


def put_issue(github: GitHub, mark: str, title: str, body: str) -> str:
    """One open issue that says this: opened, edited, or left as it is.  Answers which."""
    found = _issue(github, mark)
    if found is None:
        github.post("issues", {"title": title, "body": body, "labels": [LABEL]})
        return "opened"
    if _same(found, body):
        return "unchanged"
    github.patch(f"issues/{found['number']}", {"body": body})
    return "edited"


def close_issue(github: GitHub, mark: str, words: str) -> str:
    """Close the open issue with a last word; says nothing where there is none."""
    found = _issue(github, mark)
    if found is None:
        return "none"
    number = found["number"]
    github.post(f"issues/{number}/comments", {"body": words})
    github.patch(f"issues/{number}", {"state": "closed", "state_reason": "completed"})
    return "closed"


def _issue(github: GitHub, mark: str) -> Mapping[str, Any] | None:
    found = github.pages("issues", state="open", labels=LABEL)
    return next((item for item in found if _is_ours(item, mark)), None)


def _is_ours(item: Mapping[str, Any], mark: str) -> bool:
    user = item.get("user")
    by_bot = isinstance(user, Mapping) and user.get("type") == "Bot"
    return by_bot and _lines(item)[0] == mark and "pull_request" not in item


def _same(item: Mapping[str, Any], body: str) -> bool:
    """GitHub may keep a text with other line breaks, and without the last one."""
    return _lines(item) == body.rstrip().splitlines()


def _lines(item: Mapping[str, Any]) -> list[str]:
    return str(item.get("body") or "").rstrip().splitlines() or [""]
