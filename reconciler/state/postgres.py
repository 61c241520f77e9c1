"""The state in PostgreSQL: tables in a schema of their own, for teams with many runners."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import psycopg
from psycopg import errors, sql

from reconciler.closing import Closing
from reconciler.errors import StateError, UsageError
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
    silent,
    unheard,
)
from reconciler.state import rows as rows_
from reconciler.state.jsonform import UNREADABLE
from reconciler.state.lockmessages import ADOPT, RELEASE, locked_error, waiting_words
from reconciler.state.pgschema import Connection, has_digests, is_state, no_room, prepare

SCHEMA = "pxm"
"""Where the tables are, unless `?schema=` says otherwise."""

POLL = 0.5
"""Seconds between two looks at a lock that another run holds."""

FRESH = 1.0
"""Seconds for which a look at one's own lock serves: a round trip a second at most."""

ENDING = 5.0
"""Seconds in which the server ends a connection that it is told to end."""

_OLD_ENTRY = rows_.ENTRY.removesuffix(f", {rows_.AT_REST}")
"""The columns of tables without room for digests."""

_PUT_META = (
    "INSERT INTO meta VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_PUT_RUN = f"INSERT INTO runs ({rows_.RUN}) VALUES (%s, %s, %s, %s, %s)"
_COPY_INTENT = "COPY intents (run, position, action, kind, key, id, natural_key) FROM STDIN"
_INTENT = "action, kind, key, id, natural_key"


def postgres_store(url: str, say: Callable[[str], None] = silent) -> PostgresStore:
    """The store of a `postgresql://` URL."""
    return PostgresStore(*address(url), say=say)


def address(url: str) -> tuple[str, str]:
    """The URL as libpq takes it, and the schema: `schema=` is ours, the rest is libpq's."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    schema = dict(pairs).get("schema", SCHEMA)
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema) or schema.startswith("pg_"):
        raise UsageError(
            "--state postgresql: `schema` is no name of a schema",
            hint="small letters, digits and _: postgresql://host/db?schema=pxm_staging",
        )
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs if name != "schema")
    return urlunsplit(parts._replace(query=query)), schema


class PostgresStore(Closing):
    """`postgresql://…`.  One connection does everything: whoever loses it loses the lock too, and
    writes nothing more."""

    failure: StateError | None = None

    def __init__(
        self,
        url: str,
        schema: str,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        poll: float = POLL,
        say: Callable[[str], None] = silent,
    ) -> None:
        self.mark = Mark()
        self.schema = schema
        self._url = url
        self._now = now
        self._clock = clock
        self._poll = poll
        self._key = int.from_bytes(sha256(f"pxm:{schema}".encode()).digest()[:8], signed=True)
        self._connection: Connection | None = None
        self._prepared = False
        self._entry = rows_.ENTRY
        self._say = say
        self._locked = False
        self._proven = 0.0
        self._run = ""
        self._held = rows_.Held()
        self._guard = threading.RLock()

    def close(self) -> None:
        """Close the connection."""
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection, self._prepared = None, False

    # --- the lock ---

    @contextmanager
    def lock(
        self,
        holder: str,
        run: str,
        now: float,
        *,
        timeout: float = 0.0,
        date: Dates = no_date,  # noqa: ARG002 - the server knows whether a connection lives
        waits: Waits = unheard,
    ) -> Iterator[None]:
        """An advisory lock: the server releases it with the connection, however that ends."""
        deadline = time.monotonic() + timeout
        while not self._took(Lock(holder, run, now)):
            left, found = deadline - time.monotonic(), self.locked()
            if left <= 0:
                raise locked_error(found, f"it ends with its connection; {RELEASE}")
            waits(left, waiting_words(found))
            time.sleep(self._poll)
        self._locked, self._proven = True, self._clock()
        try:
            yield
        finally:
            self._locked = False
            self._release()

    def _took(self, lock: Lock) -> bool:
        with self._transaction(write=True) as connection:
            found = connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key + 1,))
            if found.fetchone() != (True,):
                return False
            connection.execute("DELETE FROM lock")
            row = (lock.holder, lock.run, lock.since)
            connection.execute("INSERT INTO lock (holder, run, since) VALUES (%s, %s, %s)", row)
        return True

    def _release(self) -> None:
        """A connection that is gone has released it already."""
        with suppress(StateError), self._transaction() as connection:
            connection.execute("DELETE FROM lock")
            connection.execute("SELECT pg_advisory_unlock(%s)", (self._key + 1,))

    def prove(self) -> None:
        """The server still counts the lock as this connection's: it lets go of it when it gives
        the connection up, and a pooler may hand us another one."""
        with self._guard:
            begun = self._clock()
            if not self._locked or begun - self._proven <= FRESH:
                return
            with self._transaction() as connection:
                row = connection.execute("SELECT pg_backend_pid()").fetchone()
                if row is None or row[0] != self._holder(connection):
                    raise StateError(
                        "this run has lost the lock of the state: its connection does not hold it",
                        hint="connect without a pooler, or through one in session mode, then run "
                        "`pxm apply` again: it looks for what this run has made",
                    )
            self._proven = begun

    def locked(self) -> Lock | None:
        """Who holds the lock now."""
        found = self._lock()
        return found[1] if found is not None else None

    def unlock(self, lock: Lock) -> bool:
        """End the connection that holds exactly this lock."""
        found = self._lock()
        if found is None or found[1] != lock or lock.beat not in (None, found[1].beat):
            return False
        with self._transaction() as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (found[0],))
        deadline = time.monotonic() + ENDING
        while self.locked() == lock:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        return True

    def _lock(self) -> tuple[object, Lock] | None:
        with self._transaction() as connection:
            pid = self._holder(connection) if self._there(connection) else None
            if pid is None:
                return None
            row = connection.execute(
                "SELECT holder, run, since, extract(epoch FROM state_change)::double precision "
                "FROM lock LEFT JOIN pg_stat_activity ON pid = %s",
                (pid,),
            ).fetchone()
            # When its connection was last used is when the run was last seen.
            signed = Lock(*row) if row is not None else Lock("somebody", "unknown", 0.0)  # type: ignore[arg-type]
            return pid, signed

    def _holder(self, connection: Connection) -> object:
        """The server's process that holds the advisory lock."""
        key = (self._key + 1) % 2**64
        row = connection.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid::bigint = %s AND objid::bigint = %s",
            (key >> 32, key % 2**32),
        ).fetchone()
        return row[0] if row is not None else None

    # --- reading ---

    def load(self) -> State:
        """Everything that is remembered."""
        return self.snapshot().state

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended, each with what `record` has not said to be done."""
        with self._transaction() as connection:
            return _open_runs(connection) if self._there(connection) else ()

    def converged(self) -> Converged | None:
        """The last converged run."""
        with self._transaction() as connection:
            there = self._there(connection)
            return rows_.converged_of(self._meta(connection)) if there else None

    def snapshot(self) -> Snapshot:
        """All of it as one transaction saw it."""
        with self._transaction() as connection:
            if not self._there(connection):
                return Snapshot()
            meta = self._meta(connection)
            columns = rows_.selected(has_digests(connection, self.schema))
            found = connection.execute(f"SELECT {columns} FROM entries")
            state = rows_.state_of(meta, found)
            self._held.took(state.entries, self.mark)
            return Snapshot(state, self.mark, rows_.converged_of(meta), _open_runs(connection))

    def _there(self, connection: Connection) -> bool:
        """Whether there are tables; reading makes none."""
        return self._prepared or is_state(connection, self.schema)

    def _meta(self, connection: Connection) -> dict[str, str]:
        rows = connection.execute("SELECT name, value FROM meta").fetchall()
        meta = {str(name): str(value) for name, value in rows}
        self.mark = rows_.mark_of(meta)
        return meta

    # --- writing ---

    def begin(self, run: Run) -> None:
        """Durable before the first write; the rows of ended runs stay as the account's history."""
        self._run = run.id
        with self._writing(f"apply: {run.about}") as connection:
            connection.execute("DELETE FROM runs WHERE id = %s", (run.id,))
            _put_run(connection, run)
            if run.account is not None:
                state = rows_.with_account(rows_.state_of(self._meta(connection), ()), run)
                _many(connection, _PUT_META, rows_.meta_rows(state))

    def intend(self, intents: Sequence[Intent]) -> None:
        """More rows behind those of the run."""
        with self._writing("intended") as connection:
            query = "SELECT max(position) FROM intents WHERE run = %s"
            row = connection.execute(query, (self._run,)).fetchone()
            last = row[0] if row and isinstance(row[0], int) else None
            with connection.cursor() as cursor, cursor.copy(_COPY_INTENT) as copy:
                for values in rows_.intent_rows(self._run, intents, last):
                    copy.write_row(values)

    def record(self, changes: Sequence[Recorded]) -> None:
        """One transaction for all of them; what is done is no longer an open intent."""
        done = [(self._run, item.ref.kind, item.ref.key) for item in changes if item.done]
        query = "DELETE FROM intents WHERE run = %s AND kind = %s AND key = %s"
        with self._guard:
            with self._writing("recorded") as connection:
                _put_changes(connection, changes, self._entry)
                _many(connection, query, done)
            self._held.recorded(changes)

    def flush(self) -> None:
        """Nothing to wait for: each transaction is durable when it ends."""

    def close_run(self, run_id: str, *, converged: bool, words: str = "") -> None:
        """The run has ended by itself, or a later one has settled what it left open."""
        ended = self._now()
        with self._writing(words or "run closed") as connection:
            connection.execute("DELETE FROM intents WHERE run = %s", (run_id,))
            row = connection.execute(
                "UPDATE runs SET ended = %s, converged = %s, words = %s WHERE id = %s "
                "RETURNING catalog_commit",
                (ended, converged, words, run_id),
            ).fetchone()
            if converged and row is not None:
                last = Converged(run_id, str(row[0]), ended)
                connection.execute(_PUT_META, rows_.converged_row(last))
        self._run = "" if run_id == self._run else self._run

    def save(self, state: State, *, words: str = "") -> None:
        """Make the state exactly this.  Runs are not part of it."""
        with self._guard:
            with self._writing(words or "saved") as connection:
                changes = self._held.changes(state.entries, self.mark)
                _put_state(connection, state, changes, self._entry)
            self._held.took(state.entries, self.mark)

    def restore(self, snapshot: Snapshot, *, words: str = "") -> None:
        """Make everything exactly this."""
        with self._guard:
            with self._writing(words or "restored", snapshot.mark) as connection:
                _put_state(connection, snapshot.state, None, self._entry)
                connection.execute("DELETE FROM runs WHERE ended IS NULL")
                connection.execute("DELETE FROM intents")
                for run in snapshot.runs:
                    connection.execute("DELETE FROM runs WHERE id = %s", (run.id,))
                    _put_run(connection, run)
                connection.execute(_PUT_META, rows_.converged_row(snapshot.converged))
            self._held.took(snapshot.state.entries, snapshot.mark)

    @contextmanager
    def _writing(self, words: str, mark: Mark | None = None) -> Iterator[Connection]:
        """A transaction that makes the next version, or the one of `mark`."""
        with self._guard:
            with self._transaction(write=True) as connection:
                # Two writers at once would both make the same version.
                connection.execute("LOCK TABLE meta IN SHARE ROW EXCLUSIVE MODE")
                self._meta(connection)
                before = self.mark
                mark = mark or rows_.following(before, self._run)
                connection.execute(_PUT_META, rows_.mark_row(mark))
                if words != "recorded":
                    _tell(connection, mark, words)
                yield connection
            self.mark = mark
            self._held.went(before, mark)

    # --- the connection ---

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[Connection]:
        """One thread and one transaction at a time; errors in our words."""
        with self._guard:
            try:
                connection = self._open()
                if write and not self._prepared:
                    self._prepare(connection)
                with connection.transaction():
                    if not write:
                        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    yield connection
            except (errors.UndefinedTable, errors.UndefinedColumn, *UNREADABLE) as error:
                raise self._damaged(error) from error
            except psycopg.Error as error:
                raise self._unusable(error) from error

    def _prepare(self, connection: Connection) -> None:
        """Tables to write to; where they have no room for digests, those are not kept."""
        has_room = prepare(connection, self.schema, self._key)
        if not has_room and self._entry != _OLD_ENTRY:
            self._say(no_room(connection, self.schema))
        self._entry = rows_.ENTRY if has_room else _OLD_ENTRY
        self._prepared = True

    def _open(self) -> Connection:
        if self._connection is not None and self._connection.closed and not self._locked:
            self._connection, self._prepared = None, False
        if self._connection is None:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=10,
                fallback_application_name="pxm",
                **_alive(self._url),
            )
            path = sql.SQL("SET search_path TO {}").format(sql.Identifier(self.schema))
            connection.execute(path)
            with suppress(psycopg.Error):
                # A pooler may not know them.
                connection.execute(_SERVER_ALIVE)
            self._connection = connection
        return self._connection

    def _damaged(self, error: Exception) -> StateError:
        return StateError(
            f"the state in schema {self.schema} is damaged ({_one_line(error)}); "
            "nothing was changed",
            hint=f'DROP SCHEMA "{self.schema}" CASCADE, {ADOPT}',
        )

    def _unusable(self, error: psycopg.Error) -> StateError:
        said = _one_line(error)
        password = urlsplit(self._url).password
        if password:
            said = said.replace(password, "…")
        lock = ": the connection that held the lock is gone" if self._locked else ""
        return StateError(
            f"the state in PostgreSQL cannot be used{lock}: {said}",
            hint="check the URL of --state, the server and what this user may do there",
        )


