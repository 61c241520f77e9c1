"""Options of a pick list and sub-fields of a List: what a write of them makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.rules.shapes import VALUE_TYPES, HttpRefusal, entries_of
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
        sent = entry if isinstance(entry, dict) else {"label": entry}
        option = _option(dialects, new_id, type_, known, sent, len(found))
        if option["label"] in _labels(found):
            raise HttpRefusal(400, f"options: duplicate label {option['label']!r}")
        found[option["id"]] = option
    if "options-merged" in dialects:
        found = _merged(before, found)
    options = list(found.values())
    if "options-sorted" in dialects:
        options.sort(key=lambda option: str(option["label"]))
    return options


def _labels(options: Mapping[str, Object]) -> set[str]:
    return {option["label"] for option in options.values()}


def _merged(before: list[Object], sent: dict[str, Object]) -> dict[str, Object]:
    """What was there and was not sent, then what was sent."""
    labels = _labels(sent)
    left_out = {option["id"]: option for option in before if option["label"] not in labels}
    return {**left_out, **sent}


def _option(
    dialects: frozenset[str],
    new_id: Any,
    type_: str,
    known: dict[str, Object],
    entry: Object,
    place: int,
) -> Object:
    """The option that an entry makes, `known` being those there are.  HttpRefusal."""
    if "id" in entry and not entry["id"]:
        raise HttpRefusal(400, "options: an id is empty")
    before = known.get(str(entry.get("id")), {})
    label = cleaned(dialects, _label(entry, before))
    if not before and "options-kept" in dialects:
        before = _of_label(known, label)
    keeps_id = before and "options-reissued" not in dialects
    option: Object = {"id": before["id"] if keeps_id else new_id(), "label": label}
    if type_ == "List":
        option["value_type"] = _sub_type(entry.get("value_type") or before.get("value_type"))
    if "options-extra" in dialects:
        option |= _extra_keys(before, entry, place)
    return option


def _label(entry: Object, before: Object) -> str:
    label = entry.get("label") or entry.get("name") or before.get("label")
    if not label:
        raise HttpRefusal(400, "options: each needs a label")
    return text_of(label, "options: a label")


def _of_label(known: Mapping[str, Object], label: str) -> Object:
    for option in known.values():
        if option["label"] == label:
            return option
    return {}


def _extra_keys(before: Object, entry: Object, number: int) -> Object:
    """Keys beside id and label: as sent; a new option gets those that an option has."""
    sent = {key: value for key, value in entry.items() if key in EXTRA_KEYS}
    if before:
        return sent
    return {"color": COLORS[number % len(COLORS)], "order": number, **sent}


def _sub_type(value: Any) -> str:
    if value is None:
        return "Text"
    if value not in VALUE_TYPES or value == "List":
        raise HttpRefusal(400, f"options: {value!r} is no type of a sub-field")
    return str(value)
