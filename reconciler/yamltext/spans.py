"""YAML text → nodes that know where they stand, to the character.

`yamlfile` reads values and knows lines and columns, which is enough to speak of a place;
whoever edits a place needs its end as well, its style, and who else leans on it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from reconciler.errors import UsageError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE = "<<"
_BELOW = re.compile(r"(?:\r?\n[ \t]*)+\Z")


@dataclass(slots=True, eq=False)
class Node:
    """A scalar, alias, list or mapping from `start` up to `end` (offsets of characters).

    `head` is where an anchor or tag before it begins, in column `at` of `line` (from 0); `column`
    is how far in a block stands.  `flow` says that a list or mapping is in
    brackets; `style` how a scalar is quoted, empty for a plain one.  `name` is an alias's anchor.
    """

    kind: str
    head: int
    start: int
    end: int
    line: int
    at: int
    column: int
    text: str = ""
    style: str = ""
    flow: bool = False
    anchor: str | None = None
    name: str = ""
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Node, Node]] = field(default_factory=list)

    def own(self, key: str) -> tuple[Node, Node] | None:
        """The entry of a key that stands in this mapping itself, not in one that it merges."""
        return next((item for item in self.entries if item[0].text == key), None)

    def get(self, key: str) -> Node | None:
        """The value of such an entry."""
        found = self.own(key)
        return found[1] if found else None

    def walk(self) -> Iterator[Node]:
        """This node and all below it, aliases not followed."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending += node.items
            for key, value in node.entries:
                pending += (key, value)


@dataclass(slots=True)
class Outline:
    """A file's text and its nodes.  `anchors` are the nodes by name, `used` the names that an
    alias leans on."""

    text: str
    root: Node | None
    anchors: dict[str, Node] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    _scalars: list[Node] = field(default_factory=list)

    def scalar_at(self, at: int) -> Node | None:
        """The scalar whose characters a position is among."""
        if not self._scalars and self.root is not None:
            found = (node for node in self.root.walk() if node.kind == "scalar")
            self._scalars = sorted(found, key=lambda node: node.start)
        index = bisect_right(self._scalars, at, key=lambda node: node.start) - 1
        node = self._scalars[index] if index >= 0 else None
        return node if node is not None and node.start <= at < node.end else None

    def leaned_on(self, node: Node) -> bool:
        """Whether an alias elsewhere shows this node as well."""
        return node.anchor in self.used

    def resolved(self, node: Node) -> Node:
        """What an alias stands for; any other node itself."""
        return self.anchors.get(node.name, node) if node.kind == "alias" else node

    def merged(self, node: Node, key: str) -> bool:
        """Whether a mapping has a key from a `<<` alone."""
        found = node.get(MERGE)
        sources = found.items if found is not None and found.kind == "list" else [found]
        return node.get(key) is None and any(self._has(item, key) for item in sources)

    def _has(self, source: Node | None, key: str) -> bool:
        if source is None:
            return False
        target = self.resolved(source)
        return target.get(key) is not None or self.merged(target, key)


def outline(text: str) -> Outline:
    """The nodes of a text that our reader has read; UsageError where it is no YAML."""
    reader = _Reader(text)
    try:
        return reader.read()
    except yaml.YAMLError as error:
        raise UsageError(f"this is not YAML: {error}", hint="run `pxm validate`") from None


class _Reader:
    """Builds nodes from events; a node's end is where its own last character stands."""

    def __init__(self, text: str) -> None:
        self.found = Outline(text, None)
        self.events: Iterator[Any] = iter(())

    def read(self) -> Outline:
        self.events = yaml.parse(self.found.text, Loader=_LOADER)
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                self.found.root = self._node(event)
        return self.found

    def _node(self, event: Any) -> Node:
        mark = event.start_mark
        node = Node(_KINDS[type(event)], mark.index, mark.index, event.end_mark.index,
                    mark.line, mark.column, mark.column)  # fmt: skip
        if node.kind == "alias":
            node.name = event.anchor
            self.found.used.add(event.anchor)
            return node
        node.anchor = event.anchor
        if event.anchor or event.tag:
            self._skip_properties(node, event)
        if event.anchor:
            self.found.anchors[event.anchor] = node
        _FILL[node.kind](self, node, event)
        return node

    def _skip_properties(self, node: Node, event: Any) -> None:
        """The anchor and the tag stand before the content, in whatever order."""
        text, at = self.found.text, node.start
        while at < len(text) and text[at] in "&!":
            while at < len(text) and text[at] not in " \t\r\n,[]{}":
                at += 1
            while at < len(text) and text[at] in " \t":
                at += 1
        node.start = max(node.start, min(at, len(text)))
        if isinstance(event, yaml.ScalarEvent):
            node.end = max(node.end, node.start)

    def _scalar(self, node: Node, event: Any) -> None:
        node.text, node.style = event.value, event.style or ""
        if node.style in ("|", ">"):
            # Spaces at the end of the last line are of the text, the empty lines below are not.
            node.end = node.start + len(_BELOW.sub("", self.found.text[node.start : node.end]))
        elif not node.style and node.start == node.head and not event.value:
            node.end = node.start

    def _list(self, node: Node, event: Any) -> None:
        node.flow = bool(event.flow_style)
        for inner in self.events:
            if isinstance(inner, yaml.SequenceEndEvent):
                self._close(node, inner, node.items[-1].end if node.items else node.start)
                return
            node.items.append(self._node(inner))

    def _mapping(self, node: Node, event: Any) -> None:
        node.flow = bool(event.flow_style)
        for inner in self.events:
            if isinstance(inner, yaml.MappingEndEvent):
                last = node.entries[-1] if node.entries else None
                self._close(node, inner, max(last[0].end, last[1].end) if last else node.start)
                return
            node.entries.append((self._node(inner), self._node(next(self.events))))

    def _close(self, node: Node, event: Any, last: int) -> None:
        """A block ends with its last element; its own end mark is where the next token begins."""
        node.end = event.end_mark.index if node.flow else last
        if not node.flow and node.kind == "mapping" and node.entries:
            first = node.entries[0][0]
            node.start, node.column = first.head, first.column


_KINDS = {
    yaml.ScalarEvent: "scalar",
    yaml.AliasEvent: "alias",
    yaml.SequenceStartEvent: "list",
    yaml.MappingStartEvent: "mapping",
}
_FILL = {"scalar": _Reader._scalar, "list": _Reader._list, "mapping": _Reader._mapping}
