"""YAML text ↔ nodes with file, line, column and the typed text (contract 1.4, 1.6).

Built on PyYAML's event stream, never on its constructors: the events carry place, quoting and
the characters that were typed, and nothing in a file can make an object.  The only importer of
yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from reconciler.model import Number, Place, Problem

DEFAULT_MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 5_000_000
"""Nodes that a file may come to once its aliases are expanded: an alias bomb has billions."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar: `text` is what was typed, `plain` says that it was not quoted."""

    place: Place
    text: str
    plain: bool
    size: int = 1

    @property
    def is_null(self) -> bool:
        """Only null, ~ and nothing are null."""
        return self.plain and self.text in ("", "~", "null")

    @property
    def as_bool(self) -> bool | None:
        """Only true and false are booleans."""
        return {"true": True, "false": False}.get(self.text) if self.plain else None

    @property
    def as_number(self) -> Number | None:
        """A number in JSON's grammar."""
        return Number(self.text) if self.plain and _NUMBER.match(self.text) else None


@dataclass(frozen=True, slots=True)
class Seq:
    """A list; `size` counts all nodes in it."""

    place: Place
    items: tuple[Node, ...]
    size: int = 1


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping, in the order of the file, `<<` merged in."""

    place: Place
    entries: tuple[tuple[Scalar, Node], ...]
    size: int = 1

    def get(self, name: str) -> Node | None:
        """The value of a key."""
        return next((value for key, value in self.entries if key.text == name), None)

    def key_place(self, name: str) -> Place | None:
        """Where a key stands."""
        return next((key.place for key, _ in self.entries if key.text == name), None)


Node = Scalar | Seq | Map


class _Fault(Exception):
    """Reading ends here."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def parse(
    data: bytes, file: str, *, max_bytes: int = DEFAULT_MAX_BYTES
) -> tuple[Node | None, list[Problem]]:
    """The document of a file and everything wrong with it; None without problems if empty."""
    try:
        text = _text(data, file, max_bytes)
        reader = _Reader(file)
        return reader.document(text), reader.problems
    except _Fault as fault:
        return None, [fault.problem]


