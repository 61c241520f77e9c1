"""The same change of the same field on many objects, found once (8.1)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.enums import Class
from reconciler.model import FieldChange, Value
from reconciler.reports.numbers import percent

MANY = 5
"""Objects from which the same change of the same field is told once."""

Fields = tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """One change of one field on several objects, which are named by their positions.

    Where numbers grow by one `factor` (`+10 %`), `fields` are the changes one by one; else they
    are all as `field`.
    """

    field: FieldChange
    objects: tuple[int, ...]
    factor: str = ""
    fields: Fields = ()


def alike(
    objects: Sequence[tuple[Hashable, Fields]], least: int = MANY, *, factors: bool = False
) -> tuple[list[Alike], list[Fields]]:
    """What changes alike on `least` objects of one sort or more, and what else each changes.

    Objects are given as their sort and their fields, and named by their position.  With `factors`
    numbers that change by the same per cent change alike.
    """
    told: set[Where] = set()
    found = _by_factor(objects, least, told) if factors else []
    found += _equal(objects, least, told)
    return found, [_left(index, fields, told) for index, (_, fields) in enumerate(objects)]


Where = tuple[int, int]
"""An object and one of its fields, by position."""


Objects = Sequence[tuple[Hashable, Fields]]


def _by_factor(objects: Objects, least: int, told: set[Where]) -> list[Alike]:
    """Numbers that change by the same per cent; what is equal as a whole is left to `_equal`."""
    found: list[Alike] = []
    for same in _groups(objects, _factor, told, least):
        items = _changes(objects, same)
        if len(set(map(_fingerprint, items))) > 1:
            first = _as_one(items)
            factor = percent(first.before, first.after)
            found.append(Alike(first, _positions(same), factor, tuple(items)))
            told.update(same)
    return found


def _equal(objects: Objects, least: int, told: set[Where]) -> list[Alike]:
    found: list[Alike] = []
    for same in _groups(objects, _fingerprint, told, least):
        found.append(Alike(_as_one(_changes(objects, same)), _positions(same)))
        told.update(same)
    return found


def _changes(objects: Objects, same: Sequence[Where]) -> list[FieldChange]:
    return [objects[index][1][at] for index, at in same]


def _positions(same: Sequence[Where]) -> tuple[int, ...]:
    return tuple(index for index, _ in same)


def _groups(
    objects: Objects, by: Callable[[FieldChange], Hashable], told: set[Where], least: int
) -> list[list[Where]]:
    """Fields that are not told yet, those of one sort of objects by what is alike in them.

    Groups of fewer than `least` are left out.
    """
    found: dict[Hashable, list[Where]] = {}
    for index, (sort, fields) in enumerate(objects):
        for at, item in enumerate(fields):
            key = by(item) if (index, at) not in told else None
            if key is not None:
                found.setdefault((sort, key), []).append((index, at))
    return [same for same in found.values() if len(same) >= least]


def _as_one(same: Sequence[FieldChange]) -> FieldChange:
    """The change, and where its value comes from if that is one place for all."""
    first = same[0]
    is_one = all(item.origin == first.origin for item in same)
    return first if is_one else replace(first, origin=None)


def _left(index: int, fields: Fields, told: set[Where]) -> Fields:
    return tuple(item for at, item in enumerate(fields) if (index, at) not in told)


def _factor(item: FieldChange) -> Hashable:
    """Equal for numbers that change by the same per cent; None for all else."""
    share = percent(item.before, item.after)
    return (item.path, item.cls, share) if share and item.cls != Class.CONFLICT else None


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
