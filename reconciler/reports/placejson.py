"""Where an object is declared and where it stands, as JSON."""

from __future__ import annotations

from typing import Any

from reconciler.model import Group, Place


def place_json(place: Place | None) -> dict[str, Any] | None:
    """Where an object is declared."""
    return {"file": place.file, "line": place.line} if place else None


def group_json(group: Group) -> dict[str, Any]:
    """Where an object stands."""
    product = {"key": group.product, "label": group.product_label} if group.product else None
    return {"categories": list(group.categories), "product": product}
