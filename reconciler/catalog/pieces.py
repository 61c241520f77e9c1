"""What one file declares, apart from all others, as bytes: kept between runs (contract 7.4).

A piece is a function of the file's bytes, its name and the environment.  Where reading found a
problem, or looked at another file, there is none: such a file is read anew each time.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from reconciler.catalog.draft import Book, Defaults, Draft, Edge, edge
from reconciler.model import Ref
from reconciler.places import NOTHING, mark_of, place_at, shared
from reconciler.yamlfile import Map, Node, Scalar, Seq

T = TypeVar("T", bound=Draft)

# What few objects say, and what stands for not saying it.
_RARE: Mapping[str, Any] = {
    "labels": NOTHING,
    "was": None,
    "ignored": None,
    "id": None,
    "pinned": False,
    "external": False,
    "prevent_destroy": None,
    "inherit": None,
    "nested": None,
}


class Kept(Protocol):
    """Where pieces are kept."""

    def get(self, file: str, raw: bytes) -> bytes | None:
        """The piece of a file with these bytes; None where none is kept."""

    def put(self, file: str, raw: bytes, piece: bytes) -> None:
        """Keep the piece of a file with these bytes."""


@dataclass(slots=True)
class Start:
    """How far a book had been filled before a file was read into it."""

    drafts: int
    named: int
    left_out: int
    defaults: int
    others: tuple[int, ...]


def start(book: Book) -> Start:
    """Note how far a book is filled, before a file is read into it."""
    book.looked_beside = False
    return Start(
        len(book.drafts), len(book.named), len(book.left_out), len(book.defaults), _others(book)
    )


def _others(book: Book) -> tuple[int, ...]:
    """What a piece has no room for: problems, and entries that stand in few files."""
    found = (book.findings.found, book.lost.keys, book.moves, book.removed)
    return tuple(map(len, found))


def packed(book: Book, since: Start) -> bytes | None:
    """What a file has brought into a book; None where that is more than its bytes say."""
    left = book.left_out[since.left_out :]
    # Of an object that several files leave out the book has the place in the first one.
    is_first = all(book.elsewhere[ref].file == place.file for ref, _, place in left)
    if book.looked_beside or _others(book) != since.others or not is_first:
        return None
    names = _Names()
    drafts = [_packed(draft, names) for draft in book.drafts[since.drafts :]]
    defaults = [
        (item.list, _packed(item, names)) for item in list(book.defaults.values())[since.defaults :]
    ]
    named = [(owner, name, mark_of(place)) for owner, name, place in book.named[since.named :]]
    left_out = [
        (*ref, mark_of(key), mark_of(place), mark_of(book.elsewhere[ref]))
        for ref, key, place in left
    ]
    return marshal.dumps((list(names.known), drafts, defaults, named, left_out))


def unpack(book: Book, file: str, data: bytes) -> None:
    """Fill a book as reading the file would."""
    names, drafts, defaults, named, left_out = marshal.loads(data)
    reader = _Unpacker(file, names)
    for item in drafts:
        draft = reader.draft(Draft, item)
        book.drafts.append(draft)
        book.index.setdefault(draft.ref, draft)
    for name, item in defaults:
        found = reader.draft(Defaults, item)
        found.list = name
        book.defaults[found.ref] = found
    book.named += [(owner, name, place_at(file, mark)) for owner, name, mark in named]
    for kind, key, key_mark, mark, only in left_out:
        ref = Ref(kind, key)
        book.left_out.append((ref, place_at(file, key_mark), place_at(file, mark)))
        book.elsewhere.setdefault(ref, place_at(file, only))


# --- objects ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Names:
    """Tuples of names, each once: a number stands for it."""

    known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def number(self, names: Iterable[Any]) -> int:
        return self.known.setdefault(tuple(names), len(self.known))


def _packed(draft: Draft, names: _Names) -> tuple[Any, ...]:
    mentioned = [(name.field, *name.ref) for name in draft.mentions.names]
    rare = {}
    for name, usual in _RARE.items():
        value = getattr(draft, name)
        if value is not usual:
            rare[name] = value
    return (
        *draft.ref,
        draft.mark,
        draft.key_mark,
        draft.fields,
        names.number(draft.places.names),
        _bytes(draft.places.marks),
        names.number(mentioned),
        _bytes(draft.mentions.marks),
        {key: _packed_node(node) for key, node in draft.values.items()},
        rare,
    )


class _Unpacker:
    """Makes drafts of a file again."""

    def __init__(self, file: str, names: list[tuple[Any, ...]]) -> None:
        self.file = file
        self.names = [shared(item) for item in names]
        self.edges: dict[int, tuple[Edge, ...]] = {}

    def draft(self, sort: type[T], item: tuple[Any, ...]) -> T:
        kind, key, mark, key_mark, fields, names, marks, edges, mentions, values, rare = item
        draft = sort(Ref(kind, key), self.file, mark, key_mark)
        draft.fields = fields
        draft.places.names, draft.places.marks = self.names[names], _marks(marks)
        draft.mentions.names, draft.mentions.marks = self._edges(edges), _marks(mentions)
        if values:
            draft.values = {name: self._node(node) for name, node in values.items()}
        for name, value in rare.items():
            setattr(draft, name, value)
        return draft

    def _edges(self, number: int) -> tuple[Edge, ...]:
        if number not in self.edges:
            self.edges[number] = shared(tuple(edge(*name) for name in self.names[number]))
        return self.edges[number]

    def _node(self, node: tuple[Any, ...]) -> Node:
        if len(node) == 3:
            return Scalar(self.file, *node)
        mark, inside = node
        if isinstance(inside, list):
            return Seq(self.file, mark, [self._node(item) for item in inside])
        found = {}
        for text, (key_mark, plain, value) in inside.items():
            found[text] = (Scalar(self.file, key_mark, text, plain), self._node(value))
        return Map(self.file, mark, found)


def _packed_node(node: Node) -> tuple[Any, ...]:
    if isinstance(node, Scalar):
        return node.mark, node.text, node.plain
    if isinstance(node, Seq):
        return node.mark, [_packed_node(item) for item in node.items]
    inside = {}
    for text, (key, value) in node.by_key.items():
        inside[text] = (key.mark, key.plain, _packed_node(value))
    return node.mark, inside


def _bytes(marks: Iterable[int]) -> bytes:
    return array("Q", marks).tobytes()


def _marks(data: bytes) -> array[int]:
    found = array("Q")
    found.frombytes(data)
    return found
