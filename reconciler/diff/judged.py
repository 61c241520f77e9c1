"""What became of one field of an object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from reconciler.model import FieldChange


class Mark(Enum):
    """What becomes of a field that is not written."""

    NONE = "none"
    """Nothing: it stays as it is, here, there and in the state."""
    UNCHANGED = "unchanged"
    """Desired is live; what the state knows may still say something else."""
    SETTLED = "settled"
    """It counts as sent from now on."""
    RELEASED = "released"
    """It is no longer ours, and is shown."""
    FORGOTTEN = "forgotten"
    """It leaves the state."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The changes of one field (a set may have two: ours and drift), or a mark."""

    changes: tuple[FieldChange, ...] = ()
    mark: Mark = Mark.NONE
