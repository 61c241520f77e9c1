"""Attribute values as people read them: by label, by group, and side by side for variants."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.page.account import AccountMaps, natural, title
from reconciler.sandbox.rules import is_empty
from reconciler.sandbox.store import Object

UNGROUPED = "Without a group"

Texts = Mapping[str, tuple[str, ...]]
"""Attribute → the texts of an object's value."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an object.  `items` are its texts: one, or one for each element."""

    id: str
    label: str
    type: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupValues:
    """The values of one attribute group."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Variants side by side: what differs in columns, what all share once."""

    columns: tuple[Value, ...]
    rows: tuple[tuple[Object, Texts], ...]
    shared: tuple[Value, ...]


def values_of(account: AccountMaps, item: Object) -> tuple[Value, ...]:
    """The values of an object, by label."""
    found = (_value(account, entry) for entry in entries(item))
    return tuple(sorted(found, key=_by_label))


def _by_label(value: Value) -> tuple[str, str]:
    return value.label.casefold(), value.id


def entries(item: Object) -> tuple[Object, ...]:
    """The stored entries that hold something."""
    return tuple(e for e in objects(item.get("attributes")) if not is_empty(e.get("value")))


def objects(value: object) -> list[Object]:
    """The objects of a list; none where it is no list: an account may hold anything."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def _value(account: AccountMaps, entry: Object) -> Value:
    definition = account.get("attribute", entry.get("id"))
    if definition is None:
        label = f"Unknown attribute {entry.get('id')}"
        return Value(str(entry.get("id")), label, "", (str(entry["value"]),))
    type_ = str(definition.get("value_type") or "")
    return Value(
        definition["id"],
        title("attribute", definition),
        type_,
        _READ.get(type_, _plain)(definition, entry["value"]),
    )


def _plain(_: Object, value: Any) -> tuple[str, ...]:
    return (str(value),)


def _flag(_: Object, value: Any) -> tuple[str, ...]:
    words = {"True": "Yes", "False": "No"}
    return (words.get(str(value).capitalize(), str(value)),)


def _day(_: Object, value: Any) -> tuple[str, ...]:
    return (str(value)[:10],)


def option_labels(definition: Object) -> Mapping[str, str]:
    """The options of a pick list, or the sub-fields of a List: id → label."""
    options = objects(definition.get("options"))
    return {str(option.get("id")): str(option.get("label") or "") for option in options}


def picked(value: Any) -> tuple[str, ...]:
    """The ids that a pick-list value holds, nested or alone."""
    if not isinstance(value, list):
        return (str(value),)
    found: list[str] = []
    for item in value:
        found += picked(item)
    return tuple(found)


def _picks(definition: Object, value: Any) -> tuple[str, ...]:
    labels = option_labels(definition)
    return tuple(labels.get(id_, f"{id_} (no such option)") for id_ in picked(value))


def _record(_: Object, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return (str(value),)
    return tuple(_sub_value(entry) for entry in value)


def _sub_value(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return f"{entry.get('label')}: {entry.get('value')}"


_READ: Mapping[str, Callable[[Object, Any], tuple[str, ...]]] = {
    "Boolean": _flag,
    "Date": _day,
    "Pick List": _picks,
    "List": _record,
}


def sections(account: AccountMaps, values: Sequence[Value]) -> tuple[GroupValues, ...]:
    """Values under the groups that their attributes are in, the ungrouped last.

    An attribute of two groups shows in both, as it would to an editor.
    """
    found: dict[str, list[Value]] = {}
    groups = sorted(
        account.store.of("attribute_group").values(),
        key=lambda item: (title("attribute_group", item).casefold(), item["id"]),
    )
    for group in groups:
        held = [value for value in values if group in account.groups.get(value.id, ())]
        if held:
            # Groups of one name are one section.
            found.setdefault(title("attribute_group", group), []).extend(held)
    loose = [value for value in values if value.id not in account.groups]
    if loose:
        found.setdefault(UNGROUPED if found else "", []).extend(loose)
    return tuple(GroupValues(name, tuple(held)) for name, held in found.items())


def table(account: AccountMaps, variants: Sequence[Object]) -> Table:
    """Variants as rows, sorted by what differs: options in their order, numbers by size."""
    found: dict[str, Value] = {}
    texts: dict[str, Texts] = {}
    for item in variants:
        values = {value.id: value for value in values_of(account, item)}
        found.update(values)
        texts[item["id"]] = {id_: value.items for id_, value in values.items()}
    known = sorted(found.values(), key=_by_label)
    differing = [value for value in known if _differs(value.id, texts.values())]
    rows = sorted(variants, key=lambda item: _rank(account, item, differing))
    return Table(
        tuple(differing),
        tuple((item, texts[item["id"]]) for item in rows),
        tuple(value for value in known if value not in differing),
    )


def _differs(id_: str, held: Iterable[Texts]) -> bool:
    return len({texts.get(id_) for texts in held}) > 1


def _rank(account: AccountMaps, item: Object, columns: Sequence[Value]) -> tuple[Any, ...]:
    """What a variant is sorted by: its values in the columns, then its name."""
    stored = {str(entry.get("id")): entry["value"] for entry in entries(item)}
    ranks = (_value_rank(account, column, stored.get(column.id)) for column in columns)
    return (*ranks, natural(title("collection", item)), str(item["id"]))


def _value_rank(account: AccountMaps, column: Value, value: Any) -> tuple[int, float, str]:
    """Of one shape for every type, so that any two can be compared."""
    if value is None:
        return (1, 0.0, "")
    if column.type == "Number":
        return (0, _number(value), str(value))
    if column.type == "Pick List":
        labels = option_labels(account.store.of("attribute")[column.id])
        places = {id_: place for place, id_ in enumerate(labels)}
        first = picked(value)[0]
        return (0, float(places.get(first, len(places))), first)
    return (0, 0.0, str(value).casefold())


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return math.inf
    return math.inf if math.isnan(found) else found
