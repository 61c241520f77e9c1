"""Keys that nobody here knows, before a write and after it (contract 2.4).

A field of an object that we do not know may change with each write: a revision, a counter, a date.
That is a note.  A key inside an array that a PUT replaces went back as it was read, so that it is
another one now is a surprise.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.kinds import KINDS, LABELLED, Field, Kind, Type
from reconciler.model import Change, Json, LiveObject
from reconciler.nested import differing_parts
from reconciler.normalize import canon, is_empty
from reconciler.paths import attribute_of, is_value
from reconciler.wire import Names, elements, label_of, same_label, text_id

PARTS = 3
"""Parts of one field that are named; the rest are counted."""

_OWN = LABELLED | {Type.VALUES}
"""Elements of these types are the array's own; others stand for objects that live elsewhere, and
may change there."""

_KNOWN = frozenset({"id", "_id", "label", "name", "value_type", "type", "value"})
"""Keys of elements that are compared as what they mean."""

_SERVERS = frozenset(
    {"created_date", "updated_date", "parent_category", "hierarchy", "inherited_parent"}
)
"""Fields that are known to be the server's own (docs/api.md)."""


def changed_keys(
    change: Change, before: LiveObject, after: LiveObject, names: Names
) -> Iterator[str]:
    """Keys inside the arrays that a PUT replaced which are not as they were, in words."""
    kind = KINDS[change.ref.kind]
    values = filter(is_value, (part.path for part in change.fields))
    written = {names.id("attribute", attribute_of(path)) for path in values}
    for item in _replaced(kind, change):
        now = dict(_by_name(item, after.raw))
        for name, was in _by_name(item, before.raw):
            # Beside a value that was written anew its own keys may be others too.
            anew = item.type is Type.VALUES and name in written
            strict = item.type in _OWN and not anew
            for key in _differing(was, now.get(name, was), strict=strict):
                yield f"{item.name}: {key} of '{label_of(was) or name}'"


def _replaced(kind: Kind, change: Change) -> list[Field]:
    """The arrays that a PUT writes, with those that travel along."""
    found: dict[str, Field] = {}
    for part in change.fields:
        item = kind.field(part.path)
        found[item.name] = item
    for item in tuple(found.values()):
        found.update({name: kind.field(name) for name in item.companions})
    return [item for item in found.values() if item.is_set or item.type is Type.VALUES]


def _by_name(
    item: Field, raw: Mapping[str, Json] | None
) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """The elements that have keys, by what they are known by."""
    for element in elements(item, raw or {}):
        if isinstance(element, Mapping):
            id_ = text_id(element)
            yield id_ or same_label(label_of(element)), element


def _differing(was: Mapping[str, Json], now: Mapping[str, Json], *, strict: bool) -> Iterator[str]:
    for key in sorted(was.keys() - _KNOWN):
        other = strict and canon(was[key]) != canon(now.get(key))
        if other or _is_emptied(key, was, now):
            yield _which_part(key, was[key], now.get(key))


def _is_emptied(key: str, was: Mapping[str, Json], now: Mapping[str, Json]) -> bool:
    return is_empty(now.get(key)) and not is_empty(was.get(key))


def volatile(kind: Kind, before: LiveObject, after: LiveObject) -> list[str]:
    """Fields that we do not know and that are not as they were before a write."""
    known = {"id", "_id", *_SERVERS}
    for item in kind.fields:
        known.update(item.wire)
    was, now = before.raw or {}, after.raw or {}
    others = sorted((was.keys() | now.keys()) - known)
    return [name for name in others if canon(was.get(name)) != canon(now.get(name))]


def changed(name: str, before: LiveObject, after: LiveObject) -> str:
    """A field that we do not know and that changed with a write, in words: which part of it."""
    was, now = before.raw or {}, after.raw or {}
    if _is_emptied(name, was, now):
        return f"{name}, which is empty now"
    return _which_part(name, was.get(name), now.get(name))


def _which_part(name: str, was: Json, now: Json) -> str:
    """`stock`, or what differs in it: `stock.count`, `stock.places[2]`."""
    parts = differing_parts({name: was}, {name: now})
    more = [f"{len(parts) - PARTS} more parts of it"] if len(parts) > PARTS else []
    return ", ".join([*parts[:PARTS], *more]) or name
