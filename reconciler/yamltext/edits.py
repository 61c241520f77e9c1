"""Edits of a YAML text at the exact spans of its nodes: what is not named stays to the byte.

Each function returns edits, or raises `CannotEdit`.  What is taken out takes its comments along
and gives its place to nothing else where it had some; whose they are is told in `remarks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model import Number
from reconciler.normalize import spelled
from reconciler.yamltext.document import entry, item, rendered
from reconciler.yamltext.relaid import relaid
from reconciler.yamltext.remarks import (
    comments,
    extent,
    first_on_line,
    lead,
    line_end,
    line_start,
    next_line,
    piece,
    remarks,
    span,
)
from reconciler.yamltext.scalars import INDENT, key, quoted_as, scalar
from reconciler.yamltext.spans import Node, Outline

DROP = object()
"""In place of a value: the entry goes."""


class CannotEdit(Exception):
    """The place cannot be edited without touching more than it; the words say why."""

    def __init__(self, node: Node, reason: str) -> None:
        super().__init__(reason)
        self.line, self.column = node.line + 1, node.at + 1


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters `start` up to `end` become `text`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap; line ends as the text has them."""
    crlf = "\r\n" in text
    parts, at = [], 0
    for edit in sorted(edits):
        parts += [text[at : edit.start], edit.text.replace("\n", "\r\n") if crlf else edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def overlap(edits: Sequence[Edit], others: Sequence[Edit]) -> bool:
    """Whether two lists of edits touch one another."""
    return any(a.start <= b.end and b.start <= a.end for a in edits for b in others)


# --- a value becomes another --------------------------------------------------------------------


def become(
    on: Outline, owner: Node, name: str, value: Any, order: Sequence[str] = ()
) -> list[Edit]:
    """The entry `name` of a mapping holds `value`, with as little changed as can be.

    `order` says after which entries a new one is put; without it, by the alphabet where the
    others are sorted, else last.
    """
    found = owner.own(name)
    if value is DROP:
        return _drop(on, owner, name)
    if found is None:
        return _insert(on, owner, {name: value}, order)
    node = found[1]
    _check_alone(on, node)
    if node.kind == "list" and isinstance(value, list | tuple):
        return _elements(on, owner, name, node, value)
    if node.kind == "mapping" and isinstance(value, Mapping):
        return _inside(on, owner, name, node, value)
    if node.kind == "scalar" and _says(node, value):
        return []
    return _replace(on, owner, found, value)


def _check_alone(on: Outline, node: Node) -> None:
    if any(on.leaned_on(inner) for inner in node.walk()):
        raise CannotEdit(node, f"the anchor &{node.anchor or '…'} here is used elsewhere too")


def _says(node: Node, value: Any) -> bool:
    """The scalar reads as this value already."""
    if isinstance(value, str):
        return node.text == value and (bool(node.style) or value not in ("", "~", "null"))
    if isinstance(value, bool | Number):
        return node.text == spelled(value) and not (isinstance(value, bool) and node.style)
    return False


def _elements(on: Outline, owner: Node, name: str, node: Node, value: Sequence[Any]) -> list[Edit]:
    wanted = {element_text(x) for x in value}
    present = {label_of(on, x) for x in node.items}
    if not wanted:
        return _drop(on, owner, name)
    drop = [n for n, x in enumerate(node.items) if label_of(on, x) not in wanted]
    add = [x for x in value if element_text(x) not in present]
    swaps = _swaps(on, node, drop, add)
    add = add[len(swaps) :]
    drop = [n for n in drop if n not in swaps]
    if len(drop) == len(node.items) and node.flow:
        return _replace(on, owner, owner.own(name) or (node, node), value)
    return [*swaps.values(), *change_list(on, node, drop=drop, add=add)]


def _swaps(on: Outline, node: Node, drop: Sequence[int], add: Sequence[Any]) -> dict[int, Edit]:
    """Elements that others take the place of, one for one: scalars, where no comment stands."""
    free = [
        n for n in drop if node.items[n].kind in ("scalar", "alias") and not remarks(on, node, n)
    ]
    swaps = {}
    for n, new in zip(free, add, strict=False):
        if isinstance(new, Mapping):
            break
        gone = node.items[n]
        text = _one_line(gone, new, 0, flow=True) or scalar(new, flow=node.flow)
        swaps[n] = Edit(gone.start, gone.end, text)
    return swaps


def element_text(value: Any) -> str:
    """What an element is known by: itself, or its label."""
    return spelled(value["label"] if isinstance(value, Mapping) else value)


def label_of(on: Outline, node: Node) -> str | None:
    """The same of a node, by way of an alias too; None for something else."""
    node = on.resolved(node)
    found = node.get("label") if node.kind == "mapping" else node
    return found.text if found is not None and found.kind == "scalar" else None


def _inside(
    on: Outline, owner: Node, name: str, node: Node, value: Mapping[str, Any]
) -> list[Edit]:
    gone = [k.text for k, _ in node.entries if k.text not in value]
    new = [k for k in value if node.own(k) is None]
    if not value:
        return _drop(on, owner, name)
    if len(gone) == len(node.entries) and (node.flow or not comments(on, node.start, node.end)):
        return _replace(on, owner, owner.own(name) or (node, node), value)
    bare = [k for k in gone if not remarks(on, node, _place(node, k))]
    swaps = dict(zip(bare, new, strict=False))
    drop = [k for k in gone if k not in swaps]
    edits = [x for k, other in swaps.items() for x in _renamed(on, node, k, other, value[other])]
    edits += _drop_entries(on, node, drop)
    come = {k: value[k] for k in new if k not in swaps.values()}
    edits += _insert(on, node, come, (), leaving=drop)
    return [*edits, *(x for k in value if k not in new for x in become(on, node, k, value[k]))]


def _place(node: Node, name: str) -> int:
    return next(n for n, (k, _) in enumerate(node.entries) if k.text == name)


def _renamed(on: Outline, node: Node, name: str, other: str, value: Any) -> list[Edit]:
    """An entry that takes the place of another one, where that stood."""
    found = node.own(name)
    assert found is not None
    _check_alone(on, found[0])
    edit = Edit(found[0].start, found[0].end, key(other, flow=node.flow))
    return [edit, *become(on, node, name, value)]


def _drop_entries(on: Outline, node: Node, names: Sequence[str]) -> list[Edit]:
    if not node.flow:
        return [x for name in names for x in become(on, node, name, DROP)]
    gone = [n for n, (k, _) in enumerate(node.entries) if k.text in names]
    for n in gone:
        _check_alone(on, node.entries[n][1])
    return _cut(on, node, gone)


# --- replacing ----------------------------------------------------------------------------------


def _replace(on: Outline, owner: Node, found: tuple[Node, Node], value: Any) -> list[Edit]:
    name, node = found
    if isinstance(value, str) and not owner.flow:
        again = relaid(on.text, node, name.column, value)
        if again is not None:
            return [Edit(node.start, node.end, again)]
    in_line = node.kind in ("scalar", "alias") and node.style not in ("|", ">")
    if owner.flow or (in_line and (line := _one_line(node, value, name.column)) is not None):
        text = _one_line(node, value, 0, flow=True) if owner.flow else line
        if text is None or comments(on, node.start, node.end):
            raise CannotEdit(node, "the value does not fit in the brackets around it")
        gap = " " if node.start == node.end and on.text[node.start - 1] == ":" else ""
        return [Edit(node.start, node.end, gap + text)]
    return _replace_block(on, name, node, value)


def _one_line(node: Node, value: Any, column: int, *, flow: bool = False) -> str | None:
    """The value on the line of its key, in the quotes that stand there; None where it needs
    more lines."""
    if isinstance(value, str | Number) and node.style in ("'", '"'):
        kept = quoted_as(spelled(value), node.style)
        if kept is not None and "\n" not in spelled(value):
            return kept
    if value is None or isinstance(value, str | bool | Number):
        lines = [] if flow else rendered(value, column + INDENT)
        return scalar(value, flow=flow) if flow else lines[0] if len(lines) == 1 else None
    return in_brackets(value) if flow else None


def in_brackets(value: Any) -> str:
    """Any value in one line."""
    if isinstance(value, Mapping):
        parts = (f"{key(name, flow=True)}: {in_brackets(part)}" for name, part in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_brackets, value)) + "]"
    return scalar(value, flow=True)


