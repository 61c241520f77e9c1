"""Edits of a YAML text at the exact spans of its nodes: what is not named stays to the byte.

Each function returns edits, or raises `CannotEdit`.  What is taken out takes its comments along
and gives its place to nothing else where it had some; whose they are is told in `remarks`.

become        the entry of a mapping holds another value     here
insert        new entries and elements                       insertion.py
drop_…        entries and elements go                        removal.py
relaid        a text over several lines becomes another      relaid.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model import Number
from reconciler.normalize import spelled
from reconciler.yamltext.document import TypedFlow, rendered
from reconciler.yamltext.edit import CannotEdit, Edit, check_not_shared, edited
from reconciler.yamltext.insertion import append, append_lines, in_brackets, insert
from reconciler.yamltext.relaid import relaid
from reconciler.yamltext.remarks import comments, line_end, remarks
from reconciler.yamltext.removal import (
    drop_entries,
    drop_entry,
    drop_items,
    drop_objects,
    empty_list,
)
from reconciler.yamltext.scalars import INDENT, key, quoted_as, scalar
from reconciler.yamltext.spans import (
    AliasNode,
    ListNode,
    MapEntry,
    MapNode,
    Node,
    Outline,
    ScalarNode,
)

__all__ = [
    "DROP",
    "CannotEdit",
    "Edit",
    "append_lines",
    "become",
    "become_element",
    "drop_objects",
    "edited",
    "empty_list",
    "label_of",
]

DROP = object()
"""In place of a value: the entry goes."""

_MARK = re.compile("[|>][0-9+-]*")
_DIGIT = re.compile(r"\d")


def become(
    on: Outline, owner: MapNode, name: str, value: Any, order: Sequence[str] = ()
) -> list[Edit]:
    """The entry `name` of a mapping holds `value`, with as little changed as can be.

    `order` is as in `insert`, for an entry that is not there yet.
    """
    found = owner.own(name)
    if value is DROP:
        return drop_entry(on, owner, name)
    if found is None:
        return insert(on, owner, {name: value}, order)
    node = found.value
    check_not_shared(on, node)
    if isinstance(node, ListNode) and isinstance(value, list | tuple):
        return _elements(on, owner, found, node, value)
    if isinstance(node, MapNode) and isinstance(value, Mapping):
        return _entries(on, owner, found, node, value)
    if isinstance(node, ScalarNode) and _says(node, value):
        return []
    return _replace(on, found, value, flow=owner.flow)


def _says(node: ScalarNode, value: Any) -> bool:
    """The scalar reads as this value already."""
    if isinstance(value, str):
        return node.text == value and (bool(node.style) or value not in ("", "~", "null"))
    if isinstance(value, bool):
        return node.text == spelled(value) and not node.style
    return isinstance(value, Number) and node.text == spelled(value)


# --- a list becomes another ---------------------------------------------------------------------


def _elements(
    on: Outline, owner: MapNode, found: MapEntry, node: ListNode, value: Sequence[Any]
) -> list[Edit]:
    """Elements go and come; a new one takes the place of one that goes where it can."""
    if not value:
        return drop_entry(on, owner, found.name)
    gone, new = _gone_and_new(on, node, value)
    swaps = _swaps(on, node, gone, new)
    gone = [index for index in gone if index not in swaps]
    new = new[len(swaps) :]
    if len(gone) == len(node.items) and node.flow:
        return _replace(on, found, value, flow=owner.flow)
    edits = [*swaps.values(), *drop_items(on, node, gone)]
    if new:
        staying = set(range(len(node.items))).difference(gone)
        edits += append(on, node, max(staying, default=None), new)
    return edits


def _gone_and_new(on: Outline, node: ListNode, value: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """The elements, by index, that are not wanted any more, and those that are not there yet."""
    labels = [label_of(on, item) for item in node.items]
    wanted = set(map(element_label, value))
    gone = [index for index, label in enumerate(labels) if label not in wanted]
    new = [element for element in value if element_label(element) not in labels]
    return gone, new


def _swaps(on: Outline, node: ListNode, gone: Sequence[int], new: Sequence[Any]) -> dict[int, Edit]:
    """Elements that others take the place of, one for one: scalars, where no comment stands."""
    free = [index for index in gone if _is_bare(on, node, index)]
    swaps: dict[int, Edit] = {}
    for index, value in zip(free, new, strict=False):
        if isinstance(value, Mapping):
            break
        item = node.items[index]
        text = _kept_quotes(item, value) or scalar(value, flow=True)
        swaps[index] = Edit(item.start, item.end, text)
    return swaps


def _is_bare(on: Outline, node: ListNode, index: int) -> bool:
    is_plain = isinstance(node.items[index], ScalarNode | AliasNode)
    return is_plain and not remarks(on, node, index)


def become_element(on: Outline, node: ListNode, index: int, value: str) -> list[Edit]:
    """A scalar element of a list becomes another text."""
    item = node.items[index]
    check_not_shared(on, item)
    if isinstance(item, ScalarNode) and _says(item, value):
        return []
    no_key = ScalarNode(item.head, item.head, item.head, 0, 0, 0)
    return _replace(on, MapEntry(no_key, item), value, flow=node.flow)


def element_label(value: Any) -> str:
    """What an element is known by: itself, or its label."""
    return spelled(value["label"] if isinstance(value, Mapping) else value)


def label_of(on: Outline, node: Node) -> str | None:
    """The same of a node, by way of an alias too; None for something else."""
    target: Node | None = on.resolved(node)
    if isinstance(target, MapNode):
        target = target.get("label")
    return target.text if isinstance(target, ScalarNode) else None


# --- a mapping becomes another ------------------------------------------------------------------


def _entries(
    on: Outline, owner: MapNode, found: MapEntry, node: MapNode, value: Mapping[str, Any]
) -> list[Edit]:
    """The entries of a mapping become others, as a whole where none of them stays."""
    if not value:
        return drop_entry(on, owner, found.name)
    if isinstance(value, TypedFlow):
        return _typed_entries(on, owner, found, node, value)
    gone = [entry.name for entry in node.entries if entry.name not in value]
    new = [name for name in value if node.own(name) is None]
    nothing_stays = len(gone) == len(node.entries)
    if nothing_stays and (node.flow or not comments(on, node.start, node.end)):
        return _replace(on, found, value, flow=owner.flow)
    return _changed_entries(on, node, value, gone, new)


def _typed_entries(
    on: Outline, owner: MapNode, found: MapEntry, node: MapNode, value: TypedFlow
) -> list[Edit]:
    """A mapping of which only the quotes tell types: all of it is written, or nothing."""
    held = {entry.name: entry.value for entry in node.entries}
    if held.keys() == value.keys() and all(_says_typed(held[x], value[x]) for x in value):
        return []
    if not node.flow and comments(on, node.start, node.end):
        raise CannotEdit(node, "comments stand between its entries")
    return _replace(on, found, value, flow=owner.flow)


def _says_typed(node: Node, value: Any) -> bool:
    """The scalar reads as this value, and as its type."""
    if not isinstance(node, ScalarNode) or not _says(node, value):
        return False
    needs_quotes = scalar(value, typed=True) != scalar(value)
    return bool(node.style) or not needs_quotes if isinstance(value, str) else not node.style


def _changed_entries(
    on: Outline, node: MapNode, value: Mapping[str, Any], gone: Sequence[str], new: Sequence[str]
) -> list[Edit]:
    """Entries go, come and change; a new one takes the place of one that goes where it can."""
    swaps = dict(zip(_without_remarks(on, node, gone), new, strict=False))
    edits: list[Edit] = []
    for old, name in swaps.items():
        edits += _renamed(on, node, old, name, value[name])
    leaving = [name for name in gone if name not in swaps]
    coming = {name: value[name] for name in new[len(swaps) :]}
    edits += drop_entries(on, node, leaving)
    edits += insert(on, node, coming, leaving=leaving)
    for name in value:
        if name not in new:
            edits += become(on, node, name, value[name])
    return edits


def _without_remarks(on: Outline, node: MapNode, names: Sequence[str]) -> list[str]:
    """The entries that no comment belongs to."""
    places = {entry.name: index for index, entry in enumerate(node.entries)}
    return [name for name in names if not remarks(on, node, places[name])]


def _renamed(on: Outline, node: MapNode, old: str, new: str, value: Any) -> list[Edit]:
    """An entry that takes the place of another one, where that stood."""
    found = node.own(old)
    assert found is not None
    check_not_shared(on, found.key)
    edit = Edit(found.key.start, found.key.end, key(new, flow=node.flow))
    return [edit, *become(on, node, old, value)]


# --- one value takes the place of another -------------------------------------------------------


def _replace(on: Outline, found: MapEntry, value: Any, *, flow: bool) -> list[Edit]:
    """Another value in place of an entry's; `flow` says that brackets are around it."""
    name, node = found
    if flow:
        return _replace_in_braces(on, node, value)
    if isinstance(value, str) and isinstance(node, ScalarNode):
        again = relaid(on.text, node, name.column, value)
        if again is not None:
            return [Edit(node.start, node.end, again)]
    if _stands_beside_key(node):
        line = _one_line(node, value, name.column)
        if line is not None:
            return _replace_text(on, node, line)
    return _replace_block(on, name, node, value)


