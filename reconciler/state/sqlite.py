"""The state in a SQLite file: written after every operation, durable across SIGKILL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.closing import Closing
from reconciler.errors import StateError
from reconciler.model import State
from reconciler.state import (
    Converged,
    Dates,
    Intent,
    Lock,
    Mark,
    Recorded,
    Run,
    Snapshot,
    Waits,
    no_date,
    unheard,
)
from reconciler.state import rows as rows_
from reconciler.state.jsonform import UNREADABLE
from reconciler.state.lockfile import check, held, holder_of
from reconciler.state.lockmessages import ADOPT
from reconciler.state.schema import add_digests, has_digests, prepare

_PUT_ENTRY = f"INSERT OR REPLACE INTO entries ({rows_.ENTRY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_META = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
_PUT_RUN = f"INSERT INTO runs ({rows_.RUN}) VALUES (?, ?, ?, ?, ?)"
_PUT_INTENT = "INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, ?)"


class SqliteStore(Closing):
    """`file:PATH`.  A file that is not there is an empty state until something is written."""

    failure: StateError | None = None

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self.mark = Mark()
        self._now = now
        self._connection: sqlite3.Connection | None = None
        self._has_room = False
        self._run = ""
        self._held = rows_.Held()
        self._lock: int | None = None
        self._guard = threading.RLock()

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection, self._has_room = None, False

    # --- the lock ---

    @contextmanager
    def lock(
        self,
        holder: str,
        run: str,
        now: float,
        *,
        timeout: float = 0.0,
        date: Dates = no_date,  # noqa: ARG002 - the system knows whether a run lives
        waits: Waits = unheard,
    ) -> Iterator[None]:
        """Keep other applies out; Locked names who is in."""
        with held(self._lock_path, Lock(holder, run, now), timeout, waits) as handle:
            self._lock = handle
            try:
                yield
            finally:
                self._lock = None

    def prove(self) -> None:
        """The system holds the lock of the file that was opened; is it the one that others open?"""
        if self._lock is not None:
            check(self._lock, self._lock_path)

    def locked(self) -> Lock | None:
        """Who holds the lock now."""
        return holder_of(self._lock_path)

    def unlock(self, lock: Lock) -> bool:  # noqa: ARG002 - the protocol's
        """Never anything to do: the system releases the lock with its process."""
        return False

    @property
    def _lock_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")

    # --- reading ---

    def load(self) -> State:
        """Everything that is remembered."""
        if not self._there():
            return State()
        with self._transaction("BEGIN") as connection:
            return self._state(connection, self._meta(connection))

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended, each with what `record` has not said to be done."""
        if not self._there():
            return ()
        with self._transaction("BEGIN") as connection:
            return _open_runs(connection)

    def converged(self) -> Converged | None:
        """The last converged run."""
        if not self._there():
            return None
        with self._transaction("BEGIN") as connection:
            return rows_.converged_of(self._meta(connection))

    def snapshot(self) -> Snapshot:
        """All of it as one transaction saw it."""
        if not self._there():
            return Snapshot()
        with self._transaction("BEGIN") as connection:
            meta = self._meta(connection)
            state, runs = self._state(connection, meta), _open_runs(connection)
            return Snapshot(state, self.mark, rows_.converged_of(meta), runs)

    def _meta(self, connection: sqlite3.Connection) -> dict[str, str]:
        meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        self.mark = rows_.mark_of(meta)
        return meta

    def _mark(self, connection: sqlite3.Connection) -> Mark:
        """The version in the file: somebody else's command may have made the last one."""
        row = connection.execute("SELECT name, value FROM meta WHERE name = 'mark'").fetchone()
        self.mark = rows_.mark_of(dict([row] if row else []))
        return self.mark

    def _state(self, connection: sqlite3.Connection, meta: dict[str, str]) -> State:
        columns = rows_.selected(has_digests(connection))
        found = connection.execute(f"SELECT {columns} FROM entries")
        state = rows_.state_of(meta, found)
        self._held.took(state.entries, self.mark)
        return state

    # --- writing ---

    def begin(self, run: Run) -> None:
        """Durable before the first write; of ended runs only the last is kept."""
        self._run = run.id
        with self._writing() as connection:
            connection.execute("DELETE FROM runs WHERE converged IS NOT NULL OR id = ?", (run.id,))
            connection.execute("DELETE FROM intents WHERE run NOT IN (SELECT id FROM runs)")
            _put_run(connection, run)
            if run.account is not None:
                state = rows_.state_of(self._meta(connection), ())
                put = rows_.meta_rows(rows_.with_account(state, run))
                connection.executemany(_PUT_META, put)

    def intend(self, intents: Sequence[Intent]) -> None:
        """More rows behind those of the run."""
        with self._writing() as connection:
            query = "SELECT max(position) FROM intents WHERE run = ?"
            (last,) = connection.execute(query, (self._run,)).fetchone()
            connection.executemany(_PUT_INTENT, rows_.intent_rows(self._run, intents, last))

    def record(self, changes: Sequence[Recorded]) -> None:
        """One transaction for all of them; what is done is no longer an open intent."""
        done = [(self._run, item.ref.kind, item.ref.key) for item in changes if item.done]
        query = "DELETE FROM intents WHERE run = ? AND kind = ? AND key = ?"
        with self._guard:
            with self._writing() as connection:
                _put_changes(connection, changes)
                if done:
                    connection.executemany(query, done)
            self._held.recorded(changes)

    def flush(self) -> None:
        """Nothing to wait for: each transaction is durable when it ends."""

    def close_run(self, run_id: str, *, converged: bool, words: str = "") -> None:  # noqa: ARG002
        """The run has ended by itself, or a later one has settled what it left open."""
        with self._writing() as connection:
            connection.execute("UPDATE runs SET converged = ? WHERE id = ?", (converged, run_id))
            connection.execute("DELETE FROM intents WHERE run = ?", (run_id,))
            found = connection.execute("SELECT catalog_commit FROM runs WHERE id = ?", (run_id,))
            row = found.fetchone()
            if converged and row is not None:
                last = Converged(run_id, row[0], self._now())
                connection.execute(_PUT_META, rows_.converged_row(last))
        self._run = "" if run_id == self._run else self._run

    def save(self, state: State, *, words: str = "") -> None:  # noqa: ARG002 - no history here
        """Make the state exactly this.  Runs are not part of it."""
        with self._guard:
            with self._writing() as connection:
                _put_state(connection, state, self._held.changes(state.entries, self.mark))
            self._held.took(state.entries, self.mark)

    def restore(self, snapshot: Snapshot, *, words: str = "") -> None:  # noqa: ARG002
        """Make everything exactly this."""
        with self._guard:
            with self._writing(snapshot.mark) as connection:
                _put_state(connection, snapshot.state, None)
                connection.execute("DELETE FROM runs")
                connection.execute("DELETE FROM intents")
                for run in snapshot.runs:
                    _put_run(connection, run)
                connection.execute(_PUT_META, rows_.converged_row(snapshot.converged))
            self._held.took(snapshot.state.entries, snapshot.mark)

    # --- the file ---

    def _there(self) -> bool:
        """An empty file is what a run killed before its first write leaves: no state either."""
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StateError(f"the state {self.path} cannot be read: {error}") from error

    @contextmanager
    def _writing(self, mark: Mark | None = None) -> Iterator[sqlite3.Connection]:
        """A transaction that makes the next version, or the one of `mark`."""
        with self._guard:
            with self._transaction("BEGIN IMMEDIATE") as connection:
                if not self._has_room:
                    add_digests(connection)
                before = self._mark(connection)
                mark = mark or rows_.following(before, self._run)
                connection.execute(_PUT_META, rows_.mark_row(mark))
                yield connection
            self.mark, self._has_room = mark, True
            self._held.went(before, mark)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        """One thread and one transaction at a time; errors in our words."""
        with self._guard:
            try:
                connection = self._open()
                with connection:
                    connection.execute(begin)
                    yield connection
            except sqlite3.OperationalError as error:
                raise StateError(f"the state {self.path} cannot be used: {error}") from error
            except (sqlite3.DatabaseError, *UNREADABLE) as error:
                raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> StateError:
        return StateError(
            f"the state {self.path} is damaged ({error}); nothing was changed",
            hint=f"move the file away {ADOPT}",
        )

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch(mode=0o600)
            except OSError as error:
                raise StateError(f"the state {self.path} cannot be written: {error}") from error
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=10.0
            )
            try:
                prepare(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _put_state(
    connection: sqlite3.Connection, state: State, changes: Sequence[Recorded] | None
) -> None:
    """All of a state; of its entries only the changes, where they are known."""
    connection.executemany(_PUT_META, rows_.meta_rows(state))
    if changes is not None:
        _put_changes(connection, changes)
        return
    connection.execute("DELETE FROM entries")
    connection.executemany(_PUT_ENTRY, map(rows_.entry_row, state.entries.values()))


def _put_changes(connection: sqlite3.Connection, changes: Sequence[Recorded]) -> None:
    kept, gone = rows_.split(changes)
    if gone:
        connection.executemany("DELETE FROM entries WHERE kind = ? AND key = ?", gone)
    if kept:
        connection.executemany(_PUT_ENTRY, kept)


def _put_run(connection: sqlite3.Connection, run: Run) -> None:
    connection.execute(_PUT_RUN, rows_.run_row(run))
    connection.executemany(_PUT_INTENT, rows_.intent_rows(run.id, run.intents))


def _open_runs(connection: sqlite3.Connection) -> tuple[Run, ...]:
    found = connection.execute(
        f"SELECT {rows_.RUN} FROM runs WHERE converged IS NULL ORDER BY started, id"
    )
    return tuple(_run(connection, row) for row in found.fetchall())


def _run(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Run:
    found = connection.execute(
        f"SELECT {rows_.INTENT} FROM intents WHERE run = ? ORDER BY position", row[:1]
    )
    return rows_.run_from(row, found)
