"""One write, from the read after it to its event (contract 2.4, 2.8).

What a batch shows otherwise than it was sent is read by id before it counts; what a PUT did not
empty is cleared the other way; what is gone because a category lost it is no surprise; what was
lost beside a write that went alone is put back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.apply import emptied, events
from reconciler.apply.clearing import cleared
from reconciler.apply.entries import after_change
from reconciler.apply.events import PLAN_AGAIN, UNREACHABLE, Event, Says
from reconciler.apply.proof import Above, Proof, prove, seen_to_inherit
from reconciler.apply.reading import BY_ID
from reconciler.apply.runstate import RunState, above
from reconciler.apply.unknown import changed, volatile
from reconciler.apply.uploads import still_processing
from reconciler.behaviours import INHERITS, VOLATILE, YES, of, value_of
from reconciler.enums import Status
from reconciler.errors import ApiError, Unreachable
from reconciler.kinds import KINDS
from reconciler.live import read_one, with_mirrored
from reconciler.model import FOREIGN, Change, Entry, LiveObject, Outcome


@dataclass(frozen=True, slots=True)
class Write:
    """A write that was answered.

    `id` is its object's, `was` the object as the write found it, None for a create; `alone` says
    that it was the first of its sort, and went alone.
    """

    change: Change
    id: str
    was: LiveObject | None
    alone: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An object as read after its write, what that proves, and by what categories show above it."""

    item: LiveObject
    proof: Proof
    above: Above


def proved(run: RunState, write: Write, item: LiveObject | ApiError | None) -> Event:
    """What became of a write, by the read after it."""
    try:
        shown = _shown(run, write, item)
        if shown is None:
            return _missing(run, write)
        if write.was is None:
            return _concluded(run, write, _judged(run, write, shown))
        return _concluded_update(run, write, write.was, shown)
    except ApiError as error:
        return events.unproved(write.change, write.id, error)


def _shown(run: RunState, write: Write, item: LiveObject | ApiError | None) -> Shown | None:
    """The object and its proof; None where it is not there."""
    if isinstance(item, ApiError):
        raise item
    if item is None:
        return None
    shown = _proved(run, write, item)
    return shown if shown.proof.holds else _by_id(run, write)


def _by_id(run: RunState, write: Write) -> Shown | None:
    if run.ledger.halted == UNREACHABLE:
        raise Unreachable(UNREACHABLE)
    run.ledger.cause(BY_ID)
    kind = KINDS[write.change.ref.kind]
    item = read_one(run.session, kind.name, write.id, keep_raw=True)
    if item is None:
        return None
    if kind.defines:
        run.seen.take([item])
        run.seen.learn_names()
    shown = _proved(run, write, item)
    if any(kind.field(part.path).mirror for part in shown.proof.unstuck):
        run.ledger.cause("looked for a set on the other side")
        shown = _proved(run, write, with_mirrored(run.session, item))
    return shown


def _proved(run: RunState, write: Write, item: LiveObject) -> Shown:
    seen = above(run, write.change, write.was, item)
    return Shown(item, prove(write.change, write.was, item, run.seen.names, seen), seen)


def _missing(run: RunState, write: Write) -> Event:
    """What was written and is not there: a file may still be on its way."""
    change = write.change
    if change.upload is not None:
        return still_processing(run, change, write.id)
    return events.failed(
        change, "it was written, and reads back as not there", PLAN_AGAIN, write.id
    )


def _judged(run: RunState, write: Write, shown: Shown) -> Shown:
    """The proof once the categories above are known as they are now, where a value is gone; what
    the write shows of inheritance is noticed (contract 2.3)."""
    change, was, item, proof = write.change, write.was, shown.item, shown.proof
    seen = shown.above
    if proof.emptied and emptied.look_above(run, item):
        seen = replace(above(run, change, was, item), before=seen.before)
        proof = prove(change, was, item, run.seen.names, seen)
    sighting = seen_to_inherit(change, was, item, run.seen.names, seen)
    if sighting is not None:
        run.ledger.notice(of(INHERITS, change.ref.kind), sighting)
    return Shown(item, proof, seen)


def _concluded_update(run: RunState, write: Write, was: LiveObject, shown: Shown) -> Event:
    """What only a write to an object that was there before can show."""
    change = write.change
    item, proof = shown.item, shown.proof
    item = cleared(run, change, item, was, proof, lambda x: _proved(run, write, x).proof)
    if item is not shown.item:
        shown = _proved(run, write, item)
    shown = _judged(run, write, shown)
    if write.alone:
        _note_volatile(run, was, shown.item)
    if not shown.proof.emptied:
        return _concluded(run, write, shown)
    became = emptied.put_back(run, change, was, shown.proof, alone=write.alone)
    again = read_one(run.session, item.kind, item.id, keep_raw=True) or shown.item
    event = _concluded(run, write, replace(shown, item=again), f"; {became}")
    return replace(event, outcome=replace(event.outcome, before=was.raw))


def _concluded(run: RunState, write: Write, shown: Shown, more: str = "") -> Event:
    """The event, with what the state remembers of the object."""
    change, proof = write.change, shown.proof
    words = _surprise(run, proof) + more
    run.seen.take([shown.item])
    outcome = Outcome(change, Status.DONE, write.id, "", "", proof.unstuck, proof.respelled)
    if proof.foreign:
        hint = "look at the object in the web interface; nothing more of this sort was sent"
        outcome = replace(outcome, status=Status.FAILED, words=words, hint=hint)
    entry = entry_of(run, change, shown.item, [part.path for part in proof.unstuck])
    says = Says.TAKEN if proof.holds else Says.SURPRISE
    return Event(outcome, says, words, entry)


def entry_of(
    run: RunState, change: Change, item: LiveObject, unstuck: list[str] | None = None
) -> Entry:
    """The state's entry of a change that was made and reads back as `item`."""
    planned = run.seen.planned.of(change.ref.kind).get(item.id)
    known = run.ledger.entries.get(change.ref)
    now = run.tools.now()
    return after_change(change, known, item, planned, run.seen.names, unstuck or (), now)


def _note_volatile(run: RunState, was: LiveObject, item: LiveObject) -> None:
    """Fields that we do not know and that change with a write are the service's own (2.4)."""
    found = []
    for name in volatile(KINDS[item.kind], was, item):
        behaviour = of(VOLATILE, f"{item.kind}.{name}")
        if value_of(run.ledger.behaviours, behaviour) is None:
            run.ledger.notice(behaviour, YES)
            found.append(changed(name, was, item))
    if found:
        run.ledger.note(
            f"fields of a {item.kind} that nobody here knows changed with the write: "
            f"{'; '.join(found)}"
        )


def _surprise(run: RunState, proof: Proof) -> str:
    if proof.foreign:
        named = ", ".join(_in_words(run, path) for path in proof.foreign)
        return f"what was not sent, or is not ours, changed beside the write: {named}"
    return f"did not stick: {', '.join(item.path for item in proof.unstuck)}"


def _in_words(run: RunState, path: str) -> str:
    """A field, and a value of an attribute that no key names by the attribute's label."""
    head, _, token = path.partition(f".{FOREIGN}")
    item = run.seen.of("attribute").get(token)
    return f"{head}.{item.label}" if item is not None else path
