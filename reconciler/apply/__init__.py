"""plan → outcomes: the only stage that writes to the API.

It carries out the batches of a plan and nothing else.  Each batch is read just before, written
side by side, read just after, and recorded in the state; the first change of each sort goes
alone and a surprise stops its sort, while after a refusal the next one is the first (contract
2.4, 2.8, 7.5).

    run            intents, notes for the state, batches, end           here
      one batch    read, write, read, prove                             here
        reading    before and after, in as few requests as can be       reading.py, meanwhile.py
        writing    POST, PUT, DELETE                                    writing.py
        sending    PUT and DELETE on a fresh read, again on another     sending.py
        creates    in doubt: looked for, then sent again                creates.py
        deletes    last, and refused again                              deletes.py
        refusals   what the API refused, and the sorts that work        refusals.py, sorts.py
        rivals     names that another object holds: tried once more     rivals.py
        proof      what was sent against what came back                 proof.py
        clearing   null, or "" where null does nothing                  clearing.py
        unknown    fields and keys that nobody here knows               unknown.py
        emptied    somebody else's values that were lost beside it      emptied.py
      the state    what is remembered of a change                       entries.py
    settle         what a broken run has left open, before any plan     settling.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from reconciler.apply import creates, deletes, emptied, refusals, uploads
from reconciler.apply.clearing import cleared
from reconciler.apply.entries import after_settle
from reconciler.apply.proof import Proof, prove, seen_to_inherit, written
from reconciler.apply.reading import BY_ID, Before, before, read_back
from reconciler.apply.rivals import ordered_anew, see_equal_names
from reconciler.apply.sending import mark
from reconciler.apply.settling import intent_of
from reconciler.apply.unknown import is_lost, volatile
from reconciler.apply.work import PLAN_AGAIN, UNREACHABLE, Progress, Tools, Work
from reconciler.apply.writing import Reads, call
from reconciler.behaviours import INHERITS, VOLATILE, YES, of, value_of
from reconciler.enums import Action, Status, Verb
from reconciler.errors import ApiError, InDoubt, Overtaken, StatusError, Unreachable
from reconciler.kinds import KINDS
from reconciler.live import read_one, with_mirrored
from reconciler.model import (
    FOREIGN,
    Batch,
    Change,
    Live,
    LiveObject,
    Outcome,
    Plan,
    Ref,
    Settle,
    State,
)
from reconciler.plan.cost import alone, reads_more
from reconciler.state import Run

AFTER_429 = 25
"""Changes of a batch at most once the service has answered 429."""

__all__ = ["Progress", "Result", "Tools", "apply", "written"]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a plan: outcomes in its order, the account and the state as they are now.

    `sent` are the requests of the run, `causes` those beyond the predicted ones; `notes` say
    what the run saw and a reader should know.
    """

    outcomes: tuple[Outcome, ...]
    live: Live
    state: State
    sent: int
    causes: Mapping[str, int]
    notes: tuple[str, ...] = ()


def apply(plan: Plan, live: Live, state: State, tools: Tools, run: Run) -> Result:
    """Carry out a plan.  Errors of single changes become outcomes.

    `live` and `state` are what the plan was made from; `run` says who does it, its intents are
    filled in here.  Raises StateError where the state cannot be kept, and Interrupted.
    """
    work = Work(plan, live, state, tools)
    start = tools.session.sent
    _begin(work, run)
    _settle_state(work)
    _batches(work)
    _book_blocked(work)
    outcomes = tuple(work.outcomes[ref] for ref in work.changes)
    made = all(item.status == Status.DONE and not item.unstuck for item in outcomes)
    # What a late file still gets belongs to what was reviewed for this run.
    clean = _is_whole(plan) and made and not work.processing
    # What was found twice, and near matches, are known only now.
    tools.store.save(work.state_now(), words=_words(outcomes))
    tools.store.close_run(run.id, converged=clean, words=_words(outcomes))
    sent = tools.session.sent - start
    return Result(
        outcomes, work.live_now(), work.state_now(), sent, dict(work.causes), tuple(work.notes)
    )


def _begin(work: Work, run: Run) -> None:
    """Durably all that the run is about to do, before its first write (contract 2.6)."""
    ours = work.entries.keys() | work.changes.keys()

    def token(kind: str, key: str) -> str:
        ref = Ref(kind, key)
        return key if ref in ours or ref not in work.ids else FOREIGN + work.ids[ref]

    intents = tuple(intent_of(change, token) for change in work.plan.active)
    started = work.session.server_date or run.started
    work.started = started
    work.tools.store.begin(replace(run, intents=intents, started=started))


