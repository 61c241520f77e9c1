"""Batches and what they cost, cut in the plan so that the cost is exact (contract 3, 7.5).

A batch holds changes of one kind and verb that do not depend on each other: read together before,
written wave after wave, read together after.  The first change of each sort goes alone (2.4).
A batch is at most a page, and what is sent while a read is fresh; creates of kinds that are read
back as a whole list are one batch a level.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from math import ceil

from reconciler.enums import Verb
from reconciler.kinds import KINDS, ORDER
from reconciler.model import Batch, Change, Cost, Live, Rate, Ref, SortOfKind
from reconciler.ordering import kinds_in_order, levels, turns
from reconciler.ordering.competing import Givers, givers, waves
from reconciler.paths import is_value
from reconciler.plan.dropped_options import dropped_by
from reconciler.plan.holders import Name
from reconciler.plan.pages import SHORT, pages_of
from reconciler.wire import Names

BATCH = 100
"""Objects of one batch at most (contract 7.5)."""

PAGE = 250
"""Objects asked for on a page: 250 has been seen to work (docs/api.md)."""


FRESH = 8.0
"""Seconds that the writes of a batch take at most: what they rest on must not get old (7.5)."""


def batch_size(live: Live, kind: str) -> int:
    """Objects of a kind that one batch reads at most: what its server puts on a page."""
    return min(BATCH, live.page_sizes.get(kind, PAGE))


def paced(rate: Rate, share: float = 1.0) -> int:
    """Changes that a batch holds at most: what a share of the rate sends while its reads are
    fresh (7.5)."""
    return max(1, int(rate.requests * share * FRESH / rate.per_seconds))


def requests_for(count: int, page: int) -> int:
    """Requests of a full list read of `count` objects: neighbouring pages overlap by one item,
    and the last one shows nothing new (contract 7.3)."""
    return 1 + last_page(count, min(count, page)) if count else 1


def last_page(count: int, size: int) -> int:
    """The number of the page (from 0) that brings nothing new and so shows the end."""
    if size == 1:
        # Pages of one do not overlap.
        return count
    return max(1, ceil((count - 1) / (size - 1)))


@dataclass
class Counts:
    """How many objects each kind's list will have when a batch is read, and where they stand.

    Of the kinds that are `shuffled` nobody knows where.
    """

    live: Live
    shift: dict[str, int] = field(default_factory=dict)
    shuffled: Container[str] = ()
    _places: dict[str, dict[str, int]] = field(default_factory=dict)

    def list_cost(self, kind: str) -> int:
        """Requests to read the kind's list again."""
        count = self.live.listed(kind) + self.shift.get(kind, 0)
        return requests_for(count, self.live.page_sizes.get(kind, PAGE))

    def read_cost(self, kind: str, number: int, ids: Sequence[str] = ()) -> int:
        """Requests to read `number` objects of a kind: `ids=`, or a GET each, or the list.

        Of the list the pages are enough on which the objects with these ids stood.
        """
        if KINDS[kind].by_ids:
            return ceil(number / batch_size(self.live, kind))
        if kind in self.live.partial:
            return number
        least = min(number, self.list_cost(kind))
        return min(least, len(self.pages(kind, ids)) or least)

    def pages(self, kind: str, ids: Sequence[str]) -> tuple[int, ...]:
        """Offsets of the pages that show these objects; none where they may stand anywhere."""
        size = self.live.page_sizes.get(kind, PAGE)
        is_short = requests_for(self.live.listed(kind), size) <= SHORT
        is_anywhere = kind in self.shuffled or kind in self.live.partial
        if not ids or is_short or is_anywhere:
            return ()
        if kind not in self._places:
            in_order = enumerate(self.live.of(kind))
            self._places[kind] = {id_: place for place, id_ in in_order}
        return pages_of(self._places[kind], ids, size)

    def add(self, kind: str, number: int) -> None:
        """Creates (or, negative, deletes) have been made."""
        self.shift[kind] = self.shift.get(kind, 0) + number


def cut(
    changes: Sequence[Change],
    live: Live,
    names: Names,
    refused: Container[Ref] = frozenset(),
    taken: Iterable[SortOfKind] = (),
    rate: Rate | None = None,
    shuffled: Container[str] = (),
) -> tuple[Batch, ...]:
    """The batches of a plan's unblocked changes, in the order in which apply makes them.

    What was `refused` last time comes last of its kind, with what depends on it (contract 2.4).
    Of sorts that were `taken` no change need go alone.  `rate` is how fast they are sent;
    `shuffled` are kinds whose lists show another order each time.
    """
    most = paced(rate or Rate())
    counts = Counts(live, shuffled=shuffled)
    cutter = _Cutter(counts, givers(changes, live, names), refused, set(taken), most)
    kinds = kinds_in_order(changes)
    found: list[Batch] = []
    for turn in turns(changes):
        of_kind: dict[str, list[Change]] = {kind: [] for kind in kinds}
        if any(change.verb == Verb.DELETE for change in turn):
            of_kind = dict(reversed(of_kind.items()))
        for change in turn:
            of_kind[change.ref.kind].append(change)
        for items in of_kind.values():
            found += cutter.batches(items)
    dropping = {change.ref for change in changes if dropped_by(change)}
    found = list(_with_lists(found, dropping, live))
    return tuple(_with_confirms(found, changes, live))


