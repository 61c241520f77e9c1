"""Labels of a pull request that say what its plan does, where the workflow asks for them (8.4)."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.cli.ci.forge import Forge
from reconciler.errors import ApiError
from reconciler.model import Plan

PREFIX = "pxm:"
WORDS = ("no-changes", "deletes", "refused")
LONGEST = 50
"""Characters of a label on GitHub."""


def put_labels(forge: Forge, pull: int, plan: Plan | None, name: str | None) -> str:
    """Make the labels of the pull request ours as they should be; says what was done.

    Others' labels stay, and so do those of another account's name.  A job that may not set them,
    or a label that nobody made, is no failure: the words say what to do.
    """
    ours = {label(word, name) for word in WORDS}
    wanted = {label(word, name) for word in _words(plan)}
    try:
        has = forge.pull(pull).labels
        missing, stale = sorted(wanted - has), sorted((ours & has) - wanted)
        forge.put_labels(pull, missing, stale)
    except ApiError as error:
        return f"not set: {error.message}. {forge.label_hint(sorted(ours))}"
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
