"""What POST, PUT and DELETE mean: the article where it speaks, dialects where it does not."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from reconciler.sandbox.store import Object, Store

VALUE_TYPES = ("Text", "Date", "List", "Pick List", "Boolean", "Number")


class Refusal(Exception):
    """An error answer: HTTP status and what the API says."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of a kind, by how they are checked and stored."""

    required: tuple[str, ...]
    texts: tuple[str, ...]
    flags: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    references: Mapping[str, str] | None = None
    sets: Mapping[str, str] | None = None
    values: bool = False
    name: str = "name"
    parent: str = ""


_DATES = ("published_start_date", "published_end_date")

SHAPES: Mapping[str, Shape] = {
    "category": Shape(
        ("name",),
        ("name",),
        ("published",),
        _DATES,
        {"parent_id": "category"},
        {"region_ids": "region"},
        values=True,
        parent="parent_id",
    ),
    "attribute": Shape(
        ("label", "value_type"),
        ("label", "value_type"),
        sets={"region_ids": "region"},
        name="label",
    ),
    "attribute_group": Shape(("name",), ("name",), sets={"attributes": "attribute"}),
    "collection": Shape(
        ("name",),
        ("name", "additional_title", "collection_type"),
        ("published",),
        _DATES,
        {"parent_id": "category", "parent_topic_id": "collection"},
        {"direct_parent": "category", "region_ids": "region"},
        values=True,
        parent="parent_id",
    ),
    "resource": Shape(
        ("description", "link"),
        ("description", "link"),
        references={"category_id": "category"},
        sets={"collections": "collection"},
        name="description",
    ),
    "file": Shape(
        ("file_name",),
        ("file_name", "type"),
        ("published",),
        _DATES,
        sets={"collections": "collection", "region_ids": "region"},
        values=True,
        name="file_name",
    ),
}


