"""Hidden categories above the top level (contract 2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from reconciler.kinds import CATEGORY
from reconciler.model import Catalog, Entry, Live, Ref
from reconciler.normalize import is_empty, spelled

SUPER = "Super"
"""What a root category is called where an account hides one (docs/api.md)."""


def hidden_roots(catalog: Catalog, live: Live, entries: Mapping[Ref, Entry]) -> frozenset[str]:
    """Parentless categories above the top level that nobody declares (contract 2.3).

    One that our own parentless creates read back as parent, or that is named Super, or that no
    list shows (`Live.hidden`).
    """
    declared, shown = _top_names(catalog), set(_shown_parents(entries.values()))
    found = set(live.hidden)
    for id_, item in live.of(CATEGORY.name).items():
        is_super = item.label == SUPER and SUPER not in declared
        is_parentless = is_empty(item.fields.get(CATEGORY.tree))
        if is_parentless and (id_ in shown or is_super):
            found.add(id_)
    return frozenset(found - _ours(catalog, entries))


def _ours(catalog: Catalog, entries: Mapping[Ref, Entry]) -> set[str]:
    """The ids of categories that are managed or pinned."""
    found: set[str] = set()
    for ref, entry in entries.items():
        if ref.kind == CATEGORY.name:
            found.add(entry.id)
    for resource in catalog.of(CATEGORY.name):
        if resource.id:
            found.add(resource.id)
    return found


def unlisted_root(live: Live) -> str | None:
    """The id that every category without a listed parent names, where none is parentless.

    It may be a hidden root that no list shows, once two name it at least; that it has no parent,
    or cannot be read, is left to be asked for (contract 2.3).
    """
    if CATEGORY.name in live.partial:
        return None
    categories = list(live.holders_of(CATEGORY.name))
    listed = {item.id for item in categories}
    outside: Counter[str] = Counter()
    for item in categories:
        parent = item.fields.get(CATEGORY.tree)
        if is_empty(parent):
            return None
        if parent not in listed:
            outside[str(parent)] += 1
    if len(outside) != 1:
        return None
    ((parent, count),) = outside.items()
    return parent if count >= 2 else None


def _top_names(catalog: Catalog) -> set[str]:
    """The names of the declared categories without a parent."""
    found: set[str] = set()
    for item in catalog.of(CATEGORY.name):
        if item.fields.get(CATEGORY.tree) is None:
            found.add(spelled(item.fields.get(CATEGORY.title)))
    return found


def _shown_parents(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.ref.kind != CATEGORY.name:
            continue
        parent = entry.applied.get(CATEGORY.tree)
        if parent is not None and parent.sent is None and parent.shown:
            yield str(parent.shown)
