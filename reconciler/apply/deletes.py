"""Deletes: last, children first, and only what may still go (contract 2.4, 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.api.retrying import Retry
from reconciler.apply.reading import BY_ID, Before, look_again, read
from reconciler.apply.sending import REPEATED
from reconciler.apply.work import Work, owners
from reconciler.apply.writing import Reads, delete
from reconciler.errors import ApiError
from reconciler.kinds import KINDS
from reconciler.live import read_one
from reconciler.model import Batch, Change, LiveObject, Outcome, Ref, waits_for
from reconciler.plan.cost import Counts, lists_before_deletes
from reconciler.plan.deletes import owners_of, refuse


def may_delete(work: Work, batch: Batch) -> bool:
    """Only when everything before them succeeded; the lists for refusals are read once more."""
    missing = waits_for(work.outcomes.values())
    if missing is not None:
        for ref in batch.refs:
            work.skip(work.changes[ref], f"deletes come last, and {missing} was not made")
        return False
    if batch.reads:
        look_again(work, batch.reads)
        _refuse_again(work)
    return True


def _refuse_again(work: Work) -> None:
    """What the lists forbid by now (contract 2.7: a category that was filled since)."""
    deletes = [change for change in work.plan.active if change.verb == "DELETE"]
    known = owners_of(work.entries.values(), owners(work))
    for change in refuse(deletes, {}, work.live_now(), known):
        if change.blocked:
            work.changes[change.ref] = change
            work.outcomes[change.ref] = Outcome(change, "blocked", change.id, change.blocked)


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
            look_again(work, lists)
        except ApiError as error:
            return found | dict.fromkeys(waiting, error)
        counts = Counts(work.live_now())
        work.cause("lists read again before a delete", sum(map(counts.list_cost, lists)))
        _refuse_again(work)
        found = {ref: item for ref, item in found.items() if ref not in work.outcomes}
        again = [ref for ref in waiting if ref in found]
        work.cause(REPEATED, len(again))
        results = work.session.each([_again(work, work.changes[ref], before) for ref in again])
        found |= dict(zip(again, results, strict=True))
    return found


def _again(work: Work, change: Change, before: Reads) -> Callable[[], str | None]:
    return lambda: delete(work, KINDS[change.ref.kind], change, None, before)


def after(work: Work, batch: Batch, changes: Sequence[Change], before: Before) -> None:
    """Read back: what is still there was not deleted, whatever the API said."""
    for change in changes:
        work.objects.get(batch.kind, {}).pop(str(change.id), None)
    shown = read(work, batch, [str(change.id) for change in changes])
    for change in changes:
        still_there = shown.get(str(change.id)) is not None
        if still_there and _stands(work, batch, change):
            continue
        work.gone.add((batch.kind, str(change.id)))
        work.entries.pop(change.ref, None)
        raw = before[change.ref].raw if change.ref in before else None
        work.outcomes[change.ref] = Outcome(change, "done", change.id, before=raw)
        work.sorts.took(change)


def _stands(work: Work, batch: Batch, change: Change) -> bool:
    """By id: a list may still show what is gone."""
    item: LiveObject | None = None
    if not batch.first:
        work.cause(BY_ID)
    item = read_one(work.session, change.ref.kind, str(change.id))
    if item is None:
        return False
    work.take([item])
    work.record(change.ref, work.entries[change.ref])
    work.fail(change, "the API said that it was deleted, and it is still there")
    return True
