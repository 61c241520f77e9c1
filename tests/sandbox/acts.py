"""What acts on a sandbox are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from reconciler.sandbox.rules.shapes import SHAPES
from tests.sandbox.boxes import JSON, Box

_numbers = count(1)
GONE = {"error": "Not Found", "message": "Not Found"}
PARTS = {"multipart_threshold": 8, "part_size": 4}


@dataclass(frozen=True)
class Show:
    """An act, what comes of it by default, and what under the dialect.

    `options` set the sandbox; with them the default has a sandbox of its own, too.
    """

    act: Callable[[Box], Any]
    default: Any
    under: Any
    options: Mapping[str, Any] = field(default_factory=dict)


# --- what acts are made of ---


def name() -> str:
    """A name that no other act uses."""
    return f"Thing {next(_numbers)}"


def make(box: Box, kind: str, **fields: Any) -> str:
    """An object made by somebody else, so that no dialect changes the making."""
    fields.setdefault(SHAPES[kind].name, name())
    return box.sandbox.put_object(kind, fields)


def values(box: Box, type_: str, value: Any, **more: Any) -> tuple[str, list[JSON]]:
    """An attribute and a value of it as it is kept."""
    id_ = make(box, "attribute", value_type=type_, **more)
    return id_, [{"id": id_, "value": value}]


def options(*labels: str) -> list[JSON]:
    return [{"id": f"o-{label}", "label": label} for label in labels]


def marked(value: Any, **ids: str) -> Any:
    """The value with ids in it replaced by names, and whole objects by a word."""
    if isinstance(value, dict):
        if "created_date" in value:
            return "object"
        return {key: marked(inner, **ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner, **ids) for inner in value]
    return next((f"#{known}" for known, id_ in ids.items() if str(value) == id_), value)


def peek(box: Box, path: str, *names: str) -> list[Any]:
    """Fields of a single object, "absent" where they are not there."""
    item = box.get(path)
    return [item.get(name, "absent") for name in names]


def filled(box: Box, number: int) -> str:
    """A category with that many collections."""
    top = make(box, "category")
    for _ in range(number):
        make(box, "collection", parent_id=top)
    return top


def inside(box: Box, top: str, **query: Any) -> list[JSON]:
    found: list[JSON] = box.get("collection", parent_id=top, **query)["collections"]
    return found
