"""plan → outcomes: the only stage that writes to the API.

It carries out the batches of a plan and nothing else.  Each batch is read just before, written
side by side, read just after, and recorded in the state; the first change of each sort goes
alone and a surprise stops its sort, while after a refusal the next one is the first (contract
2.4, 2.8, 7.5).

    apply          intents, notes for the state, batches, end           here
      one batch    decide, read, write, prove                           batch.py
        read       before and after, in as few requests as can be       reading.py, staleness.py
        write      POST, PUT, DELETE                                    writing.py, uploads.py
          sending  PUT and DELETE on a fresh read, again on another     sending.py
        prove      a write, to its event                                proving.py
          proof    what was sent against what came back                 proof.py
          clearing null, or "" where null does nothing                  clearing.py
          unknown  fields and keys that nobody here knows               unknown.py
          emptied  somebody else's values that were lost beside it      emptied.py
        creates    in doubt: looked for, then sent again                creates.py
          recent   what was created of late, or the whole list          recent.py
        deletes    last, and refused again                              deletes.py
        refusals   what the API refused                                 refusals.py
        rivals     names that another object holds: tried once more     rivals.py
    settle         what a broken run has left open, before any plan     settling.py

What a step is given and makes are values.  What became of a change is one of them, an event.
Only two things grow while a run goes on, each by its own methods alone:

    seen           the account: objects, ids, names                     seen.py
    ledger         outcomes, entries, sorts, causes; writes the store   ledger.py
      events       what may become of a change                          events.py
      entries      what the state remembers of it                       entries.py
      sorts        which sorts of changes work                          sorts.py

They stand in a `RunState` (runstate.py), beside the plan and the tools (tools.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.apply import batch as one_batch
from reconciler.apply import deletes, events, refusals
from reconciler.apply.entries import after_settle
from reconciler.apply.events import Event
from reconciler.apply.ledger import Ledger, is_whole
from reconciler.apply.proof import written
from reconciler.apply.proving import entry_of
from reconciler.apply.rivals import ordered_anew
from reconciler.apply.runstate import RunState
from reconciler.apply.seen import Seen
from reconciler.apply.settling import intent_of
from reconciler.apply.tools import Progress, Tools
from reconciler.enums import Action, Status, Verb
from reconciler.errors import Interrupted
from reconciler.model import FOREIGN, Live, Outcome, Plan, Ref, Settle, State
from reconciler.state import Run

__all__ = ["Digests", "Progress", "Result", "Tools", "apply", "written"]


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


Digests = Callable[[Live, State], State]
"""What closes a run: the state with the digests of what is at rest by then (contract 7.4)."""


def apply(
    plan: Plan,
    live: Live,
    state: State,
    tools: Tools,
    about: Run,
    digests: Digests = lambda _, state: state,
) -> Result:
    """Carry out a plan.  Errors of single changes become outcomes.

    `live` and `state` are what the plan was made from; `about` says who does it, its intents are
    filled in here; `digests` is given account and state as they are in the end.  Raises StateError
    where the state cannot be kept, and Interrupted.
    """
    ledger = Ledger(plan, live, state, tools.store, tools.now)
    started = tools.session.server_date or about.started
    run = RunState(plan, tools, started, Seen(plan, live, ledger.behaviours), ledger)
    start = tools.session.sent
    _begin(run, about)
    _settle_state(run)
    try:
        _batches(run)
    except Interrupted as error:
        raise Interrupted(error.message, stand=_stand(run)) from error
    outcomes = _outcomes(run)
    words = _words(outcomes)
    made = all(item.status == Status.DONE and not item.unstuck for item in outcomes)
    # What a late file still gets belongs to what was reviewed for this run.
    clean = is_whole(plan) and made and not run.seen.processing
    # What was found twice, and near matches, are known only now.
    ledger.close_with(digests(run.seen.live(), ledger.state()))
    ledger.save(words)
    ledger.close(about.id, words, converged=clean)
    sent = tools.session.sent - start
    causes, notes = dict(ledger.causes), tuple(ledger.notes)
    return Result(outcomes, run.seen.live(), ledger.state(), sent, causes, notes)


def _begin(run: RunState, about: Run) -> None:
    """Durably all that the run is about to do, before its first write (contract 2.6)."""
    ours, ids = run.ledger.entries.keys() | run.ledger.changes.keys(), run.seen.ids

    def token(kind: str, key: str) -> str:
        ref = Ref(kind, key)
        return key if ref in ours or ref not in ids else FOREIGN + ids[ref]

    intents = tuple(intent_of(change, token) for change in run.plan.active)
    run.ledger.begin(replace(about, intents=intents, started=run.started))


def _outcomes(run: RunState) -> tuple[Outcome, ...]:
    """What became of each change, in the plan's order; what has no outcome was blocked."""
    for ref, change in run.ledger.changes.items():
        if ref not in run.ledger.outcomes:
            run.ledger.book(events.blocked(change, change.blocked or ""))
    return tuple(run.ledger.outcomes[ref] for ref in run.ledger.changes)


