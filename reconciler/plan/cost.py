"""Batches and what they cost, cut in the plan so that the cost is exact (contract 3, 7.5).

A batch holds changes of one kind and verb that do not lean on each other: read together before,
written side by side, read together after.  The first change of each sort goes alone (2.4).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from reconciler.kinds import KINDS, ORDER
from reconciler.model import Batch, Change, Cost, Live, Rate, Ref
from reconciler.ordering import kinds_in_order, levels
from reconciler.wire import VALUE

BATCH = 100
"""Objects of one batch at most (contract 7.5)."""

PAGE = 250
"""Objects asked for on a page: 250 has been seen to work (docs/api.md)."""


def batch_size(live: Live, kind: str) -> int:
    """Objects of a kind that one batch reads at most: what its server puts on a page."""
    return min(BATCH, live.page_sizes.get(kind, PAGE))


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
    """How many objects each kind's list will have when a batch is read."""

    live: Live
    shift: dict[str, int] = field(default_factory=dict)

    def list_cost(self, kind: str) -> int:
        """Requests to read the kind's list again."""
        count = self.live.listed(kind) + self.shift.get(kind, 0)
        return requests_for(count, self.live.page_sizes.get(kind, PAGE))

    def read_cost(self, kind: str, number: int) -> int:
        """Requests to read `number` objects of a kind: `ids=`, or a GET each, or the list."""
        if KINDS[kind].by_ids:
            return ceil(number / batch_size(self.live, kind))
        return number if kind in self.live.partial else min(number, self.list_cost(kind))

    def add(self, kind: str, number: int) -> None:
        """Creates (or, negative, deletes) have been made."""
        self.shift[kind] = self.shift.get(kind, 0) + number


def cut(
    changes: Sequence[Change], live: Live, refused: Container[Ref] = frozenset()
) -> tuple[Batch, ...]:
    """The batches of a plan's unblocked changes, in the order in which apply makes them.

    What was `refused` last time comes last of its kind, with what depends on it (contract 2.4).
    """
    counts = Counts(live)
    kinds = kinds_in_order(changes)
    writes = [item for item in changes if item.verb in ("POST", "PUT")]
    deletes = [item for item in changes if item.verb == "DELETE"]
    found = list(_batches(writes, counts, kinds, refused))
    found += _batches(deletes, counts, kinds[::-1], refused)
    return tuple(_with_confirms(list(_with_lists(found, live)), deletes, live))


def _batches(
    changes: Sequence[Change], counts: Counts, kinds: Sequence[str], refused: Container[Ref]
) -> Iterator[Batch]:
    seen: set[tuple[str, str]] = set()
    for kind in kinds:
        own = [change for change in changes if change.ref.kind == kind]
        for level in levels(own, refused):
            for verb in ("POST", "PUT", "DELETE"):
                of_verb = [change for change in level if change.verb == verb]
                yield from _cut_level(kind, verb, of_verb, seen, counts)


def _cut_level(
    kind: str, verb: str, changes: list[Change], seen: set[tuple[str, str]], counts: Counts
) -> Iterator[Batch]:
    rest = []
    for change in changes:
        if (kind, change.sort) in seen:
            rest.append(change)
            continue
        seen.add((kind, change.sort))
        yield alone(change)
        counts.add(kind, _GROWTH[verb])
    size = batch_size(counts.live, kind)
    for start in range(0, len(rest), size):
        yield _batch(kind, verb, rest[start : start + size], counts)


def _batch(kind: str, verb: str, changes: list[Change], counts: Counts) -> Batch:
    number = len(changes)
    before = 0 if verb == "POST" else counts.read_cost(kind, number)
    counts.add(kind, _GROWTH[verb] * number)
    after = counts.read_cost(kind, number)
    refs = tuple(change.ref for change in changes)
    writes = sum(map(writes_of, changes))
    return Batch(kind, verb, (refs,), requests=before + writes + after)


def alone(change: Change) -> Batch:
    """The batch of a change that goes alone and is read back by id (contract 2.4)."""
    verb = str(change.verb)
    requests = writes_of(change) + _READS[verb]
    return Batch(change.ref.kind, verb, ((change.ref,),), first=True, requests=requests)


def reads_more(batch: Batch, number: int, live: Live) -> int:
    """How many reads more it takes where one of `number` changes of a batch goes alone."""
    times, counts = _READS[batch.verb], Counts(live)
    together = counts.read_cost(batch.kind, number)
    rest = counts.read_cost(batch.kind, number - 1) if number > 1 else 0
    return max(0, times * (1 + rest - together))


_READS: Mapping[str, int] = {"POST": 1, "PUT": 2, "DELETE": 2}
"""The first of a sort is read by id before (but for a create) and after."""


def writes_of(change: Change) -> int:
    """Requests that write one change.

    An upload is asked for and confirmed; what cannot be confirmed with it is put, on a read of the
    new file (the bytes go to a storage, which is not the API).
    """
    if change.upload is None:
        return 1
    return 4 if any(needs_put(path) and value for path, value in change.sent.items()) else 2


def needs_put(path: str) -> bool:
    """A field of a file that a confirmed upload does not take with it (article: metadata)."""
    return path == "collections" or path.startswith(VALUE)


_GROWTH: Mapping[str, int] = {"POST": 1, "PUT": 0, "DELETE": -1}


def _with_lists(batches: list[Batch], live: Live) -> Iterator[Batch]:
    """Before the first delete the lists on which refusals rest are read once more (2.5)."""
    kinds = {batch.kind for batch in batches if batch.verb == "DELETE"}
    lists = lists_before_deletes(kinds)
    counts = Counts(live)
    for batch in batches:
        if batch.verb == "DELETE" and lists:
            cost = sum(counts.list_cost(kind) for kind in lists)
            yield replace(batch, reads=lists, requests=batch.requests + cost)
            lists = ()
        else:
            yield batch
        counts.add(batch.kind, _GROWTH[batch.verb] * len(batch.refs))


def _with_confirms(batches: list[Batch], deletes: Sequence[Change], live: Live) -> Iterator[Batch]:
    """What the deletes name as held or holding is looked at: after the first delete of each kind
    what that one names, the rest after the last (contract 2.5)."""
    beside = {change.ref: change.beside for change in deletes}
    left = dict.fromkeys(name for names in beside.values() for name in names)
    counts = Counts(live)
    for batch in batches:
        counts.add(batch.kind, _GROWTH[batch.verb] * len(batch.refs))
        last = batch is batches[-1]
        named = left if last else beside.get(batch.refs[0], ()) if batch.first else ()
        confirms = tuple(name for name in named if name in left)
        for name in confirms:
            del left[name]
        cost = sum(counts.read_cost(kind, len(ids)) for kind, ids in by_kind(confirms).items())
        yield replace(batch, confirms=confirms, requests=batch.requests + cost)


def by_kind(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The ids of live objects, by kind."""
    found: dict[str, list[str]] = {}
    for kind, id_ in names:
        found.setdefault(kind, []).append(id_)
    return found


def lists_before_deletes(kinds: set[str]) -> tuple[str, ...]:
    """The kinds whose objects could stand in the way of deletes of these kinds."""
    wanted = {holder for kind in kinds for holder, _ in KINDS[kind].holds}
    return tuple(kind.name for kind in ORDER if kind.name in wanted)


def price(batches: Sequence[Batch], rate: Rate) -> Cost:
    """Requests of all batches and the least time that they take at the rate."""
    requests = sum(batch.requests for batch in batches)
    seconds = ceil(requests * rate.per_seconds / rate.requests)
    return Cost(requests, seconds, rate.requests, int(rate.per_seconds))
