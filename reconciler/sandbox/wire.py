"""How objects read: the default shapes, and what dialects make of them (docs/api.md)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from reconciler.sandbox.rules import SHAPES, is_empty
from reconciler.sandbox.rules.groups import ON_ATTRIBUTES, groups_of
from reconciler.sandbox.store import Object, Store

_OPTIONAL = frozenset(
    {
        "additional_title",
        "collection_type",
        "parent_topic_id",
        "parent_id",
        "direct_parent",
        "published_start_date",
        "published_end_date",
        "attributes",
        "category_id",
        "collections",
        "topics",
        "options",
        "fields",
        "group_id",
        "region_ids",
        "display_file",
        "file_size",
        "file_dimension",
        "mime_type",
        "type",
        "auto_label",
        "ocr_text",
    }
)

_SETS = frozenset({"direct_parent", "region_ids", "collections", "topics", "group_id"})
_IDS = _SETS | {"id", "parent_id", "parent_topic_id", "category_id"}

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

EXTRA: Mapping[str, Any] = {
    "hostname": "app.pxm.example",
    "roles": ["admin", "editor"],
    "sync_date": "2024-01-01T00:00:00Z",
    "tabs": [{"id": "t1", "name": "General"}, {"id": "t2", "name": "Media"}],
    "inherited_parent": [],
    "account": "acme",
    "alias": "",
    "approval": {"state": "approved", "by": "u1"},
    "audit": [],
    "badge": None,
    "can_delete": True,
    "can_edit": True,
    "checksum": "0",
    "color": "#ffffff",
    "comments": 0,
    "created_by": "u1",
    "depth": 1,
    "description": "",
    "download_count": 12,
    "external_ids": [],
    "favorite": False,
    "has_children": False,
    "icon": "folder",
    "index": 3,
    "language": "en",
    "last_viewed": "2024-02-03T04:05:06Z",
    "locked": False,
    "notes": [{"id": "n1", "text": "seen"}],
    "owner": {"id": "u1", "name": "Somebody"},
    "permissions": ["read"],
    "position": 7,
    "rating": 4.5,
    "revision": 12,
    "score": 1.0,
    "share_url": "https://app.pxm.example/share",
    "source": "web",
    "tags": ["a", "b"],
    "tenant": "t-1",
    "thumbnail": None,
    "updated_by": "u2",
    "view_count": 99,
    "watchers": [],
    "workflow": {"id": "w1", "step": 2},
}
"""Fields that nobody asked for (dialect extra-fields)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns stored objects into what an answer shows.  `base` is the URL that links start with."""

    store: Store
    dialects: frozenset[str] = frozenset()
    base: str = ""
    turn: Iterator[int] = field(default_factory=itertools.count)
    """Counts what was shown, for what differs from time to time."""

    def show(
        self, kind: str, item: Object, *, values: bool = True, minified: bool = False
    ) -> Object:
        """One object as the API shows it, with or without attribute values."""
        shown = {name: value for name, value in item.items() if name[0] != "_"}
        if item.get("updated_date", "") is None:
            del shown["updated_date"]
        if SHAPES[kind].values:
            shown["attributes"] = list(self._values(kind, item))
            if not values:
                del shown["attributes"]
        shown = _DERIVED.get(kind, _as_it_is)(self, item, shown)
        for name, rule in _RULES.items():
            if name in self.dialects:
                shown = rule(self, kind, shown)
        return self._trimmed(kind, shown) if minified else shown

    def _trimmed(self, kind: str, shown: Object) -> Object:
        kept = {"id", SHAPES[kind].name} if "minified-bare" in self.dialects else MINIFIED
        return {name: value for name, value in shown.items() if name in kept}

    # --- values ---

    def _values(self, kind: str, item: Object) -> Iterator[Object]:
        for entry in self._entries(kind, item):
            definition = self.store.get("attribute", entry["id"])
            if definition is not None:
                yield {
                    "id": entry["id"],
                    "label": definition["label"],
                    "value_type": definition["value_type"],
                    "value": self._value(definition, entry["value"]),
                }

    def _entries(self, kind: str, item: Object) -> list[Object]:
        entries: list[Object] = list(item["attributes"])
        if kind == "collection" and "inherited-values" in self.dialects:
            seen = {entry["id"] for entry in entries}
            for above in self._above(item):
                new = [entry for entry in above["attributes"] if entry["id"] not in seen]
                entries += new
                seen |= {entry["id"] for entry in new}
        return entries

    def _above(self, item: Object) -> Iterator[Object]:
        """The categories above a collection, the nearest first, each once."""
        waiting, seen = [item.get("parent_id"), *(item.get("direct_parent") or ())], set()
        while waiting:
            id_ = waiting.pop(0)
            category = self.store.get("category", id_ or "")
            if category is not None and id_ not in seen:
                seen.add(id_)
                yield category
                waiting.append(category.get("parent_id"))

    def _value(self, definition: Object, value: Any) -> Any:
        if value is None:
            return (next(self.turn) % 2 and "") or None
        if definition["value_type"] != "Pick List" or not isinstance(value, list):
            return value
        labels = {option["id"]: option["label"] for option in definition["options"]}
        many = definition["maximum"] > 1
        shape = next((shape for name, shape in _PICKS.items() if name in self.dialects), None)
        return shape(labels, many, value) if shape else value


# --- picked options ---


def _bare_labels(labels: Mapping[str, str], many: bool, picked: list[str]) -> Any:
    found = [labels.get(id_, id_) for id_ in picked]
    return found if many or len(found) != 1 else found[0]


_PICKS: Mapping[str, Callable[[Mapping[str, str], bool, list[str]], Any]] = {
    "options-labels": _bare_labels,
    "options-nested": lambda _, __, picked: [[id_] for id_ in picked],
    "options-single": lambda _, many, picked: (
        picked[0] if len(picked) == 1 and not many else picked
    ),
}


# --- what the server derives ---


def _as_it_is(_: Reader, __: Object, shown: Object) -> Object:
    return shown


def _collection(reader: Reader, item: Object, shown: Object) -> Object:
    shown.pop("related", None)
    files = reader.store.holding("file", "collections", item["id"])
    image = next((file["id"] for file in files if file.get("type") == "image"), None)
    return {**shown, "display_file": image}


def _file(reader: Reader, item: Object, shown: Object) -> Object:
    links = {name: rendition_url(reader.base, item, name) for name in item["_renditions"]}
    collections = [{"id": id_} for id_ in item["collections"]]
    return {**shown, "collections": collections, "variants": links}


def rendition_url(base: str, item: Object, name: str) -> str:
    """Where a rendition of a file, or its original, is served."""
    return f"{base}/_storage/files/{item['id']}/{name}"


def _region(reader: Reader, item: Object, shown: Object) -> Object:
    collections = reader.store.of("collection").values()
    topics = [found["id"] for found in collections if item["id"] in found["region_ids"]]
    return {**shown, "topics": topics}


def _attribute(reader: Reader, item: Object, shown: Object) -> Object:
    if reader.dialects & ON_ATTRIBUTES:
        shown["group_id"] = groups_of(reader.store, item["id"])
    return shown


def _group(reader: Reader, _: Object, shown: Object) -> Object:
    if reader.dialects & {"groups-on-attributes", "groups-unseen"}:
        del shown["attributes"]
    return shown


_DERIVED: Mapping[str, Callable[[Reader, Object, Object], Object]] = {
    "collection": _collection,
    "file": _file,
    "region": _region,
    "attribute": _attribute,
    "attribute_group": _group,
}


# --- what dialects make of it, in this order ---


def _list_fields(_: Reader, kind: str, item: Object) -> Object:
    if kind != "attribute" or item["value_type"] != "List":
        return item
    return {**item, "fields": item["options"], "options": []}


def _definition_names(_: Reader, kind: str, item: Object) -> Object:
    if kind != "attribute":
        return item
    names = {"label": "name", "value_type": "type"}
    return {names.get(name, name): value for name, value in item.items()}


def _spaced(_: Reader, kind: str, item: Object) -> Object:
    if kind == "attribute":
        return {**item, "label": f" {item['label']}  "}
    if "attributes" in item and kind != "attribute_group":
        spaced = [{**entry, "label": f" {entry['label']} "} for entry in item["attributes"]]
        return {**item, "attributes": spaced}
    return item


def _topics(_: Reader, kind: str, item: Object) -> Object:
    if kind not in ("file", "resource"):
        return item
    shown = {name: value for name, value in item.items() if name != "collections"}
    return {**shown, "topics": [_object(entry) for entry in item["collections"]]}


def _bare_links(_: Reader, kind: str, item: Object) -> Object:
    names = [name for name in ("collections", "topics") if name in item]
    if kind != "file":
        return item
    return {**item, **{name: [entry["id"] for entry in item[name]] for name in names}}


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {"id": value}


def _referred(_: Reader, kind: str, item: Object) -> Object:
    def read(name: str, value: Any) -> Any:
        if name == "id" or is_empty(value) or not _is_reference(kind, name):
            return value
        return [_object(entry) for entry in value] if isinstance(value, list) else _object(value)

    return {name: read(name, value) for name, value in item.items()}


def _is_reference(kind: str, name: str) -> bool:
    return name in _IDS or (kind == "attribute_group" and name == "attributes")


def _sets_as(change: Callable[[Reader, list[Any]], list[Any]]) -> Rule:
    def apply(reader: Reader, kind: str, item: Object) -> Object:
        def read(name: str, value: Any) -> Any:
            is_set = name in _SETS or (kind == "attribute_group" and name == "attributes")
            return change(reader, value) if is_set and isinstance(value, list) else value

        return {name: read(name, value) for name, value in item.items()}

    return apply


def _reordered(reader: Reader, value: list[Any]) -> list[Any]:
    turn = next(reader.turn) % (len(value) or 1)
    return [*value[turn:], *value[:turn]][:: 1 if turn % 2 else -1]


def _size_text(_: Reader, kind: str, item: Object) -> Object:
    size = item.get("file_size")
    return {**item, "file_size": str(size)} if kind == "file" and size is not None else item


def _strings(_: Reader, __: str, item: Object) -> Object:
    shown: Object = _as_string(item)
    return shown


def _as_string(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, list):
        return [_as_string(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_string(item) for name, item in value.items()}
    return value


def _numbers(reader: Reader, kind: str, item: Object) -> Object:
    def read(name: str, value: Any) -> Any:
        if name in _IDS or (kind == "attribute_group" and name == "attributes"):
            return as_number(value)
        if name in ("attributes", "options", "fields", "notes"):
            return [_numbered_entry(reader, entry) for entry in value]
        return value

    return {name: read(name, value) for name, value in item.items()}


def _numbered_entry(reader: Reader, entry: Object) -> Object:
    shown = {**entry, "id": as_number(entry["id"])}
    picked = entry.get("value_type") == "Pick List" and "options-labels" not in reader.dialects
    if picked and "value" in entry:
        shown["value"] = as_number(entry["value"])
    if entry.get("value_type") == "List" and "value" in entry:
        shown["value"] = [_numbered_entry(reader, inner) for inner in entry["value"] or ()]
    return shown


def as_number(value: Any) -> Any:
    """An id as a number where it is one; lists and `{"id": …}` of them likewise."""
    if isinstance(value, list):
        return [as_number(item) for item in value]
    if isinstance(value, dict):
        return {name: as_number(item) for name, item in value.items()}
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _millis(_: Reader, __: str, item: Object) -> Object:
    return {name: _with_millis(value) for name, value in item.items()}


def _with_millis(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 20 and value[10:11] == "T" and value.endswith("Z"):
        return f"{value[:-1]}.000Z"
    if isinstance(value, list):
        return [_with_millis(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_millis(item) for name, item in value.items()}
    return value


def _none(nothing: Any) -> Rule:
    def apply(_: Reader, __: str, item: Object) -> Object:
        return {
            name: nothing if name in _OPTIONAL and is_empty(value) else value
            for name, value in item.items()
        }

    return apply


def _absent(_: Reader, __: str, item: Object) -> Object:
    return {
        name: value for name, value in item.items() if name not in _OPTIONAL or not is_empty(value)
    }


def _extra(_: Reader, kind: str, item: Object) -> Object:
    derived = {
        "status": "Active",
        "hierarchy": [kind],
        "parent_category": {"id": item.get("parent_id"), "name": "?"},
    }
    return {**EXTRA, **derived, **item}


Rule = Callable[[Reader, str, Object], Object]

_RULES: Mapping[str, Rule] = {
    "list-fields": _list_fields,
    "labels-spaced": _spaced,
    "related-topics": _topics,
    "links-bare": _bare_links,
    "references-objects": _referred,
    "sets-doubled": _sets_as(lambda _, value: [*value, *value[:1]]),
    "sets-reordered": _sets_as(_reordered),
    "size-text": _size_text,
    "scalars-as-strings": _strings,
    "ids-int": _numbers,
    "definition-names": _definition_names,
    "dates-millis": _millis,
    "none-blank": _none(""),
    "none-null": _none(None),
    "none-absent": _absent,
    "extra-fields": _extra,
}
