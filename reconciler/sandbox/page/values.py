"""Attribute values as people read them: by label, by group, and side by side for variants."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.page.account import Account, natural, title
from reconciler.sandbox.store import Object

UNGROUPED = "Without a group"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an object.  `items` are its texts: one, or one for each element."""

    id: str
    label: str
    type: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The values of one attribute group."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Variants side by side: what differs in columns, what all share once."""

    columns: tuple[Value, ...]
    rows: tuple[tuple[Object, Mapping[str, tuple[str, ...]]], ...]
    shared: tuple[Value, ...]


def values_of(account: Account, item: Object) -> tuple[Value, ...]:
    """The values of an object, by label."""
    found = (_value(account, entry) for entry in entries(item))
    return tuple(sorted(found, key=lambda value: (value.label.casefold(), value.id)))


def entries(item: Object) -> tuple[Object, ...]:
    """The stored entries that hold something."""
    stored = item.get("attributes")
    held = stored if isinstance(stored, list) else ()
    return tuple(e for e in held if isinstance(e, dict) and e.get("value") not in (None, "", []))


def _value(account: Account, entry: Object) -> Value:
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
    return ({"True": "Yes", "False": "No"}.get(str(value).capitalize(), str(value)),)


def _day(_: Object, value: Any) -> tuple[str, ...]:
    return (str(value)[:10],)


def option_labels(definition: Object) -> Mapping[str, str]:
    """The options of a pick list, or the sub-fields of a List: id → label."""
    options = definition.get("options")
    held = options if isinstance(options, list) else ()
    return {str(o.get("id")): str(o.get("label") or "") for o in held if isinstance(o, dict)}


def picked(value: Any) -> tuple[str, ...]:
    """The ids that a pick-list value holds, nested or alone."""
    if isinstance(value, list):
        return tuple(id_ for item in value for id_ in picked(item))
    return (str(value),)


def _picks(definition: Object, value: Any) -> tuple[str, ...]:
    labels = option_labels(definition)
    return tuple(labels.get(id_, f"{id_} (no such option)") for id_ in picked(value))


def _record(_: Object, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return (str(value),)
    return tuple(
        f"{entry.get('label')}: {entry.get('value')}" if isinstance(entry, dict) else str(entry)
        for entry in value
    )


_READ: Mapping[str, Callable[[Object, Any], tuple[str, ...]]] = {
    "Boolean": _flag,
    "Date": _day,
    "Pick List": _picks,
    "List": _record,
}


def sections(account: Account, values: Sequence[Value]) -> tuple[Section, ...]:
    """Values under the groups that their attributes are in, the ungrouped last.

    An attribute of two groups shows in both, as it would to an editor.
    """
    found: dict[str, list[Value]] = {}
    for group in sorted(
        account.store.of("attribute_group").values(),
        key=lambda item: (title("attribute_group", item).casefold(), item["id"]),
    ):
        held = [value for value in values if group in account.groups.get(value.id, ())]
        if held:
            found.setdefault(title("attribute_group", group), []).extend(held)
    loose = [value for value in values if value.id not in account.groups]
    if loose:
        found.setdefault(UNGROUPED if found else "", []).extend(loose)
    return tuple(Section(name, tuple(held)) for name, held in found.items())


def table(account: Account, variants: Sequence[Object]) -> Table:
    """Variants as rows, sorted by what differs: options in their order, numbers by size."""
    held = {item["id"]: {v.id: v for v in values_of(account, item)} for item in variants}
    labels = {v.id: v for values in held.values() for v in values.values()}
    known = sorted(labels.values(), key=lambda v: (v.label.casefold(), v.id))
    differing = [v for v in known if _differs(v.id, held.values())]
    ordered = sorted(variants, key=lambda item: _place(account, item, differing))
    return Table(
        tuple(differing),
        tuple((item, {v.id: v.items for v in held[item["id"]].values()}) for item in ordered),
        tuple(v for v in known if v not in differing),
    )


def _differs(id_: str, held: Iterable[Mapping[str, Value]]) -> bool:
    return len({values[id_].items if id_ in values else None for values in held}) > 1


def _place(account: Account, item: Object, columns: Sequence[Value]) -> tuple[Any, ...]:
    stored = {str(entry.get("id")): entry["value"] for entry in entries(item)}
    ranks = (_rank(account, column, stored.get(column.id)) for column in columns)
    return (*ranks, natural(title("collection", item)), str(item["id"]))


def _rank(account: Account, column: Value, value: Any) -> tuple[int, float, str]:
    """Of one shape for every type, so that any two can be compared."""
    if value is None:
        return (1, 0.0, "")
    if column.type == "Number":
        return (0, _number(value), str(value))
    if column.type == "Pick List":
        options = list(option_labels(account.store.of("attribute")[column.id]))
        first = picked(value)[0]
        return (0, float(options.index(first) if first in options else len(options)), first)
    return (0, 0.0, str(value).casefold())


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return math.inf
    return math.inf if math.isnan(found) else found
