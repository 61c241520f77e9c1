"""What the API refused: no surprise, once the first of a sort is seen to be as it was (2.4)."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.apply.reading import Before, alive, differing
from reconciler.apply.rivals import freed_names, held_names, who
from reconciler.apply.work import Work
from reconciler.enums import Status
from reconciler.errors import ApiError, NotFound, StatusError
from reconciler.live import read_one
from reconciler.model import Batch, LiveObject, Ref

_EQUAL = "the account refuses equal names, and {} has this one: give one of them another name"
LAST = "correct it as the API asks and apply again; it comes last in the next run"


def book(work: Work, batch: Batch, refused: Mapping[Ref, StatusError], before: Before) -> None:
    """Book what was refused of a batch; `before` are its objects as read just before."""
    holders, freed = held_names(work, refused), freed_names(work, refused)
    for ref, error in refused.items():
        change, was = work.changes[ref], before.get(ref)
        harm = _harm(work, was, error) if batch.first and was is not None else ""
        if harm:
            work.fail(change, f"{error.message}; {harm}", error.hint)
        elif ref in freed and ref not in work.again:
            work.again[ref] = error
        else:
            hint = error.hint or LAST
            if ref in holders:
                hint = _EQUAL.format(who(work, holders[ref]))
            work.book(change, Status.FAILED, error.message, hint)
            work.sorts.refuse(change)


def conclude(work: Work) -> None:
    """What was to be tried once more and could not be has failed, in the API's words."""
    for ref, error in work.again.items():
        outcome = work.outcomes.get(ref)
        if outcome is not None and outcome.status == Status.NOT_ATTEMPTED:
            work.book(
                outcome.change, Status.FAILED, f"{error.message}; {outcome.words}", outcome.hint
            )


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
