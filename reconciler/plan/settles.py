"""What a plan writes into the state alone: settles, and `moved:` entries that are carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.diff import Difference
from reconciler.enums import Action
from reconciler.model import Change, Ref, Settle
from reconciler.plan.deletes import Leaving
from reconciler.plan.matched import Matched


def settles(
    known: Matched,
    differences: Mapping[Ref, Difference],
    changes: Iterable[Change],
    leave: Leaving,
) -> tuple[Settle, ...]:
    """Settles of objects that no change is about, and of those that are let go."""
    changed = {change.ref for change in changes}
    others = {ref: item for ref, item in differences.items() if ref not in changed}
    return (*_settles(known, others), *leave.settles)


def _settles(known: Matched, differences: Mapping[Ref, Difference]) -> Iterator[Settle]:
    for ref, difference in differences.items():
        resource, entry = known.catalog.resources[ref], known.entry(ref)
        protect = resource.lifecycle.prevent_destroy
        turned = entry is not None and entry.prevent_destroy != protect
        if not resource.external and (difference.settled or difference.forget or turned):
            sent = {path: resource.fields[path] for path in difference.settled}
            id_ = known.identity.bound[ref].id
            yield Settle(ref, id_, sent, difference.forget, prevent_destroy=protect)


def unchanged(
    known: Matched, differences: Mapping[Ref, Difference], changes: Iterable[Change]
) -> int:
    """How many objects of ours need no change."""
    changed = {change.ref for change in changes}
    same = differences.keys() - changed
    return sum(not known.catalog.resources[ref].external for ref in same)


def carried(
    known: Matched, changes: Iterable[Change], leave: Leaving
) -> frozenset[tuple[str, str, str]]:
    """The `moved:` entries that are carried out once the changes are made (contract 1.1)."""
    active = {change.ref: change for change in changes if change.blocked is None}
    dropped = {settle.ref for settle in leave.settles if settle.drop}

    def is_made(source: Ref, end: Ref) -> bool:
        if source == end or source in dropped:
            return True
        change = active.get(end if end in known.catalog.resources else source)
        if change is None:
            return False
        return change.action == Action.DELETE or change.source == str(source)

    return known.state.moved | known.identity.moves.carried(is_made)
