"""Options of a pick list and sub-fields of a List: what a write of them makes."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.rules.shapes import VALUE_TYPES, Refusal, entries_of
from reconciler.sandbox.rules.texts import cleaned, text_of
from reconciler.sandbox.store import Object

EXTRA_KEYS = ("color", "order")
"""What options have beside (dialect options-extra)."""
COLORS = ("#1d4ed8", "#b91c1c", "#15803d", "#a16207")


def options_after(
    dialects: frozenset[str], new_id: Any, type_: str, before: list[Object], source: Any
) -> list[Object]:
    """With an id an option is kept or renamed, without one it is new; what is left out goes.

    `new_id` makes ids.  What was picked before keeps its id, so it can go stale.
    """
    known = {option["id"]: option for option in before}
    found: dict[str, Object] = {}
    for entry in entries_of(source, "options"):
        entry = entry if isinstance(entry, dict) else {"label": entry}
        option = _option(dialects, new_id, type_, known, entry, len(found))
        if option["label"] in {other["label"] for other in found.values()}:
            raise Refusal(400, f"options: duplicate label {option['label']!r}")
        found[option["id"]] = option
    if "options-merged" in dialects:
        labels = {option["label"] for option in found.values()}
        left = (option for option in before if option["label"] not in labels)
        found = {**{option["id"]: option for option in left}, **found}
    if "options-sorted" in dialects:
        return sorted(found.values(), key=lambda option: str(option["label"]))
    return list(found.values())


def _option(
    dialects: frozenset[str],
    new_id: Any,
    type_: str,
    known: dict[str, Object],
    entry: Object,
    place: int,
) -> Object:
    if "id" in entry and not entry["id"]:
        raise Refusal(400, "options: an id is empty")
    mine = known.get(str(entry.get("id")), {})
    label = entry.get("label") or entry.get("name") or mine.get("label")
    if not label:
        raise Refusal(400, "options: each needs a label")
    label = cleaned(dialects, text_of(label, "options: a label"))
    if not mine and "options-kept" in dialects:
        mine = next((option for option in known.values() if option["label"] == label), {})
    keeps = mine and "options-reissued" not in dialects
    option: Object = {"id": mine["id"] if keeps else new_id(), "label": label}
    if type_ == "List":
        option["value_type"] = _sub_type(entry.get("value_type") or mine.get("value_type"))
    if "options-extra" in dialects:
        option |= _further(mine, entry, place)
    return option


def _further(mine: Object, entry: Object, number: int) -> Object:
    """Keys beside id and label: as sent; a new option gets those that an option has."""
    sent = {key: value for key, value in entry.items() if key in EXTRA_KEYS}
    made = {"color": COLORS[number % len(COLORS)], "order": number}
    return sent if mine else {**made, **sent}


def _sub_type(value: Any) -> str:
    if value is None:
        return "Text"
    if value not in VALUE_TYPES or value == "List":
        raise Refusal(400, f"options: {value!r} is no type of a sub-field")
    return str(value)
