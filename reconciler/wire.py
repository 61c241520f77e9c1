"""API JSON ↔ fields: tolerant on the way in, exact on the way out.

Three spaces of values meet here: the API's JSON, *live* fields (decoded, still in ids) and the
catalog's keys.  `decode` goes from the first to the second, `view` from the second to the third
(live and applied alike), `stored` from the third to the second (for the state), and `create_body`
and `update_body` from the third to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.kinds import ATTRIBUTES, KINDS, Field, Kind, Type
from reconciler.merge import merged
from reconciler.model import FOREIGN, FieldChange, Json, LiveObject, Ref, Region, Value
from reconciler.normalize import (
    boolean,
    canon,
    content,
    distinct,
    instant,
    is_empty,
    loosened,
    number,
    spelled,
)

MANY = 1000
"""Sent as `maximum` of a multi-select: more than one is what was reported to make it one."""

VALUE = "attributes."


@dataclass(frozen=True, slots=True)
class Definition:
    """What an attribute's values look like.

    `labels` maps option or sub-field ids to labels (the new label where a rename is pending),
    `types` sub-field labels to their types, `renamed` labels that an option had to the new one.
    """

    type: str = "Text"
    labels: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def id_of(self, label: str) -> str | None:
        """The id of an option or sub-field by its label."""
        return next((id_ for id_, known in self.labels.items() if known == label), None)


@dataclass(frozen=True, slots=True)
class Names:
    """Who is who: ids and keys of each kind, regions, attribute definitions by attribute id.

    `roots` are hidden categories above the top level (contract 2.3).
    """

    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ids: Mapping[Ref, str] = field(default_factory=dict)
    regions: Sequence[Region] = ()
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    planned: Mapping[str, Definition] = field(default_factory=dict)
    """Definitions by attribute key, for attributes that do not exist yet."""
    objects: Mapping[str, Mapping[str, LiveObject]] = field(default_factory=dict)
    """The live objects by kind and id, for the names of those that no key names."""
    by_token: dict[str, Definition] = field(default_factory=dict, repr=False, compare=False)
    """What `definition` has answered: it is asked for each value of each object."""

    def token(self, kind: str, id_: str) -> str:
        """The key of a live id, or `id:<id>` where the catalog does not know it."""
        return self.keys.get(kind, {}).get(id_) or FOREIGN + id_

    def label(self, kind: str, token: str) -> str:
        """What a person knows a foreign element by; its id where it is not there."""
        id_ = token.removeprefix(FOREIGN)
        item = self.objects.get(kind, {}).get(id_)
        return item.label if item else id_

    def id(self, kind: str, token: str) -> str:
        """The live id of a key or `id:` token; KeyError where it does not exist yet."""
        return (
            token.removeprefix(FOREIGN) if token.startswith(FOREIGN) else self.ids[Ref(kind, token)]
        )

    def stored_path(self, path: str) -> str:
        """A field's path in ids; of an attribute that does not exist yet its own."""
        if not path.startswith(VALUE):
            return path
        id_ = self.ids.get(Ref("attribute", path[len(VALUE) :]))
        return VALUE + id_ if id_ else path

    def region_token(self, id_: str) -> str:
        """A region's name where only one has it, else its id."""
        name = next((region.name for region in self.regions if region.id == id_), None)
        same = [region for region in self.regions if region.name == name]
        return name if name and len(same) == 1 else id_

    def region_id(self, token: str) -> str | None:
        """The id of a region by name or id; None where the account has none such."""
        named = (region.id for region in self.regions if token in (region.id, region.name))
        return next(named, None)

    def definition(self, token: str) -> Definition:
        """The definition of an attribute by key or token."""
        known = self.by_token.get(token) or self._definition(token)
        if known is None:
            return _PLAIN
        self.by_token[token] = known
        return known

    def _definition(self, token: str) -> Definition | None:
        id_ = token.removeprefix(FOREIGN) if token.startswith(FOREIGN) else None
        id_ = id_ or self.ids.get(Ref("attribute", token))
        known = self.definitions.get(id_) if id_ else None
        return known or self.planned.get(token)


_PLAIN = Definition()
"""An attribute of which nothing is known."""


def type_of(kind: Kind, path: str, names: Names) -> str:
    """The word by which `normalize.canon` knows a field's type."""
    if path.startswith(VALUE):
        return names.definition(path[len(VALUE) :]).type
    return kind.field(path).type.value


