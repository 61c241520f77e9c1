"""Places kept as numbers: a catalog has ten for each object, and a message needs one in a thousand.

A *mark* is a line and a column in one number, both counted from 0; with its file it is a place.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from reconciler.model import Place

K = TypeVar("K")

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""Shared by all that have nothing."""

LINE = 32
"""A mark is the line, shifted by so many bits, and the column."""
_COLUMN = (1 << LINE) - 1


def place_at(file: str, mark: int) -> Place:
    """The place of a mark in a file."""
    return Place(file, (mark >> LINE) + 1, (mark & _COLUMN) + 1)


def mark_of(place: Place) -> int:
    """The mark of a place."""
    return (place.line - 1) << LINE | (place.column - 1)


@lru_cache(maxsize=10_000)
def shared(names: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same names, once for all entries that have them."""
    return names


class Marked(Generic[K]):
    """Names in the order of a file, each with its mark."""

    __slots__ = ("file", "marks", "names")

    def __init__(self, file: str) -> None:
        self.file = file
        self.names: Sequence[K] = []
        self.marks: MutableSequence[int] = []

    def note(self, name: K, mark: int) -> None:
        """Add a name, before `pack`."""
        self.names.append(name)  # type: ignore[attr-defined]
        self.marks.append(mark)

    def pack(self) -> None:
        """Take up less room: the names are shared, the marks are bytes."""
        self.names = shared(tuple(self.names))
        self.marks = array("Q", self.marks)


class Places(Marked[str], Mapping[str, Place]):
    """Where the fields of an entry stand; each place is made when it is asked for.

    `others` are those in other files.
    """

    __slots__ = ("others",)

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.others: Mapping[str, Place] = NOTHING

    def put(self, name: str, place: Place) -> None:
        """Say where a field stands, after `pack`."""
        if place.file != self.file:
            self.others = {**self.others, name: place}
            return
        if name in self.others:
            self.others = {key: other for key, other in self.others.items() if key != name}
        if name in self.names:
            self.marks[self.names.index(name)] = mark_of(place)
        else:
            self.names = shared((*self.names, name))
            self.marks.append(mark_of(place))

    def __getitem__(self, name: str) -> Place:
        if name in self.others:
            return self.others[name]
        if name not in self.names:
            raise KeyError(name)
        return place_at(self.file, self.marks[self.names.index(name)])

    def __contains__(self, name: object) -> bool:
        return name in self.names or name in self.others

    def __iter__(self) -> Iterator[str]:
        yield from self.names
        yield from (name for name in self.others if name not in self.names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))