def _is_whole(plan: Plan) -> bool:
    """Nothing that the catalog wants was left out: later runs need not look back behind it."""
    return not plan.targets and not (plan.review and plan.review.not_permitted)


def _words(outcomes: Sequence[Outcome]) -> str:
    """`3 created, 1 updated, 1 failed`: what the history of the state says of the run."""
    told = (x.change.action.past if x.status == Status.DONE else x.status for x in outcomes)
    counts = Counter(told)
    return ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in counts.items())


def _book_blocked(work: Work) -> None:
    for ref, change in work.changes.items():
        if ref not in work.outcomes:
            work.outcomes[ref] = Outcome(change, Status.BLOCKED, change.id, change.blocked or "")


# --- the state alone ----------------------------------------------------------------------------


def _settle_state(work: Work) -> None:
    """Everything that takes no request: who the account is, moves, adoptions, notes."""
    for settle in work.plan.settles:
        _settle(work, settle)
    moves = [item for item in work.plan.active if item.source and item.action != Action.DELETE]
    sources = {Ref(item.ref.kind, str(item.source).partition("/")[2]): item for item in moves}
    taken = {source: work.entries.pop(source) for source in sources if source in work.entries}
    for source, change in sources.items():
        if source in taken:
            work.entries[change.ref] = replace(taken[source], ref=change.ref)
    for change in work.plan.active:
        if change.verb is None:
            work.remember(change, work.objects[change.ref.kind][str(change.id)])
            work.outcomes[change.ref] = Outcome(change, Status.DONE, change.id)
    work.tools.store.save(work.state_now())


def _settle(work: Work, settle: Settle) -> None:
    entry = work.entries.get(settle.ref)
    if settle.drop:
        work.entries.pop(settle.ref, None)
        return
    item = work.objects[settle.ref.kind].get(settle.id)
    work.entries[settle.ref] = after_settle(settle, entry, item, work.names)


# --- all batches --------------------------------------------------------------------------------


def _batches(work: Work) -> None:
    """One batch after the other; what is left is ordered anew where names turn out to be unique."""
    left = list(work.plan.batches)
    while left:
        batch, waiting = left.pop(0), len(work.again)
        if batch.verb != Verb.DELETE and batch.reads:
            deletes.keep_options(work, batch.reads)
        if batch.verb != Verb.DELETE or deletes.may_delete(work, batch):
            _batch(work, batch)
        if batch.confirms:
            deletes.confirm(work, batch.confirms)
        if len(work.again) > waiting:
            left = ordered_anew(work, left)
        work.tools.progress(len(work.outcomes), len(work.changes))
    refusals.conclude(work)


# --- one batch ----------------------------------------------------------------------------------


def _batch(work: Work, batch: Batch) -> None:
    """All of a batch; while nothing of a sort was taken, its next change goes alone."""
    left = list(batch.refs)
    while todo := [change for ref in left if (change := _attempted(work, ref)) is not None]:
        first = None if work.sorts.works(todo[0]) else todo[0]
        if first is None:
            part = batch.only({item.ref for item in _together(work, batch, todo)})
        else:
            part = alone(first)
        _write(work, part)
        if first is not None and not batch.first:
            _book_alone(work, batch, first, len(todo))
            if batch.verb == Verb.DELETE:
                deletes.confirm_beside(work, first)
        left = [ref for ref in left if ref not in part.refs]


def _together(work: Work, batch: Batch, todo: Sequence[Change]) -> list[Change]:
    """What is written on one read: fewer after a 429, by which a service says that it takes less
    than was configured, so that reads would get old (contract 7.5)."""
    found = list(takewhile(work.sorts.works, todo))
    if not work.session.throttled or len(found) <= AFTER_429:
        return found
    more = reads_more(batch, len(todo), work.live_now(), AFTER_429)
    work.cause("cut smaller after a 429", more)
    return found[:AFTER_429]


def _book_alone(work: Work, batch: Batch, change: Change, number: int) -> None:
    """One of a batch was the first of its sort that may work: its reads were its own."""
    if batch.verb != Verb.POST or work.made(change.ref):
        more = reads_more(batch, number, work.live_now())
        work.cause("went alone: nothing of its sort was taken before it", more)


