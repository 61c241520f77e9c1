"""The state in a SQLite file: written after every operation, durable across SIGKILL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.errors import StateError
from reconciler.model import State
from reconciler.state import Recorded, Run
from reconciler.state import rows as rows_
from reconciler.state.filelock import held
from reconciler.state.schema import prepare

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
"""What decoding raises where a row is not what this program writes."""


class SqliteStore:
    """`file:PATH`.  A file that is not there is an empty state until something is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._run = ""
        self._guard = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def lock(
        self, holder: str, run: str, now: float, *, timeout: float = 0.0
    ) -> AbstractContextManager[None]:
        """Keep other applies out; Locked names who is in."""
        return held(self.path.with_name(f"{self.path.name}.lock"), holder, run, now, timeout)

    # --- reading ---

    def load(self) -> State:
        """Everything that is remembered."""
        if not self._there():
            return State()
        with self._transaction("BEGIN") as connection:
            meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
            return rows_.state_from(meta, connection.execute(f"SELECT {rows_.ENTRY} FROM entries"))

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended, each with what `record` has not said to be done."""
        if not self._there():
            return ()
        with self._transaction("BEGIN") as connection:
            found = connection.execute(
                "SELECT id, holder, started FROM runs WHERE converged IS NULL ORDER BY started, id"
            )
            return tuple(_run(connection, row) for row in found.fetchall())

    # --- writing ---

    def begin(self, run: Run) -> None:
        """Durable before the first write; of ended runs only the last is kept."""
        intents = [
            (run.id, position, *rows_.intent_row(item)) for position, item in enumerate(run.intents)
        ]
        with self._transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("DELETE FROM runs WHERE converged IS NOT NULL OR id = ?", (run.id,))
            connection.execute("DELETE FROM intents WHERE run NOT IN (SELECT id FROM runs)")
            row = (run.id, run.holder, run.started)
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, NULL)", row)
            connection.executemany("INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, ?)", intents)
        self._run = run.id

    def record(self, changes: Sequence[Recorded]) -> None:
        """One transaction for all of them; what is done is no longer an open intent."""
        last = {item.ref: item.entry for item in changes}
        kept = [rows_.entry_row(entry) for entry in last.values() if entry is not None]
        forgotten = [(ref.kind, ref.key) for ref, entry in last.items() if entry is None]
        done = [(self._run, item.ref.kind, item.ref.key) for item in changes if item.done]
        with self._transaction("BEGIN IMMEDIATE") as connection:
            connection.executemany("DELETE FROM entries WHERE kind = ? AND key = ?", forgotten)
            connection.executemany(rows_.PUT_ENTRY, kept)
            connection.executemany(
                "DELETE FROM intents WHERE run = ? AND kind = ? AND key = ?", done
            )

    def close_run(self, run_id: str, *, converged: bool) -> None:
        """The run has ended by itself, or a later one has settled what it left open."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("UPDATE runs SET converged = ? WHERE id = ?", (converged, run_id))
            connection.execute("DELETE FROM intents WHERE run = ?", (run_id,))

    def save(self, state: State) -> None:
        """Make the state exactly this.  Runs are not part of it."""
        meta = rows_.meta_rows(state)
        entries = [rows_.entry_row(entry) for entry in state.entries.values()]
        with self._transaction("BEGIN IMMEDIATE") as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta)
            connection.execute("DELETE FROM entries")
            connection.executemany(rows_.PUT_ENTRY, entries)

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
            except (sqlite3.DatabaseError, *_UNREADABLE) as error:
                raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> StateError:
        return StateError(
            f"the state {self.path} is damaged ({error}); nothing was changed",
            hint="move the file away and run `pxm plan`: what exists will be adopted",
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


def _run(connection: sqlite3.Connection, row: tuple[str, str, float]) -> Run:
    found = connection.execute(
        f"SELECT {rows_.INTENT} FROM intents WHERE run = ? ORDER BY position", row[:1]
    )
    return Run(*row, tuple(map(rows_.intent_from, found)))
