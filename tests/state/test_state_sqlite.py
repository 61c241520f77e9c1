"""The state in a file (contract 2.2, 2.6 and 5)."""

import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from reconciler.errors import Locked, StateError, UsageError
from reconciler.model import Account, Applied, Entry, Number, Ref, State
from reconciler.state import Intent, Recorded, Run, Store, open_store

JACKET, SHIRT = Ref("collection", "jacket"), Ref("collection", "outdoor/shirt")
ENTRY = Entry(
    JACKET,
    "c-1",
    {
        "name": Applied("Jacket", "Jacket", True),
        "weight": Applied(Number("1.10")),
        "categories": Applied(("f-1", "f-2"), ("f-2", "f-1"), True),
        "chart": Applied({"Chest": 90, "Note": None, "Lined": False}),
    },
    True,
    1764000000.25,
)
STATE = State(
    Account("https://pxm.example", frozenset({"r-2", "r-1"}), "client"),
    {JACKET: ENTRY, SHIRT: Entry(SHIRT, "c-2")},
    frozenset({("collection", "old", "jacket")}),
    {Ref("category", "a/b"): ("f-9", "f-8")},
)
RUN = Run(
    "r1",
    "ci@host (pid 7)",
    1764000000.5,
    (
        Intent("update", SHIRT, "c-2", {}),
        Intent("create", JACKET, None, {"name": "Jacket", "weight": Number("1.10")}),
    ),
)


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


def test_an_empty_file_is_an_empty_state(path: Path, store: Store) -> None:
    path.parent.mkdir()
    path.touch()
    assert store.load() == State()
    assert path.read_bytes() == b""


def test_all_that_is_saved_is_loaded(path: Path, store: Store) -> None:
    store.save(STATE)
    with opened(path) as other:
        loaded = other.load()
    assert loaded == STATE
    assert str(loaded.entries[JACKET].applied["weight"].sent) == "1.10"


def test_saving_replaces_everything(store: Store) -> None:
    store.save(STATE)
    store.save(State(STATE.account))
    assert store.load() == State(STATE.account)


def test_recording_adds_replaces_and_forgets(store: Store) -> None:
    store.save(STATE)
    changed = replace(ENTRY, id="c-3")
    store.record([Recorded(JACKET, changed), Recorded(SHIRT, None)])
    assert store.load().entries == {JACKET: changed}


def test_the_last_word_on_an_object_counts(store: Store) -> None:
    store.record([Recorded(JACKET, None), Recorded(JACKET, ENTRY)])
    store.record([Recorded(SHIRT, Entry(SHIRT, "c-2")), Recorded(SHIRT, None)])
    assert store.load().entries == {JACKET: ENTRY}


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


def test_a_run_stays_open_until_it_is_closed(path: Path, store: Store) -> None:
    store.begin(RUN)
    with opened(path) as other:
        assert other.open_runs() == (RUN,)
    store.close_run("r1", converged=False)
    assert store.open_runs() == ()


def test_what_is_done_is_no_longer_open(store: Store) -> None:
    store.begin(RUN)
    store.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
    store.record([Recorded(JACKET, Entry(JACKET, "c-1"), done=False)])
    assert store.open_runs() == (replace(RUN, intents=RUN.intents[1:]),)


def test_a_run_says_nothing_of_the_intents_of_another(store: Store) -> None:
    store.begin(RUN)
    store.begin(replace(RUN, id="r2", started=RUN.started + 1))
    store.record([Recorded(JACKET, ENTRY)])
    first, second = store.open_runs()
    assert first == RUN
    assert second.intents == RUN.intents[:1]


def test_runs_that_have_ended_are_forgotten_when_the_next_begins(path: Path, store: Store) -> None:
    for name in ("r1", "r2"):
        store.begin(replace(RUN, id=name))
        store.close_run(name, converged=True)
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT id, converged FROM runs").fetchall() == [("r2", 1)]
        assert connection.execute("SELECT count(*) FROM intents").fetchone() == (0,)
    connection.close()


