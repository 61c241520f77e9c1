"""Operations that compete for one natural key, though neither refers to the other (contract 2.4).

Who gives a name up goes before who takes it.  On most accounts this is a preference: it orders
waves within a batch, and gives way to everything else.  On an account that was seen to refuse
equal names it binds: the taker then depends on the giver, be it a delete, and a circle is blocked.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.kinds import KINDS, Kind
from reconciler.model import Change, Live, LiveObject, Ref, Value
from reconciler.normalize import is_empty, loosened, spelled
from reconciler.ordering import needs_of
from reconciler.ordering.graphs import circles, layers
from reconciler.wire import Names, view

Key = tuple[tuple[str, str], ...]
"""The fields of a natural key, each with its text."""

Givers = Mapping[Ref, tuple[Ref, ...]]
"""By the object that takes a natural key, those that give it up."""


def givers(changes: Iterable[Change], live: Live, names: Names) -> Givers:
    """Who gives up what others of these changes take; blocked changes do neither."""
    active = [change for change in changes if change.blocked is None and change.verb is not None]
    given: dict[tuple[str, Key], list[Ref]] = {}
    for change in active:
        for key in given_up(change, live, names):
            given.setdefault((change.ref.kind, key), []).append(change.ref)
    if not given:
        return {}
    found: dict[Ref, tuple[Ref, ...]] = {}
    for change in active:
        keys = sorted(taken(change, live, names))
        refs = [ref for key in keys for ref in given.get((change.ref.kind, key), ())]
        others = dict.fromkeys(ref for ref in refs if ref != change.ref)
        if others:
            found[change.ref] = tuple(others)
    return found


def given_up(change: Change, live: Live, names: Names) -> frozenset[Key]:
    """The natural keys that an object has, and will not have once the change is made."""
    if change.verb == "DELETE":
        return _now(change, live, names)
    if change.verb == "PUT" and _renames(change):
        return _now(change, live, names) - _then(change, live, names)
    return frozenset()


def taken(change: Change, live: Live, names: Names) -> frozenset[Key]:
    """The natural keys that an object will have once the change is made, and has not yet."""
    if change.verb == "POST":
        return frozenset(natural_keys(KINDS[change.ref.kind], change.sent))
    if change.verb == "PUT" and _renames(change):
        return _then(change, live, names) - _now(change, live, names)
    return frozenset()


def _renames(change: Change) -> bool:
    fields = _fields(KINDS[change.ref.kind])
    return any(item.path in fields for item in change.fields)


def _now(change: Change, live: Live, names: Names) -> frozenset[Key]:
    return frozenset(keys_of(live.of(change.ref.kind).get(str(change.id)), names))


def _then(change: Change, live: Live, names: Names) -> frozenset[Key]:
    item = live.of(change.ref.kind).get(str(change.id))
    if item is None:
        return frozenset()
    after = {part.path: part.after for part in change.fields if not part.is_set}
    return frozenset(natural_keys(KINDS[item.kind], {**_shown(item, names), **after}))


def keys_of(item: LiveObject | None, names: Names) -> list[Key]:
    """The natural keys of a live object, the most specific first; none where it is not there."""
    return natural_keys(KINDS[item.kind], _shown(item, names)) if item is not None else []


def _shown(item: LiveObject, names: Names) -> Mapping[str, Value]:
    kind = KINDS[item.kind]
    fields = _fields(kind)
    return view(kind, {name: item.fields[name] for name in fields & item.fields.keys()}, names)


def _fields(kind: Kind) -> frozenset[str]:
    rows = (*kind.natural, *kind.titles)
    return frozenset(name for row in rows for part in row for name in part.split("|"))


def natural_keys(kind: Kind, fields: Mapping[str, Value]) -> list[Key]:
    """The natural keys of an object by its fields in the catalog's keys, the most specific first.

    Texts are compared trimmed and unescaped (contract 2.1).  A key without its telling part, as
    that of a product without an additional title, is none.
    """
    found = []
    for row in (*kind.natural, *kind.titles):
        parts = tuple(_part(part, fields) for part in row)
        telling = (text for name, text in parts if kind.field(name).to is None)
        if all(telling):
            found.append(parts)
    return found


def _part(part: str, fields: Mapping[str, Value]) -> tuple[str, str]:
    """The first of the part's fields that has a value, with its text."""
    alternatives = part.split("|")
    for name in alternatives:
        if not is_empty(fields.get(name)):
            return name, loosened(spelled(fields[name]))
    return alternatives[-1], ""


def waves(refs: Sequence[Ref], giving: Givers) -> list[list[Ref]]:
    """Objects in the order of their writes: who gives a name up before who takes it.

    In a circle of preferences all of them are dropped.
    """
    members = set(refs)
    needs = {ref: members.intersection(giving.get(ref, ())) for ref in refs}
    for circle in circles(needs):
        for ref in circle:
            needs[ref] -= circle
    return layers(refs, needs)


# --- where the account refuses equal names ------------------------------------------------------


def bound(
    changes: Sequence[Change], live: Live, names: Names, kinds: Container[str]
) -> list[Change]:
    """The changes with what they depend on where the account refuses equal names.

    `kinds` are those of which it was seen to.  What is in a circle is blocked with the way out.
    """
    giving = givers((item for item in changes if item.ref.kind in kinds), live, names)
    if not giving:
        return list(changes)
    linked = [_waiting(change, giving.get(change.ref, ())) for change in changes]
    reasons = {
        ref: _way_out(circle, giving, linked)
        for circle in circles(needs_of(linked))
        for ref in circle
    }
    return [
        change.block(reasons[change.ref]) if change.ref in reasons else change for change in linked
    ]


def _waiting(change: Change, others: Iterable[Ref]) -> Change:
    needs = tuple(dict.fromkeys((*change.depends_on, *others)))
    return replace(change, depends_on=needs)


def _way_out(circle: frozenset[Ref], giving: Givers, changes: Sequence[Change]) -> str:
    """One of the circle takes a name of another one: without that it would be no circle."""
    taker = min(ref for ref in circle if not circle.isdisjoint(giving.get(ref, ())))
    giver = next(ref for ref in giving[taker] if ref in circle)
    leaves = any(item.ref == giver and item.action == "delete" for item in changes)
    same = ", or say with `moved:` that it is the same object" if leaves else ""
    return (
        f"this account refuses equal names, and {taker} takes the name of {giver}, which cannot "
        f"give it up before: apply with another name for {taker} first, then with this one{same}"
    )
