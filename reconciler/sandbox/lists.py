"""Lists: which objects, in what order, how many, and how far behind (article: list parameters)."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from reconciler.sandbox.late import Arriving
from reconciler.sandbox.rules import Refusal
from reconciler.sandbox.store import Object, Store, references

T = TypeVar("T")

DEFAULT_LIMIT = 20
CAP = 50
MOST = 100
"""What dialects take for the most ids, or the longest page, where the article names none."""
MOST_IDS = 50
REMEMBERED = 32

_DATES = (
    "created_start_date",
    "created_end_date",
    "updated_start_date",
    "updated_end_date",
)

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "collection": ("ids", "parent_id", "folder_level", "region_ids", *_DATES),
    "file": ("collection_ids", "region_ids", *_DATES),
}
"""Filters that a list knows; it does not look at others."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOT_LOOKED_AT = (("ids-ignored", "ids"), ("regions-advisory", "region_ids"))
_LOOKED_UP = ("ids", "parent_id", "folder_level")


class Lists:
    """The lists of one account."""

    def __init__(
        self, store: Store, dialects: frozenset[str], lag: float, arriving: Arriving
    ) -> None:
        self.store = store
        self.dialects = dialects
        self.arriving = arriving
        self._lag = lag
        self._stale: dict[tuple[str, str], tuple[float, Object | None]] = {}
        self._shuffle = random.Random(7)
        self._left_out = itertools.count()
        self._found: OrderedDict[tuple[str, ...], tuple[int, list[str]]] = OrderedDict()

    # --- pages ---

    def page(self, kind: str, query: Mapping[str, str]) -> tuple[list[Object], int, int]:
        """A page of a list, how many there are in all, and the offset.  Refusal."""
        limit, offset = self._limit(query), whole(query, "offset", 0)
        if kind == "file" and offset == 0:
            # Pages that are read side by side are one read.
            self.arriving.listed()
        lagging = self._lagging(kind)
        if lagging:
            found = [*self._wanted(kind, query, self._behind(kind, lagging))]
            return self._cut(found, limit, offset), len(found), offset
        ids = self._ids(kind, query)
        items = self.store.objects[kind]
        graves = self.store.graves[kind]
        shown = [items.get(id_) or graves[id_] for id_ in self._cut(ids, limit, offset)]
        return shown, len(ids), offset

    def paged(self, items: list[T], query: Mapping[str, str]) -> list[T]:
        """A page of what no list parameter chose."""
        return self._cut(items, self._limit(query), whole(query, "offset", 0))

    def current(self, kind: str) -> Iterable[Object]:
        """The objects that lists and searches show now."""
        return self._visible(kind, self._behind(kind, self._lagging(kind)))

    def _limit(self, query: Mapping[str, str]) -> int:
        limit = whole(query, "limit", DEFAULT_LIMIT)
        if "limit-refused" in self.dialects and limit > MOST:
            raise Refusal(400, f"limit must be at most {MOST}")
        if "limit-ignored" in self.dialects:
            return DEFAULT_LIMIT
        return min(limit, CAP) if "page-cap" in self.dialects else limit

    def _cut(self, found: list[T], limit: int, offset: int) -> list[T]:
        if "page-shuffle" in self.dialects:
            found = [*found]
            self._shuffle.shuffle(found)
        if "entries-missing" in self.dialects and found:
            missing = next(self._left_out) % len(found)
            found = [*found[:missing], *found[missing + 1 :]]
        if "offset-rounded" in self.dialects and limit:
            offset = -(-offset // limit) * limit
        page = found[offset : offset + limit]
        if not page and found and limit and "page-repeat" in self.dialects:
            return found[(len(found) - 1) // limit * limit :][:limit]
        return page

    # --- filters ---

    def _asked(self, kind: str, query: Mapping[str, str]) -> dict[str, str]:
        """The filters that this list looks at, with their values."""
        ignored = {name for dialect, name in _NOT_LOOKED_AT if dialect in self.dialects}
        names = (name for name in PARAMETERS.get(kind, ()) if name not in ignored)
        return {name: query[name] for name in names if query.get(name)}

    def _ids(self, kind: str, query: Mapping[str, str]) -> list[str]:
        """The ids that a query finds, remembered until something of the kind changes."""
        asked = self._asked(kind, query)
        if not asked and not self.dialects & _HIDING:
            return self.store.order(kind)
        if "ids" in asked or (kind == "file" and self.arriving):
            return [item["id"] for item in self._wanted(kind, query, None)]
        key = (kind, *(f"{name}={value}" for name, value in sorted(asked.items())))
        # Which collections lie under a category, and what is seen, hang on other kinds, too.
        version = sum(self.store.versions[name] for name in (kind, "category", "region"))
        known = self._found.get(key)
        if known is not None and known[0] == version:
            self._found.move_to_end(key)
            return known[1]
        found = [item["id"] for item in self._wanted(kind, query, None)]
        self._found[key] = (version, found)
        if len(self._found) > REMEMBERED:
            self._found.popitem(last=False)
        return found

    def _wanted(
        self, kind: str, query: Mapping[str, str], behind: Iterable[Object] | None
    ) -> Iterator[Object]:
        asked = self._asked(kind, query)
        checks = [_FILTERS[name](self, value) for name, value in asked.items() if name in _FILTERS]
        items = self._looked_up(kind, asked) if any(n in asked for n in _LOOKED_UP) else None
        if behind is not None:
            chosen = None if items is None else {item["id"] for item in items}
            items = [item for item in behind if chosen is None or item["id"] in chosen]
        everything = items if items is not None else self._everything(kind)
        for item in self._visible(kind, everything):
            if all(check(item) for check in checks):
                yield item

    def _everything(self, kind: str) -> Iterator[Object]:
        yield from self.store.of(kind).values()
        yield from self.store.graves[kind].values()

    def _looked_up(self, kind: str, asked: Mapping[str, str]) -> list[Object]:
        """What ids, parent and level choose, without looking at everything."""
        if "ids" in asked:
            return self.store.some(kind, self._asked_ids(kind, asked["ids"]))
        return self._inside(asked.get("parent_id", ""), asked.get("folder_level", ""))

    def _asked_ids(self, kind: str, text: str) -> list[str]:
        ids = [id_.strip() for id_ in text.split(",")]
        if "ids-limit" in self.dialects and len(ids) > MOST_IDS:
            raise Refusal(400, f"ids takes at most {MOST_IDS}")
        if "ids-strict" in self.dialects and any(i not in self.store.of(kind) for i in ids):
            raise Refusal(404, "Not Found")
        return ids[:MOST_IDS] if "ids-capped" in self.dialects else ids

    def _inside(self, parent: str, level: str) -> list[Object]:
        """Collections inside a category or a parent collection, immediately or at the bottom."""
        if level not in ("", "direct", "leaf"):
            raise Refusal(400, "folder_level must be direct or leaf")
        if not parent:
            ids = self.store.order("collection")
        elif level == "leaf" or (not level and "parent-deep" in self.dialects):
            ids = [id_ for place in self._below(parent) for id_ in self._held(place)]
        else:
            ids = self._held(parent)
        found = self.store.some("collection", ids)
        return [i for i in found if not self._holds(i["id"])] if level == "leaf" else found

    def _held(self, parent: str) -> list[str]:
        fields = ["parent_id", "direct_parent", "parent_topic_id"]
        if "parent-primary" in self.dialects:
            fields.remove("direct_parent")
        holding = self.store.holding
        return [item["id"] for field in fields for item in holding("collection", field, parent)]

    def _holds(self, id_: str) -> bool:
        return bool(self.store.holding("collection", "parent_topic_id", id_))

    def _below(self, parent: str) -> list[str]:
        """A category, those below it, and the parent collections in them."""
        places = [parent]
        seen = set(places)
        for place in places:
            inside = [i["id"] for i in self.store.holding("category", "parent_id", place)]
            inside += [id_ for id_ in self._held(place) if self._holds(id_)]
            places += [id_ for id_ in dict.fromkeys(inside) if id_ not in seen]
            seen.update(inside)
        return places

    # --- what is not seen ---

    def hidden_region(self) -> str | None:
        """The region that the token no longer sees (dialect partial-view)."""
        if "partial-view" not in self.dialects:
            return None
        regions = [item for item in self.store.of("region").values() if not item.get("is_primary")]
        return str(regions[-1]["id"]) if regions else None

    def is_hidden(self, kind: str, item: Object) -> bool:
        """The token does not see this object: every answer is as if it were not there."""
        hidden = self.hidden_region()
        arrives = kind == "file" and self.arriving.hides(item["id"])
        return arrives or (hidden is not None and only_in(kind, item, hidden))

    def _visible(self, kind: str, items: Iterable[Object]) -> Iterable[Object]:
        hidden = self.hidden_region()
        if hidden is not None:
            items = (item for item in items if not only_in(kind, item, hidden))
        if kind == "category" and "root-unlisted" in self.dialects:
            items = (item for item in items if item.get("parent_id"))
        if kind == "file" and self.arriving:
            items = (item for item in items if not self.arriving.hides(item["id"]))
        return items

    # --- what lags ---

    def note(self, kind: str, id_: str, before: Object | None) -> None:
        """Remember what lists go on showing for a while."""
        if "stale-lists" in self.dialects:
            now = time.monotonic()
            known = self._stale.get((kind, id_))
            if known is not None and known[0] > now:
                before = known[1]
            self._stale[kind, id_] = (now + self._lag, before)

    def _lagging(self, kind: str) -> dict[str, Object | None]:
        now = time.monotonic()
        self._stale = {key: known for key, known in self._stale.items() if known[0] > now}
        return {id_: known[1] for (of, id_), known in self._stale.items() if of == kind}

    def _behind(self, kind: str, lagging: Mapping[str, Object | None]) -> Iterable[Object]:
        if not lagging:
            return self._everything(kind)
        items = {item["id"]: item for item in self._everything(kind)}
        items.update({id_: item for id_, item in lagging.items() if item is not None})
        shown = [item for id_, item in items.items() if lagging.get(id_, item) is not None]
        return sorted(shown, key=lambda item: self.store.age(item["id"]))


_HIDING = frozenset({"partial-view", "status-deleted", "root-unlisted", "files-late"})


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A parameter that is a whole number; Refusal where it is not."""
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refusal(400, f"{name} must be a whole number")
    return int(text)


def only_in(kind: str, item: Object, region: str) -> bool:
    """Only that region has it, or it is that region."""
    return bool(item["id"] == region) if kind == "region" else item.get("region_ids") == [region]


# --- filters: a value makes a check ---

Check = Callable[[Object], bool]


def _dated(name: str, *, after: bool) -> Callable[[Lists, str], Check]:
    def checks(lists: Lists, value: str) -> Check:
        day = value[:10]
        long = "days-only" in lists.dialects and len(value) > 10
        if not _DAY.fullmatch(day) or long:
            raise Refusal(400, f"a date must look like YYYY-MM-DD, not {value!r}")

        def check(item: Object) -> bool:
            shown = str(item.get(name) or item.get("created_date") or "")[:10]
            return shown >= day if after else shown <= day

        return check

    return checks


def _any_of(name: str) -> Callable[[Lists, str], Check]:
    def checks(_: Lists, value: str) -> Check:
        wanted = {id_.strip() for id_ in value.split(",")}
        return lambda item: not wanted.isdisjoint(references(item, name))

    return checks


_FILTERS: Mapping[str, Callable[[Lists, str], Check]] = {
    "region_ids": _any_of("region_ids"),
    "collection_ids": _any_of("collections"),
    "created_start_date": _dated("created_date", after=True),
    "created_end_date": _dated("created_date", after=False),
    "updated_start_date": _dated("updated_date", after=True),
    "updated_end_date": _dated("updated_date", after=False),
}
