"""What a desired object is bound to, and the words that steer it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.kinds import MARK
from reconciler.model import Ref

__all__ = ["MARK", "NEW", "Bound"]

NEW = "new"
"""`id: new` says that a near match is not meant: create."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A desired object and its live one.  `how` is managed, adopted, moved, pinned or external.

    `source` is the key that the object had in the state, where it moved.
    """

    id: str
    how: str
    source: Ref | None = None
