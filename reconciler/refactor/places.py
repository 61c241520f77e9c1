"""Positions of a text → the nodes there, with all that they stand in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.model import Place
from reconciler.yamltext.spans import (
    AliasNode,
    Holder,
    ListNode,
    MapNode,
    Node,
    Outline,
    ScalarNode,
)

Position = tuple[int, int]
"""Line and column, counted from 1 as in a `Place`."""


@dataclass(frozen=True, slots=True)
class Step:
    """A holder, and which of its entries or elements leads further in."""

    holder: Holder
    index: int


Steps = tuple[Step, ...]
"""From the root down to the entry or element that a node is, or is the key or value of."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A scalar or an alias, and where it stands."""

    node: ScalarNode | AliasNode
    steps: Steps


def parts(holder: Holder) -> Sequence[Node]:
    """The elements of a list, or the values of a mapping."""
    if isinstance(holder, ListNode):
        return holder.items
    return [entry.value for entry in holder.entries]


def position(place: Place) -> Position:
    """Where in its file a place is."""
    return place.line, place.column


def standings(on: Outline, wanted: Collection[Position]) -> dict[Position, Standing]:
    """The scalars and aliases at these positions; aliases are not followed."""
    search = _Search(wanted)
    if on.root is not None:
        search.below(on.root, ())
    return search.found


@dataclass(slots=True)
class _Search:
    wanted: Collection[Position]
    found: dict[Position, Standing] = field(default_factory=dict)

    def below(self, node: Node, steps: Steps) -> None:
        if isinstance(node, ScalarNode | AliasNode):
            at = (node.line + 1, node.at + 1)
            if at in self.wanted:
                self.found[at] = Standing(node, steps)
            return
        assert isinstance(node, Holder)
        for index, child in _children(node):
            self.below(child, (*steps, Step(node, index)))


def _children(holder: Holder) -> Iterator[tuple[int, Node]]:
    """What a holder has, keys and values, each by the index of its entry or element."""
    if not isinstance(holder, MapNode):
        yield from enumerate(holder.items)
        return
    for index, entry in enumerate(holder.entries):
        yield index, entry.key
        yield index, entry.value
