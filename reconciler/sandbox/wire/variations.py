"""What dialects make of an object as it shows, each a function from shown to shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from reconciler.sandbox.rules import is_empty
from reconciler.sandbox.store import Object

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

ZONE = timezone(timedelta(hours=2))
"""Where the server of the dialect dates-zoned stands."""

_SETS = frozenset({"direct_parent", "region_ids", "collections", "topics", "group_id"})
_IDS = _SETS | {"id", "parent_id", "parent_topic_id", "category_id"}

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


# --- picked options ---


def _bare_labels(labels: Mapping[str, str], many: bool, picked: list[str]) -> Any:
    found = [labels.get(id_, id_) for id_ in picked]
    return found if many or len(found) != 1 else found[0]


PICKS: Mapping[str, Callable[[Mapping[str, str], bool, list[str]], Any]] = {
    "options-labels": _bare_labels,
    "options-nested": lambda _, __, picked: [[id_] for id_ in picked],
    "options-single": lambda _, many, picked: (
        picked[0] if len(picked) == 1 and not many else picked
    ),
}


# --- what dialects make of it, in this order ---


def _list_fields(_: Iterator[int], kind: str, item: Object) -> Object:
    if kind != "attribute" or item["value_type"] != "List":
        return item
    return {**item, "fields": item["options"], "options": []}


def _definition_names(_: Iterator[int], kind: str, item: Object) -> Object:
    if kind != "attribute":
        return item
    names = {"label": "name", "value_type": "type"}
    return {names.get(name, name): value for name, value in item.items()}


def _spaced(_: Iterator[int], kind: str, item: Object) -> Object:
    if kind == "attribute":
        return {**item, "label": f" {item['label']}  "}
    if "attributes" in item and kind != "attribute_group":
        spaced = [{**entry, "label": f" {entry['label']} "} for entry in item["attributes"]]
        return {**item, "attributes": spaced}
    return item


def _topics(_: Iterator[int], kind: str, item: Object) -> Object:
    if kind not in ("file", "resource"):
        return item
    shown = {name: value for name, value in item.items() if name != "collections"}
    return {**shown, "topics": [_object(entry) for entry in item["collections"]]}


def _bare_links(_: Iterator[int], kind: str, item: Object) -> Object:
    names = [name for name in ("collections", "topics") if name in item]
    if kind != "file":
        return item
    return {**item, **{name: [entry["id"] for entry in item[name]] for name in names}}


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {"id": value}


def _referred(_: Iterator[int], kind: str, item: Object) -> Object:
    def read(name: str, value: Any) -> Any:
        if name == "id" or is_empty(value) or not _is_reference(kind, name):
            return value
        return [_object(entry) for entry in value] if isinstance(value, list) else _object(value)

    return {name: read(name, value) for name, value in item.items()}


def _is_reference(kind: str, name: str) -> bool:
    return name in _IDS or (kind == "attribute_group" and name == "attributes")


def _sets_as(change: Callable[[Iterator[int], list[Any]], list[Any]]) -> Rule:
    def apply(turn: Iterator[int], kind: str, item: Object) -> Object:
        def read(name: str, value: Any) -> Any:
            is_set = name in _SETS or (kind == "attribute_group" and name == "attributes")
            return change(turn, value) if is_set and isinstance(value, list) else value

        return {name: read(name, value) for name, value in item.items()}

    return apply


def _reordered(turn: Iterator[int], value: list[Any]) -> list[Any]:
    start = next(turn) % (len(value) or 1)
    return [*value[start:], *value[:start]][:: 1 if start % 2 else -1]


def _size_text(_: Iterator[int], kind: str, item: Object) -> Object:
    size = item.get("file_size")
    return {**item, "file_size": str(size)} if kind == "file" and size is not None else item


def _strings(_: Iterator[int], __: str, item: Object) -> Object:
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


def _numbers(_: Iterator[int], kind: str, item: Object) -> Object:
    def read(name: str, value: Any) -> Any:
        if name in _IDS or (kind == "attribute_group" and name == "attributes"):
            return as_number(value)
        if name in ("attributes", "options", "fields", "notes"):
            return [_numbered_entry(entry) for entry in value]
        return value

    return {name: read(name, value) for name, value in item.items()}


def _numbered_entry(entry: Object) -> Object:
    shown = {**entry, "id": as_number(entry["id"])}
    if entry.get("value_type") == "List" and "value" in entry:
        shown["value"] = [_numbered_entry(inner) for inner in entry["value"] or ()]
    return shown


def as_number(value: Any) -> Any:
    """An id as a number where it is one; lists and `{"id": …}` of them likewise."""
    if isinstance(value, list):
        return [as_number(item) for item in value]
    if isinstance(value, dict):
        return {name: as_number(item) for name, item in value.items()}
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _millis(_: Iterator[int], __: str, item: Object) -> Object:
    return {name: _with_millis(value) for name, value in item.items()}


def _with_millis(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 20 and value[10:11] == "T" and value.endswith("Z"):
        return f"{value[:-1]}.000Z"
    if isinstance(value, list):
        return [_with_millis(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_millis(item) for name, item in value.items()}
    return value


def _zoned(_: Iterator[int], __: str, item: Object) -> Object:
    return {
        name: _in_zone(value) if name.endswith("_date") and value else value
        for name, value in item.items()
    }


def _in_zone(value: str) -> str:
    return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(ZONE).isoformat()


def _none(nothing: Any) -> Rule:
    def apply(_: Iterator[int], __: str, item: Object) -> Object:
        return {
            name: nothing if name in _OPTIONAL and is_empty(value) else value
            for name, value in item.items()
        }

    return apply


def _absent(_: Iterator[int], __: str, item: Object) -> Object:
    return {
        name: value for name, value in item.items() if name not in _OPTIONAL or not is_empty(value)
    }


def _extra(_: Iterator[int], kind: str, item: Object) -> Object:
    derived = {
        "status": "Active",
        "hierarchy": [kind],
        "parent_category": {"id": item.get("parent_id"), "name": "?"},
    }
    return {**EXTRA, **derived, **item}


Rule = Callable[[Iterator[int], str, Object], Object]

VARIATIONS: Mapping[str, Rule] = {
    "list-fields": _list_fields,
    "labels-spaced": _spaced,
    "related-topics": _topics,
    "links-bare": _bare_links,
    "references-objects": _referred,
    "sets-doubled": _sets_as(lambda _, value: [*value, *value[:1]]),
    "sets-reordered": _sets_as(_reordered),
    "size-text": _size_text,
    "ids-int": _numbers,
    "scalars-as-strings": _strings,
    "definition-names": _definition_names,
    "dates-zoned": _zoned,
    "dates-millis": _millis,
    "none-blank": _none(""),
    "none-null": _none(None),
    "none-absent": _absent,
    "extra-fields": _extra,
}
