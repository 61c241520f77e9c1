"""Operations that compete for one natural key, though neither refers to the other (contract 2.4).

Who gives a name up goes before who takes it.  On most accounts this is a preference: it orders
waves within a batch, and gives way to everything else.  On an account that was seen to refuse
equal names it binds: the taker then waits for the giver, be it a delete, and a circle is blocked.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.enums import Action, Verb
from reconciler.kinds import KINDS, Kind, fields_of
from reconciler.model import Change, Live, LiveObject, Ref, Value
from reconciler.natural import field_that_counts
from reconciler.normalize import is_empty, loosened, spelled
from reconciler.ordering import needs_of, requested
from reconciler.ordering.graphs import circles, layers
from reconciler.wire import Names, view

Key = tuple[tuple[str, str], ...]
"""The fields of a natural key, each with its text."""

Givers = Mapping[Ref, tuple[Ref, ...]]
"""By the object that takes a natural key, those that give it up."""


def givers(
    changes: Iterable[Change], live: Live, names: Names, conflicts: Collection[Ref] = ()
) -> Givers:
    """Who gives up what others of these changes take; blocked changes do neither.

    Of takers that the account has answered with a conflict the title alone counts too, wherever
    the other object stands.
    """
    active = requested(changes)
    given: dict[tuple[str, Key], list[Ref]] = {}
    for change in active:
        for key in given_up(change, live, names, anywhere=bool(conflicts)):
            given.setdefault((change.ref.kind, key), []).append(change.ref)
    if not given:
        return {}
    found: dict[Ref, tuple[Ref, ...]] = {}
    for change in active:
        wanted = taken(change, live, names, anywhere=change.ref in conflicts)
        others: dict[Ref, None] = {}
        for key in sorted(wanted):
            others.update(dict.fromkeys(given.get((change.ref.kind, key), ())))
        others.pop(change.ref, None)
        if others:
            found[change.ref] = tuple(others)
    return found


def given_up(change: Change, live: Live, names: Names, *, anywhere: bool = False) -> frozenset[Key]:
    """The natural keys that an object has, and will not have once the change is made."""
    if change.verb == Verb.DELETE or _renames(change):
        now, then = _now_and_then(change, live, names, anywhere)
        return now - then
    return frozenset()


def taken(change: Change, live: Live, names: Names, *, anywhere: bool = False) -> frozenset[Key]:
    """The natural keys that an object will have once the change is made, and has not yet."""
    if change.verb == Verb.POST:
        return frozenset(natural_keys(KINDS[change.ref.kind], change.sent, anywhere=anywhere))
    if _renames(change):
        now, then = _now_and_then(change, live, names, anywhere)
        return then - now
    return frozenset()


def _renames(change: Change) -> bool:
    fields = _fields(KINDS[change.ref.kind])
    return change.verb == Verb.PUT and any(item.path in fields for item in change.fields)


def _now_and_then(
    change: Change, live: Live, names: Names, anywhere: bool
) -> tuple[frozenset[Key], frozenset[Key]]:
    kind = KINDS[change.ref.kind]
    item = live.of(kind.name).get(str(change.id))
    if item is None:
        return frozenset(), frozenset()
    now = _shown(item, names)
    gone = change.verb == Verb.DELETE
    written = {part.path: part.after for part in change.fields if not part.is_set}
    then = {} if gone else {**now, **written}
    return (
        frozenset(natural_keys(kind, now, anywhere=anywhere)),
        frozenset(natural_keys(kind, then, anywhere=anywhere)),
    )


def keys_of(item: LiveObject | None, names: Names) -> list[Key]:
    """The natural keys of a live object, the most specific first; none where it is not there."""
    return natural_keys(KINDS[item.kind], _shown(item, names)) if item is not None else []


def _shown(item: LiveObject, names: Names) -> Mapping[str, Value]:
    kind = KINDS[item.kind]
    fields = _fields(kind)
    return view(kind, {name: item.fields[name] for name in fields & item.fields.keys()}, names)


def _fields(kind: Kind) -> frozenset[str]:
    return fields_of((*kind.natural, *kind.titles))


def natural_keys(kind: Kind, fields: Mapping[str, Value], *, anywhere: bool = False) -> list[Key]:
    """The natural keys of an object by its fields in the catalog's keys, the most specific first.

    Texts are compared trimmed and unescaped (contract 2.1).  A key without its telling part, as
    that of a product without an additional title, is none.  `anywhere` adds the title alone.
    """
    rows = [*kind.natural, *kind.titles]
    if anywhere:
        rows.append((kind.title,))
    keys = (_key(row, fields) for row in rows)
    return [key for key in keys if _tells(kind, key)]


def _key(row: tuple[str, ...], fields: Mapping[str, Value]) -> Key:
    return tuple(_part(part, fields) for part in row)


def _tells(kind: Kind, key: Key) -> bool:
    """All of its parts but the places have a text."""
    return all(text or kind.field(name).to for name, text in key)


def _part(part: str, fields: Mapping[str, Value]) -> tuple[str, str]:
    """The first of the part's fields that has a value, with its text."""
    name = field_that_counts(part, fields.get)
    value = fields.get(name)
    return name, "" if is_empty(value) else loosened(spelled(value))


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
    changes: Sequence[Change],
    live: Live,
    names: Names,
    kinds: Container[str],
    conflicts: Collection[Ref] = (),
) -> list[Change]:
    """The changes with what they depend on where the account refuses equal names.

    `kinds` are those of which it was seen to, `conflicts` what it answered with a conflict just
    now.  What is in a circle is blocked with the way out.
    """
    giving = _binding(changes, live, names, kinds, conflicts)
    if not giving:
        return list(changes)
    deletes = {change.ref for change in changes if change.verb == Verb.DELETE}
    linked = [_waiting(change, giving.get(change.ref, ()), deletes) for change in changes]
    reasons: dict[Ref, str] = {}
    for circle in circles(needs_of(linked)):
        reasons.update(dict.fromkeys(circle, _way_out(circle, giving, linked)))
    return [_unless(change, reasons.get(change.ref)) for change in linked]


