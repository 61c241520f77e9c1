"""The fields of a change, line by line: before and after, word diffs, elements of sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rich.cells import cell_len

from reconciler.enums import Class
from reconciler.model import FieldChange, Value
from reconciler.reports.values import (
    brief,
    clean,
    named,
    path_shown,
    shown,
    shown_pair,
)
from reconciler.reports.worddiff import Part, word_diff
from reconciler.reports.wrapping import Piece, flow, joined, padded, piece

INDENT = "    "
LONG = 60
"""Characters from which a text is shown as a word diff (contract 3)."""

WIDEST = 32
"""Columns up to which paths, and values before, are padded to stand below each other."""

RED, GREEN = "31", "32"
_BRACKETS: Mapping[str, tuple[str, str]] = {"-": ("[-", "-]"), "+": ("{+", "+}"), "=": ("", "")}
_CODES: Mapping[str, str] = {"-": RED, "+": GREEN, "=": ""}


def field_lines(
    kind: str, items: Iterable[FieldChange], names: Mapping[str, str], *, color: bool, width: int
) -> Iterator[str]:
    """Changed fields of an object, in their order, aligned among themselves."""
    fields = [_named(kind, item, names) for item in items]
    pairs = {item.path: shown_pair(item.before, item.after) for item in fields if is_short(item)}
    paths = _column(path_shown(path, names) for path in pairs)
    befores = _column(before for before, _ in pairs.values())
    for item in fields:
        path = f"{path_shown(item.path, names)}:"
        if item.path in pairs:
            before, after = pairs[item.path]
            head = f"{padded(path, paths + 1)} {padded(before, befores)}"
            yield f"{INDENT}{head} → {after}{_mark(item)}"
        else:
            yield from _beneath(f"{INDENT}{path}", item, color, width)


def _beneath(head: str, item: FieldChange, color: bool, width: int) -> Iterator[str]:
    """Elements beside their path where they fit; all else on lines of its own."""
    pieces, mark = list(_pieces(item, color)), _mark(item)
    size = cell_len(head) + sum(part.size + 2 for part in pieces) + cell_len(mark)
    if item.is_set and size < width and pieces:
        yield f"{head} {joined(pieces, color)}{mark}"
        return
    yield head + mark
    yield from flow(pieces, width=width, indent=2 * INDENT, color=color)


def _column(texts: Iterable[str]) -> int:
    return max((size for size in map(cell_len, texts) if size <= WIDEST), default=0)


def _named(kind: str, item: FieldChange, names: Mapping[str, str]) -> FieldChange:
    """The field with foreign elements by name."""

    def name(value: Value) -> Value:
        return named(kind, item.path, value, names)

    return replace(
        item,
        before=name(item.before),
        after=name(item.after),
        applied=name(item.applied),
        add=tuple(str(name(text)) for text in item.add),
        remove=tuple(str(name(text)) for text in item.remove),
    )


def is_short(item: FieldChange) -> bool:
    """Whether it fits on one line as `before → after`."""
    return not item.is_set and not is_record(item) and not is_long(item)


def is_record(item: FieldChange) -> bool:
    """Whether both its sides have parts, which are shown one by one."""
    sides = [side for side in (item.before, item.after) if side is not None]
    return any(map(_has_parts, sides)) and all(map(_has_parts, sides))


def _has_parts(value: Value) -> bool:
    return isinstance(value, Mapping) and value.keys() != {"sha256"}


def is_long(item: FieldChange) -> bool:
    """Whether it is a text that is shown as a word diff."""
    sides = [side for side in (item.before, item.after) if side is not None]
    return all(isinstance(side, str) for side in sides) and any(
        len(str(side)) > LONG or "\n" in str(side) for side in sides
    )


def _mark(item: FieldChange) -> str:
    """What the class says besides pending."""
    if item.cls == Class.CONFLICT and not item.is_set:
        return f"  (conflict: was {brief(item.applied, LONG)} when last applied)"
    return "" if item.cls == Class.PENDING else f"  ({item.cls})"


# --- what takes lines of its own ----------------------------------------------------------------


def _pieces(item: FieldChange, color: bool) -> Iterator[Piece]:
    if item.is_set:
        return _elements(item)
    if is_record(item):
        return _parts(item)
    return _diff(item, color)


def _elements(item: FieldChange) -> Iterator[Piece]:
    """Elements of a set: added, removed, renamed."""
    yield from (piece(f"+ {clean(text)}", GREEN) for text in item.add)
    yield from (piece(f"- {clean(text)}", RED) for text in item.remove)
    yield from (piece(f"{clean(old)} → {clean(new)}") for old, new in item.rename)
    # One piece for each, so that a long order flows over lines.
    for index, text in enumerate(item.order):
        yield piece(f"{'in this order: ' if index == 0 else ''}{clean(text)}")


def _parts(item: FieldChange) -> Iterator[Piece]:
    """Sub-fields of a record that differ, one a line."""
    before = item.before if isinstance(item.before, Mapping) else {}
    after = item.after if isinstance(item.after, Mapping) else {}
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old != new or shown(old) != shown(new):
            one, other = shown_pair(old, new)
            yield piece(f"{clean(name)}: {one} → {other}", ends=True)


def _diff(item: FieldChange, color: bool) -> Iterator[Piece]:
    """The words of a word diff; changes that touch stay on one line."""
    runs: list[tuple[str, str]] = []
    for word, code, gap in _words(word_diff(str(item.before or ""), str(item.after or "")), color):
        if word:
            runs.append((word, code))
        if runs and (gap or word.endswith("⏎")):
            yield Piece(tuple(runs), gap, word.endswith("⏎"))
            runs = []
    if runs:
        yield Piece(tuple(runs))


def _words(diff: Iterable[Part], color: bool) -> Iterator[tuple[str, str, str]]:
    """Each word with its colour and the spaces behind it; without colour brackets mark changes."""
    for sign, text in diff:
        opening, closing = ("", "") if color else _BRACKETS[sign]
        marked = f"{opening}{clean(text)}{closing}"
        for word, gap in re.findall(r"([^ ⏎]*⏎?)( *)", marked):
            yield word, _CODES[sign], gap
