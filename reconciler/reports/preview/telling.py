"""Which attributes tell the variants of a product apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model import Value
from reconciler.reports.preview.words import spoken

MOST = 2
"""A grid has rows and columns."""

LONGEST = 40
"""Characters of a value that can head a row or a column."""


def telling(
    variants: Sequence[Mapping[str, Value]], choices: Sequence[str], others: Sequence[str]
) -> tuple[str, ...]:
    """The paths of at most two attributes whose values differ most among the variants.

    The first is the one with the most values, the second the one that makes the most pairs with
    it; of equal ones the first in the catalog.  Choices (pick lists) go before all others: a
    barcode differs in every variant, and nobody chooses by it.
    """
    found: tuple[str, ...] = ()
    for pool in (choices, others):
        while len(found) < MOST:
            best = _best(variants, found, pool)
            if best is None:
                break
            found = (*found, best)
    return found


def _best(
    variants: Sequence[Mapping[str, Value]], found: tuple[str, ...], pool: Sequence[str]
) -> str | None:
    """The attribute that tells most variants apart, beside those found; None where none does."""
    best, most = None, _combinations(variants, found)
    for path in pool:
        if path in found or not _heads(variants, path):
            continue
        count = _combinations(variants, (*found, path))
        if count > most:
            best, most = path, count
    return best


def _combinations(variants: Sequence[Mapping[str, Value]], paths: tuple[str, ...]) -> int:
    found = set()
    for item in variants:
        found.add(tuple(spoken(item.get(path)) for path in paths))
    return len(found)


def _heads(variants: Sequence[Mapping[str, Value]], path: str) -> bool:
    """Whether all its values can head a row or a column."""
    values = [item.get(path) for item in variants]
    if any(isinstance(value, Mapping) for value in values):
        return False
    return all(len(spoken(value)) <= LONGEST for value in values)
