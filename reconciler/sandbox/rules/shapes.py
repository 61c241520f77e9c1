"""The fields of each kind, by how they are checked and stored; and what refuses a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.sandbox.store import Object

VALUE_TYPES = ("Text", "Date", "List", "Pick List", "Boolean", "Number")


class HttpRefusal(Exception):
    """An error answer: HTTP status and what the API says."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True, slots=True)
class KindShape:
    """The fields of a kind, by how they are checked and stored.

    `words` are texts of a fixed vocabulary, never cleaned; `references` and `sets` name the kind
    that they point to; `made` are what the server fills in, with what a new object has there.
    """

    required: tuple[str, ...]
    texts: tuple[str, ...]
    words: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    values: bool = False
    name: str = "name"
    parents: tuple[str, ...] = ()
    made: Mapping[str, Any] = field(default_factory=dict)


_PUBLISHED = ("published",)
_DATES = ("published_start_date", "published_end_date")
_REGIONS = {"region_ids": "region"}

SHAPES: Mapping[str, KindShape] = {
    "region": KindShape(
        ("name",), ("name",), made={"is_primary": False, "language": "en", "topics": []}
    ),
    "category": KindShape(
        ("name",),
        ("name",),
        flags=_PUBLISHED,
        dates=_DATES,
        references={"parent_id": "category"},
        sets=_REGIONS,
        values=True,
        parents=("parent_id",),
        made={"direct_parent": []},
    ),
    "attribute": KindShape(
        ("label", "value_type"),
        ("label",),
        words=("value_type",),
        sets=_REGIONS,
        name="label",
        made={"options": [], "maximum": 1},
    ),
    "attribute_group": KindShape(("name",), ("name",), sets={"attributes": "attribute"}),
    "collection": KindShape(
        ("name",),
        ("name", "additional_title"),
        words=("collection_type",),
        flags=_PUBLISHED,
        dates=_DATES,
        references={"parent_id": "category", "parent_topic_id": "collection"},
        sets={"direct_parent": "category", **_REGIONS},
        values=True,
        parents=("parent_topic_id", "parent_id"),
    ),
    "resource": KindShape(
        ("description", "link"),
        ("description", "link"),
        references={"category_id": "category"},
        sets={"collections": "collection"},
        name="description",
        parents=("category_id",),
    ),
    "file": KindShape(
        ("file_name",),
        ("file_name",),
        words=("type",),
        flags=_PUBLISHED,
        dates=_DATES,
        sets={"collections": "collection", **_REGIONS},
        values=True,
        name="file_name",
        made={
            "file_size": None,
            "file_dimension": None,
            "mime_type": None,
            "is_converting": False,
            "auto_label": [],
            "ocr_text": None,
            "_renditions": [],
        },
    ),
}

HOLDERS = tuple(kind for kind, shape in SHAPES.items() if shape.values)
"""Kinds whose objects have attribute values."""


def is_empty(value: Any) -> bool:
    """Null, "" and [] say the same: nothing."""
    return value is None or value in ("", [])


def now() -> str:
    """The server's clock as it writes it."""
    return _written(datetime.now(UTC))


def earlier(item: Object, days: float) -> Object:
    """An object as if it had been made and changed so many days before."""
    dates = {name: item[name] for name in ("created_date", "updated_date") if item.get(name)}
    for name, text in dates.items():
        dates[name] = _written(datetime.fromisoformat(text) - timedelta(days=days))
    return {**item, **dates}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def id_of(value: Any) -> str:
    """The id in a reference `"id"`, 7 or `{"id": …}`."""
    return str(value.get("id") if isinstance(value, dict) else value)


def flag(value: Any, name: str) -> bool:
    """A boolean; HttpRefusal for anything else."""
    if not isinstance(value, bool):
        raise HttpRefusal(400, f"{name} must be true or false")
    return value


def instant(value: Any, name: str) -> str:
    """A date as it is kept; HttpRefusal where it is none."""
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        raise HttpRefusal(400, f"{name} must look like YYYY-MM-DDTHH:MM:SSZ") from None


def whole(value: Any, name: str) -> int:
    """A whole number from 1 on; HttpRefusal for anything else."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise HttpRefusal(400, f"{name} must be a whole number")
    return int(text)


def entries_of(value: Any, name: str) -> list[Any]:
    """An array; HttpRefusal for anything else."""
    if not isinstance(value, list):
        raise HttpRefusal(400, f"{name} must be an array")
    return value


def object_of(body: Any) -> Object:
    """A JSON object; HttpRefusal for anything else."""
    if not isinstance(body, dict):
        raise HttpRefusal(400, "the body must be a JSON object")
    return body
