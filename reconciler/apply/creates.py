"""Creates whose outcome nobody knows: looked for before anything is sent again (contract 2.6).

POST has no idempotency key.  After a time-out, a broken connection or a 5xx, and where the
answer names no id, the object is looked for by its natural key for a grace time, since lists
lag; those of a kind together.  Found once or more often it is never sent again: the earliest of
them is ours, the others are reported.  A create in doubt that a whole list does not show is sent
again, once.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.api.paging import Listing
from reconciler.apply.work import Work, looks
from reconciler.apply.writing import note_created, post
from reconciler.errors import ApiError, InDoubt, StatusError
from reconciler.kinds import Kind
from reconciler.live import read_kind, with_listing
from reconciler.model import Change, Live, LiveObject, Ref
from reconciler.plan.doubles import by_age, is_young, recognised, telling, turned_up
from reconciler.wire import view

DOUBTS = 5
"""Creates in doubt in a row after which the run stops (contract 2.6)."""

CONFLICT = 409
"""A second create where names are unique: the first one has landed by now."""

Answer = str | ApiError | None
Lost = dict[Ref, tuple[Change, Answer]]
"""Creates without an id, and what the API answered."""


def settle(work: Work, kind: Kind, lost: Lost) -> dict[Ref, str]:
    """The ids of creates that are there after all, or are now; the others get their outcome."""
    if not lost:
        return {}
    for ref, (_, answer) in lost.items():
        if isinstance(answer, InDoubt):
            work.doubtful[ref] = work.tools.now()
    found, looked = _look_for(work, kind, lost)
    missing = {ref: lost[ref] for ref in lost if ref not in found}
    if looked:
        found |= _send_again(work, kind, missing)
    for ref, (change, answer) in missing.items():
        if ref not in found and ref not in work.outcomes:
            _unknown(work, change, answer)
    _count_doubts(work, lost)
    return found


def _count_doubts(work: Work, lost: Lost) -> None:
    doubtful = sum(isinstance(answer, InDoubt) for _, answer in lost.values())
    work.doubts += doubtful
    if work.doubts >= DOUBTS:
        work.halted = (
            f"{work.doubts} creates in a row were left in doubt: the API answers too badly"
        )


def _look_for(work: Work, kind: Kind, lost: Lost) -> tuple[dict[Ref, str], bool]:
    """Read the list until all are there or the grace time is over.

    Returns the ids, and whether the list could be read whole at last: one that could not does
    not show that a create was not taken.
    """
    found: dict[Ref, str] = {}
    whole = False
    for _ in looks(work.tools):
        work.cause("looked for a create that answered no id")
        try:
            listing = read_kind(work.session, kind)
        except ApiError as error:
            work.notes.append(f"creates in doubt could not be looked for: {error.message}")
            return found, False
        left = {ref: lost[ref][0] for ref in lost if ref not in found}
        found |= _seen(work, kind, left, listing)
        whole = listing.whole
        if len(found) == len(lost):
            break
    return found, whole


def _seen(work: Work, kind: Kind, lost: dict[Ref, Change], listing: Listing) -> dict[Ref, str]:
    """Which objects that nobody knows yet are those of the creates (contract 2.6).

    Those that the plan's read did not show, that this run did not make and that are not older
    than it.
    """
    items = with_listing(Live(work.live.account), kind, listing).of(kind.name)
    ours = {id_ for ref, id_ in work.ids.items() if ref.kind == kind.name}
    known = ours | work.objects.get(kind.name, {}).keys()
    new = [x for id_, x in items.items() if id_ not in known and is_young(x, work.started)]
    found: dict[Ref, str] = {}
    for ref in sorted(lost, key=lambda ref: -telling(kind, lost[ref].sent)):
        matches = by_age(item for item in new if _is_it(work, kind, lost[ref], item))
        if not matches:
            continue
        first, *others = matches
        new.remove(first)
        work.ids[ref] = found[ref] = first.id
        for other in others:
            work.doubtful[ref] = work.tools.now()
            work.notes.append(turned_up(ref, other))
        note_created(work, lost[ref], first.id)
    return found


def _is_it(work: Work, kind: Kind, change: Change, item: LiveObject) -> bool:
    return recognised(kind, change.sent, view(kind, item.fields, work.names))


def _send_again(work: Work, kind: Kind, missing: Lost) -> dict[Ref, str]:
    """Those in doubt alone: one that was answered well was taken, and may yet show."""
    doubtful = {ref: row for ref, row in missing.items() if isinstance(row[1], InDoubt)}
    if not doubtful:
        return {}
    work.cause("sent a create in doubt again", len(doubtful))
    calls = [_poster(work, kind, change) for change, _ in doubtful.values()]
    answers = dict(zip(doubtful, work.session.each(calls), strict=True))
    found = {ref: answer for ref, answer in answers.items() if isinstance(answer, str)}
    work.ids.update(found)
    unclear = {
        ref: (doubtful[ref][0], answer)
        for ref, answer in answers.items()
        if answer is None or isinstance(answer, InDoubt) or _is_conflict(answer)
    }
    for ref, answer in answers.items():
        if ref not in unclear and isinstance(answer, ApiError):
            work.fail(doubtful[ref][0], answer.message, answer.hint)
    return found | (_look_for(work, kind, unclear)[0] if unclear else {})


def _poster(work: Work, kind: Kind, change: Change) -> Callable[[], str | None]:
    return lambda: post(work, kind, change)


def _is_conflict(answer: Answer) -> bool:
    return isinstance(answer, StatusError) and answer.status == CONFLICT


def _unknown(work: Work, change: Change, answer: Answer) -> None:
    said = f": {answer.message}" if isinstance(answer, ApiError) else ""
    words = f"nobody knows whether it was made{said}"
    work.fail(change, words, "run `pxm apply` again: it looks for it first")