def test_saving_leaves_runs_alone(store: Store) -> None:
    store.begin(RUN)
    store.save(STATE)
    assert store.open_runs() == (RUN,)


# --- crashes and threads ----------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from reconciler.model import Entry, Ref
from reconciler.state import Intent, Recorded, Run, open_store

store = open_store("file:state.db", root=Path(sys.argv[1]))
jacket, shirt = Ref("collection", "jacket"), Ref("collection", "shirt")
with store.lock("ci@host (pid 7)", "r1", 0.0):
    store.begin(Run("r1", "ci", 1.0, (Intent("create", jacket), Intent("create", shirt))))
    store.record([Recorded(jacket, Entry(jacket, "c-1"))])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_leaves_what_it_recorded_its_open_intents_and_no_lock(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with opened(tmp_path / "state.db") as store:
        assert [entry.id for entry in store.load().entries.values()] == ["c-1"]
        (run,) = store.open_runs()
        assert [intent.ref.key for intent in run.intents] == ["shirt"]
        with store.lock("next", "r2", 0.0):
            pass


def test_records_from_many_threads_all_arrive(store: Store) -> None:
    def work(number: int) -> None:
        for index in range(20):
            ref = Ref("collection", f"{number}-{index}")
            store.record([Recorded(ref, Entry(ref, ref.key))])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.load().entries) == 160


# --- the lock ---------------------------------------------------------------


def test_the_lock_names_holder_run_and_since_when_and_how_to_release_it(
    path: Path, store: Store
) -> None:
    with (
        store.lock("ann@host (pid 7)", "r1", 1764000000.0),
        opened(path) as other,
        pytest.raises(Locked) as caught,
        other.lock("bob", "r2", 0.0),
    ):
        pass
    assert caught.value.message == (
        "the state is locked by ann@host (pid 7), run r1, since 2025-11-24 16:00:00 UTC; "
        "nothing was written"
    )
    assert caught.value.hint == (
        "wait, or pass --lock-timeout SECONDS; "
        f"the lock ends with its process ({path.parent}/state.db.lock)"
    )
    assert caught.value.exit_code == 3


def test_a_released_lock_is_free(path: Path, store: Store) -> None:
    with store.lock("ann", "r1", 0.0):
        pass
    with opened(path) as other, other.lock("bob", "r2", 0.0):
        pass


def test_a_lock_is_waited_for(path: Path, store: Store) -> None:
    held = store.lock("ann", "r1", 0.0)
    held.__enter__()
    timer = threading.Timer(0.3, held.__exit__, (None, None, None))
    timer.start()
    start = time.monotonic()
    with opened(path) as other, other.lock("bob", "r2", 0.0, timeout=30.0):
        assert time.monotonic() - start >= 0.25
    timer.join()


def test_a_lock_makes_no_state(path: Path, store: Store) -> None:
    with store.lock("ann", "r1", 0.0):
        assert store.load().new
    assert not path.exists()


def test_reading_takes_no_lock(path: Path, store: Store) -> None:
    store.save(STATE)
    with store.lock("ann", "r1", 0.0), opened(path) as other:
        assert other.load() == STATE


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


def test_a_newer_format_is_refused(path: Path, store: Store) -> None:
    store.save(STATE)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateError) as caught:
        store.load()
    assert str(caught.value) == (
        f"the state {path} has format 99, this program knows up to 1; nothing was changed"
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


@pytest.mark.parametrize("url", ["git:origin#refs/reconciler/state", "postgresql://u:pw@h/db"])
def test_other_backends_come_later(url: str) -> None:
    with pytest.raises(UsageError, match=r"^--state (git|postgresql): comes later$"):
        open_store(url, root=Path())


@pytest.mark.parametrize("url", ["", "file:", "state.db", "mysql://u:pw@h/db"])
def test_a_url_of_nothing_known_is_a_usage_error_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url, root=Path())
    assert str(caught.value) == "--state: not the URL of a state"
    assert caught.value.hint == "use file:PATH"
