"""The state in a SQLite file: written after every operation, durable across SIGKILL."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from reconciler.errors import Locked, StateError
from reconciler.model import Account, Entry, Ref, State
from reconciler.state import Intent, Recorded, Run
from reconciler.state.encoding import applied_from, applied_text, dumps, loads

FORMAT = 1
"""`PRAGMA user_version` of the files that this program writes."""

POLL = 0.2
"""Seconds between two looks at a lock that another run holds."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, applied TEXT NOT NULL,
    prevent_destroy INTEGER NOT NULL, written REAL NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE runs (
    id TEXT PRIMARY KEY, holder TEXT NOT NULL, started REAL NOT NULL, intents TEXT NOT NULL,
    converged INTEGER
) WITHOUT ROWID;
"""


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript(_SCHEMA)


UPGRADES: tuple[Callable[[sqlite3.Connection], None], ...] = (_create,)
"""Step n takes a file of format n to n + 1."""


class SqliteStore:
    """`file:PATH`.  A file that is not there is an empty state until something is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
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

    # --- reading ---

    def load(self) -> State:
        """Everything that is remembered."""
        if not self.path.exists():
            return State()
        with self._guarded() as connection:
            meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
            rows = connection.execute(
                "SELECT kind, key, id, applied, prevent_destroy, written FROM entries"
            )
            entries = {entry.ref: entry for entry in map(_entry, rows)}
        return State(
            account=_account(meta.get("account")),
            entries=entries,
            moved=frozenset(tuple(item) for item in loads(meta.get("moved", "[]"))),
            near={
                Ref(*name.split("/", 1)): ids for name, ids in loads(meta.get("near", "{}")).items()
            },
        )

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended."""
        if not self.path.exists():
            return ()
        query = (
            "SELECT id, holder, started, intents FROM runs WHERE converged IS NULL ORDER BY started"
        )
        with self._guarded() as connection:
            return tuple(_run(row) for row in connection.execute(query))

    # --- writing ---

    def begin(self, run: Run) -> None:
        """Durable before the first write; of ended runs only the last is kept."""
        intents = [
            [item.action, item.ref.kind, item.ref.key, item.id, dict(item.natural)]
            for item in run.intents
        ]
        with self._guarded(write=True) as connection:
            connection.execute("DELETE FROM runs WHERE converged IS NOT NULL")
            row = (run.id, run.holder, run.started, dumps(intents))
            connection.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, NULL)", row)

    def record(self, changes: Sequence[Recorded]) -> None:
        """One transaction for all of them."""
        with self._guarded(write=True) as connection:
            for item in changes:
                _write_entry(connection, item)

    def close_run(self, run_id: str, *, converged: bool) -> None:
        """The run has ended by itself."""
        with self._guarded(write=True) as connection:
            connection.execute("UPDATE runs SET converged = ? WHERE id = ?", (converged, run_id))

    def save(self, state: State) -> None:
        """Make the state exactly this."""
        account = None if state.account is None else asdict(state.account)
        if account is not None:
            account["regions"] = sorted(account["regions"])
        meta = {
            "account": dumps(account),
            "moved": dumps(sorted(state.moved)),
            "near": dumps({str(ref): ids for ref, ids in state.near.items()}),
        }
        with self._guarded(write=True) as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())
            connection.execute("DELETE FROM entries")
            connection.executemany(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", map(_row, state.entries.values())
            )

    # --- the file ---

    @contextmanager
    def _guarded(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """One thread at a time; a transaction where something is written; errors in our words."""
        with self._guard:
            try:
                connection = self._open()
                if write:
                    with connection:
                        connection.execute("BEGIN IMMEDIATE")
                        yield connection
                else:
                    yield connection
            except sqlite3.OperationalError as error:
                raise StateError(f"the state {self.path} cannot be used: {error}") from error
            except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
                raise StateError(
                    f"the state {self.path} is damaged ({error}); nothing was changed",
                    hint="move the file away and run `pxm plan`: what exists will be adopted",
                ) from error

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
                _prepare(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    # --- the lock ---

    @contextmanager
    def lock(self, holder: str, run: str, now: float, *, timeout: float = 0.0) -> Iterator[None]:
        """Keep other applies out.

        The kernel holds it, and lets go when the process dies, however it dies; what is written
        into the file is only for the message.
        """
        path = self.path.with_name(f"{self.path.name}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+", encoding="utf-8") as file:
            _take(file, path, time.monotonic() + timeout)
            file.seek(0)
            file.truncate()
            since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
            file.write(f"{holder}, run {run}, since {since}")
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)


def _take(file: IO[str], path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= deadline:
                raise _locked(file, path) from None
            time.sleep(POLL)
        else:
            return


def _locked(file: IO[str], path: Path) -> Locked:
    file.seek(0)
    who = file.read().strip() or "another run"
    return Locked(
        f"the state is locked by {who}; nothing was written",
        hint=f"wait, or pass --lock-timeout SECONDS; the lock ends with its process ({path})",
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > FORMAT:
        raise StateError(
            f"the state {path} has format {version}, this program knows up to {FORMAT}",
            hint="install a newer pxm",
        )
    for number in range(version, FORMAT):
        UPGRADES[number](connection)
        connection.execute(f"PRAGMA user_version = {number + 1}")


def _write_entry(connection: sqlite3.Connection, item: Recorded) -> None:
    if item.entry is None:
        where = (item.ref.kind, item.ref.key)
        connection.execute("DELETE FROM entries WHERE kind = ? AND key = ?", where)
    else:
        connection.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)", _row(item.entry)
        )


def _row(entry: Entry) -> tuple[Any, ...]:
    applied = applied_text(entry.applied)
    return (
        entry.ref.kind,
        entry.ref.key,
        entry.id,
        applied,
        int(entry.prevent_destroy),
        entry.written,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    kind, key, id_, applied, protected, written = row
    return Entry(Ref(kind, key), id_, applied_from(applied), bool(protected), written)


def _account(text: str | None) -> Account | None:
    value = loads(text) if text else None
    if value is None:
        return None
    return Account(value["base_url"], frozenset(value["regions"]), value["client_id"])


def _run(row: tuple[Any, ...]) -> Run:
    id_, holder, started, intents = row
    found = (
        Intent(action, Ref(kind, key), i, natural)
        for action, kind, key, i, natural in loads(intents)
    )
    return Run(id_, holder, started, tuple(found))
