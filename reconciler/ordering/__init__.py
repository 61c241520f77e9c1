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
from reconciler.known import references
from reconciler.model import Change, FieldChange, Ref, Resource, Value
from reconciler.normalize import texts
from reconciler.ordering.graphs import layers

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
            ref = _standing(ref, changes, resources)
        if ref != change.ref and _holds_up(changes.get(ref)):
            found[ref] = None
    return tuple(found)


def _named(change: Change) -> Iterator[Ref]:
    """The objects that a change newly names."""
    for path, value in _written(change):
        yield from references(change.ref.kind, path, value)


def _standing(ref: Ref, changes: Mapping[Ref, Change], resources: Mapping[Ref, Resource]) -> Ref:
    """The object, or the first of those that it stands in, that a change holds up."""
    step: Ref | None = ref
    while step is not None and not _holds_up(changes.get(step)):
        step = _above(step, resources)
    return step or ref


def _above(ref: Ref, resources: Mapping[Ref, Resource]) -> Ref | None:
    """The object of its kind that one stands in, as declared."""
    if ref not in resources:
        return None
    for item in KINDS[ref.kind].fields:
        if item.structural and item.to == ref.kind:
            for key in texts(resources[ref].fields.get(item.name)):
                return Ref(ref.kind, key)
    return None


def _written(change: Change) -> Iterator[tuple[str, Value]]:
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
    gives = not item.is_set or bool(item.add or item.rename)
    return gives and KINDS[target.ref.kind].field(item.path).structural


def levels(changes: Sequence[Change], refused: Container[Ref] = frozenset()) -> list[list[Change]]:
    """Changes of one kind in groups; each depends only on earlier ones.  Order is kept.

    What was `refused` last time comes after all others, with what depends on it: however many
    they are, they hold nobody up (contract 2.4).
    """
    late = _with_dependents({item.ref for item in changes if item.ref in refused}, changes)
    early = [change for change in changes if change.ref not in late]
    return _levels(early) + _levels([change for change in changes if change.ref in late])


def _with_dependents(refs: set[Ref], changes: Sequence[Change]) -> set[Ref]:
    found = set(refs)
    grown = bool(found)
    while grown:
        needing = {change.ref for change in changes if not found.isdisjoint(_before(change))}
        grown = not needing <= found
        found |= needing
    return found


def _levels(changes: Sequence[Change]) -> list[list[Change]]:
    """Who comes after another one for its name alone may be of the same level."""
    by_ref = {change.ref: change for change in changes}
    needs = {change.ref: _before(change) for change in changes}
    level: dict[Ref, int] = {}
    for ref in chain.from_iterable(layers(tuple(by_ref), needs)):
        above = max((level.get(need, -1) + 1 for need in by_ref[ref].depends_on), default=0)
        beside = max((level.get(giver, 0) for giver in by_ref[ref].after), default=0)
        level[ref] = max(above, beside)
    found: list[list[Change]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for change in changes:
        found[level[change.ref]].append(change)
    return found


def _before(change: Change) -> tuple[Ref, ...]:
    """What must be made before a change, or with it."""
    return (*change.depends_on, *change.after)


def turns(changes: Sequence[Change]) -> list[list[Change]]:
    """Creates and updates, then deletes; and so on, where an update waits for a delete.

    A delete that nothing waits for comes with the last ones.
    """
    writes = [change for change in changes if change.verb in (Verb.POST, Verb.PUT)]
    deletes = [change for change in changes if change.verb == Verb.DELETE]
    gone = {change.ref for change in deletes}
    awaited = gone.intersection(chain.from_iterable(change.depends_on for change in writes))
    if not awaited:
        return [writes, deletes]
    needs = needs_of([*writes, *deletes])
    turn = _turns(needs, gone)
    last = max(turn.values()) | 1
    awaited = _needed(awaited, {ref: needs[ref] & gone for ref in gone})
    turn.update(dict.fromkeys(gone - awaited, last))
    found: list[list[Change]] = [[] for _ in range(last + 1)]
    for change in (*writes, *deletes):
        found[turn[change.ref]].append(change)
    return found


def _turns(needs: Mapping[Ref, Set[Ref]], gone: Container[Ref]) -> dict[Ref, int]:
    """The earliest turn of each change: even ones write, odd ones delete."""
    found: dict[Ref, int] = {}
    for layer in layers(tuple(needs), needs):
        for ref in layer:
            earliest = max((found[need] for need in needs[ref] if need in found), default=0)
            is_odd = earliest % 2 == 1
            found[ref] = earliest + (is_odd != (ref in gone))
    return found


def _needed(refs: Set[Ref], needs: Mapping[Ref, Set[Ref]]) -> set[Ref]:
    """The refs, and all that they depend on."""
    found, pending = set(refs), list(refs)
    while pending:
        new = needs.get(pending.pop(), frozenset()) - found
        found |= new
        pending += new
    return found


def behind_writes(changes: Sequence[Change]) -> set[Ref]:
    """The deletes that must wait for one of these creates and updates."""
    needs = needs_of(changes)
    writes = {item.ref for item in changes if item.ref in needs and item.verb != Verb.DELETE}
    deletes = needs.keys() - writes
    return {ref for ref in deletes if not writes.isdisjoint(_needed({ref}, needs))}


def needs_of(changes: Sequence[Change]) -> dict[Ref, set[Ref]]:
    """What must be made before each change: what it depends on; of a delete also what is moved
    out of its object.  Blocked changes, and what takes no request, are left out."""
    active = [item for item in changes if item.blocked is None and item.verb is not None]
    refs = {change.ref for change in active}
    needs = {change.ref: refs.intersection(_before(change)) for change in active}
    deletes = {change.ref for change in active if change.verb == Verb.DELETE}
    for change in active if deletes else ():
        for ref in deletes.intersection(_left_behind(change)):
            needs[ref].add(change.ref)
    return needs


def _left_behind(change: Change) -> Iterator[Ref]:
    """The objects that an update takes a reference to away from."""
    for item in change.fields:
        left = item.remove if item.is_set else item.before
        yield from references(change.ref.kind, item.path, left)


def with_dependents_blocked(changes: Iterable[Change]) -> list[Change]:
    """A blocked object is left out with what depends on it (contract 2.10)."""
    found = {change.ref: change for change in changes}
    grown = True
    while grown:
        grown = False
        for ref, change in found.items():
            needs = next((item for item in _before(change) if _is_blocked(found, item)), None)
            if needs is not None and not change.blocked and change.action != Action.DELETE:
                found[ref] = change.block(f"it depends on {needs}, which is blocked")
                grown = True
    return list(found.values())


def _is_blocked(changes: Mapping[Ref, Change], ref: Ref) -> bool:
    return ref in changes and changes[ref].blocked is not None


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
