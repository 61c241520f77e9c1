"""The catalog's checkout is left alone, and the cache beside it can be lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.errors import StateError
from reconciler.model import State
from reconciler.state.git import CACHE, GitStore, commit_of, git_store
from tests.state.backends import (
    ACCOUNT,
    QUICK,
    RUN,
    STATE,
    Git,
    git,
)
from tests.state.gits import entries

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
