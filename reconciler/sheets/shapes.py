"""What a column takes: of which sort its values are, and what they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from reconciler.kinds import KINDS, VALUE_TYPES, Field, Kind, Type
from reconciler.model import Catalog, Resource
from reconciler.normalize import texts


class Sort(Enum):
    """What a column's values are, and so how they are typed."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    MOMENT = "moment"
    CHOICE = "choice"
    CHOICES = "choices"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a column takes.

    `options` are what may be chosen, `closed` that nothing else may be.  `parts` are the fields
    of a record with their types, None where nobody knows them; `texts` says that a record may
    have any field and holds texts.
    """

    sort: Sort
    options: tuple[str, ...] | None = None
    closed: bool = False
    parts: Mapping[str, str] | None = None
    texts: bool = False


# --- of a field ---------------------------------------------------------------------------------

_OF_FIELDS: Mapping[Type, Sort] = {
    Type.TEXT: Sort.TEXT,
    Type.WORD: Sort.TEXT,
    Type.BOOLEAN: Sort.TRUTH,
    Type.MULTIPLE: Sort.TRUTH,
    Type.INSTANT: Sort.MOMENT,
    Type.REFERENCE: Sort.CHOICE,
    Type.REFERENCES: Sort.CHOICES,
    Type.REGIONS: Sort.CHOICES,
    Type.OPTIONS: Sort.CHOICES,
    Type.SUBFIELDS: Sort.RECORD,
}


def field_shape(catalog: Catalog, kind: Kind, field: Field) -> Shape:
    """What a field of a kind takes."""
    if field.type is Type.WORD and kind.defines:
        return Shape(Sort.CHOICE, VALUE_TYPES, closed=True)
    if field.type is Type.SUBFIELDS:
        return Shape(Sort.RECORD, texts=True)
    return Shape(_OF_FIELDS[field.type], _keys(catalog, field))


def _keys(catalog: Catalog, field: Field) -> tuple[str, ...] | None:
    """The keys that a reference may name; None where there are too many to pick one."""
    to = KINDS.get(field.to)
    if to is None or not to.tree:
        return None
    return tuple(item.ref.key for item in catalog.of(to.name))


# --- of an attribute ----------------------------------------------------------------------------

_OF_TYPES = {
    "Text": Sort.TEXT,
    "Number": Sort.NUMBER,
    "Boolean": Sort.TRUTH,
    "Date": Sort.MOMENT,
}


def attribute_shape(attribute: Resource) -> Shape:
    """What a value of an attribute may be."""
    type_ = str(attribute.fields["type"])
    if type_ == "Pick List":
        return _pick_shape(attribute)
    if type_ == "List":
        return Shape(Sort.RECORD, parts=_parts(attribute))
    return Shape(_OF_TYPES[type_])


def _pick_shape(attribute: Resource) -> Shape:
    if attribute.external and "options" not in attribute.fields:
        # Somebody else's that lists none may hold any, and several.
        return Shape(Sort.CHOICES)
    sort = Sort.CHOICES if attribute.fields.get("multiple") else Sort.CHOICE
    return Shape(sort, texts(attribute.fields.get("options")), closed=True)


def _parts(attribute: Resource) -> dict[str, str] | None:
    """The fields of a record with their types; None where nobody knows them."""
    parts = attribute.fields.get("fields")
    if parts is None:
        return None if attribute.external else {}
    assert isinstance(parts, Mapping)
    return {label: str(type_) for label, type_ in parts.items()}
