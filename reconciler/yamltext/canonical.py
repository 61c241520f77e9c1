"""A YAML text in canonical shape: order, indentation, quotes and empty lines; comments stay.

A comment in a line of its own belongs to the entry below it, or to the one above where it is
further in than that; one behind a value belongs to that value.
What a comment stands inside of (`[ ]` over several lines) is left as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.yamltext.remarks import lead
from reconciler.yamltext.scalars import INDENT, WIDTH, indented, scalar
from reconciler.yamltext.scalars import block as block_text
from reconciler.yamltext.spans import (
    AliasNode,
    ListNode,
    MapEntry,
    MapNode,
    Node,
    Outline,
    ScalarNode,
)
from reconciler.yamltext.units import (
    BLOCK_MARK,
    Attacher,
    Block,
    Comment,
    Commented,
    blank_before,
    comments_of,
    parted,
)

Path = tuple[str, ...]
Order = Callable[[Path], Sequence[str]]
"""The names of a mapping's entries in their order, by the keys above it (`*` for an element)."""


def canonical(on: Outline, order: Order) -> str:
    """The text in canonical shape; as it is where its root is no block mapping."""
    root = on.root
    if not isinstance(root, MapNode) or root.flow:
        return on.text
    begin = lead(on, root, 0)
    head, body = parted(comments_of(on), begin)
    lines: list[str] = []
    for index, comment in enumerate(head):
        lines += _own(comment, 0, first=index == 0)
    if head and blank_before(on.text, begin):
        lines.append("")
    shape = _Renderer(on, order)
    lines += shape.block(shape.attached(root, body), 0, ())
    return "\n".join(map(shape.stripped, lines)) + "\n"


def _own(comment: Comment, indent: int, *, first: bool = False) -> list[str]:
    """A comment in a line of its own, and the empty line above it."""
    line = " " * indent + comment.text
    return ["", line] if comment.blank and not first else [line]