def _stands_beside_key(node: Node) -> bool:
    if isinstance(node, ScalarNode):
        return not node.is_block
    return isinstance(node, AliasNode)


def _replace_in_braces(on: Outline, node: Node, value: Any) -> list[Edit]:
    text = _kept_quotes(node, value) or in_brackets(value)
    return _replace_text(on, node, text)


def _replace_text(on: Outline, node: Node, text: str) -> list[Edit]:
    if comments(on, node.start, node.end):
        raise CannotEdit(node, "the value does not fit in the brackets around it")
    gap = " " if node.start == node.end and on.text[node.start - 1] == ":" else ""
    return [Edit(node.start, node.end, gap + text)]


def _one_line(node: Node, value: Any, column: int) -> str | None:
    """The value on the line of its key, whose column it is; None where it needs more lines."""
    kept = _kept_quotes(node, value)
    if kept is not None:
        return kept
    if not isinstance(value, str | bool | Number | None):
        return None
    lines = rendered(value, column + INDENT)
    return lines[0] if len(lines) == 1 else None


def _kept_quotes(node: Node, value: Any) -> str | None:
    """The value in the quotes that stand there; None without any, and where they cannot hold it."""
    if not isinstance(node, ScalarNode) or node.style not in ("'", '"'):
        return None
    if not isinstance(value, str | Number) or "\n" in spelled(value):
        return None
    return quoted_as(spelled(value), node.style)


