"""One batch: decide, read, write, prove (contract 2.4, 2.8, 7.5).

Each step makes a value for the next one, or the event with which a change ends; the ledger books
the events.  What must be durable at once is recorded by the write itself, in its thread.

    decide    Change  → Event, or None where it is attempted
    read      Batch   → Before: objects, events                  reading.py
    write     Before  → Written: ids, errors, refusals           writing.py, creates.py
    prove     Written → events                                   proving.py, deletes.py, refusals.py

Creates rest on no read, and those of a kind that is read back as a whole list are a batch together
(`plan.cost`): they are written in parts, so that what goes wrong stops the next part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from reconciler.apply import creates, deletes, emptied, events, refusals, uploads
from reconciler.apply.events import Event
from reconciler.apply.proving import Write, proved
from reconciler.apply.reading import Before, before, read_back
from reconciler.apply.rivals import see_equal_names
from reconciler.apply.runstate import RunState
from reconciler.apply.sending import Mark, mark
from reconciler.apply.writing import Answer, call
from reconciler.behaviours import shuffled_kinds
from reconciler.enums import Status, Verb
from reconciler.errors import ApiError, InDoubt, Overtaken, StatusError
from reconciler.kinds import KINDS
from reconciler.model import Batch, Change, LiveObject, Rate, Ref
from reconciler.plan.cost import BATCH, Counts, alone, ids_of, paced, reads_more

AFTER_429 = 25
"""Changes of a batch at most while the pace is lowered: its reads would get old."""


def carry_out(run: RunState, batch: Batch) -> None:
    """All of a batch; while nothing of a sort was taken, its next change goes alone."""
    left = list(batch.refs)
    while todo := _decided(run, left):
        first = todo[0]
        if run.ledger.works(first):
            part = batch.only({change.ref for change in _together(run, batch, todo)})
            _read_write_prove(run, part)
        else:
            part = alone(first)
            _read_write_prove(run, part)
            if not batch.first:
                _book_alone(run, batch, todo)
        left = [ref for ref in left if ref not in part.refs]


def _together(run: RunState, batch: Batch, todo: Sequence[Change]) -> list[Change]:
    """What is written on one read: fewer while a 429 has lowered the pace, by which a service says
    that it takes less than was configured."""
    found = list(takewhile(run.ledger.works, todo))
    most = _most(run)
    if batch.verb == Verb.POST or len(found) <= most:
        return found
    more = reads_more(batch, len(todo), _counts(run), most, ids_of(todo))
    run.ledger.cause("cut smaller after a 429", more)
    return found[:most]


def _counts(run: RunState) -> Counts:
    """What reads cost by now, as the plan counts."""
    return Counts(run.seen.live(), shuffled=shuffled_kinds(run.ledger.behaviours))


def _most(run: RunState) -> int:
    """Changes that one read serves at the present pace."""
    pace = run.session.pace
    if pace == 1:
        return BATCH
    cost = run.plan.cost
    return min(AFTER_429, paced(Rate(cost.window, max(1, cost.per_seconds)), pace))


def _book_alone(run: RunState, batch: Batch, todo: Sequence[Change]) -> None:
    """One of a batch was the first of its sort that may work: its reads were its own."""
    change = todo[0]
    if batch.verb != Verb.POST or run.ledger.made(change.ref):
        more = reads_more(batch, len(todo), _counts(run), ids=ids_of(todo))
        run.ledger.cause("went alone: nothing of its sort was taken before it", more)
    if batch.verb == Verb.DELETE:
        deletes.confirm_beside(run, change)


def _read_write_prove(run: RunState, batch: Batch) -> None:
    ledger, stage = run.ledger, run.tools.stage
    read_at = mark(run)
    with stage("apply, reads"):
        found = _read(run, batch)
    _book(run, found.events)
    if batch.first and batch.verb == Verb.PUT:
        for ref, item in found.usable.items():
            emptied.intend_to_keep(run, ledger.changes[ref], item)
    written = Written(dict(found.usable))
    with stage("apply, writes"):
        for part in _parts(batch):
            _write(run, part, written, read_at)
    with stage("proof"):
        if batch.verb == Verb.DELETE:
            _prove_deletes(run, batch, written)
        else:
            _prove_writes(run, batch, written)
    _book(run, refusals.judged(run, batch, written.refused, written.reads))
    see_equal_names(run, written.answers)


def _book(run: RunState, found: Iterable[Event]) -> None:
    for event in found:
        run.ledger.book(event)


# --- decide -------------------------------------------------------------------------------------


def _decided(run: RunState, refs: Sequence[Ref]) -> list[Change]:
    """The changes that are attempted; the others get their outcome here."""
    found = []
    for ref in refs:
        if ref in run.ledger.outcomes:
            continue
        change = run.ledger.changes[ref]
        event = _why_not(run, change)
        if event is None:
            found.append(change)
        else:
            run.ledger.book(event)
    return found


def _why_not(run: RunState, change: Change) -> Event | None:
    """Why a change is not attempted; None where it is."""
    late = next(filter(run.seen.is_processing, change.depends_on), None)
    if late is not None:
        return events.waits(change, f"{late} is still being processed by the service")
    missing = next((ref for ref in change.depends_on if not run.ledger.made(ref)), None)
    if missing is not None:
        outcome = run.ledger.outcomes.get(missing)
        if outcome is not None and outcome.status == Status.BLOCKED:
            return events.blocked(change, f"it depends on {missing}, which is blocked")
        return events.not_attempted(change, f"it depends on {missing}, which was not made")
    reason = run.ledger.why_stopped(change)
    return events.not_attempted(change, reason) if reason else None


# --- read ---------------------------------------------------------------------------------------


def _read(run: RunState, batch: Batch) -> Before:
    """What the changes of a batch are made on; a create is made on nothing."""
    if batch.verb == Verb.POST:
        return Before({})
    return before(run, batch, [run.ledger.changes[ref] for ref in batch.refs])


# --- write --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """What came back: ids and doubts in `answers`, what the API refused in `refused`.

    `reads` are the objects that the writes were made on; `ids` those of what is there and whole.
    """

    reads: dict[Ref, LiveObject]
    answers: dict[Ref, Answer] = field(default_factory=dict)
    refused: dict[Ref, StatusError] = field(default_factory=dict)
    ids: dict[Ref, str] = field(default_factory=dict)


def _parts(batch: Batch) -> Iterator[Batch]:
    """What is written before anybody looks whether to go on."""
    if batch.verb != Verb.POST:
        yield batch
        return
    for wave in batch.waves:
        for start in range(0, len(wave), BATCH):
            yield replace(batch, waves=(wave[start : start + BATCH],))


def _write(run: RunState, batch: Batch, written: Written, read_at: Mark) -> None:
    """Wave after wave; what is neither answered nor refused gets its outcome here."""
    _decided(run, batch.refs)
    answers: dict[Ref, Answer] = {}
    for wave in batch.waves:
        for ref, answer in _sent(run, batch, wave, written.reads, read_at).items():
            change = run.ledger.changes[ref]
            if isinstance(answer, StatusError) and answer.refuses:
                written.refused[ref] = answer
            elif isinstance(answer, ApiError) and not isinstance(answer, InDoubt):
                run.ledger.book(_gone_wrong(change, answer))
            else:
                answers[ref] = answer
                if isinstance(answer, str):
                    run.ledger.end_doubts()
    written.answers.update(answers)
    if batch.verb != Verb.DELETE:
        written.ids.update(_known(run, batch, answers))
    run.tools.progress(len(run.ledger.outcomes) + len(written.ids), len(run.ledger.changes))


def _sent(
    run: RunState, batch: Batch, wave: Sequence[Ref], reads: dict[Ref, LiveObject], read_at: Mark
) -> Mapping[Ref, Answer]:
    """The answers of one wave, whose writes go out side by side."""
    refs = [ref for ref in wave if ref not in run.ledger.outcomes]
    calls = [call(run, batch, run.ledger.changes[ref], reads, read_at) for ref in refs]
    answers = dict(zip(refs, run.session.each(calls), strict=True))
    if batch.verb == Verb.DELETE:
        return deletes.until_answered(run, batch, answers, reads)
    return answers


def _gone_wrong(change: Change, error: ApiError) -> Event:
    """An error that is no refusal."""
    if isinstance(error, Overtaken):
        return events.not_attempted(change, error.message, error.hint)
    return events.failed(change, error.message, error.hint, halt=events.halt_of(error))


# --- prove --------------------------------------------------------------------------------------


def _prove_deletes(run: RunState, batch: Batch, written: Written) -> None:
    made = [run.ledger.changes[ref] for ref in written.answers]
    if made:
        _book(run, deletes.proved(run, batch, made, written.reads))


def _prove_writes(run: RunState, batch: Batch, written: Written) -> None:
    """Read all that was written back and prove each."""
    ids = written.ids
    if not ids:
        return
    shown = read_back(run, batch, list(ids.values()))
    if KINDS[batch.kind].defines:
        run.seen.take(item for item in shown.values() if not isinstance(item, ApiError))
    run.seen.learn_names()
    for ref, id_ in ids.items():
        was = written.reads.get(ref)
        write = Write(run.ledger.changes[ref], id_, was, alone=batch.first)
        run.ledger.book(proved(run, write, shown[id_]))


def _known(run: RunState, batch: Batch, answers: Mapping[Ref, Answer]) -> dict[Ref, str]:
    """Settle what has no id and complete what was uploaded; the ids of what is whole."""
    changes = run.ledger.changes
    ids = {ref: answer for ref, answer in answers.items() if isinstance(answer, str)}
    run.seen.know(ids)
    lost = {ref: (changes[ref], x) for ref, x in answers.items() if ref not in ids}
    found = creates.settle(run, KINDS[batch.kind], lost)
    _book(run, found.events)
    made = {ref: (changes[ref], id_) for ref, id_ in (ids | found.ids).items()}
    completed = uploads.complete(run, made)
    _book(run, completed.events)
    return completed.ids
