"""Files → desired resources and problems (contract 1).

`read` never raises for a bad catalog: it finds every problem, each at its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.catalog import values
from reconciler.catalog.checks import check
from reconciler.catalog.settings import read_settings
from reconciler.catalog.values import Attribute, Wrong, did_you_mean
from reconciler.errors import CatalogError, UsageError
from reconciler.kinds import KINDS, PLURALS, VALUE_TYPES, Kind, Type
from reconciler.model import (
    Catalog,
    Lifecycle,
    Moved,
    Place,
    Policy,
    Problem,
    Ref,
    Removed,
    Resource,
    Value,
)
from reconciler.yamlfile import DEFAULT_MAX_BYTES, Map, Node, Scalar, Seq, parse

__all__ = ["Reading", "load", "read"]

SETTINGS = "reconciler.yaml"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$")
_COMMON = ("key", "id", "external", "lifecycle")
_NESTED = {"category": ("children", "parent"), "collection": ("variants", "variant_of")}
"""How a kind nests: the list of those inside, and the field that names the one around."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A catalog as far as it could be read, and every problem, sorted by place."""

    catalog: Catalog
    problems: tuple[Problem, ...]


def load(folder: Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Catalog:
    """The catalog; CatalogError with all problems where one is an error."""
    reading = read(folder, max_bytes=max_bytes)
    if any(problem.severity == "error" for problem in reading.problems):
        raise CatalogError(reading.problems)
    return reading.catalog


def read(folder: Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Reading:
    """Every file of a folder.  UsageError where there is no folder."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder", hint="pass --catalog DIR")
    reader = _Reader(folder, max_bytes)
    reader.files()
    policy = read_settings(reader.settings, reader.problem) if reader.settings else Policy()
    resources = reader.resources()
    catalog = Catalog(resources, tuple(reader.moved), tuple(reader.removed), policy)
    problems = [*reader.problems, *check(catalog)]
    return Reading(catalog, tuple(sorted(dict.fromkeys(problems))))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One declared object before its fields are read; `around` is the key that it is nested in."""

    kind: Kind
    key: str
    node: Map
    around: str | None


@dataclass
class _Reader:
    folder: Path
    max_bytes: int
    problems: list[Problem] = field(default_factory=list)
    entries: dict[Ref, _Entry] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    settings: Node | None = None
    parents: set[str] = field(default_factory=set)

    def problem(self, node: Node | Place, message: str, hint: str = "") -> None:
        """Note a problem at a node."""
        place = node if isinstance(node, Place) else node.place
        self.problems.append(Problem(place, message, hint))

    # --- files ---

    def files(self) -> None:
        """Every catalog file, sorted by path, so that the order is the same on any checkout."""
        found = 0
        for path in self._paths():
            name = path.relative_to(self.folder).as_posix()
            if path.is_symlink() or not path.resolve().is_relative_to(self.folder.resolve()):
                self.problem(Place(name), "a symlink is not followed", "put the file itself here")
                continue
            document = self._parse(path, name)
            if name == SETTINGS:
                self.settings = document
            else:
                found += 1
                self._document(document)
        if not found:
            self.problem(
                Place("."), "no catalog file is in this folder", "an empty catalog is never meant"
            )

    def _paths(self) -> Iterator[Path]:
        paths = (p for p in self.folder.rglob("*") if p.suffix in (".yaml", ".yml"))
        visible = (
            p
            for p in paths
            if not any(part.startswith(".") for part in p.relative_to(self.folder).parts)
        )
        return iter(sorted((p for p in visible if not p.is_dir()), key=lambda p: p.as_posix()))

    def _parse(self, path: Path, name: str) -> Node | None:
        try:
            data = path.read_bytes()
        except OSError as error:
            self.problem(Place(name), f"cannot be read: {error.strerror}")
            return None
        document, problems = parse(data, name, max_bytes=self.max_bytes)
        self.problems.extend(problems)
        return document

    def _document(self, document: Node | None) -> None:
        if document is None:
            return
        if not isinstance(document, Map):
            self.problem(document, "a catalog file is a mapping of lists", "e.g. `collections:`")
            return
        for key, node in document.entries:
            self._section(key, node)

    def _section(self, key: Scalar, node: Node) -> None:
        name = key.text
        known = {*PLURALS, "moved", "removed"}
        if name in ("files", "defaults"):
            self.problem(key, f"`{name}` is not supported yet")
        elif name not in known:
            self.problem(key, f"unknown list '{name}'", did_you_mean(name, known))
        elif not isinstance(node, Seq):
            if not (isinstance(node, Scalar) and node.is_null):
                self.problem(node, f"`{name}` must be a list")
        elif name in PLURALS:
            for item in node.items:
                self._declare(PLURALS[name], item, None)
        else:
            for item in node.items:
                self._move(name, item)

    # --- who is there ---

    def _declare(self, kind: Kind, node: Node, around: str | None) -> None:
        if not isinstance(node, Map):
            self.problem(node, f"each {kind.name} is a mapping", "begin it with `key:`")
            return
        key = self._key(kind, node)
        inside = _NESTED.get(kind.name, ("", ""))[0]
        nested = node.get(inside) if inside else None
        if key is not None:
            self._enter(_Entry(kind, key, node, around))
        if isinstance(nested, Seq):
            self.parents |= {key} if key and kind.name == "collection" else set()
            if around is not None and kind.name == "collection":
                self.problem(nested, f"collection '{key}': a variant cannot have variants")
            for item in nested.items:
                self._declare(kind, item, key)
        elif nested is not None and not (isinstance(nested, Scalar) and nested.is_null):
            self.problem(nested, f"`{inside}` must be a list")

    def _key(self, kind: Kind, node: Map) -> str | None:
        found = node.get("key")
        if not isinstance(found, Scalar) or found.text == "":
            self.problem(node, f"a {kind.name} without a key", "give it a `key:`")
            return None
        if not _KEY.match(found.text) or len(found.text) > 200:
            what = f"{kind.name}: '{found.text}' is not a key"
            self.problem(found, what, "letters, digits, . _ - in segments joined by /, at most 200")
            return None
        return found.text

    def _enter(self, entry: _Entry) -> None:
        ref = Ref(entry.kind.name, entry.key)
        if ref in self.entries:
            first = self.entries[ref].node.place
            what = f"{ref.kind} '{ref.key}': this key is declared twice"
            self.problem(entry.node, what, f"first at {first}")
        else:
            self.entries[ref] = entry
            around = entry.node.get("variant_of")
            if isinstance(around, Scalar):
                self.parents.add(around.text)

    def _move(self, name: str, node: Node) -> None:
        allowed = {"kind", "from", "to"} if name == "moved" else {"kind", "key", "destroy"}
        if not isinstance(node, Map):
            self.problem(node, f"each entry of `{name}` is a mapping")
            return
        for key, _ in node.entries:
            if key.text not in allowed:
                self.problem(
                    key, f"{name}: unknown field '{key.text}'", did_you_mean(key.text, allowed)
                )
        parts = {key.text: item.text for key, item in node.entries if isinstance(item, Scalar)}
        needed = ("kind", "from", "to") if name == "moved" else ("kind", "key")
        missing = [part for part in needed if not parts.get(part)]
        if missing:
            self.problem(node, f"{name}: missing field '{missing[0]}'")
        elif parts["kind"] not in KINDS:
            self.problem(
                node, f"{name}: unknown kind '{parts['kind']}'", did_you_mean(parts["kind"], KINDS)
            )
        elif name == "moved":
            self.moved.append(Moved(parts["kind"], parts["from"], parts["to"], node.place))
        else:
            destroy = parts.get("destroy", "true") != "false"
            self.removed.append(Removed(Ref(parts["kind"], parts["key"]), destroy, node.place))

    # --- what they say ---

    def resources(self) -> dict[Ref, Resource]:
        """All declared objects with their fields read."""
        attributes = {
            ref.key: self._attribute(entry)
            for ref, entry in self.entries.items()
            if ref.kind == "attribute"
        }
        return {ref: self._resource(ref, entry, attributes) for ref, entry in self.entries.items()}

    def _attribute(self, entry: _Entry) -> Attribute:
        """What values are read by; faults in it are told where the attribute itself is read."""
        type_ = entry.node.get("type")
        options, fields = entry.node.get("options"), entry.node.get("fields")
        multiple = entry.node.get("multiple")
        return Attribute(
            type_.text if isinstance(type_, Scalar) and type_.text in VALUE_TYPES else "",
            tuple(_labels(options)) if isinstance(options, Seq) else None,
            isinstance(multiple, Scalar) and multiple.as_bool is True,
            dict(_subfields(fields)) if isinstance(fields, Seq) else None,
        )

    def _resource(self, ref: Ref, entry: _Entry, attributes: Mapping[str, Attribute]) -> Resource:
        fields: dict[str, Value] = {}
        places: dict[str, Place] = {}
        renames: dict[str, str] = {}
        rest: dict[str, Any] = {}
        for key, node in entry.node.entries:
            places[key.text] = node.place
            try:
                self._field(entry, key, node, fields, places, renames, rest, attributes)
            except Wrong as wrong:
                self.problem(
                    wrong.node, f"{ref.kind} '{ref.key}': '{key.text}' {wrong.message}", wrong.hint
                )
        self._derive(entry, fields)
        self._required(entry, fields, bool(rest.get("external")))
        return Resource(
            ref,
            fields,
            entry.node.place,
            places,
            rest.get("id"),
            bool(rest.get("external")),
            rest.get("lifecycle", Lifecycle()),
            renames,
        )

    def _field(
        self,
        entry: _Entry,
        key: Scalar,
        node: Node,
        fields: dict[str, Value],
        places: dict[str, Place],
        renames: dict[str, str],
        rest: dict[str, Any],
        attributes: Mapping[str, Attribute],
    ) -> None:
        name, kind = key.text, entry.kind
        declared = {item.name: item for item in kind.fields if item.yaml}
        if name in _COMMON:
            rest[name] = _COMMON_READERS[name](node)
        elif name == _NESTED.get(kind.name, ("",))[0]:
            return
        elif name not in declared:
            known = {*declared, *_COMMON, *_NESTED.get(kind.name, ())}
            hint = did_you_mean(name, known) or f"it has {', '.join(sorted(known - {''}))}"
            self.problem(key, f"{kind.name} '{entry.key}': unknown field '{name}'", hint)
        elif declared[name].type is Type.VALUES:
            self._values(entry, node, fields, places, attributes)
        elif declared[name].type is Type.OPTIONS:
            fields[name] = tuple(_checked_options(node, renames))
        else:
            fields[name] = self._read(entry, name, node)

    def _read(self, entry: _Entry, name: str, node: Node) -> Value:
        if (entry.kind.name, name) == ("attribute", "type"):
            return values.value_type(node)
        if (entry.kind.name, name) == ("collection", "type"):
            return _collection_type(node)
        return _READERS[entry.kind.field(name).type](node)

    def _values(
        self,
        entry: _Entry,
        node: Node,
        fields: dict[str, Value],
        places: dict[str, Place],
        attributes: Mapping[str, Attribute],
    ) -> None:
        if isinstance(node, Scalar) and node.is_null:
            return
        if not isinstance(node, Map):
            raise Wrong(node, "must be a mapping of attribute keys to values")
        who = f"{entry.kind.name} '{entry.key}'"
        for key, item in node.entries:
            path = f"attributes.{key.text}"
            attribute = attributes.get(key.text)
            if attribute is None:
                hint = did_you_mean(key.text, attributes)
                self.problem(key, f"{who}: unknown attribute '{key.text}'", hint)
                continue
            places[path] = item.place
            try:
                fields[path] = values.value(item, attribute)
            except Wrong as wrong:
                self.problem(wrong.node, f"{who}: '{path}' {wrong.message}", wrong.hint)

    def _derive(self, entry: _Entry, fields: dict[str, Value]) -> None:
        """What nesting and shape say: parents, variants, and that the first category is one."""
        if entry.kind.name in _NESTED:
            self._around(entry, fields, _NESTED[entry.kind.name][1])
        if entry.kind.name == "collection":
            self._collection(entry, fields)

    def _around(self, entry: _Entry, fields: dict[str, Value], name: str) -> None:
        said = fields.get(name)
        if entry.around is not None:
            if said not in (None, entry.around):
                who = f"{entry.kind.name} '{entry.key}'"
                self.problem(
                    entry.node,
                    f"{who}: it is nested in '{entry.around}', and `{name}` says '{said}'",
                )
            fields[name] = entry.around
        elif entry.kind.name == "category":
            fields.setdefault(name, None)

    def _collection(self, entry: _Entry, fields: dict[str, Value]) -> None:
        if fields.get("variant_of") is None:
            fields.pop("variant_of", None)
            if entry.key in self.parents:
                fields["type"] = "parent"
        elif fields.get("type") == "parent":
            who = f"collection '{entry.key}'"
            self.problem(entry.node, f"{who}: a variant cannot be of type parent")
        else:
            fields["type"] = "variant"
        category, more = fields.get("category"), fields.get("categories")
        if category or "categories" in fields:
            listed = more if isinstance(more, tuple) else ()
            fields["categories"] = tuple(
                dict.fromkeys([*([category] if category else []), *listed])
            )

    def _required(self, entry: _Entry, fields: Mapping[str, Value], external: bool) -> None:
        for item in entry.kind.fields:
            needed = item.required and not (external and item.name != entry.kind.title)
            present = entry.node.get(item.name)
            if needed and fields.get(item.name) is None and (present is None or _is_empty(present)):
                who = f"{entry.kind.name} '{entry.key}'"
                self.problem(entry.node, f"{who}: missing required field '{item.name}'")


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and (node.is_null or node.text == "")


def _labels(node: Seq) -> Iterator[str]:
    for item in node.items:
        label = item.get("label") if isinstance(item, Map) else item
        if isinstance(label, Scalar):
            yield label.text


def _checked_options(node: Node, renames: dict[str, str]) -> Iterable[str]:
    if isinstance(node, Scalar) and node.is_null:
        return ()
    if not isinstance(node, Seq):
        raise Wrong(node, "must be a list of options")
    found: dict[str, None] = {}
    for item in node.items:
        label = _option(item, renames)
        if label.strip() in (known.strip() for known in found):
            raise Wrong(item, f"has the option '{label}' twice")
        found[label] = None
    for new, old in renames.items():
        if old in found:
            raise Wrong(node, f"renames '{old}' to '{new}' and still lists '{old}'")
    return found


def _option(item: Node, renames: dict[str, str]) -> str:
    if not isinstance(item, Map):
        return values.key_text(item)
    extra = next((key for key, _ in item.entries if key.text not in ("label", "was")), None)
    label = item.get("label")
    if extra is not None or label is None:
        raise Wrong(extra or item, "takes a text or {label, was} for each option")
    was = item.get("was")
    if was is not None:
        renames[values.key_text(label)] = values.key_text(was)
    return values.key_text(label)


def _subfields(node: Node) -> Iterator[tuple[str, str]]:
    for item in node.items if isinstance(node, Seq) else ():
        label = item.get("label") if isinstance(item, Map) else None
        type_ = item.get("type") if isinstance(item, Map) else None
        if isinstance(label, Scalar):
            yield label.text, type_.text if isinstance(type_, Scalar) else "Text"


def _checked_subfields(node: Node) -> Value:
    if not isinstance(node, Seq):
        raise Wrong(node, "must be a list of {label, type}")
    for item in node.items:
        if not isinstance(item, Map) or item.get("label") is None:
            raise Wrong(item, "takes {label, type} for each sub-field")
        type_ = item.get("type")
        if type_ is not None and values.value_type(type_) in ("List", "Pick List"):
            raise Wrong(type_, "takes Text, Number, Boolean or Date for a sub-field")
    return dict(_subfields(node))


def _collection_type(node: Node) -> Value:
    found = values.key_text(node)
    if found != "parent":
        raise Wrong(
            node, f"must be parent, and is '{found}'", "variants are nested, or say variant_of"
        )
    return found


def _reference(node: Node) -> Value:
    return values.text(node)


def _id(node: Node) -> str | None:
    """An id; `{ENVIRONMENT: id}` comes with environments."""
    if isinstance(node, Map):
        raise Wrong(node, "by environment is not supported yet", "write the id itself")
    return values.key_text(node)


def _lifecycle(node: Node) -> Lifecycle:
    if not isinstance(node, Map):
        raise Wrong(node, "must be a mapping")
    for key, _ in node.entries:
        if key.text not in ("prevent_destroy", "ignore"):
            hint = did_you_mean(key.text, ("prevent_destroy", "ignore"))
            raise Wrong(key, f"has an unknown field '{key.text}'", hint)
    protect, ignore = node.get("prevent_destroy"), node.get("ignore")
    return Lifecycle(
        bool(values.boolean(protect)) if protect is not None else False,
        frozenset(values.texts(ignore)) if ignore is not None else frozenset(),
    )


_COMMON_READERS: Mapping[str, Callable[[Node], Any]] = {
    "key": values.key_text,
    "id": _id,
    "external": values.boolean,
    "lifecycle": _lifecycle,
}

_READERS: Mapping[Type, Callable[[Node], Value]] = {
    Type.TEXT: values.text,
    Type.BOOLEAN: values.boolean,
    Type.MULTIPLE: values.boolean,
    Type.INSTANT: values.moment,
    Type.REFERENCE: _reference,
    Type.REFERENCES: values.texts,
    Type.REGIONS: values.regions,
    Type.SUBFIELDS: _checked_subfields,
}
