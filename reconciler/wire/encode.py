"""The way out: fields in keys → JSON, exact (contract 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from reconciler.kinds import ATTRIBUTES, LABELLED, Field, Kind, Type
from reconciler.merge import merged
from reconciler.model import FieldChange, Json, Value
from reconciler.normalize import (
    distinct,
    is_empty,
    spelled,
)
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.wire.decode import decode_fields, elements, label_of, text_id
from reconciler.wire.inherited import is_handed_down
from reconciler.wire.names import Definition, Names, as_live, as_spelled, known_as, label_key
from reconciler.wire.view import element_id, flat, key_texts

_NOTHING: Mapping[str, Json] = MappingProxyType({})

MANY = 1000
"""Sent as `maximum` of a multi-select: more than one is what was reported to make it one."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How this account wants things said, learned while running (contract 2.3).

    `clear` is what empties a scalar: None, then "".  `top` is what `parent_id` of a top-level
    category holds, `top_known` whether any is there to tell.  `list_wire` is where a List's
    sub-fields stand.
    """

    clear: str | None = None
    top: str | None = None
    top_known: bool = False
    list_wire: str = "options"


def create_body(
    kind: Kind, fields: Mapping[str, Value], names: Names, manners: Manners
) -> dict[str, Json]:
    """The body of a POST: every declared field that is not empty, and every flag."""
    body: dict[str, Json] = {}
    for item, value in _posted(kind, fields):
        body[_wire_name(item, manners)] = _encode(item, value, names)
    values = {path: value for path, value in fields.items() if is_value(path)}
    if values:
        body["attributes"] = _new_values(values, names)
    if kind.tree and manners.top_known:
        body.setdefault(kind.field(kind.tree).wire[0], manners.top)
    return body


def _posted(kind: Kind, fields: Mapping[str, Value]) -> Iterator[tuple[Field, Value]]:
    """The fields that stand in the body themselves, beside the attribute values."""
    for path, value in fields.items():
        item = kind.field(path)
        is_said = item.type is Type.BOOLEAN or not is_empty(value)
        if is_said and item.type not in (Type.VALUES, Type.CONTENT):
            yield item, value


def _new_values(values: Mapping[str, Value], names: Names) -> list[Json]:
    """The entries of a new object's attribute values."""
    found: list[Json] = []
    for path, value in values.items():
        if value is not None:
            found.append(_entry(path, value, names, {}))
    return found


def update_body(
    kind: Kind,
    changes: Sequence[FieldChange],
    raw: Mapping[str, Json],
    names: Names,
    manners: Manners,
    inherited: Mapping[str, frozenset[Any]] | None = None,
) -> dict[str, Json]:
    """The body of a merge-PUT on top of `raw`, the object as read just before (contract 2.3).

    `inherited` holds, by attribute id, the canonical values that categories above show.
    """
    body: dict[str, Json] = {}
    by_path = {change.path: change for change in changes}
    for path, change in by_path.items():
        if not is_value(path):
            item = kind.field(path)
            body[_wire_name(item, manners)] = _encode_change(
                kind, item, change, raw, names, manners
            )
    if any(is_value(path) for path in by_path):
        body["attributes"] = _encode_values(raw, by_path, names, inherited or {})
    return {**_companions(kind, by_path, raw, body), **body}


def _wire_name(item: Field, manners: Manners) -> str:
    return manners.list_wire if item.type is Type.SUBFIELDS else item.wire[0]


def _encode_change(
    kind: Kind,
    item: Field,
    change: FieldChange,
    raw: Mapping[str, Json],
    names: Names,
    manners: Manners,
) -> Json:
    if item.type in LABELLED:
        return _encode_options(item, change, raw)
    if item.is_set:
        read = _by_id(item, raw)
        return _as_sent(item, merged(read, *_set_ids(item, change, names)), read)
    if change.after is None and item.type is not Type.BOOLEAN:
        top = item.name == kind.tree and manners.top_known
        return manners.top if top else manners.clear
    return _encode(item, change.after, names)


