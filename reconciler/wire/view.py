"""Fields in ids ↔ fields in keys: live and applied alike, and back for the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.kinds import Field, Kind, Type, roots_of
from reconciler.model import Json, LiveObject, Resource, Value
from reconciler.normalize import (
    boolean,
    distinct,
    is_empty,
    number,
    spelled,
)
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.wire.decode import text_id
from reconciler.wire.names import Definition, Names, as_spelled, same_label


def view(kind: Kind, fields: Mapping[str, Any], names: Names) -> dict[str, Value]:
    """All fields of a live object in the catalog's keys."""
    return dict(view_field(kind, path, value, names) for path, value in fields.items())


def view_field(kind: Kind, path: str, value: Any, names: Names) -> tuple[str, Value]:
    """One field's path and value in the catalog's keys; digests pass through."""
    if is_value(path):
        token = names.token("attribute", attribute_of(path))
        return value_path(token), view_value(value, names.definition(token))
    item = kind.field(path)
    reader = _VIEWS.get(item.type)
    return path, reader(item, value, names) if reader else value


def _view_reference(item: Field, value: Any, names: Names) -> Value:
    if is_empty(value) or value in roots_of(item.to, names.roots):
        return None
    return names.token(item.to, value)


def _view_references(item: Field, value: Any, names: Names) -> Value:
    hidden = roots_of(item.to, names.roots)
    shown = [id_ for id_ in value or () if id_ not in hidden]
    return distinct(names.token(item.to, id_) for id_ in shown)


def _view_regions(_: Field, value: Any, names: Names) -> Value:
    return distinct(map(names.region_token, value or ()))


def _view_labels(_: Field, value: Any, __: Names) -> Value:
    """Of live options, which are (id, label, type), and of what the state keeps: labels."""
    return distinct(item if isinstance(item, str) else item[1] for item in value or ())


_VIEWS: Mapping[Type, Callable[[Field, Any, Names], Value]] = {
    Type.REFERENCE: _view_reference,
    Type.REFERENCES: _view_references,
    Type.REGIONS: _view_regions,
    Type.OPTIONS: _view_labels,
    Type.SUBFIELDS: _view_labels,
}


def view_value(value: Json, definition: Definition) -> Value:
    """An attribute value as the catalog would write it; labels in place of option ids."""
    if is_empty(value):
        return None
    reader = _VALUE_VIEWS.get(definition.type)
    # Most values are texts, and asking an abstract class takes longer than all the rest.
    if reader is None and isinstance(value, str):
        return _scalar(value, definition.type)
    if isinstance(value, Mapping) and value.keys() == {"sha256"}:
        return value
    if reader is not None:
        return reader(value, definition)
    if isinstance(value, list | tuple) and len(value) == 1:
        return view_value(value[0], definition)
    return _scalar(value, definition.type)


def _scalar(value: Json, type_: str) -> Value:
    parsed: Value = None
    if type_ == "Number":
        parsed = number(value)
    elif type_ == "Boolean":
        parsed = boolean(value)
    return spelled(value) if parsed is None else parsed  # 0 is a number too


def flat(value: Json) -> Iterator[Json]:
    """A pick-list value's elements, out of any nesting."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from flat(item)
    elif isinstance(value, Mapping):
        yield value.get("id") or value.get("label")
    elif not is_empty(value):
        yield value


def picked(value: Json) -> Iterator[str]:
    """The ids, or labels, that a pick-list value holds."""
    return (spelled(item) for item in flat(value) if item is not None)


def _view_picks(value: Json, definition: Definition) -> Value:
    return distinct(_pick_label(item, definition) for item in picked(value))


def _pick_label(item: str, definition: Definition) -> str:
    """The label of an option by its id, or by a label that it has or had."""
    label = definition.labels.get(item)
    if label or not definition.renamed:
        return label or item
    return definition.renamed.get(same_label(item), item)


def _view_record(value: Json, definition: Definition) -> Value:
    if isinstance(value, Mapping) and not {"value", "value_type"} & value.keys():
        return value
    entries = value if isinstance(value, list | tuple) else [value]
    filled = [x for x in entries if isinstance(x, Mapping) and not is_empty(x.get("value"))]
    return dict(_view_part(entry, definition) for entry in filled) or None


def _view_part(entry: Mapping[str, Json], definition: Definition) -> tuple[str, Value]:
    """A sub-field's label in the catalog's spelling, by its id first, and its value."""
    label = definition.labels.get(text_id(entry) or "") or spelled(entry.get("label", ""))
    label = definition.renamed.get(same_label(label), label)
    type_ = definition.type_of_part(label) or spelled(entry.get("value_type", "Text"))
    return label, _scalar(entry["value"], type_)


_VALUE_VIEWS: Mapping[str, Callable[[Json, Definition], Value]] = {
    "Pick List": _view_picks,
    "List": _view_record,
}
"""By the attribute's type; values of all others are scalars."""


def definition_of(item: LiveObject, declared: Resource | None = None) -> Definition:
    """What a live attribute says of its values, in the labels of its declaration: as they will be
    once declared renames are made, and unescaped where the account escapes."""
    pairs = item.fields.get("options") or item.fields.get("fields") or ()
    types = {label: type_ or "Text" for _, label, type_ in pairs}
    renamed: dict[str, str] = {}
    if declared is not None:
        renamed = _spelled_otherwise([label for _, label, _ in pairs], declared)
    labels: dict[str, str] = {}
    for id_, label, _ in pairs:
        labels[id_] = renamed.get(same_label(label), label)
    type_ = spelled(item.fields.get("type") or "Text")
    return Definition(type=type_, labels=labels, types=types, renamed=renamed)


def _spelled_otherwise(live: Sequence[str], declared: Resource) -> dict[str, str]:
    """Labels that the account has, or had, under others of the declaration: as labels are
    compared → as they are declared."""
    listed = key_texts(declared.fields.get("options") or declared.fields.get("fields"))
    counts = Counter(map(same_label, live))
    found: dict[str, str] = {}
    for label, known in zip(live, as_spelled(live, listed), strict=True):
        if label != known and counts[same_label(label)] == 1:
            found[same_label(label)] = known
    for new, old in declared.renames.items():
        # Where the account has both labels the old one is an option of its own.
        if not {same_label(old), same_label(new)} <= counts.keys():
            found[same_label(old)] = new
    return found


def stored(kind: Kind, path: str, value: Value, names: Names) -> tuple[str, Any]:
    """A declared field as the state keeps it: references as ids, labels as labels."""
    if is_value(path):
        return value_path(names.id("attribute", attribute_of(path))), value
    item = kind.field(path)
    if item.type is Type.REFERENCE and value is not None:
        return path, names.id(item.to, str(value))
    if item.type in (Type.REFERENCES, Type.REGIONS):
        return path, tuple(element_id(item, token, names) for token in key_texts(value))
    if item.type is Type.SUBFIELDS:
        return path, key_texts(value)
    return path, value


def element_id(item: Field, token: str, names: Names) -> str:
    """The id of an element of a set of references or regions, by its key, name or `id:` token."""
    if item.type is Type.REGIONS:
        return names.region_id(token) or token
    return names.id(item.to, token)


def key_texts(value: Value) -> tuple[str, ...]:
    """The keys or labels that a set, or the labels that a record, holds."""
    return tuple(map(str, value)) if isinstance(value, tuple | Mapping) else ()
