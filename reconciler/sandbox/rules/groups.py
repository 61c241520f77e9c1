"""Membership of attribute groups, kept on the group, and written on either side (dialects)."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.rules.shapes import HttpRefusal, id_of, is_empty
from reconciler.sandbox.store import AccountStore

ON_ATTRIBUTES = frozenset({"groups-on-attributes", "groups-both"})
"""Accounts that show and take `group_id` on attributes."""


def join_groups(store: AccountStore, dialects: frozenset[str], attribute: str, value: Any) -> None:
    """An attribute is in exactly these groups; nothing happens where that is the group's side."""
    wanted = _group_ids(value)
    if "" in wanted:
        raise HttpRefusal(400, "group_id: an id is empty")
    if not dialects & ON_ATTRIBUTES:
        return
    for id_ in sorted(wanted - store.of("attribute_group").keys()):
        raise HttpRefusal(400, f"group_id: no attribute_group has the id {id_}")
    for group in list(store.of("attribute_group").values()):
        members: list[str] = group["attributes"]
        if (attribute in members) == (group["id"] in wanted):
            continue
        if group["id"] in wanted:
            members = [*members, attribute]
        else:
            members = [id_ for id_ in members if id_ != attribute]
        store.put("attribute_group", {**group, "attributes": members})


def groups_of(store: AccountStore, attribute: str) -> list[str]:
    """The groups that an attribute is in."""
    return [group["id"] for group in store.holding("attribute_group", "attributes", attribute)]


def _group_ids(value: Any) -> set[str]:
    if is_empty(value):
        return set()
    entries = value if isinstance(value, list) else [value]
    return {id_of(entry) for entry in entries}
