"""`pxm state …` on every backend, and whole runs over them (contract 3 and 5)."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.errors import StateError
from reconciler.model import Account, Entry, State
from reconciler.state import UNSAVED, Lock, Mark, Store
from reconciler.state.document import snapshot_from
from reconciler.state.unsaved import Unsaved, write
from tests.e2e.worlds import World, world
from tests.limits import HANG
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
    git,
)
from tests.state.conftest import Make

ONE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what does not depend on the backend."""

CATALOG = """
categories:
  - {key: jackets, name: Jackets}
collections:
  - {key: rain, name: Rain, category: jackets}
  - {key: wind, name: Wind, category: jackets}
"""


@pytest.fixture
def pxm(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    backend: Backend,
) -> Iterator[World]:
    """A world in a place of the backend, which keeps its state."""
    place = backend.place()
    with world(place, monkeypatch, capsys) as made:
        monkeypatch.setenv("PXM_STATE", backend.url)
        made.write(CATALOG)
        yield made


# --- whole runs -------------------------------------------------------------


def test_an_apply_converges_and_the_next_has_nothing_to_do(pxm: World, backend: Backend) -> None:
    assert pxm.apply() == 0
    with backend.open() as store:
        snapshot = store.snapshot()
    assert len(snapshot.state.entries) == 3
    assert snapshot.runs == ()
    assert snapshot.converged is not None
    pxm.write(CATALOG.replace("name: Rain", "name: Rainy"))
    assert pxm.apply() == 0
    assert "1 updated" in pxm.out


def test_a_lost_state_is_rebuilt_by_adoption(pxm: World, backend: Backend) -> None:
    assert pxm.apply() == 0
    if isinstance(backend, Git):
        git(backend.remote, "update-ref", "-d", backend.ref)
    elif backend.name == "postgres":
        backend.sql(f"DROP SCHEMA {backend.schema} CASCADE")  # type: ignore[union-attr]
    else:
        (pxm.root / "state.db").unlink()
    assert pxm.apply("--new-state") == 0
    assert "3 adopted" in pxm.out
    assert len(pxm.sandbox.all("collection")) == 2


def test_the_state_commands_work_on_every_backend(pxm: World) -> None:
    pxm.apply()
    assert pxm.pxm("state", "list", "category") == 0
    assert pxm.out.startswith("category/jackets  ")
    assert pxm.pxm("state", "mv", "collection/rain", "collection/storm") == 0
    assert pxm.out == "collection/rain is now collection/storm\n"
    assert pxm.pxm("state", "rm", "collection/storm") == 0
    rain = next(item["id"] for item in pxm.sandbox.all("collection") if item["name"] == "Rain")
    assert pxm.pxm("state", "bind", "collection/rain", rain) == 0
    assert pxm.pxm("state", "show", "collection/rain") == 0
    assert pxm.out.splitlines()[:2] == ["collection/rain", f"  id: {rain}"]
    assert pxm.pxm("state", "show", "collection/rain", "--format", "json") == 0
    assert pxm.result == {
        "kind": "collection",
        "key": "rain",
        "id": rain,
        "applied": {},
    }


@ONE
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["mv", "collection/rain", "category/rain"],
            "collection/rain and category/rain are of two kinds",
        ),
        (["mv", "collection/rain", "collection/wind"], "collection/wind is already in the state"),
        (["mv", "collection/gone", "collection/x"], "collection/gone is not in the state"),
        (["rm", "collection/rain", "collection/gone"], "collection/gone is not in the state"),
        (["show", "collection/gone"], "collection/gone is not in the state"),
        (["bind", "collection/rain", "WIND"], "is already managed as collection/wind"),
        (["bind", "collection/rain", "nobody"], "collection nobody does not exist in the account"),
    ],
)
def test_what_cannot_be_mended_is_told_and_changes_nothing(
    pxm: World, backend: Backend, arguments: list[str], said: str
) -> None:
    pxm.apply()
    with backend.open() as store:
        before = store.snapshot()
    wind = next(item["id"] for item in pxm.sandbox.all("collection") if item["name"] == "Wind")
    assert pxm.pxm("state", *(word.replace("WIND", wind) for word in arguments)) == 1
    assert said in pxm.err
    with backend.open() as store:
        assert store.snapshot() == before


# --- looking ----------------------------------------------------------------


