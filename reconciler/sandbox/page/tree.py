"""The category tree as rows with depth, so that no depth of nesting needs recursion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.sandbox.page.account import AccountMaps, title
from reconciler.sandbox.store import Object


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A category in the tree.  `count`: products in it and below, each once.

    `closes` says how many levels end after this row.
    """

    id: str
    name: str
    count: int
    depth: int
    branch: bool
    open: bool
    current: bool
    closes: int = 0


def rows(account: AccountMaps, current: str = "") -> tuple[TreeRow, ...]:
    """The whole tree, depth first, opened along the way to the current category."""
    opened = {item["id"] for item in account.path(current)}
    walked = _walk(account)
    counts = _counts(account, walked)
    found = [
        TreeRow(
            item["id"],
            title("category", item),
            counts[item["id"]],
            depth,
            branch=following(walked, place) > depth,
            open=item["id"] in opened,
            current=item["id"] == current,
        )
        for place, (item, depth) in enumerate(walked)
    ]
    return tuple(
        replace(row, closes=max(0, row.depth - following(walked, place)))
        for place, row in enumerate(found)
    )


def following(walked: Sequence[tuple[Object, int]], place: int) -> int:
    """Depth of the row after this one; 0 after the last."""
    return walked[place + 1][1] if place + 1 < len(walked) else 0


def _walk(account: AccountMaps) -> tuple[tuple[Object, int], ...]:
    waiting = [(item, 0) for item in reversed(account.tops)]
    found: dict[str, tuple[Object, int]] = {}
    while waiting:
        item, depth = waiting.pop()
        if item["id"] not in found:
            found[item["id"]] = (item, depth)
            inner = account.inner.get(item["id"], ())
            waiting.extend((below, depth + 1) for below in reversed(inner))
    return tuple(found.values())


def _counts(account: AccountMaps, walked: Sequence[tuple[Object, int]]) -> Mapping[str, int]:
    """Backwards, so that each category is full before it is added to the one above."""
    inside: dict[str, set[str]] = {}
    for item, _ in walked:
        members = account.members.get(item["id"], ())
        inside[item["id"]] = {member["id"] for member in members}
    for item, depth in reversed(walked):
        above = str(item.get("parent_id") or "")
        if depth and above in inside:
            inside[above] |= inside[item["id"]]
    return {id_: len(found) for id_, found in inside.items()}