def now() -> str:
    """The server's clock as it writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one account under its dialects."""

    store: Store
    dialects: frozenset[str] = frozenset()

    def create(self, kind: str, body: Any) -> Object:
        """POST: check, fill in what a new object has, keep.  Refusal for what is not allowed."""
        shape = SHAPES[kind]
        body = self._object(body)
        for field in shape.required:
            if body.get(field) in (None, ""):
                raise Refusal(400, f"{field} is required")
        item = self._blank(kind, shape)
        self._write(kind, shape, item, body)
        self._unique(kind, shape, item)
        if shape.sets and "region_ids" in shape.sets and not item.get("region_ids"):
            item["region_ids"] = self._primary()
        self.store.put(kind, item)
        return item

    def update(self, kind: str, id_: str, body: Any) -> Object:
        """PUT: only the fields sent; arrays whole."""
        item = dict(self.existing(kind, id_))
        shape = SHAPES[kind]
        body = self._object(body)
        for field in shape.required:
            if field in body and body[field] in (None, ""):
                raise Refusal(400, f"{field} is required")
        if body.get("region_ids") == []:
            raise Refusal(400, "region_ids cannot be empty")
        self._again(kind, item)
        self._write(kind, shape, item, body)
        item["updated_date"] = now()
        self.store.put(kind, item)
        return item

    def delete(self, kind: str, id_: str) -> None:
        """DELETE: what is not empty is refused, unless a dialect says otherwise."""
        self.existing(kind, id_)
        content = list(self._content(kind, id_))
        if content and "delete-cascades" in self.dialects:
            for inner_kind, inner in content:
                if self.store.get(inner_kind, inner["id"]):
                    self.delete(inner_kind, inner["id"])
        elif content and "delete-orphans" not in self.dialects:
            raise Refusal(400, f"{kind} is not empty: it holds {len(content)} object(s)")
        self._unlink(kind, id_)
        self.store.remove(kind, id_)

    def root(self) -> str:
        """The hidden category above the top level, made if there is none."""
        for item in self.store.of("category").values():
            if item.get("name") == "Super" and not item.get("parent_id"):
                return str(item["id"])
        return str(self.create("category", {"name": "Super"})["id"])

    def existing(self, kind: str, id_: str) -> Object:
        """An object that must be there."""
        item = self.store.get(kind, id_)
        if item is None:
            raise Refusal(404, "Not Found")
        return item

    def set_value(self, kind: str, id_: str, attribute: str, body: Any) -> Object:
        """PUT of one value: `{"value": …}`."""
        item = dict(self.existing(kind, id_))
        self.existing("attribute", attribute)
        value = self._object(body).get("value")
        entries = [entry for entry in item.get("attributes", []) if entry["id"] != attribute]
        if value not in (None, "", []):
            entries.append({"id": attribute, "value": self._value(attribute, value)})
        item.update(attributes=entries, updated_date=now())
        self.store.put(kind, item)
        return item

    # --- parts of a write ---

    def _object(self, body: Any) -> Object:
        if not isinstance(body, dict):
            raise Refusal(400, "the body must be a JSON object")
        return body

    def _blank(self, kind: str, shape: Shape) -> Object:
        new = self.store.new_number() if "ids-int" in self.dialects else self.store.new_id()
        item: Object = {"id": new}
        item.update(dict.fromkeys(shape.texts))
        item.update(dict.fromkeys(shape.flags, False))
        item.update(dict.fromkeys((*shape.dates, *(shape.references or ()))))
        item.update({name: [] for name in shape.sets or ()})
        if shape.values:
            item["attributes"] = []
        if kind == "attribute":
            item.update(options=[], maximum=1)
        item["created_date"] = item["updated_date"] = now()
        return item

    def _primary(self) -> list[str]:
        regions = self.store.of("region").values()
        return [item["id"] for item in regions if item.get("is_primary")][:1]

    def _write(self, kind: str, shape: Shape, item: Object, body: Object) -> None:
        before = item.get("published")
        for name in shape.texts:
            self._set(item, body, name, self._text)
        for name in shape.flags:
            self._set(item, body, name, _flag)
        for name in shape.dates:
            self._set(item, body, name, _date)
        for name, to in (shape.references or {}).items():
            self._set(item, body, name, self._reference(to))
        for name, to in (shape.sets or {}).items():
            source = "topics" if name == "collections" and "topics" in body else name
            if source in body:
                item[name] = self._set_of(to, body[source], source)
        if shape.values and "attributes" in body:
            item["attributes"] = self._values(kind, item, body["attributes"])
        _CHECKS.get(kind, _no_check)(self, item, body)
        _published(item, body, before)

    def _set(self, item: Object, body: Object, name: str, read: Callable[[Any, str], Any]) -> None:
        if name not in body:
            return
        value = body[name]
        ignored = {"clear-blank": None, "clear-null": ""}
        if any(
            value == ignored[d] and type(value) is type(ignored[d])
            for d in self.dialects & ignored.keys()
        ):
            return
        item[name] = None if value in (None, "") else read(value, name)

    def _text(self, value: Any, name: str) -> str:
        if isinstance(value, dict | list):
            raise Refusal(400, f"{name} must be a text")
        text = value if isinstance(value, str) else str(value)
        return self.cleaned(text) if name not in ("value_type", "collection_type") else text

    def cleaned(self, text: str) -> str:
        """A text as the server keeps it."""
        if self.dialects & {"text-cleaned", "text-cleaned-twice"}:
            bare = html.unescape(text) if "text-cleaned-twice" not in self.dialects else text
            return html.escape(bare.strip(), quote=False)
        return text

    def _again(self, kind: str, item: Object) -> None:
        """An escaped text is escaped again on every write (text-cleaned-twice)."""
        if "text-cleaned-twice" in self.dialects:
            for name in SHAPES[kind].texts:
                if isinstance(item.get(name), str) and name not in (
                    "value_type",
                    "collection_type",
                ):
                    item[name] = self.cleaned(item[name])

    def _reference(self, kind: str) -> Callable[[Any, str], str]:
        def read(value: Any, name: str) -> str:
            id_ = _id(value)
            if self.store.get(kind, id_) is None:
                raise Refusal(400, f"{name}: no {kind} has the id {id_}")
            return id_

        return read

    def _set_of(self, kind: str, value: Any, name: str) -> list[str]:
        if not isinstance(value, list):
            raise Refusal(400, f"{name} must be an array")
        read = self._reference(kind)
        return list(dict.fromkeys(read(item, name) for item in value))

    def _unique(self, kind: str, shape: Shape, item: Object) -> None:
        if "names-unique" not in self.dialects:
            return
        where = item.get("parent_topic_id") or item.get(shape.parent)
        for other in self.store.of(kind).values():
            place = other.get("parent_topic_id") or other.get(shape.parent)
            if other.get(shape.name) == item.get(shape.name) and place == where:
                raise Refusal(409, f"{item.get(shape.name)!r} exists already")

    # --- attribute values ---

    def _values(self, kind: str, item: Object, entries: Any) -> list[Object]:
        """Entries of `update` and `delete`; the array replaces, unless it patches."""
        if not isinstance(entries, list):
            raise Refusal(400, "attributes must be an array")
        if kind == "category" and entries and "category-attributes-refused" in self.dialects:
            raise Refusal(400, "attributes are not allowed on categories")
        patches = "attributes-patch" in self.dialects
        kept = {entry["id"]: entry["value"] for entry in item["attributes"]} if patches else {}
        for entry in entries:
            id_, value = self._value_entry(entry)
            kept.pop(id_, None)
            if value not in (None, "", []):
                kept[id_] = value
        return [{"id": id_, "value": value} for id_, value in kept.items()]

    def _value_entry(self, entry: Any) -> tuple[str, Any]:
        if not isinstance(entry, dict) or entry.get("type", "update") not in ("update", "delete"):
            raise Refusal(400, "attributes: each entry needs an id and a type, update or delete")
        id_ = _id(entry.get("id"))
        if self.store.get("attribute", id_) is None:
            raise Refusal(400, f"attributes: no attribute has the id {id_}")
        if entry.get("type") == "delete":
            return id_, None
        if "value" not in entry:
            raise Refusal(400, "attributes: an update needs a value")
        return id_, self._value(id_, entry["value"])

    def _value(self, attribute: str, value: Any) -> Any:
        definition = self.existing("attribute", attribute)
        if value in (None, "", []):
            return None
        return _VALUES[definition["value_type"]](self, definition, value)

    # --- deletes ---

    def _content(self, kind: str, id_: str) -> Iterator[tuple[str, Object]]:
        for holder, field in _CONTENT.get(kind, ()):
            yield from ((holder, item) for item in list(self.store.holding(holder, field, id_)))

    def _unlink(self, kind: str, id_: str) -> None:
        for holder, field in _LINKS.get(kind, ()):
            for item in list(self.store.holding(holder, field, id_)):
                left = item[field]
                left = [x for x in left if x != id_] if isinstance(left, list) else None
                self.store.put(holder, {**item, field: left})
        if kind == "attribute":
            self._drop_values(id_)

    def _drop_values(self, attribute: str) -> None:
        for kind in ("collection", "category", "file"):
            for item in list(self.store.of(kind).values()):
                entries = item.get("attributes", [])
                if any(entry["id"] == attribute for entry in entries):
                    left = [entry for entry in entries if entry["id"] != attribute]
                    self.store.put(kind, {**item, "attributes": left})