def test_an_overview_says_whose_state_how_much_and_what_is_open(
    pxm: World, backend: Backend
) -> None:
    with backend.open() as store:
        store.begin(replace(RUN, account=ACCOUNT))
        store.record([])
        store.save(STATE)
        store.close_run("r1", converged=True)
        store.begin(replace(RUN, id="r2"))
        last = store.converged()
    assert last is not None
    with backend.open() as store, store.lock("ann@host", "r3", 1764000000.0):
        assert pxm.pxm("state", "show") == 0
        at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(last.at))
        *lines, lock = pxm.out.splitlines()
        assert lines == [
            "account: https://pxm.example",
            "objects: 2 collection",
            f"serial: {store.mark.serial or _serial(backend)}",
            f"last converged: run r1, commit 0123abc, {at}",
            "open: run r2 of ci@host (pid 7), since 2025-11-24 16:00:00 UTC, 2 not done",
        ]
        assert lock.startswith("lock: ann@host, run r3, since 2025-11-24 16:00:00 UTC")
        assert (", last beat 20" in lock) == (backend.name != "sqlite")
        assert pxm.pxm("state", "show", "--format", "json") == 0
        shown = pxm.result
        assert (shown["lock"].pop("beat", None) is None) == (backend.name == "sqlite")
        assert shown == {
            "account": {
                "base_url": "https://pxm.example",
                "regions": ["r-1", "r-2"],
                "client_id": "client",
            },
            "lineage": shown["lineage"],
            "serial": _serial(backend),
            "entries": {"collection": 2},
            "converged": {"run": "r1", "commit": "0123abc", "at": last.at},
            "open_runs": [
                {
                    "id": "r2",
                    "holder": "ci@host (pid 7)",
                    "started": 1764000000.5,
                    "commit": "0123abc",
                    "open_intents": 2,
                }
            ],
            "lock": {"holder": "ann@host", "run": "r3", "since": 1764000000.0},
        }


def _serial(backend: Backend) -> int:
    with backend.open() as store:
        return store.snapshot().mark.serial


@ONE
def test_an_overview_of_nothing_is_short(pxm: World) -> None:
    assert pxm.pxm("state", "show") == 0
    assert pxm.out == "account: none yet\nobjects: none\nserial: 0\nlock: free\n"


# --- pull and push ----------------------------------------------------------

NO_STATE = "is not a state that `pxm state pull` wrote"
PULLED = """{
 "format_version": 1,
 "lineage": "%s",
 "serial": 7,
 "writer": "",
 "converged": {
  "run": "r0",
  "commit": "abc",
  "at": 5.5
 },
 "account": {
  "base_url": "https://pxm.example",
  "regions": [
   "r-1",
   "r-2"
  ],
  "client_id": "client"
 },
 "moved": [],
 "near": [],
 "doubtful": [],
 "behaviours": [],
 "refused": [],
 "runs": [
  {"id": "r1", "holder": "ann", "started": 1.5, "commit": "", "about": "", "intents": [["create","collection","jacket",null,{}]]}
 ],
 "entries": [
  {"kind":"collection","key":"jacket","id":"c-1","written":1764000000.25,"prevent_destroy":true,"applied":{"name":["Jacket"],"weight":[{"$number":"1.10"},null,0]}},
  {"kind":"collection","key":"outdoor/shirt","id":"c-2","applied":{}}
 ]
}
""" % ("a" * 32)


def test_what_is_pushed_is_pulled_the_same_with_the_next_serial(pxm: World) -> None:
    (pxm.root / "in.json").write_text(PULLED)
    assert pxm.pxm("state", "push", "in.json") == 0
    assert pxm.out == "Pushed: the state holds 2 objects.\n"
    assert pxm.pxm("state", "pull") == 0
    assert pxm.out == PULLED.replace('"serial": 7', '"serial": 8')
    assert pxm.pxm("state", "pull", "out.json") == 0
    assert (pxm.out, pxm.err) == ("", "2 objects, serial 8, are in out.json\n")
    assert (pxm.root / "out.json").read_text() == PULLED.replace('"serial": 7', '"serial": 8')


