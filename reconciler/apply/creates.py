"""Creates whose outcome nobody knows: looked for before anything is sent again (contract 2.6).

POST has no idempotency key.  After a time-out, a broken connection or a 5xx, and where the
answer names no id, the object is looked for by its natural key for a grace time, since lists
lag; those of a kind together.  Only then a create in doubt is sent again, once.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.apply.work import Work
from reconciler.apply.writing import note_created, post
from reconciler.errors import ApiError, InDoubt, StatusError
from reconciler.kinds import Kind
from reconciler.live import read_kind, with_listing
from reconciler.model import Change, Live, LiveObject, Ref
from reconciler.plan.doubles import recognised
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
    found = _look_for(work, kind, lost)
    missing = {ref: lost[ref] for ref in lost if ref not in found}
    again = _send_again(work, kind, missing)
    found |= again
    for ref, (change, answer) in missing.items():
        if ref not in again and ref not in work.outcomes:
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


def _look_for(work: Work, kind: Kind, lost: Lost) -> dict[Ref, str]:
    """Read the list until all are there or the grace time is over."""
    found: dict[Ref, str] = {}
    tools = work.tools
    deadline, pause = tools.clock() + tools.grace, 0.25
    while True:
        found |= _seen(work, kind, {ref: lost[ref] for ref in lost if ref not in found})
        left = deadline - tools.clock()
        if len(found) == len(lost) or left <= 0:
            return found
        # The last look is when the time is over, not a pause before.
        tools.sleep(min(pause, left))
        pause = min(pause * 2, 2.0)


def _seen(work: Work, kind: Kind, lost: Lost) -> dict[Ref, str]:
    work.cause("looked for a create that answered no id")
    listing = read_kind(work.session, kind)
    items = with_listing(Live(work.live.account), kind, listing).of(kind.name)
    new = [item for id_, item in items.items() if not _known(work, kind, id_)]
    found = {}
    for ref, (change, _) in lost.items():
        matches = [item.id for item in new if _is_it(work, kind, change, item)]
        if len(matches) == 1:
            found[ref] = matches[0]
            note_created(work, change, matches[0])
    return found


def _known(work: Work, kind: Kind, id_: str) -> bool:
    return id_ in work.objects.get(kind.name, {}) or id_ in work.names.keys.get(kind.name, {})


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
    for ref in found:
        work.doubtful[ref] = work.tools.now()
    unclear = {
        ref: (doubtful[ref][0], answer)
        for ref, answer in answers.items()
        if answer is None or isinstance(answer, InDoubt) or _is_conflict(answer)
    }
    for ref, answer in answers.items():
        if ref not in unclear and isinstance(answer, ApiError):
            work.fail(doubtful[ref][0], answer.message, answer.hint)
    return found | (_look_for(work, kind, unclear) if unclear else {})


def _poster(work: Work, kind: Kind, change: Change) -> Callable[[], str | None]:
    return lambda: post(work, kind, change)


def _is_conflict(answer: Answer) -> bool:
    return isinstance(answer, StatusError) and answer.status == CONFLICT


def _unknown(work: Work, change: Change, answer: Answer) -> None:
    said = f": {answer.message}" if isinstance(answer, ApiError) else ""
    words = f"nobody knows whether it was made{said}"
    work.fail(change, words, "run `pxm apply` again: it looks for it first")
