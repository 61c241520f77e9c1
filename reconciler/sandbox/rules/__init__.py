"""What POST, PUT and DELETE mean: the article where it speaks, dialects where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.rules.checks import CHECKS
from reconciler.sandbox.rules.deletes import Deleted, delete
from reconciler.sandbox.rules.groups import join_groups
from reconciler.sandbox.rules.shapes import (
    HOLDERS,
    SHAPES,
    HttpRefusal,
    KindShape,
    earlier,
    entries_of,
    flag,
    id_of,
    instant,
    is_empty,
    now,
    object_of,
)
from reconciler.sandbox.rules.texts import cleaned, text_of
from reconciler.sandbox.rules.values import Values, ignored, refuse_blank
from reconciler.sandbox.store import AccountStore, Object

__all__ = [
    "HOLDERS",
    "SHAPES",
    "HttpRefusal",
    "KindShape",
    "Rules",
    "earlier",
    "id_of",
    "is_empty",
    "now",
]

ROOT = "Super"
_ROOTED = frozenset({"root-category", "root-unlisted"})


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one account under its dialects."""

    store: AccountStore
    dialects: frozenset[str] = frozenset()

    # --- writes of a client ---

    def create(self, kind: str, body: Any) -> Object:
        """POST: check, fill in what a new object has, keep.  HttpRefusal for what may not be."""
        item = self.made(kind, body)
        self._also(kind, item, object_of(body))
        self.store.put(kind, item)
        return item

    def made(self, kind: str, body: Any) -> Object:
        """What a POST would make, not kept yet.  HttpRefusal for what is not allowed."""
        shape, body = SHAPES[kind], self._renamed(kind, object_of(body))
        for field in shape.required:
            if is_empty(body.get(field)):
                raise HttpRefusal(400, f"{field} is required")
        item = self.blank(kind)
        self._write(kind, shape, item, body)
        self._completed(kind, item)
        self._unique(kind, shape, item)
        return item

    def update(self, kind: str, id_: str, body: Any) -> Object:
        """PUT: only the fields sent; arrays whole.  HttpRefusal for what is not allowed."""
        before = self.existing(kind, id_)
        shape, body = SHAPES[kind], self._renamed(kind, object_of(body))
        for field in shape.required:
            if field in body and is_empty(body[field]):
                raise HttpRefusal(400, f"{field} is required")
        if body.get("region_ids") == []:
            raise HttpRefusal(400, "region_ids cannot be empty")
        item = self._start(kind, shape, before)
        self._write(kind, shape, item, body)
        self._completed(kind, item)
        self._unique(kind, shape, item)
        self._date(item)
        self._also(kind, item, body)
        self.store.put(kind, item)
        return item

    def delete(self, kind: str, id_: str) -> Deleted:
        """DELETE: all that went, with its kind.  HttpRefusal where it is not empty, by default."""
        item = self.existing(kind, id_)
        if kind == "category" and self._is_root(item):
            raise HttpRefusal(403, "this category cannot be deleted")
        return delete(self.store, self.dialects, kind, item)

    def set_value(self, kind: str, id_: str, attribute: str, body: Any) -> Object:
        """PUT of one value: `{"value": …}`."""
        item, body = self.existing(kind, id_), object_of(body)
        self.existing("attribute", attribute)
        if "value" not in body:
            raise HttpRefusal(400, "value is required")
        entries = self.values.one(kind, item["attributes"], attribute, body["value"])
        changed = {**item, "attributes": entries}
        self._date(changed)
        self.store.put(kind, changed)
        return changed

    def _date(self, item: Object) -> None:
        """It has been changed just now."""
        if "changes-undated" not in self.dialects:
            item["updated_date"] = now()

    def existing(self, kind: str, id_: str) -> Object:
        """An object that must be there; HttpRefusal (404) where it is not."""
        item = self.store.get(kind, id_)
        if item is None:
            raise HttpRefusal(404, "Not Found")
        return item

    @property
    def values(self) -> Values:
        """Reads attribute values."""
        return Values(self.store, self.dialects)

    # --- new objects ---

    def blank(self, kind: str) -> Object:
        """A new object with nothing in it yet."""
        shape = SHAPES[kind]
        item: Object = {"id": self.new_id()}
        item.update(dict.fromkeys((*shape.texts, *shape.words)))
        item.update(dict.fromkeys(shape.flags, False))
        item.update(dict.fromkeys((*shape.dates, *shape.references)))
        item.update({name: [] for name in shape.sets})
        item.update(shape.made)
        if shape.values:
            item["attributes"] = []
        if kind != "region":
            item["created_date"] = item["updated_date"] = now()
            if "update-undated" in self.dialects:
                item["updated_date"] = None
        return item

    def new_id(self) -> str:
        """A random id, a number where the dialect wants it."""
        return self.store.new_number() if "ids-int" in self.dialects else self.store.new_id()

    def primary(self) -> list[str]:
        """The region of objects that are made without one."""
        regions = self.store.of("region").values()
        return [item["id"] for item in regions if item.get("is_primary")][:1]

    def root(self) -> str:
        """The hidden category above the top level, made if there is none."""
        for item in self.store.of("category").values():
            if self._is_root(item):
                return str(item["id"])
        root = {**self.blank("category"), "name": ROOT, "region_ids": self.primary()}
        self.store.put("category", root)
        return str(root["id"])

    def strays(self) -> None:
        """The objects that lack a name or an id (dialects entries-…), made where they are not."""
        lacking: list[tuple[str, ...]] = []
        for dialect, fields in _STRAYS.items():
            if dialect in self.dialects:
                lacking += fields
        for kind in SHAPES:
            if kind == "region":
                continue
            for names in lacking:
                self._put_stray(kind, names)

    def _put_stray(self, kind: str, lacking: tuple[str, ...]) -> None:
        """An object of which no answer shows these fields, made if there is none."""
        mark = " ".join(lacking)
        there = {item.get("_stray") for item in self.store.of(kind).values()}
        if mark in there:
            return
        naming = SHAPES[kind].name
        concealed = [naming if name == "name" else name for name in lacking]
        stray = self.blank(kind)
        stray.update({naming: f"Stray {kind}", "_stray": mark, "_concealed": concealed})
        self._completed(kind, stray)
        self.store.put(kind, stray)

    @property
    def rooted(self) -> bool:
        """The account has a hidden root."""
        return bool(self.dialects & _ROOTED)

    def _is_root(self, item: Object) -> bool:
        return self.rooted and item.get("name") == ROOT and not item.get("parent_id")

    def put_in_region(self, kind: str, item: Object) -> None:
        """An object that is in no region is in the primary one; an attribute in all of them."""
        if kind != "attribute" and "region_ids" in item and not item["region_ids"]:
            item["region_ids"] = self.primary()

    def put_under_root(self, item: Object) -> None:
        """A category that stands nowhere stands under the hidden root."""
        if self.rooted and not item.get("parent_id") and not self._is_root(item):
            item["parent_id"] = self.root()

    def _completed(self, kind: str, item: Object) -> None:
        """What the server adds of itself."""
        self.put_in_region(kind, item)
        if kind == "category":
            self.put_under_root(item)
        if "parent-joins" in self.dialects:
            _join_parent(kind, item)

    # --- fields ---

    def _renamed(self, kind: str, body: Object) -> Object:
        """The other names that some fields have on some accounts."""
        body = dict(body)
        for other, name in _OTHER_NAMES.get(kind, ()):
            if other in body:
                body.setdefault(name, body[other])
        return body

    def _start(self, kind: str, shape: KindShape, before: Object) -> Object:
        """What a PUT starts from: the object, or what is left of it (put-drops)."""
        if "put-drops" in self.dialects:
            kept = {name: before[name] for name in ("id", *shape.required, *shape.made)}
            return {**self.blank(kind), **kept, "created_date": before.get("created_date")}
        if "foreign-escaped" in self.dialects:
            return dict(self._escaped(shape, before))
        return dict(before)

    def _escaped(self, shape: KindShape, item: Object) -> Iterator[tuple[str, Any]]:
        for name, value in item.items():
            if name in shape.texts and isinstance(value, str):
                yield name, cleaned(self.dialects, value)
            elif name == "attributes" and shape.values:
                yield name, [self._escaped_entry(entry) for entry in value]
            else:
                yield name, value

    def _escaped_entry(self, entry: Object) -> Object:
        definition = self.store.get("attribute", entry["id"]) or {}
        if definition.get("value_type") != "Text" or not isinstance(entry["value"], str):
            return entry
        return {**entry, "value": cleaned(self.dialects, entry["value"])}

    def _write(self, kind: str, shape: KindShape, item: Object, body: Object) -> None:
        """Each field that was sent, checked and stored.  HttpRefusal."""
        self._set(item, body, shape.texts, self._text)
        self._set(item, body, shape.words, text_of)
        if "published-strict" in self.dialects:
            self._check_flags(shape, body)
        self._set(item, body, shape.flags, flag)
        self._set(item, body, shape.dates, instant)
        for name, to in shape.references.items():
            self._set(item, body, (name,), self._reference(to))
        for name, to in shape.sets.items():
            if name in body and self._takes(kind, name):
                item[name] = self._set_of(to, body[name], name)
        if shape.values and "attributes" in body:
            item["attributes"] = self.values.after(kind, item["attributes"], body["attributes"])
        CHECKS[kind](self, item, body)

    def _check_flags(self, shape: KindShape, body: Object) -> None:
        for name in shape.flags:
            if name in body:
                flag(body[name], name)

    def _takes(self, kind: str, name: str) -> bool:
        """A group's members are ignored where they are written on the attributes."""
        on_attributes = kind == "attribute_group" and name == "attributes"
        return not (on_attributes and "groups-on-attributes" in self.dialects)

    def _set(
        self,
        item: Object,
        body: Object,
        names: Iterable[str],
        read: Callable[[Any, str], Any],
    ) -> None:
        """Store what `read` makes of these fields, None for an empty one.  HttpRefusal."""
        for name in names:
            if name not in body:
                continue
            value = body[name]
            refuse_blank(self.dialects, value, name)
            if ignored(self.dialects, value):
                continue
            item[name] = None if value in (None, "") else read(value, name)

    def _text(self, value: Any, name: str) -> str:
        return cleaned(self.dialects, text_of(value, name))

    def _reference(self, kind: str) -> Callable[[Any, str], str]:
        def read(value: Any, name: str) -> str:
            id_ = id_of(value)
            if self.store.get(kind, id_) is None:
                raise HttpRefusal(400, f"{name}: no {kind} has the id {id_}")
            return id_

        return read

    def _set_of(self, kind: str, value: Any, name: str) -> list[str]:
        read = self._reference(kind)
        return list(dict.fromkeys(read(item, name) for item in entries_of(value, name)))

    def _also(self, kind: str, item: Object, body: Object) -> None:
        """What a write changes on other objects."""
        if kind == "attribute" and "group_id" in body:
            join_groups(self.store, self.dialects, item["id"], body["group_id"])

    def _unique(self, kind: str, shape: KindShape, item: Object) -> None:
        """One name once under one parent, or once of its kind (dialects names-unique…)."""
        wanted = {"file-names-unique"} if kind == "file" else _UNIQUE.keys()
        dialect = next(iter(self.dialects & wanted), None)
        if dialect is None:
            return
        anywhere = kind == "file" or dialect == "names-unique-account"
        name, place = item.get(shape.name), _place(shape, item)
        for other in self.store.of(kind).values():
            if other["id"] == item["id"] or other.get(shape.name) != name:
                continue
            if anywhere or _place(shape, other) == place:
                raise HttpRefusal(_UNIQUE.get(dialect, 409), f"{name!r} exists already")


_STRAYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "entries-nameless": (("name",),),
    "entries-without-id": (("id",), ("id", "name")),
}
"""By dialect, what each of its entries lacks."""

_UNIQUE = {"names-unique": 409, "names-unique-400": 400, "names-unique-account": 409}
"""By dialect, the status that refuses a second object of one name."""

_OTHER_NAMES = {
    "attribute": (("name", "label"), ("type", "value_type"), ("fields", "options")),
    "file": (("topics", "collections"),),
    "resource": (("topics", "collections"),),
}


def _place(shape: KindShape, item: Object) -> Any:
    """What an object lies in: the first of its parents."""
    return next((item[name] for name in shape.parents if item.get(name)), None)


def _join_parent(kind: str, item: Object) -> None:
    """The primary parent is among the categories, too (dialect parent-joins)."""
    if "direct_parent" in item and item["parent_id"]:
        others = item["direct_parent"] if kind == "collection" else []
        item["direct_parent"] = list(dict.fromkeys([*others, item["parent_id"]]))
