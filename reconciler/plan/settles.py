"""What a plan writes into the state alone: settles, and `moved:` entries that are carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.diff import Difference
from reconciler.enums import LEAVES
from reconciler.model import Change, Ref, Resource, Settle
from reconciler.plan.deletes import Leaving
from reconciler.plan.matched import Matched
from reconciler.plan.unpublish import let_go


def settles(
    known: Matched,
    differences: Mapping[Ref, Difference],
    changes: Iterable[Change],
    leave: Leaving,
) -> tuple[Settle, ...]:
    """Settles of objects that no change is about, and of those that are let go."""
    changes = tuple(changes)
    changed = {change.ref for change in changes}
    others = {ref: item for ref, item in differences.items() if ref not in changed}
    gone = let_go(leave, changes, known.identity.left)
    return (*_settles(known, others), *leave.settles, *gone)


def _settles(known: Matched, differences: Mapping[Ref, Difference]) -> Iterator[Settle]:
    for ref, difference in differences.items():
        resource = known.catalog.resources[ref]
        if resource.external:
            continue
        if difference.settled or difference.forget or _turns_protection(known, resource):
            yield Settle(
                ref,
                known.identity.bound[ref].id,
                {path: resource.fields[path] for path in difference.settled},
                difference.forget,
                prevent_destroy=resource.lifecycle.prevent_destroy,
            )


def _turns_protection(known: Matched, resource: Resource) -> bool:
    """The state protects it and the catalog does not, or the other way round."""
    entry = known.entry(resource.ref)
    if entry is None:
        return False
    return entry.prevent_destroy != resource.lifecycle.prevent_destroy


def unchanged(
    known: Matched, differences: Mapping[Ref, Difference], changes: Iterable[Change]
) -> int:
    """How many objects of ours need no change."""
    changed = {change.ref for change in changes}
    number = 0
    for ref in differences.keys() - changed:
        if not known.catalog.resources[ref].external:
            number += 1
    return number


def carried(
    known: Matched, changes: Iterable[Change], leave: Leaving
) -> frozenset[tuple[str, str, str]]:
    """The `moved:` entries that are carried out once the changes are made (contract 1.1)."""
    active = {change.ref: change for change in changes if change.blocked is None}
    dropped = {settle.ref for settle in leave.settles if settle.drop}

    def is_made(source: Ref, end: Ref) -> bool:
        if source == end or source in dropped:
            return True
        ref = end if end in known.catalog.resources else source
        change = active.get(ref)
        if change is None:
            return False
        return change.action in LEAVES or change.source == str(source)

    return known.state.moved | known.identity.moves.carried(is_made)
