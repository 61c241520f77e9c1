"""The state in PostgreSQL (contract 5), against a real server."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from reconciler.errors import StateError, UsageError
from reconciler.model import State
from reconciler.state import Lock, Recorded, raw_store
from reconciler.state.pgschema import prepare
from reconciler.state.postgres import PostgresStore, postgres_store
from tests.limits import HANG
from tests.state.backends import ACCOUNT, ENTRY, JACKET, RUN, STATE, Postgres


def connect(postgres: Postgres, user: str = "pxm") -> psycopg.Connection[tuple[object, ...]]:
    url = f"postgresql://{user}@/postgres?host={postgres.socket}"
    return psycopg.connect(url, autocommit=True)


def test_each_schema_is_a_state_of_its_own(postgres: Postgres) -> None:
    other = Postgres(postgres.socket, f"{postgres.schema}_staging", postgres.folder)
    with postgres.open() as first, other.open() as second:
        first.save(STATE)
        with first.lock("ann", "r1", 0.0), second.lock("ann", "r2", 0.0):
            assert second.load() == State()
        second.save(State(ACCOUNT))
        assert first.load() == STATE


def test_without_a_schema_it_is_pxm_and_the_rest_of_the_url_is_libpqs(postgres: Postgres) -> None:
    url = (
        f"postgresql://pxm@/postgres?host={postgres.socket}"
        "&application_name=us&options=-cstatement_timeout%3D77s"
    )
    store = postgres_store(url)
    assert store.schema == "pxm"
    store = postgres_store(f"{url}&schema={postgres.schema}")
    with store:
        store.save(STATE)
        held = postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'us'")
        assert held == [(1,)]
        assert store._open().execute("SHOW statement_timeout").fetchone() == ("77s",)


def test_the_trail_of_runs_and_changes_is_kept_in_tables(postgres: Postgres) -> None:
    with postgres.open() as store:
        store.begin(RUN)
        store.record([Recorded(JACKET, ENTRY)])
        store.close_run("r1", converged=True, words="1 created")
        store.save(STATE, words="collection/a is now collection/jacket")
    assert postgres.sql("SELECT serial, writer, words FROM changes ORDER BY serial") == [
        (1, "r1", "apply: 1 to create, 1 to update"),
        (3, "r1", "1 created"),
        (4, "", "collection/a is now collection/jacket"),
    ]
    assert postgres.sql("SELECT id, holder, catalog_commit, converged, words FROM runs") == [
        ("r1", "ci@host (pid 7)", "0123abc", True, "1 created")
    ]


def test_a_connection_that_the_server_ends_takes_the_lock_and_stops_its_run(
    postgres: Postgres,
) -> None:
    with postgres.open() as first, postgres.open() as second:
        held = first.lock("ann", "r1", 5.0)
        held.__enter__()
        first.begin(RUN)
        assert second.unlock(Lock("ann", "r1", 5.0))
        assert second.locked() is None
        with pytest.raises(StateError) as caught:
            first.record([Recorded(JACKET, ENTRY)])
        assert str(caught.value).startswith(
            "the state in PostgreSQL cannot be used: the connection that held the lock is gone: "
        )
        with pytest.raises(StateError, match="the connection that held the lock is gone"):
            first.record([Recorded(JACKET, ENTRY)])
        held.__exit__(None, None, None)
        assert second.load().entries == {}
        # Without a lock to lose, the next use connects again.
        assert first.open_runs() == (RUN,)


def test_a_lock_whose_connection_is_gone_is_lost_before_the_next_write(postgres: Postgres) -> None:
    moments = iter([0.0, 1.0, 1.1, 2.0, 2.2, 9.0])
    first = PostgresStore(postgres.url.partition("&")[0], postgres.schema, clock=moments.__next__)
    with first, postgres.open() as second:
        held = first.lock("ann", "r1", 5.0)
        held.__enter__()
        for _ in range(2):
            first.prove()
        assert second.unlock(Lock("ann", "r1", 5.0))
        first.prove()  # asked a second ago
        with pytest.raises(StateError, match="the connection that held the lock is gone"):
            first.prove()
        held.__exit__(None, None, None)
        first.prove()
        assert second.locked() is None


def test_a_lock_that_a_pooler_gave_to_another_connection_is_lost(postgres: Postgres) -> None:
    moments = iter([0.0, 2.0])
    first = PostgresStore(postgres.url.partition("&")[0], postgres.schema, clock=moments.__next__)
    with first, postgres.open() as second, first.lock("ann", "r1", 5.0):
        assert first._connection is not None
        first._connection.execute("SELECT pg_advisory_unlock_all()")
        with second.lock("bob", "r2", 6.0), pytest.raises(StateError) as caught:
            first.prove()
    assert caught.value.message == (
        "this run has lost the lock of the state: its connection does not hold it"
    )
    assert caught.value.hint.startswith("connect without a pooler, or through one in session mode")


@pytest.mark.parametrize(("asked", "idle"), [("", "20"), ("&keepalives_idle=5", "5")])
def test_a_connection_that_says_nothing_for_a_minute_is_gone(
    asked: str, idle: str, postgres: Postgres
) -> None:
    url = f"{postgres.url.partition('&')[0]}{asked}"
    with PostgresStore(url, postgres.schema) as store:
        store.save(STATE)
        assert store._connection is not None
        parameters = store._connection.info.get_parameters()
    assert parameters["keepalives_idle"] == idle
    assert parameters["tcp_user_timeout"] == "60000"


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    store = postgres_store(f"postgresql://ann:top-secret@/db?host={tmp_path}")
    with pytest.raises(StateError) as caught:
        store.load()
    assert str(caught.value).startswith("the state in PostgreSQL cannot be used: connection")
    assert caught.value.hint == (
        "check the URL of --state, the server and what this user may do there"
    )
    with pytest.raises(StateError) as caught:
        postgres_store("postgresql://ann:top-secret@h/db?top-secret=1").load()
    assert "top-secret" not in str(caught.value)


def test_a_user_who_may_not_write_is_told(postgres: Postgres) -> None:
    with postgres.open() as store:
        store.save(STATE)
    user = f"reader_{postgres.schema}"
    postgres.sql(f"CREATE ROLE {user} LOGIN")
    postgres.sql(f"GRANT USAGE ON SCHEMA {postgres.schema} TO {user}")
    postgres.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {postgres.schema} TO {user}")
    with raw_store(postgres.url.replace("pxm@", f"{user}@"), root=postgres.folder) as reader:
        assert reader.load() == STATE
        with pytest.raises(StateError, match="permission denied"):
            reader.save(State(ACCOUNT))
        assert reader.load() == STATE


def test_a_server_that_became_read_only_is_told(postgres: Postgres) -> None:
    with raw_store(
        f"{postgres.url}&options=-cdefault_transaction_read_only%3Don", root=postgres.folder
    ) as store:
        assert store.load() == State()
        with pytest.raises(StateError, match="in a read-only transaction"):
            store.save(STATE)


def test_a_schema_of_something_else_is_refused_and_left_as_it_is(postgres: Postgres) -> None:
    with closing(connect(postgres)) as connection:
        connection.execute(f"CREATE SCHEMA {postgres.schema}".encode())
        connection.execute(f"CREATE TABLE {postgres.schema}.orders (id text)".encode())
    with postgres.open() as store:
        for use in (store.load, lambda: store.save(STATE), lambda: store.begin(RUN)):
            with pytest.raises(StateError) as caught:
                use()
            assert str(caught.value) == (
                f"the schema {postgres.schema} holds something else, not a state; "
                "nothing was changed"
            )
    found = postgres.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", postgres.schema
    )
    assert found == [("orders",)]


def test_tables_of_a_version_without_digests_are_read_and_get_room_with_the_first_write(
    postgres: Postgres,
) -> None:
    with postgres.open() as store:
        store.save(STATE)
    postgres.sql("ALTER TABLE entries DROP COLUMN at_rest")
    with postgres.open() as store:
        assert store.load() == STATE
        rested = replace(STATE, entries={JACKET: replace(ENTRY, at_rest="d")})
        store.save(rested)
        assert store.load() == rested


def test_a_user_who_does_not_own_older_tables_goes_on_without_digests(postgres: Postgres) -> None:
    with postgres.open() as store:
        store.save(STATE)
    postgres.sql("ALTER TABLE entries DROP COLUMN at_rest")
    user = f"writer_{postgres.schema}"
    postgres.sql(f"CREATE ROLE {user} LOGIN")
    postgres.sql(f"GRANT USAGE ON SCHEMA {postgres.schema} TO {user}")
    postgres.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA {postgres.schema} TO {user}")
    url, said = postgres.url.replace("pxm@", f"{user}@"), list[str]()
    with raw_store(url, root=postgres.folder, say=said.append) as store:
        assert store.load() == STATE
        store.begin(RUN)
        store.record([Recorded(JACKET, replace(ENTRY, id="7", at_rest="d"))])
        assert store.load().entries[JACKET] == replace(ENTRY, id="7")
        store.restore(replace(store.snapshot(), state=STATE))
        assert store.load() == STATE
    [line] = said
    assert "pxm runs once a `pxm apply`, or `ALTER TABLE" in line
    with postgres.open() as owner:
        rested = replace(STATE, entries={JACKET: replace(ENTRY, at_rest="d")})
        owner.save(rested)
    with raw_store(url, root=postgres.folder, say=said.append) as store:
        store.save(replace(rested, entries={JACKET: replace(ENTRY, id="8", at_rest="d")}))
        assert store.load().entries[JACKET] == replace(ENTRY, id="8", at_rest="d")
    assert len(said) == 1


def test_a_half_made_schema_is_damage_that_says_how_to_rebuild(postgres: Postgres) -> None:
    with postgres.open() as store:
        store.save(STATE)
    postgres.sql("DROP TABLE runs")
    with postgres.open() as store, pytest.raises(StateError) as caught:
        store.open_runs()
    assert str(caught.value).startswith(f"the state in schema {postgres.schema} is damaged (")
    assert caught.value.hint == (
        f'DROP SCHEMA "{postgres.schema}" CASCADE, and run `pxm plan`: what exists will be adopted'
    )


def test_two_processes_that_make_the_tables_at_once_make_them_once(postgres: Postgres) -> None:
    script = (
        "import sys; from pathlib import Path; from reconciler.model import *; "
        "from reconciler.state import *; "
        "ref = Ref('collection', sys.argv[2]); "
        "raw_store(sys.argv[1], root=Path()).record([Recorded(ref, Entry(ref, 'x'))])"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, postgres.url, name]) for name in "ab"
    ]
    assert [process.wait(timeout=HANG) for process in running] == [0, 0]
    with postgres.open() as store:
        assert [ref.key for ref in sorted(store.load().entries)] == ["a", "b"]
        assert store.mark.serial == 2


def test_a_schema_that_an_administrator_made_empty_is_used(postgres: Postgres) -> None:
    with closing(connect(postgres)) as connection:
        connection.execute(f"CREATE SCHEMA {postgres.schema}".encode())
    with postgres.open() as store:
        assert store.load() == State()
        store.save(STATE)
        assert store.load() == STATE


def test_preparing_twice_changes_nothing(postgres: Postgres) -> None:
    with postgres.open() as store:
        store.save(STATE)
    with closing(connect(postgres)) as connection:
        connection.execute(f"SET search_path TO {postgres.schema}".encode())
        prepare(connection, postgres.schema, 1)
    with postgres.open() as store:
        assert store.load() == STATE


@pytest.mark.parametrize("schema", ["", "Pxm", "pg_catalog", 'x"; DROP', "1x", "a-b"])
def test_a_schema_that_is_no_name_is_a_usage_error(schema: str) -> None:
    with pytest.raises(UsageError, match="`schema` is no name of a schema"):
        postgres_store(f"postgresql://ann:pw@h/db?schema={schema}")


def test_both_spellings_of_the_scheme_are_known(postgres: Postgres) -> None:
    store = raw_store(postgres.url.replace("postgresql:", "postgres:"), root=postgres.folder)
    assert isinstance(store, PostgresStore)
    with store:
        assert store.load() == State()


WITHOUT = """
import sys
sys.modules["psycopg"] = None
from pathlib import Path
from reconciler.errors import UsageError
from reconciler.state import open_store
try:
    open_store("postgresql://u:secret@h/db", root=Path())
except UsageError as error:
    print(error, error.hint, sep="; ")
"""


def test_without_psycopg_one_is_told_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, check=True)
    assert done.stdout.decode() == (
        "--state postgresql: needs psycopg, which is not installed; pip install 'pxm[postgres]'\n"
    )
