"""The tables of a state file, and how a file of an older format becomes one of this."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from reconciler.errors import StateError
from reconciler.state.jsonform import format_from

APPLICATION = 0x70786D73
"""`PRAGMA application_id`, "pxms": a sandbox's or a stranger's file is never taken for a state."""

FORMAT = 3
"""`PRAGMA user_version` of the files that this program writes."""

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE entries (
        kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, applied TEXT NOT NULL,
        prevent_destroy INTEGER NOT NULL, written REAL NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID""",
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY, holder TEXT NOT NULL, started REAL NOT NULL, converged INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE intents (
        run TEXT NOT NULL, position INTEGER NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL,
        key TEXT NOT NULL, id TEXT, natural TEXT NOT NULL, PRIMARY KEY (run, position)
    ) WITHOUT ROWID""",
    "CREATE INDEX intents_by_ref ON intents (run, kind, key)",
)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    for table in _TABLES:
        connection.execute(table)


def _trail(connection: sqlite3.Connection) -> None:
    """Format 2 remembers from which commit of the catalog a run came, and what it was about."""
    for column in ("catalog_commit", "about"):
        connection.execute(f"ALTER TABLE runs ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


def _waiting(connection: sqlite3.Connection) -> None:
    """Format 3 remembers since when a file that was confirmed cannot be read."""
    connection.execute("ALTER TABLE entries ADD COLUMN processing REAL NOT NULL DEFAULT 0")


UPGRADES: tuple[Callable[[sqlite3.Connection], None], ...] = (_create, _trail, _waiting)
"""Step n takes a file of format n to n + 1."""


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check whose file it is, and bring it to this format; StateError where it cannot be used."""
    version = _checked(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if version < FORMAT:
        _upgrade(connection, path)


def _checked(connection: sqlite3.Connection, path: Path) -> int:
    """The format of the file, 0 for an empty one; ValueError where it is none that ever was."""
    version = _pragma(connection, "user_version")
    empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if empty and version == 0:
        return 0
    if _pragma(connection, "application_id") != APPLICATION and not empty:
        raise StateError(
            f"{path} is a database of something else, not a state; nothing was changed",
            hint="check --state",
        )
    return format_from(version, FORMAT, f"the state {path}")


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """All steps in one transaction: a killed upgrade leaves the file as it was."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been faster.
        for number in range(_checked(connection, path), FORMAT):
            UPGRADES[number](connection)
        connection.execute(f"PRAGMA user_version = {FORMAT}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
