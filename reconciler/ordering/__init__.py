"""The order of single operations: dependencies, and levels within a kind (contract 2.4).

Kinds go in the order of `kinds.ORDER`; within a kind a change comes after those of its kind that
it depends on.  Deletes walk the same order backwards, children first.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from graphlib import TopologicalSorter
from itertools import chain

from reconciler.enums import Action, Verb
from reconciler.kinds import KINDS, ORDER
from reconciler.known import above, references
from reconciler.model import Change, FieldChange, Ref, Resource, Value
from reconciler.ordering.graphs import inverted, layers, reached, spread

RANK: Mapping[str, int] = {kind.name: index for index, kind in enumerate(ORDER)}


def dependencies(
    change: Change, changes: Mapping[Ref, Change], resources: Mapping[Ref, Resource]
) -> tuple[Ref, ...]:
    """The changes of the plan that must have been made before this one.

    A create needs all that it names; an update what it newly names.  What exists already and is
    not reshaped holds nobody up, but what it stands in may: a category moves under another one
    only when that stands where it shall, or the tree would be a circle on the way.
    """
    found: dict[Ref, None] = {}
    for ref in _named(change):
        if change.verb == Verb.PUT and ref.kind == change.ref.kind:
            ref = _held_up(ref, changes, resources)
        if ref != change.ref and _holds_up(changes.get(ref)):
            found[ref] = None
    return tuple(found)


def _named(change: Change) -> Iterator[Ref]:
    """The objects that a change newly names."""
    for path, value in _written(change):
        yield from references(change.ref.kind, path, value)


def _held_up(ref: Ref, changes: Mapping[Ref, Change], resources: Mapping[Ref, Resource]) -> Ref:
    """The object, or the first of those that it stands in, whose change holds others up."""
    step: Ref | None = ref
    while step is not None and not _holds_up(changes.get(step)):
        step = above(step, resources)
    return step or ref


def _written(change: Change) -> Iterator[tuple[str, Value]]:
    """The fields that a change gives a value, or of a set what it adds."""
    if change.verb == Verb.POST:
        for path, value in change.sent.items():
            if value is not None:
                yield path, value
    for item in change.fields:
        if item.is_set:
            yield item.path, item.add
        elif item.after is not None:
            yield item.path, item.after


def _holds_up(target: Change | None) -> bool:
    if target is None or target.verb == Verb.DELETE:
        return False
    # What has no id is not there yet, or no more; an upload makes a new object.
    if target.id is None or target.verb == Verb.POST:
        return True
    return any(_reshapes(target, item) for item in target.fields)


def _reshapes(target: Change, item: FieldChange) -> bool:
    """Others may need it: an option that is merely dropped, nobody does."""
    is_dropped = item.is_set and not (item.add or item.rename)
    return KINDS[target.ref.kind].field(item.path).structural and not is_dropped


def levels(changes: Sequence[Change], refused: Container[Ref] = frozenset()) -> list[list[Change]]:
    """Changes of one kind in groups; each depends only on earlier ones.  Order is kept.

    What was `refused` last time comes after all others, with what depends on it: however many
    they are, they hold nobody up (contract 2.4).
    """
    again = [change.ref for change in changes if change.ref in refused]
    if not again:
        return _levels(changes)
    late = reached(again, inverted({change.ref: _before(change) for change in changes}))
    first = [change for change in changes if change.ref not in late]
    last = [change for change in changes if change.ref in late]
    return _levels(first) + _levels(last)


def _levels(changes: Sequence[Change]) -> list[list[Change]]:
    by_ref = {change.ref: change for change in changes}
    needs = {change.ref: _before(change) for change in changes}
    level: dict[Ref, int] = {}
    for ref in chain.from_iterable(layers(tuple(by_ref), needs)):
        level[ref] = _level_of(by_ref[ref], level)
    return _grouped(changes, level, 1 + max(level.values(), default=-1))


def _level_of(change: Change, level: Mapping[Ref, int]) -> int:
    """Who comes after another one for its name alone may be of the same level."""
    found = 0
    for need in change.depends_on:
        found = max(found, level.get(need, -1) + 1)
    for giver in change.after:
        found = max(found, level.get(giver, 0))
    return found


def _grouped(changes: Iterable[Change], group: Mapping[Ref, int], count: int) -> list[list[Change]]:
    """So many groups of changes, by the number of the group of each; order is kept."""
    found: list[list[Change]] = [[] for _ in range(count)]
    for change in changes:
        found[group[change.ref]].append(change)
    return found


def _before(change: Change) -> tuple[Ref, ...]:
    """What must be made before a change, or with it."""
    return (*change.depends_on, *change.after)


def turns(changes: Sequence[Change]) -> list[list[Change]]:
    """Creates and updates, then deletes; and so on, where an update waits for a delete.

    A delete that nothing waits for comes with the last ones.
    """
    writes = _of_verb(changes, Verb.POST, Verb.PUT)
    deletes = _of_verb(changes, Verb.DELETE)
    gone = {change.ref for change in deletes}
    awaited = gone.intersection(chain.from_iterable(change.depends_on for change in writes))
    if not awaited:
        return [writes, deletes]
    needs = needs_of([*writes, *deletes])
    turn = _turns(needs, gone)
    last = max(turn.values()) | 1
    awaited = reached(awaited, {ref: needs[ref] & gone for ref in gone})
    turn.update(dict.fromkeys(gone - awaited, last))
    return _grouped([*writes, *deletes], turn, last + 1)


def _of_verb(changes: Iterable[Change], *verbs: Verb) -> list[Change]:
    return [change for change in changes if change.verb in verbs]


def _turns(needs: Mapping[Ref, Set[Ref]], gone: Container[Ref]) -> dict[Ref, int]:
    """The earliest turn of each change: even ones write, odd ones delete."""
    found: dict[Ref, int] = {}
    for ref in chain.from_iterable(layers(tuple(needs), needs)):
        earliest = max((found[need] for need in needs[ref]), default=0)
        is_odd = earliest % 2 == 1
        found[ref] = earliest + (is_odd != (ref in gone))
    return found


def behind_writes(changes: Sequence[Change]) -> set[Ref]:
    """The deletes that must wait for one of these creates and updates."""
    needs = needs_of(changes)
    deletes = {change.ref for change in _of_verb(changes, Verb.DELETE)}
    behind = reached(needs.keys() - deletes, inverted(needs))
    return behind & deletes


def needs_of(changes: Sequence[Change]) -> dict[Ref, set[Ref]]:
    """What must be made before each change: what it depends on; of a delete also what is moved
    out of its object.  Blocked changes, and what takes no request, are left out."""
    active = requested(changes)
    refs = {change.ref for change in active}
    needs = {change.ref: refs.intersection(_before(change)) for change in active}
    deletes = {change.ref for change in _of_verb(active, Verb.DELETE)}
    if deletes:
        for change in active:
            for ref in deletes.intersection(_left_behind(change)):
                needs[ref].add(change.ref)
    return needs


def requested(changes: Iterable[Change]) -> list[Change]:
    """The changes that take a request: neither blocked nor of the state alone."""
    return [item for item in changes if item.blocked is None and item.verb is not None]


def _left_behind(change: Change) -> Iterator[Ref]:
    """The objects that an update takes a reference to away from."""
    for item in change.fields:
        left = item.remove if item.is_set else item.before
        yield from references(change.ref.kind, item.path, left)


def with_dependents_blocked(changes: Iterable[Change]) -> list[Change]:
    """A blocked object is left out with what depends on it (contract 2.10)."""
    found = {change.ref: change for change in changes}

    def blocks(ref: Ref) -> bool:
        cause = _blocked_before(found[ref], found)
        if cause is not None:
            found[ref] = found[ref].block(f"it depends on {cause}, which is blocked")
        return cause is not None

    blocked = [ref for ref, change in found.items() if change.blocked is not None]
    if blocked:
        spread({ref: _before(change) for ref, change in found.items()}, blocked, blocks)
    return list(found.values())


def _blocked_before(change: Change, changes: Mapping[Ref, Change]) -> Ref | None:
    """The blocked object that a change waits for in vain; None where there is none."""
    if change.blocked or change.action == Action.DELETE:
        return None
    for ref in _before(change):
        if ref in changes and changes[ref].blocked is not None:
            return ref
    return None


def kinds_in_order(changes: Iterable[Change]) -> list[str]:
    """The kinds, each after those that its changes depend on; otherwise in the order of the table.

    The table's order holds but where an account keeps group membership on the attribute, whose
    change then needs the group (contract 2.3).
    """
    sorter: TopologicalSorter[str] = TopologicalSorter({kind.name: () for kind in ORDER})
    for change in changes:
        needs = {ref.kind for ref in change.depends_on} - {change.ref.kind}
        if change.action != Action.DELETE:
            sorter.add(change.ref.kind, *needs)
    sorter.prepare()
    found: list[str] = []
    waiting: set[str] = set()
    while sorter.is_active():
        waiting.update(sorter.get_ready())
        first = min(waiting, key=RANK.__getitem__)
        waiting.remove(first)
        found.append(first)
        sorter.done(first)
    return found


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes as a plan lists them: kinds in order, deletes last and backwards, then by key."""

    def position(change: Change) -> tuple[bool, int, str]:
        last = change.action == Action.DELETE
        rank = RANK[change.ref.kind]
        return last, -rank if last else rank, change.ref.key

    return sorted(changes, key=position)