_CONTENT: Mapping[str, tuple[tuple[str, str], ...]] = {
    "category": (
        ("category", "parent_id"),
        ("collection", "parent_id"),
        ("collection", "direct_parent"),
    ),
    "collection": (("collection", "parent_topic_id"),),
}
"""What makes a container not empty."""

_LINKS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "category": (
        ("resource", "category_id"),
        ("category", "parent_id"),
        ("collection", "parent_id"),
        ("collection", "direct_parent"),
    ),
    "collection": (
        ("resource", "collections"),
        ("file", "collections"),
        ("collection", "parent_topic_id"),
    ),
    "attribute": (("attribute_group", "attributes"),),
}
"""What loses its link."""


def _id(value: Any) -> str:
    return str(value.get("id") if isinstance(value, dict) else value)


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise Refusal(400, f"{name} must be true or false")
    return value


def _date(value: Any, name: str) -> str:
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(400, f"{name} must look like YYYY-MM-DDTHH:MM:SSZ") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _published(item: Object, body: Object, before: Any) -> None:
    """The article: a start date goes with `published: true`, on create and on update."""
    if body.get("published") is True and not body.get("published_start_date"):
        raise Refusal(400, "published_start_date is required when published is true")
    del item, before


# --- checks of single kinds ---


def _no_check(_: Rules, __: Object, ___: Object) -> None:
    return None


def _category(rules: Rules, item: Object, _: Object) -> None:
    seen, step = {item["id"]}, item.get("parent_id")
    while step:
        if step in seen:
            raise Refusal(400, "parent_id: a category cannot lie inside itself")
        seen.add(step)
        above = rules.store.get("category", step)
        step = above.get("parent_id") if above else None


def _collection(rules: Rules, item: Object, body: Object) -> None:
    type_ = item.get("collection_type")
    if type_ not in (None, "parent", "variant"):
        raise Refusal(400, "collection_type must be parent or variant")
    if body.get("collection_type") == "variant" and not body.get("parent_topic_id"):
        raise Refusal(400, "parent_topic_id is required when collection_type is variant")
    above = rules.store.get("collection", item.get("parent_topic_id") or "")
    if type_ == "variant" and (above is None or above.get("collection_type") != "parent"):
        raise Refusal(400, "parent_topic_id must name a collection of type parent")
    if "parent-joins" in rules.dialects and item.get("parent_id"):
        item["direct_parent"] = list(dict.fromkeys([*item["direct_parent"], item["parent_id"]]))


