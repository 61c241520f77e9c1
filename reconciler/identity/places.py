"""What a new object may be by where it stands, and by what belongs into it (contract 2.1).

A lost state knows no ids: an object that was renamed since is recognised by its children, or
where it and the new one are the only two left of a place.  Both are near matches, never taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from reconciler.identity.bound import NEW
from reconciler.kinds import CHILDREN, KINDS, KINDS_IN, roots_of
from reconciler.model import LiveObject, Ref, Resource
from reconciler.normalize import loosened, spelled, texts

if TYPE_CHECKING:
    from reconciler.identity.search import Search

Found = dict[Ref, dict[str, str]]
"""By object, the ids that it may be, each with the reason in words."""

HOLDS = "it holds what belongs into it"
ALONE = "the only one left in its place"


T = TypeVar("T")

Contents = Mapping[tuple[str, str], set[tuple[str, str]]]
"""By kind and id of live objects, the kinds and names of what they hold."""


# --- by children --------------------------------------------------------------------------------


def by_children(search: Search) -> Found:
    """Unclaimed objects that alone hold what belongs into an object that would be created.

    All children that were adopted stand in it; where none was, since their natural keys wait for
    this create, it is the one in the create's place that holds children of the same names.
    """
    children = _children(search)
    if not children:
        return {}
    kinds = {ref.kind for ref in children}
    free = {kind: _free(search, kind) for kind in kinds}
    found: Found = {}
    waiting: dict[Ref, list[Resource]] = {}
    for ref, below in children.items():
        holders = _holders(search, below)
        if not holders:
            waiting[ref] = [item for item in below if _waits(search, item)]
        elif len(holders) == 1:
            (id_,) = holders
            if id_ in free[ref.kind]:
                found[ref] = {str(id_): HOLDS}
    return found | _by_names(search, waiting, free)


def _free(search: Search, kind: str) -> dict[str, LiveObject]:
    return {item.id: item for item in search.unclaimed(kind)}


def _children(search: Search) -> Mapping[Ref, list[Resource]]:
    """What the catalog puts into each object that would be created."""
    wanted = {resource.ref for resource in search.creates()}
    if not wanted:
        return {}
    found: dict[Ref, list[Resource]] = defaultdict(list)
    for kind, holder, name in CHILDREN:
        for resource in search.catalog.of(holder):
            key = resource.fields.get(name)
            above = Ref(kind, str(key))
            if key is not None and above in wanted:
                found[above].append(resource)
    return found


def _is_adopted(search: Search, ref: Ref) -> bool:
    bound = search.bound.get(ref)
    if bound is None or ref in search.entries:
        return False
    return bound.how in ("adopted", "pinned")


def _waits(search: Search, child: Resource) -> bool:
    """It has no natural key yet; of one that says `id: new` it is told that it is not there."""
    return child.ref in search.unbound and child.id != NEW


def _holders(search: Search, children: Iterable[Resource]) -> set[str | None]:
    """The live ids of what the adopted ones of them stand in."""
    found: set[str | None] = set()
    for child in children:
        if _is_adopted(search, child.ref):
            found.add(_holder(search, child))
    return found


def _holder(search: Search, child: Resource) -> str | None:
    item = search.live.of(child.ref.kind)[search.bound[child.ref].id]
    above = _above(item.kind, item.fields)
    return above[1] if above else None


def _above(kind: str, fields: Mapping[str, object]) -> tuple[str, str] | None:
    """In what an object says that it stands: the kind, and the id or key."""
    for name in KINDS[kind].placed:
        named = texts(fields.get(name))  # type: ignore[arg-type]
        if len(named) > 1:
            return None
        if named:
            return KINDS[kind].field(name).to, named[0]
    return None


def _by_names(
    search: Search,
    waiting: Mapping[Ref, list[Resource]],
    free: Mapping[str, Mapping[str, LiveObject]],
) -> Found:
    """The one object in a create's place that holds children of the names that are waiting.

    Of a kind whose names tell little no other create may fit it.
    """
    if not waiting:
        return {}
    inside = _contents(search, free)
    holding = _holding(search, free, inside)
    wanted = {ref: _held_names(search, ref, below) for ref, below in waiting.items()}
    wanting: dict[_Held, list[Ref]] = defaultdict(list)
    for ref, names in wanted.items():
        for held in names:
            wanting[held].append(ref)
    found: Found = {}
    for ref, names in wanted.items():
        fitting = _only(names, holding)
        if fitting is not None:
            there = (_Held(names[0].place, name) for name in inside[ref.kind, fitting])
            if not KINDS[ref.kind].generic or _only(there, wanting) is not None:
                found[ref] = {fitting: HOLDS}
    return found


def _holding(
    search: Search, free: Mapping[str, Mapping[str, LiveObject]], inside: Contents
) -> Mapping[_Held, Sequence[str]]:
    """The unclaimed objects by where they stand and what they hold."""
    found: dict[_Held, list[str]] = defaultdict(list)
    for kind, id_ in inside:
        place = _live_place(search, free[kind][id_])
        if place is not None:
            for name in inside[kind, id_]:
                found[_Held(place, name)].append(id_)
    return found


def _held_names(search: Search, ref: Ref, below: Iterable[Resource]) -> list[_Held]:
    """The names of what belongs into an object, each with where that would stand."""
    place = _place(search, search.unbound[ref])
    if place is None:
        return []
    names = dict.fromkeys(_name(item.ref.kind, item.fields) for item in below)
    return [_Held(place, name) for name in names]


def _only(names: Iterable[_Held], index: Mapping[_Held, Sequence[T]]) -> T | None:
    """The one that the index has under these names; None where there is none, or another one."""
    found: T | None = None
    for name in names:
        for one in index.get(name, ()):
            if found is not None and one != found:
                return None
            found = one
    return found


def _contents(search: Search, free: Mapping[str, Mapping[str, LiveObject]]) -> Contents:
    """What the unclaimed objects hold."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for kind, holder, name in CHILDREN:
        for item in search.live.of(holder).values() if kind in free else ():
            above = item.fields.get(name)
            if above in free[kind]:
                found[kind, str(above)].add(_name(holder, item.fields))
    return found