# --- the way in: JSON → fields in ids ---------------------------------------------------------


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
            label = spelled(item.get("label", item.get("name", "")))
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
            fields.update(_decode_values(raw.get(item.wire[0])))
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
    present = [name for name in item.wire if name in raw]
    filled = [name for name in present if not is_empty(raw[name])]
    if present:
        fields[item.name] = _DECODERS[item.type](raw[(filled or present)[0]])


def _decode_values(value: Json) -> Iterator[tuple[str, Json]]:
    for entry in value if isinstance(value, list) else ():
        id_ = text_id(entry) if isinstance(entry, Mapping) else None
        if id_ and not is_empty(entry.get("value")):
            yield VALUE + id_, entry["value"]


# --- fields in ids → fields in keys (live and applied alike) -----------------------------------


def view(kind: Kind, fields: Mapping[str, Any], names: Names) -> dict[str, Value]:
    """All fields of a live object in the catalog's keys."""
    return dict(view_field(kind, path, value, names) for path, value in fields.items())


def view_field(kind: Kind, path: str, value: Any, names: Names) -> tuple[str, Value]:
    """One field's path and value in the catalog's keys; digests pass through."""
    if path.startswith(VALUE):
        token = names.token("attribute", path[len(VALUE) :])
        return VALUE + token, view_value(value, names.definition(token))
    item = kind.field(path)
    reader = _VIEWS.get(item.type)
    return path, reader(item, value, names) if reader else value


def _view_reference(item: Field, value: Any, names: Names) -> Value:
    if is_empty(value) or (item.to == "category" and value in names.roots):
        return None
    return names.token(item.to or "", value)


def _view_references(item: Field, value: Any, names: Names) -> Value:
    return distinct(
        names.token(item.to or "", id_) for id_ in value or () if id_ not in names.roots
    )


def _view_regions(_: Field, value: Any, names: Names) -> Value:
    return distinct(names.region_token(id_) for id_ in value or ())


def _view_labels(_: Field, value: Any, __: Names) -> Value:
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
    if isinstance(value, str) and definition.type not in ("Pick List", "List"):
        return _scalar(value, definition.type)
    if isinstance(value, Mapping) and value.keys() == {"sha256"}:
        return value
    if definition.type == "Pick List":
        return _view_picks(value, definition)
    if definition.type == "List":
        return _view_record(value, definition)
    if isinstance(value, list | tuple) and len(value) == 1:
        return view_value(value[0], definition)
    return _scalar(value, definition.type)


def _scalar(value: Json, type_: str) -> Value:
    if type_ == "Number":
        count = number(value)
        return spelled(value) if count is None else count  # 0 is a number too
    if type_ == "Boolean":
        parsed = boolean(value)
        return spelled(value) if parsed is None else parsed
    return spelled(value)


