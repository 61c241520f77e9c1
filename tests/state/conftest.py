"""Backends as fixtures.  Nothing here depends on the git settings of whoever runs the tests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.state.git import GitStore
from tests.state.backends import Backend, Git, Postgres, Sqlite, make_remote
from tests.state.server import server

KINDS = ("sqlite", "git", "postgres")


@pytest.fixture(autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of a user or a machine, and no token."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "nobody-lives-here"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("PXM_GIT_TOKEN", "PXM_STATE", "XDG_CONFIG_HOME", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """A PostgreSQL server for the whole run; the folder of its socket."""
    with server() as folder:
        yield folder


@pytest.fixture(scope="session")
def git_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A remote to copy: making one takes ten git processes."""
    return make_remote(tmp_path_factory.mktemp("template"))


Make = Callable[[str], Backend]


@pytest.fixture
def make_backend(request: pytest.FixtureRequest, tmp_path: Path, git_template: Path) -> Make:
    """Makes a backend by its name, empty."""

    def make(name: str) -> Backend:
        folder = tmp_path / f"{name}-{uuid.uuid4().hex[:6]}"
        folder.mkdir()
        if name == "postgres":
            socket = request.getfixturevalue("postgres_socket")
            return Postgres(socket, f"t_{uuid.uuid4().hex[:12]}", folder)
        return Git(folder, git_template) if name == "git" else Sqlite(folder)

    return make


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, make_backend: Make) -> Backend:
    """Each backend in turn."""
    return make_backend(request.param)


@pytest.fixture
def git_backend(make_backend: Make) -> Git:
    """The git backend."""
    made = make_backend("git")
    assert isinstance(made, Git)
    return made


@pytest.fixture
def postgres(make_backend: Make) -> Postgres:
    """The PostgreSQL backend."""
    made = make_backend("postgres")
    assert isinstance(made, Postgres)
    return made


@pytest.fixture
def store(git_backend: Git) -> Iterator[GitStore]:
    """A store on the git backend; modules about others have one of their own."""
    with git_backend.open() as store:
        yield store