def _binding(
    changes: Sequence[Change],
    live: Live,
    names: Names,
    kinds: Container[str],
    conflicts: Collection[Ref],
) -> Givers:
    """Who gives names up of kinds that refuse equal ones, and to those that met a conflict."""
    judged = [change for change in changes if change.ref.kind in kinds]
    giving = dict(givers(judged, live, names))
    if conflicts:
        wider = givers(changes, live, names, conflicts)
        giving.update((ref, wider[ref]) for ref in wider if ref in conflicts)
    return giving


def _unless(change: Change, reason: str | None) -> Change:
    return change if reason is None else change.block(reason)


def _waiting(change: Change, others: Collection[Ref], deletes: Container[Ref]) -> Change:
    """Updates may be written in one batch with those that they wait for, wave after wave."""
    after = tuple(ref for ref in others if ref not in deletes)
    awaited = [ref for ref in others if ref in deletes]
    depends_on = tuple(dict.fromkeys([*change.depends_on, *awaited]))
    return replace(change, depends_on=depends_on, after=after)


def _way_out(circle: frozenset[Ref], giving: Givers, changes: Sequence[Change]) -> str:
    """One of the circle takes a name of another one: without that it would be no circle."""
    takers = [ref for ref in circle if not circle.isdisjoint(giving.get(ref, ()))]
    taker = min(takers)
    giver = next(ref for ref in giving[taker] if ref in circle)
    by_ref = {change.ref: change for change in changes}
    leaves = by_ref[giver].action == Action.DELETE
    same = ", or say with `moved:` that it is the same object" if leaves else ""
    return (
        f"this account refuses equal names, and {taker} takes the name of {giver}, which cannot "
        f"give it up before: apply with another name for {taker} first, then with this one{same}"
    )
