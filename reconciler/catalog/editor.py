"""The published schema with what one catalog holds, so that an editor proposes its own keys.

Nothing that the published schema takes is refused here: a key that was just written in another
file is known to `validate` at once, and to this schema when it is made anew.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.catalog import published
from reconciler.catalog.draft import readable_fields
from reconciler.kinds import KINDS, Type
from reconciler.model import Catalog, Resource
from reconciler.normalize import spelled, texts
from reconciler.paths import value_path
from reconciler.schema import load

MOST = 5000
"""Keys of a kind that are proposed: an editor that has to sort more of them stands still."""

NAMES_OF = {"inherit": "attribute", "resources": "resource", "files": "file"}
"""The kinds that fields name which the API has not."""


@dataclass(frozen=True, slots=True)
class EditorSchema:
    """The schema, and the kinds whose keys are too many to be proposed, with their number."""

    document: Mapping[str, Any]
    left_out: Mapping[str, int]


RULES = {
    "under": "category",
    "when": "attribute",
    "require": "attribute",
    "require_groups": "attribute_group",
    "unique": "attribute",
    "attribute": "attribute",
}
"""The kind whose keys a line of a rule names."""


def editor_schema(catalog: Catalog, regions: Sequence[str] = ()) -> EditorSchema:
    """The schema of the files of this catalog; `regions` are names that are proposed."""
    document = copy.deepcopy(published.document())
    by_kind: dict[str, list[Resource]] = {kind: [] for kind in KINDS}
    for resource in catalog.resources.values():
        by_kind[resource.ref.kind].append(resource)
    left_out = {kind: len(found) for kind, found in by_kind.items() if len(found) > MOST}
    definitions = document["$defs"]
    for kind, resources in by_kind.items():
        if kind not in left_out:
            definitions[_keys(kind)] = _key_list(resources)
    attributes = {item.ref.key: item for item in by_kind["attribute"]}
    definitions["values"]["properties"] = {key: _value(x) for key, x in attributes.items()}
    _propose(definitions["lifecycle"]["properties"]["ignore"], _paths(attributes))
    _propose(definitions["regions"], regions)
    for kind, fields in _field_tables(document):
        _propose_keys(kind, fields, left_out)
    return EditorSchema(document, left_out)


def _propose_keys(kind: str, fields: dict[str, Any], left_out: Container[str]) -> None:
    """Keys for every field of a kind that names objects."""
    for name, part in fields.items():
        to = _names(kind, name)
        if to and to not in left_out:
            fields[name] = _naming(part, to)


def settings_schema(catalog: Catalog, regions: Sequence[str] = ()) -> dict[str, Any]:
    """The schema of the settings of this catalog; `regions` are those that it names."""
    # What is loaded is shared with the validators.
    document = copy.deepcopy(load("settings"))
    definitions = document["$defs"]
    keys: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for ref in catalog.resources:
        keys[ref.kind].append(ref.key)
    for name, kind in RULES.items():
        if keys[kind]:
            part = definitions["rule"]["properties"][name]
            definitions["rule"]["properties"][name] = _one_or_several(part, keys[kind])
    _propose(definitions["ignore_rule"]["properties"]["fields"], _paths(keys["attribute"]))
    named = definitions["environment"]["properties"]["regions"]
    named["properties"] = dict.fromkeys(regions, named["additionalProperties"])
    return document


def _one_or_several(part: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """A line that takes a word or a list of words."""
    told, form = _told(part)
    if form.get("type") == "array":
        return {**told, **form, "items": _proposed({"enum": list(words)}, form["items"])}
    word = {"enum": list(words)}
    return {**told, "anyOf": [word, {"type": "array", "items": word}, form]}


def _told(part: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What people read of a part, and its form.  The examples of the published schema are no keys
    of this catalog."""
    told = {word: part[word] for word in ("title", "description") if word in part}
    form = {word: value for word, value in part.items() if word not in (*told, "examples")}
    return told, form


def _propose(part: dict[str, Any], words: Sequence[str]) -> None:
    """Words for the elements of a list."""
    if words:
        part["items"] = _proposed({"enum": list(words)}, part["items"])


def _paths(attributes: Iterable[str]) -> list[str]:
    fields: set[str] = set()
    for kind in KINDS.values():
        fields.update(readable_fields(kind))
    return [*sorted(fields), *map(value_path, attributes)]


def _field_tables(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties of every part of the schema that stands for objects of a kind."""
    for kind in published.FIELDS:
        yield kind, document["$defs"][kind]["properties"]
    sections = document["properties"]["defaults"]["properties"]
    for section, (kind, *_) in published.DEFAULTS.items():
        yield kind, sections[section]["properties"]


def _names(kind: str, name: str) -> str:
    """The kind of the objects that a field names; empty where it names none."""
    if name in NAMES_OF:
        return NAMES_OF[name]
    fields = {item.name: item for item in KINDS[kind].fields}
    if name not in fields or fields[name].type is Type.VALUES:
        return ""
    return fields[name].to


def _naming(part: Mapping[str, Any], to: str) -> dict[str, Any]:
    """A field with the keys that it may name."""
    told, form = _told(part)
    keys = {"$ref": f"#/$defs/{_keys(to)}"}
    if "items" in form:
        return {**told, **form, "items": _proposed(keys, form["items"])}
    return {**told, **_proposed(keys, form)}


def _proposed(first: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [dict(first), dict(form)]}


def _keys(kind: str) -> str:
    return f"keys_of_{kind}"


def _key_list(resources: Iterable[Resource]) -> dict[str, Any]:
    by_key = {item.ref.key: _label(item) for item in resources}
    if not by_key:
        # An empty list of words is no schema, and nothing is to be proposed.
        return {"not": {}}
    return {"enum": list(by_key), "markdownEnumDescriptions": list(by_key.values())}


def _label(resource: Resource) -> str:
    return spelled(resource.fields.get(KINDS[resource.ref.kind].title) or resource.ref.key)


def _value(attribute: Resource) -> dict[str, Any]:
    """What a value of an attribute may be, under the label that people know."""
    fields = attribute.fields
    type_ = spelled(fields.get("type") or "")
    label = _label(attribute)
    part: dict[str, Any] = {"title": label, "description": f"{label} ({type_})" if type_ else label}
    general = {"$ref": "#/$defs/value"}
    shapes = list(_SHAPES[type_](fields)) if type_ in _SHAPES else []
    return {**part, "anyOf": [*shapes, general]} if shapes else {**part, **general}


def _options(fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    labels = list(texts(fields.get("options")))
    if labels:
        yield {"enum": labels}
    if labels and fields.get("multiple"):
        yield {"type": "array", "items": {"enum": labels}}


def _parts(fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    parts = fields.get("fields")
    if isinstance(parts, Mapping):
        scalar = ["string", "number", "boolean", "null"]
        shapes = {}
        for label, type_ in parts.items():
            shapes[label] = {"description": f"{label} ({type_})", "type": scalar}
        yield {"type": "object", "properties": shapes}


def _flag(_: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"enum": [True, False]}


def _scalar(type_: str) -> Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]:
    def shapes(_: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"type": type_}

    return shapes


_SHAPES = {
    "Text": _scalar("string"),
    "Number": _scalar("number"),
    "Date": _scalar("string"),
    "Boolean": _flag,
    "Pick List": _options,
    "List": _parts,
}
"""What an editor writes first; all that the published schema takes is as good."""
