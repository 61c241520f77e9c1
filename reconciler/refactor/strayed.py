"""What an edit of the files changed beside what it was meant to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reconciler.model import Catalog, Ref
from reconciler.normalize import spelled


def strayed(old: Catalog, new: Catalog, touched: Collection[Ref]) -> list[Ref]:
    """Objects that are not as they were, but for those that were meant."""
    before, now = old.resources, new.resources
    other = [
        ref
        for ref in {*before, *now} - {*touched}
        if ref not in before or ref not in now or before[ref].fields != now[ref].fields
    ]
    return sorted(ref for ref in other if not _follows(ref, before, now))


def words_of(beside: Collection[Ref]) -> str:
    """What an edit would have done to them, for a message."""
    return f"would have changed {', '.join(map(spelled, list(beside)[:3]))} too"


def _follows(ref: Ref, before: Mapping[Ref, object], now: Mapping[Ref, object]) -> bool:
    """A product's type follows from whether it has variants."""
    if ref not in before or ref not in now:
        return False
    one, other = (dict(getattr(x[ref], "fields", {})) for x in (before, now))
    one.pop("type", None)
    other.pop("type", None)
    return one == other
