"""What a changed field is, decided once for all inks: a set, a record, a long text or a pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.enums import Class
from reconciler.model import FieldChange, Value
from reconciler.nested import differing_paths
from reconciler.reports.values import shown

LONG = 60
"""Characters from which a text is shown as a word diff (contract 3)."""


@dataclass(frozen=True, slots=True)
class SetShape:
    """Elements that come, go, get another name, or are to stand in an order."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    rename: tuple[tuple[str, str], ...]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordShape:
    """The parts that differ, each with its name and both sides."""

    parts: tuple[tuple[str, Value, Value], ...]


@dataclass(frozen=True, slots=True)
class TextShape:
    """A long text, or one of several lines; a side that was not there is empty."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PairShape:
    """Two values beside each other."""

    before: Value
    after: Value


Shape = SetShape | RecordShape | TextShape | PairShape


def shape_of(item: FieldChange, *, one_sided: bool = True) -> Shape:
    """What a changed field is.

    Without `one_sided` a long text that comes or goes as a whole is a pair.
    """
    if item.is_set:
        return SetShape(item.add, item.remove, item.rename, item.order)
    before, after = item.before, item.after
    sides = [side for side in (before, after) if side is not None]
    if sides and all(map(_has_parts, sides)):
        return RecordShape(_parts(before, after))
    has_both = len(sides) == 2
    if (has_both or one_sided) and _are_long(sides):
        return TextShape(_text(before), _text(after))
    return PairShape(before, after)


def _has_parts(value: Value) -> bool:
    return isinstance(value, Mapping) and value.keys() != {"sha256"}


def _text(side: Value) -> str:
    return "" if side is None else str(side)


def _are_long(sides: Sequence[Value]) -> bool:
    """Texts, of which one is long."""
    texts = [side for side in sides if isinstance(side, str)]
    return len(texts) == len(sides) and any(map(_is_long, texts))


def _is_long(text: str) -> bool:
    return len(text) > LONG or "\n" in text


def _parts(before: Value, after: Value) -> tuple[tuple[str, Value, Value], ...]:
    """The parts of two records that differ, or read otherwise: `1.10` equals `1.1`."""
    was, now = _record(before), _record(after)
    differ = {path[0] for path in differing_paths(_filled(was), _filled(now))}
    parts = []
    for name in dict.fromkeys([*was, *now]):
        old, new = was.get(name), now.get(name)
        if name in differ or shown(old) != shown(new):
            parts.append((name, old, new))
    return tuple(parts)


def _record(side: Value) -> Mapping[str, Value]:
    return side if isinstance(side, Mapping) else {}


def _filled(record: Mapping[str, Value]) -> dict[str, Value]:
    """The parts that hold anything: nothing reads as a part that is not there."""
    return {name: part for name, part in record.items() if part is not None}


def is_conflict(item: FieldChange) -> bool:
    """Whether a reader is told what we last wrote; of a set its elements say it."""
    return item.cls == Class.CONFLICT and not item.is_set


def with_names(item: FieldChange, path: str, name: Callable[[Value], Value]) -> FieldChange:
    """The field under another name, all of its sides by name."""
    return replace(
        item,
        path=path,
        before=name(item.before),
        after=name(item.after),
        applied=name(item.applied),
        add=tuple(str(name(text)) for text in item.add),
        remove=tuple(str(name(text)) for text in item.remove),
    )
