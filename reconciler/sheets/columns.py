"""The columns that a kind can have: its key, its fields, and an attribute each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.catalog.draft import readable_fields
from reconciler.kinds import ATTRIBUTES, Field, Kind, Type
from reconciler.model import Catalog, Resource, Value
from reconciler.normalize import texts
from reconciler.paths import VALUES, is_value, value_path
from reconciler.pull import values
from reconciler.pull.pulled import Inexpressible
from reconciler.sheets.shapes import Shape, Sort, attribute_shape, field_shape
from reconciler.sheets.table import PickFrom
from reconciler.yamltext import Flow, TypedFlow, fits_key

KEY = "key"
KEY_HEADER = "Key (key)"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column: the field that it shows, what people call it, and what it takes.

    `name` is what stands in the brackets of its header: the field, or the key of the attribute.
    """

    path: str
    name: str
    label: str
    field: Field
    shape: Shape
    beside: str = ""
    """The field that holds the first of several, which is no more shown among them."""

    @property
    def header(self) -> str:
        """The label, then the key."""
        return f"{self.label} ({self.name})"

    @property
    def picks(self) -> PickFrom | None:
        """What it offers to pick from; None where there is no list."""
        if self.shape.sort is Sort.TRUTH:
            return PickFrom(("true", "false"), closed=True)
        if not self.shape.options:
            return None
        several = self.shape.sort is Sort.CHOICES
        return PickFrom(self.shape.options, self.shape.closed, several)

    def value(self, resource: Resource) -> Value:
        """What an object has there, from wherever it has it."""
        value = resource.fields.get(self.path)
        if not self.beside:
            return value
        first = resource.fields.get(self.beside)
        return tuple(key for key in texts(value) if key != first) or None

    def data(self, value: Value) -> Any:
        """A value as YAML data; Inexpressible where no YAML can say it."""
        return _DATA[self.shape.sort](value, self.shape)


def columns_of(catalog: Catalog, kind: Kind) -> tuple[Column, ...]:
    """Every column that a sheet of a kind can have but for the key, in their order."""
    found = list(_fields(catalog, kind))
    if VALUES in readable_fields(kind):
        found += _attributes(catalog, {KEY, *(column.name for column in found)})
    return tuple(found)


def _fields(catalog: Catalog, kind: Kind) -> Iterator[Column]:
    """A column for each field that an entry has."""
    beside = {} if kind.primary is None else {kind.primary.among: kind.primary.name}
    for field in kind.fields:
        # Whether a product is a parent follows from its variants.
        if field.yaml and field.type is not Type.VALUES and not field.derived:
            name = field.name
            label = name.replace("_", " ").capitalize()
            shape = field_shape(catalog, kind, field)
            yield Column(name, name, label, field, shape, beside.get(name, ""))


def _attributes(catalog: Catalog, taken: Collection[str]) -> Iterator[Column]:
    """A column for each attribute, by its key where no field is called so."""
    for attribute in catalog.of("attribute"):
        key = attribute.ref.key
        name = value_path(key) if key in taken else key
        label = str(attribute.fields.get("label") or key)
        yield Column(value_path(key), name, label, ATTRIBUTES, attribute_shape(attribute))


# --- value → YAML data --------------------------------------------------------------------------


def _choice(value: Value, _: Shape) -> Any:
    return values.text("".join(texts(value)))


def _choices(value: Value, _: Shape) -> Any:
    return [values.text(item) for item in texts(value)]


def _record(value: Value, shape: Shape) -> Any:
    assert isinstance(value, Mapping)
    if not all(map(fits_key, value)):
        raise Inexpressible("a field's label cannot be a key")
    if shape.texts:
        return [Flow(label=label, type=type_) for label, type_ in value.items()]
    parts = {label: _part(label, part, shape) for label, part in value.items()}
    return TypedFlow(parts) if shape.parts is None else Flow(parts)


def _part(label: str, value: Value, shape: Shape) -> Any:
    if not isinstance(value, str):
        return value
    if shape.parts is not None and shape.parts[label] == "Date":
        return values.moment(value)
    return values.text(value)


_DATA: Mapping[Sort, Any] = {
    Sort.TEXT: lambda value, _: values.text(value),
    Sort.NUMBER: lambda value, _: value,
    Sort.TRUTH: lambda value, _: value,
    Sort.MOMENT: lambda value, _: values.moment(value),
    Sort.CHOICE: _choice,
    Sort.CHOICES: _choices,
    Sort.RECORD: _record,
}


def used(columns: Sequence[Column], resources: Sequence[Resource]) -> tuple[Column, ...]:
    """The fields of the kind, and of the attributes those that any of these objects has."""
    paths: set[str] = set()
    for item in resources:
        paths.update(item.fields)
    return tuple(item for item in columns if item.path in paths or not is_value(item.path))
