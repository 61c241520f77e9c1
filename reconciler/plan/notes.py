"""What a plan says besides its changes, and the names of what no key names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.diff import Difference
from reconciler.enums import LEAVES, Action, NoteKind
from reconciler.kinds import KINDS, ORDER, Kind, Type
from reconciler.model import FOREIGN, NEW_STATE, Change, LiveObject, Note, Ref
from reconciler.normalize import is_empty, texts
from reconciler.plan.deletes import Leaving
from reconciler.plan.duplicates import duplicates
from reconciler.plan.inherited import alike
from reconciler.plan.locations import gone
from reconciler.plan.matched import Matched
from reconciler.plan.near import Near, near_notes
from reconciler.plan.renames import offers


def account_notes(known: Matched, leave: Leaving, near: Near, *, targeted: bool) -> Iterator[Note]:
    """What the account shows: lists, near matches, what has left and what may be there twice."""
    yield from map(Note, known.live.notes)
    yield from map(Note, known.unwritten)
    if not targeted:
        yield from map(Note, leave.notes)
    for text in near_notes(known, near):
        yield Note(text, NoteKind.NEAR)
    ids = {ref: bound.id for ref, bound in known.identity.bound.items()}
    doubtful, taken = known.state.doubtful, known.owners.refs
    yield from map(Note, duplicates(doubtful, ids, taken, known.live, known.names))


def change_notes(
    known: Matched,
    differences: Mapping[Ref, Difference],
    changes: Sequence[Change],
    targeted: Sequence[Change],
) -> Iterator[Note]:
    """What is left to others or kept, what may be a rename, and what was not asked for."""
    yield from _left_alone(differences)
    creates = [known.catalog.resources[item.ref] for item in changes if is_create(item)]
    leaving = [item for item in changes if item.action in LEAVES]
    resources = known.catalog.resources
    yield from map(Note, offers(creates, leaving, resources, known.live, known.names))
    entries, behaviours = known.identity.entries, known.state.behaviours
    yield from map(Note, alike(targeted, entries, known.live, known.names, behaviours))
    left = len(changes) - len(targeted)
    if left:
        yield Note(f"{left} other changes were left out (--target).", NoteKind.TARGETS)


def _left_alone(differences: Mapping[Ref, Difference]) -> Iterator[Note]:
    for ref in sorted(differences):
        for path in differences[ref].released:
            yield Note(f"{ref}: {path} was changed in the account and is no longer ours")
        for item in differences[ref].kept:
            yield Note(f"{ref}: {item.path} drifted and is kept (drift: keep)")


# --- a new state --------------------------------------------------------------------------------


def new_state_notes(known: Matched, beside: Sequence[str]) -> Iterator[Note]:
    """That the plan starts a state, and what the account holds already."""
    if known.state.new:
        yield NEW_STATE
    yield from map(Note, beside)


def created_beside(known: Matched, changes: Iterable[Change]) -> Iterator[str]:
    """Creates of kinds of which the account holds what nobody declares, both counted."""
    creates = Counter(item.ref.kind for item in changes if is_create(item))
    beside: dict[str, list[LiveObject]] = {}
    for item in known.unclaimed(creates):
        beside.setdefault(item.kind, []).append(item)
    for kind in ORDER:
        if kind.name in beside:
            yield _count(kind, creates[kind.name], beside[kind.name])


def _count(kind: Kind, creates: int, unclaimed: Sequence[LiveObject]) -> str:
    """Of products that nobody declares, their variants are not counted besides."""
    alone = [item for item in unclaimed if is_empty(item.fields.get("variant_of"))]
    number = len(alone or unclaimed)
    noun = kind.nouns[number != 1]
    return f"{creates:,} to create beside {number:,} {noun} that nobody declares"


def is_create(change: Change) -> bool:
    """It makes an object that was never ours; one that is gone is recreated."""
    return change.action == Action.CREATE


# --- names --------------------------------------------------------------------------------------


def foreign_names(known: Matched, changes: Iterable[Change]) -> dict[str, str]:
    """What the elements without a key that changes mention are called, by their `id:` tokens."""
    found: dict[str, str] = {}
    for change in changes:
        for item in change.fields:
            field = KINDS[change.ref.kind].field(item.path)
            if field.type in (Type.REFERENCE, Type.REFERENCES):
                tokens = (*item.add, *item.remove, *texts(item.before), *texts(item.applied))
                found.update(_labels(known, field.to, tokens))
    return found


def _labels(known: Matched, kind: str, tokens: Iterable[str]) -> Iterator[tuple[str, str]]:
    for token in tokens:
        if token.startswith(FOREIGN):
            item = known.live.of(kind).get(token.removeprefix(FOREIGN))
            yield token, gone(kind) if item is None else item.label