def _write(work: Work, batch: Batch) -> None:
    """Read, write wave after wave, read back and conclude."""
    todo = [work.changes[ref] for ref in batch.refs]
    read_at = mark(work)
    usable: Reads = {} if batch.verb == Verb.POST else dict(before(work, batch, todo))
    if batch.first and batch.verb == Verb.PUT:
        for ref, item in usable.items():
            emptied.intend_to_keep(work, work.changes[ref], item)
    answers: dict[Ref, Answer] = {}
    refused: dict[Ref, StatusError] = {}
    for wave in batch.waves:
        changes = [work.changes[ref] for ref in wave if ref not in work.outcomes]
        calls = [call(work, batch, item, usable, read_at) for item in changes]
        results = dict(zip([item.ref for item in changes], work.session.each(calls), strict=True))
        if batch.verb == Verb.DELETE:
            results = deletes.until_answered(work, batch, results, usable)
        for ref, result in results.items():
            if isinstance(result, StatusError) and result.refuses:
                refused[ref] = result
            elif not _failed(work, work.changes[ref], result):
                answers[ref] = result
    _after(work, batch, answers, usable)
    refusals.book(work, batch, refused, usable)
    see_equal_names(work, answers)


def _attempted(work: Work, ref: Ref) -> Change | None:
    """The change, unless something that it needs was not made."""
    change = work.changes[ref]
    if ref in work.outcomes:
        return None
    needs = next((item for item in change.depends_on if not work.made(item)), None)
    late = next(filter(work.is_processing, change.depends_on), None)
    if late is not None:
        work.book(change, Status.WAITS, f"{late} is still being processed by the service")
        return None
    reason = work.sorts.why_stopped(change) or work.halted
    if needs in work.outcomes and work.outcomes[needs].status == Status.BLOCKED:
        work.book(change, Status.BLOCKED, f"it depends on {needs}, which is blocked")
    elif needs is not None:
        work.skip(change, f"it depends on {needs}, which was not made")
    elif reason:
        work.skip(change, reason)
    else:
        return change
    return None


Answer = str | ApiError | None
"""An id; an error; None where a create was made and nobody said its id."""


def _failed(work: Work, change: Change, result: Answer) -> bool:
    """Book an error that is no refusal; a create in doubt is looked for first."""
    if not isinstance(result, ApiError):
        work.doubts = 0 if result is not None else work.doubts
        return False
    if isinstance(result, InDoubt):
        return False
    if isinstance(result, Overtaken):
        work.skip(change, result.message, result.hint)
        return True
    if isinstance(result, Unreachable):
        work.halted = UNREACHABLE
    work.fail(change, result.message, result.hint)
    return True


def _after(work: Work, batch: Batch, answers: Mapping[Ref, Answer], usable: Before) -> None:
    """Settle what answered no id, read all back, and conclude each."""
    made = {ref: work.changes[ref] for ref in answers}
    if batch.verb == Verb.DELETE:
        if made:
            deletes.after(work, batch, list(made.values()), usable)
        return
    ids = {ref: answer for ref, answer in answers.items() if isinstance(answer, str)}
    work.ids.update(ids)
    lost = {ref: (made[ref], answer) for ref, answer in answers.items() if ref not in ids}
    ids |= creates.settle(work, KINDS[batch.kind], lost)
    ids = uploads.complete(work, {ref: (made[ref], id_) for ref, id_ in ids.items()})
    if not ids:
        return
    shown = read_back(work, batch, list(ids.values()))
    if batch.kind == "attribute":
        work.take(item for item in shown.values() if not isinstance(item, ApiError))
    work.names = work.names_now()
    for ref, id_ in ids.items():
        try:
            _conclude(work, made[ref], id_, shown[id_], usable.get(ref), alone=batch.first)
        except ApiError as error:
            work.unproved_write(made[ref], error, id_)


# --- proof --------------------------------------------------------------------------------------


