"""What is taken out of a container before it is deleted (contract 2.5).

Somebody put a living product of ours into a category that leaves: an account whose deletes
cascade would take the product along, another one would refuse the delete for ever.  So the plan
takes that membership out first, as drift that it reverts; where it may not, the delete is blocked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.diff import Difference, View, by_name
from reconciler.enums import WORST, Action, Class
from reconciler.kinds import KINDS, Field, Type
from reconciler.model import Change, FieldChange, Live, LiveObject, Ref, Value
from reconciler.normalize import texts
from reconciler.plan.deletes import taken_out
from reconciler.plan.holders import Name, name_of
from reconciler.plan.matched import Matched, is_external
from reconciler.plan.permits import with_fields


@dataclass(frozen=True, slots=True)
class TakeOut:
    """A field of a living object that names what leaves, though nobody of us put it there."""

    holder: Ref
    path: str
    leaving: Ref


def take_outs(
    known: Matched, differences: Mapping[Ref, Difference], deletes: Sequence[Change]
) -> tuple[TakeOut, ...]:
    """What others put into containers that leave and the plan may take out of them."""
    if known.catalog.policy.drift == "keep" or not deletes:
        return ()
    found: list[TakeOut] = []
    for holder, items in by_holder(guests(deletes, _declared(known), known.live)).items():
        found += open_to(items, differences[holder], known.view(holder))
    return tuple(found)


def _declared(known: Matched) -> dict[Name, Ref]:
    """The objects of ours, by kind and id."""
    found: dict[Name, Ref] = {}
    for ref, bound in known.identity.bound.items():
        if not is_external(known.catalog, ref):
            found[ref.kind, bound.id] = ref
    return found


def guests(
    deletes: Iterable[Change], declared: Mapping[Name, Ref], live: Live
) -> Iterator[TakeOut]:
    """The fields of declared objects that name what leaves and that could simply be emptied.

    Not those that shape the tree (`structural`): what stands there is moved by the catalog alone.
    """
    leaving = {name_of(change): change.ref for change in deletes if not change.blocked}
    fields = _emptied_for({kind for kind, _ in leaving})
    # In the order of the account: it is the order of what is taken out of one object.
    for kind in live.objects:
        if kind not in fields:
            continue
        for item in live.of(kind).values():
            owner = declared.get((kind, item.id))
            if owner is not None:
                yield from _named_by(item, owner, fields[kind], leaving)


def _named_by(
    item: LiveObject, owner: Ref, fields: Iterable[Field], leaving: Mapping[Name, Ref]
) -> Iterator[TakeOut]:
    for field in fields:
        for id_ in texts(item.fields.get(field.name)):
            if (field.to, id_) in leaving:
                yield TakeOut(owner, field.name, leaving[field.to, id_])


def _emptied_for(leaving: set[str]) -> dict[str, list[Field]]:
    """By kind the fields that hold on to objects of these kinds and could simply be emptied."""
    holds: set[tuple[str, str]] = set()
    for name in leaving:
        holds.update(KINDS[name].holds)
    found: dict[str, list[Field]] = {}
    for kind in KINDS.values():
        for field in kind.fields:
            if field.structural or field.type is Type.VALUES:
                continue
            if (kind.name, field.name) in holds:
                found.setdefault(kind.name, []).append(field)
    return found


def open_to(found: Iterable[TakeOut], difference: Difference, sides: View) -> list[TakeOut]:
    """Those of an object that the plan may take out: not what is left to the web interface, nor
    what the catalog changes itself."""
    itself = taken_out(sides.kind, difference.fields)
    return [
        item
        for item in found
        if not sides.ignored(item.path) and (item.path, item.leaving) not in itself
    ]


def with_taken_out(difference: Difference, found: Iterable[TakeOut], sides: View) -> Difference:
    """The difference of an object that others put where it cannot stay, with what takes it out."""
    fields = {item.path: item for item in difference.fields}
    keys: dict[str, list[str]] = {}
    for item in found:
        keys.setdefault(item.path, []).append(item.leaving.key)
    for path, leaving in keys.items():
        if sides.kind.field(path).is_set:
            known = fields.get(path) or _untouched(path, sides)
            fields[path] = _without(known, leaving, sides)
        else:
            fields[path] = _emptied(path, sides)
    in_order = sides.kind.in_order(fields)
    return replace(difference, fields=tuple(fields[path] for path in in_order))


def _emptied(path: str, sides: View) -> FieldChange:
    """The change that empties a reference."""
    before, applied = sides.live.get(path), _sent(path, sides)
    return FieldChange(path, before=before, applied=applied, cls=Class.DRIFT, clears=True)


def _untouched(path: str, sides: View) -> FieldChange:
    """The change of a set that nothing is added to or taken from yet."""
    return FieldChange(
        path,
        before=by_name(sides, sides.kind.field(path), texts(sides.live.get(path))),
        after=sides.resource.fields.get(path),
        applied=_sent(path, sides),
        is_set=True,
    )


def _sent(path: str, sides: View) -> Value:
    applied = sides.applied.get(path)
    return applied.sent if applied is not None else None


def _without(known: FieldChange, leaving: Iterable[str], sides: View) -> FieldChange:
    """The change of a set, taking more elements out."""
    field, live = sides.kind.field(known.path), sides.live.get(known.path)
    removed = by_name(sides, field, (*known.remove, *leaving))
    emptied = not known.add and set(texts(live)) <= set(removed)
    worst = max(known.cls, Class.DRIFT, key=WORST.index)
    return replace(known, remove=removed, cls=worst, clears=emptied)


# --- only before a delete that is made ----------------------------------------------------------


def without_vain(changes: Iterable[Change], found: Iterable[TakeOut]) -> list[Change]:
    """The changes; nothing is taken out of what is not deleted after all: it stays theirs."""
    every = list(changes)
    going = {item.ref for item in every if item.action == Action.DELETE and not item.blocked}
    vain = by_holder(item for item in found if item.leaving not in going)
    left: list[Change] = []
    for change in every:
        part: Change | None = change
        if change.ref in vain:
            part = _without_those(change, vain[change.ref])
        if part is not None:
            left.append(part)
    return left


def _without_those(change: Change, vain: Sequence[TakeOut]) -> Change | None:
    """The change without what it would take out in vain; None where nothing is left."""
    left = with_fields(change, [_less(item, vain) for item in change.fields])
    if left.fields or left.blocked or left.action != Action.UPDATE:
        return left
    return None


def making_room(change: Change, found: Iterable[TakeOut]) -> Change | None:
    """The part of a change that takes its object out of what is deleted; None where none does."""
    fields = [_only(item, list(found)) for item in change.fields]
    left = replace(with_fields(change, fields), depends_on=())
    return left if left.fields and change.action == Action.UPDATE else None


def by_holder(found: Iterable[TakeOut]) -> dict[Ref, list[TakeOut]]:
    """What is taken out, by the object that it is taken from."""
    holders: dict[Ref, list[TakeOut]] = {}
    for item in found:
        holders.setdefault(item.holder, []).append(item)
    return holders


def _less(item: FieldChange, vain: Sequence[TakeOut]) -> FieldChange | None:
    """What is left of a field's change without what is taken out in vain."""
    keys = _taken_from(item, vain)
    if not keys:
        return item
    left = replace(item, remove=tuple(key for key in item.remove if key not in keys))
    if left.remove or left.add or left.rename:
        return left
    return None


def _only(item: FieldChange, wanted: Sequence[TakeOut]) -> FieldChange | None:
    """The part of a field's change that takes the wanted out."""
    keys = _taken_from(item, wanted)
    if not keys:
        return None
    if not item.is_set:
        return item
    removed = tuple(key for key in item.remove if key in keys)
    return replace(item, add=(), rename=(), remove=removed)


def _taken_from(item: FieldChange, found: Iterable[TakeOut]) -> set[str]:
    """The keys of what leaves and is taken out of a field."""
    return {one.leaving.key for one in found if one.path == item.path}
