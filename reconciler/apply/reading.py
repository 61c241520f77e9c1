"""Reads just before and just after writes, in batches as the plan counted them (contract 7.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.apply.meanwhile import overtaken
from reconciler.apply.work import PLAN_AGAIN, UNREACHABLE, Work, looks
from reconciler.enums import Status, Verb
from reconciler.errors import ApiError, Unreachable
from reconciler.kinds import KINDS, Kind, Type
from reconciler.live import read_batch, read_kind, read_one, with_listing
from reconciler.live import reconfirmed as confirmed_again
from reconciler.model import Batch, Change, Live, LiveObject, Ref
from reconciler.normalize import canon, texts
from reconciler.plan.cost import PAGE, requests_for
from reconciler.wire import decode, without

BY_ID = "read by id: a list lacked it or showed it otherwise"
UNFIT = "a list had grown, or did not fit together and was read again"

Found = dict[str, LiveObject | ApiError | None]
"""Objects by id: None for one that does not answer, an error for one that could not be read."""

Before = Mapping[Ref, LiveObject]
"""Objects as they were just before their write, with the JSON of the answer."""


def read(work: Work, batch: Batch, ids: Sequence[str]) -> dict[str, LiveObject | None]:
    """Objects of a batch by id; one that the answer lacks is None, and not yet known to be gone."""
    kind = KINDS[batch.kind]
    if batch.first:
        return {id_: read_one(work.session, kind.name, id_, keep_raw=True) for id_ in ids}
    # As the plan counted: what this batch has just made is in the list too.
    live = work.live_now()
    made = 0 if batch.verb != Verb.POST else sum(id_ not in live.of(kind.name) for id_ in ids)
    found = dict(read_batch(work.session, live, kind, ids, live.listed(kind.name) + made))
    return {id_: found.get((kind.name, id_)) for id_ in ids}


def read_each(work: Work, kind: str, ids: Iterable[str]) -> Found:
    """Objects by id, a GET each; an error stands in the place of what could not be read."""
    wanted = tuple(ids)
    results = work.session.each([_reader(work, kind, id_) for id_ in wanted])
    return dict(zip(wanted, results, strict=True))


def _reader(work: Work, kind: str, id_: str) -> Callable[[], LiveObject | None]:
    return lambda: read_one(work.session, kind, id_, keep_raw=True)


def read_apart(work: Work, batch: Batch, ids: Sequence[str]) -> Found:
    """The same as `read`, but where that fails each object is asked for and fails alone."""
    try:
        return {**read(work, batch, ids)}
    except Unreachable as error:
        return dict.fromkeys(ids, error)
    except ApiError:
        work.cause("read by id: a batch could not be read", len(ids))
        return read_each(work, batch.kind, ids)


def read_back(work: Work, batch: Batch, ids: Sequence[str]) -> Found:
    """Objects as they are just after their write.

    One that does not answer is looked for over the grace time before it counts as not there, and
    an error is that object's alone (contract 2.8).
    """
    found = read_apart(work, batch, ids)
    for _ in looks(work.tools):
        missing = [id_ for id_, item in found.items() if item is None]
        if not missing:
            break
        work.cause(BY_ID, len(missing))
        found |= read_each(work, batch.kind, missing)
    return found


def before(work: Work, batch: Batch, changes: Sequence[Change]) -> Before:
    """What the changes are made on.

    Those that are gone, overtaken or cannot be read get their outcome here.
    """
    found = read_apart(work, batch, [str(change.id) for change in changes])
    if not batch.first:
        found |= _asked_again(work, batch.kind, found)
    usable: dict[Ref, LiveObject] = {}
    for change in changes:
        item = found[str(change.id)]
        if isinstance(item, ApiError):
            _unread(work, change, item)
        elif item is not None and not _overtaken(work, change, item):
            usable[change.ref] = item
        elif item is None and change.verb != Verb.DELETE:
            # Nothing was sent: this says nothing of its sort.
            words = "it is gone: somebody deleted it since the plan"
            work.book(change, Status.FAILED, words, PLAN_AGAIN)
    _learn_gone(work, KINDS[batch.kind], usable.values())
    return {ref: alive(work, item) for ref, item in usable.items()}


def _unread(work: Work, change: Change, error: ApiError) -> None:
    """Nothing was sent: this says nothing of its sort."""
    if isinstance(error, Unreachable):
        work.halted = UNREACHABLE
    words = f"it could not be read just before its write: {error.message}"
    work.book(change, Status.FAILED, words, error.hint or PLAN_AGAIN)


def _asked_again(work: Work, kind: str, found: Found) -> Found:
    """By id what a list lacks, or shows otherwise than it was known: lists lag."""
    known = work.objects.get(kind, {})
    doubtful = [
        id_
        for id_, item in found.items()
        if not isinstance(item, ApiError) and (item is None or _differs(known.get(id_), item))
    ]
    if doubtful:
        work.cause(BY_ID, len(doubtful))
    return read_each(work, kind, doubtful)


def _differs(known: LiveObject | None, item: LiveObject) -> bool:
    return known is None or bool(differing(known, item))


def differing(one: LiveObject, other: LiveObject) -> list[str]:
    """The fields in which two reads of an object differ."""
    paths = sorted({*one.fields, *other.fields})
    return [p for p in paths if canon(one.fields.get(p)) != canon(other.fields.get(p))]


def _overtaken(work: Work, change: Change, item: LiveObject) -> bool:
    words = why_overtaken(work, change, item)
    if words:
        work.skip(change, words, PLAN_AGAIN)
    return bool(words)


def why_overtaken(work: Work, change: Change, item: LiveObject) -> str:
    """See `meanwhile.overtaken`; what the plan saw is the read that it rests on."""
    return overtaken(
        change,
        item,
        work.live.of(item.kind).get(item.id),
        work.shown_since(item),
        work.names,
        work.names_then,
    )


# --- elements that are gone ---------------------------------------------------------------------


def _learn_gone(work: Work, kind: Kind, items: Iterable[LiveObject]) -> None:
    """An element known to be gone is not sent back (contract 2.3): ask for those in doubt."""
    unknown = {
        name
        for item in items
        for name in _named(kind, item)
        if name not in work.gone and name[1] not in work.objects.get(name[0], {})
    }
    # Of a kind that was not read nothing is missing.
    wanted = sorted(name for name in unknown if name[0] in work.objects)
    if wanted:
        work.cause("asked for an element that no list shows", len(wanted))
        found = work.session.each([_reader(work, *name) for name in wanted])
        work.gone |= {name for name, item in zip(wanted, found, strict=True) if item is None}
        # What could not be read is not known to be gone.
        work.take(item for item in found if not isinstance(item, ApiError))


def alive(work: Work, item: LiveObject) -> LiveObject:
    """The object without the elements that are known to be gone."""
    kind = KINDS[item.kind]
    if work.gone.isdisjoint(_named(kind, item)):
        return item
    left = decode(kind, without(kind, item.raw or {}, work.gone), keep_raw=True)
    return replace(left, id=item.id)


def _named(kind: Kind, item: LiveObject) -> Iterator[tuple[str, str]]:
    """The objects that an object's merged arrays name."""
    for field in kind.fields:
        if field.type is Type.REFERENCES:
            yield from ((field.to, id_) for id_ in texts(item.fields.get(field.name)))
        elif field.type is Type.VALUES:
            prefix = f"{field.name}."
            for path in item.fields:
                if path.startswith(prefix):
                    yield field.to, path[len(prefix) :]


# --- whole lists --------------------------------------------------------------------------------


def look_again(work: Work, kinds: Sequence[str]) -> Live:
    """The account with the lists on which refusals rest read once more; what lags is asked for
    by id.  What does not fit together, and entries without id or name, are those of this read."""
    live = replace(work.live_now(), gone=frozenset())
    for name in kinds:
        kind, count = KINDS[name], live.listed(name)
        listing = read_kind(work.session, kind, expected=count)
        more = listing.requests - requests_for(count, live.page_sizes.get(name, PAGE))
        if more > 0:
            work.cause(UNFIT, more)
        live = with_listing(live, kind, listing)
    live, asked = confirmed_again(work.session, live, work.entries, kinds, work.tools.now())
    if asked:
        work.cause(BY_ID, asked)
    return live
