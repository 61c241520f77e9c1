"""The state on a ref of the catalog's repository (contract 5)."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import Locked, StateError, UsageError
from reconciler.model import Entry, Ref, State
from reconciler.state import Intent, Lock, Recorded, Run, Store, open_store
from reconciler.state.git import CACHE, GitStore, Pace, commit_of, git_store
from reconciler.state.git.command import Git as Git_
from reconciler.state.git.command import GitFailed
from reconciler.state.git.layout import upgraded
from reconciler.state.git.troubles import UNREACHABLE, sort_of, told
from tests.state.backends import (
    ACCOUNT,
    ENTRY,
    JACKET,
    QUICK,
    RUN,
    SHIRT,
    STATE,
    Git,
    edit_json,
    git,
)


@pytest.fixture
def store(git_backend: Git) -> Iterator[GitStore]:
    with git_backend.open() as store:
        yield store


def entries(number: int) -> dict[Ref, Entry]:
    refs = [Ref("collection", f"product-{index}") for index in range(number)]
    return {ref: replace(ENTRY, ref=ref, id=f"id-{ref.key}") for ref in refs}


def hook(backend: Git, name: str, script: str) -> Path:
    """A hook of the remote."""
    path = backend.remote / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


# --- the history ------------------------------------------------------------


def test_a_run_opens_with_a_commit_and_closes_with_one(git_backend: Git, store: GitStore) -> None:
    run = replace(RUN, account=ACCOUNT, about="")
    with store.lock("ci@host (pid 7)", "r1", 1764000000.0):
        store.begin(run)
        store.save(State(ACCOUNT, moved=STATE.moved))
        store.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
        store.record([Recorded(JACKET, ENTRY)])
        store.close_run("r1", converged=True, words="1 created, 1 updated")

    assert git_backend.log() == [
        "apply: 1 to create, 1 to update",
        "applied, converged: 1 created, 1 updated",
    ]
    assert git(git_backend.remote, "log", "-1", "--format=%an <%ae>%n%b", git_backend.ref) == (
        "pxm <pxm@localhost>\n"
        "Run: r1\nHolder: ci@host (pid 7)\nStarted: 2025-11-24 16:00:00 UTC\n"
        "Catalog-Commit: 0123abc\nConverged: true"
    )
    assert git(git_backend.remote, "log", "-1", "--format=%b", f"{git_backend.ref}~1") == (
        "update collection/outdoor/shirt\n  create collection/jacket\n\n"
        "Run: r1\nHolder: ci@host (pid 7)\nStarted: 2025-11-24 16:00:00 UTC\n"
        "Catalog-Commit: 0123abc"
    )
    assert git_backend.refs() == [git_backend.ref]


def test_the_intents_are_in_the_tree_before_the_first_write(
    git_backend: Git, store: GitStore
) -> None:
    store.begin(RUN)
    text = git(git_backend.remote, "show", f"{git_backend.ref}:runs/r1.jsonl")
    assert [json.loads(line) for line in text.splitlines()] == [
        {
            "id": "r1",
            "holder": "ci@host (pid 7)",
            "started": 1764000000.5,
            "commit": "0123abc",
            "about": "1 to create, 1 to update",
        },
        ["update", "collection", "outdoor/shirt", "c-2", {}],
        ["create", "collection", "jacket", None, {"name": "Jacket", "weight": {"$number": "1.10"}}],
    ]
    store.close_run("r1", converged=False)
    assert git(git_backend.remote, "ls-tree", "--name-only", git_backend.ref).split() == [
        "README.md",
        "state.json",
    ]


def test_between_opening_and_closing_ids_are_pushed_at_most_every_half_minute(
    git_backend: Git,
) -> None:
    time = [100.0]
    pace = replace(QUICK, clock=lambda: time[0])
    with git_backend.open(pace=pace) as store, git_backend.open() as other:
        store.begin(replace(RUN, intents=tuple(Intent("create", ref) for ref in entries(5))))
        for second, (ref, entry) in zip((0, 29.9, 30, 59.9, 60), entries(5).items(), strict=True):
            time[0] = 100.0 + second
            store.record([Recorded(ref, entry)])
        assert len(other.load().entries) == 5
        (run,) = other.open_runs()
        assert run.intents == ()
        assert git_backend.log() == [
            "apply: 1 to create, 1 to update",
            "apply: 2 left",
            "apply: 0 left",
        ]


def test_what_a_run_has_not_pushed_is_pushed_when_its_lock_or_its_store_goes(
    git_backend: Git, store: GitStore
) -> None:
    with git_backend.open() as other:
        with store.lock("ann", "r1", 0.0):
            store.begin(RUN)
            store.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
            assert other.load().entries == {}
        assert other.load().entries.keys() == {SHIRT}
        store.record([Recorded(JACKET, ENTRY)])
        store.close()
        assert other.load().entries.keys() == {SHIRT, JACKET}


def test_a_command_says_what_it_did(git_backend: Git, store: GitStore) -> None:
    store.save(STATE, words="collection/a is now collection/jacket")
    store.record([Recorded(SHIRT, None)])
    assert git_backend.log() == [
        "state: collection/a is now collection/jacket",
        "state: 1 recorded",
    ]


def test_a_holder_cannot_write_trailers(git_backend: Git, store: GitStore) -> None:
    store.begin(replace(RUN, holder="ann\nConverged: true"))
    body = git(git_backend.remote, "log", "-1", "--format=%b", git_backend.ref)
    assert "Holder: ann Converged: true" in body.splitlines()


def test_a_long_list_of_intents_is_cut_in_the_message_and_whole_in_the_tree(
    git_backend: Git, store: GitStore
) -> None:
    store.begin(replace(RUN, intents=tuple(Intent("create", ref) for ref in entries(250))))
    body = git(git_backend.remote, "log", "-1", "--format=%b", git_backend.ref)
    assert body.count("create collection/") == 200
    assert "  … 50 more" in body
    (run,) = store.open_runs()
    assert len(run.intents) == 250


# --- size -------------------------------------------------------------------


def objects_of(repository: Path) -> int:
    """How many objects a repository has, loose or packed."""
    return len(git(repository, "cat-file", "--batch-all-objects", "--batch-check").splitlines())


def test_a_change_writes_its_shard_and_the_trees_above_it_and_nothing_else(
    git_backend: Git, store: GitStore
) -> None:
    store.save(State(ACCOUNT, entries(300)))
    before = objects_of(git_backend.remote)
    ref = Ref("collection", "product-7")
    store.record([Recorded(ref, replace(ENTRY, ref=ref, id="new"))])
    # A shard, its two trees, state.json, the root and the commit.
    assert objects_of(git_backend.remote) - before == 6
    changed = git(
        git_backend.remote, "diff", "--name-only", f"{git_backend.ref}~1", git_backend.ref
    )
    assert changed.split() == ["entries/ac/7.jsonl", "state.json"]


def test_a_state_saved_again_writes_no_entry(git_backend: Git, store: GitStore) -> None:
    store.save(State(ACCOUNT, entries(20)))
    with git_backend.open() as other:
        other.save(other.load())
    changed = git(
        git_backend.remote, "diff", "--name-only", f"{git_backend.ref}~1", git_backend.ref
    )
    assert changed.split() == ["state.json"]


def test_an_entry_that_goes_takes_its_empty_file_with_it(git_backend: Git, store: GitStore) -> None:
    store.save(STATE)
    store.record([Recorded(JACKET, None), Recorded(SHIRT, None)])
    assert "entries" not in git(git_backend.remote, "ls-tree", "--name-only", git_backend.ref)


# --- the checkout -----------------------------------------------------------


def seen(place: Path) -> dict[str, bytes]:
    """Every file of a checkout, .git included; the cache apart."""
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file() and ".reconciler" not in path.parts
    }


@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--filter=blob:none",)])
def test_the_checkout_is_never_touched_shallow_or_not(
    git_backend: Git, options: tuple[str, ...]
) -> None:
    git(git_backend.remote, "config", "uploadpack.allowFilter", "true")
    place = git_backend.place(*options)
    (place / "catalog" / "a.yaml").write_text("changed: and not committed")
    before = seen(place)
    with git_backend.open(place) as store, store.lock("ann", "r1", 0.0):
        store.begin(RUN)
        store.save(STATE)
        store.close_run("r1", converged=True)
    with git_backend.open(place) as store:
        assert store.load() == STATE
    assert seen(place) == before


def test_only_the_last_commit_is_fetched(git_backend: Git, store: GitStore) -> None:
    for number in range(5):
        store.save(State(ACCOUNT, entries(number)))
    place = git_backend.place("--depth=1")
    with git_backend.open(place) as other:
        assert len(other.load().entries) == 4
    tracking = "refs/pxm/origin/reconciler/state"
    assert git(place / CACHE, "rev-list", "--count", tracking) == "1"


def test_the_commit_of_the_catalog_is_told(git_backend: Git, tmp_path: Path) -> None:
    place = git_backend.place()
    assert commit_of(place / "catalog") == git(git_backend.remote, "rev-parse", "main")
    assert commit_of(tmp_path) == ""
    assert commit_of(tmp_path / "nowhere") == ""
    git(tmp_path, "init", "-q", "empty")
    assert commit_of(tmp_path / "empty") == ""


def test_a_worktree_and_a_folder_below_work_too(git_backend: Git, store: GitStore) -> None:
    store.save(STATE)
    place = git_backend.place()
    tree = git_backend.folder / "tree"
    git(place, "worktree", "add", "-q", str(tree))
    with git_store("", tree / "catalog", tree / "catalog", QUICK) as other:
        assert other.load() == STATE


def test_a_relative_remote_starts_from_the_checkout(git_backend: Git, store: GitStore) -> None:
    store.save(STATE)
    place = git_backend.place()
    git(place, "remote", "add", "near", "../remote.git")
    with git_store("near", place / "catalog", place, QUICK) as other:
        assert other.load() == STATE


def test_a_repository_of_sha256_is_served(tmp_path: Path) -> None:
    remote, place = tmp_path / "remote.git", tmp_path / "place"
    for folder, more in ((remote, ["--bare"]), (place, [])):
        git(tmp_path, "init", "-q", "--object-format=sha256", *more, str(folder))
    git(place, "remote", "add", "origin", str(remote))
    with git_store("", place, place, QUICK) as store:
        store.save(STATE)
    shutil.rmtree(place / ".reconciler")
    with git_store("", place, place, QUICK) as store:
        assert store.load() == STATE
    assert len(git(remote, "rev-parse", "refs/reconciler/state")) == 64


def test_hooks_signing_and_the_surroundings_of_a_hook_change_nothing(
    git_backend: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = git_backend.place()
    marker = git_backend.folder / "ran"
    hooks = place / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-push", "reference-transaction", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
        (hooks / name).chmod(0o755)
    for name, value in (
        ("commit.gpgSign", "true"),
        ("push.gpgSign", "true"),
        ("gpg.program", "/bin/false"),
        ("core.hooksPath", str(hooks)),
    ):
        git(place, "config", name, value)
    monkeypatch.setenv("GIT_DIR", str(git_backend.folder / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nothing")
    monkeypatch.setenv("GIT_TRACE", str(marker))
    with git_backend.open(place) as store, store.lock("ann", "r1", 0.0):
        store.save(STATE)
    monkeypatch.delenv("GIT_DIR")
    assert not marker.exists()
    with git_backend.open() as other:
        assert other.load() == STATE


# --- the cache --------------------------------------------------------------


@pytest.mark.parametrize("lost", ["objects", "refs", "HEAD", "objects/pack", "config"])
def test_a_cache_that_is_broken_is_made_again_and_the_checkout_left_alone(
    git_backend: Git, store: GitStore, lost: str
) -> None:
    store.save(State(ACCOUNT, entries(150)))
    place = git_backend.place()
    before = seen(place)
    with git_backend.open(place) as first:
        first.load()
    path = place / CACHE / lost
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.write_text("[broken")
    with git_backend.open(place) as second:
        assert second.load() == State(ACCOUNT, entries(150))
    assert seen(place) == before


def test_a_file_that_is_missing_in_the_cache_is_fetched_again(
    git_backend: Git, store: GitStore
) -> None:
    store.save(STATE)
    place = git_backend.place()
    with git_backend.open(place) as first:
        first.load()
    blob = git(place / CACHE, "rev-parse", "refs/pxm/origin/reconciler/state:state.json")
    (place / CACHE / "objects" / blob[:2] / blob[2:]).unlink()
    with git_backend.open(place) as second:
        assert second.load() == STATE
        second.save(State(ACCOUNT))
    assert store.load() == State(ACCOUNT)


def test_locks_that_a_killed_git_left_in_the_cache_are_taken_away(
    git_backend: Git, store: GitStore
) -> None:
    store.save(STATE)
    place = git_backend.place()
    with git_backend.open(place) as first:
        first.load()
    store.save(State(ACCOUNT))
    (place / CACHE / "shallow.lock").touch()
    (place / CACHE / "packed-refs.lock").touch()
    with git_backend.open(place) as second:
        assert second.load() == State(ACCOUNT)


def test_a_cache_that_cannot_be_written_is_an_error(git_backend: Git) -> None:
    place = git_backend.place()
    (place / ".reconciler").write_text("a file in the way")
    with git_backend.open(place) as store, pytest.raises(StateError) as caught:
        store.load()
    assert str(caught.value).startswith("the state's cache cannot be written: ")


# --- races ------------------------------------------------------------------


def test_a_push_that_loses_the_race_changes_nothing_and_is_told(git_backend: Git) -> None:
    with git_backend.open() as first, git_backend.open() as second:
        second.begin(RUN)
        second.record([Recorded(JACKET, ENTRY)])
        first.save(State(ACCOUNT))
        with pytest.raises(StateError) as caught:
            second.flush()
        assert str(caught.value).startswith(
            "the state cannot be saved: another run has changed refs/reconciler/state at the same "
            "time (git: "
        )
        assert caught.value.hint == "run `pxm plan` and look again"
        assert second.failure is caught.value
        with pytest.raises(StateError):
            second.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
        assert second.load() == State(ACCOUNT)
        assert first.load() == State(ACCOUNT)


def test_a_run_whose_lock_was_broken_cannot_write_over_the_next_one(git_backend: Git) -> None:
    with git_backend.open() as first, git_backend.open() as second:
        with first.lock("ann", "r1", 5.0):
            first.begin(RUN)
            first.record([Recorded(JACKET, ENTRY)])
            assert second.unlock(Lock("ann", "r1", 5.0))
            with second.lock("bob", "r2", 6.0):
                second.begin(replace(RUN, id="r2"))
                with pytest.raises(StateError, match="another run has changed"):
                    first.flush()
                second.close_run("r2", converged=True)
        with second.lock("eve", "r3", 7.0):
            assert second.locked() == Lock("eve", "r3", 7.0)


def test_a_run_does_not_release_the_lock_of_the_next(git_backend: Git) -> None:
    with git_backend.open() as first, git_backend.open() as second:
        held = first.lock("ann", "r1", 5.0)
        held.__enter__()
        second.unlock(Lock("ann", "r1", 5.0))
        with second.lock("bob", "r2", 6.0):
            held.__exit__(None, None, None)
            assert first.locked() == Lock("bob", "r2", 6.0)


APPLY = """
import sys
from pathlib import Path
from reconciler.model import Entry, Ref
from reconciler.state import Intent, Recorded, Run, open_store

