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
    told: set[tuple[int, int]] = set()
    found: list[Alike] = []
    for same in _groups(objects, _factor, told) if factors else ():
        items = [objects[index][1][at] for index, at in same]
        if len(same) >= least and len({_fingerprint(item) for item in items}) > 1:
            found.append(_by_factor(same, items))
            told.update(same)
    for same in _groups(objects, _fingerprint, told):
        if len(same) >= least:
            found.append(_equal(same, [objects[index][1][at] for index, at in same]))
            told.update(same)
    return found, [_left(index, fields, told) for index, (_, fields) in enumerate(objects)]


Where = tuple[int, int]
"""An object and one of its fields, by position."""


def _groups(
    objects: Sequence[tuple[Hashable, Fields]],
    by: Callable[[FieldChange], Hashable],
    told: set[Where],
) -> list[list[Where]]:
    """The fields that are not told yet, those of one sort of objects by what is alike in them."""
    found: dict[Hashable, list[Where]] = {}
    for index, (sort, fields) in enumerate(objects):
        for at, item in enumerate(fields):
            key = by(item) if (index, at) not in told else None
            if key is not None:
                found.setdefault((sort, key), []).append((index, at))
    return list(found.values())


def _by_factor(same: Sequence[Where], items: Sequence[FieldChange]) -> Alike:
    first = _as_one(items)
    factor = percent(first.before, first.after)
    return Alike(first, tuple(index for index, _ in same), factor, tuple(items))


def _equal(same: Sequence[Where], items: Sequence[FieldChange]) -> Alike:
    return Alike(_as_one(items), tuple(index for index, _ in same))


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
