"""The same change of the same field on many objects, found once (8.1)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from reconciler.enums import Class
from reconciler.model import FieldChange, Value

MANY = 5
"""Objects from which the same change of the same field is told once."""

Fields = tuple[FieldChange, ...]


def alike(
    objects: Sequence[tuple[Hashable, Fields]], least: int = MANY
) -> tuple[list[tuple[FieldChange, list[int]]], list[Fields]]:
    """What changes alike on `least` objects of one sort or more, and what else each changes.

    Objects are given as their sort and their fields, and named by their position.
    """
    found: dict[Hashable, list[tuple[int, int]]] = {}
    for index, (sort, fields) in enumerate(objects):
        for at, item in enumerate(fields):
            found.setdefault((sort, _fingerprint(item)), []).append((index, at))
    bulks: list[tuple[FieldChange, list[int]]] = []
    told: set[tuple[int, int]] = set()
    for places in found.values():
        if len(places) >= least:
            same = [objects[index][1][at] for index, at in places]
            bulks.append((_as_one(same), [index for index, _ in places]))
            told.update(places)
    return bulks, [_left(index, fields, told) for index, (_, fields) in enumerate(objects)]


def _as_one(same: Sequence[FieldChange]) -> FieldChange:
    """The change, and where its value comes from if that is one place for all."""
    first = same[0]
    is_one = all(item.origin == first.origin for item in same)
    return first if is_one else replace(first, origin=None)


def _left(index: int, fields: Fields, told: set[tuple[int, int]]) -> Fields:
    return tuple(item for at, item in enumerate(fields) if (index, at) not in told)


def _fingerprint(item: FieldChange) -> Hashable:
    """Equal for changes that read alike: of a set nobody is told what else is in it."""
    sides: list[Value] = []
    if not item.is_set:
        sides += [item.before, item.after]
        sides.append(item.applied if item.cls == Class.CONFLICT else None)
    values = tuple(map(_hashable, sides))
    return item.path, values, item.add, item.remove, item.rename, item.order, item.cls


def _hashable(value: Value) -> Hashable:
    if isinstance(value, Mapping):
        return tuple((name, _hashable(part)) for name, part in value.items())
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    return type(value), str(value)
