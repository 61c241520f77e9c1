"""Labels of a pull request that say what its plan does, where the workflow asks for them (8.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from reconciler.api.github import GitHub
from reconciler.errors import ApiError
from reconciler.model import Plan

PREFIX = "pxm:"
WORDS = ("no-changes", "deletes", "refused")
LONGEST = 50
"""Characters of a label on GitHub."""


def put_labels(github: GitHub, pull: int, plan: Plan | None, name: str | None) -> str:
    """Make the labels of the pull request ours as they should be; says what was done.

    Others' labels stay, and so do those of another account's name.  A job that may not set them,
    or a label that nobody made, is no failure: the words say what to do.
    """
    ours = {label(word, name) for word in WORDS}
    wanted = {label(word, name) for word in _words(plan)}
    try:
        has = set(_labels(github.get(f"pulls/{pull}")))
        missing = sorted(wanted - has)
        if missing:
            github.post(f"issues/{pull}/labels", {"labels": missing})
        for stale in sorted((ours & has) - wanted):
            github.delete(f"issues/{pull}/labels/{quote(stale, safe='')}")
    except ApiError as error:
        made = "; ".join(f'gh label create "{item}"' for item in sorted(ours))
        return f"not set: {error.message}. Labels are made once, with: {made}"
    return ", ".join(sorted(wanted)) or "none"


def label(word: str, name: str | None) -> str:
    """`pxm:deletes`, of an account with a name `pxm:staging:deletes`."""
    return f"{PREFIX}{name}:{word}"[-LONGEST:] if name else f"{PREFIX}{word}"


def _words(plan: Plan | None) -> Iterator[str]:
    if plan is None:
        return
    if plan.refusals:
        yield "refused"
    if plan.summary.delete or plan.summary.unpublish:
        yield "deletes"
    if plan.summary.empty and not plan.refusals:
        yield "no-changes"


def _labels(pull: Any) -> Iterator[str]:
    found = pull.get("labels") if isinstance(pull, Mapping) else None
    for item in found if isinstance(found, list) else ():
        if isinstance(item, Mapping):
            yield str(item.get("name"))