@dataclass
class _Cutter:
    """Cuts the changes of one kind after the other; `seen` are sorts of which one went alone.

    `most` is how many changes a batch holds at most.
    """

    counts: Counts
    giving: Givers
    refused: Container[Ref]
    seen: set[SortOfKind]
    most: int

    def batches(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """The batches of changes of one kind.

        Updates come before creates: those may take a name that an update gives up.
        """
        for level in levels(changes, self.refused):
            for verb in (Verb.PUT, Verb.POST, Verb.DELETE):
                yield from self._of_verb([change for change in level if change.verb == verb])

    def _of_verb(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """The first of each sort goes alone, and not before those that give it its name."""
        by_ref = {change.ref: change for change in changes}
        rest: list[list[Change]] = []
        for wave in waves(tuple(by_ref), self.giving):
            beside: list[Change] = []
            for ref in wave:
                change = by_ref[ref]
                if change.sort_of_kind in self.seen:
                    beside.append(change)
                    continue
                self.seen.add(change.sort_of_kind)
                yield from self._beside(rest)
                rest = []
                yield self._alone(change)
            rest.append(beside)
        yield from self._beside(rest)

    def _alone(self, change: Change) -> Batch:
        self.counts.add(change.ref.kind, _GROWTH[verb_of(change)])
        return alone(change)

    def _beside(self, order: Sequence[Sequence[Change]]) -> Iterator[Batch]:
        """Batches, each with its part of the waves."""
        changes = list(chain.from_iterable(order))
        if not changes:
            return
        wave_of: dict[Ref, int] = {}
        for number, wave in enumerate(order):
            wave_of.update((change.ref, number) for change in wave)
        start = 0
        while start < len(changes):
            end = start + self._size(changes[start:])
            part = groupby(changes[start:end], key=lambda change: wave_of[change.ref])
            yield self._batch([list(wave) for _, wave in part])
            start = end

    def _size(self, changes: Sequence[Change]) -> int:
        """How many of the first of these changes are read together."""
        kind = changes[0].ref.kind
        by_ids = KINDS[kind].by_ids
        if verb_of(changes[0]) == Verb.POST and not by_ids:
            # Reading the whole list back after each hundred costs more requests than it tells.
            return len(changes)
        size = min(self.most, batch_size(self.counts.live, kind), len(changes))
        while not by_ids and size > 1:
            # Before the first of these reads gets old they are all read and written.
            number = size + self.counts.read_cost(kind, size, ids_of(changes[:size]))
            if number <= self.most:
                break
            size = max(1, self.most * size // number)
        return size

    def _batch(self, order: Sequence[Sequence[Change]]) -> Batch:
        changes = list(chain.from_iterable(order))
        kind, verb, number = changes[0].ref.kind, verb_of(changes[0]), len(changes)
        ids = ids_of(changes)
        before = 0 if verb == Verb.POST else self.counts.read_cost(kind, number, ids)
        self.counts.add(kind, _GROWTH[verb] * number)
        after = self.counts.read_cost(kind, number, ids)
        writes = sum(map(writes_of, changes))
        refs = tuple(map(_refs, order))
        return Batch(kind, verb, refs, requests=before + writes + after)


def ids_of(changes: Iterable[Change]) -> tuple[str, ...]:
    """The objects of updates, which stand where they stood; what is made or goes has no place."""
    return tuple(str(change.id) for change in changes if change.verb == Verb.PUT)


def _refs(changes: Iterable[Change]) -> tuple[Ref, ...]:
    return tuple(change.ref for change in changes)


def verb_of(change: Change) -> Verb:
    """The request of a change that takes one: all in a batch do."""
    assert change.verb is not None, change
    return change.verb


def alone(change: Change) -> Batch:
    """The batch of a change that goes alone and is read back by id (contract 2.4)."""
    verb = verb_of(change)
    requests = writes_of(change) + _READS[verb]
    return Batch(change.ref.kind, verb, ((change.ref,),), first=True, requests=requests)


def reads_more(
    batch: Batch, number: int, counts: Counts, apart: int | None = None, ids: Sequence[str] = ()
) -> int:
    """How many reads more it takes where some of `number` changes of a batch do not go with it.

    The first `apart` of them go as a batch of their own; without it the first goes alone and is
    read by id.  `ids` are their objects, where those stand where they stood.
    """
    first = apart or 1
    left = number - first
    own = 1 if apart is None else counts.read_cost(batch.kind, apart, ids[:first])
    rest = counts.read_cost(batch.kind, left, ids[first:]) if left > 0 else 0
    return max(0, _READS[batch.verb] * (own + rest - counts.read_cost(batch.kind, number, ids)))


_READS = {Verb.POST: 1, Verb.PUT: 2, Verb.DELETE: 2}
"""The first of a sort is read by id before (but for a create) and after."""


def writes_of(change: Change) -> int:
    """Requests that write one change.

    An upload is asked for and confirmed; what cannot be confirmed with it is put, on a read of the
    new file (the bytes go to a storage, which is not the API).
    """
    if change.upload is None:
        return 1
    for path, value in change.sent.items():
        if value and needs_put(path):
            return 4
    return 2


def needs_put(path: str) -> bool:
    """A field of a file that a confirmed upload does not take with it (article: metadata)."""
    return path == "collections" or is_value(path)


_GROWTH = {Verb.POST: 1, Verb.PUT: 0, Verb.DELETE: -1}


def _with_lists(batches: list[Batch], dropping: Set[Ref], live: Live) -> Iterator[Batch]:
    """Before the first delete the lists on which refusals rest are read once more (2.5).

    So they are before further deletes, where writes have come in between, and before the first
    change that drops an option.
    """
    counts, waiting = Counts(live), set(dropping)
    for deletes, turn in groupby(batches, key=lambda batch: batch.verb == Verb.DELETE):
        group = list(turn)
        lists = lists_before_deletes({batch.kind for batch in group}) if deletes else ()
        for batch in group:
            if waiting.intersection(batch.refs):
                lists, waiting = lists_before_deletes({batch.kind}), set()
            cost = sum(counts.list_cost(kind) for kind in lists)
            yield replace(batch, reads=lists, requests=batch.requests + cost)
            counts.add(batch.kind, _GROWTH[batch.verb] * len(batch.refs))
            lists = ()


def _with_confirms(batches: list[Batch], changes: Sequence[Change], live: Live) -> Iterator[Batch]:
    """What the deletes name as held or holding is looked at: after the first delete of each kind
    what that one names, the rest after the last of them in a row (contract 2.5)."""
    beside = {change.ref: change.beside for change in changes}
    counts = Counts(live)
    for _, turn in groupby(batches, key=lambda batch: batch.verb == Verb.DELETE):
        group = list(turn)
        for batch, confirms in zip(group, _named(group, beside), strict=True):
            counts.add(batch.kind, _GROWTH[batch.verb] * len(batch.refs))
            yield _with_reads(batch, confirms, counts)


def _named(
    batches: Sequence[Batch], beside: Mapping[Ref, Sequence[Name]]
) -> list[tuple[Name, ...]]:
    """For each batch of a row what is looked at after it: only deletes name anything."""
    left: dict[Name, None] = {}
    for batch in batches:
        for ref in batch.refs:
            left.update(dict.fromkeys(beside[ref]))
    found: list[tuple[Name, ...]] = []
    for batch in batches[:-1]:
        now = beside[batch.refs[0]] if batch.first else ()
        found.append(tuple(name for name in now if name in left))
        for name in found[-1]:
            del left[name]
    return [*found, tuple(left)]


def _with_reads(batch: Batch, confirms: tuple[Name, ...], counts: Counts) -> Batch:
    cost = sum(counts.read_cost(kind, len(ids)) for kind, ids in by_kind(confirms).items())
    return replace(batch, confirms=confirms, requests=batch.requests + cost)


def by_kind(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The ids of live objects, by kind."""
    found: dict[str, list[str]] = {}
    for kind, id_ in names:
        found.setdefault(kind, []).append(id_)
    return found


def lists_before_deletes(kinds: set[str]) -> tuple[str, ...]:
    """The kinds whose objects could stand in the way of deletes of these kinds."""
    wanted: set[str] = set()
    for kind in kinds:
        for holder, _ in KINDS[kind].holds:
            wanted.add(holder)
    return tuple(kind.name for kind in ORDER if kind.name in wanted)


def price(batches: Sequence[Batch], rate: Rate) -> Cost:
    """Requests of all batches and the least time that they take at the rate."""
    requests = sum(batch.requests for batch in batches)
    seconds = ceil(requests * rate.per_seconds / rate.requests)
    return Cost(requests, seconds, rate.requests, int(rate.per_seconds))
