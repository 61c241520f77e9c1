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
from reconciler.plan.holders import Name, name_of
from reconciler.plan.matched import Matched
from reconciler.plan.takeouts import TakeOut, without_vain


def judged(
    known: Matched, changes: Sequence[Change], leave: Leaving, taken_out: Sequence[TakeOut]
) -> list[Change]:
    """The changes, their deletes judged by what the others really take away before them, and
    without what is taken out of something that stays."""
    stays = [change for change in changes if change.action != Action.DELETE]
    deletes = list(_deletes(changes, leave))
    if deletes:
        deletes = refuse(deletes, _writes(stays), known.live, known.owners)
    return without_vain([*stays, *deletes], taken_out)


def _writes(changes: Iterable[Change]) -> dict[Name, Change]:
    """Those that write fields, by kind and id."""
    found: dict[Name, Change] = {}
    for change in changes:
        if change.fields and change.blocked is None:
            found[name_of(change)] = change
    return found


def _deletes(changes: Iterable[Change], leave: Leaving) -> Iterator[Change]:
    """The deletes of which the changes have one, as they were before anything refused them."""
    present = {change.ref: change for change in changes}
    for delete in leave.changes:
        change = present.get(delete.ref)
        if change is None:
            continue
        first = tuple(ref for ref in delete.depends_on if ref in present)
        blocked = delete.blocked or change.blocked
        yield replace(delete, depends_on=first, blocked=blocked)


def linked(known: Matched, changes: Sequence[Change]) -> list[Change]:
    """The changes with what each depends on, and blocked where that is."""
    by_ref = {change.ref: change for change in changes}
    found: list[Change] = []
    for change in changes:
        if change.action == Action.DELETE:
            found.append(change)
        else:
            needs = dependencies(change, by_ref, known.catalog.resources)
            found.append(replace(change, depends_on=(*change.depends_on, *needs)))
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