def _stand(run: RunState) -> str:
    """How far a run has come that is broken off."""
    known, all_changes = run.ledger.outcomes, len(run.ledger.changes)
    came_of = _words(tuple(known.values())) or "0 made"
    return f"{came_of}, {all_changes - len(known):,} of {all_changes:,} changes not proved yet"


def _words(outcomes: Sequence[Outcome]) -> str:
    """`3 created, 1 updated, 1 failed`: what the history of the state says of the run."""
    told = (x.change.action.past if x.status == Status.DONE else x.status for x in outcomes)
    counts = Counter(told)
    return ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in counts.items())


# --- the state alone ----------------------------------------------------------------------------


def _settle_state(run: RunState) -> None:
    """Everything that takes no request: who the account is, moves, adoptions, notes."""
    for settle in run.plan.settles:
        _settle(run, settle)
    _move_entries(run)
    for change in run.plan.active:
        if change.verb is None:
            item = run.seen.objects[change.ref.kind][str(change.id)]
            run.ledger.keep({change.ref: entry_of(run, change, item)})
            run.ledger.book(Event(Outcome(change, Status.DONE, change.id)))
    run.ledger.save()


def _settle(run: RunState, settle: Settle) -> None:
    known = run.ledger.entries.get(settle.ref)
    if settle.drop:
        run.ledger.forget(settle.ref)
        return
    item = run.seen.objects[settle.ref.kind].get(settle.id)
    run.ledger.keep({settle.ref: after_settle(settle, known, item, run.seen.names)})


def _move_entries(run: RunState) -> None:
    """Entries under the keys that they move to, all at once: keys may be swapped."""
    moved = {}
    for change in run.plan.active:
        if change.source and change.action != Action.DELETE:
            source = Ref(change.ref.kind, change.source.partition("/")[2])
            entry = run.ledger.forget(source)
            if entry is not None:
                moved[change.ref] = replace(entry, ref=change.ref)
    run.ledger.keep(moved)


# --- all batches --------------------------------------------------------------------------------


def _batches(run: RunState) -> None:
    """One batch after the other; what is left is ordered anew where names turn out to be unique."""
    left = list(run.plan.batches)
    while left:
        batch, waiting = left.pop(0), len(run.ledger.retries)
        if batch.verb != Verb.DELETE and batch.reads:
            deletes.keep_options(run, batch.reads)
        if batch.verb != Verb.DELETE or deletes.may_delete(run, batch):
            one_batch.carry_out(run, batch)
        if batch.confirms:
            deletes.confirm(run, batch.confirms)
        if len(run.ledger.retries) > waiting:
            left = ordered_anew(run, left)
        run.tools.progress(len(run.ledger.outcomes), len(run.ledger.changes))
    for event in refusals.never_retried(run):
        run.ledger.book(event)
