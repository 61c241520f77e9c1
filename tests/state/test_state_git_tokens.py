"""Who one is to the remote of a git state, and that nobody else learns it (contract 5)."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import StateError
from reconciler.state import raw_store
from reconciler.state.git import GitStore, git_store
from reconciler.state.git.checkout import Checkout, checkout_of
from reconciler.state.git.command import cleaned, environment
from tests.state.backends import QUICK, RUN, STATE, Git, git
from tests.state.httpgit import Door, git_over_http

TOKEN = "ghp_never-shown-5d1f"


@pytest.fixture
def door(git_backend: Git) -> Iterator[Door]:
    with git_over_http(git_backend.folder, TOKEN) as door:
        yield door


def clone_of(backend: Git, url: str) -> Path:
    """A clone whose remote is behind the door."""
    place = backend.place()
    git(place, "remote", "set-url", "origin", url)
    return place


def opened(place: Path) -> GitStore:
    return git_store("", place / "catalog", place, QUICK)


def header(user: str, password: str) -> str:
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_the_token_lets_in_where_the_checkout_has_none(
    git_backend: Git, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = clone_of(git_backend, door.url())
    monkeypatch.setenv("PXM_GIT_TOKEN", TOKEN)
    with opened(place) as store, store.lock("ann", "r1", 0.0):
        store.begin(RUN)
        store.save(STATE)
        store.close_run("r1", converged=True)
    with git_backend.open() as other:
        assert other.load() == STATE
    assert door.users == {"x-access-token"}
    assert door.refused == 0


def test_a_user_in_the_url_goes_with_the_token(
    git_backend: Git, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = clone_of(git_backend, door.url(user="x-token-auth@"))
    monkeypatch.setenv("PXM_GIT_TOKEN", TOKEN)
    with opened(place) as store:
        store.save(STATE)
    assert door.users == {"x-token-auth"}


def test_the_token_takes_the_place_of_what_the_checkout_has(
    git_backend: Git, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner's checkout often has a token that may only read; two headers are one too many."""
    place = clone_of(git_backend, door.url())
    git(place, "config", f"http.{door.url('')}.extraheader", header("runner", "read-only"))
    git(place, "config", "credential.helper", "!echo password=wrong; echo username=x; true")
    monkeypatch.setenv("PXM_GIT_TOKEN", TOKEN)
    with opened(place) as store:
        store.save(STATE)
    assert door.users == {"x-access-token"}
    assert door.refused == 0


def test_without_a_token_the_credentials_of_the_checkout_serve(
    git_backend: Git, door: Door
) -> None:
    place = clone_of(git_backend, door.url())
    git(place, "config", f"http.{door.url('')}.extraheader", header("runner", TOKEN))
    with opened(place) as store:
        store.save(STATE)
    assert door.users == {"runner"}


def test_credentials_that_a_condition_of_the_checkout_includes_serve_too(
    git_backend: Git, door: Door
) -> None:
    place = clone_of(git_backend, door.url())
    included = git_backend.folder / "included"
    git(place, "config", "-f", str(included), "http.extraheader", header("included", TOKEN))
    git(place, "config", f"includeIf.gitdir:{place}/.git.path", str(included))
    with opened(place) as store:
        store.save(STATE)
    assert door.users == {"included"}


def test_who_is_not_let_in_is_told_what_to_set(git_backend: Git, door: Door) -> None:
    place = clone_of(git_backend, door.url())
    with opened(place) as store, pytest.raises(StateError) as caught:
        store.load()
    assert str(caught.value).startswith(
        f"the state cannot be read: {door.url()} does not let this user in (git: "
    )
    assert caught.value.hint == (
        "set PXM_GIT_TOKEN to a token that may write the repository's contents, "
        "or give the checkout credentials"
    )