def _replace_block(on: Outline, name: Node, node: Node, value: Any) -> list[Edit]:
    """The value over several lines, or in place of several."""
    colon = on.text.index(":", name.end) + 1
    eol, end = line_end(on.text, colon), max(node.end, colon)
    indent = _indent_of(on, name, node)
    first, *rest = rendered(value, indent, name.column + colon - name.start)
    properties = on.text[node.head : node.start].strip()
    head = "".join(f" {x}" for x in (properties, first) if x)
    below = "".join(f"\n{line}" for line in rest)
    if end <= eol:
        under = [Edit(eol, eol, below)] if below else []
        return [Edit(colon, end, head), *under]
    beside = _beside(on, node, colon, eol)
    last = line_end(on.text, end)
    # Behind the last line of a block it is the last element's, which goes.
    behind = _is_whole(node) and on.text[end:last].strip()
    head += beside or (on.text[end:last] if behind else "")
    return [Edit(colon, last, head + below)]


def _is_whole(node: Node) -> bool:
    """One value over several lines, no block of others."""
    return node.flow or node.kind == "scalar"


def _beside(on: Outline, node: Node, colon: int, eol: int) -> str:
    """The comment behind the key, or behind the mark of a block, with the space before it."""
    if not comments(on, colon, eol if node.start > eol or node.style else node.start):
        return ""
    mark = _MARK.match(on.text, node.start)
    return on.text[mark.end() if node.style in ("|", ">") and mark else colon : eol]


