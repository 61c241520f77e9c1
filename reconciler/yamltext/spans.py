"""YAML text → nodes that know where they stand, to the character.

`yamlfile` reads values and knows lines and columns, which is enough to speak of a place;
whoever edits a place needs its end as well, its style, and who else depends on it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from reconciler.errors import UsageError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE = "<<"
_PROPERTIES = re.compile(r"(?:[&!][^ \t\r\n,\[\]{}]*[ \t]*)*")
_BELOW = re.compile(r"(?:\r?\n[ \t]*)+\Z")


@dataclass(slots=True, eq=False)
class Node:
    """A part of a text from `start` up to `end` (offsets of characters).

    `head` is where an anchor or tag before it begins, in column `at` of `line` (from 0); `column`
    is how far in a block stands.
    """

    head: int
    start: int
    end: int
    line: int
    at: int
    column: int
    anchor: str | None = field(default=None, kw_only=True)

    @property
    def children(self) -> Sequence[Node]:
        """The nodes directly below this one, aliases not followed."""
        return ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, aliases not followed."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True, eq=False)
class ScalarNode(Node):
    """A text, number or truth value; `style` is how it is quoted, empty for a plain one."""

    text: str = ""
    style: str = ""

    @property
    def is_block(self) -> bool:
        """It stands in lines of its own below `|` or `>`."""
        return self.style in ("|", ">")


@dataclass(slots=True, eq=False)
class AliasNode(Node):
    """`*name`, which stands for the node with the anchor `&name`."""

    name: str = ""


@dataclass(slots=True, eq=False)
class ListNode(Node):
    """A list; `flow` says that it is in brackets."""

    flow: bool = False
    items: list[Node] = field(default_factory=list)

    @property
    def children(self) -> Sequence[Node]:
        """The elements."""
        return self.items


class MapEntry(NamedTuple):
    """One `key: value` of a mapping."""

    key: Node
    value: Node

    @property
    def name(self) -> str:
        """The key as a text; empty where it is an alias."""
        return self.key.text if isinstance(self.key, ScalarNode) else ""

    @property
    def end(self) -> int:
        """Where its last character stands."""
        return max(self.key.end, self.value.end)


@dataclass(slots=True, eq=False)
class MapNode(Node):
    """A mapping; `flow` says that it is in braces."""

    flow: bool = False
    entries: list[MapEntry] = field(default_factory=list)

    @property
    def children(self) -> Sequence[Node]:
        """The keys and the values."""
        found: list[Node] = []
        for entry in self.entries:
            found += entry
        return found

    def own(self, key: str) -> MapEntry | None:
        """The entry of a key that stands in this mapping itself, not in one that it merges."""
        return next((entry for entry in self.entries if entry.name == key), None)

    def get(self, key: str) -> Node | None:
        """The value of such an entry."""
        found = self.own(key)
        return found.value if found else None


Holder = ListNode | MapNode
"""What has elements or entries, which are counted from 0."""


@dataclass(slots=True)
class Outline:
    """A file's text and its nodes.

    `anchors` are the nodes by name, `used` the names that some alias depends on.
    """

    text: str
    root: Node | None
    anchors: dict[str, Node] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    _scalars: list[ScalarNode] = field(default_factory=list)

    def scalar_at(self, at: int) -> ScalarNode | None:
        """The scalar whose characters a position is among."""
        if not self._scalars and self.root is not None:
            found = [node for node in self.root.walk() if isinstance(node, ScalarNode)]
            self._scalars = sorted(found, key=lambda node: node.start)
        index = bisect_right(self._scalars, at, key=lambda node: node.start) - 1
        if index < 0:
            return None
        node = self._scalars[index]
        return node if node.start <= at < node.end else None

    def is_shared(self, node: Node) -> bool:
        """Whether an alias elsewhere shows this node as well."""
        return node.anchor in self.used

    def resolved(self, node: Node) -> Node:
        """What an alias stands for; any other node itself."""
        return self.anchors.get(node.name, node) if isinstance(node, AliasNode) else node

    def merged(self, node: MapNode, key: str) -> bool:
        """Whether a mapping has a key from a `<<` alone."""
        merge = node.get(MERGE)
        if merge is None or node.get(key) is not None:
            return False
        sources = merge.items if isinstance(merge, ListNode) else [merge]
        return any(self._has(source, key) for source in sources)

    def _has(self, source: Node, key: str) -> bool:
        target = self.resolved(source)
        if not isinstance(target, MapNode):
            return False
        return target.get(key) is not None or self.merged(target, key)


def outline(text: str) -> Outline:
    """The nodes of a text that our reader has read; UsageError where it is no YAML."""
    reader = _OutlineReader(text)
    try:
        return reader.read()
    except yaml.YAMLError as error:
        raise UsageError(f"this is not YAML: {error}", hint="run `pxm validate`") from None


class _OutlineReader:
    """Builds nodes from events; a node's end is where its own last character stands."""

    def __init__(self, text: str) -> None:
        self.found = Outline(text, None)
        self.events: Any = iter(())

    def read(self) -> Outline:
        self.events = yaml.parse(self.found.text, Loader=_LOADER)
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                self.found.root = self._node(event)
        return self.found

    def _node(self, event: Any) -> Node:
        node = _empty(event)
        if isinstance(node, AliasNode):
            self.found.used.add(node.name)
            return node
        node.anchor = event.anchor
        if event.anchor or event.tag:
            self._skip_properties(node)
        if event.anchor:
            self.found.anchors[event.anchor] = node
        if isinstance(node, ScalarNode):
            self._find_end(node)
        elif isinstance(node, ListNode):
            self._read_items(node)
        elif isinstance(node, MapNode):
            self._read_entries(node)
        return node

    def _skip_properties(self, node: Node) -> None:
        """The anchor and the tag stand before the content, in whatever order."""
        text = self.found.text
        found = _PROPERTIES.match(text, node.start)
        if found is not None:
            node.start = found.end()
        if isinstance(node, ScalarNode):
            node.end = max(node.end, node.start)

    def _find_end(self, node: ScalarNode) -> None:
        if node.is_block:
            # Spaces at the end of the last line are of the text, the empty lines below are not.
            node.end = node.start + len(_BELOW.sub("", self.found.text[node.start : node.end]))
        elif not node.style and not node.text and node.start == node.head:
            node.end = node.start

    def _read_items(self, node: ListNode) -> None:
        event: Any = next(self.events)
        while not isinstance(event, yaml.SequenceEndEvent):
            node.items.append(self._node(event))
            event = next(self.events)
        if node.flow:
            node.end = _end(event)
        else:
            # The end mark of a block is where the next token begins.
            node.end = node.items[-1].end if node.items else node.start

    def _read_entries(self, node: MapNode) -> None:
        event: Any = next(self.events)
        while not isinstance(event, yaml.MappingEndEvent):
            key = self._node(event)
            node.entries.append(MapEntry(key, self._node(next(self.events))))
            event = next(self.events)
        if node.flow:
            node.end = _end(event)
        elif node.entries:
            first = node.entries[0].key
            node.start, node.column = first.head, first.column
            node.end = node.entries[-1].end
        else:
            node.end = node.start


def _end(event: Any) -> int:
    index: int = event.end_mark.index
    return index


def _empty(event: Any) -> Node:
    """The node that an event opens, without what is in it."""
    sort = _SORTS[type(event)]
    mark = event.start_mark
    place = (mark.index, mark.index, event.end_mark.index, mark.line, mark.column, mark.column)
    if sort is AliasNode:
        return AliasNode(*place, name=event.anchor)
    if sort is ScalarNode:
        return ScalarNode(*place, text=event.value, style=event.style or "")
    if sort is ListNode:
        return ListNode(*place, flow=bool(event.flow_style))
    return MapNode(*place, flow=bool(event.flow_style))


_SORTS: Mapping[type, type[Node]] = {
    yaml.AliasEvent: AliasNode,
    yaml.ScalarEvent: ScalarNode,
    yaml.SequenceStartEvent: ListNode,
    yaml.MappingStartEvent: MapNode,
}
