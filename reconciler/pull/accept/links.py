"""Drift of links, at the end at which the catalog says them (contract 1.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from reconciler.catalog.links import Link, at_owners, end_of
from reconciler.model import Ref, Resource
from reconciler.normalize import spelled, texts
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.wishes import Become, Elements, Remove, joined
from reconciler.yamltext.edits import DROP


def settle_links(context: Context) -> None:
    """Put what resources and files lose and get to where the edges stand, or are to stand."""
    ends = _Ends(context)
    for wish in list(context.wishes.found.values()):
        resource = context.catalog.resources.get(wish.ref)
        end = end_of(wish.ref.kind, joined(wish.path))
        if resource is None or end is None:
            continue
        if isinstance(wish, Elements):
            ends.elements(resource, wish, *end)
        elif isinstance(wish, Become):
            ends.become(resource, wish, *end)
    ends.wish()


@dataclass(slots=True)
class _Lists:
    """What a product's or category's list loses and gets."""

    drop: list[str] = field(default_factory=list)
    add: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Ends:
    """The other ends of links, and what becomes of their lists."""

    context: Context
    lists: dict[tuple[Ref, str], _Lists] = field(default_factory=dict)

    def elements(self, resource: Resource, wish: Elements, owner: str, name: str) -> None:
        """A set of links: what stands at the other end goes there, what is new where it belongs."""
        path = joined(wish.path)
        linked = resource.linked.get(path, ())
        there = [key for key in map(spelled, wish.add) if self._belongs(resource, path, owner, key)]
        self._drop(resource.ref, owner, name, [key for key in wish.drop if key in linked])
        self._add(resource.ref, owner, name, there)
        own = _without(wish, {*linked, *there})
        self.context.wishes.withdraw(wish)
        if own.drop or own.add:
            self.context.wishes.add(own)
        else:
            self.context.wishes.followed.append(wish)

    def become(self, resource: Resource, wish: Become, owner: str, name: str) -> None:
        """One link: it goes at the end where it stands, and comes where it belongs."""
        path = joined(wish.path)
        linked = resource.linked.get(path, ())
        key = "" if wish.value in (DROP, None) else str(wish.value)
        is_there = self._belongs(resource, path, owner, key)
        self._drop(resource.ref, owner, name, linked)
        self._add(resource.ref, owner, name, [key] if is_there else [])
        if is_there or (linked and not key):
            self.context.wishes.follow(wish)

    def wish(self) -> None:
        """All that a list loses and gets is one wish."""
        gone = self.context.wishes.refs(Remove)
        for (ref, name), found in self.lists.items():
            if ref not in gone:
                drop, add = tuple(found.drop), tuple(found.add)
                self.context.wishes.add(Elements(ref, (name,), drop, add, add))

    def _belongs(self, resource: Resource, path: str, owner: str, key: str) -> bool:
        """Whether a new link is to be said at the other end: there where the others are."""
        if not key or Ref(owner, key) not in self.context.catalog.resources:
            return False
        linked = resource.linked.get(path, ())
        own = [text for text in _listed(resource, path) if text not in linked]
        if own or linked:
            return not own
        return at_owners(self.context.catalog, Link(resource.ref.kind, path))

    def _drop(self, ref: Ref, owner: str, name: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.lists.setdefault((Ref(owner, key), name), _Lists()).drop.append(ref.key)

    def _add(self, ref: Ref, owner: str, name: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.lists.setdefault((Ref(owner, key), name), _Lists()).add.append(ref.key)


def _without(wish: Elements, elsewhere: Collection[str]) -> Elements:
    """What is left of a wish for the object's own list."""
    drop = tuple(key for key in wish.drop if key not in elsewhere)
    add = tuple(item for item in wish.add if spelled(item) not in elsewhere)
    whole = tuple(key for key in wish.whole if key not in elsewhere)
    return replace(wish, drop=drop, add=add, whole=whole)


def _listed(resource: Resource, path: str) -> tuple[str, ...]:
    value = resource.fields.get(path)
    if isinstance(value, tuple):
        return texts(value)
    return () if value is None else (str(value),)