_MARK = re.compile("[|>][0-9+-]*")


def _indent_of(on: Outline, name: Node, node: Node) -> int:
    """Where the lines of a block stand: as they stood, so that those that stay do not change."""
    usual = name.column + INDENT
    if node.style not in ("|", ">") or "\n" not in on.text[node.start : node.end]:
        return usual
    header, *lines = on.text[node.start : node.end].split("\n")
    filled = next((line for line in lines if line.strip()), "")
    stood = len(filled) - len(filled.lstrip(" "))
    return usual if any(x.isdigit() for x in header.split("#")[0]) else max(stood, name.column + 1)


# --- taking out ---------------------------------------------------------------------------------


def _drop(on: Outline, owner: Node, name: str) -> list[Edit]:
    found = owner.own(name)
    if found is None:
        # A null of its own hides what `<<` brings.
        return _insert(on, owner, {name: None}, ()) if on.merged(owner, name) else []
    _check_alone(on, found[1])
    index = owner.entries.index(found)
    if owner.flow:
        return _drop_entries(on, owner, [name])
    start = found[0].head
    if first_on_line(on.text, start):
        return _drop_lines(on, owner, index)
    if index + 1 == len(owner.entries):
        raise CannotEdit(found[0], "it is all that there is in its list entry")
    after = owner.entries[index + 1][0].head
    _, end = extent(on, owner, index)
    return [*_lifted(on, found[0], comments(on, end, after)), Edit(start, after, "")]


def _drop_lines(on: Outline, holder: Node, index: int) -> list[Edit]:
    """The whole lines of an entry and of its comments."""
    begin, end = extent(on, holder, index)
    return [Edit(begin, next_line(on.text, end), "")]