@ONE
def test_a_pulled_state_that_was_edited_can_be_pushed(pxm: World) -> None:
    pxm.apply()
    pxm.pxm("state", "pull", "s.json")
    path = pxm.root / "s.json"
    path.write_text(path.read_text().replace('"key":"rain"', '"key":"storm"'))
    assert pxm.pxm("state", "push", "s.json") == 0
    pxm.pxm("state", "list", "collection")
    assert [line.split()[0] for line in pxm.out.splitlines()] == [
        "collection/storm",
        "collection/wind",
    ]


def test_a_newer_state_is_not_overwritten_without_saying_so(pxm: World, backend: Backend) -> None:
    with backend.open() as store:
        store.save(STATE)
    pxm.pxm("state", "pull", "old.json")
    with backend.open() as store:
        store.save(State(ACCOUNT))
    assert pxm.pxm("state", "push", "old.json") == 3
    assert pxm.err == (
        "Error: nothing was pushed: the state is newer, serial 2, than the file, serial 1\n"
        "  look at both with `pxm state show`; --force overwrites\n"
    )
    assert pxm.pxm("state", "push", "old.json", "--force") == 0
    with backend.open() as store:
        assert store.load() == STATE
        assert store.mark.serial == 3


@ONE
def test_force_does_not_come_from_the_environment(
    pxm: World, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with backend.open() as store:
        store.save(STATE)
        pxm.pxm("state", "pull", "old.json")
        store.save(State(ACCOUNT))
    monkeypatch.setenv("PXM_FORCE", "1")
    assert pxm.pxm("state", "push", "old.json") == 3


def test_a_state_of_another_account_or_of_other_birth_is_refused(
    pxm: World, backend: Backend
) -> None:
    with backend.open() as store:
        store.save(STATE)
        lineage = store.mark.lineage
    path = pxm.root / "in.json"
    path.write_text(PULLED)
    assert pxm.pxm("state", "push", "in.json") == 3
    assert pxm.err.splitlines()[0] == (
        "Error: nothing was pushed: the file does not come from this state "
        f"(lineage {'a' * 32}, here {lineage})"
    )
    other = PULLED.replace("https://pxm.example", "https://other.example")
    path.write_text(other.replace("r-1", "x-1").replace("r-2", "x-2"))
    assert pxm.pxm("state", "push", "in.json") == 3
    assert pxm.err == (
        "Error: nothing was pushed: the state is of another account (https://pxm.example) "
        "than the file (https://other.example)\n"
        "  check --state; --force overwrites\n"
    )
    with backend.open() as store:
        assert store.load() == STATE


@pytest.mark.parametrize(
    ("backend", "target"),
    [("sqlite", "git"), ("git", "postgres"), ("postgres", "sqlite")],
    indirect=["backend"],
)
def test_a_state_moves_to_another_backend_and_the_plan_stays_empty(
    pxm: World, backend: Backend, make_backend: Make, target: str
) -> None:
    assert pxm.apply() == 0
    with backend.open() as store:
        before = store.snapshot()
    other = make_backend(target)
    url = other.url
    if isinstance(other, Git):
        if not (pxm.root / ".git").exists():
            git(pxm.root, "init", "-q")
        git(pxm.root, "remote", "add", "other", other.remote.as_uri())
        url = f"git:other#{other.ref}"
    elif target == "sqlite":
        url = f"file:{other.folder}/state.db"
    assert pxm.pxm("state", "pull", "s.json") == 0
    assert pxm.pxm("state", "push", "s.json", "--state", url) == 0
    with other.open() as store:
        after = store.snapshot()
    assert after == replace(before, mark=Mark(before.mark.lineage, before.mark.serial + 1))
    assert pxm.pxm("plan", "--detailed-exitcode", "--state", url) == 0


@ONE
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "{",
            "it is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("[" * 100_000, "it is nested too deeply"),
        ("[1]", "the file is not a mapping"),
        ("{}", "format_version is missing"),
        ('{"format_version": 1}', "account is missing"),
        (PULLED.replace('"at": 5.5', '"at": "May"'), "converged.at takes a number, not 'May'"),
    ],
)
def test_a_file_that_is_no_state_is_named_with_the_place_in_it(
    pxm: World, text: str, reason: str
) -> None:
    (pxm.root / "in.json").write_text(text)
    assert pxm.pxm("state", "push", "in.json") == 1
    assert pxm.err == (
        f"Error: in.json is not a state that `pxm state pull` wrote: {reason}; nothing was changed\n"
        "  mend it there, or push what `pxm state pull FILE` wrote\n"
    )