def _set_ids(
    item: Field, change: FieldChange, names: Names
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    def ids(tokens: Iterable[str]) -> tuple[str, ...]:
        return tuple(element_id(item, token, names) for token in tokens)

    return ids(change.add), ids(change.remove)


def _by_id(item: Field, raw: Mapping[str, Json]) -> dict[str, Json]:
    """The elements of an array by their ids, as they were read."""
    found: dict[str, Json] = {}
    for element in elements(item, raw):
        id_ = text_id(element)
        if id_ is not None:
            found[id_] = element
    return found


def _as_sent(item: Field, ids: Iterable[str], read: Mapping[str, Json] = _NOTHING) -> Json:
    """Elements as a PUT names them; one that was read with more than its id goes back whole."""
    return [_element(item, id_, read.get(id_)) for id_ in ids]


def _element(item: Field, id_: str, element: Json) -> Json:
    if isinstance(element, Mapping) and element.keys() - {"id"}:
        return dict(element)
    return {"id": id_} if item.as_objects else id_


def _encode(item: Field, value: Value, names: Names) -> Json:
    """One declared field as a POST or PUT says it."""
    encoder = _ENCODERS.get(item.type)
    return encoder(item, value, names) if encoder else value


def _encode_reference(item: Field, value: Value, names: Names) -> Json:
    return names.id(item.to, str(value))


def _encode_set(item: Field, value: Value, names: Names) -> Json:
    return _as_sent(item, [element_id(item, token, names) for token in key_texts(value)])


def _encode_labels(_: Field, value: Value, __: Names) -> Json:
    return [{"label": label} for label in key_texts(value)]


def _encode_subfields(_: Field, value: Value, __: Names) -> Json:
    if not isinstance(value, Mapping):
        return value
    return [{"label": label, "value_type": type_} for label, type_ in value.items()]


def _encode_multiple(_: Field, value: Value, __: Names) -> Json:
    return MANY if value else 1


def _encode_flag(_: Field, value: Value, __: Names) -> Json:
    """A flag is never sent empty: an account may want a boolean (contract 2.3)."""
    return bool(value)


_ENCODERS: Mapping[Type, Callable[[Field, Value, Names], Json]] = {
    Type.REFERENCE: _encode_reference,
    Type.REFERENCES: _encode_set,
    Type.REGIONS: _encode_set,
    Type.OPTIONS: _encode_labels,
    Type.SUBFIELDS: _encode_subfields,
    Type.MULTIPLE: _encode_multiple,
    Type.BOOLEAN: _encode_flag,
}


def _encode_options(item: Field, change: FieldChange, raw: Mapping[str, Json]) -> list[Json]:
    """Options merge by label, exact first, and those that stay go back with all that was read,
    their ids too; `was` renames in place."""
    found = _kept_options(item, change, raw)
    found += _new_options(change, [label for label, _ in found])
    if change.ordered:
        return _in_order(found, key_texts(change.after))
    return [option for _, option in found]


def _in_order(options: Sequence[tuple[str, Json]], wanted: Sequence[str]) -> list[Json]:
    """Options in the order of the wanted labels; others come last."""
    place = {label: index for index, label in enumerate(wanted)}
    labels = as_spelled([label for label, _ in options], wanted)
    found: list[tuple[int, Json]] = []
    for label, (_, option) in zip(labels, options, strict=True):
        found.append((place.get(label, len(place)), option))
    found.sort(key=itemgetter(0))
    return [option for _, option in found]


def _kept_options(
    item: Field, change: FieldChange, raw: Mapping[str, Json]
) -> list[tuple[str, Json]]:
    """The options that stay, by their labels: the new one where it is renamed."""
    options = [option for option in elements(item, raw) if not is_empty(option)]
    labels = list(map(label_of, options))
    new_label = as_live(dict(change.rename), labels)
    dropped = as_live({label: label for label in change.remove}, labels)
    kept: list[tuple[str, Json]] = []
    for label, option in zip(labels, options, strict=True):
        if label not in dropped:
            new = new_label.get(label, label)
            kept.append((new, _relabelled(option, new)))
    return kept


def _new_options(change: FieldChange, kept: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Somebody may have added the same label since the plan: one of each is enough."""
    same = label_key(key_texts(change.after), kept)
    present = set(map(same, kept))
    types = change.after if isinstance(change.after, Mapping) else {}
    for label in change.add:
        if same(label) not in present:
            type_ = {"value_type": types[label]} if label in types else {}
            yield label, {"label": label, **type_}


def _relabelled(option: Json, label: str) -> Json:
    return {**option, "label": label} if isinstance(option, Mapping) else label


def _encode_values(
    raw: Mapping[str, Json],
    changes: Mapping[str, FieldChange],
    names: Names,
    inherited: Mapping[str, frozenset[Any]],
) -> list[Json]:
    """Every value to keep as `update`, every value to drop as `delete` (contract 2.3)."""
    found: list[Json] = []
    read = value_entries(raw)
    for id_, entry in read.items():
        path, value = value_path(names.token("attribute", id_)), entry.get("value")
        is_there = not is_empty(value) and path not in changes
        if is_there and not is_handed_down(id_, value, names, inherited):
            kept = _as_read(value, names.definitions.get(id_))
            found.append({**_unknown(entry), "id": id_, "type": "update", "value": kept})
    for path, item in changes.items():
        if is_value(path):
            found.append(_entry(path, item.after, names, read))
    return found


def values_body(raw: Mapping[str, Json], lost: Mapping[str, Json], names: Names) -> dict[str, Json]:
    """The body of a PUT that carries every value that is there, and entries that were lost."""
    present = [entry for id_, entry in value_entries(raw).items() if id_ not in lost]
    whole = {ATTRIBUTES.wire[0]: [*present, *lost.values()]}
    return {"attributes": _encode_values(whole, {}, names, {})}


def value_entries(raw: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """The entries of an object's attribute values by the ids of the attributes, as read."""
    found: dict[str, Mapping[str, Json]] = {}
    for entry in elements(ATTRIBUTES, raw):
        id_ = text_id(entry) if isinstance(entry, Mapping) else None
        if id_ is not None:
            found[id_] = entry
    return found


_KNOWN = frozenset({"id", "_id", "label", "name", "value_type", "type", "value"})
"""Keys of a value's entry that we know: the definition's, and what a PUT says anew."""


def _unknown(entry: Json) -> dict[str, Json]:
    """What else stands in an entry: it goes back as it was read."""
    if not isinstance(entry, Mapping):
        return {}
    return {name: value for name, value in entry.items() if name not in _KNOWN}


def _as_read(value: Json, definition: Definition | None) -> Json:
    """A foreign value exactly as read; pick lists by option id where the definition has them."""
    if definition is None or definition.type != "Pick List":
        return value
    return [_pick_id(item, definition) for item in flat(value)]


def _pick_id(item: Json, definition: Definition) -> Json:
    text = spelled(item)
    known = None if text in definition.labels else definition.id_of(text)
    return known or item


def _entry(
    path: str, value: Value, names: Names, read: Mapping[str, Mapping[str, Json]]
) -> dict[str, Json]:
    """A value of ours as a POST or PUT says it; `read` are the entries that are there, by id."""
    token = attribute_of(path)
    id_ = names.id("attribute", token)
    if value is None:
        return {"id": id_, "type": "delete"}
    was = read.get(id_, {})
    sent = _encode_value(value, names.definition(token), was.get("value"))
    return {**_unknown(was), "id": id_, "type": "update", "value": sent}


def _encode_value(value: Value, definition: Definition, was: Json) -> Json:
    if definition.type == "Pick List":
        return list(distinct(definition.id_of(label) or label for label in key_texts(value)))
    if definition.type == "List" and isinstance(value, Mapping):
        return _encode_record(value, definition, was)
    return value


def _encode_record(value: Mapping[str, Value], definition: Definition, was: Json) -> Json:
    """A List's parts that have a value, on top of the parts that were read."""
    parts = {label_of(part): part for part in was} if isinstance(was, list | tuple) else {}
    found: list[Json] = []
    for label, item in value.items():
        if item is not None:
            known = known_as(label, parts)
            read = parts[known] if known is not None else None
            found.append({**_unknown(read), **_part(label, item, definition)})
    return found


def _part(label: str, value: Value, definition: Definition) -> dict[str, Json]:
    id_ = definition.id_of(label)
    type_ = definition.type_of_part(label) or "Text"
    part = {"label": label, "value_type": type_, "value": value}
    return {"id": id_, **part} if id_ else part


def _companions(
    kind: Kind,
    changes: Mapping[str, FieldChange],
    raw: Mapping[str, Json],
    body: Mapping[str, Json],
) -> dict[str, Json]:
    """What the API asks for beside a field, as the object has it now (contract 2.3)."""
    live = decode_fields(kind, raw)
    found: dict[str, Json] = {}
    for path, change in changes.items():
        is_set = not is_empty(change.after) and change.after is not False
        for name in kind.field(path).companions if is_set else ():
            companion = kind.field(name)
            if companion.wire[0] not in body and not is_empty(live.get(name)):
                found[companion.wire[0]] = _as_it_is(companion, live[name], raw)
    return found


def _as_it_is(item: Field, value: Json, raw: Mapping[str, Json]) -> Json:
    """A field of an object as a PUT says it that leaves it as it is."""
    if not item.is_set:
        return value
    read = _by_id(item, raw)
    return _as_sent(item, read, read)
