"""Lists: which objects, in what order, how many, and how far behind (article: list parameters)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from reconciler.sandbox.late import Arriving
from reconciler.sandbox.lists import filters
from reconciler.sandbox.lists.paging import Pager
from reconciler.sandbox.lists.placement import Placement
from reconciler.sandbox.lists.staleness import Staleness
from reconciler.sandbox.rules import HttpRefusal
from reconciler.sandbox.store import AccountStore, Object

T = TypeVar("T")

MOST_IDS = 50
"""The most ids under ids-capped and ids-limit: the article names none."""
REMEMBERED = 32
"""Queries whose ids are remembered."""

_LOOKED_UP = frozenset({"ids", "parent_id", "folder_level"})
"""Filters that the store finds objects by, without looking at all of them."""

_HIDING = frozenset({"partial-view", "status-deleted", "root-unlisted", "files-late"})
"""Dialects under which a list without filters is not just everything."""


class Lists:
    """The lists of one account."""

    def __init__(
        self, store: AccountStore, dialects: frozenset[str], lag: float, arriving: Arriving
    ) -> None:
        self.store = store
        self.dialects = dialects
        self.arriving = arriving
        self._pager = Pager(dialects)
        self._placement = Placement(store, dialects)
        self._staleness = Staleness(store, dialects, lag)
        self._found: OrderedDict[tuple[str, ...], tuple[int, list[str]]] = OrderedDict()

    # --- pages ---

    def page(self, kind: str, query: Mapping[str, str]) -> tuple[list[Object], int, int]:
        """A page of a list, how many there are in all, and the offset.  HttpRefusal."""
        limit, offset = self._pager.window(query)
        if kind == "file" and offset == 0:
            # Pages that are read side by side are one read.
            self.arriving.listed()
        asked = filters.asked(kind, query, self.dialects)
        lagging = self._staleness.lagging(kind)
        if lagging:
            behind = self._staleness.behind(self._everything(kind), lagging)
            found = list(self._wanted(kind, asked, behind))
            return self._pager.cut(found, limit, offset), len(found), offset
        ids = self._ids(kind, asked)
        items = self.store.objects[kind]
        graves = self.store.graves[kind]
        shown = [items.get(id_) or graves[id_] for id_ in self._pager.cut(ids, limit, offset)]
        return shown, len(ids), offset

    def paged(self, items: list[T], query: Mapping[str, str]) -> list[T]:
        """A page of what no list parameter chose."""
        limit, offset = self._pager.window(query)
        return self._pager.cut(items, limit, offset)

    def current(self, kind: str) -> Iterable[Object]:
        """The objects that lists and searches show now."""
        items: Iterable[Object] = self._everything(kind)
        lagging = self._staleness.lagging(kind)
        if lagging:
            items = self._staleness.behind(items, lagging)
        return self._visible(kind, items)

    def note(self, kind: str, id_: str, before: Object | None) -> None:
        """An object was written that was `before`: lists may go on showing that for a while."""
        self._staleness.note(kind, id_, before)

    # --- what a query finds ---

    def _ids(self, kind: str, asked: Mapping[str, str]) -> list[str]:
        """The ids that a query finds, oldest first."""
        if not asked and not self.dialects & _HIDING:
            return self.store.order(kind)
        if "ids" in asked or (kind == "file" and self.arriving):
            return [item["id"] for item in self._wanted(kind, asked)]
        return self._remembered_ids(kind, asked)

    def _remembered_ids(self, kind: str, asked: Mapping[str, str]) -> list[str]:
        """The ids that a query finds, remembered until something of the kind changes."""
        key = (kind, *(f"{name}={value}" for name, value in sorted(asked.items())))
        # Which collections lie under a category, and what is seen, depend on other kinds, too.
        version = sum(self.store.versions[name] for name in (kind, "category", "region"))
        known_version, ids = self._found.get(key, (-1, []))
        if known_version != version:
            ids = [item["id"] for item in self._wanted(kind, asked)]
            self._found[key] = (version, ids)
        self._found.move_to_end(key)
        if len(self._found) > REMEMBERED:
            self._found.popitem(last=False)
        return ids

    def _wanted(
        self, kind: str, asked: Mapping[str, str], behind: Iterable[Object] | None = None
    ) -> Iterator[Object]:
        """The objects that pass the filters; `behind` stands for everything where lists lag."""
        checks = filters.checks(asked, self.dialects)
        items = self._candidates(kind, asked, behind)
        for item in self._visible(kind, items):
            if all(check(item) for check in checks):
                yield item

    def _candidates(
        self, kind: str, asked: Mapping[str, str], behind: Iterable[Object] | None
    ) -> Iterable[Object]:
        everything = self._everything(kind) if behind is None else behind
        if not asked.keys() & _LOOKED_UP:
            return everything
        found = self._looked_up(kind, asked)
        if behind is None:
            return found
        ids = {item["id"] for item in found}
        return [item for item in behind if item["id"] in ids]

    def _everything(self, kind: str) -> Iterator[Object]:
        yield from self.store.of(kind).values()
        yield from self.store.graves[kind].values()

    def _looked_up(self, kind: str, asked: Mapping[str, str]) -> list[Object]:
        """What ids, parent and level choose, without looking at everything."""
        if "ids" in asked:
            return self.store.some(kind, self._asked_ids(kind, asked["ids"]))
        return self._placement.inside(asked.get("parent_id", ""), asked.get("folder_level", ""))

    def _asked_ids(self, kind: str, text: str) -> list[str]:
        ids = [id_.strip() for id_ in text.split(",")]
        if "ids-limit" in self.dialects and len(ids) > MOST_IDS:
            raise HttpRefusal(400, f"ids takes at most {MOST_IDS}")
        if "ids-strict" in self.dialects and not self.store.of(kind).keys() >= set(ids):
            raise HttpRefusal(404, "Not Found")
        return ids[:MOST_IDS] if "ids-capped" in self.dialects else ids

    # --- what is not seen ---

    def hidden_region(self) -> str | None:
        """The region that the token no longer sees (dialect partial-view)."""
        if "partial-view" not in self.dialects:
            return None
        regions = [item for item in self.store.of("region").values() if not item.get("is_primary")]
        return str(regions[-1]["id"]) if regions else None

    def is_hidden(self, kind: str, item: Object) -> bool:
        """The token does not see this object: every answer is as if it were not there."""
        if kind == "file" and self.arriving.hides(item["id"]):
            return True
        hidden = self.hidden_region()
        return hidden is not None and _is_only_in(kind, item, hidden)

    def _visible(self, kind: str, items: Iterable[Object]) -> Iterable[Object]:
        hidden = self.hidden_region()
        if hidden is not None:
            items = filter(lambda item: not _is_only_in(kind, item, hidden), items)
        if kind == "category" and "root-unlisted" in self.dialects:
            items = filter(lambda item: item.get("parent_id"), items)
        if kind == "file" and self.arriving:
            items = filter(lambda item: not self.arriving.hides(item["id"]), items)
        return items


def _is_only_in(kind: str, item: Object, region: str) -> bool:
    """The object is that region, or no other region has it."""
    if kind == "region":
        return bool(item["id"] == region)
    return bool(item.get("region_ids") == [region])
