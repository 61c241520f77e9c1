"""What all runs on one PostgreSQL state may send together (contract 7.2): one row by account.

The row is a bucket, filled by the server's clock.  It is no part of the state: who loses it starts
with a full one, and a run that dies has taken nothing but what it asked for.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from reconciler.closing import Closing
from reconciler.errors import StateError
from reconciler.model import Lot
from reconciler.state.pgschema import Connection

SECONDS = 5
"""How long the server, or the network to it, may take."""

_TABLE = """CREATE TABLE IF NOT EXISTS pace (
    account text PRIMARY KEY, filled double precision NOT NULL, at double precision NOT NULL,
    given integer NOT NULL, runs jsonb NOT NULL
)"""

_FILLED = "least(%(size)s, p.filled + %(per_second)s * greatest(0, excluded.at - p.at))"
_GIVEN = "greatest(0, least(%(most)s, floor({} + %(ahead)s)))"

_LATEST = f"excluded.at + {2 * SECONDS}"

_GIVE = f"""INSERT INTO pace AS p (account, filled, at, given, runs)
SELECT %(account)s, %(size)s - {_GIVEN.format("%(size)s")}, at,
    {_GIVEN.format("%(size)s")}, jsonb_build_object(%(run)s::text, at)
FROM (SELECT extract(epoch FROM clock_timestamp())::double precision AS at) AS clock
ON CONFLICT (account) DO UPDATE SET
    filled = {_FILLED} - {_GIVEN.format(_FILLED)},
    given = {_GIVEN.format(_FILLED)},
    at = CASE WHEN p.at > {_LATEST} THEN excluded.at ELSE greatest(p.at, excluded.at) END,
    runs = excluded.runs || coalesce((
        SELECT jsonb_object_agg(key, value) FROM jsonb_each(p.runs)
        WHERE key <> %(run)s::text
            AND value::double precision > excluded.at - %(window)s
            AND value::double precision <= {_LATEST}
    ), '{{}}')
RETURNING given, filled + given, (SELECT count(*) FROM jsonb_object_keys(runs))"""
"""Who waits for the row sees it as the one before left it, and its clock does not go back.  A time
that nobody can have waited for is of a clock that was ahead: the bucket goes on from now, with what
it held."""


class PgPace(Closing):
    """Gives places to one run, over a connection of its own.

    The `bucket` is a size and what it gains in a second.  Places are given out `ahead` seconds
    before they are due at most; runs that asked within `window` seconds count.
    """

    def __init__(
        self,
        url: str,
        schema: str,
        *,
        account: str,
        run: str,
        bucket: tuple[float, float],
        ahead: float,
        window: float,
    ) -> None:
        self._url = url
        self._schema = schema
        self._values = {
            "account": account,
            "run": run,
            "size": bucket[0],
            "per_second": bucket[1],
            "ahead": bucket[1] * ahead,
            "window": window,
        }
        self._connection: Connection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def give(self, most: int) -> Lot:
        """So many places at most; StateError where there is no state yet, or no way to it."""
        try:
            row = self._opened().execute(_GIVE.encode(), {**self._values, "most": most}).fetchone()
        except psycopg.Error as error:
            self.close()
            raise StateError(f"the shared pace cannot be used: {error}") from error
        assert row is not None
        return Lot(int(str(row[0])), float(str(row[1])), int(str(row[2])))

    def _opened(self) -> Connection:
        if self._connection is None:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=SECONDS,
                fallback_application_name="pxm pace",
                tcp_user_timeout=str(SECONDS * 1000),
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: Connection) -> None:
        """Beside the tables of a state, never where there are none: the first apply makes those."""
        path = sql.SQL("SET search_path TO {}").format(sql.Identifier(self._schema))
        connection.execute(path)
        connection.execute(f"SET statement_timeout = '{SECONDS}s'".encode())
        there = connection.execute("SELECT to_regclass('meta'), to_regclass('pace')").fetchone()
        if there is None or there[0] is None:
            raise StateError("there is no state yet")
        if there[1] is None:
            with connection.transaction():
                # Two at once would both make it, whatever IF NOT EXISTS says.
                connection.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema()))")
                connection.execute(_TABLE.encode())