place, name = Path(sys.argv[1]), sys.argv[2]
ref = Ref("collection", name)
with (
    open_store("git:", root=place, catalog=place / "catalog") as store,
    store.lock(name, name, 0.0, timeout=60.0),
):
    for run in store.open_runs():
        raise SystemExit(f"{run} is open, and I hold the lock")
    store.load()
    store.begin(Run(name, name, 1.0, (Intent("create", ref),)))
    store.record([Recorded(ref, Entry(ref, f"id of {name}"))])
    store.close_run(name, converged=True)
"""


def test_two_applies_at_once_from_two_clones_both_arrive(git_backend: Git) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", APPLY, str(git_backend.place()), name], stderr=subprocess.PIPE
        )
        for name in ("one", "two")
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, b"")
    with git_backend.open() as store:
        ids = [entry.id for entry in store.load().entries.values()]
        assert sorted(ids) == ["id of one", "id of two"]
        assert store.open_runs() == ()
    assert git_backend.log()[::2] == ["apply: 1 to create"] * 2
    assert git_backend.log()[1::2] == ["applied, converged"] * 2
    assert git_backend.refs() == [git_backend.ref]


def test_a_second_apply_that_does_not_wait_is_told_who_is_in(git_backend: Git) -> None:
    with (
        git_backend.open() as first,
        git_backend.open() as second,
        first.lock("ann@host", "r1", 1764000000.0),
    ):
        with pytest.raises(Locked, match="locked by ann@host, run r1, since 2025-11-24 16:00:00"):
            second.lock("bob", "r2", 0.0).__enter__()
        assert first.locked() == Lock("ann@host", "r1", 1764000000.0)


def test_a_lock_like_one_of_before_is_taken_anew(git_backend: Git, store: GitStore) -> None:
    place = git_backend.place()
    for _ in range(3):
        with store.lock("ann", "r1", 5.0), git_backend.open(place) as other:
            assert other.unlock(Lock("ann", "r1", 5.0))
        git(git_backend.remote, "gc", "-q", "--prune=now")
        with git_backend.open(place) as other, other.lock("ann", "r1", 5.0):
            assert store.locked() == Lock("ann", "r1", 5.0)


def test_a_lock_that_says_nothing_can_still_be_seen_and_broken(git_backend: Git) -> None:
    git(git_backend.remote, "update-ref", f"{git_backend.ref}-lock", "main")
    with git_backend.open() as store:
        with pytest.raises(Locked, match="locked by somebody, run unknown"):
            store.lock("bob", "r2", 0.0).__enter__()
        assert store.unlock(Lock("somebody", "unknown", 0.0))
        assert store.locked() is None


# --- remotes that fail ------------------------------------------------------


def test_a_remote_that_is_not_there_is_told(git_backend: Git) -> None:
    with git_backend.open() as store:
        shutil.rmtree(git_backend.remote)
        for use in (store.load, store.locked, lambda: store.lock("a", "r", 0.0).__enter__()):
            with pytest.raises(StateError) as caught:
                use()
            assert "cannot be reached (git: " in str(caught.value)
            assert str(git_backend.remote) in str(caught.value)
            assert (
                caught.value.hint == "check the remote's address (`git remote -v`) and the network"
            )


def test_a_remote_that_goes_away_before_the_lock_is_released_is_told(git_backend: Git) -> None:
    away = git_backend.folder / "away"
    with git_backend.open() as store:
        held = store.lock("ann", "r1", 5.0)
        held.__enter__()
        store.save(STATE)
        git_backend.remote.rename(away)
        with pytest.raises(StateError) as caught:
            held.__exit__(None, None, None)
        assert str(caught.value).startswith(
            "the state is saved, but its lock cannot be released: file://"
        )
        away.rename(git_backend.remote)
        assert store.locked() == Lock("ann", "r1", 5.0)


FLAKY = """#!/bin/sh
if [ -e "$0.once" ]; then exec git-receive-pack "$@"; fi
touch "$0.once"
exit 1
"""

DEAF = """#!{python}
import subprocess, sys
process = subprocess.Popen(["git-receive-pack", sys.argv[1]], stdout=subprocess.PIPE)
while (size := process.stdout.read(4)) != b"0000":
    sys.stdout.buffer.write(size + process.stdout.read(int(size, 16) - 4))
