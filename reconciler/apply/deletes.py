"""Deletes: last, children first, and only what may still go (contract 2.4, 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.api.retrying import Retry
from reconciler.apply.reading import BY_ID, Before, look_again, read_apart
from reconciler.apply.sending import REPEATED
from reconciler.apply.work import Work, owners
from reconciler.apply.writing import Reads, delete
from reconciler.enums import Status, Verb
from reconciler.errors import ApiError
from reconciler.kinds import KINDS, Kind
from reconciler.live import read_batch, read_by_id, read_one
from reconciler.model import Batch, Change, Live, LiveObject, Outcome, Ref, waits_for
from reconciler.ordering import behind_writes
from reconciler.plan.cost import Counts, batch_size, by_kind, lists_before_deletes
from reconciler.plan.deletes import refuse
from reconciler.plan.holders import owners_of
from reconciler.plan.options import dropped_by, keep_held


def may_delete(work: Work, batch: Batch) -> bool:
    """Only when everything before them succeeded; the lists for refusals are read once more."""
    missing = waits_for(work.outcomes.values())
    if missing is not None:
        for ref in batch.refs:
            work.skip(work.changes[ref], f"deletes come last, and {missing} was not made")
        return False
    if batch.reads:
        try:
            refuse_again(work, batch.reads)
        except ApiError as error:
            work.halted = f"the lists that deletes rest on could not be read: {error.message}"
    return True


def keep_options(work: Work, lists: Sequence[str]) -> None:
    """Read these lists once more and block what drops an option that somebody holds by now."""
    try:
        live = _looked(work, lists)
    except ApiError as error:
        words = f"who holds the options that it drops could not be read: {error.message}"
        for change in work.left:
            if dropped_by(change):
                work.skip(change, words)
        return
    for change in keep_held([*work.left, *work.made_changes], live, work.names):
        if change.blocked and change.ref not in work.outcomes:
            _block(work, change)


def _looked(work: Work, lists: Sequence[str]) -> Live:
    live = look_again(work, lists)
    work.live = replace(work.live, nameless=live.nameless, partial=live.partial)
    work.objects.update({name: dict(live.of(name)) for name in lists})
    return live


def _block(work: Work, change: Change) -> None:
    work.changes[change.ref] = change
    work.outcomes[change.ref] = Outcome(change, Status.BLOCKED, change.id, change.blocked or "")


def refuse_again(work: Work, lists: Sequence[str], spared: Container[Ref] = ()) -> None:
    """Read these lists once more and block the deletes that they forbid by now (contract 2.5): a
    category that was filled since, a list that does not fit together any more.

    `spared` are deletes that were made and have no outcome yet.  Raises ApiError.
    """
    live, left = _looked(work, lists), work.left
    # What is yet to be moved out of an object does not hold it.
    later = behind_writes(left)
    deletes = [
        change
        for change in (*left, *work.made_changes)
        if change.verb == Verb.DELETE and change.ref not in later
    ]
    known = owners_of(work.entries.values(), owners(work))
    for change in refuse(deletes, {}, live, known):
        if change.blocked and change.ref not in work.outcomes and change.ref not in spared:
            _block(work, change)


# --- not answered well --------------------------------------------------------------------------

Answer = str | ApiError | None


def until_answered(
    work: Work, batch: Batch, answers: Mapping[Ref, Answer], before: Reads
) -> dict[Ref, Answer]:
    """Deletes that were not answered well, sent again where they still may be (contract 7.2).

    What fills an object meanwhile would go with it, so the lists on which refusals rest are read
    again first.  Those that are refused by then get their outcome here.
    """
    found, patience = dict(answers), work.session.patience()
    lists = lists_before_deletes({batch.kind})
    while waiting := {ref: item for ref, item in found.items() if isinstance(item, Retry)}:
        try:
            # The longest that any of them was asked to wait.
            work.session.rest(max(waiting.values(), key=lambda item: item.asked or 0), patience)
            refuse_again(work, lists, spared=found.keys() - waiting.keys())
        except ApiError as error:
            return found | dict.fromkeys(waiting, error)
        counts = Counts(work.live_now())
        work.cause("lists read again before a delete", sum(map(counts.list_cost, lists)))
        found = {ref: item for ref, item in found.items() if ref not in work.outcomes}
        again = [ref for ref in waiting if ref in found]
        work.cause(REPEATED, len(again))
        results = work.session.each([_again(work, work.changes[ref], before) for ref in again])
        found |= dict(zip(again, results, strict=True))
    return found


def _again(work: Work, change: Change, before: Reads) -> Callable[[], str | None]:
    return lambda: delete(work, KINDS[change.ref.kind], change, None, before)


def after(work: Work, batch: Batch, changes: Sequence[Change], before: Before) -> None:
    """Read back: what is still there was not deleted, whatever the API said.

    What cannot be looked at stays managed: the next run sees whether it is gone (contract 2.8).
    """
    for change in changes:
        work.objects.get(batch.kind, {}).pop(str(change.id), None)
    shown = read_apart(work, batch, [str(change.id) for change in changes])
    for change in changes:
        try:
            there = _seen_again(work, batch, change, shown.get(str(change.id)))
        except ApiError as error:
            work.record(change.ref, work.entries[change.ref])
            work.unproved_write(change, error, str(change.id))
            continue
        if there:
            work.record(change.ref, work.entries[change.ref])
            work.fail(change, "the API said that it was deleted, and it is still there")
            continue
        work.gone.add((batch.kind, str(change.id)))
        work.entries.pop(change.ref, None)
        raw = before[change.ref].raw if change.ref in before else None
        work.outcomes[change.ref] = Outcome(change, Status.DONE, change.id, before=raw)
        work.sorts.took(change)


def confirm(work: Work, names: Iterable[tuple[str, str]]) -> None:
    """What the deletes named as held or holding is still there; else nothing more is deleted.

    Only beside deletes that were made (contract 2.5).
    """
    made = [x.change for x in work.outcomes.values() if x.status == Status.DONE]
    beside = {name: x for x in made if x.verb == Verb.DELETE for name in x.beside}
    lost: dict[Ref, list[str]] = {}
    try:
        for kind, ids in by_kind(name for name in names if name in beside).items():
            for id_ in _vanished(work, KINDS[kind], ids):
                item = work.objects.get(kind, {}).pop(id_, None)
                work.gone.add((kind, id_))
                named = f"{kind} '{item.label if item is not None else id_}' ({id_})"
                lost.setdefault(beside[kind, id_].ref, []).append(named)
    except ApiError as error:
        work.halted = f"what deletes were to leave could not be looked at: {error.message}"
        work.notes.append(work.halted)
    for ref, gone in lost.items():
        _went_along(work, ref, ", ".join(gone))


def confirm_beside(work: Work, change: Change) -> None:
    """The same for the one delete that turned out to be the first of its sort that works."""
    sent, booked = work.session.sent, sum(work.causes.values())
    confirm(work, change.beside)
    more = work.session.sent - sent - (sum(work.causes.values()) - booked)
    if more:
        work.cause("looked at what the first delete that was made leaves", more)


def _went_along(work: Work, ref: Ref, lost: str) -> None:
    """A delete after which something is gone that was to stay: it is made, and it failed."""
    words = f"it was deleted, and what was to stay is gone: {lost}"
    hint = "nothing more is deleted; look at the web interface, then run `pxm plan`"
    work.outcomes[ref] = replace(work.outcomes[ref], status=Status.FAILED, words=words, hint=hint)
    work.halted = f"after the delete of {ref} what was to stay is gone: {lost}"


def _vanished(work: Work, kind: Kind, ids: Sequence[str]) -> Sequence[str]:
    """Those that are not there any more; what a list lacks is asked for by id."""
    live = work.live_now()
    size = batch_size(live, kind.name) if kind.by_ids else len(ids)
    found: dict[tuple[str, str], LiveObject | None] = {}
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        found.update(read_batch(work.session, live, kind, part, live.listed(kind.name)))
    lacking = [(kind.name, id_) for id_ in ids if (kind.name, id_) not in found]
    if lacking:
        work.cause(BY_ID, len(lacking))
        found.update(read_by_id(work.session, lacking))
    return [id_ for (_, id_), item in found.items() if item is None]


def _seen_again(
    work: Work, batch: Batch, change: Change, shown: LiveObject | ApiError | None
) -> bool:
    """Whether a deleted object is still there, by id: a list may still show what is gone.

    Raises the ApiError with which it could not be read.
    """
    if isinstance(shown, ApiError):
        raise shown
    if shown is None:
        return False
    if not batch.first:
        work.cause(BY_ID)
    item = read_one(work.session, change.ref.kind, str(change.id))
    work.take([item])
    return item is not None
