"""The state in a file (contract 2.2, 2.6 and 5)."""

import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import lock_descriptor

from reconciler.errors import Locked, StateError, UsageError
from reconciler.model import Applied, Entry, State
from reconciler.state import Recorded, Store, open_store
from tests.state.backends import ENTRY, JACKET, RUN, SHIRT, STATE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path) as store:
        yield store


def opened(path: Path) -> Store:
    return open_store(f"file:{path.name}", root=path.parent)


def test_a_file_that_is_not_there_is_an_empty_state_and_nothing_is_made(
    path: Path, store: Store
) -> None:
    assert store.load() == State()
    assert store.load().new
    assert store.open_runs() == ()
    assert not path.parent.exists()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_lock_file_that_others_would_not_open_holds_nothing(
    path: Path, store: Store, replaced: bool
) -> None:
    lock = path.with_name("state.db.lock")
    with store.lock("ann", "r1", 5.0):
        store.prove()
        lock.rename(path.with_name("aside"))
        if replaced:
            lock.touch()
        with pytest.raises(StateError) as caught:
            store.prove()
    assert caught.value.message == (
        f"this run has lost the lock of the state: {lock} was removed or replaced"
    )
    store.prove()


def test_an_empty_file_is_an_empty_state(path: Path, store: Store) -> None:
    path.parent.mkdir()
    path.touch()
    assert store.load() == State()
    assert path.read_bytes() == b""


def test_long_texts_are_kept_as_digests(path: Path, store: Store) -> None:
    text = "secret words " * 200
    store.record([Recorded(JACKET, Entry(JACKET, "c", {"description": Applied(text, text, True)}))])
    digest = {"sha256": sha256(text.encode()).hexdigest()}
    assert store.load().entries[JACKET].applied["description"] == Applied(digest, digest, True)
    store.close()
    assert b"secret words" not in path.read_bytes()


def test_only_the_user_may_read_the_file(path: Path, store: Store) -> None:
    store.save(STATE)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


# --- runs -------------------------------------------------------------------


def test_runs_that_have_ended_are_forgotten_when_the_next_begins(path: Path, store: Store) -> None:
    for name in ("r1", "r2"):
        store.begin(replace(RUN, id=name))
        store.close_run(name, converged=True)
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT id, converged FROM runs").fetchall() == [("r2", 1)]
        assert connection.execute("SELECT count(*) FROM intents").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("text", ["", "ann, run r1", "[]", '{"holder": "ann"}'])
def test_a_lock_that_is_not_signed_holds_all_the_same(path: Path, store: Store, text: str) -> None:
    path.parent.mkdir()
    lock = path.with_name("state.db.lock")
    lock.write_text(text)
    with lock.open("r+") as held:
        assert lock_descriptor(held.fileno(), blocking=False)
        with pytest.raises(Locked, match=r"^the state is locked by another run; nothing was"):
            store.lock("bob", "r2", 0.0).__enter__()
        found = store.locked()
        assert found is not None
        assert (found.holder, found.run) == ("another run", "unknown")


# --- files that cannot be used ----------------------------------------------


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, store: Store) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(StateError) as caught:
        store.load()
    assert str(caught.value) == (
        f"the state {path} is damaged (file is not a database); nothing was changed"
    )
    assert caught.value.hint == (
        "move the file away and run `pxm plan`: what exists will be adopted"
    )
    assert path.read_bytes() == b"garbage" * 1000


def test_a_damaged_page_is_a_state_error(path: Path, store: Store) -> None:
    store.save(STATE)
    store.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(StateError, match="is damaged"):
        store.load()


@pytest.mark.parametrize("text", ["{", "[1]", '{"name": []}', '{"name": 1}', '{"$number": "x"}'])
def test_a_damaged_row_is_a_state_error(path: Path, store: Store, text: str) -> None:
    store.save(STATE)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entries SET applied = ?", (text,))
    connection.close()
    with pytest.raises(StateError, match="is damaged"):
        store.load()


def test_a_file_of_a_version_without_digests_is_read_and_gets_room_with_the_first_write(
    path: Path, store: Store
) -> None:
    store.save(STATE)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE entries DROP COLUMN at_rest")
    connection.close()
    assert store.load() == STATE
    assert store.snapshot().state == STATE

    rested = replace(STATE, entries={JACKET: replace(ENTRY, at_rest="d")})
    store.save(rested)

    assert store.load() == rested


def test_what_a_version_without_digests_writes_is_not_at_rest(path: Path, store: Store) -> None:
    store.save(replace(STATE, entries={JACKET: replace(ENTRY, at_rest="d")}))
    columns = "kind, key, id, applied, prevent_destroy, written, processing"
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"INSERT OR REPLACE INTO entries ({columns}) SELECT {columns} FROM entries"
        )
    connection.close()

    assert store.load().entries == {JACKET: ENTRY}


def test_a_newer_format_is_refused(path: Path, store: Store) -> None:
    store.save(STATE)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateError) as caught:
        store.load()
    assert str(caught.value) == (
        f"the state {path} has format 99, this program knows up to 3; nothing was changed"
    )
    assert caught.value.hint == "install a newer pxm"


def test_a_database_of_something_else_is_refused(path: Path, store: Store) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE collections (id TEXT)")
    connection.close()
    with pytest.raises(StateError, match="is a database of something else, not a state"):
        store.save(STATE)
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("collections",)]


def test_a_folder_in_the_way_is_a_state_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be used: unable to open database file"):
        open_store("file:.", root=tmp_path).save(STATE)


def test_a_path_through_a_file_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = open_store("file:file/state.db", root=tmp_path)
    with pytest.raises(StateError, match="cannot be read"):
        store.load()
    with pytest.raises(StateError, match="cannot be written"):
        store.save(STATE)
    with pytest.raises(StateError, match="cannot be locked"), store.lock("ann", "r1", 0.0):
        pass


def test_a_failed_record_changes_nothing(path: Path, store: Store) -> None:
    store.save(STATE)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE intents")
    connection.close()
    with pytest.raises(StateError, match="cannot be used: no such table: intents"):
        store.record([Recorded(SHIRT, None)])
    assert store.load() == STATE


# --- URLs -------------------------------------------------------------------


def test_an_absolute_path_stays_where_it_is(tmp_path: Path) -> None:
    with open_store(f"file:{tmp_path}/a.db", root=Path("/elsewhere")) as store:
        store.save(STATE)
    assert (tmp_path / "a.db").exists()


@pytest.mark.parametrize("url", ["", "file:", "state.db", "mysql://u:pw@h/db"])
def test_a_url_of_nothing_known_is_a_usage_error_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url, root=Path())
    assert str(caught.value) == "--state: not the URL of a state"
    assert caught.value.hint == ("use file:PATH, git:[REMOTE][#REF] or postgresql://…")
