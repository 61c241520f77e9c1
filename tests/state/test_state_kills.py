"""SIGKILL at any moment of a run: the state stays readable and the next run goes on (2.6)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.model import Ref
from reconciler.state import Recorded, Store
from tests.limits import HANG, until
from tests.state.backends import Backend

NAMES = [f"p-{number}" for number in range(40)]
REFS = [Ref("collection", name) for name in NAMES]

RUN = """
import sys
from pathlib import Path
from reconciler.model import Account, Entry, Ref
from reconciler.state import Intent, Recorded, Run, raw_store

root = Path(sys.argv[2])
refs = [Ref("collection", name) for name in sys.argv[3:]]

def mark():
    print("here", flush=True)
    sys.stdin.readline()

with raw_store(sys.argv[1], root=root, catalog=root) as store:
    mark()
    with store.lock("ann", "r1", 1.0, timeout=600.0):
        mark()
        store.load()
        intents = tuple(Intent("create", ref) for ref in refs)
        store.begin(Run("r1", "ann", 1.0, intents, account=Account("https://x")))
        mark()
        for number, ref in enumerate(refs):
            store.record([Recorded(ref, Entry(ref, f"id of {ref.key}"))])
            if number % 8 == 7:
                store.flush()
            mark()
        store.close_run("r1", converged=True)
        mark()
    mark()
"""
BEGUN = 3
CLOSED = BEGUN + len(NAMES) + 1
MARKS = (1, 2, BEGUN, BEGUN + 1, BEGUN + 7, BEGUN + 8, BEGUN + 20, CLOSED - 1, CLOSED, CLOSED + 1)
"""How many marks a run comes past before it is killed."""


def killed_at(backend: Backend, place: Path, marks: int, *, goes_on: bool) -> None:
    """Start a run and kill it where it waits at its n-th mark, or goes on from there."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, backend.url, str(place), *NAMES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        for number in range(1, marks + 1):
            assert process.stdout.readline() == b"here\n"
            if number < marks or goes_on:
                process.stdin.write(b"\n")
                process.stdin.flush()
        process.kill()
    process.wait()


def wait_for_children(folder: Path) -> None:
    """A push that runs outlives its parent; a runner that is killed takes it along."""
    until(lambda: not any(_works_in(folder, path) for path in Path("/proc").glob("[0-9]*/cwd")))


def _works_in(folder: Path, cwd: Path) -> bool:
    try:
        return cwd.readlink().is_relative_to(folder)
    except OSError:
        return False


def check(store: Store) -> str:
    """What a dead run left fits together; says how far it came."""
    snapshot = store.snapshot()
    there = set(snapshot.state.entries)
    if not snapshot.runs:
        assert there in (set(), set(REFS))
        assert (snapshot.converged is not None) == bool(there)
        return "ended" if there else "not begun"
    (run,) = snapshot.runs
    left = {intent.ref for intent in run.intents}
    assert left | there == set(REFS)
    assert left & there == set()
    assert snapshot.state.account is not None
    return "open"


def expected(marks: int) -> str:
    """How far a run has come that waits at its n-th mark."""
    return "not begun" if marks < BEGUN else "open" if marks < CLOSED else "ended"


@pytest.mark.long
@pytest.mark.parametrize("goes_on", [False, True], ids=["at a mark", "on its way"])
def test_a_run_killed_at_any_moment_leaves_a_state_that_fits_together(
    goes_on: bool, backend: Backend
) -> None:
    place = backend.place()
    for marks in MARKS:
        killed_at(backend, place, marks, goes_on=goes_on)
        wait_for_children(backend.folder)
        with backend.open(place) as store:
            lock = store.locked()
            if lock is not None and not backend.lock_ends_by_itself:
                assert store.unlock(lock)
            with store.lock("next", "r2", 2.0, timeout=HANG):
                assert check(store) in {expected(marks), expected(marks + goes_on)}
                for run in store.open_runs():
                    store.close_run(run.id, converged=False)
                store.record([Recorded(ref, None) for ref in store.load().entries])
                store.restore(type(store.snapshot())())
