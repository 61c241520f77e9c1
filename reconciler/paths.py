"""Paths of fields, as plans, states and reports name them.

A field of an object goes by its name (`category`).  Attribute values are fields each on its own:
`attributes.<key>` in the catalog's words; `attributes.<id>` in what the API returned and in the
state, whose words are ids (`wire.view_field` and `wire.stored` turn one into the other).
"""

from __future__ import annotations

VALUES = "attributes"
"""The field that holds an object's attribute values."""

_PREFIX = VALUES + "."


def value_path(attribute: str) -> str:
    """The path of an attribute's value, of its key, id or `id:` token."""
    return _PREFIX + attribute


def is_value(path: str) -> bool:
    """The path is that of an attribute's value."""
    return path.startswith(_PREFIX)


def attribute_of(path: str) -> str:
    """The attribute that a value's path names; empty for any other field."""
    return path[len(_PREFIX) :] if path.startswith(_PREFIX) else ""


def field_of(path: str) -> str:
    """The field of a kind that a path belongs to: its name, `attributes` for every value."""
    return VALUES if path.startswith(_PREFIX) else path