@ONE
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a state that `pxm state pull` wrote"),
        ("[1]", "is not a state that `pxm state pull` wrote"),
        ('{"format_version": 1}', "is not a state that `pxm state pull` wrote"),
        ('{"format_version": 9}', "has format 9, this program knows up to 1"),
        (PULLED.replace('"format_version": 1', '"format_version": -1'), NO_STATE),
        (PULLED.replace('"serial": 7', '"serial": -1'), NO_STATE),
        (PULLED[:-20], "is not a state that `pxm state pull` wrote"),
        (PULLED.replace('"create",', ""), "is not a state that `pxm state pull` wrote"),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_file_that_is_no_state_changes_nothing(
    pxm: World, backend: Backend, text: str, words: str
) -> None:
    with backend.open() as store:
        store.save(STATE)
    (pxm.root / "in.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert pxm.pxm("state", "push", "in.json", "--force") == 1
    assert words in pxm.err
    with backend.open() as store:
        assert store.load() == STATE


@ONE
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"serial": 7', '"serial": "7"', "serial takes a whole number, not '7'"),
        ('"lineage"', '"ancestry"', "lineage is missing"),
        ('"key":"outdoor/shirt",', "", "entries[1].key is missing"),
        ('"applied":{}', '"applied":[]', "entries[1].applied takes a mapping, not a list"),
        ('"moved": []', '"moved": [["x"]]', "moved[0] is not [KIND, FROM, TO]"),
        ('"create",', "", "runs[0].intents[0] is not [ACTION, KIND, KEY, ID, NATURAL KEY]"),
    ],
)
def test_a_state_is_judged_by_its_schema(pxm: World, old: str, new: str, words: str) -> None:
    (pxm.root / "in.json").write_text(PULLED.replace(old, new))
    assert pxm.pxm("state", "push", "in.json") == 1
    assert pxm.err == (
        f"Error: in.json {NO_STATE}: {words}; nothing was changed\n"
        "  mend it there, or push what `pxm state pull FILE` wrote\n"
    )


NUMBERS = ["-1", "true", '"1"', "null", "NaN", "Infinity", "1e400", "[1]"]


@pytest.mark.parametrize(
    "text",
    [
        *(PULLED.replace('"format_version": 1', f'"format_version": {x}') for x in NUMBERS),
        *(PULLED.replace('"serial": 7', f'"serial": {x}') for x in (*NUMBERS, "7.0", str(2**53))),
        *(PULLED.replace('"at": 5.5', f'"at": {x}') for x in (*NUMBERS, "1e300")),
        *(PULLED.replace('"started": 1.5', f'"started": {x}') for x in (*NUMBERS, "1e300")),
        *(PULLED.replace("1764000000.25", x) for x in (*NUMBERS, "1e300")),
    ],
)
def test_numbers_that_no_version_wrote_are_refused(text: str) -> None:
    with pytest.raises(StateError, match=f"in.json {NO_STATE}"):
        snapshot_from(text, "in.json")


@ONE
def test_a_file_that_is_not_there_is_told(pxm: World) -> None:
    assert pxm.pxm("state", "push") == 1
    assert pxm.err == (
        "Error: nothing to push: there is no .reconciler/unsaved.json\n"
        "  pxm state push FILE takes what `pxm state pull FILE` wrote\n"
    )
    assert pxm.pxm("state", "push", "gone.json") == 1
    assert pxm.err == "Error: gone.json: no such file\n"
    assert pxm.pxm("state", "pull", "no/folder/s.json") == 1
    assert pxm.err.startswith("Error: no/folder/s.json: cannot be written: ")


