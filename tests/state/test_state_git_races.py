"""Two runs, one ref: one wins, and the other is told."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from reconciler.errors import Locked, StateError
from reconciler.model import Entry, State
from reconciler.state import Lock, Recorded
from reconciler.state.git import GitStore
from tests.limits import HANG
from tests.state.backends import (
    ACCOUNT,
    ENTRY,
    JACKET,
    RUN,
    SHIRT,
    Git,
    git,
)


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
    store.lock(name, name, 0.0, timeout=600.0),
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
        _, said = process.communicate(timeout=HANG)
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
