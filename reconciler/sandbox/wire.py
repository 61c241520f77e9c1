"""How objects read: the default shapes, and what dialects make of them (docs/api.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reconciler.sandbox.store import Object, Store

PLURALS: Mapping[str, str] = {
    "region": "regions",
    "category": "categories",
    "attribute": "attributes",
    "attribute_group": "attribute_groups",
    "collection": "collections",
    "resource": "resources",
    "file": "files",
}

WRAPPED_BY_DEFAULT = frozenset({"collection"})
"""The article: collections come under their plural, files and categories as arrays."""

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
    }
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns stored objects into what an answer shows."""

    store: Store
    dialects: frozenset[str] = frozenset()

    def show(self, kind: str, item: Object, *, values: bool = True) -> Object:
        """One object as the API shows it."""
        shown = dict(item)
        if "attributes" in item and kind != "attribute_group":
            shown["attributes"] = list(self._values(kind, item)) if values else []
        for rule in _RULES:
            if rule.dialect in self.dialects:
                shown = rule.apply(self, kind, shown)
        return shown

    def _values(self, kind: str, item: Object) -> Iterator[Object]:
        shown = {entry["id"] for entry in item["attributes"]}
        entries = list(item["attributes"])
        if kind == "collection" and "inherited-values" in self.dialects:
            above = self.store.get("category", item.get("parent_id") or "") or {}
            entries += [entry for entry in above.get("attributes", []) if entry["id"] not in shown]
        for entry in entries:
            definition = self.store.get("attribute", entry["id"])
            if definition is not None:
                yield {
                    "id": entry["id"],
                    "label": definition["label"],
                    "value_type": definition["value_type"],
                    "value": self._value(definition, entry["value"]),
                }

    def _value(self, definition: Object, value: Any) -> Any:
        if definition["value_type"] != "Pick List" or not isinstance(value, list):
            return value
        labels = {option["id"]: option["label"] for option in definition["options"]}
        if "options-labels" in self.dialects:
            return [labels.get(item, item) for item in value]
        return [[item] for item in value] if "options-nested" in self.dialects else value

    def listed(self, kind: str, shown: list[Object], total: int, offset: int) -> Any:
        """A page in its envelope."""
        plural = PLURALS[kind]
        if "lists-data" in self.dialects:
            return {"data": shown, "pagination": {"total": total, "offset": offset}}
        wrapped = "lists-wrapped" in self.dialects or kind in WRAPPED_BY_DEFAULT
        return {plural: shown} if wrapped and "lists-raw" not in self.dialects else shown


@dataclass(frozen=True, slots=True)
class _Rule:
    dialect: str
    apply: Callable[[Reader, str, Object], Object]


def _list_fields(_: Reader, kind: str, item: Object) -> Object:
    if kind != "attribute" or item["value_type"] != "List":
        return item
    return {**item, "fields": item["options"], "options": []}


def _topics(_: Reader, kind: str, item: Object) -> Object:
    if kind not in ("file", "resource"):
        return item
    shown = {name: value for name, value in item.items() if name != "collections"}
    return {**shown, "topics": [{"id": id_} for id_ in item["collections"]]}


def _extra(_: Reader, kind: str, item: Object) -> Object:
    extra = {
        "hostname": "app.pxm.example",
        "status": "Active",
        "roles": ["admin"],
        "sync_date": "2024-01-01T00:00:00Z",
        "tabs": [{"id": "t1", "name": "General"}],
        "hierarchy": [kind],
        "inherited_parent": [],
        "parent_category": {"id": item.get("parent_id"), "name": "?"},
        "display_file": None,
    }
    return {**extra, **item}


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


def _strings(_: Reader, __: str, item: Object) -> Object:
    return {name: _as_string(value) for name, value in item.items()}


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


_ID_FIELDS = frozenset({"id", "parent_id", "parent_topic_id", "category_id"})
_ID_LISTS = frozenset({"direct_parent", "collections"})


def _int_ids(_: Reader, kind: str, item: Object) -> Object:
    shown = dict(item)
    for name, value in item.items():
        if name in _ID_FIELDS and isinstance(value, str) and value.isdigit():
            shown[name] = int(value)
        elif name in _ID_LISTS or (kind == "attribute_group" and name == "attributes"):
            shown[name] = [int(x) if isinstance(x, str) and x.isdigit() else x for x in value]
        elif name == "attributes":
            shown[name] = [_int_ids(_, "", entry) for entry in value]
    return shown


def _none(value: Any) -> Callable[[Reader, str, Object], Object]:
    def apply(_: Reader, __: str, item: Object) -> Object:
        return {
            name: value if name in _OPTIONAL and content in (None, "", []) else content
            for name, content in item.items()
        }

    return apply


def _absent(_: Reader, __: str, item: Object) -> Object:
    return {
        name: content
        for name, content in item.items()
        if name not in _OPTIONAL or content not in (None, "", [])
    }


_RULES = (
    _Rule("list-fields", _list_fields),
    _Rule("ids-int", _int_ids),
    _Rule("related-topics", _topics),
    _Rule("dates-millis", _millis),
    _Rule("scalars-as-strings", _strings),
    _Rule("none-blank", _none("")),
    _Rule("none-null", _none(None)),
    _Rule("none-absent", _absent),
    _Rule("extra-fields", _extra),
)
