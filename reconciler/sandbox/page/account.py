"""The account as a page needs it: who lies where, who belongs to whom, read once for each page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.sandbox.rules import SHAPES
from reconciler.sandbox.store import AccountStore, Object

Links = Mapping[str, Sequence[Object]]

NAMELESS = "(no name)"


@dataclass(frozen=True, slots=True)
class AccountMaps:
    """One reading of the store.  The maps go from an object's id to what belongs to it."""

    store: AccountStore
    inner: Links
    """Category → categories right below it."""
    members: Links
    """Category → products listed in it; a variant only where its parent is not."""
    variants: Links
    """Parent collection → its variants."""
    files: Links
    """Collection → files linked to it."""
    resources: Links
    """Collection → resources linked to it."""
    groups: Links
    """Attribute → groups that have it."""
    tops: Sequence[Object]
    """Categories with nothing above them."""
    products: Sequence[Object]
    """Collections but for variants, which stand under their parent where it is there."""
    loose: Sequence[Object]
    """Products in no category that is there."""

    def get(self, kind: str, id_: object) -> Object | None:
        """An object as stored."""
        return self.store.get(kind, str(id_))

    def name(self, kind: str, id_: object) -> str:
        """What to call an object: its name, or its id where it is not there."""
        item = self.get(kind, id_)
        return str(id_) if item is None else title(kind, item)

    def path(self, id_: str) -> tuple[Object, ...]:
        """A category and all above it, the topmost first."""
        found: dict[str, Object] = {}
        item = self.get("category", id_)
        while item is not None and item["id"] not in found:
            found[item["id"]] = item
            item = self.get("category", item.get("parent_id") or "")
        return tuple(reversed(found.values()))

    def memberships(self, item: Object) -> tuple[Object, ...]:
        """The categories of a product, its primary parent first."""
        found = (self.get("category", id_) for id_ in member_ids(item))
        return tuple(category for category in found if category is not None)


def title(kind: str, item: Object) -> str:
    """The text that names an object of a kind."""
    named = SHAPES[kind].name if kind in SHAPES else "name"
    return str(item.get(named) or "").strip() or NAMELESS


def by_name(kind: str, items: Sequence[Object]) -> tuple[Object, ...]:
    """Sorted by what they are called, case aside and 9 before 10; equal names by id."""
    return tuple(sorted(items, key=lambda item: (natural(title(kind, item)), str(item["id"]))))


def natural(text: str) -> tuple[object, ...]:
    """A key that sorts the numbers in texts by their size."""
    parts: list[object] = list(re.split(r"([0-9]+)", text.casefold()))
    # Every second part is a number: the longer one is larger.
    for place in range(1, len(parts), 2):
        digits = str(parts[place]).lstrip("0")
        parts[place] = (len(digits), digits)
    return tuple(parts)


def ids(value: object) -> tuple[str, ...]:
    """A list of references, as ids; anything else is none."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def member_ids(item: Object) -> tuple[str, ...]:
    """Ids of the categories that a collection is in, each once, the primary parent first."""
    primary = (str(item["parent_id"]),) if item.get("parent_id") else ()
    return tuple(dict.fromkeys((*primary, *ids(item.get("direct_parent")))))


def read(store: AccountStore) -> AccountMaps:
    """All links of the account, in one pass over each kind."""
    inner = _above(store, "category", "parent_id")
    products = _products(store)
    return AccountMaps(
        store=store,
        inner=inner,
        members=_members(store),
        variants=_above(store, "collection", "parent_topic_id"),
        files=_linked(store, "file", "collections"),
        resources=_linked(store, "resource", "collections"),
        groups=_linked(store, "attribute_group", "attributes"),
        tops=_tops(store, inner),
        products=products,
        loose=tuple(item for item in products if not _has_category(store, item)),
    )


def _products(store: AccountStore) -> tuple[Object, ...]:
    known = store.of("collection")
    found = (item for item in known.values() if item.get("parent_topic_id") not in known)
    return by_name("collection", list(found))


def _has_category(store: AccountStore, item: Object) -> bool:
    return any(id_ in store.of("category") for id_ in member_ids(item))


def _links(store: AccountStore, kind: str, targets: Callable[[Object], Iterable[str]]) -> Links:
    """The objects of a kind by the ids that they point to, each list by name."""
    found: defaultdict[str, list[Object]] = defaultdict(list)
    for item in store.of(kind).values():
        for id_ in targets(item):
            found[id_].append(item)
    return {id_: by_name(kind, items) for id_, items in found.items()}


def _above(store: AccountStore, kind: str, field_: str) -> Links:
    """By what a field with one id points to."""
    return _links(store, kind, lambda item: [str(item[field_])] if item.get(field_) else [])


def _linked(store: AccountStore, kind: str, field_: str) -> Links:
    """By what a field with a list of ids points to."""
    return _links(store, kind, lambda item: dict.fromkeys(ids(item.get(field_))))


def _members(store: AccountStore) -> Links:
    """Products by their categories, but for those that their parent collection is in, too."""

    def shown_in(item: Object) -> set[str]:
        parent = store.get("collection", str(item.get("parent_topic_id") or "")) or {}
        return set(member_ids(item)) - set(member_ids(parent))

    return _links(store, "collection", shown_in)


def _tops(store: AccountStore, inner: Links) -> tuple[Object, ...]:
    """Those without a parent, and one of each ring that bad data can make."""
    known = store.of("category")
    tops = [item for item in known.values() if str(item.get("parent_id") or "") not in known]
    seen: set[str] = set()
    for item in tops:
        seen.update(_below(inner, item["id"]))
    for item in known.values():
        if item["id"] not in seen:
            tops.append(item)
            seen.update(_below(inner, item["id"]))
    return by_name("category", tops)


def _below(inner: Links, id_: str) -> Iterator[str]:
    """A category and all below it, each once."""
    seen, waiting = {id_}, [id_]
    while waiting:
        yield (step := waiting.pop())
        fresh = [item["id"] for item in inner.get(step, ()) if item["id"] not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
