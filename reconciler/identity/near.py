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

from reconciler.identity.places import by_children, by_place
from reconciler.kinds import ATTRIBUTE, KINDS, ORDER, Field, Kind, Type
from reconciler.model import Live, LiveObject, Ref, Resource, State
from reconciler.normalize import is_empty, loosened, spelled

if TYPE_CHECKING:
    from reconciler.identity.search import Search

Place = tuple[str | None, ...]
"""The live ids of what an object stands in, by the decisive fields of its kind."""

Mark = tuple[str, str, Place]
"""A field and its text, and where the object stands if the text tells nothing without."""

Index = Mapping[Mark, Sequence[LiveObject]]
"""Live objects by what they may be recognised by."""

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
    for resource in search.creates():
        ref = resource.ref
        alike = (*_near(search, resource, pools[ref.kind]), *_kept(search, state, ref))
        texts = dict.fromkeys(alike, "")
        found = {**places.get(ref, {}), **children.get(ref, {}), **texts}
        if found:
            near[ref] = found
            reason = _blocks(search, resource, found, unsettled)
            if reason is not None:
                blocked[ref] = reason
    return near, blocked


def _blocks(
    search: Search, resource: Resource, near: Iterable[str], unsettled: Unsettled
) -> str | None:
    """Why its near matches block a create; None where they do not."""
    ref = resource.ref
    if ref in search.contested:
        return f"it and {search.contested[ref][1]} match one live object; {_ONE_OF}"
    if KINDS[ref.kind].defines:
        return _other_type(search, resource, by_label(search.live, ref.kind, near)[0])
    return NEAR if unsettled.holds_up(ref, near) else None


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
        if not self.is_judged(ref):
            return True
        return any((ref.kind, id_) in self._suspects for id_ in ids)


def _kept(search: Search, state: State, ref: Ref) -> Iterator[str]:
    """Near matches that the state keeps and that are there, and nobody's, still."""
    for id_ in state.near.get(ref, ()):
        known = (ref.kind, id_)
        is_taken = known in search.claimed or known in search.owners
        if id_ in search.live.of(ref.kind) and not is_taken:
            yield id_


def by_label(live: Live, kind: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Live ids by what a person sees, never by page order; ids only where that is the same."""
    items = live.of(kind)

    def seen(id_: str) -> tuple[str, list[str], str]:
        return items[id_].label, _in_words(items[id_], live), id_

    return tuple(sorted(ids, key=seen))


def _in_words(item: LiveObject, live: Live) -> list[str]:
    """What else tells objects of one label apart, and where they stand, by names."""
    kind = KINDS[item.kind]
    words = [spelled(item.fields.get(name) or "") for name in kind.telling]
    for field in reversed(kind.fields):
        if field.type is Type.REFERENCE:
            above = live.of(field.to).get(str(item.fields.get(field.name)))
            words += [above.label] if above is not None else []
    return words


_ONE_OF = "pin the right one with `id:`, and say `id: new` of the other"
NEAR = "a near match exists; settle it with `id: ID`, `pxm state bind`, or `id: new` to create"


def _other_type(search: Search, resource: Resource, id_: str) -> str:
    type_ = search.live.of(ATTRIBUTE.name)[id_].fields.get("type")
    label = resource.fields.get("label")
    return f"an attribute labelled '{label}' exists with type {type_}: declare that, or a new label"


def _near_index(search: Search, kind: str) -> Index:
    """Unmanaged objects by all that they may be recognised by."""
    index: dict[Mark, list[LiveObject]] = defaultdict(list)
    if not any(ref.kind == kind for ref in search.unbound):
        return index
    for item in search.unclaimed(kind):
        for mark in _marks(KINDS[kind], item.fields.get, _live_place(item)):
            index[mark].append(item)
    return index


def _near(search: Search, resource: Resource, index: Index) -> tuple[str, ...]:
    found: dict[str, None] = {}
    place = _desired_place(search, resource)
    for mark in _marks(KINDS[resource.ref.kind], resource.fields.get, place):
        for item in index.get(mark, ()):
            found[item.id] = None
    return tuple(found)


def _marks(kind: Kind, get: Callable[[str], object], place: Place | None) -> Iterator[Mark]:
    """What an object may be recognised by; without a place, what needs none.

    Two variants called M are near only under one parent: every parent has an M.
    """
    for name in kind.near:
        if is_empty(get(name)):
            continue
        text = loosened(spelled(get(name)))
        if name in kind.telling:
            yield name, text, ()
        elif place is not None:
            yield name, text, place


def _live_place(item: LiveObject) -> Place:
    """Where a live object stands."""
    return tuple(item.fields.get(field.name) or None for field in _decisive(item.kind))


def _desired_place(search: Search, resource: Resource) -> Place | None:
    """Where a declared object would stand; None where that does not exist yet."""
    found: list[str | None] = []
    for field in _decisive(resource.ref.kind):
        key = resource.fields.get(field.name)
        above = search.bound.get(Ref(field.to, str(key))) if key else None
        if key and above is None:
            return None
        found.append(above.id if above else None)
    return tuple(found)


def _decisive(kind: str) -> Iterator[Field]:
    return (field for field in KINDS[kind].fields if field.decisive)
