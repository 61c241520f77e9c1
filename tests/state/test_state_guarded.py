"""When the state cannot be saved (contract 5): nothing more is sent, nothing is lost."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import StateError
from reconciler.model import Entry, Ref, State
from reconciler.state import UNSAVED, Converged, Mark, Recorded, Snapshot
from reconciler.state.git import git_store
from reconciler.state.guarded import Guarded
from reconciler.state.unsaved import Unsaved, brought, unsaved_from, unsaved_text, write
from tests.state.backends import (
    ACCOUNT,
    ENTRY,
    JACKET,
    QUICK,
    RUN,
    SHIRT,
    STATE,
    Backend,
    Git,
    Postgres,
    Sqlite,
)

NEW = Ref("collection", "new")


def guarded(backend: Backend, place: Path) -> Guarded:
    return Guarded(backend.open(place), place / UNSAVED)


def record_durably(store: Guarded, changes: list[Recorded]) -> None:
    """A backend may notice at once, or when it next pushes."""
    store.record(changes)
    store.flush()


def break_backend(backend: Backend) -> None:
    """From now on nothing can be written."""
    if isinstance(backend, Sqlite):
        import sqlite3

        with sqlite3.connect(backend.folder / "state.db") as connection:
            connection.execute("DROP TABLE intents")
        connection.close()
    elif isinstance(backend, Postgres):
        backend.sql("ALTER TABLE intents RENAME TO intents_away")
    else:
        path = backend.remote / "hooks" / "pre-receive"
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\necho read-only >&2\nexit 1\n")
        path.chmod(0o755)


def mend_backend(backend: Backend) -> None:
    """It can be written again."""
    if isinstance(backend, Sqlite):
        import sqlite3

        with sqlite3.connect(backend.folder / "state.db") as connection:
            connection.execute(
                "CREATE TABLE intents (run TEXT NOT NULL, position INTEGER NOT NULL, "
                "action TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT, "
                "natural TEXT NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID"
            )
        connection.close()
    elif isinstance(backend, Postgres):
        backend.sql("ALTER TABLE intents_away RENAME TO intents")
    else:
        (backend.remote / "hooks" / "pre-receive").unlink()


def read(place: Path) -> Unsaved:
    path = place / UNSAVED
    return unsaved_from(path.read_text(), str(path))


def test_what_a_run_cannot_save_is_in_the_file_and_fits_the_backend(backend: Backend) -> None:
    place = backend.place()
    with backend.open() as first:
        first.save(STATE)
    with guarded(backend, place) as store:
        loaded = store.load()
        store.begin(RUN)
        break_backend(backend)
        changes = [Recorded(SHIRT, None), Recorded(NEW, Entry(NEW, "n-1"))]
        with pytest.raises(StateError):
            record_durably(store, changes)
        assert store.failure is not None
    unsaved = read(place)
    assert unsaved.run == replace(RUN, intents=RUN.intents[1:])
    assert unsaved.entries == {SHIRT: None, NEW: Entry(NEW, "n-1")}
    assert unsaved.base.serial == 2
    assert unsaved.state == replace(STATE, entries={})
    mend_backend(backend)
    with backend.open() as other:
        made = brought(other.snapshot(), unsaved)
        other.restore(made)
        assert other.load() == replace(
            loaded, entries={JACKET: loaded.entries[JACKET], NEW: Entry(NEW, "n-1")}
        )
        assert other.open_runs() == (unsaved.run,)


def test_the_error_says_where_it_is_and_what_to_do(git_backend: Git) -> None:
    place = git_backend.place()
    store = guarded(git_backend, place)
    store.begin(RUN)
    break_backend(git_backend)
    store.record([Recorded(SHIRT, None)])
    with pytest.raises(StateError) as caught:
        store.flush()
    assert str(caught.value).startswith(
        "the state could not be saved, nothing more was sent: the state cannot be saved: "
        f"{git_backend.remote.as_uri()} refuses to keep refs/reconciler/state (git: "
    )
    assert str(caught.value).endswith(f"; what is unsaved is in {place / UNSAVED}")
    assert caught.value.hint.startswith(
        "`pxm state push` brings it back once the state can be written again. "
    )
    assert caught.value.exit_code == 1
    store.close()


def test_requests_in_flight_that_end_later_are_in_the_file_too(backend: Backend) -> None:
    place = backend.place()
    store = guarded(backend, place)
    store.begin(RUN)
    break_backend(backend)
    with pytest.raises(StateError):
        record_durably(store, [Recorded(NEW, Entry(NEW, "first"))])
    errors: list[StateError] = []

    def end(number: int) -> None:
        ref = Ref("collection", f"late-{number}")
        try:
            store.record([Recorded(ref, Entry(ref, f"id-{number}"))])
        except StateError as error:
            errors.append(error)

    threads = [threading.Thread(target=end, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 8
    assert {entry.id for entry in read(place).entries.values() if entry} == {
        "first",
        *(f"id-{number}" for number in range(8)),
    }
    mend_backend(backend)
    with pytest.raises(StateError, match="could not be saved"):
        store.close_run("r1", converged=True)
    store.close()
    with backend.open() as other:
        assert other.load().entries == {}


def test_a_saved_state_is_unsaved_as_what_differs(git_backend: Git) -> None:
    place = git_backend.place()
    with git_backend.open() as first:
        first.save(STATE)
    store = guarded(git_backend, place)
    loaded = store.load()
    store.begin(RUN)
    break_backend(git_backend)
    entries = {NEW: Entry(NEW, "n"), JACKET: loaded.entries[JACKET]}
    store.save(replace(loaded, entries=entries, near={}))
    with pytest.raises(StateError):
        store.flush()
    store.close()
    unsaved = read(place)
    assert unsaved.entries == {NEW: Entry(NEW, "n"), SHIRT: None}
    assert unsaved.state == State(
        ACCOUNT, moved=STATE.moved, doubtful=STATE.doubtful, behaviours=STATE.behaviours
    )


def test_a_run_whose_closing_cannot_be_saved_is_closed_when_it_is_brought_back(
    git_backend: Git,
) -> None:
    place = git_backend.place()
    store = Guarded(git_backend.open(place), place / UNSAVED, now=lambda: 1764000100.0)
    store.begin(replace(RUN, account=ACCOUNT))
    store.record([Recorded(JACKET, ENTRY)])
    break_backend(git_backend)
    with pytest.raises(StateError):
        store.close_run("r1", converged=True, words="1 created")
    store.close()
    mend_backend(git_backend)
    with git_backend.open() as other:
        made = brought(other.snapshot(), read(place))
    assert made == Snapshot(
        State(ACCOUNT, {JACKET: ENTRY}),
        made.mark,
        Converged("r1", "0123abc", 1764000100.0),
        (),
    )


def test_what_lags_behind_is_saved_before_the_lock_is_released_or_goes_to_the_file(
    git_backend: Git,
) -> None:
    place = git_backend.place()
    with guarded(git_backend, place) as store:
        held = store.lock("ann", "r1", 5.0)
        held.__enter__()
        store.begin(RUN)
        store.record([Recorded(JACKET, ENTRY)])
        hook = git_backend.remote / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\ncase "$1" in *-lock) exit 0;; esac\nexit 1\n')
        hook.chmod(0o755)
        with pytest.raises(StateError, match="could not be saved"):
            held.__exit__(None, None, None)
        assert store.locked() is None
    assert read(place).entries == {JACKET: ENTRY}


def test_a_run_that_cannot_begin_has_nothing_to_keep(backend: Backend) -> None:
    place = backend.place()
    with backend.open() as first:
        first.save(STATE)
    break_backend(backend)
    store = guarded(backend, place)
    with pytest.raises(StateError):
        store.begin(RUN)
    store.close()
    assert not (place / UNSAVED).exists()


def test_a_command_that_cannot_save_leaves_no_file(git_backend: Git) -> None:
    place = git_backend.place()
    break_backend(git_backend)
    with guarded(git_backend, place) as store, pytest.raises(StateError, match="refuses to keep"):
        store.save(STATE)
    assert not (place / UNSAVED).exists()


def test_nobody_locks_a_state_while_something_of_it_is_unsaved(backend: Backend) -> None:
    place = backend.place()
    write(place / UNSAVED, Unsaved(RUN, Mark(), State(), {}))
    with guarded(backend, place) as store:
        with pytest.raises(StateError) as caught:
            store.lock("ann", "r1", 0.0).__enter__()
        assert str(caught.value) == (
            f"what an earlier run could not save is still in {place / UNSAVED}; nothing was written"
        )
        assert caught.value.hint == (
            "`pxm state push` brings it back; delete the file if it is of no use"
        )
        with store.lock_for_push("ann", "r1", 0.0):
            pass


def test_a_file_that_cannot_be_written_either_is_told(git_backend: Git) -> None:
    place = git_backend.place()
    store = Guarded(git_store("", place, place, QUICK), place / "file" / "unsaved.json")
    store.begin(RUN)
    (place / "file").write_text("in the way")
    break_backend(git_backend)
    store.record([Recorded(JACKET, ENTRY)])
    with pytest.raises(StateError) as caught:
        store.flush()
    assert "; what is unsaved cannot be kept in" in str(caught.value)
    assert caught.value.hint == "run `pxm apply` again: it looks for what this run has made"
    store.close()


def test_everything_else_passes_through(backend: Backend) -> None:
    with guarded(backend, backend.place()) as store:
        store.begin(RUN)
        store.record([Recorded(JACKET, ENTRY)])
        store.close_run("r1", converged=True)
        snapshot = store.snapshot()
        assert snapshot.state.entries == {JACKET: ENTRY}
        assert store.converged() == snapshot.converged
        assert store.open_runs() == ()
        assert store.mark == snapshot.mark
        store.restore(replace(snapshot, mark=Mark("a" * 32, 9)))
        assert store.mark == Mark("a" * 32, 9)


# --- the file ---------------------------------------------------------------

UNSAVED_VALUE = Unsaved(
    RUN,
    Mark("b" * 32, 4, "r1"),
    replace(STATE, entries={}),
    {JACKET: ENTRY, SHIRT: None},
    True,
    Converged("r1", "abc", 5.0),
)


def test_an_unsaved_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "unsaved.json"
    write(path, replace(UNSAVED_VALUE, entries={}))
    write(path, UNSAVED_VALUE)
    assert unsaved_from(path.read_text(), "x") == UNSAVED_VALUE
    assert [item.name for item in path.parent.iterdir()] == ["unsaved.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format_version": 1, "unsaved": true}',
        unsaved_text(UNSAVED_VALUE)[:-40],
        unsaved_text(UNSAVED_VALUE).replace('"format_version": 1', '"format_version": -1'),
        unsaved_text(UNSAVED_VALUE).replace('"format_version": 1', '"format_version": true'),
        re.sub(r'"serial": \d+', '"serial": -1', unsaved_text(UNSAVED_VALUE)),
        unsaved_text(UNSAVED_VALUE).replace('"serial"', '"cereal"'),
    ],
)
def test_a_half_written_file_is_a_state_error(text: str) -> None:
    with pytest.raises(StateError) as caught:
        unsaved_from(text, "unsaved.json")
    assert str(caught.value).startswith("unsaved.json is not a state that `pxm state pull` wrote: ")


def test_a_newer_file_is_refused() -> None:
    text = unsaved_text(UNSAVED_VALUE).replace('"format_version": 1', '"format_version": 2')
    with pytest.raises(StateError, match="has format 2, this program knows up to 1"):
        unsaved_from(text, "unsaved.json")


def test_long_texts_are_digests_in_the_file(tmp_path: Path) -> None:
    long = replace(ENTRY, applied={"d": replace(ENTRY.applied["name"], sent="secret " * 200)})
    write(tmp_path / "u", replace(UNSAVED_VALUE, entries={JACKET: long}))
    text = (tmp_path / "u").read_text()
    assert "secret secret" not in text
    assert '"sha256"' in json.dumps(json.loads(text)["entries"])
