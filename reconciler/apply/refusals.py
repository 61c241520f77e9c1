"""What the API refused: no surprise, once the first of a sort is seen to be as it was (2.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.apply import events
from reconciler.apply.events import Event
from reconciler.apply.reading import Reads, alive, differing
from reconciler.apply.rivals import freed_names, held_names, who
from reconciler.apply.runstate import RunState
from reconciler.enums import Status
from reconciler.errors import ApiError, NotFound, StatusError
from reconciler.live import read_one
from reconciler.model import Batch, LiveObject, Ref

_EQUAL = "the account refuses equal names, and {} has this one: give one of them another name"
LAST = "correct it as the API asks and apply again; it comes last in the next run"


def judged(
    run: RunState, batch: Batch, refused: Mapping[Ref, StatusError], reads: Reads
) -> Iterator[Event]:
    """What became of the changes of a batch that were refused; `reads` are their objects before.

    Those whose name is still given up in this run are kept for another try.
    """
    holders, freed = held_names(run, refused), freed_names(run, refused)
    for ref, error in refused.items():
        change, was = run.ledger.changes[ref], reads.get(ref)
        harm = _harm(run, was, error) if batch.first and was is not None else ""
        if harm:
            yield events.failed(change, f"{error.message}; {harm}", error.hint)
        elif ref in freed and ref not in run.ledger.retries:
            run.ledger.retry(ref, error)
        elif ref in holders:
            yield events.refused(change, error.message, _EQUAL.format(who(run, holders[ref])))
        else:
            yield events.refused(change, error.message, error.hint or LAST)


def never_retried(run: RunState) -> Iterator[Event]:
    """What was to be tried once more and could not be has failed, in the API's words."""
    for ref, error in run.ledger.retries.items():
        outcome = run.ledger.outcomes.get(ref)
        if outcome is not None and outcome.status == Status.NOT_ATTEMPTED:
            words = f"{error.message}; {outcome.words}"
            yield Event(replace(outcome, status=Status.FAILED, id=outcome.change.id, words=words))


def _harm(run: RunState, was: LiveObject, error: StatusError) -> str:
    """What the refused write has changed all the same, in words; empty where nothing has."""
    try:
        now = read_one(run.session, was.kind, was.id, keep_raw=True)
    except ApiError as trouble:
        return f"what it left could not be read: {trouble.message}"
    if now is None:
        return "" if isinstance(error, NotFound) else "it was refused, and the object is gone"
    run.seen.take([now])
    paths = differing(was, alive(run, now))
    return f"it was refused, and yet this has changed: {', '.join(paths)}" if paths else ""