def _cut(on: Outline, node: Node, gone: Sequence[int]) -> list[Edit]:
    """Elements out of brackets, with their commas and comments; some element stays."""
    count = len(node.items or node.entries)
    spans = [span(on, node, n) for n in range(count)]
    if comments(on, node.start, node.end):
        return _cut_pieces(on, node, spans, gone)
    edits: list[Edit] = []
    at = 0
    while at < count:
        run = at
        while run < count and run in gone:
            run += 1
        if run > at and run < count:
            edits.append(Edit(spans[at][0], spans[run][0], ""))
        elif run > at:
            edits.append(Edit(spans[at - 1][1], spans[-1][1], ""))
        at = max(run, at + 1)
    return edits


def _cut_pieces(
    on: Outline, node: Node, spans: Sequence[tuple[int, int]], gone: Sequence[int]
) -> list[Edit]:
    """The same where comments stand between the elements: each goes with its own alone.

    The comma of what comes to be the last one stays; YAML lets it.
    """
    pieces: list[tuple[int, int]] = []
    for n in gone:
        start, end = piece(on, node, n)
        has_comma = on.text[spans[n][1] : end].lstrip().startswith(",")
        if n + 1 < len(spans) and not has_comma:
            raise CannotEdit(node, "a comment stands inside the brackets, between what would go")
        if pieces and not on.text[pieces[-1][1] : start].strip():
            start, _ = pieces.pop()
        pieces.append((start, end))
    return [_without_space(on.text, start, end) for start, end in pieces]


def _without_space(text: str, start: int, end: int) -> Edit:
    """A piece goes with its line where it has one of its own, else with the space beside it."""
    eol = line_end(text, end)
    is_last = text[end:eol].strip()[:1] in ("", "]", "}")
    is_first = first_on_line(text, start)
    if is_first and not text[end:eol].strip():
        return Edit(line_start(text, start), next_line(text, eol), "")
    while is_last and not is_first and text[start - 1] in " \t":
        start -= 1
    while not is_last and text[end] in " \t":
        end += 1
    return Edit(start, end, "")


def change_list(
    on: Outline, node: Node, *, drop: Sequence[int] = (), add: Sequence[Any] = ()
) -> list[Edit]:
    """Take elements out of a list and put others at its end; of one in brackets, some stay."""
    for leaving in drop:
        _check_alone(on, node.items[leaving])
    edits = _cut(on, node, drop) if node.flow else []
    if not node.flow:
        edits = [x for n in drop for x in drop_item(on, node, n)]
    stay = [n for n in range(len(node.items)) if n not in drop]
    return [*edits, *(_append(on, node, stay[-1] if stay else None, add) if add else [])]


def drop_item(on: Outline, node: Node, index: int) -> list[Edit]:
    """Take a list element out, with its lines and its comments."""
    element = node.items[index]
    dash, _ = span(on, node, index)
    if not first_on_line(on.text, dash):
        raise CannotEdit(element, "two lists begin in its line")
    return _drop_lines(on, node, index)


def drop_object(on: Outline, node: Node, index: int) -> list[Edit]:
    """The same with the empty line above it where another one or nothing is below."""
    (edit,) = drop_item(on, node, index)
    before, after = on.text[: edit.start], on.text[edit.end :]
    if before.endswith("\n\n") and (not after.strip() or after.startswith("\n")):
        return [Edit(edit.start - 1, edit.end, "")]
    return [edit]


def empty_list(on: Outline, owner: Node, index: int) -> list[Edit]:
    """All elements of a list go and their comments; what stands behind its key stays."""
    name, node = owner.entries[index]
    colon = on.text.index(":", name.end) + 1
    if node.flow:
        return [Edit(colon, node.end, " []")]
    _, end = extent(on, owner, index)
    return [Edit(colon, colon, " []"), Edit(line_end(on.text, colon), end, "")]


# --- putting in ---------------------------------------------------------------------------------


def _append(on: Outline, node: Node, last: int | None, add: Sequence[Any]) -> list[Edit]:
    if node.flow:
        return _put_behind(on, node, last, ", ".join(in_brackets(x) for x in add))
    return _put_lines(on, node, last, [line for x in add for line in item(x, node.column)])