def _attribute(rules: Rules, item: Object, body: Object) -> None:
    if item["value_type"] not in VALUE_TYPES:
        raise Refusal(400, f"value_type must be one of {', '.join(VALUE_TYPES)}")
    if "maximum" in body:
        item["maximum"] = body["maximum"] or 1
    source = body.get("fields", body.get("options"))
    if source is not None:
        item["options"] = _options(rules, item, source)


def _options(rules: Rules, item: Object, source: Any) -> list[Object]:
    """With an id an option is kept or renamed, without one it is new; what is left out goes."""
    if not isinstance(source, list):
        raise Refusal(400, "options must be an array")
    known = {option["id"]: option for option in item.get("options", [])}
    found: list[Object] = []
    for entry in source:
        entry = entry if isinstance(entry, dict) else {"label": entry}
        label = entry.get("label") or known.get(str(entry.get("id")), {}).get("label")
        if not label:
            raise Refusal(400, "options: each needs a label")
        if any(option["label"] == rules.cleaned(str(label)) for option in found):
            raise Refusal(400, f"options: duplicate label {label!r}")
        option = {
            "id": str(entry.get("id") or rules.store.new_id()),
            "label": rules.cleaned(str(label)),
        }
        if item["value_type"] == "List":
            type_ = entry.get("value_type") or known.get(option["id"], {}).get("value_type")
            option["value_type"] = type_ or "Text"
        found.append(option)
    return found


_CHECKS: Mapping[str, Callable[[Rules, Object, Object], None]] = {
    "category": _category,
    "collection": _collection,
    "attribute": _attribute,
}


# --- values by type ---


def _as_text(rules: Rules, _: Object, value: Any) -> Any:
    if isinstance(value, dict | list):
        raise Refusal(400, "a Text value must be a text")
    return rules.cleaned(value) if isinstance(value, str) else str(value)


def _as_number(_: Rules, __: Object, value: Any) -> Any:
    if isinstance(value, bool):
        raise Refusal(400, "a Number value must be a number")
    if isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            raise Refusal(400, "a Number value must be a number") from None
    if not isinstance(value, int | Decimal):
        raise Refusal(400, "a Number value must be a number")
    return value


def _as_flag(_: Rules, __: Object, value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    return _flag(value, "a Boolean value")


def _as_day(_: Rules, __: Object, value: Any) -> Any:
    return f"{_date(value, 'a Date value')[:10]}T00:00:00Z"


def _as_picks(rules: Rules, definition: Object, value: Any) -> Any:
    chosen = value if isinstance(value, list) else [value]
    by_id = {option["id"]: option["id"] for option in definition["options"]}
    by_label = {option["label"]: option["id"] for option in definition["options"]}
    strict = "options-strict" in rules.dialects
    found = []
    for item in chosen:
        text = _id(item)
        id_ = by_id.get(text) or (None if strict else by_label.get(rules.cleaned(text)))
        if id_ is None:
            raise Refusal(400, f"{definition['label']}: no option {text!r}")
        found.append(id_)
    if len(found) > int(definition.get("maximum") or 1):
        raise Refusal(400, f"{definition['label']}: takes one option")
    return list(dict.fromkeys(found))


def _as_record(rules: Rules, definition: Object, value: Any) -> Any:
    if not isinstance(value, list):
        raise Refusal(400, "a List value must be an array of sub-fields")
    by_id = {option["id"]: option for option in definition["options"]}
    by_label = {option["label"]: option for option in definition["options"]}
    found = []
    for entry in value:
        if not isinstance(entry, dict):
            raise Refusal(400, "a List value must be an array of sub-fields")
        field = by_id.get(str(entry.get("id"))) or by_label.get(
            rules.cleaned(str(entry.get("label")))
        )
        if field is None:
            raise Refusal(400, f"{definition['label']}: no sub-field {entry.get('label')!r}")
        if entry.get("value") not in (None, "", []):
            read = _VALUES.get(field["value_type"], _as_text)
            found.append({**field, "value": read(rules, field, entry["value"])})
    return found


_VALUES: Mapping[str, Callable[[Rules, Object, Any], Any]] = {
    "Text": _as_text,
    "Number": _as_number,
    "Boolean": _as_flag,
    "Date": _as_day,
    "Pick List": _as_picks,
    "List": _as_record,
}