def _name(kind: str, fields: Mapping[str, object]) -> tuple[str, str]:
    return kind, loosened(spelled(fields.get(KINDS[kind].title) or ""))


# --- by place -----------------------------------------------------------------------------------


class Position(NamedTuple):
    """Where an object stands: its kind, and what it is in by kind and live id; no id is the top."""

    kind: str
    of: str
    id: str | None


class _Held(NamedTuple):
    """Where something stands, and the kind and name of something in it."""

    place: Position
    name: tuple[str, str]


def by_place(search: Search) -> Found:
    """The one create and the one unclaimed object of a place where something was adopted."""
    creates: dict[Position, list[Ref]] = defaultdict(list)
    for resource in search.creates():
        place = _place(search, resource)
        if place is not None:
            creates[place].append(resource.ref)
    if not creates:
        return {}
    left: dict[Position | None, list[str]] = defaultdict(list)
    for kind in {place.kind for place in creates}:
        for item in search.unclaimed(kind):
            left[_live_place(search, item)].append(item.id)
    known = _adopted_places(search)
    found: Found = {}
    for place, refs in creates.items():
        if place in known and len(refs) == len(left[place]) == 1:
            found[refs[0]] = {left[place][0]: ALONE}
    return found


def _place(search: Search, resource: Resource) -> Position | None:
    """Where a declared object would stand; None where that does not exist yet, or is nowhere."""
    kind = resource.ref.kind
    above = _above(kind, resource.fields)
    if above is None:
        return _top(kind)
    bound = search.bound.get(Ref(*above))
    return Position(kind, above[0], bound.id) if bound is not None else None


def _live_place(search: Search, item: LiveObject) -> Position | None:
    above = _above(item.kind, item.fields)
    if above is None or above[1] in roots_of(above[0], search.roots):
        return _top(item.kind)
    return Position(item.kind, *above)


def _top(kind: str) -> Position | None:
    """Categories without a parent stand side by side; what is in no category stands nowhere."""
    return Position(kind, kind, None) if KINDS[kind].tree else None


def _adopted_places(search: Search) -> set[Position | None]:
    """Places where something was adopted, and those inside what was adopted."""
    found: set[Position | None] = set()
    for ref, bound in search.bound.items():
        if KINDS[ref.kind].placed and _is_adopted(search, ref):
            found.add(_live_place(search, search.live.of(ref.kind)[bound.id]))
            found.update(Position(kind, ref.kind, bound.id) for kind in KINDS_IN[ref.kind])
    return found
