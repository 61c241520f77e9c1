"""Values that categories hand down to what stands in them (contract 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model import Json, LiveObject
from reconciler.normalize import (
    canon,
)
from reconciler.paths import attribute_of, is_value
from reconciler.wire.names import Definition, Names
from reconciler.wire.view import view_value

Inherited = Mapping[str, frozenset[Any]]
"""By attribute id, the canonical values that the categories above an object show."""


def inherited_values(
    item: LiveObject, categories: Mapping[str, LiveObject], names: Names
) -> Inherited:
    """By attribute id, the canonical values that the categories above an object show."""
    found: dict[str, set[Any]] = {}
    for category in categories_above(item, categories):
        for path, value in category.fields.items():
            if is_value(path):
                id_ = attribute_of(path)
                definition = names.definitions.get(id_) or Definition()
                form = canon(view_value(value, definition), definition.type)
                found.setdefault(id_, set()).add(form)
    return {id_: frozenset(forms) for id_, forms in found.items()}


def is_handed_down(
    id_: str, value: Json, names: Names, shown: Mapping[str, frozenset[Any]]
) -> bool:
    """Whether a value of an attribute is among those that categories show, as it was read."""
    if id_ not in shown:
        return False
    definition = names.definitions.get(id_) or Definition()
    return canon(view_value(value, definition), definition.type) in shown[id_]


def categories_above(item: LiveObject, categories: Mapping[str, LiveObject]) -> list[LiveObject]:
    """The categories above an object, as far as they are known, each once.

    A category in a circle is not above itself.
    """
    found = []
    pending = [item.fields.get("category"), item.fields.get("parent")]
    pending += item.fields.get("categories") or ()
    seen = {item.id} if item.kind == "category" else set()
    while pending:
        id_ = pending.pop()
        if id_ and id_ in categories and id_ not in seen:
            seen.add(id_)
            found.append(categories[id_])
            pending.append(categories[id_].fields.get("parent"))
    return found