sys.stdout.buffer.write(size)
sys.stdout.buffer.flush()
process.stdout.read()
process.wait()
sys.exit(1)
"""


def with_receiver(backend: Git, script: str, pace: Pace) -> GitStore:
    """A store whose remote takes pushes by a program of ours."""
    place = backend.place()
    program = backend.folder / "receive"
    program.write_text(script.replace("{python}", sys.executable))
    program.chmod(0o755)
    git(place, "config", "remote.origin.receivepack", str(program))
    return backend.open(place, pace)


def test_a_push_that_finds_nobody_is_tried_again(git_backend: Git) -> None:
    waited: list[float] = []
    pace = replace(QUICK, pauses=(1.5, 4.0), sleep=waited.append)
    with with_receiver(git_backend, FLAKY, pace) as store:
        store.save(STATE)
    assert waited == [1.5]
    with git_backend.open() as other:
        assert other.load() == STATE


def test_a_push_whose_answer_was_lost_and_that_took_effect_counts(git_backend: Git) -> None:
    with with_receiver(git_backend, DEAF, QUICK) as store:
        store.save(STATE)
        store.save(State(ACCOUNT))
    assert git_backend.log() == ["state: changed by a command"] * 2
    with git_backend.open() as other:
        assert other.load() == State(ACCOUNT)


def test_a_host_that_refuses_such_refs_is_told_and_a_branch_serves(git_backend: Git) -> None:
    hook(
        git_backend,
        "update",
        'case "$1" in refs/heads/*) exit 0;; *) echo "only branches here" >&2; exit 1;; esac',
    )
    place = git_backend.place()
    with git_backend.open(place) as store, pytest.raises(StateError) as caught:
        store.save(STATE)
    assert str(caught.value).startswith(
        f"the state cannot be saved: {git_backend.remote.as_uri()} refuses to keep "
        "refs/reconciler/state (git: "
    )
    assert "hook declined" in str(caught.value)
    assert caught.value.hint == (
        "where a host takes no refs of its own sort a branch serves: "
        "--state 'git:origin#refs/heads/pxm-state'"
    )
    with git_store("origin#refs/heads/pxm-state", place, place, QUICK) as store:
        with store.lock("ann", "r1", 0.0):
            assert "refs/heads/pxm-state-lock" in git_backend.refs()
            store.save(STATE)
        assert store.load() == STATE
    assert git_backend.refs() == ["refs/heads/pxm-state"]
    message = git(git_backend.remote, "log", "-1", "--format=%B", "pxm-state")
    assert message.splitlines()[-1] == "[skip ci]"


def test_hidden_refs_are_a_refusal_too(git_backend: Git) -> None:
    git(git_backend.remote, "config", "receive.hideRefs", "refs/reconciler")
    with git_backend.open() as store, pytest.raises(StateError, match="refuses to keep"):
        store.save(STATE)


def test_a_trial_says_whether_the_host_takes_the_ref_and_leaves_nothing(git_backend: Git) -> None:
    place = git_backend.place()
    with git_backend.open(place) as store:
        assert store.trial() is None
        git(git_backend.remote, "config", "receive.hideRefs", "refs/reconciler")
        error = store.trial()
        assert error is not None
        assert "cannot be kept there" in str(error)
        assert "--state 'git:origin#refs/heads/pxm-state'" in error.hint
    with git_store("origin#refs/heads/pxm-state", place, place, QUICK) as store:
        assert store.trial() is None
    assert git_backend.refs() == []


# --- what is on the ref -----------------------------------------------------


def test_a_branch_of_something_else_is_refused_and_left_as_it_is(git_backend: Git) -> None:
    git_backend.ref = "refs/heads/main"
    before = git(git_backend.remote, "rev-parse", "main")
    with git_backend.open() as store:
        for use in (store.load, lambda: store.save(STATE), lambda: store.begin(RUN)):
            with pytest.raises(StateError) as caught:
                use()
            assert str(caught.value) == (
                "the state on refs/heads/main holds something else, not a state; "
                "nothing was changed"
            )
            assert caught.value.hint == "check --state"
    assert git(git_backend.remote, "rev-parse", "main") == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("state.json", b"{"),
        ("state.json", b"[]"),
        ("state.json", b'{"format_version": 1}'),
        ("state.json", b'{"format_version": "x"}'),
        ("state.json", b'{"format_version": 0}'),
        ("entries/00/0.jsonl", b"[1]\n"),
        ("entries/00/0.jsonl", b'{"kind": "a", "key": 1, "id": "x", "applied": {}}\n'),
        ("entries/00/0.jsonl", b'{"kind": "a", "key": "b", "id": "x", "applied": {"n": []}}\n'),
        ("entries/00/0.jsonl", b'{"kind": "a", "key": "b", "id": "x"'),
        ("runs/r1.jsonl", b"\n"),
        ("runs/r1.jsonl", b'{"id": "r1"}\n'),
        ("runs/r1.jsonl", b"<<<<<<< HEAD\n"),
    ],
)
def test_a_half_written_file_is_damage_and_nothing_is_changed(
    git_backend: Git, store: GitStore, path: str, text: bytes
) -> None:
    store.save(STATE)
    git_backend.commit_files(lambda files: files.update({path: text}))
    commit = git(git_backend.remote, "rev-parse", git_backend.ref)
    with git_backend.open() as other:
        for use in (other.load, lambda: other.save(STATE)):
            with pytest.raises(StateError) as caught:
                use()
            assert str(caught.value).startswith("the state on refs/reconciler/state is damaged (")
            assert caught.value.hint == (
                "push back an earlier commit of the ref, or delete the ref and run `pxm plan`: "
                "what exists will be adopted"
            )
    assert git(git_backend.remote, "rev-parse", git_backend.ref) == commit


def test_a_ref_that_somebody_deleted_is_a_new_state(git_backend: Git, store: GitStore) -> None:
    store.save(STATE)
    git(git_backend.remote, "update-ref", "-d", git_backend.ref)
    assert store.load() == State()
    store.save(State(ACCOUNT))
    assert git_backend.log() == ["state: changed by a command"]


def test_an_earlier_commit_that_is_pushed_back_is_the_state(
    git_backend: Git, store: GitStore
) -> None:
    store.save(STATE)
    store.save(State(ACCOUNT))
    git(git_backend.remote, "update-ref", git_backend.ref, f"{git_backend.ref}~1")
    assert store.load() == STATE
    assert store.mark.serial == 1


def test_a_commit_without_serial_fields_of_this_format_is_not_guessed_at(
    git_backend: Git, store: GitStore
) -> None:
    store.save(STATE)
    git_backend.commit_files(
        lambda files: files.update({"state.json": edit_json(files["state.json"], serial="many")})
    )
    with git_backend.open() as other, pytest.raises(StateError, match="is damaged"):
        other.load()


def test_an_older_format_is_taken_up_step_by_step() -> None:
    steps = [lambda head: {**head, "a": head["n"]}, lambda head: {**head, "b": head["a"] + 1}]
    assert upgraded({"n": 1}, 1, steps) == {"n": 1, "a": 1, "b": 2}
    assert upgraded({"n": 1, "a": 5}, 2, steps) == {"n": 1, "a": 5, "b": 6}
    assert upgraded({"n": 1}, 3, steps) == {"n": 1}


# --- URLs -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("git:origin#state", "--state git: 'state' is no full name of a ref"),
        ("git:#refs/", "--state git: 'refs/' is no full name of a ref"),
        ("git:#refs/heads/a..b", "--state git: 'refs/heads/a..b' cannot be the name of a ref"),
        ("git:--upload-pack=x", "--state git: not the name of a remote"),
        ("git:https://u:pw@host/r.git", "--state git: not the name of a remote"),
    ],
)
def test_a_url_that_names_nothing_is_a_usage_error(git_backend: Git, url: str, words: str) -> None:
    place = git_backend.place()
    with pytest.raises(UsageError) as caught:
        open_store(url, root=place)
    assert str(caught.value) == words
    assert caught.value.hint == ("git:[REMOTE][#REF], such as git:origin#refs/reconciler/state")


def test_a_remote_that_the_checkout_does_not_know_is_a_usage_error(git_backend: Git) -> None:
    place = git_backend.place()
    git(place, "remote", "add", "backup", "x")
    with pytest.raises(UsageError) as caught:
        open_store("git:upstream", root=place, catalog=place / "catalog")
    assert str(caught.value) == (
        f"--state git: the repository of {place}/catalog has no remote 'upstream'; "
        "it has backup, origin"
    )
    git(place, "remote", "remove", "origin")
    git(place, "remote", "remove", "backup")
    with pytest.raises(UsageError, match="has no remote 'origin'; it has none"):
        open_store("git:", root=place)


def test_a_catalog_outside_git_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_store("git:", root=tmp_path)
    assert str(caught.value) == f"--state git: {tmp_path} is in no git repository"
    with pytest.raises(UsageError, match="is no folder"):
        open_store("git:", root=tmp_path, catalog=tmp_path / "nowhere")


PUSH = "!\trefs/x:refs/reconciler/state\t[remote rejected] "


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("fatal: couldn't find remote ref refs/reconciler/state", "missing"),
        ("!\tx:refs/reconciler/state\t[rejected] (stale info)", "overtaken"),
        (f"{PUSH}(cannot lock ref 'refs/x': reference already exists)", "overtaken"),
        (f"{PUSH}(cannot lock ref 'refs/x': is at 12 but expected 34)", "overtaken"),
        (f"{PUSH}(failed to update ref)", "overtaken"),
        ("fatal: Authentication failed for 'https://github.com/o/r.git/'", "login"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "login"),
        (
            "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
            "login",
        ),
        (
            "remote: Permission to o/r.git denied to bot.\nfatal: unable to access 'https://h/': The requested URL returned error: 403",
            "login",
        ),
        ("remote: Repository not found.\nfatal: repository 'https://h/' not found", "login"),
        ("Host key verification failed.\nfatal: Could not read from remote repository.", "login"),
        (f"remote: fatal: Out of memory, unpack failed\n{PUSH}(unpacker error)", "disk"),
        ("error: file write error: No space left on device", "disk"),
        (
            "error: insufficient permission for adding an object to repository database ./objects",
            "disk",
        ),
        (f"{PUSH}(Internal Server Error)", "unreachable"),
        (
            f"remote: hooks/update: 3: foo: No such file or directory\n{PUSH}(hook declined)",
            "refused",
        ),
        (
            f"remote: error: GH013: Repository rule violations found\n{PUSH}(push declined)",
            "refused",
        ),
        (f"{PUSH}(deny updating a hidden ref)", "refused"),
        (
            f"remote: GitLab: You are not allowed to push code to protected branches\n{PUSH}(x)",
            "refused",
        ),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", "unreachable"),
        (
            "fatal: unable to access 'https://h/': The requested URL returned error: 502",
            "unreachable",
        ),
        (
            "ssh: connect to host h port 22: Connection timed out\nfatal: Could not read from remote repository.",
            "unreachable",
        ),
        ("fatal: the remote end hung up unexpectedly", "unreachable"),
        ("fatal: something new", "unknown"),
    ],
)
def test_what_hosts_say_is_understood(said: str, name: str) -> None:
    assert sort_of(GitFailed("push", said)).name == name


def test_the_line_that_says_why_is_quoted() -> None:
    error = told(
        GitFailed("push", f"remote: a hook says no\nremote: hint: x\n{PUSH}(hook declined)\nDone"),
        doing="cannot be saved",
        ref="R",
        remote="origin",
        url="https://h/r.git",
    )
    assert str(error) == (
        "the state cannot be saved: https://h/r.git refuses to keep R "
        f"(git: {' '.join(PUSH.split())} (hook declined))"
    )
    quiet = told(GitFailed("push", ""), doing="d", ref="R", remote="o", url="u")
    assert str(quiet) == "the state d: git failed (git: no words)"


def test_a_git_that_says_nothing_known_is_quoted(
    git_backend: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = git_backend.place()
    with git_backend.open(place) as store:
        monkeypatch.setenv("GIT_PROTOCOL_FROM_USER", "0")
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https")
        with pytest.raises(StateError) as caught:
            store.load()
    assert str(caught.value) == (
        "the state cannot be read: git failed (git: fatal: transport 'file' not allowed)"
    )
    assert caught.value.hint == "see what git says"


def test_a_git_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="gave no answer within 0 s") as caught:
        Git_(tmp_path).run("cat-file", "--batch", timeout=0.0)
    assert sort_of(caught.value).name == UNREACHABLE


def test_a_git_that_cannot_be_run_is_told(
    git_backend: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = git_backend.place()
    (tmp_path / "git").write_text("no program")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StateError, match=r"git cannot be run: .*Permission denied"):
        open_store("git:", root=place)


def test_a_machine_without_git_is_told(
    git_backend: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = git_backend.place()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="there is no git on this machine"):
        open_store("git:", root=place)


def test_a_repository_of_another_user_is_told(
    git_backend: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = git_backend.place()
    # git's own switch for its tests: it then takes every owner for another.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UsageError) as caught:
        open_store("git:", root=place)
    assert "git does not trust the repository" in str(caught.value)
    assert caught.value.hint == 'git config --global --add safe.directory "$PWD"'


def test_only_the_user_may_read_what_is_not_saved(git_backend: Git) -> None:
    place = git_backend.place()
    with open_store("git:", root=place) as store:
        store.begin(RUN)
        hook(git_backend, "pre-receive", "exit 1")
        store.record([Recorded(JACKET, ENTRY)])
        with pytest.raises(StateError):
            store.flush()
    assert stat.S_IMODE((place / ".reconciler" / "unsaved.json").stat().st_mode) == 0o600


def test_stores_are_stores(git_backend: Git) -> None:
    store: Store = git_backend.open()
    run = Run("r", "h", 0.0)
    store.begin(run)
    assert store.open_runs() == (run,)
    store.close()
