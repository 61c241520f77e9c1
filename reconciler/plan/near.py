"""Near matches: live objects that may be what the catalog is about to create (contract 2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.enums import Action
from reconciler.identity import NEAR, NEW, Unsettled, by_label
from reconciler.model import Change, LiveObject, Ref, Resource
from reconciler.plan.matched import Matched
from reconciler.plan.renames import same_content


@dataclass(frozen=True, slots=True)
class Near:
    """Ids of near matches by the object that they resemble, and the creates that they block."""

    found: Mapping[Ref, tuple[str, ...]]
    blocked: Mapping[Ref, str]


def near_matches(known: Matched) -> Near:
    """Near matches by natural key, which identity has found, and by content."""
    near, blocked = dict(known.identity.near), dict(known.identity.blocked)
    unsettled = Unsettled(known.state)
    for ref, items in _alike(known):
        near[ref] = by_label(known.live, ref.kind, (item.id for item in items))
        if unsettled.holds_up(ref, near[ref]):
            blocked[ref] = NEAR
    return Near(near, blocked)


def _alike(known: Matched) -> Iterator[tuple[Ref, list[LiveObject]]]:
    """For each object that was never ours and is to be created, strangers of the same content."""
    wanted = [item for item in known.catalog.resources.values() if _is_open(known, item)]
    strangers = known.unclaimed({item.ref.kind for item in wanted})
    for ref, items in same_content(wanted, strangers, known.names).items():
        if items and ref not in known.identity.gone:
            yield ref, items


def _is_open(known: Matched, resource: Resource) -> bool:
    """No live object has been found for it, and none was ruled out by `id: new`."""
    if resource.id == NEW:
        return False
    identity = known.identity
    decided = (identity.bound, identity.near, identity.missing, identity.processing)
    return all(resource.ref not in refs for refs in decided)


def to_settle(
    known: Matched, near: Near, changes: Iterable[Change]
) -> Iterator[tuple[Ref, tuple[str, ...]]]:
    """Near matches that the state keeps: those that block, and creates that could not be judged
    while their kind's state is new, since what they depend on is blocked."""
    unsettled = Unsettled(known.state)
    for change in changes:
        is_held_up = change.action == Action.CREATE and change.blocked is not None
        if is_held_up and not unsettled.is_judged(change.ref):
            yield change.ref, ()
    for ref in near.blocked:
        if ref in near.found:
            yield ref, near.found[ref]


def near_notes(known: Matched, near: Near) -> Iterator[str]:
    """A line for each object with near matches, and what to do about them."""
    for ref, ids in sorted(near.found.items()):
        live = known.live.of(ref.kind)
        named = ", ".join(_named(known, ref, live[id_]) for id_ in ids if id_ in live)
        yield f"{ref}: near match {named}. Pin it with `id:`, or say `id: new` to create."


def _named(known: Matched, ref: Ref, item: LiveObject) -> str:
    reason = known.identity.reasons.get(ref, {}).get(item.id)
    told = f"{item.id}: {reason}" if reason else item.id
    return f"'{item.label}' ({told})"