def _replace_block(on: Outline, name: Node, node: Node, value: Any) -> list[Edit]:
    """The value over several lines, or in place of several."""
    colon = on.text.index(":", name.end) + 1
    eol, end = line_end(on.text, colon), max(node.end, colon)
    indent = _indent_of(on, name, node)
    first, *rest = rendered(value, indent, name.column + colon - name.start)
    properties = on.text[node.head : node.start].strip()
    head = "".join(f" {word}" for word in (properties, first) if word)
    below = "".join(f"\n{line}" for line in rest)
    if end <= eol:
        edits = [Edit(colon, end, head)]
        if below:
            edits.append(Edit(eol, eol, below))
        return edits
    last = line_end(on.text, end)
    beside = _beside(on, node, colon, eol)
    behind = on.text[end:last]
    # Behind the last line of a block it is the last element's, which goes.
    if not beside and _is_one_value(node) and behind.strip():
        beside = behind
    return [Edit(colon, last, head + beside + below)]


def _is_one_value(node: Node) -> bool:
    """One value over several lines, no block of others."""
    if isinstance(node, ListNode | MapNode):
        return node.flow
    return isinstance(node, ScalarNode)


def _beside(on: Outline, node: Node, colon: int, eol: int) -> str:
    """The comment behind the key, or behind the mark of a block, with the space before it."""
    is_quoted = isinstance(node, ScalarNode) and node.style
    upto = eol if is_quoted else min(node.start, eol)
    if not comments(on, colon, upto):
        return ""
    mark = _MARK.match(on.text, node.start) if _is_block_text(node) else None
    return on.text[mark.end() if mark else colon : eol]


def _is_block_text(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.is_block


def _indent_of(on: Outline, name: Node, node: Node) -> int:
    """Where the lines of a block stand: as they stood, so that those that stay do not change."""
    header, *lines = on.text[node.start : node.end].split("\n")
    mark, _, _ = header.partition("#")
    if not _is_block_text(node) or not lines or _DIGIT.search(mark):
        return name.column + INDENT
    filled = next(filter(str.strip, lines), "")
    stood = len(filled) - len(filled.lstrip(" "))
    return max(stood, name.column + 1)
