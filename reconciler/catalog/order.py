"""The order in which the entries of an object stand (contract 1.2), for all that writes YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.kinds import ATTRIBUTES, KINDS
from reconciler.paths import attribute_of, is_value

_PUBLISHED = ("published", "published_start_date", "published_end_date")
_OWN: Mapping[str, tuple[str, ...]] = {
    "category": ("name", "parent", "regions", *_PUBLISHED, "resources"),
    "attribute": ("label", "type", "multiple", "options", "fields", "regions"),
    "attribute_group": ("name",),
    "collection": (
        "name",
        "additional_title",
        "type",
        "variant_of",
        "category",
        "categories",
        *_PUBLISHED,
        "regions",
        "resources",
        "files",
    ),
    "file": ("path", "file_name", "collections", *_PUBLISHED, "regions"),
    "resource": ("description", "link", "category", "collections"),
}
"""What a kind has; what is long, or holds other objects, comes last."""


def field_order(kind: str) -> tuple[str, ...]:
    """The names of an object's entries in their order."""
    nest = NESTS.get(kind)
    known = tuple(item.name for item in KINDS[kind].fields if item.yaml)
    own = _OWN.get(kind, known)
    others = tuple(name for name in known if name not in own and name != "attributes")
    last = ("lifecycle", "inherit", "attributes", *([nest.list] if nest else ()))
    return ("key", "id", "external", "only", *own, *others, *last)


def entry_data(
    kind: str, fields: Mapping[str, Any], below: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """An object's entry in the order of its lines.

    `fields` are its YAML data by path, `below` the entries that are nested in it.
    """
    data: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for path, value in fields.items():
        if is_value(path):
            values[attribute_of(path)] = value
        else:
            data[path] = value
    if values:
        data[ATTRIBUTES.name] = values
    if below:
        data[NESTS[kind].list] = list(below)
    return {name: data[name] for name in field_order(kind) if name in data}