def test_a_pulled_state_has_no_secret_and_no_long_text(
    pxm: World, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, long = "token-77aa", "confidential words " * 100
    monkeypatch.setenv("PXM_GIT_TOKEN", secret)
    pxm.write(
        f"""
attributes: [{{key: text, label: Text, type: Text}}]
collections:
  - {{key: long, name: Long, category: jackets, attributes: {{text: '{long}'}}}}
""",
        "more.yaml",
    )
    assert pxm.apply() == 0
    pxm.pxm("state", "pull")
    assert '"sha256"' in pxm.out
    for word in ("confidential words", secret, "Bearer", "access_token"):
        assert word not in pxm.out
    with backend.open() as store:
        entry = next(item for ref, item in store.load().entries.items() if ref.key == "long")
    assert any(
        isinstance(applied.sent, dict) and "sha256" in applied.sent
        for applied in entry.applied.values()
    )


# --- what could not be saved ------------------------------------------------


def unsaved(backend: Backend, **values: object) -> Unsaved:
    """What a run could not save over the state as it is now."""
    with backend.open() as store:
        base = store.snapshot().mark
    made = Unsaved(
        replace(RUN, intents=RUN.intents[1:]),
        base,
        State(ACCOUNT),
        {JACKET: ENTRY, SHIRT: None},
    )
    return replace(made, **values)  # type: ignore[arg-type]


def test_what_could_not_be_saved_is_brought_back_and_the_file_goes(
    pxm: World, backend: Backend
) -> None:
    with backend.open() as store:
        store.save(State(ACCOUNT, {SHIRT: Entry(SHIRT, "c-2")}))
    write(pxm.root / UNSAVED, unsaved(backend))
    assert pxm.pxm("apply", "--yes") == 1
    assert "what an earlier run could not save is still in" in pxm.err
    assert pxm.pxm("state", "push") == 0
    assert pxm.out == ("Brought back: 2 objects of run r1. .reconciler/unsaved.json is removed.\n")
    assert not (pxm.root / UNSAVED).exists()
    with backend.open() as store:
        assert store.load() == State(ACCOUNT, {JACKET: ENTRY})
        assert store.open_runs() == (replace(RUN, intents=RUN.intents[1:]),)


def test_what_could_not_be_saved_does_not_go_over_what_came_since(
    pxm: World, backend: Backend
) -> None:
    with backend.open() as store:
        store.save(STATE)
    write(pxm.root / UNSAVED, unsaved(backend))
    with backend.open() as store:
        store.save(STATE)
    assert pxm.pxm("state", "push") == 3
    assert pxm.err.splitlines()[0] == (
        "Error: nothing was pushed: the run knew serial 1, the state has 2"
    )
    assert (pxm.root / UNSAVED).exists()
    assert pxm.pxm("state", "push", "--force") == 0
    with backend.open() as store:
        assert store.load().entries == {JACKET: ENTRY}


def test_what_the_run_itself_still_wrote_is_no_obstacle(pxm: World, backend: Backend) -> None:
    with backend.open() as store:
        store.save(STATE)
    file = unsaved(backend)
    with backend.open() as store:
        store.begin(RUN)
    write(pxm.root / UNSAVED, file)
    assert pxm.pxm("state", "push") == 0


@ONE
def test_what_belongs_to_another_account_is_not_brought_in(pxm: World, backend: Backend) -> None:
    with backend.open() as store:
        store.save(STATE)
    account = Account("https://other.example", frozenset({"x"}), "c")
    write(pxm.root / UNSAVED, unsaved(backend, state=State(account)))
    assert pxm.pxm("state", "push") == 3
    assert "the state is of another account" in pxm.err


MORE = "  - {key: snow, name: Snow, category: jackets}\n"


def refuse_new_entries(backend: Backend) -> None:
    """The state is there and can be read, and a run can begin; what it makes cannot be saved."""
    if isinstance(backend, Sqlite):
        with sqlite3.connect(backend.folder / "state.db") as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON entries WHEN new.key = 'snow' "
                "BEGIN SELECT raise(ABORT, 'no room'); END"
            )
        connection.close()
    elif isinstance(backend, Postgres):
        backend.sql("ALTER TABLE entries ADD CONSTRAINT full_ CHECK (key <> 'snow')")
    else:
        hook = backend.remote / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(
            '#!/bin/sh\ncase "$(git log -1 --format=%s $3 2>&1)" in applied*) exit 1;; esac\n'
        )
        hook.chmod(0o755)


def take_new_entries(backend: Backend) -> None:
    if isinstance(backend, Sqlite):
        with sqlite3.connect(backend.folder / "state.db") as connection:
            connection.execute("DROP TRIGGER full")
        connection.close()
    elif isinstance(backend, Postgres):
        backend.sql("ALTER TABLE entries DROP CONSTRAINT full_")
    else:
        (backend.remote / "hooks" / "update").unlink()


