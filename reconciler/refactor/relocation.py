"""Paths that are relative to the file in which they stand, when they come to stand in another."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.model import Catalog
from reconciler.refactor.files import Spot
from reconciler.refactor.places import Position, position
from reconciler.yamltext.edit import Edit
from reconciler.yamltext.edits import become
from reconciler.yamltext.spans import MapNode, Outline, ScalarNode

FILE = "file"
"""The line of a value that names a text file (contract 1.4)."""
PATH = "path"
"""The line of a file to upload, which no other kind has."""


@dataclass(frozen=True, slots=True)
class Relocation:
    """From one catalog file into another; `texts` are where the first one names text files."""

    source: str
    to: str
    texts: frozenset[Position]

    @classmethod
    def of(cls, catalog: Catalog, source: str, to: str) -> Relocation:
        """The way from one file of a catalog to another."""
        places = (place for place in catalog.text_files if place.file == source)
        return cls(source, to, frozenset(map(position, places)))

    def path(self, path: str) -> str:
        """A path that leads to the same from the other file."""
        before, after = posixpath.dirname(self.source), posixpath.dirname(self.to)
        if before == after or path.startswith("/"):
            return path
        between = posixpath.relpath(before or ".", after or ".")
        return posixpath.normpath(posixpath.join(between, path))

    def names_text(self, node: MapNode) -> bool:
        """Whether a value is in a text file, which this names."""
        return (node.line + 1, node.at + 1) in self.texts

    def edits(self, on: Outline, spot: Spot) -> Iterator[Edit]:
        """The edits by which the paths of an object, and of what is nested in it, lead on."""
        for node in spot.node.walk():
            if isinstance(node, MapNode) and self.names_text(node):
                yield from self._edit(on, node, FILE)
        yield from self._edit(on, spot.node, PATH)

    def _edit(self, on: Outline, node: MapNode, name: str) -> list[Edit]:
        found = node.get(name)
        if not isinstance(found, ScalarNode):
            return []
        return become(on, node, name, self.path(found.text))
