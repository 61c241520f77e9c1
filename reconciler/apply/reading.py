"""Reads just before and just after writes, in batches as the plan counted them (contract 7.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.apply import events
from reconciler.apply.events import PLAN_AGAIN, Event
from reconciler.apply.runstate import RunState, shown_since
from reconciler.apply.seen import ObjectId
from reconciler.apply.staleness import why_stale
from reconciler.apply.tools import looks
from reconciler.behaviours import KEEPS_ORDER, NO, of, shuffled_kinds
from reconciler.enums import Verb
from reconciler.errors import ApiError, Unreachable
from reconciler.kinds import KINDS, Kind, Type
from reconciler.live import read_batch, read_kind, read_one, read_pages, reconfirmed, with_listing
from reconciler.model import Batch, Change, Live, LiveObject, Ref
from reconciler.normalize import canon, texts
from reconciler.paths import attribute_of, is_value
from reconciler.plan.cost import PAGE, requests_for
from reconciler.wire import decode, without

BY_ID = "read by id: a list lacked it or showed it otherwise"
UNORDERED = "a list keeps no order, and was read otherwise than by the pages that were counted"
UNFIT = "a list had grown, or did not fit together and was read again"

Found = dict[str, LiveObject | ApiError | None]
"""Objects by id: None for one that does not answer, an error for one that could not be read."""

Reads = Mapping[Ref, LiveObject]
"""Objects as they were just before their write, with the JSON of the answer."""


def read(run: RunState, batch: Batch, ids: Sequence[str]) -> dict[str, LiveObject | None]:
    """Objects of a batch by id; one that the answer lacks is None, and not yet known to be gone."""
    kind = KINDS[batch.kind]
    if batch.first:
        return {id_: read_one(run.session, kind.name, id_, keep_raw=True) for id_ in ids}
    live = run.seen.live()
    if batch.verb == Verb.PUT:
        counts = run.seen.counts
        offsets, least = counts.pages(kind.name, ids), counts.read_cost(kind.name, len(ids))
        if 0 < len(offsets) <= least:
            if kind.name not in shuffled_kinds(run.ledger.behaviours):
                return _by_pages(run, kind, ids, offsets)
            run.ledger.cause(UNORDERED, least - len(offsets))
    # As the plan counted: what this batch has just made is in the list too.
    made = 0 if batch.verb != Verb.POST else sum(id_ not in live.of(kind.name) for id_ in ids)
    found = dict(read_batch(run.session, live, kind, ids, live.listed(kind.name) + made))
    return {id_: found.get((kind.name, id_)) for id_ in ids}


def _by_pages(
    run: RunState, kind: Kind, ids: Sequence[str], offsets: Sequence[int]
) -> dict[str, LiveObject | None]:
    """Where the plan saw them; a list that shows something else there keeps no order."""
    found = read_pages(run.session, run.seen.planned, kind, ids, offsets)
    if 2 * len(found) < len(ids):
        run.ledger.notice(of(KEEPS_ORDER, kind.name), NO)
    return {id_: found.get((kind.name, id_)) for id_ in ids}


def read_each(run: RunState, kind: str, ids: Iterable[str]) -> Found:
    """Objects by id, a GET each; an error stands in the place of what could not be read."""
    wanted = tuple(ids)
    results = run.session.each([_reader(run, kind, id_) for id_ in wanted])
    return dict(zip(wanted, results, strict=True))


def _reader(run: RunState, kind: str, id_: str) -> Callable[[], LiveObject | None]:
    return lambda: read_one(run.session, kind, id_, keep_raw=True)


def read_apart(run: RunState, batch: Batch, ids: Sequence[str]) -> Found:
    """The same as `read`, but where that fails each object is asked for and fails alone."""
    try:
        return {**read(run, batch, ids)}
    except Unreachable as error:
        return dict.fromkeys(ids, error)
    except ApiError:
        run.ledger.cause("read by id: a batch could not be read", len(ids))
        return read_each(run, batch.kind, ids)


def read_back(run: RunState, batch: Batch, ids: Sequence[str]) -> Found:
    """Objects as they are just after their write.

    One that does not answer is looked for over the grace time before it counts as not there, and
    an error is that object's alone (contract 2.8).
    """
    found = read_apart(run, batch, ids)
    for _ in looks(run.tools):
        missing = [id_ for id_, item in found.items() if item is None]
        if not missing:
            break
        run.ledger.cause(BY_ID, len(missing))
        found |= read_each(run, batch.kind, missing)
    return found


# --- just before a write ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Before:
    """What the changes of a batch are made on, and events of those that cannot be made.

    A delete whose object is gone is in neither: what it is for is done already.
    """

    usable: Reads
    events: tuple[Event, ...] = ()


def before(run: RunState, batch: Batch, changes: Sequence[Change]) -> Before:
    """Read what the changes are made on, and judge each."""
    found = read_apart(run, batch, [str(change.id) for change in changes])
    if not batch.first:
        found |= _asked_again(run, batch.kind, found)
    usable: dict[Ref, LiveObject] = {}
    ended = []
    for change in changes:
        item = found[str(change.id)]
        event = _why_not(run, change, item)
        if event is not None:
            ended.append(event)
        elif isinstance(item, LiveObject):
            usable[change.ref] = item
    _learn_gone(run, KINDS[batch.kind], usable.values())
    return Before({ref: alive(run, item) for ref, item in usable.items()}, tuple(ended))


def _why_not(run: RunState, change: Change, item: LiveObject | ApiError | None) -> Event | None:
    """Why a change is not made on its object as it is now; None where it can be."""
    if isinstance(item, ApiError):
        return events.unread(change, item)
    if item is None:
        words = "it is gone: somebody deleted it since the plan"
        deletes = change.verb == Verb.DELETE
        return None if deletes else events.failed_unsent(change, words, PLAN_AGAIN)
    words = why_overtaken(run, change, item)
    return events.not_attempted(change, words, PLAN_AGAIN) if words else None


def why_overtaken(run: RunState, change: Change, item: LiveObject) -> str:
    """See `staleness.why_stale`; what the plan saw is the read that it rests on."""
    seen = run.seen
    planned = seen.planned.of(item.kind).get(item.id)
    shown = shown_since(run, item)
    return why_stale(change, item, planned, shown, seen.names, seen.names_planned)


def _asked_again(run: RunState, kind: str, found: Found) -> Found:
    """By id what a list lacks, or shows otherwise than it was known: lists lag."""
    known = run.seen.of(kind)
    doubtful = []
    for id_, item in found.items():
        if isinstance(item, ApiError):
            continue
        before = known.get(id_)
        if item is None or before is None or differing(before, item):
            doubtful.append(id_)
    run.ledger.cause(BY_ID, len(doubtful))
    return read_each(run, kind, doubtful)


def differing(one: LiveObject, other: LiveObject) -> list[str]:
    """The fields in which two reads of an object differ."""
    paths = sorted({*one.fields, *other.fields})
    return [p for p in paths if canon(one.fields.get(p)) != canon(other.fields.get(p))]


# --- elements that are gone ---------------------------------------------------------------------


def _learn_gone(run: RunState, kind: Kind, items: Iterable[LiveObject]) -> None:
    """An element known to be gone is not sent back (contract 2.3): ask for those in doubt."""
    unknown: set[ObjectId] = set()
    for item in items:
        unknown.update(name for name in _named(kind, item) if _is_unknown(run, name))
    wanted = sorted(unknown)
    if not wanted:
        return
    run.ledger.cause("asked for an element that no list shows", len(wanted))
    found = run.session.each([_reader(run, *name) for name in wanted])
    run.seen.lose(name for name, item in zip(wanted, found, strict=True) if item is None)
    # What could not be read is not known to be gone.
    run.seen.take(item for item in found if not isinstance(item, ApiError))


def _is_unknown(run: RunState, name: ObjectId) -> bool:
    """Nobody has seen it, nor that it is gone; of a kind that was not read nothing is missing."""
    kind, id_ = name
    known = run.seen.objects.get(kind)
    return known is not None and id_ not in known and name not in run.seen.gone


def alive(run: RunState, item: LiveObject) -> LiveObject:
    """The object without the elements that are known to be gone."""
    kind = KINDS[item.kind]
    if run.seen.gone.isdisjoint(_named(kind, item)):
        return item
    left = decode(kind, without(kind, item.raw or {}, run.seen.gone), keep_raw=True)
    return replace(left, id=item.id)


def _named(kind: Kind, item: LiveObject) -> Iterator[ObjectId]:
    """The objects that an object's merged arrays name."""
    for field in kind.fields:
        if field.type is Type.REFERENCES:
            for id_ in texts(item.fields.get(field.name)):
                yield field.to, id_
        elif field.type is Type.VALUES:
            for path in filter(is_value, item.fields):
                yield field.to, attribute_of(path)


# --- whole lists --------------------------------------------------------------------------------


def look_again(run: RunState, kinds: Sequence[str]) -> Live:
    """Read the lists on which refusals rest once more; what lags is asked for by id.

    What does not fit together, and entries without id or name, are those of this read.
    """
    live = replace(run.seen.live(), gone=frozenset())
    for name in kinds:
        kind, count = KINDS[name], live.listed(name)
        listing = read_kind(run.session, kind, expected=count)
        more = listing.requests - requests_for(count, live.page_sizes.get(name, PAGE))
        run.ledger.cause(UNFIT, max(0, more))
        live = with_listing(live, kind, listing)
    live, asked = reconfirmed(run.session, live, run.ledger.entries, kinds, run.tools.now())
    run.ledger.cause(BY_ID, asked)
    run.seen.take_lists(live, kinds)
    return live
