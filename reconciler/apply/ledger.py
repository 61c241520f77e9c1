"""What became of the changes of a run: booked here alone, and kept in the state.

The order in which things become durable is what the next run relies on after a kill (contract
2.6): what a write is about to do comes before its request, what came of it right after the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.apply.events import Event, Says
from reconciler.apply.sorts import Sorts
from reconciler.behaviours import INHERITS, Behaviours, noticed, of, value_of
from reconciler.enums import Action, Status
from reconciler.errors import StatusError
from reconciler.model import Change, Entry, Live, Outcome, Plan, Ref, SortOfKind, State
from reconciler.state import Intent, Recorded, Run, Store

DAY = 86_400.0
"""Seconds for which a create that may have been taken twice is remembered."""


class Ledger:
    """The book of one run.

    `changes` are the plan's as they stand by now, `outcomes` of those that are through with.
    `entries` are what the state remembers.  `behaviours` are what the account was seen to do.
    `halted` is why nothing at all is sent any more, `retries` the changes that are tried once more
    after a name was given up, with their refusals.  `causes` counts requests beyond the predicted
    ones, `notes` are for the report.
    """

    def __init__(
        self, plan: Plan, live: Live, state: State, store: Store, now: Callable[[], float]
    ) -> None:
        self._plan, self._state, self._store, self._now = plan, state, store, now
        self._changes = {change.ref: change for change in plan.changes}
        self._entries = {ref: _once_read(entry, live) for ref, entry in state.entries.items()}
        self._unproved: dict[Ref, Entry] = {}
        self._outcomes: dict[Ref, Outcome] = {}
        self._retries: dict[Ref, StatusError] = {}
        self._sorts = Sorts(state.refused)
        self._behaviours: Behaviours = dict(state.behaviours)
        self._doubtful = dict(state.doubtful)
        self._doubts = 0
        self._halted = ""
        self._causes: dict[str, int] = {}
        # Writes that go out side by side count what they read again.
        self._lock = threading.Lock()
        self._notes: list[str] = []

    # --- looked up ---

    @property
    def changes(self) -> Mapping[Ref, Change]:
        """The plan's changes as they stand by now."""
        return self._changes

    @property
    def outcomes(self) -> Mapping[Ref, Outcome]:
        """What became of those that are through with."""
        return self._outcomes

    @property
    def entries(self) -> Mapping[Ref, Entry]:
        """What the state remembers of each object."""
        return self._entries

    @property
    def retries(self) -> Mapping[Ref, StatusError]:
        """Changes that are tried once more, and how they were refused."""
        return self._retries

    @property
    def behaviours(self) -> Behaviours:
        """What the account was seen to do by now."""
        return self._behaviours

    @property
    def causes(self) -> Mapping[str, int]:
        """Requests that the plan did not count, by cause."""
        return self._causes

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the report should know."""
        return self._notes

    @property
    def halted(self) -> str:
        """Why nothing is sent any more; empty while the run goes on."""
        return self._halted

    @property
    def taken(self) -> Set[SortOfKind]:
        """The sorts of which a change was made."""
        return self._sorts.taken

    @property
    def refused(self) -> Set[Ref]:
        """The objects whose change was refused last time, or in this run."""
        return self._sorts.refused

    def works(self, change: Change) -> bool:
        """A change of its sort was made in this run: the others need not go alone."""
        return self._sorts.works(change)

    def why_stopped(self, change: Change) -> str:
        """Why a change is not sent any more: its sort is stopped, or the run is."""
        return self._sorts.why_stopped(change) or self._halted

    def inherits(self, kind: str) -> str | None:
        """Whether objects of a kind were seen to show values of the categories above them."""
        return value_of(self._behaviours, of(INHERITS, kind))

    @property
    def left(self) -> list[Change]:
        """The changes that are to be made and not through yet."""
        changes = self._changes.values()
        return [x for x in changes if x.ref not in self._outcomes and x.blocked is None]

    @property
    def made_changes(self) -> list[Change]:
        """The changes that are done."""
        return [x.change for x in self._outcomes.values() if x.status == Status.DONE]

    def made(self, ref: Ref) -> bool:
        """The change of that object is done."""
        outcome = self._outcomes.get(ref)
        return outcome is not None and outcome.status == Status.DONE

    # --- booked: in this run alone ---

    def book(self, event: Event) -> None:
        """Book what became of a change; what its object's entry is by then is kept durably."""
        change = event.outcome.change
        if event.halt:
            self._halted = event.halt
        if event.entry is not None:
            self._entries[change.ref] = event.entry
            lets_go = change.action == Action.UNPUBLISH and event.says is Says.TAKEN
            if lets_go:
                self.forget(change.ref)
            self.record([Recorded(change.ref, None if lets_go else event.entry)])
        self._changes[change.ref] = change
        self._outcomes[change.ref] = event.outcome
        if event.note:
            self._notes.append(event.note)
        match event.says:
            case Says.TAKEN:
                self._sorts.took(change)
            case Says.REFUSED:
                self._sorts.refuse(change)
            case Says.SURPRISE:
                self._sorts.surprise(change, event.reason)

    def reorder(self, changes: Iterable[Change]) -> None:
        """Changes as they stand once they were put into another order."""
        self._changes.update({change.ref: change for change in changes})

    def retry(self, ref: Ref, error: StatusError) -> None:
        """A refused change is tried once more when another one has given its name up."""
        self._retries[ref] = error

    def halt(self, why: str) -> None:
        """Nothing more is sent in this run."""
        self._halted = why

    def note(self, words: str) -> None:
        """Something that a reader of the report should know."""
        self._notes.append(words)

    def cause(self, name: str, number: int = 1) -> None:
        """Requests that the plan did not count."""
        if number:
            with self._lock:
                self._causes[name] = self._causes.get(name, 0) + number

    def doubt(self, ref: Ref) -> None:
        """A create that may have been taken twice (contract 2.6)."""
        self._doubtful[ref] = self._now()

    def doubts_in_a_row(self, more: int) -> int:
        """How many creates in a row were left in doubt, with so many more."""
        self._doubts += more
        return self._doubts

    def end_doubts(self) -> None:
        """A write was answered as it should be: doubts are counted anew."""
        self._doubts = 0

    # --- booked: durably, in the order of the calls ---

    def begin(self, run: Run) -> None:
        """All that the run is about to do, before its first write (contract 2.6)."""
        self._store.begin(run)

    def intend(self, intents: Sequence[Intent]) -> None:
        """What the run is about to do besides."""
        self._store.intend(intents)

    def check(self) -> None:
        """Raise where the state cannot be saved: nothing more is sent then (contract 5)."""
        failure = self._store.failure
        if failure is not None:
            raise failure

    def record(self, changes: Sequence[Recorded]) -> None:
        """What came of requests, in one transaction; what is not `done` keeps its intent open."""
        for item in changes:
            if item.done or item.entry is None:
                self._unproved.pop(item.ref, None)
            else:
                self._unproved[item.ref] = item.entry
        self._store.record(changes)

    def notice(self, name: str, value: str) -> None:
        """The account was seen to behave so: kept with the day (contract 10)."""
        day = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%d")
        found, note = noticed(self._behaviours, name, value, day)
        if found == self._behaviours:
            return
        self._behaviours = found
        if note:
            self._notes.append(note)
        self.save()

    def save(self, words: str = "") -> None:
        """The state as it is by now."""
        self._store.save(self.state(), words=words)

    def close(self, run_id: str, words: str, *, converged: bool) -> None:
        """The run has ended."""
        self._store.close_run(run_id, converged=converged, words=words)

    # --- entries before anything is sent, and those of other objects ---

    def keep(self, entries: Mapping[Ref, Entry]) -> None:
        """Entries as they are from here on; they are kept with the next save."""
        self._entries.update(entries)

    def forget(self, ref: Ref) -> Entry | None:
        """An object is not managed any more; returns what was remembered of it."""
        return self._entries.pop(ref, None)

    def close_with(self, state: State) -> None:
        """The entries and what they share as they are to be kept in the end."""
        self._entries = dict(state.entries)
        self._state = replace(self._state, shared=state.shared)

    # --- the state ---

    def state(self) -> State:
        """The state as it is to be kept."""
        known, seen = self._state.account, self._plan.account
        return replace(
            self._state,
            account=known.seen_for(seen.environment) if known else seen,
            entries={**self._entries, **self._unproved},
            moved=self._plan.moved,
            near=self._near_matches(),
            doubtful=self._still_doubtful(),
            behaviours=self._behaviours,
            refused=self._still_refused(),
        )

    def _near_matches(self) -> dict[Ref, tuple[str, ...]]:
        """Near matches that nobody has settled yet: what is managed now, has been."""
        known = {**self._state.near, **self._plan.near}
        return {ref: ids for ref, ids in known.items() if ref not in self._entries}

    def _still_doubtful(self) -> dict[Ref, float]:
        """A second object that turns up within a day is reported (contract 2.6)."""
        return {ref: at for ref, at in self._doubtful.items() if self._now() - at < DAY}

    def _still_refused(self) -> frozenset[Ref]:
        """What was refused and is still to be made: it comes last in the next run (2.4)."""
        if is_whole(self._plan):
            return frozenset(self._sorts.refused & self._changes.keys())
        return frozenset(self._sorts.refused)


def is_whole(plan: Plan) -> bool:
    """Nothing that the catalog wants was left out: later runs need not look back behind it."""
    return not plan.targets and not (plan.review and plan.review.not_permitted)


def _once_read(entry: Entry, live: Live) -> Entry:
    """A file's first answer ends that it counts as processing (contract 2.8)."""
    there = entry.processing and entry.id in live.of(entry.ref.kind)
    return replace(entry, processing=0.0) if there else entry
