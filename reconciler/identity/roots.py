"""Hidden categories above the top level (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model import Catalog, Entry, Live, Ref, Resource
from reconciler.normalize import is_empty, spelled


def hidden_roots(catalog: Catalog, live: Live, entries: Mapping[Ref, Entry]) -> frozenset[str]:
    """Parentless categories above the top level that nobody declares (contract 2.3).

    One that our own parentless creates read back as parent, or that is named Super.
    """
    ours = {entry.id for ref, entry in entries.items() if ref.kind == "category"}
    ours |= {str(item.id) for item in catalog.of("category") if item.id}
    declared = {spelled(item.fields.get("name")) for item in _top(catalog)}
    shown = set(_shown_parents(entries.values()))
    return frozenset(
        id_
        for id_, item in live.of("category").items()
        if is_empty(item.fields.get("parent"))
        and id_ not in ours
        and (id_ in shown or (item.label == "Super" and "Super" not in declared))
    )


def _top(catalog: Catalog) -> Iterable[Resource]:
    return (item for item in catalog.of("category") if item.fields.get("parent") is None)


def _shown_parents(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        parent = entry.applied.get("parent")
        if parent is not None and parent.sent is None and parent.shown:
            yield str(parent.shown)
