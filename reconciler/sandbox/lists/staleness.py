"""Lists that lag behind what was written (dialect stale-lists)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from reconciler.sandbox.store import AccountStore, Object


class Staleness:
    """What the lists of an account still show as it was, for `lag` seconds after each write."""

    def __init__(self, store: AccountStore, dialects: frozenset[str], lag: float) -> None:
        self._store = store
        self._is_on = "stale-lists" in dialects
        self._lag = lag
        self._stale: dict[tuple[str, str], tuple[float, Object | None]] = {}
        """(kind, id) → until when, and the object as it was; None where it was not there."""

    def note(self, kind: str, id_: str, before: Object | None) -> None:
        """An object was written that was `before`; the oldest state that still shows is kept."""
        if not self._is_on:
            return
        now = time.monotonic()
        until, shown = self._stale.get((kind, id_), (now, None))
        if until > now:
            before = shown
        self._stale[kind, id_] = (now + self._lag, before)

    def lagging(self, kind: str) -> dict[str, Object | None]:
        """The objects of a kind that lists show as they were; None for those not shown yet."""
        now = time.monotonic()
        self._stale = {key: known for key, known in self._stale.items() if known[0] > now}
        found = {}
        for (of, id_), (_, shown) in self._stale.items():
            if of == kind:
                found[id_] = shown
        return found

    def behind(
        self, everything: Iterable[Object], lagging: Mapping[str, Object | None]
    ) -> list[Object]:
        """What lists show of a kind, oldest first: `everything`, but for what lags."""
        shown: dict[str, Object | None] = {item["id"]: item for item in everything}
        shown.update(lagging)
        found = [item for item in shown.values() if item is not None]
        return sorted(found, key=lambda item: self._store.age(item["id"]))
