"""A store that keeps in a file what it cannot save, so that nothing which was done is lost.

Contract 5: when the state cannot be saved nothing more is sent, and what is unsaved goes to
`.reconciler/unsaved.json`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from reconciler.closing import Closing
from reconciler.errors import StateError
from reconciler.model import Entry, Ref, State
from reconciler.state import (
    Converged,
    Dates,
    Intent,
    Lock,
    Mark,
    Recorded,
    Run,
    Snapshot,
    Store,
    Waits,
    no_date,
    unheard,
)
from reconciler.state.rows import difference, with_account
from reconciler.state.unsaved import Unsaved, pending, write

PUSH = "`pxm state push` brings it back once the state can be written again"


class Guarded(Closing):
    """A store around a store.

    Once a write of a run has failed, `failure` is set and every further `record` raises again,
    after what it was given has gone into the file too: requests in flight end after the failure.
    """

    def __init__(self, store: Store, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self.store = store
        self.path = path
        self.failure: StateError | None = None
        self._now = now
        self._guard = threading.RLock()
        self._run: Run | None = None
        self._ended = False
        self._converged: Converged | None = None
        self._rest = State()
        self._known: dict[Ref, Entry] = {}
        self._changed: dict[Ref, Entry | None] = {}
        self._done: set[Ref] = set()

    @property
    def mark(self) -> Mark:
        """The version that the store has last read or written."""
        return self.store.mark

    # --- reading ---

    def load(self) -> State:
        """The state as the store has it."""
        state = self.store.load()
        self._took(state)
        return state

    def snapshot(self) -> Snapshot:
        """All that the store has."""
        return self.store.snapshot()

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended."""
        return self.store.open_runs()

    def converged(self) -> Converged | None:
        """The last converged run."""
        return self.store.converged()

    def locked(self) -> Lock | None:
        """Who holds the lock now."""
        return self.store.locked()

    # --- the lock ---

    @contextmanager
    def lock(
        self,
        holder: str,
        run: str,
        now: float,
        *,
        timeout: float = 0.0,
        date: Dates = no_date,
        waits: Waits = unheard,
    ) -> Iterator[None]:
        """Keep other applies out; what lags behind is saved before the lock is released.

        StateError where an earlier run's file waits: a second one would have no place to go, and
        what is in the first would no longer fit the state.
        """
        waiting = pending(self.path)
        if waiting is not None:
            raise waiting
        with self.store.lock(holder, run, now, timeout=timeout, date=date, waits=waits):
            try:
                yield
            finally:
                self._settled()

    def lock_for_push(
        self,
        holder: str,
        run: str,
        now: float,
        *,
        timeout: float = 0.0,
        waits: Waits = unheard,
    ) -> AbstractContextManager[None]:
        """The lock for the command that brings the file back."""
        return self.store.lock(holder, run, now, timeout=timeout, waits=waits)

    def prove(self) -> None:
        """Return while the lock is sure to be held."""
        self.store.prove()

    def unlock(self, lock: Lock) -> bool:
        """Break exactly this lock."""
        return self.store.unlock(lock)

    # --- writing ---

    def begin(self, run: Run) -> None:
        """Nothing has been sent yet: where this fails there is nothing to keep."""
        self.store.begin(run)
        with self._guard:
            self._run, self._ended, self._converged = run, False, None
            self._rest = with_account(self._rest, run)
            self._changed, self._done = {}, set()

    def intend(self, intents: Sequence[Intent]) -> None:
        """Keep it in the store; where that fails nothing is done of it."""
        self._guarded(lambda: self.store.intend(intents))
        with self._guard:
            if self._run is not None:
                left = tuple(item for item in self._run.intents if item.ref not in self._done)
                self._run = replace(self._run, intents=(*left, *intents))
                self._done.difference_update(item.ref for item in intents)

    def record(self, changes: Sequence[Recorded]) -> None:
        """Keep what came of operations, in the store or in the file."""
        with self._guard:
            self._note(changes)
            self._done.update(item.ref for item in changes if item.done)
        self._guarded(lambda: self.store.record(changes))

    def save(self, state: State, *, words: str = "") -> None:
        """Make the state exactly this, in the store or in the file."""
        with self._guard:
            self._note(difference(self._known, state.entries))
            self._rest = replace(state, entries={})
        self._guarded(lambda: self.store.save(state, words=words))

    def close_run(self, run_id: str, *, converged: bool, words: str = "") -> None:
        """The run has ended; what the store still held back must be durable now."""
        with self._guard:
            own = self._run is not None and self._run.id == run_id
            if self._run is not None and own:
                self._ended = True
                if converged:
                    self._converged = Converged(run_id, self._run.commit, self._now())
        self._guarded(lambda: self.store.close_run(run_id, converged=converged, words=words))
        if own:
            self._run = None

    def flush(self) -> None:
        """Everything recorded so far is durable, in the store or in the file."""
        self._guarded(self.store.flush)

    def restore(self, snapshot: Snapshot, *, words: str = "") -> None:
        """A command's write: its file is still there where it fails."""
        self.store.restore(snapshot, words=words)
        self._took(snapshot.state)

    def close(self) -> None:
        """Save what lags behind, then let go."""
        try:
            self._settled()
        finally:
            self.store.close()

    # --- what is unsaved ---

    def _took(self, state: State) -> None:
        with self._guard:
            self._known = dict(state.entries)
            self._rest = replace(state, entries={})

    def _settled(self) -> None:
        if self.failure is None:
            self.flush()

    def _note(self, changes: Sequence[Recorded]) -> None:
        for item in changes:
            self._changed[item.ref] = item.entry
            if item.entry is None:
                self._known.pop(item.ref, None)
            else:
                self._known[item.ref] = item.entry

    def _guarded(self, save: Callable[[], None]) -> None:
        if self.failure is None:
            try:
                save()
            except StateError as error:
                if self._run is None:
                    raise
                self.failure = error
            else:
                return
        raise self._kept(self.failure) from self.failure

    def _kept(self, failure: StateError) -> StateError:
        """Write the file; the error to raise says where it is, or why it is not there."""
        with self._guard:
            unsaved = self._unsaved()
            try:
                write(self.path, unsaved)
            except (OSError, ValueError) as error:
                return StateError(
                    f"{failure.message}; what is unsaved cannot be kept in {self.path} either: "
                    f"{error}",
                    hint="run `pxm apply` again: it looks for what this run has made",
                )
        return StateError(
            f"the state could not be saved, nothing more was sent: {failure.message}; "
            f"what is unsaved is in {self.path}",
            hint=f"{PUSH}. {failure.hint}".strip(),
        )

    def _unsaved(self) -> Unsaved:
        run = self._run or Run("", "", self._now())
        left = tuple(item for item in run.intents if item.ref not in self._done)
        return Unsaved(
            replace(run, intents=left),
            self.store.mark,
            self._rest,
            dict(self._changed),
            self._ended,
            self._converged,
        )
