"""What deleting an object means for what it holds and for what refers to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sandbox.rules.shapes import HOLDERS, HttpRefusal
from reconciler.sandbox.store import AccountStore, Object

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
    "category": (*_CONTENT["category"], ("resource", "category_id")),
    "collection": (*_CONTENT["collection"], ("resource", "collections"), ("file", "collections")),
    "attribute": (("attribute_group", "attributes"),),
}
"""What loses its link."""


_PARENTS = frozenset({"variants-emptied", "variants-freed"})
"""Parents with variants can be deleted."""

Deleted = list[tuple[str, Object]]


def unlink(store: AccountStore, dialects: frozenset[str], kind: str, id_: str) -> None:
    """What refers to an object lets go of it."""
    if "references-dangle" not in dialects:
        _unlink(store, dialects, kind, id_)


def delete(store: AccountStore, dialects: frozenset[str], kind: str, item: Object) -> Deleted:
    """Remove an object: what is not empty is refused, unless a dialect says otherwise.

    Returns everything that went, with its kind.  HttpRefusal where it is not empty.
    """
    content = dict(_content(store, kind, item["id"]))
    gone: Deleted = []
    if "delete-cascades" in dialects:
        gone = _delete_all(store, dialects, content)
    elif content and not _leaves_content(dialects, kind):
        raise HttpRefusal(400, f"{kind} is not empty: it holds {len(content)} object(s)")
    unlink(store, dialects, kind, item["id"])
    store.remove(kind, item["id"])
    if "status-deleted" in dialects:
        store.bury(kind, {**item, "status": "Deleted"})
    return [*gone, (kind, item)]


def _delete_all(
    store: AccountStore, dialects: frozenset[str], content: Mapping[str, str]
) -> Deleted:
    """Delete the objects of these ids and kinds; one may go with another before it."""
    gone: Deleted = []
    for id_, kind in content.items():
        item = store.get(kind, id_)
        if item is not None:
            gone += delete(store, dialects, kind, item)
    return gone


def _leaves_content(dialects: frozenset[str], kind: str) -> bool:
    """What is not empty may be deleted, and its content stays behind."""
    if "delete-orphans" in dialects:
        return True
    return kind == "collection" and bool(dialects & _PARENTS)


def _content(store: AccountStore, kind: str, id_: str) -> Iterator[tuple[str, str]]:
    for holder, field in _CONTENT.get(kind, ()):
        for item in store.holding(holder, field, id_):
            yield item["id"], holder


def _unlink(store: AccountStore, dialects: frozenset[str], kind: str, id_: str) -> None:
    for holder, field in _LINKS.get(kind, ()):
        for item in store.holding(holder, field, id_):
            changed = {**item, field: _without(item[field], id_)}
            if field == "parent_topic_id" and "variants-freed" in dialects:
                changed["collection_type"] = None
            store.put(holder, changed)
    if kind == "attribute":
        _drop_values(store, id_)


def _without(value: Any, id_: str) -> list[str] | None:
    """A reference, or a list of them, once the id has gone."""
    if not isinstance(value, list):
        return None
    return [other for other in value if other != id_]


def _drop_values(store: AccountStore, attribute: str) -> None:
    for kind in HOLDERS:
        for item in list(store.of(kind).values()):
            left = [entry for entry in item["attributes"] if entry["id"] != attribute]
            if len(left) != len(item["attributes"]):
                store.put(kind, {**item, "attributes": left})
