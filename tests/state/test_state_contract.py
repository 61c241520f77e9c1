"""What every state backend keeps (contract 2.6 and 5)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from reconciler.errors import Locked, StateError
from reconciler.model import Applied, Entry, Ref, State
from reconciler.state import Converged, Intent, Lock, Mark, Recorded, Run, Snapshot, Store
from reconciler.statetext import KeptFields
from tests.limits import HANG
from tests.state.backends import (
    ACCOUNT,
    ENTRY,
    JACKET,
    RUN,
    SHIRT,
    STATE,
    Backend,
    Git,
    Postgres,
    Sqlite,
    edit_json,
)


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    with backend.open() as store:
        yield store


@pytest.fixture
def other(backend: Backend) -> Iterator[Store]:
    """The same state, opened from another place."""
    with backend.open() as store:
        yield store


# --- what is kept -----------------------------------------------------------


def test_nothing_is_an_empty_state_and_reading_makes_nothing(
    backend: Backend, store: Store
) -> None:
    assert store.load() == State()
    assert store.load().new
    assert store.snapshot() == Snapshot()
    assert store.open_runs() == ()
    assert store.converged() is None
    assert store.locked() is None
    if isinstance(backend, Git):
        assert backend.refs() == []
    elif isinstance(backend, Sqlite):
        assert list(backend.folder.iterdir()) == []
    else:
        assert backend.sql("SELECT 1 FROM pg_namespace WHERE nspname = %s", backend.schema) == []


def test_all_that_is_saved_is_loaded(store: Store, other: Store) -> None:
    store.save(STATE)
    loaded = other.load()
    assert loaded == STATE
    assert str(loaded.entries[JACKET].applied["weight"].sent) == "1.10"


def test_digests_are_kept_and_fields_beside_them_are_left_unread(
    store: Store, other: Store
) -> None:
    entries = {JACKET: replace(ENTRY, at_rest="d1"), SHIRT: STATE.entries[SHIRT]}
    store.save(replace(STATE, entries=entries, shared={"all": "d2"}))
    loaded = other.load()
    assert isinstance(loaded.entries[JACKET].applied, KeptFields)
    assert not isinstance(loaded.entries[SHIRT].applied, KeptFields)
    assert loaded == replace(STATE, entries=entries, shared={"all": "d2"})

    store.record([Recorded(JACKET, ENTRY)])
    store.save(STATE)

    assert other.load() == STATE


def test_saving_replaces_everything_but_runs(store: Store, other: Store) -> None:
    store.begin(RUN)
    store.save(STATE)
    store.save(State(ACCOUNT))
    store.flush()
    assert other.load() == State(ACCOUNT)
    assert other.open_runs() == (RUN,)


def test_saving_over_what_somebody_else_wrote_since_is_exact_all_the_same(
    store: Store, other: Store
) -> None:
    store.save(STATE)
    loaded = store.load()
    new = Ref("collection", "new")
    other.record([Recorded(new, Entry(new, "n")), Recorded(JACKET, None)])
    store.save(loaded)
    assert other.load() == STATE
    store.record([Recorded(JACKET, replace(ENTRY, id="c-9"))])
    store.save(loaded)
    assert other.load() == STATE
    store.save(replace(loaded, entries={SHIRT: loaded.entries[SHIRT]}))
    assert other.load().entries == {SHIRT: STATE.entries[SHIRT]}


def test_recording_adds_replaces_and_forgets(store: Store, other: Store) -> None:
    store.save(STATE)
    changed = replace(ENTRY, id="c-3")
    store.record([Recorded(JACKET, changed), Recorded(SHIRT, None)])
    assert store.load().entries == {JACKET: changed}
    assert other.load().entries == {JACKET: changed}


def test_the_last_word_on_an_object_counts(store: Store, other: Store) -> None:
    store.record([Recorded(JACKET, None), Recorded(JACKET, ENTRY)])
    store.record([Recorded(SHIRT, Entry(SHIRT, "c-2")), Recorded(SHIRT, None)])
    assert other.load().entries == {JACKET: ENTRY}


def test_forgetting_what_is_not_there_is_nothing(store: Store, other: Store) -> None:
    store.save(STATE)
    store.record([Recorded(Ref("collection", "never"), None)])
    assert other.load() == STATE


def test_keys_ids_and_texts_of_any_script_come_back(store: Store, other: Store) -> None:
    ref = Ref("attribute", "größe/№1")
    entry = Entry(ref, "id-é\t'\"", {"label": Applied("Größe \ud800\n\x00 ©", "x", True)})
    store.record([Recorded(ref, entry)])
    assert other.load().entries == {ref: entry}


def test_since_when_a_file_is_being_processed_comes_back(store: Store, other: Store) -> None:
    entry = Entry(Ref("file", "hero"), "f-1", {}, False, 5.5, 6.5)
    store.record([Recorded(entry.ref, entry)])
    assert other.load().entries == {entry.ref: entry}
    store.record([Recorded(entry.ref, replace(entry, processing=0.0))])
    assert other.load().entries[entry.ref].processing == 0.0


def test_long_texts_are_kept_as_digests(store: Store, other: Store) -> None:
    text = "secret words " * 200
    store.record([Recorded(JACKET, Entry(JACKET, "c", {"description": Applied(text, text, True)}))])
    digest = {"sha256": sha256(text.encode()).hexdigest()}
    assert other.load().entries[JACKET].applied["description"] == Applied(digest, digest, True)


def test_a_loaded_state_does_not_change_when_more_is_recorded(store: Store) -> None:
    store.save(STATE)
    loaded = store.load()
    store.record([Recorded(JACKET, None)])
    assert loaded == STATE


def test_recording_from_many_threads_loses_nothing(store: Store, other: Store) -> None:
    store.begin(RUN)

    def work(number: int) -> None:
        for index in range(10):
            ref = Ref("collection", f"{number}-{index}")
            store.record([Recorded(ref, Entry(ref, ref.key))])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.flush()
    assert sorted(other.load().entries) == sorted(
        Ref("collection", f"{number}-{index}") for number in range(8) for index in range(10)
    )


# --- versions ---------------------------------------------------------------


def test_every_write_makes_the_next_version_of_one_lineage(store: Store, other: Store) -> None:
    assert store.mark == Mark()
    store.save(STATE)
    first = store.mark
    assert (first.serial, first.writer, len(first.lineage)) == (1, "", 32)
    store.begin(RUN)
    store.close_run("r1", converged=True)
    assert store.mark == Mark(first.lineage, 3, "r1")
    store.save(STATE)
    assert store.mark == Mark(first.lineage, 4, "")
    other.load()
    assert other.mark == store.mark


def test_a_snapshot_restored_elsewhere_is_the_same(store: Store, other: Store) -> None:
    store.save(STATE)
    snapshot = Snapshot(
        replace(STATE, entries={SHIRT: STATE.entries[SHIRT]}),
        Mark("a" * 32, 17, ""),
        Converged("r0", "abc", 1764000000.0),
        (RUN, replace(RUN, id="r2", started=RUN.started + 1)),
    )
    store.begin(replace(RUN, id="r9"))
    store.close_run("r9", converged=False)
    store.restore(snapshot)
    assert store.mark == snapshot.mark
    assert other.snapshot() == snapshot
    store.restore(Snapshot(STATE, Mark("a" * 32, 18, "")))
    assert other.snapshot() == Snapshot(STATE, Mark("a" * 32, 18, ""))


def test_saving_after_a_restore_is_exact(store: Store, other: Store) -> None:
    store.save(STATE)
    loaded = store.load()
    store.restore(Snapshot(State(ACCOUNT), Mark("a" * 32, 7)))
    store.save(loaded)
    assert other.load() == STATE
    assert other.mark == Mark("a" * 32, 8)


# --- runs -------------------------------------------------------------------


def test_a_run_stays_open_until_it_is_closed(store: Store, other: Store) -> None:
    store.begin(RUN)
    assert other.open_runs() == (RUN,)
    store.close_run("r1", converged=False)
    assert store.open_runs() == ()
    assert other.open_runs() == ()


def test_beginning_gives_a_new_state_its_account_and_an_old_one_none(
    store: Store, other: Store
) -> None:
    store.begin(replace(RUN, account=ACCOUNT))
    assert other.load() == State(ACCOUNT)
    assert other.open_runs() == (RUN,)
    store.close_run("r1", converged=False)
    store.begin(replace(RUN, account=replace(ACCOUNT, base_url="https://other.example")))
    assert other.load().account == ACCOUNT


def test_what_is_done_is_no_longer_open(store: Store, other: Store) -> None:
    store.begin(RUN)
    store.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
    store.record([Recorded(JACKET, Entry(JACKET, "c-1"), done=False)])
    store.flush()
    left = (replace(RUN, intents=RUN.intents[1:]),)
    assert store.open_runs() == left
    assert other.open_runs() == left


def test_what_a_run_intends_besides_is_open_until_it_is_done(store: Store, other: Store) -> None:
    more = Intent("put back", SHIRT, "7", {"attributes.id:a": "long " * 400})
    store.begin(RUN)
    store.record([Recorded(SHIRT, None)])
    store.intend([more])

    (run,) = other.open_runs()
    assert more in run.intents
    assert [item for item in run.intents if item.ref == JACKET] == [
        item for item in RUN.intents if item.ref == JACKET
    ]

    store.record([Recorded(SHIRT, None)])
    store.flush()
    (run,) = other.open_runs()
    assert more not in run.intents


def test_a_run_says_nothing_of_the_intents_of_another(store: Store, other: Store) -> None:
    store.begin(RUN)
    store.begin(replace(RUN, id="r2", started=RUN.started + 1))
    store.record([Recorded(JACKET, ENTRY)])
    store.flush()
    first, second = other.open_runs()
    assert first == RUN
    assert second.intents == RUN.intents[:1]


def test_a_later_run_closes_what_a_dead_one_left_open(store: Store, other: Store) -> None:
    store.begin(RUN)
    second = replace(RUN, id="r2", started=RUN.started + 1)
    other.begin(second)
    other.close_run("r1", converged=False)
    other.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
    other.close_run("r2", converged=True)
    assert store.open_runs() == ()
    assert store.load().entries == {SHIRT: Entry(SHIRT, "c-2")}


def test_the_last_converged_run_is_remembered_with_its_commit(store: Store, other: Store) -> None:
    before = time.time()
    store.begin(RUN)
    assert other.converged() is None
    store.close_run("r1", converged=True)
    last = other.converged()
    assert last is not None
    assert (last.run, last.commit) == ("r1", "0123abc")
    assert before <= last.at <= time.time()
    store.begin(replace(RUN, id="r2", commit="fff"))
    store.close_run("r2", converged=False)
    assert other.converged() == last


# --- crashes ----------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from reconciler.model import Entry, Ref
from reconciler.state import Intent, Recorded, Run, raw_store

root = Path(sys.argv[2])
store = raw_store(sys.argv[1], root=root, catalog=root)
jacket, shirt = Ref("collection", "jacket"), Ref("collection", "shirt")
with store.lock("ci@host (pid 7)", "r1", 1764000000.0):
    store.begin(Run("r1", "ci", 1.0, (Intent("create", jacket), Intent("create", shirt))))
    store.record([Recorded(jacket, Entry(jacket, "c-1"))])
    store.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(backend: Backend) -> None:
    """A run that dies half-way."""
    command = [sys.executable, "-c", KILLED, backend.url, str(backend.place())]
    done = subprocess.run(command, check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL


def test_a_killed_run_leaves_what_it_recorded_and_its_open_intents(
    backend: Backend, store: Store
) -> None:
    killed(backend)
    assert [entry.id for entry in store.load().entries.values()] == ["c-1"]
    (run,) = store.open_runs()
    assert run == Run("r1", "ci", 1.0, (Intent("create", Ref("collection", "shirt")),))


def test_the_lock_of_a_dead_run_ends_by_itself_or_is_broken(backend: Backend, store: Store) -> None:
    killed(backend)
    dead = Lock("ci@host (pid 7)", "r1", 1764000000.0)
    if not backend.lock_ends_by_itself:
        with pytest.raises(Locked), store.lock("next", "r2", 0.0):
            pass
        assert store.locked() == dead
        assert store.unlock(dead)
    # The server of a database may need a moment to see that its client is gone.
    with store.lock("next", "r2", 0.0, timeout=HANG):
        assert store.locked() == Lock("next", "r2", 0.0)


# --- the lock ---------------------------------------------------------------

HINTS = {
    "sqlite": r"the lock ends with its process \(.*state\.db\.lock\)",
    "git": "5 minutes after the last beat of a run that is dead the next one takes over, "
    "`pxm state unlock` releases it at once",
    "postgres": "it ends with its connection; "
    "where that run is dead, `pxm state unlock --if-older 1h` releases it",
}


def test_the_lock_names_holder_run_and_since_when_and_how_to_release_it(
    backend: Backend, store: Store, other: Store
) -> None:
    with (
        store.lock("ann@host (pid 7)", "r1", 1764000000.0),
        pytest.raises(Locked) as caught,
        other.lock("bob", "r2", 0.0),
    ):
        pass
    beat = "" if backend.name == "sqlite" else r", last beat 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    assert re.fullmatch(
        r"the state is locked by ann@host \(pid 7\), run r1, since 2025-11-24 16:00:00 UTC"
        f"{beat}; nothing was written",
        caught.value.message,
    )
    pattern = f"wait, or pass --lock-timeout SECONDS; {HINTS[backend.name]}"
    assert re.fullmatch(pattern, caught.value.hint)
    assert caught.value.exit_code == 3


def test_a_released_lock_is_free(store: Store, other: Store) -> None:
    with store.lock("ann", "r1", 5.0):
        assert other.locked() == Lock("ann", "r1", 5.0)
    assert other.locked() is None
    with other.lock("bob", "r2", 0.0):
        pass


def test_a_lock_is_released_when_its_run_fails(store: Store, other: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.lock("ann", "r1", 0.0):
        raise ZeroDivisionError
    with other.lock("bob", "r2", 0.0):
        pass


def test_a_lock_is_waited_for(store: Store, other: Store) -> None:
    held = store.lock("ann", "r1", 0.0)
    held.__enter__()
    released = threading.Event()

    def release() -> None:
        released.set()
        held.__exit__(None, None, None)

    timer = threading.Timer(0.3, release)
    timer.start()
    told: list[tuple[float, str]] = []

    def waits(seconds: float, words: str) -> None:
        told.append((seconds, words))

    with other.lock("bob", "r2", 0.0, timeout=HANG, waits=waits):
        assert released.is_set()
    timer.join()
    # For whom and how long one waits.
    seconds, words = told[0]
    assert 0 < seconds <= HANG
    assert words.startswith("the state is locked by ann, run r1")


def test_a_lock_makes_no_state(store: Store, other: Store) -> None:
    with store.lock("ann", "r1", 0.0):
        assert store.load().new
    assert other.snapshot() == Snapshot()


def test_reading_takes_no_lock(store: Store, other: Store) -> None:
    store.save(STATE)
    with store.lock("ann", "r1", 0.0):
        assert other.load() == STATE


def test_only_the_lock_that_was_looked_at_is_broken(store: Store, other: Store) -> None:
    with store.lock("ann", "r1", 5.0):
        assert not other.unlock(Lock("ann", "r1", 4.0))
        assert other.locked() == Lock("ann", "r1", 5.0)
    assert not other.unlock(Lock("ann", "r1", 5.0))


def test_two_runs_at_once_do_one_after_the_other(backend: Backend) -> None:
    inside, most, guard = 0, 0, threading.Lock()
    errors: list[BaseException] = []

    def apply(number: int, store: Store) -> None:
        nonlocal inside, most
        ref = Ref("collection", str(number))
        try:
            with store, store.lock("ann", f"r{number}", 0.0, timeout=HANG):
                with guard:
                    inside += 1
                    most = max(most, inside)
                state = store.load()
                store.begin(Run(f"r{number}", "ann", float(number), (Intent("create", ref),)))
                store.record([Recorded(ref, Entry(ref, f"id-{number}"))])
                store.close_run(f"r{number}", converged=True)
                assert len(store.load().entries) == len(state.entries) + 1
                with guard:
                    inside -= 1
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=apply, args=(number, backend.open(backend.place())))
        for number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert most == 1
    with backend.open() as store:
        assert len(store.load().entries) == 3
        assert store.open_runs() == ()


# --- states that cannot be used ---------------------------------------------


def damage(backend: Backend) -> None:
    """Somebody edits an entry by hand, and badly."""
    if isinstance(backend, Sqlite):
        import sqlite3

        with sqlite3.connect(backend.folder / "state.db") as connection:
            connection.execute("UPDATE entries SET applied = '{'")
        connection.close()
    elif isinstance(backend, Postgres):
        backend.sql("UPDATE entries SET applied = '{'")
    else:
        backend.commit_files(
            lambda files: files.update(
                {path: text[:-9] for path, text in files.items() if path.startswith("entries/")}
            )
        )


def set_format(backend: Backend, number: int) -> None:
    """The state is of another format."""
    if isinstance(backend, Sqlite):
        import sqlite3

        with sqlite3.connect(backend.folder / "state.db") as connection:
            connection.execute(f"PRAGMA user_version = {number}")
        connection.close()
    elif isinstance(backend, Postgres):
        backend.sql("UPDATE meta SET value = %s WHERE name = 'format'", str(number))
    else:
        backend.commit_files(
            lambda files: files.update(
                {"state.json": edit_json(files["state.json"], format_version=number)}
            )
        )


def test_a_damaged_state_is_an_error_that_says_how_to_rebuild_it(backend: Backend) -> None:
    with backend.open() as store:
        store.save(STATE)
    damage(backend)
    with backend.open() as store:
        for read in (store.load, store.snapshot):
            with pytest.raises(
                StateError, match=r"^the state .* is damaged .*nothing was changed$"
            ) as caught:
                read()
            assert "run `pxm plan`: what exists will be adopted" in caught.value.hint


def test_a_newer_format_is_refused(backend: Backend) -> None:
    with backend.open() as store:
        store.save(STATE)
    set_format(backend, 99)
    with backend.open() as store:
        for use in (store.load, lambda: store.save(STATE)):
            with pytest.raises(
                StateError, match="has format 99, this program knows up to"
            ) as caught:
                use()
            assert caught.value.hint == "install a newer pxm"


@pytest.mark.parametrize("step", [-1, -2, -99])
def test_a_format_that_no_released_version_wrote_is_refused(backend: Backend, step: int) -> None:
    with backend.open() as store:
        store.save(STATE)
    written = {Sqlite: 3, Postgres: 2}.get(type(backend), 1)
    number = written + step
    set_format(backend, number)
    with backend.open() as store:
        for use in (store.load, store.snapshot, store.open_runs, lambda: store.save(State())):
            with pytest.raises(
                StateError,
                match=rf"is damaged \(format version {number}\); nothing was changed",
            ) as caught:
                use()
            assert "run `pxm plan`: what exists will be adopted" in caught.value.hint
    set_format(backend, written)
    with backend.open() as store:
        assert store.load() == STATE


@pytest.mark.parametrize("serial", ["-1", "1.0", "true", '"1"', "null", "9007199254740992"])
def test_an_impossible_serial_is_refused(backend: Backend, serial: str) -> None:
    with backend.open() as store:
        store.save(STATE)
    set_mark(backend, f'{{"lineage": "{"a" * 32}", "serial": {serial}, "writer": ""}}')
    with backend.open() as store:
        for use in (store.load, lambda: store.save(State())):
            with pytest.raises(StateError, match=r"is damaged .*; nothing was changed"):
                use()


def set_mark(backend: Backend, mark: str) -> None:
    if isinstance(backend, Sqlite):
        import sqlite3

        with sqlite3.connect(backend.folder / "state.db") as connection:
            connection.execute("UPDATE meta SET value = ? WHERE name = 'mark'", (mark,))
        connection.close()
    elif isinstance(backend, Postgres):
        backend.sql("UPDATE meta SET value = %s WHERE name = 'mark'", mark)
    else:
        backend.commit_files(
            lambda files: files.update(
                {"state.json": edit_json(files["state.json"], **json.loads(mark))}
            )
        )


def test_a_missing_folder_of_the_state_is_not_made_by_looking(tmp_path: Path) -> None:
    with Sqlite(tmp_path / "deep").open() as store:
        assert store.locked() is None
    assert not (tmp_path / "deep").exists()
