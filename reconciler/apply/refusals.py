"""What the API refused: no surprise, once the first of a sort is seen to be as it was (2.4)."""

from __future__ import annotations

from reconciler.apply.reading import alive, differing
from reconciler.apply.work import Work
from reconciler.errors import ApiError, NotFound, StatusError
from reconciler.live import read_one
from reconciler.model import Batch, Change, LiveObject

LAST = "correct it as the API asks and apply again; it comes last in the next run"


def book(
    work: Work, batch: Batch, change: Change, error: StatusError, was: LiveObject | None
) -> None:
    """Book a refused change; `was` is its object as read just before, None for a create."""
    harm = _harm(work, was, error) if batch.first and was is not None else ""
    if harm:
        work.fail(change, f"{error.message}; {harm}", error.hint)
        return
    work.book(change, "failed", error.message, error.hint or LAST)
    work.sorts.refuse(change)


def _harm(work: Work, was: LiveObject, error: StatusError) -> str:
    """What the refused write has changed all the same, in words; empty where nothing has."""
    try:
        now = read_one(work.session, was.kind, was.id, keep_raw=True)
    except ApiError as trouble:
        return f"what it left could not be read: {trouble.message}"
    if now is None:
        return "" if isinstance(error, NotFound) else "it was refused, and the object is gone"
    work.take([now])
    paths = differing(was, alive(work, now))
    return f"it was refused, and yet this has changed: {', '.join(paths)}" if paths else ""
