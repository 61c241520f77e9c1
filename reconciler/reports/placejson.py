"""Where an object is declared and where it stands, as JSON."""

from __future__ import annotations

from typing import Any

from reconciler.model import Drifted, Group, Origin, Place


def place_json(place: Place | None) -> dict[str, Any] | None:
    """Where an object is declared."""
    return {"file": place.file, "line": place.line} if place else None


def origin_json(origin: Origin) -> dict[str, Any]:
    """Where a value comes from that its object's entry does not say (contract 1.9)."""
    whose = {"defaults": origin.list} if origin.list else {"parent": origin.owner.key}
    return {**whose, "file": origin.place.file, "line": origin.place.line}


def drifted_json(item: Drifted, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """An object that differs, with what its report says of the fields."""
    return {
        "kind": item.ref.kind,
        "key": item.ref.key or None,
        "id": item.id,
        "label": item.label,
        "status": item.status,
        "source": place_json(item.place),
        "fields": fields,
        "group": group_json(item.group),
    }


def group_json(group: Group) -> dict[str, Any]:
    """Where an object stands."""
    product = {"key": group.product, "label": group.product_label} if group.product else None
    return {"categories": list(group.categories), "product": product}