def _conclude(
    work: Work,
    change: Change,
    id_: str,
    item: LiveObject | ApiError | None,
    was: LiveObject | None,
    *,
    alone: bool,
) -> None:
    """Prove one write; what a batch shows otherwise is read by id before it counts.

    Raises the ApiError with which the object could not be read.
    """
    if isinstance(item, ApiError):
        raise item
    proof = _proved(work, change, was, item) if item is not None else None
    if proof is not None and not proof.holds:
        item, proof = _by_id(work, change, id_, was)
    if item is None or proof is None:
        _book_missing(work, change, id_)
        return
    if was is not None:
        item, proof = cleared(work, change, item, was, lambda x: _proved(work, change, was, x))
    proof = _judged_by_what_is_above(work, change, was, item, proof)
    if alone and was is not None:
        _note_volatile(work, was, item)
    words, lost = _surprise(work, proof), None
    if was is not None and proof.emptied:
        words += f"; {emptied.put_back(work, change, was, proof, alone=alone)}"
        lost = was.raw
        item = read_one(work.session, item.kind, item.id, keep_raw=True) or item
    work.take([item])
    entry = work.remember(change, item, [field.path for field in proof.unstuck])
    work.record(change.ref, entry)
    work.outcomes[change.ref] = replace(_outcome(change, id_, proof, words), before=lost)
    if proof.holds:
        work.sorts.took(change)
    else:
        work.sorts.surprise(change, words)


def _book_missing(work: Work, change: Change, id_: str) -> None:
    """What was written and is not there: a file may still be on its way (contract 2.8)."""
    if change.upload is not None:
        work.still_processing(change, id_)
    else:
        work.fail(change, "it was written, and reads back as not there", PLAN_AGAIN, id_)


def _judged_by_what_is_above(
    work: Work, change: Change, was: LiveObject | None, item: LiveObject, proof: Proof
) -> Proof:
    """The proof once the categories above are known as they are now, where a value is gone; what
    the write shows of inheritance is noticed (contract 2.3)."""
    above = work.above(change, was, item)
    if proof.emptied and emptied.look_above(work, change.ref.kind, item):
        above = replace(work.above(change, was, item), before=above.before)
        proof = prove(change, was, item, work.names, above)
    sighting = seen_to_inherit(change, was, item, work.names, above)
    if sighting is not None:
        work.notice(of(INHERITS, change.ref.kind), sighting)
    return proof


def _proved(work: Work, change: Change, was: LiveObject | None, item: LiveObject) -> Proof:
    return prove(change, was, item, work.names, work.above(change, was, item))


def _by_id(
    work: Work, change: Change, id_: str, was: LiveObject | None
) -> tuple[LiveObject | None, Proof | None]:
    if work.halted == UNREACHABLE:
        raise Unreachable(UNREACHABLE)
    work.cause(BY_ID)
    item = read_one(work.session, change.ref.kind, id_, keep_raw=True)
    if item is None:
        return None, None
    if change.ref.kind == "attribute":
        work.take([item])
        work.names = work.names_now()
    proof = _proved(work, change, was, item)
    kind = KINDS[change.ref.kind]
    if any(kind.field(part.path).mirror for part in proof.unstuck):
        work.cause("looked for a set on the other side")
        item = with_mirrored(work.session, item)
        proof = _proved(work, change, was, item)
    return item, proof


def _note_volatile(work: Work, was: LiveObject, item: LiveObject) -> None:
    """Fields that we do not know and that change with a write are the service's own (2.4)."""
    found = []
    for name in volatile(KINDS[item.kind], was, item):
        behaviour = of(VOLATILE, f"{item.kind}.{name}")
        if value_of(work.behaviours, behaviour) is None:
            work.notice(behaviour, YES)
            found.append(f"{name}, which is empty now" if is_lost(name, was, item) else name)
    if found:
        work.notes.append(
            f"fields of a {item.kind} that nobody here knows changed with the write: "
            f"{'; '.join(found)}"
        )


def _outcome(change: Change, id_: str, proof: Proof, words: str) -> Outcome:
    if not proof.foreign:
        return Outcome(change, Status.DONE, id_, "", "", proof.unstuck, proof.respelled)
    hint = "look at the object in the web interface; nothing more of this sort was sent"
    return Outcome(change, Status.FAILED, id_, words, hint, proof.unstuck, proof.respelled)


def _surprise(work: Work, proof: Proof) -> str:
    if proof.foreign:
        named = ", ".join(_in_words(work, path) for path in proof.foreign)
        return f"what was not sent, or is not ours, changed beside the write: {named}"
    return f"did not stick: {', '.join(item.path for item in proof.unstuck)}"


def _in_words(work: Work, path: str) -> str:
    """A field, and a value of an attribute that no key names by the attribute's label."""
    head, _, token = path.partition(f".{FOREIGN}")
    item = work.objects.get("attribute", {}).get(token)
    return f"{head}.{item.label}" if item is not None else path
