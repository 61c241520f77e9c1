"""The way in: JSON → fields in ids, from any documented shape."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from reconciler.kinds import Field, Kind, Type
from reconciler.model import Json, LiveObject, Value
from reconciler.normalize import (
    boolean,
    content,
    distinct,
    instant,
    is_empty,
    number,
    spelled,
)
from reconciler.paths import value_path


def text_id(value: Json) -> str | None:
    """A reference `"id"`, 7 or `{"id": …}` as a text; None where it is empty."""
    if isinstance(value, Mapping):
        value = value.get("id", value.get("_id"))
    return None if is_empty(value) else spelled(value)


def _ids(value: Json) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    return distinct(id_ for id_ in map(text_id, items) if id_)


def _pairs(value: Json) -> tuple[tuple[str, str, str], ...]:
    """Options or sub-fields as (id, label, type); a bare text is its own id."""
    items = value if isinstance(value, list | tuple) else []
    found = []
    for item in items:
        if isinstance(item, Mapping):
            label = label_of(item)
            found.append((text_id(item) or label, label, spelled(item.get("value_type") or "")))
        elif not is_empty(item):
            found.append((spelled(item), spelled(item), ""))
    return tuple(found)


def _text(value: Json) -> Value:
    return None if is_empty(value) else spelled(value)


def _multiple(value: Json) -> Value:
    maximum = number(value)
    return maximum is not None and maximum > 1


def _instant(value: Json) -> Value:
    return None if is_empty(value) else instant(spelled(value)) or spelled(value)


def _boolean(value: Json) -> Value:
    return None if is_empty(value) else boolean(value)


def _content(value: Json) -> Value:
    size = number(value)
    return None if size is None else content(None, int(size))


_DECODERS: Mapping[Type, Callable[[Json], Any]] = {
    Type.TEXT: _text,
    Type.WORD: _text,
    Type.BOOLEAN: _boolean,
    Type.MULTIPLE: _multiple,
    Type.INSTANT: _instant,
    Type.REFERENCE: text_id,
    Type.REFERENCES: _ids,
    Type.REGIONS: _ids,
    Type.OPTIONS: _pairs,
    Type.SUBFIELDS: _pairs,
    Type.CONTENT: _content,
}

# `options` holds a pick list's options or a List's sub-fields (PXM-API: unknown, assumed).
_ONLY_FOR: Mapping[Type, str] = {Type.OPTIONS: "Pick List", Type.SUBFIELDS: "List"}


def decode(kind: Kind, raw: Mapping[str, Json], *, keep_raw: bool = False) -> LiveObject:
    """A live object from any documented shape; only fields that stand in the answer are set."""
    fields: dict[str, Any] = {}
    for item in kind.fields:
        if item.type is Type.VALUES:
            fields.update(decode_values(raw.get(item.wire[0])))
        elif item.type not in _ONLY_FOR or raw_type(raw) == _ONLY_FOR[item.type]:
            _decode_field(item, raw, fields)
    id_ = text_id(raw) or ""
    return LiveObject(kind.name, id_, fields, raw.get("created_date"), raw if keep_raw else None)


def without(
    kind: Kind, raw: Mapping[str, Json], gone: Container[tuple[str, str]]
) -> dict[str, Json]:
    """An object's JSON without the elements of its arrays that no longer exist.

    `gone` holds the kind and id of each; none of them is sent back (contract 2.3).
    """
    left = dict(raw)
    for item in kind.fields:
        for name in item.wire if item.type in (Type.REFERENCES, Type.VALUES) else ():
            if isinstance(raw.get(name), list):
                left[name] = [one for one in raw[name] if (item.to, text_id(one)) not in gone]
    return left


def raw_type(raw: Mapping[str, Json]) -> str:
    """An attribute definition's `value_type`, in either of its names."""
    return spelled(raw.get("value_type") or raw.get("type") or "")


def _decode_field(item: Field, raw: Mapping[str, Json], fields: dict[str, Any]) -> None:
    name = _name_in(item, raw)
    if name is not None:
        fields[item.name] = _DECODERS[item.type](raw[name])


def _name_in(item: Field, raw: Mapping[str, Json]) -> str | None:
    """The wire name under which an answer has a field; of several one that holds something."""
    present = [name for name in item.wire if name in raw]
    filled = [name for name in present if not is_empty(raw[name])]
    return next(iter([*filled, *present]), None)


def elements(item: Field, raw: Mapping[str, Json]) -> list[Json]:
    """The elements of an array as they were read, keys that nobody knows among theirs."""
    name = _name_in(item, raw)
    found = raw[name] if name is not None else None
    if isinstance(found, list | tuple):
        return list(found)
    return [] if is_empty(found) else [found]


def label_of(element: Json) -> str:
    """The label of an option or sub-field; a bare text is its own."""
    if isinstance(element, Mapping):
        element = element.get("label", element.get("name", ""))
    return spelled(element)


def decode_values(value: Json) -> Iterator[tuple[str, Json]]:
    for entry in value if isinstance(value, list) else ():
        id_ = text_id(entry) if isinstance(entry, Mapping) else None
        if id_ and not is_empty(entry.get("value")):
            yield value_path(id_), entry["value"]
