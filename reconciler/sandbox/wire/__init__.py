"""How objects read: the default shapes, and what dialects make of them (docs/api.md)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.sandbox.rules import SHAPES
from reconciler.sandbox.rules.groups import ON_ATTRIBUTES, groups_of
from reconciler.sandbox.store import AccountStore, Object
from reconciler.sandbox.wire.variations import PICKS, VARIATIONS, as_number

EMPTY: tuple[Object, ...] = ({"value": None}, {"value": ""}, {"value": []}, {})
"""The ways in which an entry says that it has no value."""

CONCEALED = "_concealed"
"""The stored field that names what no answer shows of an object: records are schemaless."""

MINIFIED = frozenset(
    {
        "id",
        "name",
        "additional_title",
        "collection_type",
        "parent_topic_id",
        "parent_id",
        "direct_parent",
        "published",
        "published_start_date",
        "published_end_date",
        "region_ids",
        "attributes",
        "file_name",
        "file_size",
        "type",
        "collections",
        "topics",
        "is_converting",
        "updated_date",
    }
)
"""What `minified` leaves: it still carries attributes and `updated_date` (seen)."""


@dataclass(frozen=True, slots=True)
class Presenter:
    """Turns stored objects into what an answer shows.  `base` is the URL that links start with."""

    store: AccountStore
    dialects: frozenset[str] = frozenset()
    base: str = ""
    turn: Iterator[int] = field(default_factory=itertools.count)
    """Counts what was shown, for what differs from time to time."""

    def show(
        self, kind: str, item: Object, *, values: bool = True, minified: bool = False
    ) -> Object:
        """One object as the API shows it, with or without attribute values."""
        shown = self._plain(kind, item, values=values)
        shown = _DERIVED.get(kind, _as_it_is)(self, item, shown)
        if "revisions" in self.dialects:
            shown |= self._revision(item)
        shown = self._varied(kind, shown)
        for name in item.get(CONCEALED, ()):
            shown.pop(name, None)
        return self._trimmed(kind, shown) if minified else shown

    def _plain(self, kind: str, item: Object, *, values: bool) -> Object:
        """The fields as stored, without those of the sandbox's own."""
        shown = {name: value for name, value in item.items() if name[0] != "_"}
        if "status-deleted" in self.dialects:
            shown.setdefault("status", "Active")
        if item.get("updated_date", "") is None:
            del shown["updated_date"]
        if SHAPES[kind].values:
            shown["attributes"] = list(self._values(kind, item))
            if not values:
                del shown["attributes"]
        return shown

    def _varied(self, kind: str, shown: Object) -> Object:
        for name, rule in VARIATIONS.items():
            if name in self.dialects:
                shown = rule(self.turn, kind, shown)
        return shown

    def _revision(self, item: Object) -> Object:
        """What nobody asked for, and changes with each write."""
        count = self.store.writes[item["id"]]
        mark = hashlib.sha256(f"{item['id']} {count}".encode()).hexdigest()[:16]
        return {
            "revision": count,
            "updated_by": f"u{count % 3}",
            "etag": mark,
            "history": {"writes": count, "marks": [mark]},
        }

    def _trimmed(self, kind: str, shown: Object) -> Object:
        kept = {"id", SHAPES[kind].name} if "minified-bare" in self.dialects else MINIFIED
        return {name: value for name, value in shown.items() if name in kept}

    # --- values ---

    def _values(self, kind: str, item: Object) -> Iterator[Object]:
        for entry in self._entries(kind, item):
            definition = self.store.get("attribute", entry["id"])
            if definition is None:
                continue
            yield {
                "id": entry["id"],
                "label": definition["label"],
                "value_type": definition["value_type"],
                **self._shown_value(definition, entry["value"]),
            }

    def _entries(self, kind: str, item: Object) -> list[Object]:
        """The stored values, and those of the categories above (dialect inherited-values)."""
        entries: list[Object] = list(item["attributes"])
        if kind != "collection" or "inherited-values" not in self.dialects:
            return entries
        seen = {entry["id"] for entry in entries}
        for category in self._above(item):
            new = [entry for entry in category["attributes"] if entry["id"] not in seen]
            entries += new
            seen.update(entry["id"] for entry in new)
        return entries

    def _above(self, item: Object) -> Iterator[Object]:
        """The categories above a collection, the nearest first, each once."""
        waiting = [item.get("parent_id"), *(item.get("direct_parent") or ())]
        seen = set()
        for id_ in waiting:
            category = self.store.get("category", id_ or "")
            if category is None or id_ in seen:
                continue
            seen.add(id_)
            yield category
            # The list grows while it is walked.
            waiting.append(category.get("parent_id"))

    def _shown_value(self, definition: Object, value: Any) -> Object:
        if value is None:
            return EMPTY[next(self.turn) % len(EMPTY)]
        if definition["value_type"] == "Pick List" and isinstance(value, list):
            value = self._picked(definition, value)
        return {"value": value}

    def _picked(self, definition: Object, picked: list[str]) -> Any:
        if "ids-int" in self.dialects and "options-labels" not in self.dialects:
            picked = as_number(picked)
        labels = {option["id"]: option["label"] for option in definition["options"]}
        many = definition["maximum"] > 1
        for name, shape in PICKS.items():
            if name in self.dialects:
                return shape(labels, many, picked)
        return picked


# --- what the server derives ---


def _as_it_is(_: Presenter, __: Object, shown: Object) -> Object:
    return shown


def _collection(presenter: Presenter, item: Object, shown: Object) -> Object:
    shown.pop("related", None)
    files = presenter.store.holding("file", "collections", item["id"])
    image = next((file["id"] for file in files if file.get("type") == "image"), None)
    return {**shown, "display_file": image}


def _file(presenter: Presenter, item: Object, shown: Object) -> Object:
    links = {name: rendition_url(presenter.base, item, name) for name in item["_renditions"]}
    collections = [{"id": id_} for id_ in item["collections"]]
    return {**shown, "collections": collections, "variants": links}


def rendition_url(base: str, item: Object, name: str) -> str:
    """Where a rendition of a file, or its original, is served."""
    return f"{base}/_storage/files/{item['id']}/{name}"


def _region(presenter: Presenter, item: Object, shown: Object) -> Object:
    collections = presenter.store.of("collection").values()
    topics = [found["id"] for found in collections if item["id"] in found["region_ids"]]
    return {**shown, "topics": topics}


def _attribute(presenter: Presenter, item: Object, shown: Object) -> Object:
    if presenter.dialects & ON_ATTRIBUTES:
        shown["group_id"] = groups_of(presenter.store, item["id"])
    return shown


def _group(presenter: Presenter, _: Object, shown: Object) -> Object:
    if presenter.dialects & {"groups-on-attributes", "groups-unseen"}:
        del shown["attributes"]
    return shown


_DERIVED: Mapping[str, Callable[[Presenter, Object, Object], Object]] = {
    "collection": _collection,
    "file": _file,
    "region": _region,
    "attribute": _attribute,
    "attribute_group": _group,
}
