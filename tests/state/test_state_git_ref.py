"""What may stand on the ref, and what a URL of one may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import StateError, UsageError
from reconciler.model import State
from reconciler.state import open_store
from reconciler.state.git import GitStore
from tests.state.backends import (
    ACCOUNT,
    RUN,
    STATE,
    Git,
    edit_json,
    git,
)

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