_ALIVE = {
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""libpq's words for: a network that says nothing for a minute is a connection that is gone."""

_SERVER_ALIVE = (
    "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
)
"""The same for the server, which else keeps the lock of a machine that vanished for two hours."""


def _alive(url: str) -> dict[str, Any]:
    """Settings of the connection that the URL does not make itself."""
    given = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return {name: value for name, value in _ALIVE.items() if name not in given}


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _many(connection: Connection, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(query.encode(), rows)


def _tell(connection: Connection, mark: Mark, words: str) -> None:
    connection.execute(
        "INSERT INTO changes (serial, writer, words) VALUES (%s, %s, %s) "
        "ON CONFLICT (serial) DO UPDATE SET at = now(), writer = excluded.writer, "
        "words = excluded.words",
        (mark.serial, mark.writer, words),
    )


def _put_state(
    connection: Connection, state: State, changes: Sequence[Recorded] | None, columns: str
) -> None:
    """All of a state; of its entries only the changes, where they are known."""
    _many(connection, _PUT_META, rows_.meta_rows(state))
    if changes is not None:
        _put_changes(connection, changes, columns)
        return
    connection.execute("DELETE FROM entries")
    number = len(columns.split(", "))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY entries ({columns}) FROM STDIN".encode()) as copy,
    ):
        for entry in state.entries.values():
            copy.write_row(rows_.entry_row(entry)[:number])


def _put_changes(connection: Connection, changes: Sequence[Recorded], columns: str) -> None:
    kept, gone = rows_.split(changes)
    names = columns.split(", ")
    values = ", ".join("%s" for _ in names)
    updated = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
    put = (
        f"INSERT INTO entries ({columns}) VALUES ({values}) "
        f"ON CONFLICT (kind, key) DO UPDATE SET {updated}"
    )
    _many(connection, "DELETE FROM entries WHERE kind = %s AND key = %s", gone)
    _many(connection, put, [row[: len(names)] for row in kept])


def _put_run(connection: Connection, run: Run) -> None:
    connection.execute(_PUT_RUN, rows_.run_row(run))
    with connection.cursor() as cursor, cursor.copy(_COPY_INTENT) as copy:
        for row in rows_.intent_rows(run.id, run.intents):
            copy.write_row(row)


def _open_runs(connection: Connection) -> tuple[Run, ...]:
    found = connection.execute(
        f"SELECT {rows_.RUN} FROM runs WHERE ended IS NULL ORDER BY started, id"
    )
    return tuple(_run(connection, row) for row in found.fetchall())


def _run(connection: Connection, row: tuple[object, ...]) -> Run:
    found = connection.execute(
        f"SELECT {_INTENT} FROM intents WHERE run = %s ORDER BY position", row[:1]
    )
    return rows_.run_from(row, found)
