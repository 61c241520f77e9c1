"""Lists: which objects, in what order, how many, and how far behind (article: list parameters)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping

from reconciler.sandbox.rules import Refusal
from reconciler.sandbox.store import Object, Store

DEFAULT_LIMIT = 20
CAP = 50


class Lists:
    """The lists of one account."""

    def __init__(self, store: Store, dialects: frozenset[str], lag: float) -> None:
        self.store = store
        self.dialects = dialects
        self._lag = lag
        self._stale: dict[tuple[str, str], tuple[float, Object | None]] = {}
        self._shuffle = random.Random(7)

    def page(self, kind: str, query: Mapping[str, str]) -> tuple[list[Object], int, int]:
        """A page of a list, how many there are in all, and the offset."""
        limit = whole(query, "limit", DEFAULT_LIMIT)
        offset = whole(query, "offset", 0)
        if "page-cap" in self.dialects:
            limit = min(limit, CAP)
        found = [item for item in self.current(kind) if self._wanted(kind, item, query)]
        if "page-shuffle" in self.dialects:
            self._shuffle.shuffle(found)
        page = found[offset : offset + limit]
        if not page and found and "page-repeat" in self.dialects and limit:
            page = found[(len(found) - 1) // limit * limit :][:limit]
        return page, len(found), offset

    def current(self, kind: str) -> Iterable[Object]:
        """The objects that lists show now."""
        items = dict(self.store.of(kind))
        hidden = self.hidden_region()
        if "stale-lists" in self.dialects:
            for (stale_kind, id_), (until, before) in self._stale.items():
                if stale_kind == kind and time.monotonic() < until:
                    items.pop(id_, None)
                    if before is not None:
                        items[id_] = before
        if hidden is None:
            return items.values()
        return [item for item in items.values() if not only_in(kind, item, hidden)]

    def hidden_region(self) -> str | None:
        """The region that the token no longer sees (dialect partial-view)."""
        if "partial-view" not in self.dialects:
            return None
        regions = [item for item in self.store.of("region").values() if not item.get("is_primary")]
        return str(regions[-1]["id"]) if regions else None

    def _wanted(self, kind: str, item: Object, query: Mapping[str, str]) -> bool:
        return all(
            check(item, query[name], kind) for name, check in _FILTERS.items() if query.get(name)
        )

    def note(self, kind: str, id_: str, before: Object | None) -> None:
        """Remember what lists go on showing for a while."""
        if "stale-lists" in self.dialects:
            until = time.monotonic() + self._lag
            known = self._stale.get((kind, id_))
            if known is not None and known[0] > time.monotonic():
                before = known[1]
            self._stale[kind, id_] = (until, before)


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A parameter that is a whole number; Refusal where it is not."""
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise Refusal(400, f"{name} must be a whole number")
    return int(text)


def only_in(kind: str, item: Object, region: str) -> bool:
    """Only that region has it."""
    if kind == "region":
        return bool(item["id"] == region)
    return item.get("region_ids") == [region]


def _dated(name: str, after: bool) -> Callable[[Object, str, str], bool]:
    def check(item: Object, value: str, _: str) -> bool:
        day = str(item.get(name, ""))[:10]
        return day >= value[:10] if after else day <= value[:10]

    return check


def in_parent(item: Object, value: str, kind: str) -> bool:
    """Directly inside a category or a parent collection."""
    direct = (
        item.get("parent_id"),
        item.get("parent_topic_id"),
        *(item.get("direct_parent") or ()),
    )
    return value in direct if kind == "collection" else item.get("parent_id") == value


def _any_of(name: str) -> Callable[[Object, str, str], bool]:
    return lambda item, value, _: bool(set(value.split(",")) & set(item.get(name) or ()))


_FILTERS: Mapping[str, Callable[[Object, str, str], bool]] = {
    "ids": lambda item, value, _: item["id"] in value.split(","),
    "region_ids": _any_of("region_ids"),
    "collection_ids": _any_of("collections"),
    "parent_id": in_parent,
    "created_start_date": _dated("created_date", True),
    "created_end_date": _dated("created_date", False),
    "updated_start_date": _dated("updated_date", True),
    "updated_end_date": _dated("updated_date", False),
}