def _put_behind(on: Outline, node: Node, index: int | None, text: str) -> list[Edit]:
    """Text of new elements behind one in brackets and its comments, first without one."""
    if index is None:
        at = node.end - 1 if comments(on, node.start, node.end) else node.start + 1
        return [Edit(at, at, text)]
    start, end = span(on, node, index)
    _, upto = piece(on, node, index)
    if not comments(on, end, upto):
        return [Edit(end, end, f", {text}")]
    indent = " " * (start - line_start(on.text, start))
    if first_on_line(on.text, start):
        indent = on.text[line_start(on.text, start) : start]
    comma = on.text[end:upto].lstrip().startswith(",")
    edits = [] if comma else [Edit(end, end, ",")]
    is_last = index + 1 == len(node.items or node.entries)
    return [*edits, Edit(upto, upto, f"\n{indent}{text}" + ("" if is_last else ","))]


def append_lines(on: Outline, holder: Node, lines: Sequence[str]) -> list[Edit]:
    """Lines below the last entry of a block and its comments."""
    return _put_lines(on, holder, len(holder.items or holder.entries) - 1, lines)


def _put_lines(on: Outline, holder: Node, index: int | None, lines: Sequence[str]) -> list[Edit]:
    """Lines below an entry of a block and its comments, above the first one's without one."""
    if index is not None:
        _, end = extent(on, holder, index)
        return [Edit(end, end, "".join(f"\n{line}" for line in lines))]
    begin = lead(on, holder, 0)
    if not first_on_line(on.text, begin):
        raise CannotEdit(holder, "it begins in the line of another entry")
    return [Edit(begin, begin, "".join(f"{line}\n" for line in lines))]


def _insert(
    on: Outline,
    owner: Node,
    come: Mapping[str, Any],
    order: Sequence[str],
    *,
    leaving: Sequence[str] = (),
) -> list[Edit]:
    """New entries; `leaving` are names of those that go meanwhile."""
    places: dict[int | None, list[str]] = {}
    for name in come:
        places.setdefault(_before(owner, name, order, leaving), []).append(name)
    edits: list[Edit] = []
    for before, names in places.items():
        if owner.flow:
            parts = (f"{key(name, flow=True)}: {in_brackets(come[name])}" for name in names)
            edits += _put_in_braces(on, owner, before, ", ".join(parts))
        else:
            lines = [line for name in names for line in entry(name, come[name], owner.column)]
            edits += _put_lines(on, owner, before, lines)
    return edits


def _put_in_braces(on: Outline, owner: Node, before: int | None, text: str) -> list[Edit]:
    if before is None and owner.entries:
        start, _ = span(on, owner, 0)
        if piece(on, owner, 0)[0] == start:
            return [Edit(start, start, f"{text}, ")]
        before = 0
    return _put_behind(on, owner, before, text)


def _before(
    owner: Node, name: str, order: Sequence[str], leaving: Sequence[str] = ()
) -> int | None:
    """The entry after which a new one comes."""
    names = {n: k.text for n, (k, _) in enumerate(owner.entries) if k.text not in leaving}
    if not names:
        return None
    first, last = min(names), max(names)
    if name in order:
        rank = order.index(name)
        lower = [n for n, x in names.items() if x in order and order.index(x) < rank]
        return lower[-1] if lower else first
    plain = [x for x in names.values() if x != "<<"]
    if len(plain) > 1 and plain == sorted(plain):
        lower = [n for n, x in names.items() if x < name]
        return lower[-1] if lower else None if owner.flow else first
    return last


# --- comments that would go ---


def _lifted(on: Outline, node: Node, found: Sequence[str]) -> list[Edit]:
    """Comments in lines of their own above the one that a node begins in."""
    if not found:
        return []
    begin = line_start(on.text, node.head)
    line = on.text[begin:]
    indent = " " * (len(line) - len(line.lstrip(" ")))
    return [Edit(begin, begin, "".join(f"{indent}{x}\n" for x in found))]