def _flat(value: Json) -> Iterator[Json]:
    """A pick-list value's elements, out of any nesting."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, Mapping):
        yield value.get("id") or value.get("label")
    elif not is_empty(value):
        yield value


def _view_picks(value: Json, definition: Definition) -> Value:
    found = (spelled(item) for item in _flat(value) if item is not None)
    labels, renamed = definition.labels, definition.renamed
    return distinct(labels.get(item) or renamed.get(item, item) for item in found)


def _view_record(value: Json, definition: Definition) -> Value:
    if isinstance(value, Mapping) and not {"value", "value_type"} & value.keys():
        return value
    record: dict[str, Value] = {}
    for entry in value if isinstance(value, list | tuple) else [value]:
        if isinstance(entry, Mapping):
            label = definition.labels.get(text_id(entry) or "") or spelled(entry.get("label", ""))
            type_ = definition.types.get(label) or spelled(entry.get("value_type", "Text"))
            if not is_empty(entry.get("value")):
                record[label] = _scalar(entry["value"], type_)
    return record or None


def definition_of(item: LiveObject, renames: Mapping[str, str] | None = None) -> Definition:
    """What a live attribute says of its values; `renames` are declared: new label → old label."""
    pairs = item.fields.get("options") or item.fields.get("fields") or ()
    present = {label for _, label, _ in pairs}
    # Where the account has both labels the old one is an option of its own.
    renamed = {old: new for new, old in (renames or {}).items() if not {old, new} <= present}
    return Definition(
        type=spelled(item.fields.get("type") or "Text"),
        labels={id_: renamed.get(label, label) for id_, label, _ in pairs},
        types={label: type_ or "Text" for _, label, type_ in pairs},
        renamed=renamed,
    )


# --- fields in keys → fields in ids (for the state) --------------------------------------------


def stored(kind: Kind, path: str, value: Value, names: Names) -> tuple[str, Any]:
    """A declared field as the state keeps it: references as ids, labels as labels."""
    if path.startswith(VALUE):
        return VALUE + names.id("attribute", path[len(VALUE) :]), value
    item = kind.field(path)
    if item.type is Type.REFERENCE:
        return path, None if value is None else names.id(item.to or "", str(value))
    if item.type is Type.REFERENCES:
        return path, tuple(names.id(item.to or "", key) for key in _texts(value))
    if item.type is Type.REGIONS:
        return path, tuple(names.region_id(token) or token for token in _texts(value))
    if item.type is Type.SUBFIELDS:
        return path, _texts(value)
    return path, value


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, tuple | Mapping) else ()


# --- the way out: fields in keys → JSON --------------------------------------------------------


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
    """The body of a POST: every declared field that is not empty."""
    body: dict[str, Json] = {}
    values = {path: value for path, value in fields.items() if path.startswith(VALUE)}
    for path, value in fields.items():
        item = kind.field(path)
        if path in values or is_empty(value) or item.type is Type.CONTENT:
            continue
        body[_wire_name(item, manners)] = _encode(item, value, names)
    if values:
        entries = (
            _entry(path, value, names) for path, value in values.items() if value is not None
        )
        body["attributes"] = list(entries)
    if kind.name == "category" and "parent_id" not in body and manners.top_known:
        body["parent_id"] = manners.top
    return body


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
        if not path.startswith(VALUE):
            item = kind.field(path)
            body[_wire_name(item, manners)] = _encode_change(
                kind, item, change, raw, names, manners
            )
    if any(path.startswith(VALUE) for path in by_path):
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
    if item.type in (Type.OPTIONS, Type.SUBFIELDS):
        return _encode_options(item, change, decode(kind, raw))
    if item.is_set:
        present = decode(kind, raw).fields.get(item.name) or ()
        return _as_sent(item, merged(present, *_set_ids(item, change, names)))
    if change.after is None:
        top = item.structural and item.to == kind.name == "category" and manners.top_known
        return manners.top if top else manners.clear
    return _encode(item, change.after, names)


def _set_ids(
    item: Field, change: FieldChange, names: Names
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    def ids(tokens: Iterable[str]) -> tuple[str, ...]:
        return tuple(_element_id(item, token, names) for token in tokens)

    return ids(change.add), ids(change.remove)


def _element_id(item: Field, token: str, names: Names) -> str:
    if item.type is Type.REGIONS:
        return names.region_id(token) or token
    return names.id(item.to or "", token)


def _as_sent(item: Field, ids: Iterable[str]) -> Json:
    return [{"id": id_} if item.as_objects else id_ for id_ in ids]


def _encode(item: Field, value: Value, names: Names) -> Json:
    """One declared field as a POST or PUT says it."""
    if item.type is Type.REFERENCE:
        return names.id(item.to or "", str(value))
    if item.type in (Type.REFERENCES, Type.REGIONS):
        return _as_sent(item, [_element_id(item, token, names) for token in _texts(value)])
    if item.type is Type.OPTIONS:
        return [{"label": label} for label in _texts(value)]
    if item.type is Type.SUBFIELDS and isinstance(value, Mapping):
        return [{"label": label, "value_type": type_} for label, type_ in value.items()]
    if item.type is Type.MULTIPLE:
        return MANY if value else 1
    return value


def _encode_options(item: Field, change: FieldChange, live: LiveObject) -> Json:
    """Options merge by exact label and carry the ids of those that stay; `was` renames in place."""
    new_label = dict(change.rename)
    kept = [
        {
            "id": id_,
            "label": new_label.get(label, label),
            **({"value_type": type_} if type_ else {}),
        }
        for id_, label, type_ in live.fields.get(item.name) or ()
        if label not in change.remove
    ]
    types = change.after if isinstance(change.after, Mapping) else {}
    added = [
        {"label": label, **({"value_type": types[label]} if label in types else {})}
        for label in change.add
    ]
    return [*kept, *added]


def _encode_values(
    raw: Mapping[str, Json],
    changes: Mapping[str, FieldChange],
    names: Names,
    inherited: Mapping[str, frozenset[Any]],
) -> list[Json]:
    """Every value to keep as `update`, every value to drop as `delete` (contract 2.3)."""
    entries: list[Json] = []
    seen: set[str] = set()
    for id_, value in _entries(raw):
        path = VALUE + names.token("attribute", id_)
        if path not in changes and not _is_inherited(id_, value, names, inherited):
            kept = _as_read(value, names.definitions.get(id_))
            entries.append({"id": id_, "type": "update", "value": kept})
        seen.add(path)
    ours = [item for path, item in changes.items() if path.startswith(VALUE)]
    return entries + [_entry(item.path, item.after, names) for item in ours]


def _entries(raw: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for path, value in _decode_values(raw.get(ATTRIBUTES.wire[0])):
        yield path[len(VALUE) :], value


def _is_inherited(
    id_: str, value: Json, names: Names, inherited: Mapping[str, frozenset[Any]]
) -> bool:
    if id_ not in inherited:
        return False
    definition = names.definitions.get(id_) or Definition()
    return canon(view_value(value, definition), definition.type) in inherited[id_]


def _as_read(value: Json, definition: Definition | None) -> Json:
    """A foreign value exactly as read; pick lists by option id where the definition has them."""
    if definition is None or definition.type != "Pick List":
        return value
    return [_pick_id(item, definition) for item in _flat(value)]


def _pick_id(item: Json, definition: Definition) -> Json:
    text = spelled(item)
    if text in definition.labels:
        return item
    return definition.id_of(text) or item


def _entry(path: str, value: Value, names: Names) -> dict[str, Json]:
    token = path[len(VALUE) :]
    id_ = names.id("attribute", token)
    if value is None:
        return {"id": id_, "type": "delete"}
    return {"id": id_, "type": "update", "value": _encode_value(value, names.definition(token))}


def _encode_value(value: Value, definition: Definition) -> Json:
    if definition.type == "Pick List":
        return [definition.id_of(label) or label for label in _texts(value)]
    if definition.type == "List" and isinstance(value, Mapping):
        return [
            _subvalue(label, item, definition) for label, item in value.items() if item is not None
        ]
    return value


def _subvalue(label: str, value: Value, definition: Definition) -> Json:
    id_ = definition.id_of(label)
    type_ = definition.types.get(label, "Text")
    return {**({"id": id_} if id_ else {}), "label": label, "value_type": type_, "value": value}


def _companions(
    kind: Kind,
    changes: Mapping[str, FieldChange],
    raw: Mapping[str, Json],
    body: Mapping[str, Json],
) -> dict[str, Json]:
    """What the API asks for beside a field, as the object has it now (contract 2.3)."""
    live = decode(kind, raw).fields
    found: dict[str, Json] = {}
    for path, change in changes.items():
        if path.startswith(VALUE) or is_empty(change.after) or change.after is False:
            continue
        for name in kind.field(path).companions:
            companion = kind.field(name)
            if companion.wire[0] not in body and not is_empty(live.get(name)):
                value = live[name]
                found[companion.wire[0]] = list(value) if isinstance(value, tuple) else value
    return found


def inherited_values(
    item: LiveObject, categories: Mapping[str, LiveObject], names: Names
) -> dict[str, frozenset[Any]]:
    """By attribute id, the canonical values that the categories above an object show."""
    found: dict[str, set[Any]] = {}
    for category in _above(item, categories):
        for path, value in category.fields.items():
            if path.startswith(VALUE):
                id_ = path[len(VALUE) :]
                definition = names.definitions.get(id_) or Definition()
                form = canon(view_value(value, definition), definition.type)
                found.setdefault(id_, set()).add(form)
    return {id_: frozenset(forms) for id_, forms in found.items()}


def _above(item: LiveObject, categories: Mapping[str, LiveObject]) -> Iterator[LiveObject]:
    pending = [item.fields.get("category"), item.fields.get("parent")]
    pending += item.fields.get("categories") or ()
    seen: set[str] = set()
    while pending:
        id_ = pending.pop()
        if id_ and id_ in categories and id_ not in seen:
            seen.add(id_)
            yield categories[id_]
            pending.append(categories[id_].fields.get("parent"))


def same_label(text: Any) -> str:
    """An element's text as sets compare it where a server may trim or escape it."""
    return loosened(spelled(text))


def kind_of(name: str) -> Kind:
    """The row of a kind by its name."""
    return KINDS[name]
