"""Creates that are withheld because the object may exist, and duplicates (contract 2.5, 7.3)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from reconciler.kinds import KINDS, Kind
from reconciler.model import Json, Live, LiveObject, Ref, Resource, Value
from reconciler.normalize import alike, instant, is_empty, spelled
from reconciler.plan.holders import plainly
from reconciler.wire import Names, view


def may_be_there(resource: Resource, live: Live, names: Names) -> str | None:
    """Why a create is withheld: the account may have the object, where the list does not tell."""
    kind = KINDS[resource.ref.kind]
    if kind.name in live.partial:
        return f"the list of {kind.plural} could not be read whole: it may exist already"
    for item in live.nameless_of(kind.name):
        if _could_be(kind, resource, item, names):
            return f"{plainly(item)} could be it: {_way_out(item)}"
    return None


def recognised(kind: Kind, sent: Mapping[str, Value], shown: Mapping[str, Value]) -> bool:
    """Whether an object, in the catalog's keys, has every part of the natural key that was sent."""
    names = kind.natural_fields & sent.keys()
    return all(alike(sent.get(name), shown.get(name)) for name in names)


def telling(kind: Kind, sent: Mapping[str, Json]) -> int:
    """How much of the natural key was sent: of two creates that an object could come from, the
    one that says more of it goes first."""
    return sum(not is_empty(sent.get(name)) for name in kind.natural_fields)


CLOCKS = 2.0
"""Seconds by which the dates of an object and of a response may differ: both are whole seconds."""


def is_young(item: LiveObject, started: float) -> bool:
    """Not older than an intent of `started` (seconds since 1970).

    One without a date counts: none was there when it was planned.  A day is compared as a day.
    """
    made, moment = instant(spelled(item.created or "")), _moment(started - CLOCKS)
    if made is None:
        return True
    return made[:10] >= moment[:10] if made.endswith(_MIDNIGHT) else made >= moment


_MIDNIGHT = "T00:00:00Z"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def by_age(items: Iterable[LiveObject]) -> list[LiveObject]:
    """The earliest first, then by id; those without a date last (contract 2.6).

    Of the objects that may have come of one create the first is ours.
    """
    return sorted(items, key=_age)


def _age(item: LiveObject) -> tuple[bool, str, str]:
    made = instant(spelled(item.created or ""))
    return made is None, made or "", item.id


def turned_up(ref: Ref, other: LiveObject) -> str:
    """A second object beside the one of a create that was in doubt, in words."""
    return (
        f"{ref}: a second object '{other.label}' ({other.id}) has turned up: nobody knew whether "
        "its create was taken. Remove it in the web interface, unless it is somebody else's"
    )


def duplicates(
    doubtful: Iterable[Ref],
    bound: Mapping[Ref, str],
    taken: Container[tuple[str, str]],
    live: Live,
    names: Names,
) -> Iterator[str]:
    """Objects beside those whose create may have been taken twice: duplicates to remove (2.6).

    `bound` are the live ids of the catalog's objects, `taken` all that is managed.
    """
    for ref in sorted(doubtful):
        item = live.of(ref.kind).get(bound.get(ref, ""))
        if item is None:
            continue
        kind = KINDS[ref.kind]
        own = view(kind, item.fields, names)
        for other in live.of(ref.kind).values():
            free = other.id != item.id and (ref.kind, other.id) not in taken
            if free and recognised(kind, own, view(kind, other.fields, names)):
                yield turned_up(ref, other)


def _way_out(item: LiveObject) -> str:
    if item.id:
        return f"give it a name in the web interface, or pin it with `id: {item.id}`"
    return "mend or remove it in the web interface"


def _could_be(kind: Kind, resource: Resource, item: LiveObject, names: Names) -> bool:
    """Nothing that the entry does show speaks against it, nor that it is no variant."""
    shown = view(kind, item.fields, names)
    for name in kind.natural_fields:
        wanted = resource.fields.get(name)
        if is_empty(shown.get(name)):
            if kind.field(name).decisive and not is_empty(wanted):
                return False
        elif not alike(wanted, shown[name]):
            return False
    return True
