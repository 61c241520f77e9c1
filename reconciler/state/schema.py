"""The tables of a state file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from reconciler.errors import StateError
from reconciler.state.jsonform import check_format
from reconciler.state.rows import AT_REST

APPLICATION = 0x70786D73
"""`PRAGMA application_id`, "pxms": a sandbox's or a stranger's file is never taken for a state."""

FORMAT = 3
"""`PRAGMA user_version` of the files that this program reads and writes."""

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE entries (
        kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, applied TEXT NOT NULL,
        prevent_destroy INTEGER NOT NULL, written REAL NOT NULL,
        processing REAL NOT NULL DEFAULT 0, at_rest TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (kind, key)
    ) WITHOUT ROWID""",
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY, holder TEXT NOT NULL, started REAL NOT NULL, converged INTEGER,
        catalog_commit TEXT NOT NULL, about TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE intents (
        run TEXT NOT NULL, position INTEGER NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL,
        key TEXT NOT NULL, id TEXT, natural TEXT NOT NULL, PRIMARY KEY (run, position)
    ) WITHOUT ROWID""",
    "CREATE INDEX intents_by_ref ON intents (run, kind, key)",
)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check whose file it is, and make the tables in an empty one; StateError where it cannot be
    used, ValueError where no released version wrote its format."""
    made = _is_state(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if not made:
        _create(connection, path)


def _is_state(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file holds a state of this format; False for an empty one."""
    version = _pragma(connection, "user_version")
    empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if empty and version == 0:
        return False
    if _pragma(connection, "application_id") != APPLICATION and not empty:
        raise StateError(
            f"{path} is a database of something else, not a state; nothing was changed",
            hint="check --state",
        )
    check_format(version, FORMAT, f"the state {path}")
    return True


def _create(connection: sqlite3.Connection, path: Path) -> None:
    """All in one transaction: a killed process leaves the file empty."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been faster.
        if _is_state(connection, path):
            return
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        for table in _TABLES:
            connection.execute(table)
        connection.execute(f"PRAGMA user_version = {FORMAT}")


def has_digests(connection: sqlite3.Connection) -> bool:
    """The entries have digests, as those of older versions have not."""
    columns = connection.execute("PRAGMA table_info(entries)").fetchall()
    return any(column[1] == AT_REST for column in columns)


def add_digests(connection: sqlite3.Connection) -> None:
    """Make room for digests, where there is none; older versions do not mind."""
    if not has_digests(connection):
        connection.execute(f"ALTER TABLE entries ADD COLUMN {AT_REST} TEXT NOT NULL DEFAULT ''")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
