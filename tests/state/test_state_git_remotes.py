"""Remotes that fail, refuse or say odd things: what was meant is told."""

from __future__ import annotations

import shutil
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import StateError, UsageError
from reconciler.model import State
from reconciler.state import Lock, Recorded, Run, Store, open_store
from reconciler.state.git import GitStore, Pace, git_store
from reconciler.state.git.command import Git as Git_
from reconciler.state.git.command import GitFailed
from reconciler.state.git.troubles import UNREACHABLE, sort_of, told
from tests.state.backends import (
    ACCOUNT,
    ENTRY,
    JACKET,
    QUICK,
    RUN,
    STATE,
    Git,
    git,
)
from tests.state.gits import hook

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
