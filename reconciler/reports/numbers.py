"""Numbers that change: by how much, and by which factor (8.1)."""

from __future__ import annotations

from decimal import Decimal

from reconciler.model import Number, Value

_DIGITS = 15
"""Digits before and behind the point up to which a difference is told."""

_MOST = 1_000
"""Per cent from which a reader is better served by the two numbers."""


def difference(before: Value, after: Value) -> str:
    """`+2.4, +10 %` for 24 and 26.4; empty where the two are no numbers, or none to compare."""
    was, now = _number(before), _number(after)
    if was is None or now is None or was == now:
        return ""
    by = f"{now - was:+f}"
    by = by.rstrip("0").rstrip(".") if "." in by else by
    share = percent(before, after)
    return f"{by}, {share}" if share else by


def percent(before: Value, after: Value) -> str:
    """`+10 %`, to a tenth of it; empty where the two are no numbers, equal, or far apart."""
    was, now = _number(before), _number(after)
    if not was or now is None or was.is_signed() != now.is_signed():
        return ""
    share = ((now / was - 1) * 100).quantize(Decimal("0.1"))
    if not share or abs(share) >= _MOST:
        return ""
    return f"{share:+f}".removesuffix(".0") + " %"


def _number(value: Value) -> Decimal | None:
    """A number that people read as one: neither endless nor out of all bounds."""
    if not isinstance(value, Number) or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    bounded = isinstance(exponent, int) and abs(exponent) < _DIGITS
    return Decimal(value) if bounded and value.adjusted() < _DIGITS else None
