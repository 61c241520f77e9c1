"""Creates that are withheld because the object may exist, and duplicates (contract 2.5, 7.3)."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from reconciler.kinds import KINDS, Kind
from reconciler.model import Json, Live, LiveObject, Ref, Resource, Value
from reconciler.normalize import alike, instant, is_empty, likeness, spelled
from reconciler.plan.holders import plainly
from reconciler.wire import Names, view


class Unread:
    """What an account has that its lists do not tell whole, looked up once for all creates."""

    def __init__(self, live: Live, names: Names) -> None:
        self._live = live
        self._names = names
        self._shown: dict[str, Mapping[_Parts, _Entries]] = {}

    def may_be(self, resource: Resource) -> str | None:
        """Why a create is withheld: the account may have the object."""
        kind = KINDS[resource.ref.kind]
        if kind.name in self._live.partial:
            return f"the list of {kind.plural} could not be read whole: it may exist already"
        if kind.name not in self._shown:
            self._shown[kind.name] = self._entries(kind)
        found: list[tuple[int, LiveObject]] = []
        for parts, entries in self._shown[kind.name].items():
            if _may_lack(kind, parts, resource):
                found += entries.get(_key(parts, resource.fields), ())[:1]
        if not found:
            return None
        _, item = min(found, key=itemgetter(0))
        return f"{plainly(item)} could be it: {_way_out(item)}"

    def _entries(self, kind: Kind) -> Mapping[_Parts, _Entries]:
        """The entries without an id or a name, by the parts of the natural key that they show."""
        found: dict[_Parts, _Entries] = {}
        for place, item in enumerate(self._live.nameless_of(kind.name)):
            shown = view(kind, item.fields, self._names)
            names = sorted(kind.natural_fields)
            parts = tuple(name for name in names if not is_empty(shown.get(name)))
            key = _key(parts, shown)
            found.setdefault(parts, {}).setdefault(key, []).append((place, item))
        return found


_Parts = tuple[str, ...]

_Entries = dict[Hashable, list[tuple[int, LiveObject]]]
"""Entries by the texts of some parts, each with its place in the list."""


def _key(parts: _Parts, fields: Mapping[str, Value]) -> Hashable:
    return tuple(likeness(fields.get(name)) for name in parts)


def _may_lack(kind: Kind, parts: _Parts, resource: Resource) -> bool:
    """Whether an entry that shows these parts may be it: that it shows no parent says that it is
    no variant."""
    lacking = kind.natural_fields.difference(parts)
    return not any(
        kind.field(name).decisive and not is_empty(resource.fields.get(name)) for name in lacking
    )


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
    free: dict[tuple[str, _Parts], Mapping[Hashable, Sequence[LiveObject]]] = {}
    for ref in sorted(doubtful):
        item = live.of(ref.kind).get(bound.get(ref, ""))
        if item is None:
            continue
        kind = KINDS[ref.kind]
        own = view(kind, item.fields, names)
        parts = tuple(sorted(kind.natural_fields & own.keys()))
        if (kind.name, parts) not in free:
            free[kind.name, parts] = _free(kind, parts, taken, live, names)
        for other in free[kind.name, parts].get(_key(parts, own), ()):
            if other.id != item.id:
                yield turned_up(ref, other)


def _free(
    kind: Kind, parts: _Parts, taken: Container[tuple[str, str]], live: Live, names: Names
) -> Mapping[Hashable, Sequence[LiveObject]]:
    """What nobody manages, by these parts of its natural key."""
    found: dict[Hashable, list[LiveObject]] = {}
    for other in live.of(kind.name).values():
        if (kind.name, other.id) not in taken:
            key = _key(parts, view(kind, other.fields, names))
            found.setdefault(key, []).append(other)
    return found


def _way_out(item: LiveObject) -> str:
    if item.id:
        return f"give it a name in the web interface, or pin it with `id: {item.id}`"
    return "mend or remove it in the web interface"
