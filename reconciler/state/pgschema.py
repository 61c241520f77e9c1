"""The tables of a state in PostgreSQL."""

from __future__ import annotations

import psycopg
from psycopg import errors, sql

from reconciler.errors import StateError
from reconciler.state.jsonform import check_format
from reconciler.state.rows import AT_REST

FORMAT = 2
"""The format of the tables that this program reads and writes; kept in `meta`."""

_TABLES = (
    "CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL)",
    """CREATE TABLE entries (
        kind text NOT NULL, key text NOT NULL, id text NOT NULL, applied text NOT NULL,
        prevent_destroy integer NOT NULL, written double precision NOT NULL,
        processing double precision NOT NULL DEFAULT 0, at_rest text NOT NULL DEFAULT '',
        PRIMARY KEY (kind, key)
    )""",
    """CREATE TABLE runs (
        id text PRIMARY KEY, holder text NOT NULL, started double precision NOT NULL,
        catalog_commit text NOT NULL, about text NOT NULL,
        ended double precision, converged boolean, words text NOT NULL DEFAULT ''
    )""",
    """CREATE TABLE intents (
        run text NOT NULL, position integer NOT NULL, action text NOT NULL, kind text NOT NULL,
        key text NOT NULL, id text, natural_key text NOT NULL, PRIMARY KEY (run, position)
    )""",
    "CREATE INDEX intents_by_ref ON intents (run, kind, key)",
    """CREATE TABLE changes (
        serial bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), writer text NOT NULL,
        words text NOT NULL
    )""",
    """CREATE TABLE lock (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        holder text NOT NULL, run text NOT NULL, since double precision NOT NULL
    )""",
)

Connection = psycopg.Connection[tuple[object, ...]]


def is_state(connection: Connection, schema: str) -> bool:
    """Whether a schema holds a state of this format; False where it has no tables.

    StateError where they are newer, or another program's; ValueError where no released version
    wrote their format.
    """
    tables = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (schema,)
    ).fetchall()
    if not tables:
        return False
    if ("meta",) not in tables or ("entries",) not in tables:
        raise StateError(
            f"the schema {schema} holds something else, not a state; nothing was changed",
            hint="check --state; `?schema=NAME` takes another schema",
        )
    row = connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
    if row is None:
        raise ValueError("no format")
    check_format(int(str(row[0])), FORMAT, f"the state in schema {schema}")
    return True


def has_digests(connection: Connection, schema: str) -> bool:
    """The entries have digests, as those of older versions have not."""
    found = connection.execute(
        "SELECT 1 FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = 'entries' AND column_name = %s",
        (schema, AT_REST),
    )
    return found.fetchone() is not None


def _add_digests(connection: Connection) -> bool:
    """Make room for digests; older versions do not mind.  False where only the owner may."""
    column = sql.Identifier(AT_REST)
    words = "ALTER TABLE entries ADD COLUMN {} text NOT NULL DEFAULT ''"
    try:
        with connection.transaction():
            connection.execute(sql.SQL(words).format(column))
    except errors.InsufficientPrivilege:
        return False
    return True


def no_room(connection: Connection, schema: str) -> str:
    """What is said where the tables have no room for digests, and who can make it."""
    row = connection.execute(
        "SELECT tableowner FROM pg_tables WHERE schemaname = %s AND tablename = 'entries'",
        (schema,),
    ).fetchone()
    owner = row[0] if row is not None else "their owner"
    return (
        f"The state in schema {schema} is of an older version, and its tables are not this "
        f"user's: plans read it as before, field by field. To make plans quicker, {owner} runs "
        "once a `pxm apply`, or "
        f'`ALTER TABLE "{schema}".entries ADD COLUMN {AT_REST} text '
        "NOT NULL DEFAULT ''`."
    )


def prepare(connection: Connection, schema: str, key: int) -> bool:
    """Make the tables where there are none, in one transaction; `key` keeps others out.

    Returns whether they have room for digests.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (key,))
        there = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,))
        if there.fetchone() is None:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        # Another process may have been faster.
        if is_state(connection, schema):
            return has_digests(connection, schema) or _add_digests(connection)
        for table in _TABLES:
            connection.execute(table)
        connection.execute("INSERT INTO meta VALUES ('format', %s)", (str(FORMAT),))
        return True
