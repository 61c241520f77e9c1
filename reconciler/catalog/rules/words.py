"""How messages of rules show values and lists of names."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model import Value
from reconciler.normalize import spelled
from reconciler.quoting import LONGEST, quoted

FEW = 6
"""Names that a sentence lists."""


def shown(value: Value) -> str:
    """A value in quotes, cut short; elements of a set by commas."""
    return quoted(_text(value))


def plain(value: Value) -> str:
    """A value without quotes, cut short: for reports, which set it apart themselves."""
    text = _text(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _text(value: Value) -> str:
    return ", ".join(map(spelled, value)) if isinstance(value, tuple) else spelled(value)


def listed(names: Sequence[str], joint: str = "or") -> str:
    """`a, b or c`; of many the first ones and how many more."""
    if len(names) > FEW:
        return f"{', '.join(names[:FEW])} {joint} {len(names) - FEW:,} more"
    *some, last = names
    return f"{', '.join(some)} {joint} {last}" if some else last
