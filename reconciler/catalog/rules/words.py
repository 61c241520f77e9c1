"""How messages of rules show values and lists of names."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model import Value
from reconciler.normalize import spelled
from reconciler.quoting import quoted

FEW = 6
"""Names that a sentence lists."""


def shown(value: Value) -> str:
    """A value in quotes; elements of a set by commas."""
    if isinstance(value, tuple):
        return quoted(", ".join(map(spelled, value)))
    return quoted(spelled(value))


def listed(names: Sequence[str], joint: str = "or") -> str:
    """`a, b or c`; of many the first ones and how many more."""
    if len(names) > FEW:
        return f"{', '.join(names[:FEW])} {joint} {len(names) - FEW:,} more"
    *some, last = names
    return f"{', '.join(some)} {joint} {last}" if some else last
