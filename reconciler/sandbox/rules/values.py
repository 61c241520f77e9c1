"""Attribute values by type: what is accepted, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from reconciler.sandbox.rules.shapes import HttpRefusal, entries_of, flag, id_of, instant, is_empty
from reconciler.sandbox.rules.texts import cleaned, text_of
from reconciler.sandbox.store import AccountStore, Object


@dataclass(frozen=True, slots=True)
class Values:
    """Reads the values that a write carries."""

    store: AccountStore
    dialects: frozenset[str]

    def after(self, kind: str, before: list[Object], entries: Any) -> list[Object]:
        """What an object holds once `update` and `delete` entries were written; HttpRefusal.

        The array replaces what was there, unless it patches (dialect attributes-patch).
        """
        entries = entries_of(entries, "attributes")
        self._allowed(kind, entries)
        old = _by_id(before)
        kept = dict(old) if "attributes-patch" in self.dialects else {}
        for entry in entries:
            id_, value = self._entry(entry)
            if self._ignored(entry) and id_ in old:
                value = old[id_]
            self._set(kept, id_, value)
        return _as_entries(kept)

    def one(self, kind: str, before: list[Object], attribute: str, value: Any) -> list[Object]:
        """What an object holds once one value was written; HttpRefusal."""
        self._allowed(kind, [attribute])
        kept = _by_id(before)
        refuse_blank(self.dialects, value, "value")
        if not self._ignored({"value": value}):
            self._set(kept, attribute, self.read(attribute, value))
        return _as_entries(kept)

    def read(self, attribute: str, value: Any) -> Any:
        """A value as it is kept, None for an empty one; HttpRefusal where its type forbids it."""
        definition = self.store.get("attribute", attribute)
        if definition is None:
            raise HttpRefusal(400, f"attributes: no attribute has the id {attribute}")
        if is_empty(value):
            return None
        return _READERS[definition["value_type"]](self, definition, value)

    def _set(self, kept: dict[str, Any], id_: str, value: Any) -> None:
        kept.pop(id_, None)
        if not is_empty(value) or "values-emptied" in self.dialects:
            kept[id_] = value

    def _allowed(self, kind: str, entries: list[Any]) -> None:
        if kind == "category" and entries and "category-attributes-refused" in self.dialects:
            raise HttpRefusal(400, "attributes are not allowed on categories")

    def _entry(self, entry: Any) -> tuple[str, Any]:
        if not isinstance(entry, dict) or entry.get("type", "update") not in ("update", "delete"):
            raise HttpRefusal(
                400, "attributes: each entry needs an id and a type, update or delete"
            )
        id_ = id_of(entry.get("id"))
        if entry.get("type") == "delete":
            return id_, self.read(id_, None)
        if "value" not in entry:
            raise HttpRefusal(400, "attributes: an update needs a value")
        refuse_blank(self.dialects, entry["value"], "attributes: a value")
        return id_, self.read(id_, entry["value"])

    def _ignored(self, entry: Object) -> bool:
        """An empty value that does not clear (dialects clear-blank, clear-null)."""
        return entry.get("type") != "delete" and ignored(self.dialects, entry.get("value"))


def _by_id(entries: list[Object]) -> dict[str, Any]:
    return {entry["id"]: entry["value"] for entry in entries}


def _as_entries(values: Mapping[str, Any]) -> list[Object]:
    return [{"id": id_, "value": value} for id_, value in values.items()]


def ignored(dialects: frozenset[str], value: Any) -> bool:
    """This way of saying "nothing" is ignored (dialects clear-…)."""
    if value is None:
        return bool(dialects & {"clear-blank", "clear-never"})
    return value == "" and "clear-null" in dialects


def refuse_blank(dialects: frozenset[str], value: Any, name: str) -> None:
    """HttpRefusal where "" does not mean nothing (dialects clear-never, clear-null-only)."""
    if value == "" and dialects & {"clear-never", "clear-null-only"}:
        raise HttpRefusal(400, f"{name} must not be empty")


# --- by type ---


def _text(values: Values, definition: Object, value: Any) -> Any:
    return cleaned(values.dialects, text_of(value, f"{definition['label']}: a Text value"))


def _number(_: Values, definition: Object, value: Any) -> Any:
    words = f"{definition['label']}: a Number value must be a number"
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            raise HttpRefusal(400, words) from None
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number or not Decimal(value).is_finite():
        raise HttpRefusal(400, words)
    return value


def _flag(_: Values, definition: Object, value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    return flag(value, f"{definition['label']}: a Boolean value")


def _day(_: Values, definition: Object, value: Any) -> Any:
    return f"{instant(value, definition['label'])[:10]}T00:00:00Z"


def _picks(values: Values, definition: Object, value: Any) -> Any:
    label = definition["label"]
    chosen = value if isinstance(value, list) else [value]
    ids = {option["id"] for option in definition["options"]}
    by_label = {option["label"]: option["id"] for option in definition["options"]}
    takes_labels = "options-strict" not in values.dialects
    found = []
    for item in chosen:
        text = text_of(id_of(item), label)
        id_ = text if text in ids else None
        if id_ is None and takes_labels:
            id_ = by_label.get(cleaned(values.dialects, text))
        if id_ is None:
            raise HttpRefusal(400, f"{label}: no option {text!r}")
        found.append(id_)
    if len(found) > definition["maximum"]:
        raise HttpRefusal(400, f"{label}: takes at most {definition['maximum']} option(s)")
    return list(dict.fromkeys(found))


def _record(values: Values, definition: Object, value: Any) -> Any:
    found = []
    for entry in entries_of(value, f"{definition['label']}: a List value"):
        field = _sub_field(values, definition, entry)
        if is_empty(entry.get("value")):
            continue
        read = _READERS[field.get("value_type", "Text")]
        as_attribute = {**field, "options": [], "maximum": 1}
        found.append({**field, "value": read(values, as_attribute, entry["value"])})
    return found


def _sub_field(values: Values, definition: Object, entry: Any) -> Object:
    if not isinstance(entry, dict):
        raise HttpRefusal(400, f"{definition['label']}: a List value is an array of sub-fields")
    label = cleaned(values.dialects, text_of(entry.get("label", ""), "label"))
    options: list[Object] = definition["options"]
    for option in options:
        if option["id"] == str(entry.get("id")) or option["label"] == label:
            return option
    raise HttpRefusal(400, f"{definition['label']}: no sub-field {entry.get('label')!r}")


_READERS: Mapping[str, Callable[[Values, Object, Any], Any]] = {
    "Text": _text,
    "Number": _number,
    "Boolean": _flag,
    "Date": _day,
    "Pick List": _picks,
    "List": _record,
}
