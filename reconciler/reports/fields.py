"""The fields of a change, line by line: before and after, word diffs, elements of sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rich.cells import cell_len

from reconciler.enums import Class
from reconciler.model import FieldChange
from reconciler.reports.fieldshapes import (
    LONG,
    PairShape,
    RecordShape,
    SetShape,
    TextShape,
    is_conflict,
    shape_of,
    with_names,
)
from reconciler.reports.values import (
    brief,
    clean,
    named,
    path_shown,
    shown_pair,
    whence,
)
from reconciler.reports.worddiff import Part, word_diff
from reconciler.reports.wrapping import Piece, flow, joined, padded, piece

INDENT = "    "
WIDEST = 32
"""Columns up to which paths, and values before, are padded to stand below each other."""

RED, GREEN = "31", "32"
_BRACKETS: Mapping[str, tuple[str, str]] = {"-": ("[-", "-]"), "+": ("{+", "+}"), "=": ("", "")}
_CODES: Mapping[str, str] = {"-": RED, "+": GREEN, "=": ""}

Pair = tuple[str, str]
"""Two values beside each other, as they are shown."""

Block = SetShape | RecordShape | TextShape
"""What takes lines of its own."""


@dataclass(frozen=True, slots=True)
class Ink:
    """How a report is written to a terminal; `names` are those of `id:<id>` elements."""

    names: Mapping[str, str]
    color: bool
    width: int


def field_lines(kind: str, items: Iterable[FieldChange], ink: Ink) -> Iterator[str]:
    """Changed fields of an object, in their order, aligned among themselves."""
    fields: list[tuple[FieldChange, Pair | Block]] = []
    paths, befores = [], []
    for item in items:
        found = _named(kind, item, ink.names)
        shape = shape_of(found)
        if isinstance(shape, PairShape):
            pair = shown_pair(shape.before, shape.after)
            paths.append(found.path)
            befores.append(pair[0])
            fields.append((found, pair))
        else:
            fields.append((found, shape))
    wide, wide_before = _column(paths), _column(befores)
    for item, shown in fields:
        if isinstance(shown, tuple):
            before, after = shown
            head = f"{padded(f'{item.path}:', wide + 1)} {padded(before, wide_before)}"
            yield f"{INDENT}{head} → {after}{_mark(item)}"
        else:
            yield from _beneath(f"{INDENT}{item.path}:", item, shown, ink)


def _beneath(head: str, item: FieldChange, shape: Block, ink: Ink) -> Iterator[str]:
    """Elements beside their path where they fit; all else on lines of its own."""
    pieces, mark = list(_pieces(shape, ink.color)), _mark(item)
    size = cell_len(head) + sum(part.size + 2 for part in pieces) + cell_len(mark)
    if isinstance(shape, SetShape) and size < ink.width and pieces:
        yield f"{head} {joined(pieces, ink.color)}{mark}"
        return
    yield head + mark
    yield from flow(pieces, width=ink.width, indent=2 * INDENT, color=ink.color)


def _column(texts: Iterable[str]) -> int:
    sizes = map(cell_len, texts)
    return max((size for size in sizes if size <= WIDEST), default=0)


def _named(kind: str, item: FieldChange, names: Mapping[str, str]) -> FieldChange:
    """The field with foreign elements by name."""
    path = path_shown(item.path, names)
    return with_names(item, path, lambda value: named(kind, item.path, value, names))


def _mark(item: FieldChange) -> str:
    """What the class says besides pending, and where the value comes from."""
    origin = f"  ({whence(item.origin)})" if item.origin else ""
    if is_conflict(item):
        return f"  (conflict: was {brief(item.applied, LONG)} when last applied){origin}"
    return origin if item.cls == Class.PENDING else f"  ({item.cls}){origin}"


# --- what takes lines of its own ----------------------------------------------------------------


def _pieces(shape: Block, color: bool) -> Iterator[Piece]:
    if isinstance(shape, SetShape):
        return _elements(shape)
    if isinstance(shape, RecordShape):
        return _parts(shape)
    return _diff(shape, color)


def _elements(shape: SetShape) -> Iterator[Piece]:
    """Elements of a set: added, removed, renamed."""
    for text in shape.add:
        yield piece(f"+ {clean(text)}", GREEN)
    for text in shape.remove:
        yield piece(f"- {clean(text)}", RED)
    for old, new in shape.rename:
        yield piece(f"{clean(old)} → {clean(new)}")
    # One piece for each, so that a long order flows over lines.
    words = "in this order: "
    for text in shape.order:
        yield piece(f"{words}{clean(text)}")
        words = ""


def _parts(shape: RecordShape) -> Iterator[Piece]:
    """Sub-fields of a record that differ, one a line."""
    for name, before, after in shape.parts:
        one, other = shown_pair(before, after)
        yield piece(f"{clean(name)}: {one} → {other}", ends=True)


def _diff(shape: TextShape, color: bool) -> Iterator[Piece]:
    """The words of a word diff; changes that touch stay on one line."""
    runs: list[tuple[str, str]] = []
    for word, code, gap in _words(word_diff(shape.before, shape.after), color):
        if word:
            runs.append((word, code))
        ends = word.endswith("⏎")
        if runs and (gap or ends):
            yield Piece(tuple(runs), gap, ends)
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
