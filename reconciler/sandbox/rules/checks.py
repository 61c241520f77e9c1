"""What a write of one kind has to keep to beside its fields (article: fields reference)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.rules.options import options_after
from reconciler.sandbox.rules.shapes import VALUE_TYPES, HttpRefusal, whole
from reconciler.sandbox.store import Object

if TYPE_CHECKING:
    from reconciler.sandbox.rules import Rules

FILE_NAME = re.compile(r"[\w.-]+", re.ASCII)
"""Letters, digits and `_ - .` (help centre)."""

FILE_TYPES = (None, "image", "video", "document", "misc")


def _published(body: Object) -> None:
    """The article: a start date goes with `published: true` of a collection, on create and on
    update; its own example of a file is published without one."""
    if body.get("published") is True and not body.get("published_start_date"):
        raise HttpRefusal(400, "published_start_date is required when published is true")


def _category(rules: Rules, item: Object, _: Object) -> None:
    seen = {item["id"]}
    above: Object | None = item
    while above is not None and above.get("parent_id"):
        parent = above["parent_id"]
        if parent in seen:
            raise HttpRefusal(400, "parent_id: a category cannot lie inside itself")
        seen.add(parent)
        above = rules.store.get("category", parent)


def _collection(rules: Rules, item: Object, body: Object) -> None:
    _published(body)
    type_ = item.get("collection_type")
    if type_ not in (None, "parent", "variant"):
        raise HttpRefusal(400, "collection_type must be parent or variant")
    if body.get("collection_type") == "variant" and not body.get("parent_topic_id"):
        raise HttpRefusal(400, "parent_topic_id is required when collection_type is variant")
    if type_ == "variant":
        parent = rules.store.get("collection", item.get("parent_topic_id") or "") or {}
        if parent.get("collection_type") != "parent":
            raise HttpRefusal(400, "parent_topic_id must name a collection of type parent")


def _attribute(rules: Rules, item: Object, body: Object) -> None:
    if item["value_type"] not in VALUE_TYPES:
        raise HttpRefusal(400, f"value_type must be one of {', '.join(VALUE_TYPES)}")
    if "maximum" in body:
        item["maximum"] = whole(body["maximum"] or 1, "maximum")
    source: Any = body.get("options")
    if source is not None:
        item["options"] = options_after(
            rules.dialects, rules.new_id, item["value_type"], item["options"], source
        )


def _file(_: Rules, item: Object, body: Object) -> None:
    if "file_name" in body and not FILE_NAME.fullmatch(item["file_name"]):
        raise HttpRefusal(400, "file_name: only letters, digits and _ - . are allowed")
    if item["type"] not in FILE_TYPES:
        raise HttpRefusal(400, "type must be image, video, document or misc")


def _nothing(_: Rules, __: Object, ___: Object) -> None:
    return None


CHECKS: Mapping[str, Callable[[Rules, Object, Object], None]] = {
    "category": _category,
    "collection": _collection,
    "attribute": _attribute,
    "attribute_group": _nothing,
    "resource": _nothing,
    "file": _file,
}
