"""The order in which the entries of an object stand (contract 1.2), for all that writes YAML."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.catalog.objects import NESTS
from reconciler.kinds import KINDS

_PUBLISHED = ("published", "published_start_date", "published_end_date")
_OWN: Mapping[str, tuple[str, ...]] = {
    "category": ("name", "parent", "regions", *_PUBLISHED),
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
