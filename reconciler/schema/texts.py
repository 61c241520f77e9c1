"""Where a schema takes a text: there the characters count as they were typed (contract 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reconciler.schema.source import load


@dataclass(slots=True)
class Slot:
    """What a schema says of one place: whether a text may stand there, and what lies below.

    `fields` by name, `others` for names that are not listed, `items` for the entries of a list;
    None where the schema says nothing.
    """

    text: bool = False
    fields: dict[str, Slot] = field(default_factory=dict)
    others: Slot | None = None
    items: Slot | None = None


@cache
def slots(name: str) -> Slot:
    """The form of a whole document of a schema."""
    schema = load(name)
    return _form(schema, schema["$defs"], {})


def _form(part: Mapping[str, Any], definitions: Mapping[str, Any], known: dict[str, Slot]) -> Slot:
    """The form of a part; of a definition there is one, since it may contain itself."""
    reference = part.get("$ref")
    if reference in known:
        return known[reference]
    found = Slot()
    if reference is not None:
        known[reference] = found
        part = {**definitions[reference.removeprefix("#/$defs/")], **part}
    found.text = "string" in _types(part)
    for name, inner in part.get("properties", {}).items():
        found.fields[name] = _form(inner, definitions, known)
    if isinstance(part.get("additionalProperties"), dict):
        found.others = _form(part["additionalProperties"], definitions, known)
    if "items" in part:
        found.items = _form(part["items"], definitions, known)
    return found


def _types(part: Mapping[str, Any]) -> list[str]:
    """The types of a part; the words to choose from are texts."""
    if "type" not in part:
        return ["string"] if "enum" in part else []
    types = part["type"]
    return [types] if isinstance(types, str) else types
