"""The state cannot be saved mid-run, and two runs on one state (contract 5)."""

from __future__ import annotations

import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.sandbox import Options, Request, Sandbox
from tests.crash.program import Child, Program
from tests.limits import HANG
from tests.state.backends import Git, Postgres, Sqlite, make_remote

CATALOG = "categories:\n" + "".join(f"  - {{key: k{n}, name: N{n}}}\n" for n in range(9))
SETTINGS = "rate: {requests: 100000, per_seconds: 60, concurrency: 1}\n"
UNSAVED = Path(".reconciler/unsaved.json")
Backend = Sqlite | Git | Postgres


class Account:
    """An account, a catalog and a state, and the program in processes of its own."""

    def __init__(self, backend: Backend, root: Path, program: Program, box: Sandbox) -> None:
        self.backend, self.root, self.program, self.box = backend, root, program, box
        (root / "catalog").mkdir(exist_ok=True)
        (root / "catalog" / "a.yaml").write_text(CATALOG)
        (root / "catalog" / "reconciler.yaml").write_text(SETTINGS)

    def start(self, *command: str, output: str = "output") -> Child:
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PXM_TOKEN": "t",
            "PXM_BASE_URL": self.box.url,
            "PXM_STATE": self.backend.url,
        }
        self.child = self.program.start([command], self.root, env, self.root / output)
        return self.child

    def run(self, *command: str) -> int:
        return self.start(*command).wait()

    @property
    def said(self) -> str:
        return (self.root / "output").read_text()

    def names(self) -> list[str]:
        return sorted(item["name"] for item in self.box.all("category"))

    def posts(self) -> int:
        return sum(request.method == "POST" for request in self.box.requests)

    def at_create(self, number: int, act: Callable[[], None]) -> None:
        """Act when so many creates have taken effect."""

        def hook(request: Request) -> None:
            if request.method == "POST" and self.posts() == number:
                act()

        self.box.on_answer(hook)


APPLY = ("apply", "--yes", "--grace", "0.3")
ALL = [f"N{n}" for n in range(9)]


@pytest.fixture(params=["file", "git"])
def account(request: pytest.FixtureRequest, tmp_path: Path, program: Program) -> Iterator[Account]:
    backend: Backend = Sqlite(tmp_path)
    if request.param == "git":
        (tmp_path / "template").mkdir()
        backend = Git(tmp_path, make_remote(tmp_path / "template"))
    with Sandbox(None, Options(rate_limit=None, open_access=True)) as box:
        yield Account(backend, backend.place(), program, box)


def broken(account: Account) -> Callable[[], None]:
    """Takes the state away; what it answers brings it back."""
    backend = account.backend
    if isinstance(backend, Git):
        aside = backend.remote.with_name("aside.git")
        shutil.move(backend.remote, aside)
        return lambda: (shutil.move(aside, backend.remote), None)[1]
    # No file of the process may grow beyond the log of the state: a disk that is full.
    full = (account.root / "state.db-wal").stat().st_size
    resource.prlimit(account.child.pid, resource.RLIMIT_FSIZE, (full, full))
    return lambda: None


def test_when_the_state_cannot_be_saved_nothing_more_is_sent_and_nothing_is_lost(
    account: Account,
) -> None:
    mended: list[Callable[[], None]] = []
    account.at_create(4, lambda: mended.append(broken(account)))

    assert account.run(*APPLY) == 1
    assert account.posts() in ((4, 5) if isinstance(account.backend, Sqlite) else (9,))
    assert (account.root / UNSAVED).is_file()
    if isinstance(account.backend, Sqlite):
        assert "what is unsaved is in" in account.said
        assert "`pxm state push` brings it back" in account.said
    assert "Traceback" not in account.said

    account.box.on_answer(None)
    mended[0]()
    assert account.run(*APPLY) == 1
    assert "what an earlier run could not save is still in" in account.said
    if isinstance(account.backend, Git):
        assert account.run("state", "unlock") == 0
    assert account.run("state", "push") == 0, account.said
    assert not (account.root / UNSAVED).exists()
    assert account.run(*APPLY) == 0, account.said
    assert account.names() == ALL
    assert account.posts() == len(ALL)
    assert account.run("plan", "--detailed-exitcode") == 0


@pytest.mark.parametrize("account", ["file"], indirect=True)
def test_a_run_that_has_lost_its_lock_sends_nothing_more(account: Account) -> None:
    lock = account.root / "state.db.lock"
    account.at_create(4, lock.unlink)

    assert account.run(*APPLY) == 1
    assert account.posts() == 4
    assert f"this run has lost the lock of the state: {lock} was removed or replaced" in (
        account.said
    )
    assert "run `pxm apply` again: it looks for what this run has made" in account.said
    assert "Traceback" not in account.said

    account.box.on_answer(None)
    assert account.run(*APPLY) == 0, account.said
    assert account.names() == ALL
    assert account.posts() == len(ALL)
    assert account.run("plan", "--detailed-exitcode") == 0


def test_of_two_applies_on_one_state_the_second_is_refused_and_told_who_is_in(
    account: Account,
) -> None:
    inside, go = threading.Event(), threading.Event()

    def hold() -> None:
        inside.set()
        go.wait(HANG)

    account.at_create(2, hold)
    first = account.start(*APPLY, output="first")
    assert inside.wait(HANG)

    assert account.run(*APPLY) == 3
    assert f"(pid {first.pid})" in account.said
    assert "locked" in account.said
    assert account.posts() == 2
    go.set()
    assert first.wait() == 0, (account.root / "first").read_text()
    assert account.names() == ALL


def test_plans_are_made_while_an_apply_is_at_work(account: Account) -> None:
    inside, go = threading.Event(), threading.Event()

    def hold() -> None:
        inside.set()
        go.wait(HANG)

    account.at_create(2, hold)
    first = account.start(*APPLY, output="first")
    assert inside.wait(HANG)

    assert account.run("plan") == 0, account.said
    go.set()
    assert first.wait() == 0
