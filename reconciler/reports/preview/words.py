"""Values as a shop says them, not yet made inert."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model import Value

_MIDNIGHT = "T00:00:00Z"
_TRUTH = {True: "Yes", False: "No"}


def spoken(value: Value) -> str:
    """A value in words; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, tuple):
        return ", ".join(map(spoken, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {spoken(item)}" for name, item in value.items())
    return str(value)


def day(value: Value) -> str:
    """An instant; one at midnight is a day."""
    return spoken(value).removesuffix(_MIDNIGHT)


def pieces(value: Value) -> tuple[str, ...]:
    """A value as texts that can differ each on its own: the choices of a pick list, else one."""
    if isinstance(value, tuple):
        return tuple(map(spoken, value))
    return tuple(filter(None, (day(value),)))
