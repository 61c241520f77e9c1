"""Membership of attribute groups, kept on the group, and written on either side (dialects)."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.rules.shapes import Refusal, entries_of, id_of, is_empty
from reconciler.sandbox.store import Store

ON_ATTRIBUTES = frozenset({"groups-on-attributes", "groups-both"})
"""Accounts that show and take `group_id` on attributes."""


def join_groups(store: Store, dialects: frozenset[str], attribute: str, value: Any) -> None:
    """An attribute is in exactly these groups; nothing happens where that is the group's side."""
    wanted = {id_of(entry) for entry in _groups(value)}
    if "" in wanted:
        raise Refusal(400, "group_id: an id is empty")
    if not dialects & ON_ATTRIBUTES:
        return
    for id_ in sorted(wanted - store.of("attribute_group").keys()):
        raise Refusal(400, f"group_id: no attribute_group has the id {id_}")
    for group in list(store.of("attribute_group").values()):
        members = [id_ for id_ in group["attributes"] if id_ != attribute]
        if group["id"] in wanted:
            members.append(attribute)
        if set(members) != set(group["attributes"]):
            store.put("attribute_group", {**group, "attributes": members})


def groups_of(store: Store, attribute: str) -> list[str]:
    """The groups that an attribute is in."""
    return [group["id"] for group in store.holding("attribute_group", "attributes", attribute)]


def _groups(value: Any) -> list[Any]:
    if is_empty(value):
        return []
    return entries_of(value, "group_id") if isinstance(value, list) else [value]
