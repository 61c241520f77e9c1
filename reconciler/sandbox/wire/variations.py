"""What dialects make of an object as it shows, each a function from shown to shown.

The table at the end names them all, in the order in which they apply.
"""

from __future__ import annotations

import re
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
_REFERENCES = _SETS | {"parent_id", "parent_topic_id", "category_id"}
_INSTANT = re.compile(r".{10}T.{8}Z", re.DOTALL)

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
    return _alone(found, many)


def _alone(found: list[str], many: bool) -> Any:
    """A single option without its list, where the attribute takes no more than one."""
    return found[0] if len(found) == 1 and not many else found


PICKS: Mapping[str, Callable[[Mapping[str, str], bool, list[str]], Any]] = {
    "options-labels": _bare_labels,
    "options-nested": lambda _, __, picked: [[id_] for id_ in picked],
    "options-single": lambda _, many, picked: _alone(picked, many),
}
"""By dialect, from the labels of all options, whether several may be picked, and those picked."""


# --- the shapes of rules ---

Rule = Callable[[Iterator[int], str, Object], Object]
"""From a count of what was shown (for what differs from time to time), the kind, the object."""


def _on(*kinds: str) -> Callable[[Callable[[Object], Object]], Rule]:
    """Makes a rule that changes objects of some kinds only."""

    def made(change: Callable[[Object], Object]) -> Rule:
        def rule(_: Iterator[int], kind: str, item: Object) -> Object:
            return change(item) if kind in kinds else item

        return rule

    return made


def _each_field(change: Callable[[str, str, Any], Any]) -> Rule:
    """Makes a rule that changes values one by one, from the kind, the field's name, the value."""

    def rule(_: Iterator[int], kind: str, item: Object) -> Object:
        return {name: change(kind, name, value) for name, value in item.items()}

    return rule


def _deep(change: Callable[[Any], Any], value: Any) -> Any:
    """The value with every scalar in it changed, as deep as it goes."""
    if isinstance(value, list):
        return [_deep(change, item) for item in value]
    if isinstance(value, dict):
        return {name: _deep(change, item) for name, item in value.items()}
    return change(value)


# --- definitions ---


@_on("attribute")
def _list_fields(item: Object) -> Object:
    if item["value_type"] != "List":
        return item
    return {**item, "fields": item["options"], "options": []}


@_on("attribute")
def _definition_names(item: Object) -> Object:
    names = {"label": "name", "value_type": "type"}
    return {names.get(name, name): value for name, value in item.items()}


def _spaced(_: Iterator[int], kind: str, item: Object) -> Object:
    if kind == "attribute":
        return {**item, "label": f" {item['label']}  "}
    if "attributes" in item and kind != "attribute_group":
        spaced = [{**entry, "label": f" {entry['label']} "} for entry in item["attributes"]]
        return {**item, "attributes": spaced}
    return item


# --- references ---


@_on("file", "resource")
def _topics(item: Object) -> Object:
    shown = {name: value for name, value in item.items() if name != "collections"}
    return {**shown, "topics": [_object(entry) for entry in item["collections"]]}


@_on("file")
def _bare_links(item: Object) -> Object:
    shown = dict(item)
    for name in ("collections", "topics"):
        if name in item:
            shown[name] = [entry["id"] for entry in item[name]]
    return shown


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {"id": value}


def _is_member_list(kind: str, name: str) -> bool:
    """The attributes of a group are references; elsewhere the field holds values."""
    return kind == "attribute_group" and name == "attributes"


@_each_field
def _references_as_objects(kind: str, name: str, value: Any) -> Any:
    is_reference = name in _REFERENCES or _is_member_list(kind, name)
    if is_empty(value) or not is_reference:
        return value
    if isinstance(value, list):
        return [_object(entry) for entry in value]
    return _object(value)


