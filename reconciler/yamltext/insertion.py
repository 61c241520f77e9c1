"""Edits that put new entries and elements into a mapping or list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reconciler.yamltext.document import Flow, entry, flow, item
from reconciler.yamltext.edit import CannotEdit, Edit
from reconciler.yamltext.remarks import (
    comments,
    extent,
    first_on_line,
    lead,
    line_start,
    piece,
    span,
)
from reconciler.yamltext.scalars import key, scalar
from reconciler.yamltext.spans import MERGE, Holder, ListNode, MapNode, Outline


def in_brackets(value: Any) -> str:
    """Any value in one line."""
    if isinstance(value, Flow):
        return flow(value)
    if isinstance(value, Mapping):
        return "{" + _in_braces(value) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_brackets, value)) + "]"
    return scalar(value, flow=True)


def _in_braces(entries: Mapping[str, Any]) -> str:
    parts = [f"{key(name, flow=True)}: {in_brackets(value)}" for name, value in entries.items()]
    return ", ".join(parts)


# --- elements of a list -------------------------------------------------------------------------


def append(on: Outline, node: ListNode, last: int | None, new: Sequence[Any]) -> list[Edit]:
    """New elements behind the one with the index `last`; at the top where that is None."""
    if node.flow:
        return _put_behind(on, node, last, ", ".join(map(in_brackets, new)))
    lines: list[str] = []
    for element in new:
        lines += item(element, node.column)
    return _put_lines(on, node, last, lines)


def append_lines(on: Outline, holder: Holder, lines: Sequence[str]) -> list[Edit]:
    """Lines below the last entry of a block and its comments."""
    return _put_lines(on, holder, _size(holder) - 1, lines)


def _size(holder: Holder) -> int:
    return len(holder.items if isinstance(holder, ListNode) else holder.entries)


# --- entries of a mapping -----------------------------------------------------------------------


def insert(
    on: Outline,
    owner: MapNode,
    new: Mapping[str, Any],
    order: Sequence[str] = (),
    *,
    leaving: Collection[str] = (),
) -> list[Edit]:
    """New entries; `leaving` are names of those that go at the same time.

    `order` says behind which entries they come; without it, by the alphabet where the others are
    sorted, else last.
    """
    places: dict[int | None, dict[str, Any]] = {}
    for name, value in new.items():
        before = _predecessor(owner, name, order, leaving)
        places.setdefault(before, {})[name] = value
    edits: list[Edit] = []
    for before, entries in places.items():
        if owner.flow:
            edits += _put_in_braces(on, owner, before, _in_braces(entries))
        else:
            edits += _put_lines(on, owner, before, _lines(entries, owner.column))
    return edits


def _lines(entries: Mapping[str, Any], column: int) -> list[str]:
    lines: list[str] = []
    for name, value in entries.items():
        lines += entry(name, value, column)
    return lines


def _predecessor(
    owner: MapNode, name: str, order: Sequence[str], leaving: Collection[str]
) -> int | None:
    """The entry behind which a new one comes, by its index; None where it comes first."""
    staying = {n: old.name for n, old in enumerate(owner.entries) if old.name not in leaving}
    if not staying:
        return None
    earlier = _earlier(staying.values(), name, order)
    if earlier is None:
        return max(staying)
    behind = [index for index, other in staying.items() if other in earlier]
    if behind:
        return behind[-1]
    # The first entry of a block has a dash, or the head of the file, before it: it stays first.
    can_be_first = owner.flow and name not in order
    return None if can_be_first else min(staying)


def _earlier(names: Collection[str], name: str, order: Sequence[str]) -> Collection[str] | None:
    """The names that a new one comes behind; None where it comes last."""
    if name in order:
        return order[: order.index(name)]
    if _is_alphabetical(names):
        return [other for other in names if other < name]
    return None


def _is_alphabetical(names: Collection[str]) -> bool:
    """Whether there is an order of the alphabet to keep."""
    plain = [name for name in names if name != MERGE]
    return len(plain) > 1 and plain == sorted(plain)


# --- where the text goes ------------------------------------------------------------------------


def _put_lines(on: Outline, holder: Holder, index: int | None, lines: Sequence[str]) -> list[Edit]:
    """Lines below an entry of a block and its comments; above the first one where it is None."""
    if index is not None:
        _, end = extent(on, holder, index)
        return [Edit(end, end, "".join(f"\n{line}" for line in lines))]
    begin = lead(on, holder, 0)
    if not first_on_line(on.text, begin):
        raise CannotEdit(holder, "it begins in the line of another entry")
    return [Edit(begin, begin, "".join(f"{line}\n" for line in lines))]


def _put_in_braces(on: Outline, owner: MapNode, before: int | None, text: str) -> list[Edit]:
    if before is not None or not owner.entries:
        return _put_behind(on, owner, before, text)
    start, _ = span(on, owner, 0)
    begin, _ = piece(on, owner, 0)
    if begin == start:
        return [Edit(start, start, f"{text}, ")]
    return _put_behind(on, owner, 0, text)


def _put_behind(on: Outline, node: Holder, index: int | None, text: str) -> list[Edit]:
    """Text of new elements behind one in brackets and its comments; first where it is None."""
    if index is None:
        at = node.end - 1 if comments(on, node.start, node.end) else node.start + 1
        return [Edit(at, at, text)]
    start, end = span(on, node, index)
    _, upto = piece(on, node, index)
    if not comments(on, end, upto):
        return [Edit(end, end, f", {text}")]
    indent = on.text[line_start(on.text, start) : start]
    if not first_on_line(on.text, start):
        indent = " " * len(indent)
    has_comma = on.text[end:upto].lstrip().startswith(",")
    edits = [] if has_comma else [Edit(end, end, ",")]
    comma = "" if index + 1 == _size(node) else ","
    return [*edits, Edit(upto, upto, f"\n{indent}{text}{comma}")]
