"""Changes of a plan file in full, and as they are written: without what is as it mostly is.

The digest is of the full form, so it is the same whichever format a file has (contract 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.enums import Class

Json = Mapping[str, Any]

_CHANGE: Json = {
    "id": None,
    "source": None,
    "moved_from": None,
    "class": Class.PENDING,
    "fields": [],
    "fallout": [],
    "depends_on": [],
    "blocked": None,
    "group": {},
}

_GROUP: Json = {"categories": [], "product": None}

_VALUE: Json = {"before": None, "applied": None, "class": Class.PENDING}
"""A field that is written as a whole always says what it is `after`; a set never does."""

_SET: Json = {"add": [], "remove": [], "class": Class.PENDING}

_LISTS = ("fields", "replaced")


def shortened(change: Json) -> dict[str, Any]:
    """A change without what is usual: a large plan is half as long."""
    found = {**change, "group": _less(change["group"], _GROUP)}
    for name in _LISTS:
        if name in found:
            found[name] = [_less(item, _usual(item)) for item in found[name]]
    return _less(found, _CHANGE)


def filled(change: Json) -> dict[str, Any]:
    """A change in full."""
    found = {**_CHANGE, **change}
    found["group"] = {**_GROUP, **found["group"]}
    for name in _LISTS:
        if name in found:
            found[name] = [{**_usual(item), **item} for item in found[name]]
    return found


def _usual(field: Json) -> Json:
    return _VALUE if "after" in field else _SET


def _less(found: Json, usual: Json) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for name, value in found.items():
        # A set without elements is a tuple or a list.
        is_empty = isinstance(value, tuple) and not value
        if name not in usual or ([] if is_empty else value) != usual[name]:
            left[name] = value
    return left