def test_a_state_that_cannot_be_saved_in_the_middle_of_a_run_loses_nothing(
    pxm: World, backend: Backend
) -> None:
    assert pxm.apply() == 0
    refuse_new_entries(backend)
    pxm.write(CATALOG + MORE)
    assert pxm.pxm("apply", "--yes") == 1
    assert "the state could not be saved, nothing more was sent: " in pxm.err
    assert "`pxm state push` brings it back once the state can be written again" in pxm.err
    assert "Traceback" not in pxm.err
    assert (pxm.root / UNSAVED).exists()

    take_new_entries(backend)
    assert pxm.pxm("state", "push") == 0
    assert pxm.out.startswith("Brought back: ")
    pxm.pxm("state", "list", "collection")
    assert "collection/snow" in pxm.out
    assert pxm.apply() == 0
    assert "1 created" not in pxm.out
    assert [item["name"] for item in pxm.sandbox.all("collection")].count("Snow") == 1


# --- unlock -----------------------------------------------------------------


def test_nothing_is_released_where_nobody_holds_the_state(pxm: World) -> None:
    assert pxm.pxm("state", "unlock") == 0
    assert pxm.out == "The state is not locked.\n"


def long_ago(backend: Backend) -> Store:
    """A store whose run was last seen in 2025."""
    if isinstance(backend, Git):
        return backend.open(pace=replace(QUICK, now=lambda: 1764000000.0))
    return backend.open()


def test_a_young_lock_is_left_alone(pxm: World, backend: Backend) -> None:
    now = time.time()
    with backend.open() as store, store.lock("ann", "r1", now - 60):
        assert pxm.pxm("state", "unlock", "--if-older", "1h") == 0
        assert pxm.out.startswith("Left as it is, not old enough: the lock of ann, run r1, since ")
        assert store.locked() is not None


def test_the_lock_of_a_living_run_is_left_alone_however_long_it_takes(
    pxm: World, backend: Backend
) -> None:
    with backend.open() as store, store.lock("ann", "r1", 1764000000.0):
        assert pxm.pxm("state", "unlock", "--if-older", "1h") == 0
        left = "Nothing to release: " if backend.name == "sqlite" else "Left as it is, not old"
        assert pxm.out.startswith(left)
        store.save(STATE)
        store.prove()
        assert store.locked() == Lock("ann", "r1", 1764000000.0)


def test_an_old_lock_is_released_where_that_can_be(pxm: World, backend: Backend) -> None:
    store = long_ago(backend)
    held = store.lock("ann", "r1", 1764000000.0)
    held.__enter__()
    who = "the lock of ann, run r1, since 2025-11-24 16:00:00 UTC"
    # A server's connection is seen to be alive while it is there.
    older = () if backend.name == "postgres" else ("--if-older", "1h")
    assert pxm.pxm("state", "unlock", *older) == 0
    if backend.name == "sqlite":
        assert pxm.out == f"Nothing to release: {who} ends with its process.\n"
        held.__exit__(None, None, None)
    else:
        assert pxm.out.startswith(f"Released: {who}, last beat 20")
    assert pxm.pxm("state", "unlock") == 0
    assert pxm.out == "The state is not locked.\n"
    if backend.name != "sqlite":
        held.__exit__(None, None, None)
    store.close()


@ONE
@pytest.mark.parametrize(("text", "code"), [("90", 0), ("1.5h", 0), ("2d", 0), ("1w", 1), ("", 1)])
def test_a_time_has_a_unit_that_is_known(pxm: World, text: str, code: int) -> None:
    assert pxm.pxm("state", "unlock", "--if-older", text) == code
    assert ("is no time; such as 90s, 15m, 1h or 2d" in pxm.err) == bool(code)


def test_a_command_on_a_locked_state_is_refused_or_waits(pxm: World, backend: Backend) -> None:
    with backend.open() as store:
        store.save(STATE)
        held = store.lock("ann", "r1", 1764000000.0)
        held.__enter__()
        assert pxm.pxm("state", "rm", "collection/jacket") == 3
        assert "the state is locked by ann, run r1, since 2025-11-24" in pxm.err
        assert pxm.pxm("apply", "--yes") == 3
        timer = threading.Timer(0.3, held.__exit__, (None, None, None))
        timer.start()
        assert pxm.pxm("state", "rm", "collection/jacket", "--lock-timeout", str(HANG)) == 0
        timer.join()
