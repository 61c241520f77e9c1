"""What the cells of a row held when they were exported, as one text beside the row.

    # pxm collection: name color weight              the header: the kind, and what was exported
    key=90c1e44b name=5f2c81aa weight=77b0c9d1       a row: fingerprints of what was not empty

The key is in it as well: who copies a row for a new object copies its base, which says nothing of
that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sheets.cells import fingerprint
from reconciler.sheets.columns import KEY
from reconciler.sheets.shapes import Shape, Sort

_KEYS = Shape(Sort.TEXT)
MARK = "# pxm"
"""How the header of a base begins, or the first cell of its sheet."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the header of a base says: the kind of the rows, and the columns that were exported."""

    kind: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{MARK} {self.kind}: {' '.join(self.names)}"


def head_of(header: str) -> Head | None:
    """What a header says; None of one that is not a base's."""
    if not header.startswith(f"{MARK} "):
        return None
    kind, _, names = header.removeprefix(MARK).partition(":")
    return Head(kind.strip(), tuple(names.split()))


def text_of(key: str, prints: Mapping[str, str]) -> str:
    """The base of the row of an object."""
    found = {KEY: fingerprint(key, _KEYS), **prints}
    return " ".join(f"{name}={value}" for name, value in found.items() if value)


def prints_of(key: str, text: str, head: Head) -> dict[str, str]:
    """The fingerprints of a row's base; none where it is another row's, or damaged."""
    found: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.rpartition("=")
        found[name] = value
    if found.get(KEY) != fingerprint(key, _KEYS):
        return {}
    return {name: found.get(name, "") for name in head.names}
