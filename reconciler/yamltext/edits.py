"""Edits of a YAML text at the exact spans of its nodes: what is not named stays to the byte.

Each function answers edits, or raises `CannotEdit`.  A comment inside what is replaced or taken
out is never lost: it comes to stand in a line of its own, where the entry begins.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model import Number
from reconciler.normalize import spelled
from reconciler.yamltext.document import entry, item, rendered
from reconciler.yamltext.relaid import relaid
from reconciler.yamltext.remarks import comments, first_on_line, line_end, line_start, next_line
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
        return _insert(on, owner, name, value, order)
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
    present = {label_of(x) for x in node.items}
    if not wanted:
        return _drop(on, owner, name)
    drop = [x for x in node.items if label_of(x) not in wanted]
    add = [x for x in value if element_text(x) not in present]
    swaps = _swaps(node, drop, add)
    drop, add = drop[len(swaps) :], add[len(swaps) :]
    if len(drop) == len(node.items) and not swaps:
        return _replace(on, owner, owner.own(name) or (node, node), value)
    return [*swaps, *change_list(on, node, drop=drop, add=add)]


def _swaps(node: Node, drop: Sequence[Node], add: Sequence[Any]) -> list[Edit]:
    """Elements that others take the place of, one for one, as long as both are scalars."""
    swaps = []
    for gone, new in zip(drop, add, strict=False):
        if gone.kind not in ("scalar", "alias") or isinstance(new, Mapping):
            break
        text = _one_line(gone, new, 0, flow=True) or scalar(new, flow=node.flow)
        swaps.append(Edit(gone.start, gone.end, text))
    return swaps


def element_text(value: Any) -> str:
    """What an element is known by: itself, or its label."""
    return spelled(value["label"] if isinstance(value, Mapping) else value)


def label_of(node: Node) -> str | None:
    """The same of a node; None for an alias or something else."""
    found = node.get("label") if node.kind == "mapping" else node
    return found.text if found is not None and found.kind == "scalar" else None


def _inside(
    on: Outline, owner: Node, name: str, node: Node, value: Mapping[str, Any]
) -> list[Edit]:
    gone = [k.text for k, _ in node.entries if k.text not in value and k.text != "<<"]
    new = [k for k in value if node.own(k) is None]
    if not value:
        return _drop(on, owner, name)
    if len(gone) == len(node.entries) or node.get("<<") is not None:
        return _replace(on, owner, owner.own(name) or (node, node), value)
    swaps = dict(zip(gone, new, strict=False))
    edits = [x for k, other in swaps.items() for x in _renamed(on, node, k, other, value[other])]
    edits += _drop_entries(on, node, gone[len(swaps) :])
    stay = [k for k in value if k not in swaps.values()]
    return [*edits, *(x for k in stay for x in become(on, node, k, value[k]))]


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
    spans = [(k.head, max(k.end, v.end)) for k, v in node.entries]
    for k, v in node.entries:
        if k.text in names:
            _check_alone(on, v)
    return _cut(on, node, spans, {n for n, (k, _) in enumerate(node.entries) if k.text in names})


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
    return [
        *_lifted(on, name, comments(on, eol, last)),
        Edit(colon, last, head + beside + below),
    ]


def _beside(on: Outline, node: Node, colon: int, eol: int) -> str:
    """The comment behind the key, or behind the mark of a block, with the space before it."""
    if not comments(on, colon, eol):
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
        return _insert(on, owner, name, None, ()) if on.merged(owner, name) else []
    _check_alone(on, found[1])
    index = owner.entries.index(found)
    if owner.flow:
        return _drop_entries(on, owner, [name])
    start, end = found[0].head, max(found[0].end, found[1].end)
    if first_on_line(on.text, start):
        return _drop_lines(on, start, end)
    if index + 1 == len(owner.entries):
        raise CannotEdit(found[0], "it is all that there is in its list entry")
    after = owner.entries[index + 1][0].head
    return [*_lifted(on, found[0], comments(on, start, after)), Edit(start, after, "")]


def _drop_lines(on: Outline, start: int, end: int) -> list[Edit]:
    """Whole lines; comments in them and behind them stay, in lines of their own."""
    begin, eol = line_start(on.text, start), line_end(on.text, end)
    indent = on.text[begin:start]
    kept = "".join(f"{indent}{x}\n" for x in comments(on, start, eol))
    return [Edit(begin, next_line(on.text, eol), kept)]


def _cut(
    on: Outline, node: Node, spans: Sequence[tuple[int, int]], gone: Container[int]
) -> list[Edit]:
    """Elements out of brackets, each run of them with the commas that it had."""
    edits: list[Edit] = []
    at = 0
    while at < len(spans):
        run = at
        while run < len(spans) and run in gone:
            run += 1
        if run > at and run < len(spans):
            edits += _checked(on, node, Edit(spans[at][0], spans[run][0], ""))
        elif run > at:
            back = spans[at - 1][1] if at else node.start + 1
            edits += _checked(on, node, Edit(back, spans[-1][1], ""))
        at = max(run, at + 1)
    return edits


def _checked(on: Outline, node: Node, edit: Edit) -> list[Edit]:
    if comments(on, edit.start, edit.end):
        raise CannotEdit(node, "a comment stands inside the brackets, between what would go")
    return [edit]


def change_list(
    on: Outline, node: Node, *, drop: Sequence[Node] = (), add: Sequence[Any] = ()
) -> list[Edit]:
    """Take elements out of a list and put others at its end; some element stays."""
    for leaving in drop:
        _check_alone(on, leaving)
    stay = [x for x in node.items if x not in drop]
    spans = [(x.head, x.end) for x in node.items]
    gone = {number for number, x in enumerate(node.items) if x in drop}
    edits = _cut(on, node, spans, gone) if node.flow else []
    if not node.flow:
        edits = [x for leaving in drop for x in drop_item(on, leaving)]
    return [*edits, *(_append(on, node, stay[-1] if stay else None, add) if add else [])]


def drop_item(on: Outline, node: Node, *, inner: bool = True) -> list[Edit]:
    """Take a list element out, with its lines; `inner` keeps the comments in it."""
    dash = on.text.rindex("-", 0, node.head)
    if not first_on_line(on.text, dash):
        raise CannotEdit(node, "two lists begin in its line")
    if inner:
        return _drop_lines(on, dash, node.end)
    begin, upto = line_start(on.text, dash), next_line(on.text, line_end(on.text, node.end))
    before, after = on.text[:begin], on.text[upto:]
    if before.endswith("\n\n") and (not after.strip() or after.startswith("\n")):
        begin -= 1
    return [Edit(begin, upto, "")]


# --- putting in ---------------------------------------------------------------------------------


def _append(on: Outline, node: Node, last: Node | None, add: Sequence[Any]) -> list[Edit]:
    if node.flow:
        parts = ", ".join(in_brackets(x) for x in add)
        at = last.end if last is not None else node.start + 1
        return [Edit(at, at, f", {parts}" if last is not None else parts)]
    assert last is not None
    column = node.column
    return append_lines(on, last, [line for x in add for line in item(x, column)])


def append_lines(on: Outline, after: Node, lines: Sequence[str]) -> list[Edit]:
    """Lines below the last one of a node."""
    eol = line_end(on.text, after.end)
    return [Edit(eol, eol, "".join(f"\n{line}" for line in lines))]


def _insert(on: Outline, owner: Node, name: str, value: Any, order: Sequence[str]) -> list[Edit]:
    before = _before(owner, name, order)
    if owner.flow:
        text = f"{key(name, flow=True)}: {in_brackets(value)}"
        at = max(before[0].end, before[1].end) if before else owner.start + 1
        new = f", {text}" if before else f"{text}, " if owner.entries else text
        return [Edit(at, at, new)]
    if before is None:
        before = owner.entries[0]
    eol = line_end(on.text, max(before[0].end, before[1].end))
    lines = entry(name, value, owner.column)
    return [Edit(eol, eol, "".join(f"\n{line}" for line in lines))]


def _before(owner: Node, name: str, order: Sequence[str]) -> tuple[Node, Node] | None:
    """The entry after which a new one comes."""
    entries = owner.entries
    if name in order:
        rank = order.index(name)
        lower = [x for x in entries if x[0].text in order and order.index(x[0].text) < rank]
        return lower[-1] if lower else (entries[0] if entries else None)
    names = [x[0].text for x in entries if x[0].text != "<<"]
    if len(names) > 1 and names == sorted(names):
        lower = [x for x in entries if x[0].text < name]
        return lower[-1] if lower else None if owner.flow else entries[0]
    return entries[-1] if entries else None


# --- comments that would go ---


def _lifted(on: Outline, node: Node, found: Sequence[str]) -> list[Edit]:
    """Comments in lines of their own above the one that a node begins in."""
    if not found:
        return []
    begin = line_start(on.text, node.head)
    line = on.text[begin:]
    indent = " " * (len(line) - len(line.lstrip(" ")))
    return [Edit(begin, begin, "".join(f"{indent}{x}\n" for x in found))]
