"""Which collections lie inside a category or a parent collection (parent_id, folder_level)."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.sandbox.rules import HttpRefusal
from reconciler.sandbox.store import AccountStore, Object


@dataclass(frozen=True, slots=True)
class Placement:
    """Finds the collections below a place of one account."""

    store: AccountStore
    dialects: frozenset[str]

    def inside(self, parent: str, level: str) -> list[Object]:
        """Collections directly inside `parent` ("": anywhere), or at the bottom.  HttpRefusal.

        `level` is direct, leaf, or "", which means direct unless a dialect says otherwise.
        """
        if level not in ("", "direct", "leaf"):
            raise HttpRefusal(400, "folder_level must be direct or leaf")
        found = self.store.some("collection", self._ids(parent, level))
        if level == "leaf":
            return [item for item in found if not self._has_variants(item["id"])]
        return found

    def _ids(self, parent: str, level: str) -> list[str]:
        if not parent:
            return self.store.order("collection")
        is_deep = level == "leaf" or (not level and "parent-deep" in self.dialects)
        if not is_deep:
            return self._held(parent)
        ids = []
        for place in self._below(parent):
            ids += self._held(place)
        return ids

    def _held(self, parent: str) -> list[str]:
        """Ids of the collections that name the parent in one of their fields."""
        fields = ["parent_id", "direct_parent", "parent_topic_id"]
        if "parent-primary" in self.dialects:
            fields.remove("direct_parent")
        ids = []
        for field in fields:
            holding = self.store.holding("collection", field, parent)
            ids += [item["id"] for item in holding]
        return ids

    def _has_variants(self, id_: str) -> bool:
        return bool(self.store.holding("collection", "parent_topic_id", id_))

    def _below(self, parent: str) -> list[str]:
        """A category, those below it, and the parent collections in them."""
        places = [parent]
        seen = set(places)
        for place in places:
            categories = self.store.holding("category", "parent_id", place)
            inside = [item["id"] for item in categories]
            inside += [id_ for id_ in self._held(place) if self._has_variants(id_)]
            # The list grows while it is walked, each place once.
            places += [id_ for id_ in dict.fromkeys(inside) if id_ not in seen]
            seen.update(inside)
        return places
