"""Creates whose outcome nobody knows: looked for before anything is sent again (contract 2.6).

POST has no idempotency key.  After a time-out, a broken connection or a 5xx, and where the
answer names no id, the object is looked for by its natural key for a grace time, since lists
lag; those of a kind together.  Found once or more often it is never sent again: the earliest of
them is ours, the others are reported.  A create in doubt that a whole list does not show is sent
again, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.api.paging import Listing
from reconciler.apply import events
from reconciler.apply.events import Event
from reconciler.apply.recent import Look, everything, look
from reconciler.apply.runstate import RunState
from reconciler.apply.tools import looks
from reconciler.apply.writing import Answer, note_created, post
from reconciler.errors import ApiError, InDoubt, StatusError
from reconciler.kinds import Kind
from reconciler.live import Listed, with_listing
from reconciler.model import Change, Live, LiveObject, Ref
from reconciler.plan.duplicates import by_age, is_young, recognised, telling, turned_up
from reconciler.wire import view

DOUBTS = 5
"""Creates in doubt in a row after which the run stops (contract 2.6)."""

CONFLICT = 409
"""A second create where names are unique: the first one has landed by now."""

Lost = dict[Ref, tuple[Change, Answer]]
"""Creates without an id, and what the API answered."""


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of creates that are there after all, or are now, and events of the others.

    `whole` says that the list was read whole at last: one that could not be does not show that a
    create was not taken.
    """

    ids: dict[Ref, str]
    events: tuple[Event, ...] = ()
    whole: bool = False


def settle(run: RunState, kind: Kind, lost: Lost) -> Found:
    """Look for creates without an id, send those in doubt again, and say what became of each."""
    if not lost:
        return Found({})
    in_doubt = _in_doubt(lost)
    for ref in in_doubt:
        run.ledger.doubt(ref)
    found = _look_for(run, kind, lost)
    ids, ended = found.ids, found.events
    missing = {ref: lost[ref] for ref in lost if ref not in ids}
    if found.whole:
        again = _send_again(run, kind, missing)
        ids, ended = ids | again.ids, again.events
    through = {event.outcome.change.ref for event in ended} | ids.keys()
    unknown = [_unknown(*row) for ref, row in missing.items() if ref not in through]
    _count_doubts(run, len(in_doubt))
    return Found(ids, (*ended, *unknown))


def _in_doubt(lost: Lost) -> dict[Ref, Change]:
    """Those of which nobody knows whether they were taken."""
    return {ref: change for ref, (change, x) in lost.items() if isinstance(x, InDoubt)}


def _count_doubts(run: RunState, more: int) -> None:
    doubts = run.ledger.doubts_in_a_row(more)
    if doubts >= DOUBTS:
        run.ledger.halt(f"{doubts} creates in a row were left in doubt: the API answers too badly")


def _look_for(run: RunState, kind: Kind, lost: Lost) -> Found:
    """Look until all are there or the grace time is over; what still lacks then is missing only
    where the last look proves it."""
    found: dict[Ref, str] = {}
    last: Look | None = None
    try:
        for _ in looks(run.tools):
            last = _looked(run, kind, lost, found, look)
            if len(found) == len(lost):
                return Found(found, whole=True)
        if last is not None and last.by_date and not _proves(last, lost, found):
            last = _looked(run, kind, lost, found, everything)
    except ApiError as error:
        run.ledger.note(f"creates in doubt could not be looked for: {error.message}")
        return Found(found)
    return Found(found, whole=last is not None and _proves(last, lost, found))


def _proves(last: Look, lost: Lost, found: Mapping[Ref, str]) -> bool:
    """What lacks still was not taken, or is not there yet."""
    return last.proves_of(lost[ref][0] for ref in lost if ref not in found)


def _looked(
    run: RunState,
    kind: Kind,
    lost: Lost,
    found: dict[Ref, str],
    read: Callable[[RunState, Kind], Look],
) -> Look:
    """One look; what it shows is found."""
    run.ledger.cause("looked for a create that answered no id")
    shown = read(run, kind)
    left = {ref: lost[ref][0] for ref in lost if ref not in found}
    found |= _seen(run, kind, left, shown.listing)
    return shown


def _seen(
    run: RunState, kind: Kind, lost: Mapping[Ref, Change], listing: Listing[Listed]
) -> dict[Ref, str]:
    """Which objects that nobody knows yet are those of the creates (contract 2.6).

    Of several the earliest is ours; the others are reported.
    """
    new = _new(run, kind, listing)
    found: dict[Ref, str] = {}
    for ref in sorted(lost, key=lambda ref: -telling(kind, lost[ref].sent)):
        matches = by_age(item for item in new if _is_it(run, kind, lost[ref], item))
        if not matches:
            continue
        first, *others = matches
        new.remove(first)
        found[ref] = first.id
        run.seen.know({ref: first.id})
        for other in others:
            run.ledger.doubt(ref)
            run.ledger.note(turned_up(ref, other))
        note_created(run, lost[ref], first.id)
    return found


def _new(run: RunState, kind: Kind, listing: Listing[Listed]) -> list[LiveObject]:
    """Objects that the plan's read did not show, that this run did not make and that are not older
    than it."""
    items = with_listing(Live(run.seen.planned.account), kind, listing).of(kind.name)
    ours = {id_ for ref, id_ in run.seen.ids.items() if ref.kind == kind.name}
    known = ours | run.seen.of(kind.name).keys()
    new = [item for id_, item in items.items() if id_ not in known]
    return [item for item in new if is_young(item, run.started)]


def _is_it(run: RunState, kind: Kind, change: Change, item: LiveObject) -> bool:
    return recognised(kind, change.sent, view(kind, item.fields, run.seen.names))


def _send_again(run: RunState, kind: Kind, missing: Lost) -> Found:
    """Those in doubt alone: one that was answered well was taken, and may yet show."""
    doubtful = _in_doubt(missing)
    if not doubtful:
        return Found({})
    run.ledger.cause("sent a create in doubt again", len(doubtful))
    answers = run.session.each([_poster(run, kind, change) for change in doubtful.values()])
    ids: dict[Ref, str] = {}
    unclear: Lost = {}
    ended = []
    for (ref, change), answer in zip(doubtful.items(), answers, strict=True):
        if isinstance(answer, str):
            ids[ref] = answer
        elif answer is None or _is_unclear(answer):
            unclear[ref] = (change, answer)
        else:
            ended.append(events.failed(change, answer.message, answer.hint))
    run.seen.know(ids)
    if unclear:
        ids |= _look_for(run, kind, unclear).ids
    return Found(ids, tuple(ended))


def _poster(run: RunState, kind: Kind, change: Change) -> Callable[[], str | None]:
    return lambda: post(run, kind, change)


def _is_unclear(error: ApiError) -> bool:
    """It may be there by now: nobody knows, or another one is in its way."""
    conflicts = isinstance(error, StatusError) and error.status == CONFLICT
    return conflicts or isinstance(error, InDoubt)


def _unknown(change: Change, answer: Answer) -> Event:
    said = f": {answer.message}" if isinstance(answer, ApiError) else ""
    words = f"nobody knows whether it was made{said}"
    return events.failed(change, words, "run `pxm apply` again: it looks for it first")
