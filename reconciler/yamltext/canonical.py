"""A YAML text in canonical shape: order, indentation, quotes and empty lines; comments stay.

A comment in a line of its own belongs to the entry below it, or to the one above where it is
further in than that; one behind a value belongs to that value.
What a comment stands inside of (`[ ]` over several lines) is left as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reconciler.yamltext.remarks import all_comments, lead
from reconciler.yamltext.scalars import INDENT, WIDTH, scalar
from reconciler.yamltext.scalars import block as block_text
from reconciler.yamltext.spans import Node, Outline

Path = tuple[str, ...]
Order = Callable[[Path], Sequence[str]]
"""The names of a mapping's entries in their order, by the keys above it (`*` for an element)."""

_MARK = re.compile("([|>])([0-9]*)([+-]?)([0-9]*)")


@dataclass(slots=True)
class Comment:
    """A comment: where, its text, the column, whether a line of its own, and below a blank one."""

    at: int
    text: str
    column: int
    own: bool
    blank: bool
    gap: str


@dataclass(slots=True)
class Unit:
    """One entry of a mapping or element of a list, with the comments that belong to it.

    `beside` stands behind the key of a block, `tail` behind the value, `inner` inside of it and
    `foot` below it, further in.
    """

    start: int
    name: Node | None
    node: Node
    column: int
    blank: bool = False
    lead: list[Comment] = field(default_factory=list)
    beside: Comment | None = None
    tail: Comment | None = None
    inner: list[Comment] = field(default_factory=list)
    foot: list[Comment] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Where its last character stands."""
        return max(self.node.end, self.name.end if self.name else 0)


@dataclass(slots=True)
class Block:
    """A mapping or list in block style, its units in the order of the file."""

    node: Node
    units: list[Unit]
    footer: list[Comment] = field(default_factory=list)


def canonical(on: Outline, order: Order) -> str:
    """The text in canonical shape; as it is where its root is no block mapping."""
    root = on.root
    if root is None or root.kind != "mapping" or root.flow:
        return on.text
    found = [_comment(on.text, at, text) for at, text in all_comments(on)]
    first = lead(on, root, 0)
    head = [x for x in found if x.at < first]
    shape = _Shape(on, order)
    lines = [line for x in head for line in _own(x, 0, first=x is head[0])]
    if head and _blank_before(on.text, first):
        lines.append("")
    lines += shape.block(shape.attached(root, [x for x in found if x.at >= first]), 0, ())
    return "\n".join(line.rstrip() if shape.may_strip(line) else line for line in lines) + "\n"


def _comment(text: str, at: int, words: str) -> Comment:
    begin = text.rfind("\n", 0, at) + 1
    before = text[begin:at]
    gap = before[len(before.rstrip()) :]
    return Comment(at, words, at - begin, not before.strip(), _blank_before(text, at), gap)


def _blank_before(text: str, at: int) -> bool:
    begin = text.rfind("\n", 0, at) + 1
    above = text[:begin].removesuffix("\n").removesuffix("\r")
    return begin > 0 and not above[above.rfind("\n") + 1 :].strip()


def _own(comment: Comment, indent: int, *, first: bool = False) -> list[str]:
    line = " " * indent + comment.text
    return ["", line] if comment.blank and not first else [line]


class _Shape:
    """Renders blocks; `literal` are lines whose spaces at the end mean something."""

    def __init__(self, on: Outline, order: Order) -> None:
        self.on, self.order = on, order
        self.literal: set[str] = set()
        # The text of `|+` goes on through the empty lines below it: none may be added.
        self.open = False
        self.kept = {x.end for x in on.root.walk() if _is_kept(on, x)} if on.root else set()

    def _blank_before(self, at: int) -> bool:
        """An empty line stands above, and is no part of a text."""
        begin = self.on.text.rfind("\n", 0, at) + 1
        return (
            _blank_before(self.on.text, at) and len(self.on.text[:begin].rstrip()) not in self.kept
        )

    def may_strip(self, line: str) -> bool:
        """Whether spaces at the end of a line are nobody's."""
        return line not in self.literal

    # --- whose comment is it ---

    def attached(self, node: Node, found: Sequence[Comment]) -> Block:
        """A block's units with their comments, out of those that stand in its region."""
        units = self._units(node)
        block = Block(node, units)
        queue = list(found)
        for index, unit in enumerate(units):
            upto = units[index + 1].start if index + 1 < len(units) else len(self.on.text) + 1
            unit.lead = [x for x in queue if x.at < unit.start]
            mine = [x for x in queue if unit.start <= x.at < upto]
            unit.blank = (unit.lead[0].blank if unit.lead else False) or (
                not unit.lead and self._blank_before(unit.start)
            )
            kept = self._sort(unit, mine)
            queue = [*kept, *(x for x in queue if x.at >= upto)]
        block.footer = queue
        return block

    def _units(self, node: Node) -> list[Unit]:
        if node.kind == "mapping":
            return [Unit(k.head, k, v, node.column) for k, v in node.entries]
        dashes = [self.on.text.rindex("-", 0, item.head) for item in node.items]
        return [Unit(at, None, x, node.column) for at, x in zip(dashes, node.items, strict=True)]

    def _sort(self, unit: Unit, mine: Sequence[Comment]) -> list[Comment]:
        """Give a unit the comments in and behind it; returns those of the next one."""
        rest: list[Comment] = []
        is_block = _is_block(unit.node)
        for x in mine:
            in_head = not x.own and x.at < self._body(unit)
            if is_block and in_head and unit.beside is None and not rest:
                unit.beside = x
            elif x.at < unit.end or (is_block and not x.own):
                unit.inner.append(x)
            elif not x.own and unit.tail is None:
                unit.tail = x
            elif x.own and not rest and x.column > unit.column:
                (unit.inner if is_block else unit.foot).append(x)
            else:
                rest.append(x)
        return rest

    def _body(self, unit: Unit) -> int:
        """Where the lines below the head of a block begin."""
        node = unit.node
        if node.style in ("|", ">"):
            found = self.on.text.find("\n", node.start)
            return node.end if found < 0 else found
        return node.start

    # --- lines ---

    def block(self, block: Block, indent: int, path: Path) -> list[str]:
        """The lines of a mapping or list, its entries `indent` columns in."""
        units = block.units
        if block.node.kind == "mapping":
            units = ordered(units, self.order(path))
        lines: list[str] = []
        for index, unit in enumerate(units):
            if index and unit.blank and not self.open:
                lines.append("")
            lines += self._own_lines(unit.lead, indent)
            render = self._entry if unit.name is not None else self._element
            lines += render(unit, indent, path)
        return [*lines, *self._own_lines(block.footer, indent, first=False)]

    def _own_lines(self, found: Sequence[Comment], indent: int, *, first: bool = True) -> list[str]:
        """Comments in lines of their own; the empty line above the first is told elsewhere."""
        lines = []
        for x in found:
            lines += _own(x, indent, first=first or self.open)
            first = self.open = False
        return lines

    def _entry(self, unit: Unit, indent: int, path: Path) -> list[str]:
        assert unit.name is not None
        name = self._scalar(unit.name)
        head = f"{' ' * indent}{self._properties(unit.name)}{name}:"
        below = indent + INDENT
        return self._value(unit, head, " ", below, (*path, unit.name.text))

    def _element(self, unit: Unit, indent: int, path: Path) -> list[str]:
        head, below = f"{' ' * indent}-", indent + INDENT
        node = unit.node
        if not _is_block(node) or node.style or node.head != node.start:
            return self._value(unit, head, " ", below, (*path, "*"))
        inner = self.attached(node, [*([unit.beside] if unit.beside else []), *unit.inner])
        if node.kind == "mapping":
            inner.units = ordered(inner.units, self.order((*path, "*")))
        above = inner.units[0].lead if node.kind == "mapping" else []
        if above:
            inner.units[0].lead = []
        opening = self._own_lines(above, indent)
        lines = self.block(inner, below, (*path, "*"))
        return [*opening, f"{head} {lines[0].lstrip(' ')}", *lines[1:]]

    def _value(self, unit: Unit, head: str, gap: str, below: int, path: Path) -> list[str]:
        node = unit.node
        self.open = False
        head += "".join(f" {x}" for x in [self._properties(node).strip()] if x)
        if node.style in ("|", ">"):
            mark, lines = self._literal(node, below)
            self.open = "+" in mark
            return [f"{head}{gap}{mark}{_aside(unit.beside)}", *lines, *_after(unit, below)]
        if _is_block(node):
            inner = self.attached(node, unit.inner)
            return [head + _aside(unit.beside), *self.block(inner, below, path)]
        text = self._inline(unit, len(head), below)
        first, *rest = text if isinstance(text, list) else [text]
        feet = self._own_lines(unit.foot, below, first=False)
        return [head + (gap + first if first else "") + _aside(unit.tail), *rest, *feet]

    def _properties(self, node: Node) -> str:
        found = self.on.text[node.head : node.start].split()
        return "".join(f"{x} " for x in found if x[0] in "&!")

    def _inline(self, unit: Unit, column: int, below: int) -> str | list[str]:
        node = unit.node
        if node.kind == "alias":
            return f"*{node.name}"
        if node.kind == "scalar":
            return self._text(node, below)
        if unit.inner:
            return self._as_it_is(node, below)
        line = self._flow(node).removeprefix(self._properties(node))
        if column + 1 + len(line) <= WIDTH or node.kind == "mapping" or not node.items:
            return line
        return ["", *self._opened(node, below)]

    def _opened(self, node: Node, below: int) -> list[str]:
        """A list that is too long for one line, an element a line."""
        return [f"{' ' * below}- {self._flow(x)}" for x in node.items]

    def _as_it_is(self, node: Node, below: int) -> list[str]:
        """Brackets with comments in them: only their indentation is ours."""
        first, *rest = self.on.text[node.start : node.end].replace("\r\n", "\n").split("\n")
        return [
            first.rstrip(),
            *(" " * below + line.strip() if line.strip() else "" for line in rest),
        ]

    def _text(self, node: Node, below: int) -> str | list[str]:
        raw = self.on.text[node.start : node.end]
        if "\n" not in raw:
            return self._scalar(node)
        lines = (block_text(node.text, below) or scalar(node.text, typed=True)).split("\n")
        self.literal.update(lines[1:])
        return lines if len(lines) > 1 else lines[0]

    def _scalar(self, node: Node) -> str:
        """As it was typed, quotes too; over several lines only brackets leave it to us."""
        raw = self.on.text[node.start : node.end]
        return raw if "\n" not in raw else scalar(node.text, flow=True, typed=True)

    def _flow(self, node: Node) -> str:
        head = self._properties(node)
        if node.kind == "alias":
            return f"*{node.name}"
        if node.kind == "scalar":
            return head + self._scalar(node)
        if node.kind == "list":
            return f"{head}[{', '.join(map(self._flow, node.items))}]"
        parts = (self._pair(k, v) for k, v in node.entries)
        return f"{head}{{{', '.join(parts)}}}"

    def _pair(self, name: Node, node: Node) -> str:
        value = self._flow(node)
        head = self._properties(name) + self._scalar(name)
        # An alias takes the colon for a part of its name.
        head += " :" if name.kind == "alias" else ":"
        return f"{head} {value}" if value else head

    def _literal(self, node: Node, below: int) -> tuple[str, list[str]]:
        """The mark of a block scalar and its lines, as far in as it now stands."""
        raw = self.on.text[node.start : node.end].replace("\r\n", "\n")
        header, *lines = raw.split("\n")
        found = _MARK.match(header)
        assert found is not None
        style, digit, chomp, other = found.groups()
        counted = digit or other
        filled = [line for line in lines if line.strip()]
        stood = min((len(x) - len(x.lstrip(" ")) for x in filled), default=0)
        if not counted and filled:
            stood = len(filled[0]) - len(filled[0].lstrip(" "))
        elif counted:
            stood = self._parent_indent(node) + int(counted)
        kept = [" " * below + line[stood:] if line[stood:] else "" for line in lines]
        if chomp == "+":
            kept += [""] * (len(node.text) - len(node.text.rstrip("\n")) - (1 if filled else 0))
        self.literal.update(kept)
        return style + (str(INDENT) if counted else "") + chomp, kept

    def _parent_indent(self, node: Node) -> int:
        """How far in the mapping or list of a block scalar stands."""
        assert self.on.root is not None
        for one in self.on.root.walk():
            if any(v is node for _, v in one.entries) or node in one.items:
                return one.column
        return 0


def _is_kept(on: Outline, node: Node) -> bool:
    """A block scalar whose last empty lines count."""
    found = _MARK.match(on.text, node.start) if node.style in ("|", ">") else None
    return found is not None and "+" in found[0]


def _is_block(node: Node) -> bool:
    if node.kind in ("list", "mapping"):
        return not node.flow
    return node.style in ("|", ">")


def _aside(comment: Comment | None) -> str:
    return f"{comment.gap or ' '}{comment.text}" if comment is not None else ""


def _after(unit: Unit, below: int) -> list[str]:
    """Comments that stand in a block scalar's region, but behind its text."""
    return [y for x in unit.inner for y in _own(x, below)]


def ordered(units: Sequence[Unit], names: Sequence[str]) -> list[Unit]:
    """Known names in their order; an unknown one stays behind what it stood behind."""
    rank = {name: index for index, name in enumerate(names)}
    found, last = [], -1
    for unit in units:
        last = rank.get(unit.name.text if unit.name else "", last)
        found.append((last, unit))
    return [unit for _, unit in sorted(found, key=lambda item: item[0])]
