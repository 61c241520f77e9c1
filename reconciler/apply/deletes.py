"""Deletes: last, children first, and only what may still go (contract 2.4, 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.api.retrying import Retry
from reconciler.apply import events
from reconciler.apply.events import Event, Says
from reconciler.apply.reading import BY_ID, Reads, look_again, read_apart
from reconciler.apply.runstate import RunState
from reconciler.apply.seen import ObjectId
from reconciler.apply.sending import REPEATED
from reconciler.apply.writing import Answer, delete
from reconciler.enums import Status, Verb
from reconciler.errors import ApiError
from reconciler.kinds import KINDS, Kind
from reconciler.live import read_batch, read_by_id, read_one
from reconciler.model import Batch, Change, LiveObject, Outcome, Ref, waits_for
from reconciler.ordering import behind_writes
from reconciler.plan.cost import Counts, batch_size, by_kind, lists_before_deletes
from reconciler.plan.deletes import refuse
from reconciler.plan.dropped_options import dropped_by, keep_held
from reconciler.plan.holders import owners_of


def may_delete(run: RunState, batch: Batch) -> bool:
    """Only when everything before them succeeded; the lists for refusals are read once more."""
    missing = waits_for(run.ledger.outcomes.values())
    if missing is not None:
        for ref in batch.refs:
            words = f"deletes come last, and {missing} was not made"
            run.ledger.book(events.not_attempted(run.ledger.changes[ref], words))
        return False
    if batch.reads:
        try:
            refuse_again(run, batch.reads)
        except ApiError as error:
            words = f"the lists that deletes rest on could not be read: {error.message}"
            run.ledger.halt(words)
    return True


def keep_options(run: RunState, lists: Sequence[str]) -> None:
    """Read these lists once more and block what drops an option that somebody holds by now."""
    ledger = run.ledger
    try:
        live = look_again(run, lists)
    except ApiError as error:
        words = f"who holds the options that it drops could not be read: {error.message}"
        for change in filter(dropped_by, ledger.left):
            ledger.book(events.not_attempted(change, words))
        return
    changes = [*ledger.left, *ledger.made_changes]
    _block(run, keep_held(changes, live, run.seen.names))


def refuse_again(run: RunState, lists: Sequence[str], spared: Container[Ref] = ()) -> None:
    """Read these lists once more and block the deletes that they forbid by now (contract 2.5): a
    category that was filled since, a list that does not fit together any more.

    `spared` are deletes that were made and have no outcome yet.  Raises ApiError.
    """
    live, left = look_again(run, lists), run.ledger.left
    # What is yet to be moved out of an object does not hold it.
    later = behind_writes(left)
    deletes = [
        change
        for change in (*left, *run.ledger.made_changes)
        if change.verb == Verb.DELETE and change.ref not in later
    ]
    known = owners_of(run.ledger.entries.values(), run.owners())
    _block(run, (x for x in refuse(deletes, {}, live, known) if x.ref not in spared))


def _block(run: RunState, changes: Iterable[Change]) -> None:
    """Book those that are blocked by now and have no outcome yet."""
    for change in changes:
        if change.blocked and change.ref not in run.ledger.outcomes:
            run.ledger.book(events.blocked(change, change.blocked))


# --- not answered well --------------------------------------------------------------------------


def until_answered(
    run: RunState, batch: Batch, answers: Mapping[Ref, Answer], reads: dict[Ref, LiveObject]
) -> dict[Ref, Answer]:
    """Deletes that were not answered well, sent again where they still may be (contract 7.2).

    What fills an object meanwhile would go with it, so the lists on which refusals rest are read
    again first.  Those that are refused by then get their outcome here.
    """
    found, patience = dict(answers), run.session.patience()
    while waiting := _unanswered(found):
        try:
            # The longest that any of them was asked to wait.
            longest = max(waiting.values(), key=lambda retry: retry.asked or 0)
            run.session.rest(longest, patience)
            _refuse_meanwhile(run, batch.kind, spared=found.keys() - waiting.keys())
        except ApiError as error:
            return found | dict.fromkeys(waiting, error)
        found = {ref: item for ref, item in found.items() if ref not in run.ledger.outcomes}
        again = [ref for ref in waiting if ref in found]
        run.ledger.cause(REPEATED, len(again))
        results = run.session.each([_again(run, ref, reads) for ref in again])
        found |= dict(zip(again, results, strict=True))
    return found


def _unanswered(answers: Mapping[Ref, Answer]) -> dict[Ref, Retry]:
    return {ref: item for ref, item in answers.items() if isinstance(item, Retry)}


def _refuse_meanwhile(run: RunState, kind: str, spared: Container[Ref]) -> None:
    lists = lists_before_deletes({kind})
    refuse_again(run, lists, spared)
    counts = Counts(run.seen.live())
    run.ledger.cause("lists read again before a delete", sum(map(counts.list_cost, lists)))


def _again(run: RunState, ref: Ref, reads: dict[Ref, LiveObject]) -> Callable[[], str | None]:
    return lambda: delete(run, run.ledger.changes[ref], None, reads)


# --- proof --------------------------------------------------------------------------------------


def proved(run: RunState, batch: Batch, changes: Sequence[Change], reads: Reads) -> Iterator[Event]:
    """Read back: what is still there was not deleted, whatever the API said.

    What cannot be looked at stays managed: the next run sees whether it is gone (contract 2.8).
    """
    for change in changes:
        run.seen.take_out(batch.kind, str(change.id))
    shown = read_apart(run, batch, [str(change.id) for change in changes])
    for change in changes:
        entry = run.ledger.entries.get(change.ref)
        try:
            there = _seen_again(run, batch, change, shown.get(str(change.id)))
        except ApiError as error:
            yield replace(events.unproved(change, str(change.id), error), entry=entry)
            continue
        if there:
            words = "the API said that it was deleted, and it is still there"
            yield replace(events.failed(change, words), entry=entry)
            continue
        run.seen.lose([(batch.kind, str(change.id))])
        run.ledger.forget(change.ref)
        item = reads.get(change.ref)
        raw = item.raw if item is not None else None
        yield Event(Outcome(change, Status.DONE, change.id, before=raw), Says.TAKEN)


def _seen_again(
    run: RunState, batch: Batch, change: Change, shown: LiveObject | ApiError | None
) -> bool:
    """Whether a deleted object is still there, by id: a list may still show what is gone.

    Raises the ApiError with which it could not be read.
    """
    if isinstance(shown, ApiError):
        raise shown
    if shown is None:
        return False
    if not batch.first:
        run.ledger.cause(BY_ID)
    item = read_one(run.session, change.ref.kind, str(change.id))
    run.seen.take([item])
    return item is not None


# --- what has to outlive a delete (contract 2.5) ------------------------------------------------


def confirm(run: RunState, names: Iterable[ObjectId]) -> None:
    """What the deletes named as held or holding is still there; else nothing more is deleted.

    Only beside deletes that were made.
    """
    beside = _beside(run)
    lost: dict[Ref, list[str]] = {}
    try:
        for kind, ids in by_kind(name for name in names if name in beside).items():
            for id_ in _vanished(run, KINDS[kind], ids):
                item = run.seen.take_out(kind, id_)
                run.seen.lose([(kind, id_)])
                named = f"{kind} '{item.label if item is not None else id_}' ({id_})"
                lost.setdefault(beside[kind, id_].ref, []).append(named)
    except ApiError as error:
        words = f"what deletes were to leave could not be looked at: {error.message}"
        run.ledger.halt(words)
        run.ledger.note(words)
    for ref, gone in lost.items():
        run.ledger.book(_went_along(run, ref, ", ".join(gone)))


def _beside(run: RunState) -> dict[ObjectId, Change]:
    """The deletes that were made, by what each has named as held or holding."""
    found: dict[ObjectId, Change] = {}
    for change in run.ledger.made_changes:
        if change.verb == Verb.DELETE:
            found.update(dict.fromkeys(change.beside, change))
    return found


def confirm_beside(run: RunState, change: Change) -> None:
    """The same for the one delete that turned out to be the first of its sort that works."""
    sent, booked = run.session.sent, sum(run.ledger.causes.values())
    confirm(run, change.beside)
    more = run.session.sent - sent - (sum(run.ledger.causes.values()) - booked)
    run.ledger.cause("looked at what the first delete that was made leaves", more)


def _went_along(run: RunState, ref: Ref, lost: str) -> Event:
    """A delete after which something is gone that was to stay: it is made, and it failed."""
    words = f"it was deleted, and what was to stay is gone: {lost}"
    hint = "nothing more is deleted; look at the web interface, then run `pxm plan`"
    made = run.ledger.outcomes[ref]
    outcome = replace(made, status=Status.FAILED, words=words, hint=hint)
    return Event(outcome, halt=f"after the delete of {ref} what was to stay is gone: {lost}")


def _vanished(run: RunState, kind: Kind, ids: Sequence[str]) -> Sequence[str]:
    """Those that are not there any more; what a list lacks is asked for by id."""
    live = run.seen.live()
    size = batch_size(live, kind.name) if kind.by_ids else len(ids)
    found: dict[ObjectId, LiveObject | None] = {}
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        found.update(read_batch(run.session, live, kind, part, live.listed(kind.name)))
    lacking = [(kind.name, id_) for id_ in ids if (kind.name, id_) not in found]
    if lacking:
        run.ledger.cause(BY_ID, len(lacking))
        found.update(read_by_id(run.session, lacking))
    return [id_ for (_, id_), item in found.items() if item is None]