def _sets_as(change: Callable[[Iterator[int], list[Any]], list[Any]]) -> Rule:
    def rule(turn: Iterator[int], kind: str, item: Object) -> Object:
        shown = dict(item)
        for name, value in item.items():
            is_set = name in _SETS or _is_member_list(kind, name)
            if is_set and isinstance(value, list):
                shown[name] = change(turn, value)
        return shown

    return rule


def _doubled(_: Iterator[int], value: list[Any]) -> list[Any]:
    return [*value, *value[:1]]


def _reordered(turn: Iterator[int], value: list[Any]) -> list[Any]:
    start = next(turn) % (len(value) or 1)
    turned = [*value[start:], *value[:start]]
    return turned if start % 2 else turned[::-1]


# --- numbers and texts ---


@_on("file")
def _size_text(item: Object) -> Object:
    size = item.get("file_size")
    return item if size is None else {**item, "file_size": str(size)}


@_each_field
def _strings(_: str, __: str, value: Any) -> Any:
    return _deep(_as_string, value)


def _as_string(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Decimal) else value


@_each_field
def _ids_as_numbers(kind: str, name: str, value: Any) -> Any:
    if name == "id" or name in _REFERENCES or _is_member_list(kind, name):
        return as_number(value)
    if name in ("attributes", "options", "fields", "notes"):
        return [_numbered_entry(entry) for entry in value]
    return value


def _numbered_entry(entry: Object) -> Object:
    shown = {**entry, "id": as_number(entry["id"])}
    if entry.get("value_type") == "List" and "value" in entry:
        shown["value"] = [_numbered_entry(inner) for inner in entry["value"] or ()]
    return shown


def as_number(value: Any) -> Any:
    """An id as a number where it is one; lists and `{"id": …}` of them likewise."""
    return _deep(_number, value)


def _number(value: Any) -> Any:
    is_number = isinstance(value, str) and value.isascii() and value.isdigit()
    return int(value) if is_number else value


# --- dates ---


@_each_field
def _with_millis(_: str, __: str, value: Any) -> Any:
    return _deep(_instant_with_millis, value)


def _instant_with_millis(value: Any) -> Any:
    is_instant = isinstance(value, str) and _INSTANT.fullmatch(value)
    return f"{value[:-1]}.000Z" if is_instant else value


@_each_field
def _zoned(_: str, name: str, value: Any) -> Any:
    if not value or not name.endswith("_date"):
        return value
    moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return moment.astimezone(ZONE).isoformat()


# --- what is not there, and what nobody asked for ---


def _is_nothing(name: str, value: Any) -> bool:
    return name in _OPTIONAL and is_empty(value)


def _nothing_as(nothing: Any) -> Rule:
    return _each_field(lambda _, name, value: nothing if _is_nothing(name, value) else value)


def _absent(_: Iterator[int], __: str, item: Object) -> Object:
    return {name: value for name, value in item.items() if not _is_nothing(name, value)}


def _extra(_: Iterator[int], kind: str, item: Object) -> Object:
    derived = {
        "status": "Active",
        "hierarchy": [kind],
        "parent_category": {"id": item.get("parent_id"), "name": "?"},
    }
    return {**EXTRA, **derived, **item}


VARIATIONS: Mapping[str, Rule] = {
    "list-fields": _list_fields,
    "labels-spaced": _spaced,
    "related-topics": _topics,
    "links-bare": _bare_links,
    "references-objects": _references_as_objects,
    "sets-doubled": _sets_as(_doubled),
    "sets-reordered": _sets_as(_reordered),
    "size-text": _size_text,
    "ids-int": _ids_as_numbers,
    "scalars-as-strings": _strings,
    "definition-names": _definition_names,
    "dates-zoned": _zoned,
    "dates-millis": _with_millis,
    "none-blank": _nothing_as(""),
    "none-null": _nothing_as(None),
    "none-absent": _absent,
    "extra-fields": _extra,
}
"""By dialect, in the order in which they apply."""
