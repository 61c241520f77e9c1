"""The entries of a block, each with the comments that belong to it, for laying them out anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.yamltext.remarks import all_comments
from reconciler.yamltext.spans import Holder, ListNode, MapNode, Node, Outline, ScalarNode

BLOCK_MARK = re.compile("([|>])([0-9]*)([+-]?)([0-9]*)")
"""How a block scalar begins: its style, how far in it stands, its chomping, or those reversed."""


@dataclass(slots=True)
class Comment:
    """A comment: where, its text, the column, whether a line of its own, and below a blank one.

    `gap` is the space before it.
    """

    at: int
    text: str
    column: int
    own: bool
    blank: bool
    gap: str


@dataclass(slots=True)
class Commented:
    """One entry of a mapping or element of a list, with the comments that belong to it.

    `blank` says that an empty line stands above; `beside` stands behind the key of a block,
    `tail` behind the value, `inner` inside of it and `foot` below it, further in.
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

    @property
    def key(self) -> str:
        """The key as a text; empty for an element and for an alias."""
        return self.name.text if isinstance(self.name, ScalarNode) else ""


@dataclass(slots=True)
class Block:
    """A mapping or list in block style, its units in the order of the file."""

    node: Holder
    units: list[Commented]
    footer: list[Comment] = field(default_factory=list)


def comments_of(on: Outline) -> list[Comment]:
    """Every comment of a text."""
    return [_comment(on.text, at, words) for at, words in all_comments(on)]


def _comment(text: str, at: int, words: str) -> Comment:
    begin = text.rfind("\n", 0, at) + 1
    before = text[begin:at]
    gap = before[len(before.rstrip()) :]
    return Comment(at, words, at - begin, not before.strip(), blank_before(text, at), gap)


def blank_before(text: str, at: int) -> bool:
    """Whether an empty line stands above the line of a position."""
    begin = text.rfind("\n", 0, at) + 1
    if begin == 0:
        return False
    above = text[:begin].removesuffix("\n").removesuffix("\r")
    return not above[above.rfind("\n") + 1 :].strip()


def is_block_scalar(node: Node) -> bool:
    """Whether a text stands in lines of its own below `|` or `>`."""
    return isinstance(node, ScalarNode) and node.is_block


def is_block(node: Node) -> bool:
    """Whether a value stands in lines of its own."""
    return not node.flow if isinstance(node, ListNode | MapNode) else is_block_scalar(node)


class Attacher:
    """Gives the comments of one text to the units that they belong to."""

    def __init__(self, on: Outline) -> None:
        self.on = on
        nodes = on.root.walk() if on.root is not None else ()
        self.kept_ends = {node.end for node in nodes if _keeps_empty_lines(on, node)}

    def attached(self, node: Holder, found: Sequence[Comment]) -> Block:
        """A block's units with their comments, out of those that stand in its region."""
        units = self._units(node)
        starts = [unit.start for unit in units]
        queue = list(found)
        for unit, upto in zip(units, [*starts[1:], len(self.on.text) + 1], strict=True):
            unit.lead, rest = parted(queue, unit.start)
            mine, later = parted(rest, upto)
            unit.blank = unit.lead[0].blank if unit.lead else self._blank_before(unit.start)
            queue = [*self._take(unit, mine), *later]
        return Block(node, units, footer=queue)

    def _blank_before(self, at: int) -> bool:
        """An empty line stands above, and is no part of a text."""
        begin = self.on.text.rfind("\n", 0, at) + 1
        last = len(self.on.text[:begin].rstrip())
        return blank_before(self.on.text, at) and last not in self.kept_ends

    def _units(self, node: Holder) -> list[Commented]:
        if isinstance(node, MapNode):
            return [Commented(key.head, key, value, node.column) for key, value in node.entries]
        units = []
        for item in node.items:
            dash = self.on.text.rindex("-", 0, item.head)
            units.append(Commented(dash, None, item, node.column))
        return units

    def _take(self, unit: Commented, mine: Sequence[Comment]) -> list[Comment]:
        """Give a unit the comments in and behind it; returns those of the next one."""
        take = self._takes_in_block if is_block(unit.node) else _takes_in_line
        rest: list[Comment] = []
        for comment in mine:
            if not take(unit, comment, closed=bool(rest)):
                rest.append(comment)
        return rest

    def _takes_in_block(self, unit: Commented, comment: Comment, *, closed: bool) -> bool:
        """Whether a comment is the unit's; `closed` ones have another's comment before."""
        in_head = not comment.own and comment.at < self._body(unit.node)
        if in_head and unit.beside is None and not closed:
            unit.beside = comment
            return True
        is_further_in = not closed and comment.column > unit.column
        if not comment.own or comment.at < unit.end or is_further_in:
            unit.inner.append(comment)
            return True
        return False

    def _body(self, node: Node) -> int:
        """Where the lines below the head of a block begin."""
        if not is_block_scalar(node):
            return node.start
        found = self.on.text.find("\n", node.start)
        return node.end if found < 0 else found


def parted(found: Sequence[Comment], at: int) -> tuple[list[Comment], list[Comment]]:
    """The comments before a position, and those behind it."""
    before: list[Comment] = []
    behind: list[Comment] = []
    for comment in found:
        (before if comment.at < at else behind).append(comment)
    return before, behind


def _takes_in_line(unit: Commented, comment: Comment, *, closed: bool) -> bool:
    """The same of a unit whose value begins in the line of its key."""
    if comment.at < unit.end:
        unit.inner.append(comment)
    elif not comment.own and unit.tail is None:
        unit.tail = comment
    elif comment.own and not closed and comment.column > unit.column:
        unit.foot.append(comment)
    else:
        return False
    return True


def _keeps_empty_lines(on: Outline, node: Node) -> bool:
    """A block scalar whose last empty lines count."""
    if not is_block_scalar(node):
        return False
    found = BLOCK_MARK.match(on.text, node.start)
    return found is not None and "+" in found[0]
