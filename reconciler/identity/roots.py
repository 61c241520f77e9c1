"""Hidden categories above the top level (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.kinds import CATEGORY
from reconciler.model import Catalog, Entry, Live, Ref, Resource
from reconciler.normalize import is_empty, spelled


def hidden_roots(catalog: Catalog, live: Live, entries: Mapping[Ref, Entry]) -> frozenset[str]:
    """Parentless categories above the top level that nobody declares (contract 2.3).

    One that our own parentless creates read back as parent, or that is named Super, or that no
    list shows (`Live.hidden`).
    """
    declared = {spelled(item.fields.get(CATEGORY.title)) for item in _top(catalog)}
    shown = set(_shown_parents(entries.values()))
    found = set(live.hidden)
    for id_, item in live.of(CATEGORY.name).items():
        is_super = item.label == "Super" and "Super" not in declared
        if is_empty(item.fields.get(CATEGORY.tree)) and (id_ in shown or is_super):
            found.add(id_)
    return frozenset(found - _ours(catalog, entries))


def _ours(catalog: Catalog, entries: Mapping[Ref, Entry]) -> set[str]:
    """The ids of categories that are managed or pinned."""
    managed = {entry.id for ref, entry in entries.items() if ref.kind == CATEGORY.name}
    return managed | {str(item.id) for item in catalog.of(CATEGORY.name) if item.id}


def unlisted_root(live: Live) -> str | None:
    """The id that every category without a listed parent names, where none is parentless.

    It may be a hidden root that no list shows, once two name it at least; that it has no parent,
    or cannot be read, is left to be asked for (contract 2.3).
    """
    categories = [*live.of(CATEGORY.name).values(), *live.nameless_of(CATEGORY.name)]
    listed = {item.id for item in categories}
    parents = [item.fields.get(CATEGORY.tree) for item in categories]
    outside = [str(parent) for parent in parents if parent not in listed]
    is_told = CATEGORY.name not in live.partial and not any(map(is_empty, parents))
    return outside[0] if is_told and len(outside) >= 2 and len(set(outside)) == 1 else None


def _top(catalog: Catalog) -> Iterable[Resource]:
    return (item for item in catalog.of(CATEGORY.name) if item.fields.get(CATEGORY.tree) is None)


def _shown_parents(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        parent = entry.applied.get(CATEGORY.tree)
        if parent is not None and parent.sent is None and parent.shown:
            yield str(parent.shown)
