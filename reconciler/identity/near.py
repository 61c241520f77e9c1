"""Near matches: objects that may be meant and are not taken (contract 2.1).

by text       it has the name, title, label, link or description         here
by children   it alone holds what belongs into the new one               places.py
by place      it and the new one are alone where a sibling was adopted   places.py
by content    it has the same fields beside the natural key              plan/renames.py
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.identity.bound import NEW
from reconciler.identity.places import by_children, by_place
from reconciler.kinds import ATTRIBUTE, CATEGORY, COLLECTION, KINDS, ORDER
from reconciler.model import Live, LiveObject, Ref, Resource, State
from reconciler.normalize import is_empty, loosened, spelled

if TYPE_CHECKING:
    from reconciler.identity.search import Search

Index = Mapping[tuple[str, str], Sequence[LiveObject]]
"""Live objects by a field and its text."""

Near = dict[Ref, dict[str, str]]
"""By object, the ids of its near matches, each with the reason in words; no text needs one."""


def near_matches(search: Search, state: State) -> tuple[Near, dict[Ref, str]]:
    """Live objects that what would be created may be, and the creates that they block.

    A same label with another type always blocks; others as `Unsettled` says.
    """
    near: Near = {}
    blocked: dict[Ref, str] = {}
    unsettled = Unsettled(state)
    pools = {kind.name: _near_index(search, kind.name) for kind in ORDER}
    children, places = by_children(search), by_place(search)
    for ref, resource in search.unbound.items():
        if resource.id == NEW or ref in search.gone or resource.external:
            continue
        alike = (*_near(search, resource, pools[ref.kind]), *_kept(search, state, ref))
        texts = dict.fromkeys(alike, "")
        found = {**places.get(ref, {}), **children.get(ref, {}), **texts}
        if not found:
            continue
        near[ref] = found
        if ref in search.contested:
            blocked[ref] = f"it and {search.contested[ref][1]} match one live object; {_ONE_OF}"
        elif KINDS[ref.kind].defines:
            first = by_label(search.live, ref.kind, found)[0]
            blocked[ref] = _other_type(search, resource, first)
        elif unsettled.holds_up(ref, found):
            blocked[ref] = NEAR
    return near, blocked


class Unsettled:
    """What near matches block: creates of a kind whose state is new, and from then on.

    The state keeps the creates that could not be judged then, and the live objects that they may
    be: whatever else looks like one of these is held up as well.
    """

    def __init__(self, state: State) -> None:
        self._near = state.near
        self._managed = {ref.kind for ref in state.entries}
        self._suspects: set[tuple[str, str]] = set()
        for ref, ids in state.near.items():
            self._suspects.update((ref.kind, id_) for id_ in ids)

    def is_judged(self, ref: Ref) -> bool:
        """Whether a create needs no near match to be settled."""
        return ref.kind in self._managed and ref not in self._near

    def holds_up(self, ref: Ref, ids: Iterable[str]) -> bool:
        """Whether near matches block a create."""
        return not self.is_judged(ref) or any((ref.kind, id_) in self._suspects for id_ in ids)


def _kept(search: Search, state: State, ref: Ref) -> list[str]:
    """Near matches that the state keeps and that are there, and nobody's, still."""
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
    above = [(CATEGORY.name, item.fields.get(name)) for name in ("parent", "category")]
    above.append((COLLECTION.name, item.fields.get("variant_of")))
    found = (live.of(kind).get(str(id_)) for kind, id_ in above if id_)
    title = item.fields.get("additional_title")
    return (spelled(title or ""), *(other.label for other in found if other))


_ONE_OF = "pin the right one with `id:`, and say `id: new` of the other"
NEAR = "a near match exists; settle it with `id: ID`, `pxm state bind`, or `id: new` to create"


def _other_type(search: Search, resource: Resource, id_: str) -> str:
    type_ = search.live.of(ATTRIBUTE.name)[id_].fields.get("type")
    label = resource.fields.get("label")
    return f"an attribute labelled '{label}' exists with type {type_}: declare that, or a new label"


def _near_index(search: Search, kind: str) -> Index:
    """Unmanaged objects by each text of their natural key."""
    index: dict[tuple[str, str], list[LiveObject]] = defaultdict(list)
    if not any(ref.kind == kind for ref in search.unbound):
        return index
    for item in search.pool(kind):
        if (kind, item.id) not in search.owners:
            for text in _near_texts(kind, item.fields.get):
                index[text].append(item)
    return index


def _near_texts(kind: str, get: Callable[[str], object]) -> Iterator[tuple[str, str]]:
    """The fields by which an object may be recognised, each with its text."""
    for name in KINDS[kind].near:
        if not is_empty(get(name)):
            yield name, loosened(spelled(get(name)))


def _near(search: Search, resource: Resource, index: Index) -> tuple[str, ...]:
    kind = KINDS[resource.ref.kind]
    found: dict[str, None] = {}
    for name, text in _near_texts(kind.name, resource.fields.get):
        for item in index.get((name, text), ()):
            if name in kind.telling or _is_near(search, resource, item):
                found[item.id] = None
    return tuple(found)


def _is_near(search: Search, resource: Resource, item: LiveObject) -> bool:
    """Two variants called M are near only under one parent: every parent has an M."""
    for field in KINDS[item.kind].fields:
        wanted, shown = resource.fields.get(field.name), item.fields.get(field.name)
        if field.decisive and (wanted or shown):
            above = search.bound.get(Ref(field.to, str(wanted)))
            if above is None or above.id != shown:
                return False
    return True
