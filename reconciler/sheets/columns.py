"""The columns that a kind can have: its key, its fields, and an attribute each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.catalog.draft import readable_fields
from reconciler.kinds import ATTRIBUTES, KINDS, VALUE_TYPES, Field, Kind, Type
from reconciler.model import Catalog, Resource, Value
from reconciler.normalize import texts
from reconciler.paths import VALUES, is_value, value_path
from reconciler.pull import values
from reconciler.pull.pulled import Inexpressible
from reconciler.quoting import quoted
from reconciler.sheets.cells import Shape, Sort
from reconciler.sheets.table import PickFrom
from reconciler.suggestions import suggestion
from reconciler.yamltext import Flow, TypedFlow, fits_key

KEY = "key"
KEY_HEADER = "Key (key)"
NOTE = "#"
"""A column whose header begins with it is somebody's own: it is not read."""


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
        taken = {KEY, *(column.name for column in found)}
        for attribute in catalog.of("attribute"):
            key = attribute.ref.key
            name = value_path(key) if key in taken else key
            label = str(attribute.fields.get("label") or key)
            found.append(Column(value_path(key), name, label, ATTRIBUTES, _shape(attribute)))
    return tuple(found)


def _fields(catalog: Catalog, kind: Kind) -> Iterator[Column]:
    for field in kind.fields:
        # Whether a product is a parent follows from its variants.
        if field.yaml and field.type is not Type.VALUES and not field.derived:
            label = field.name.replace("_", " ").capitalize()
            shape = _field_shape(catalog, kind, field)
            yield Column(field.name, field.name, label, field, shape, _first(kind, field))


def _first(kind: Kind, field: Field) -> str:
    primary = kind.primary
    return primary.name if primary is not None and primary.among == field.name else ""


# --- what a column takes ------------------------------------------------------------------------

_SORTS: Mapping[Type, Sort] = {
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


def _field_shape(catalog: Catalog, kind: Kind, field: Field) -> Shape:
    if field.type is Type.WORD and kind.defines:
        return Shape(Sort.CHOICE, VALUE_TYPES, closed=True)
    to = KINDS.get(field.to)
    # Of products there are too many to pick one, of categories one must be.
    options = tuple(item.ref.key for item in catalog.of(field.to)) if to and to.tree else None
    return Shape(_SORTS[field.type], options, texts=field.type is Type.SUBFIELDS)


_OF_TYPES = {
    "Text": Sort.TEXT,
    "Number": Sort.NUMBER,
    "Boolean": Sort.TRUTH,
    "Date": Sort.MOMENT,
    "List": Sort.RECORD,
}


def _shape(attribute: Resource) -> Shape:
    type_ = str(attribute.fields["type"])
    if type_ == "Pick List":
        return _pick_shape(attribute)
    parts = attribute.fields.get("fields")
    if parts is None and attribute.external:
        return Shape(_OF_TYPES[type_])
    known = parts if isinstance(parts, Mapping) else {}
    return Shape(_OF_TYPES[type_], parts={label: str(part) for label, part in known.items()})


def _pick_shape(attribute: Resource) -> Shape:
    """Somebody else's that lists no options may hold any, and several."""
    is_unknown = attribute.external and "options" not in attribute.fields
    several = is_unknown or bool(attribute.fields.get("multiple"))
    options = None if is_unknown else texts(attribute.fields.get("options"))
    return Shape(Sort.CHOICES if several else Sort.CHOICE, options, closed=not is_unknown)


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
    untyped = shape.parts is None
    record = TypedFlow if untyped else Flow
    return record({label: _part(label, part, shape) for label, part in value.items()})


def _part(label: str, value: Value, shape: Shape) -> Any:
    if not isinstance(value, str):
        return value
    is_day = (shape.parts or {}).get(label) == "Date"
    return values.moment(value) if is_day else values.text(value)


_DATA: Mapping[Sort, Any] = {
    Sort.TEXT: lambda value, _: values.text(value),
    Sort.NUMBER: lambda value, _: value,
    Sort.TRUTH: lambda value, _: value,
    Sort.MOMENT: lambda value, _: values.moment(value),
    Sort.CHOICE: _choice,
    Sort.CHOICES: _choices,
    Sort.RECORD: _record,
}


# --- which column is meant ----------------------------------------------------------------------


def is_key(header: str) -> bool:
    """Whether a header is that of the keys."""
    text = header.strip()
    return text.lower() == KEY or text.endswith(f"({KEY})")


class UnknownColumn(Exception):
    """No column is called that, or several are; `hint` is what to write."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def find_column(text: str, columns: Sequence[Column]) -> Column:
    """The column of a header or of what somebody typed: by its name, else by its label."""
    wanted = text.strip()
    found = _named(wanted, columns) or _labelled(wanted, columns)
    if len(found) == 1:
        return found[0]
    if found:
        hint = "write " + " or ".join(column.header for column in found[:3])
        raise UnknownColumn(f"{quoted(wanted)} is the label of several columns", hint)
    known = [column.name for column in columns]
    known += [column.label for column in columns]
    raise UnknownColumn(f"there is no column {quoted(wanted)}", suggestion(wanted, known))


def _named(text: str, columns: Sequence[Column]) -> list[Column]:
    """By the whole header, the name, or the name in the brackets of another label."""
    whole = [column for column in columns if text in (column.header, column.name, column.path)]
    if whole or not text.endswith(")"):
        return whole
    name = text[text.rfind("(") + 1 : -1]
    return [column for column in columns if column.name == name]


def _labelled(text: str, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.label.casefold() == text.casefold()]


def find_columns(headers: Sequence[str], columns: Sequence[Column]) -> Iterator[Column]:
    """The columns that headers name, in their order; UnknownColumn."""
    for header in headers:
        yield find_column(header, columns)


def used(columns: Sequence[Column], resources: Sequence[Resource]) -> tuple[Column, ...]:
    """The fields of the kind, and of the attributes those that any of these objects has."""
    paths: set[str] = set()
    for item in resources:
        paths.update(item.fields)
    return tuple(item for item in columns if item.path in paths or not is_value(item.path))