def test_a_wrong_token_is_refused_and_never_shown(
    git_backend: Git, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "ghp_wrong-and-secret"
    place = clone_of(git_backend, door.url(user=f"ann:{wrong}@"))
    monkeypatch.setenv("PXM_GIT_TOKEN", wrong)
    with opened(place) as store, pytest.raises(StateError) as caught:
        store.save(STATE)
    said = f"{caught.value} {caught.value.hint} {caught.value.__cause__!r} {store._bare!r}"
    assert "does not let this user in" in said
    assert wrong not in said
    assert base64.b64encode(f"ann:{wrong}".encode()).decode() not in said


SPY = """#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word"; done >>{log}
exec {git} "$@"
"""


def test_the_token_is_on_no_command_line_and_in_no_file(
    git_backend: Git, door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real, log, folder = shutil.which("git"), tmp_path / "log", tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(SPY.format(log=log, git=real))
    (folder / "git").chmod(0o755)
    place = clone_of(git_backend, door.url())
    monkeypatch.setenv("PXM_GIT_TOKEN", TOKEN)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    with opened(place) as store, store.lock("ann", "r1", 0.0):
        store.save(STATE)
    words = log.read_text()
    assert "--force-with-lease=refs/reconciler/state:" in words
    for secret in (TOKEN, base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()):
        assert secret not in words
        for path in place.rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path
        for path in git_backend.remote.rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def read(backend: Git, url: str, token: str = TOKEN) -> Checkout:
    return checkout_of(clone_of(backend, url), "origin", {"PXM_GIT_TOKEN": token})


@pytest.mark.parametrize(
    "url",
    [
        "http://git.example.com/r.git",
        "git@github.com:o/r.git",
        "ssh://git@github.com/o/r.git",
        "file:///srv/r.git",
        "../r.git",
    ],
)
def test_a_token_goes_only_where_tokens_go_and_nobody_listens(git_backend: Git, url: str) -> None:
    found = read(git_backend, url)
    assert found.secrets == ()
    assert not any("extraheader" in name.lower() for name, _ in found.settings)


def test_a_token_goes_to_the_host_of_the_remote_alone(git_backend: Git) -> None:
    found = read(git_backend, "https://ann:old@git.example.com:8443/o/r.git")
    name = "http.https://git.example.com:8443/.extraHeader"
    assert found.url == "https://…@git.example.com:8443/o/r.git"
    assert [item for item in found.settings if "extraHeader" in item[0]] == [
        (name, ""),
        (name, header("ann", TOKEN)),
    ]


def test_a_token_with_a_line_end_is_the_token(git_backend: Git) -> None:
    assert read(git_backend, "https://h/r.git", f"{TOKEN}\n").secrets[0] == TOKEN


def test_settings_that_reach_a_remote_are_handed_over_and_no_others(git_backend: Git) -> None:
    place = git_backend.place()
    for name, value in (
        ("http.proxy", "http://proxy:3128"),
        ("url.https://mirror/.insteadOf", "https://h/"),
        ("core.sshCommand", "ssh -i key"),
        ("core.autocrlf", "true"),
        ("alias.push", "!false"),
        ("remote.origin.mirror", "true"),
    ):
        git(place, "config", name, value)
    found = checkout_of(place, "origin", {})
    names = {name for name, _ in found.settings}
    assert {"http.proxy", "url.https://mirror/.insteadof", "core.sshcommand"} <= names
    assert not names & {"core.autocrlf", "alias.push", "remote.origin.mirror", "core.bare"}


def test_the_environment_of_git_has_no_token_no_prompt_and_no_other_repository() -> None:
    around = {
        "PATH": "/bin",
        "PXM_GIT_TOKEN": TOKEN,
        "GIT_DIR": "/x",
        "GIT_TRACE_CURL": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.proxy",
        "GIT_CONFIG_VALUE_0": "http://proxy",
    }
    made = environment(around, (("remote.origin.url", "x"),))
    assert TOKEN not in str(made)
    assert not made.keys() & {"GIT_DIR", "GIT_TRACE_CURL"}
    assert made["GIT_TERMINAL_PROMPT"] == "0"
    assert made["GIT_SSH_COMMAND"] == "ssh -oBatchMode=yes -oConnectTimeout=30"
    assert made["GIT_CONFIG_KEY_0"] == "http.proxy"
    last = int(made["GIT_CONFIG_COUNT"]) - 1
    assert made[f"GIT_CONFIG_KEY_{last}"] == "remote.origin.url"


@pytest.mark.parametrize(
    ("around", "settings", "command"),
    [
        ({"GIT_SSH_COMMAND": "mine"}, (), "mine"),
        ({}, (("core.sshcommand", "ssh -i key"),), None),
    ],
)
def test_an_ssh_command_that_was_chosen_stays(
    around: dict[str, str], settings: tuple[tuple[str, str], ...], command: str | None
) -> None:
    assert environment(around, settings).get("GIT_SSH_COMMAND") == command


def test_passwords_of_urls_are_blotted_out() -> None:
    said = "fatal: unable to access 'https://ann:pw@host/r.git/': no TOKEN here"
    assert cleaned(said, ["TOKEN"]) == (
        "fatal: unable to access 'https://…@host/r.git/': no … here"
    )


def test_a_state_url_with_a_password_is_not_repeated() -> None:
    with pytest.raises(Exception, match="not the name of a remote") as caught:
        raw_store(f"git:https://ann:{TOKEN}@host/r.git", root=Path())
    assert TOKEN not in str(caught.value)
