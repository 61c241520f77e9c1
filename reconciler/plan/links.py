"""How the changes of a plan depend on each other, and what one that is blocked blocks (2.4, 2.10).

`judged`    deletes are refused by what stands in their objects, and by what stays there
`linked`    each change gets those that must be made before it
`settled`   both again, once it is known which changes are left, until no more is blocked
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.behaviours import unique_kinds
from reconciler.enums import Action
from reconciler.model import Change, Ref
from reconciler.ordering import dependencies, with_dependents_blocked
from reconciler.ordering.competing import bound
from reconciler.plan.deletes import Leaving, refuse
from reconciler.plan.matched import Matched
from reconciler.plan.takeouts import TakeOut, without_vain


def judged(
    known: Matched, changes: Sequence[Change], leave: Leaving, taken_out: Sequence[TakeOut]
) -> list[Change]:
    """The changes, their deletes judged by what the others really take away before them, and
    without what is taken out of something that stays."""
    stays = [change for change in changes if change.action != Action.DELETE]
    writes = {
        (change.ref.kind, str(change.id)): change
        for change in stays
        if change.fields and change.blocked is None
    }
    deletes = list(_deletes(changes, leave))
    refused = refuse(deletes, writes, known.live, known.owners) if deletes else []
    return without_vain([*stays, *refused], taken_out)


def _deletes(changes: Iterable[Change], leave: Leaving) -> Iterator[Change]:
    """The deletes of which the changes have one, as they were before anything refused them."""
    present = {change.ref: change for change in changes}
    for delete in leave.changes:
        if delete.ref in present:
            first = tuple(ref for ref in delete.depends_on if ref in present)
            blocked = delete.blocked or present[delete.ref].blocked
            yield replace(delete, depends_on=first, blocked=blocked)


def linked(known: Matched, changes: Sequence[Change]) -> list[Change]:
    """The changes with what each depends on, and blocked where that is."""
    by_ref = {change.ref: change for change in changes}
    found = []
    for change in changes:
        if change.action != Action.DELETE:
            needs = dependencies(change, by_ref, known.catalog.resources)
            change = replace(change, depends_on=(*change.depends_on, *needs))
        found.append(change)
    unique = unique_kinds(known.state.behaviours)
    return with_dependents_blocked(bound(found, known.live, known.names, unique))


def settled(
    known: Matched, changes: Sequence[Change], leave: Leaving, taken_out: Sequence[TakeOut]
) -> Sequence[Change]:
    """What is blocked stays where it is, and so may block a delete; a delete that is blocked
    frees no name, and so may block who takes it."""
    while True:
        found = with_dependents_blocked(judged(known, changes, leave, taken_out))
        if _unblocked(found) == _unblocked(changes):
            return found
        changes = found


def _unblocked(changes: Iterable[Change]) -> list[Ref]:
    return [change.ref for change in changes if change.blocked is None]
