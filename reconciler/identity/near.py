"""Near matches: objects that may be meant and are not taken (contract 2.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.identity.bound import NEW
from reconciler.kinds import ORDER
from reconciler.model import Live, LiveObject, Ref, Resource, State
from reconciler.normalize import is_empty, loosened, spelled

if TYPE_CHECKING:
    from reconciler.identity.search import Search


def near_matches(search: Search, state: State) -> tuple[dict[Ref, tuple[str, ...]], dict[Ref, str]]:
    """Live objects that share all but one part of the natural key of what would be created.

    While a kind's state is new they block the create, in later runs too, until `id:` or
    `pxm state bind` settles it.  A same label with another type always blocks.
    """
    near: dict[Ref, tuple[str, ...]] = {}
    blocked: dict[Ref, str] = {}
    managed = {ref.kind for ref in state.entries}
    pools = {kind.name: _near_index(search, kind.name) for kind in ORDER}
    for ref, resource in search.unbound.items():
        kept = _still_near(search, state, ref)
        found = {*kept, *_near(search, resource, pools[ref.kind])}
        if not found or resource.id == NEW or ref in search.gone or resource.external:
            continue
        near[ref] = by_label(search.live, ref.kind, found)
        if ref in search.contested:
            blocked[ref] = f"it and {search.contested[ref][1]} match one live object; {_ONE_OF}"
        elif ref.kind == "attribute":
            blocked[ref] = _other_type(search, resource, near[ref][0])
        elif ref.kind not in managed or kept:
            blocked[ref] = NEAR
    return near, blocked


def _still_near(search: Search, state: State, ref: Ref) -> list[str]:
    """Near matches that the state keeps and that nobody has taken since."""
    return [
        id_
        for id_ in state.near.get(ref, ())
        if id_ in search.live.of(ref.kind)
        and (ref.kind, id_) not in search.claimed
        and (ref.kind, id_) not in search.owners
    ]


def by_label(live: Live, kind: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Live ids by what a person sees, never by page order; ids only where that is the same."""
    items = live.of(kind)
    return tuple(sorted(ids, key=lambda id_: (items[id_].label, _in_words(items[id_], live), id_)))


def _in_words(item: LiveObject, live: Live) -> tuple[str, ...]:
    """Where an object stands, by names: two of one label seldom stand in one place."""
    above = [("category", item.fields.get(name)) for name in ("parent", "category")]
    above.append(("collection", item.fields.get("variant_of")))
    found = (live.of(kind).get(str(id_)) for kind, id_ in above if id_)
    title = item.fields.get("additional_title")
    return (spelled(title or ""), *(other.label for other in found if other))


_ONE_OF = "pin the right one with `id:`, and say `id: new` of the other"
NEAR = "a near match exists; settle it with `id: ID`, `pxm state bind`, or `id: new` to create"


def _other_type(search: Search, resource: Resource, id_: str) -> str:
    type_ = search.live.of("attribute")[id_].fields.get("type")
    label = resource.fields.get("label")
    return f"an attribute labelled '{label}' exists with type {type_}: declare that, or a new label"


def _near_index(search: Search, kind: str) -> dict[str, list[LiveObject]]:
    """Unmanaged objects by each text of their natural key."""
    index: dict[str, list[LiveObject]] = defaultdict(list)
    if not any(ref.kind == kind for ref in search.unbound):
        return index
    for item in search.pool(kind):
        if (kind, item.id) not in search.owners:
            for text in _near_texts(kind, item.fields.get):
                index[text].append(item)
    return index


_NEAR_FIELDS: Mapping[str, tuple[str, ...]] = {
    "attribute": ("label",),
    "category": ("name",),
    "collection": ("name", "additional_title"),
    "resource": ("link", "description"),
}


def _near_texts(kind: str, get: Callable[[str], object]) -> Iterator[str]:
    for name in _NEAR_FIELDS.get(kind, ()):
        if not is_empty(get(name)):
            yield f"{name}:{loosened(spelled(get(name)))}"


def _near(
    search: Search, resource: Resource, index: Mapping[str, list[LiveObject]]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in _near_texts(resource.ref.kind, resource.fields.get):
        for item in index.get(text, ()):
            if text.startswith("additional_title:") or _is_near(search, resource, item):
                found[item.id] = None
    return tuple(found)


def _is_near(search: Search, resource: Resource, item: LiveObject) -> bool:
    """Two variants called M are near only under one parent: every parent has an M."""
    if resource.ref.kind != "collection":
        return True
    wants_parent = resource.fields.get("variant_of")
    has_parent = item.fields.get("variant_of")
    if not wants_parent and not has_parent:
        return True
    above = search.bound.get(Ref("collection", str(wants_parent)))
    return above is not None and above.id == has_parent
