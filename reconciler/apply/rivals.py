"""Names that another object holds, on an account that refuses equal ones (contract 2.4).

Whether an account does is open until it refuses a write whose new natural key another live object
holds.  Such a write is tried once more in this run where another change gives the name up: what
is left of the plan is then ordered anew, as the next plan would order it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from reconciler.apply.creates import CONFLICT
from reconciler.apply.runstate import RunState
from reconciler.behaviours import NO, UNIQUE_NAMES, YES, of, shuffled_kinds, unique_kinds
from reconciler.errors import StatusError
from reconciler.model import Batch, LiveObject, Rate, Ref
from reconciler.ordering import with_dependents_blocked
from reconciler.ordering.competing import Key, bound, givers, keys_of, taken
from reconciler.plan.cost import cut

_OF_RIGHTS = frozenset({403, 404})
"""Refusals that speak of what the credentials may do or see, and not of names."""


def held_names(run: RunState, refused: Mapping[Ref, StatusError]) -> dict[Ref, LiveObject]:
    """The refused changes whose new natural key another live object holds, and that object.

    The account is seen to refuse equal names; by kind, since each may have its own way.
    """
    about = [run.ledger.changes[ref] for ref in _about_names(refused)]
    keys = {change.ref: taken(change, run.seen.planned, run.seen.names) for change in about}
    found = _holders(run, keys)
    for kind in sorted({ref.kind for ref in found}):
        run.ledger.notice(of(UNIQUE_NAMES, kind), YES)
    return found


def _about_names(refused: Mapping[Ref, StatusError]) -> dict[Ref, StatusError]:
    """The refusals that may be about a name."""
    return {ref: error for ref, error in refused.items() if error.status not in _OF_RIGHTS}


def see_equal_names(run: RunState, made: Iterable[Ref]) -> None:
    """Where an object got a natural key that another one holds, the account refuses none."""
    known, names = unique_kinds(run.ledger.behaviours), run.seen.names
    keys: dict[Ref, Collection[Key]] = {}
    for ref in made:
        if ref.kind in known and run.ledger.made(ref):
            item = run.seen.objects[ref.kind].get(run.seen.ids[ref])
            most_specific = keys_of(item, names)[:1]
            new = taken(run.ledger.changes[ref], run.seen.planned, names)
            keys[ref] = new.intersection(most_specific)
    for kind in sorted({ref.kind for ref in _holders(run, keys)}):
        run.ledger.notice(of(UNIQUE_NAMES, kind), NO)


def _holders(run: RunState, keys: Mapping[Ref, Collection[Key]]) -> dict[Ref, LiveObject]:
    """The first other object that has one of the keys that each is to get."""
    wanted: dict[tuple[str, Key], list[Ref]] = {}
    for ref, own in keys.items():
        for key in own:
            wanted.setdefault((ref.kind, key), []).append(ref)
    found: dict[Ref, LiveObject] = {}
    for kind in sorted({kind for kind, _ in wanted}):
        for item in run.seen.of(kind).values():
            for ref in _wanting(run, item, wanted):
                found.setdefault(ref, item)
    return found


def _wanting(
    run: RunState, item: LiveObject, wanted: Mapping[tuple[str, Key], Sequence[Ref]]
) -> Iterator[Ref]:
    """Those that are to get a key which this object, another one, has."""
    for key in keys_of(item, run.seen.names):
        for ref in wanted.get((item.kind, key), ()):
            if item.id != run.seen.ids.get(ref):
                yield ref


def freed_names(run: RunState, refused: Mapping[Ref, StatusError]) -> set[Ref]:
    """The refused changes whose name another change of this run is still to give up."""
    about = _about_names(refused)
    if not about:
        return set()
    found = givers(run.ledger.left, run.seen.live(), run.seen.names, _conflicts(about))
    return about.keys() & found.keys()


def _conflicts(refused: Mapping[Ref, StatusError]) -> set[Ref]:
    """A 409 speaks of a name even where the other object stands elsewhere."""
    return {ref for ref, error in refused.items() if error.status == CONFLICT}


def who(run: RunState, item: LiveObject) -> str:
    """The holder of a name in words."""
    owner = run.owners().get((item.kind, item.id))
    return str(owner) if owner else f"'{item.label}' ({item.id}), which nobody declares,"


def ordered_anew(run: RunState, left: Sequence[Batch]) -> list[Batch]:
    """The batches that are left, and what is tried once more after those who give the names up.

    A circle is blocked; the requests beyond those of the plan are booked.
    """
    live, unique = run.seen.live(), unique_kinds(run.ledger.behaviours)
    linked = bound(run.ledger.left, live, run.seen.names, unique, _conflicts(run.ledger.retries))
    changes = with_dependents_blocked(linked)
    run.ledger.reorder(changes)
    active = [change for change in changes if change.blocked is None]
    rate = Rate(run.plan.cost.window, max(1, run.plan.cost.per_seconds))
    shuffled = shuffled_kinds(run.ledger.behaviours)
    refused, taken_ = run.ledger.refused, run.ledger.taken
    found = cut(active, live, run.seen.names, refused, taken_, rate, shuffled)
    more = sum(batch.requests for batch in found) - sum(batch.requests for batch in left)
    run.ledger.cause("tried again once a name was given up", max(0, more))
    return list(found)