class _Renderer:
    """Renders blocks; `literal` are lines whose spaces at the end mean something."""

    def __init__(self, on: Outline, order: Order) -> None:
        self.on, self.order = on, order
        self.attached = Attacher(on).attached
        self.literal: set[str] = set()
        # The text of `|+` goes on through the empty lines below it: none may be added.
        self.open = False

    def stripped(self, line: str) -> str:
        """A line without the spaces at its end that are nobody's."""
        return line if line in self.literal else line.rstrip()

    # --- blocks ---

    def block(self, block: Block, indent: int, path: Path) -> list[str]:
        """The lines of a mapping or list, its entries `indent` columns in."""
        units = block.units
        if isinstance(block.node, MapNode):
            units = ordered(units, self.order(path))
        lines: list[str] = []
        for index, unit in enumerate(units):
            if index and unit.blank and not self.open:
                lines.append("")
            lines += self._own_lines(unit.lead, indent)
            if unit.name is not None:
                lines += self._entry(unit, unit.name, indent, path)
            else:
                lines += self._element(unit, indent, path)
        return [*lines, *self._own_lines(block.footer, indent, first=False)]

    def _own_lines(self, found: Sequence[Comment], indent: int, *, first: bool = True) -> list[str]:
        """Comments in lines of their own; the empty line above the first is told elsewhere."""
        lines: list[str] = []
        for comment in found:
            lines += _own(comment, indent, first=first or self.open)
            first = self.open = False
        return lines

    def _entry(self, unit: Commented, name: Node, indent: int, path: Path) -> list[str]:
        head = f"{' ' * indent}{self._flow(name)}:"
        return self._value(unit, head, indent + INDENT, (*path, unit.key))

    def _element(self, unit: Commented, indent: int, path: Path) -> list[str]:
        head, below, path = f"{' ' * indent}-", indent + INDENT, (*path, "*")
        node = unit.node
        has_properties = node.head != node.start
        if not isinstance(node, ListNode | MapNode) or node.flow or has_properties:
            return self._value(unit, head, below, path)
        beside = [unit.beside] if unit.beside else []
        inner = self.attached(node, [*beside, *unit.inner])
        opening: list[str] = []
        if isinstance(node, MapNode):
            # What stands above its first entry stands above the dash.
            inner.units = ordered(inner.units, self.order(path))
            opening = self._own_lines(inner.units[0].lead, indent)
            inner.units[0].lead = []
        first, *rest = self.block(inner, below, path)
        return [*opening, f"{head} {first.lstrip(' ')}", *rest]

    # --- values ---

    def _value(self, unit: Commented, head: str, below: int, path: Path) -> list[str]:
        """The lines of a unit, of which `head` is what stands before the value."""
        node = unit.node
        self.open = False
        properties = self._properties(node).rstrip()
        head += f" {properties}" if properties else ""
        if isinstance(node, ScalarNode) and node.is_block:
            return self._block_scalar(unit, node, head, below)
        if isinstance(node, ListNode | MapNode) and not node.flow:
            inner = self.attached(node, unit.inner)
            return [head + _aside(unit.beside), *self.block(inner, below, path)]
        first, *rest = self._inline(unit, len(head), below)
        feet = self._own_lines(unit.foot, below, first=False)
        gap = " " if first else ""
        return [f"{head}{gap}{first}{_aside(unit.tail)}", *rest, *feet]

    def _properties(self, node: Node) -> str:
        """The anchor and the tag before a value, each with a space behind it."""
        found = self.on.text[node.head : node.start].split()
        return "".join(f"{word} " for word in found if word[0] in "&!")

    def _inline(self, unit: Commented, column: int, below: int) -> list[str]:
        """A value that begins behind its key; the first line is empty where it does not."""
        node = unit.node
        if isinstance(node, AliasNode):
            return [f"*{node.name}"]
        if isinstance(node, ScalarNode):
            return self._text(node, below)
        if unit.inner:
            return self._as_it_is(node, below)
        line = self._flow(node).removeprefix(self._properties(node))
        if column + 1 + len(line) <= WIDTH:
            return [line]
        if isinstance(node, ListNode) and node.items:
            # Too long for one line: an element a line.
            items = [f"- {self._flow(item)}" for item in node.items]
            return ["", *indented(items, below)]
        return [line]

    def _as_it_is(self, node: Node, below: int) -> list[str]:
        """Brackets with comments in them: only their indentation is ours."""
        first, *rest = self.on.text[node.start : node.end].replace("\r\n", "\n").split("\n")
        return [first.rstrip(), *indented(map(str.strip, rest), below)]

    # --- in one line ---

    def _text(self, node: ScalarNode, below: int) -> list[str]:
        raw = self.on.text[node.start : node.end]
        if "\n" not in raw:
            return [raw]
        lines = (block_text(node.text, below) or scalar(node.text, typed=True)).split("\n")
        self.literal.update(lines[1:])
        return lines

    def _on_one_line(self, node: ScalarNode) -> str:
        """As it was typed, quotes too; over several lines only brackets leave it to us."""
        raw = self.on.text[node.start : node.end]
        return raw if "\n" not in raw else scalar(node.text, flow=True, typed=True)

    def _flow(self, node: Node) -> str:
        if isinstance(node, AliasNode):
            return f"*{node.name}"
        head = self._properties(node)
        if isinstance(node, ListNode):
            return f"{head}[{', '.join(map(self._flow, node.items))}]"
        if isinstance(node, MapNode):
            return f"{head}{{{', '.join(map(self._pair, node.entries))}}}"
        assert isinstance(node, ScalarNode)
        return head + self._on_one_line(node)

    def _pair(self, entry: MapEntry) -> str:
        value = self._flow(entry.value)
        # An alias takes the colon for a part of its name.
        colon = " :" if isinstance(entry.key, AliasNode) else ":"
        head = self._flow(entry.key) + colon
        return f"{head} {value}" if value else head

    # --- texts in lines of their own ---

    def _block_scalar(self, unit: Commented, node: ScalarNode, head: str, below: int) -> list[str]:
        mark, lines = self._literal(node, below)
        self.open = "+" in mark
        # Comments that stand in its region, but behind its text.
        behind: list[str] = []
        for comment in unit.inner:
            behind += _own(comment, below)
        return [f"{head} {mark}{_aside(unit.beside)}", *lines, *behind]

    def _literal(self, node: ScalarNode, below: int) -> tuple[str, list[str]]:
        """The mark of a block scalar and its lines, as far in as it now stands."""
        raw = self.on.text[node.start : node.end].replace("\r\n", "\n")
        header, *lines = raw.split("\n")
        mark = BLOCK_MARK.match(header)
        assert mark is not None
        style, digit, chomp, other = mark.groups()
        counted = digit or other
        filled = [line for line in lines if line.strip()]
        stood = self._literal_indent(node, counted, filled)
        kept = indented((line[stood:] for line in lines), below)
        if chomp == "+":
            ends = len(node.text) - len(node.text.rstrip("\n"))
            kept += [""] * (ends - (1 if filled else 0))
        self.literal.update(kept)
        return style + (str(INDENT) if counted else "") + chomp, kept

    def _literal_indent(self, node: Node, counted: str | None, filled: Sequence[str]) -> int:
        """How far in the lines of a block scalar stand; `counted` is what its mark says of it."""
        if counted:
            return self._parent_indent(node) + int(counted)
        return _indent(filled[0]) if filled else 0

    def _parent_indent(self, node: Node) -> int:
        """How far in the mapping or list of a block scalar stands."""
        assert self.on.root is not None
        for parent in self.on.root.walk():
            for child in parent.children:
                if child is node:
                    return parent.column
        return 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _aside(comment: Comment | None) -> str:
    """A comment behind a value, with the space before it."""
    return f"{comment.gap or ' '}{comment.text}" if comment is not None else ""


def ordered(units: Sequence[Commented], names: Sequence[str]) -> list[Commented]:
    """Known names in their order; an unknown one stays behind what it stood behind."""
    rank = {name: index for index, name in enumerate(names)}
    last = -1
    ranked: list[tuple[int, Commented]] = []
    for unit in units:
        last = rank.get(unit.key, last)
        ranked.append((last, unit))
    ranked.sort(key=lambda pair: pair[0])
    return [unit for _, unit in ranked]
