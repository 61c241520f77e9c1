"""The way in: JSON → fields in ids, from any documented shape.

`decode` is the one way from what the API said to a live object, whether it came in a list, alone
or from a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Container, ItemsView, Iterator, Mapping
from functools import lru_cache
from typing import Any

from reconciler.jsontext import canonical, packed, unpacked
from reconciler.kinds import KINDS, Field, Kind, Type
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
from reconciler.paths import attribute_of, value_path


def text_id(value: Json) -> str | None:
    """A reference `"id"`, 7 or `{"id": …}` as a text; None where it is empty."""
    if isinstance(value, Mapping):
        value = value.get("id", value.get("_id"))
    return None if is_empty(value) else spelled(value)


def _ids(value: Json) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    return distinct(filter(None, map(text_id, items)))


def _pairs(value: Json) -> tuple[tuple[str, str, str], ...]:
    """Options or sub-fields as (id, label, type); a bare text is its own id."""
    found: list[tuple[str, str, str]] = []
    for item in value if isinstance(value, list | tuple) else ():
        label = label_of(item)
        if isinstance(item, Mapping):
            found.append((text_id(item) or label, label, spelled(item.get("value_type") or "")))
        elif not is_empty(item):
            found.append((label, label, ""))
    return tuple(found)


def _filled(read: Callable[[Json], Value]) -> Callable[[Json], Value]:
    """A reader that reads nothing where nothing stands."""
    return lambda value: None if is_empty(value) else read(value)


def _multiple(value: Json) -> Value:
    maximum = number(value)
    return maximum is not None and maximum > 1


def _instant(value: Json) -> Value:
    return instant(spelled(value)) or spelled(value)


def _content(value: Json) -> Value:
    size = number(value)
    return None if size is None else content(None, int(size))


_DECODERS: Mapping[Type, Callable[[Json], Any]] = {
    Type.TEXT: _filled(spelled),
    Type.WORD: _filled(spelled),
    Type.BOOLEAN: _filled(boolean),
    Type.MULTIPLE: _multiple,
    Type.INSTANT: _filled(_instant),
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
    """A live object from any documented shape; only fields that stand in the answer are set.

    They are decoded when somebody asks for the first of them: of most objects nobody does.
    """
    fields = WireFields.of(kind, raw)
    created = raw.get("created_date")
    return LiveObject(kind.name, text_id(raw) or "", fields, created, raw if keep_raw else None)


def decode_fields(kind: Kind, raw: Mapping[str, Json]) -> dict[str, Any]:
    """The fields of an object in ids, by their paths."""
    fields: dict[str, Any] = {}
    for item in kind.fields:
        only = _ONLY_FOR.get(item.type)
        if item.type is Type.VALUES:
            fields.update(decode_values(raw.get(item.wire[0])))
        elif only is None or raw_type(raw) == only:
            name = _name_in(item, raw)
            if name is not None:
                fields[item.name] = _DECODERS[item.type](raw[name])
    return fields


def has_title(kind: Kind, raw: Mapping[str, Json]) -> bool:
    """An object shows what people know it by."""
    return any(not is_empty(raw.get(name)) for name in kind.field(kind.title).wire)


class WireFields(Mapping[str, Any]):
    """The fields of a live object, kept as the API spelled them until one is asked for.

    `text` is the JSON array of what `decode_fields` reads of the answer, by `names`: a third of
    the room that the fields would take, and the same for the same answer, whatever else (dates,
    counters) stands in it.  `raw` is the part of the answer that it was made of.
    """

    __slots__ = ("_decoded", "_kind", "names", "text")

    def __init__(self, kind: Kind, names: tuple[str, ...], text: str) -> None:
        self.names = names
        self.text = text
        self._kind = kind
        self._decoded: dict[str, Any] | None = None

    @classmethod
    def of(cls, kind: Kind, raw: Mapping[str, Json]) -> WireFields:
        """The fields of an answer."""
        names = _names(kind.name, tuple(raw))
        told = [raw[name] for name in names]
        at = _place_of_values(kind.name, names)
        if at is not None:
            told[at] = list(decode_values(told[at]))
        return cls(kind, names, packed(told))

    @property
    def raw(self) -> dict[str, Json]:
        """The names and values of the answer that the fields are read from."""
        told = dict(zip(self.names, unpacked(self.text), strict=True))
        at = _place_of_values(self._kind.name, self.names)
        if at is not None:
            told[self.names[at]] = [_valued(*pair) for pair in told[self.names[at]]]
        return told

    @property
    def is_decoded(self) -> bool:
        """Somebody has asked for a field."""
        return self._decoded is not None

    @property
    def decoded(self) -> dict[str, Any]:
        """The fields."""
        if self._decoded is None:
            self._decoded = decode_fields(self._kind, self.raw)
        return self._decoded

    def __getitem__(self, path: str) -> Any:
        return self.decoded[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.decoded)

    def __len__(self) -> int:
        return len(self.decoded)

    def __contains__(self, path: object) -> bool:
        return path in self.decoded

    def get(self, path: str, default: Any = None) -> Any:
        """A field; `default` where it was not in the answer."""
        return self.decoded.get(path, default)

    def items(self) -> ItemsView[str, Any]:
        """The fields by their paths."""
        return self.decoded.items()

    def __repr__(self) -> str:
        return repr(self.decoded)


@lru_cache(maxsize=1024)
def _place_of_values(kind: str, names: tuple[str, ...]) -> int | None:
    """Where the values of attributes stand: of each its path and what it is are all that is read,
    not the label and type that an answer repeats with every value."""
    for item in KINDS[kind].fields:
        if item.type is Type.VALUES and item.wire[0] in names:
            return names.index(item.wire[0])
    return None


def _valued(path: str, value: Json) -> dict[str, Json]:
    return {"id": attribute_of(path), "value": value}


def wire_text(fields: Mapping[str, Any]) -> str:
    """What is shown of an object as one line, the same for the same answer."""
    if isinstance(fields, WireFields):
        return f"{fields.text}{','.join(fields.names)}"
    return canonical(fields)


@lru_cache(maxsize=1024)
def _names(kind: str, there: tuple[str, ...]) -> tuple[str, ...]:
    """Of the names in an answer those that `decode_fields` reads."""
    read: set[str] = set()
    for item in KINDS[kind].fields:
        read.update(item.wire)
    return tuple(sorted(read.intersection(there)))


def without(
    kind: Kind, raw: Mapping[str, Json], gone: Container[tuple[str, str]]
) -> dict[str, Json]:
    """An object's JSON without the elements of its arrays that no longer exist.

    `gone` holds the kind and id of each; none of them is sent back (contract 2.3).
    """
    left = dict(raw)
    arrays = [item for item in kind.fields if item.type in (Type.REFERENCES, Type.VALUES)]
    for item in arrays:
        for name in item.wire:
            found = raw.get(name)
            if isinstance(found, list):
                left[name] = [one for one in found if (item.to, text_id(one)) not in gone]
    return left


def raw_type(raw: Mapping[str, Json]) -> str:
    """An attribute definition's `value_type`, in either of its names."""
    return spelled(raw.get("value_type") or raw.get("type") or "")


def _name_in(item: Field, raw: Mapping[str, Json]) -> str | None:
    """The wire name under which an answer has a field; of several one that holds something."""
    found = None
    for name in item.wire:
        if not is_empty(raw.get(name)):
            return name
        if name in raw and found is None:
            found = name
    return found


def elements(item: Field, raw: Mapping[str, Json]) -> list[Json]:
    """The elements of an array as they were read, keys that nobody knows among theirs."""
    name = _name_in(item, raw)
    found = raw[name] if name is not None else None
    if is_empty(found):
        return []
    return list(found) if isinstance(found, list | tuple) else [found]


def label_of(element: Json) -> str:
    """The label of an option or sub-field; a bare text is its own."""
    if isinstance(element, Mapping):
        element = element.get("label", element.get("name", ""))
    return spelled(element)


def decode_values(value: Json) -> Iterator[tuple[str, Json]]:
    """The values of attributes, by their paths in ids."""
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, Mapping) and not is_empty(entry.get("value")):
            id_ = text_id(entry)
            if id_ is not None:
                yield value_path(id_), entry["value"]