def _text(data: bytes, file: str, max_bytes: int) -> str:
    if len(data) > max_bytes:
        size = f"{len(data):,} bytes, the bound is {max_bytes:,}"
        raise _Fault(Problem(Place(file), f"the file is too large: {size}", "split it"))
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _Fault(Problem(Place(file), "the file is UTF-16", "save it as UTF-8"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise _Fault(
            Problem(_place_after(file, before), "not valid UTF-8", "save the file as UTF-8")
        ) from None
    bad = _CONTROL.search(text)
    if bad:
        what = f"a control character (U+{ord(bad[0]):04X}) is not allowed"
        raise _Fault(Problem(_place_after(file, text[: bad.start()]), what, "remove it"))
    return text


def _place_after(file: str, text: str) -> Place:
    return Place(file, text.count("\n") + 1, len(text) - text.rfind("\n"))


@dataclass
class _Reader:
    """Builds nodes from events; problems that do not end the reading are gathered."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    total: int = 0

    def document(self, text: str) -> Node | None:
        """The only document of a file."""
        try:
            return self._only(yaml.parse(text, Loader=_LOADER))
        except yaml.MarkedYAMLError as error:
            raise self._reworded(error, text) from None
        except yaml.YAMLError as error:
            raise _Fault(Problem(Place(self.file), f"not YAML: {error}")) from None

    def _only(self, events: Iterator[Any]) -> Node | None:
        found: Node | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    what = "a second document begins here"
                    raise _Fault(Problem(self._place(event), what, "put it in a file of its own"))
            elif isinstance(event, yaml.NodeEvent):
                found = self._node(event, events, 1)
        return None if isinstance(found, Scalar) and found.is_null else found

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth > MAX_DEPTH:
            what = f"nested deeper than {MAX_DEPTH} levels"
            raise _Fault(Problem(self._place(event), what, "make it flatter"))
        if event.tag not in (None, "!", "tag:yaml.org,2002:str", "!!str"):
            what = f"the tag {event.tag} is not allowed"
            raise _Fault(
                Problem(self._place(event), what, "remove it; values are read as declared")
            )
        if event.anchor:
            self.opened.add(event.anchor)
        node = self._content(event, events, depth)
        if event.anchor:
            self.opened.discard(event.anchor)
            self.anchors[event.anchor] = node
        return node

    def _content(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        place = self._place(event)
        if isinstance(event, yaml.ScalarEvent):
            self._count(1, place)
            return Scalar(place, event.value, event.implicit[0] and not event.style)
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self._children(events, yaml.SequenceEndEvent, depth))
            return Seq(place, items, 1 + sum(item.size for item in items))
        return self._mapping(place, events, depth)

    def _children(self, events: Iterator[Any], end: type, depth: int) -> Iterator[Node]:
        for event in events:
            if isinstance(event, end):
                return
            yield self._node(event, events, depth + 1)

    def _alias(self, event: Any) -> Node:
        name, place = event.anchor, self._place(event)
        if name in self.opened:
            raise _Fault(Problem(place, f"the alias *{name} lies inside itself", "write it out"))
        if name not in self.anchors:
            raise _Fault(Problem(place, f"no anchor &{name} stands before this alias"))
        node = self.anchors[name]
        self._count(node.size, place)
        return node

    def _count(self, number: int, place: Place) -> None:
        self.total += number
        if self.total > MAX_NODES:
            what = f"aliases expand to more than {MAX_NODES:,} values"
            raise _Fault(Problem(place, what, "use fewer aliases, or split the file"))

    def _mapping(self, place: Place, events: Iterator[Any], depth: int) -> Map:
        own: dict[str, tuple[Scalar, Node]] = {}
        merged: dict[str, tuple[Scalar, Node]] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                self.problems.append(Problem(key.place, "a key must be a text"))
            elif key.plain and key.text == _MERGE:
                for name, entry in self._merged(key, value):
                    merged.setdefault(name, entry)
            elif key.text in own:
                self._duplicate(key, own[key.text][0])
            else:
                own[key.text] = (key, value)
        entries = (*own.values(), *(e for name, e in merged.items() if name not in own))
        return Map(place, entries, 1 + sum(value.size + 1 for _, value in entries))

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        what = f"duplicate key '{key.text}'"
        self.problems.append(Problem(key.place, what, f"it stands in line {first.place.line} too"))

    def _merged(self, key: Scalar, value: Node) -> Iterator[tuple[str, tuple[Scalar, Node]]]:
        for source in value.items if isinstance(value, Seq) else (value,):
            if isinstance(source, Map):
                yield from ((name.text, (name, item)) for name, item in source.entries)
            else:
                self.problems.append(Problem(key.place, "<< takes a mapping, or a list of them"))

    def _reworded(self, error: yaml.MarkedYAMLError, text: str) -> _Fault:
        mark = error.problem_mark or error.context_mark
        place = Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)
        lines = text.splitlines()
        line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        if "\t" in line[: len(line) - len(line.lstrip())]:
            return _Fault(Problem(place, "a tab is used as indentation", "indent with spaces"))
        said = error.problem or "this cannot be read"
        return _Fault(Problem(place, f"not YAML: {said}", _hint(said)))


def _hint(said: str) -> str:
    if "mapping values" in said or "could not find expected ':'" in said:
        return "quote a text that holds a colon, and check the indentation"
    return "check indentation, quotes and brackets near here"


def plain_data(node: Node | None) -> Any:
    """Python data for the JSON Schema: never a timestamp, never a guess."""
    if isinstance(node, Map):
        return {key.text: plain_data(value) for key, value in node.entries}
    if isinstance(node, Seq):
        return [plain_data(item) for item in node.items]
    return None if node is None else _plain_scalar(node)


def _plain_scalar(node: Scalar) -> Any:
    if node.is_null:
        return None
    if node.as_bool is not None:
        return node.as_bool
    if node.as_number is None:
        return node.text
    # The schema only asks whether it is a number; a huge exponent must not be worked out.
    return int(node.text) if len(node.text) < 18 and node.text.lstrip("-").isdigit() else 0.5


def locate(node: Node, path: Iterable[str | int]) -> Place:
    """The place of a value by keys and indexes; of the nearest thing there is where it stops."""
    place = node.place
    step: Node | None = node
    for part in path:
        if isinstance(step, Map):
            place = step.key_place(str(part)) or place
            step = step.get(str(part))
        elif isinstance(step, Seq) and isinstance(part, int) and part < len(step.items):
            step = step.items[part]
        else:
            return place
        if step is None:
            return place
        place = step.place
    return place
