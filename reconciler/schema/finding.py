"""What a schema finds wrong: the value that readers and reports get."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Steps = tuple[str | int, ...]
"""A path from the top of a document: fields by name, entries of lists by index."""


class Fate(Enum):
    """What becomes of the part that a finding is about, once it has been said."""

    REFUSED = "refused"
    """It cannot be read; it counts as declared."""
    UNKNOWN = "unknown"
    """Nothing by that name is read."""
    MISSING = "missing"
    """It has to be there and is not; it counts as declared."""
    KEPT = "kept"
    """It can be read all the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the path of the part, what is wrong, what to do, and what becomes of the part.

    `key`: it is about the key that the path ends in, not about its value.
    """

    path: Steps
    message: str
    hint: str = ""
    fate: Fate = Fate.REFUSED
    key: bool = False
