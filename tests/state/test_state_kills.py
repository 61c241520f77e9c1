"""SIGKILL at any moment of a run: the state stays readable and the next run goes on (2.6)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.model import Ref
from reconciler.state import Recorded, Store
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
with raw_store(sys.argv[1], root=root, catalog=root) as store:
    print("go", flush=True)
    with store.lock("ann", "r1", 1.0, timeout=60.0):
        store.load()
        intents = tuple(Intent("create", ref) for ref in refs)
        store.begin(Run("r1", "ann", 1.0, intents, account=Account("https://x")))
        for number, ref in enumerate(refs):
            store.record([Recorded(ref, Entry(ref, f"id of {ref.key}"))])
            if number % 8 == 7:
                store.flush()
        store.close_run("r1", converged=True)
"""


def killed_after(backend: Backend, place: Path, seconds: float) -> bool:
    """Start a run and kill it so long after its start; whether it was still running."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, backend.url, str(place), *NAMES], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()
    return process.wait() != 0


def wait_for_children(folder: Path) -> None:
    """A push that runs outlives its parent; a runner that is killed takes it along."""
    deadline = time.monotonic() + 60
    while any(_works_in(folder, path) for path in Path("/proc").glob("[0-9]*/cwd")):
        assert time.monotonic() < deadline, "git does not end"
        time.sleep(0.02)


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


@pytest.mark.long
def test_a_run_killed_at_any_moment_leaves_a_state_that_fits_together(backend: Backend) -> None:
    place, came = backend.place(), []
    for step in range(30):
        killed = killed_after(backend, place, step * 0.03)
        wait_for_children(backend.folder)
        with backend.open(place) as store:
            lock = store.locked()
            if lock is not None and not backend.lock_ends_by_itself:
                assert store.unlock(lock)
            with store.lock("next", "r2", 2.0, timeout=60.0):
                came.append(check(store))
                assert killed or came[-1] == "ended"
                for run in store.open_runs():
                    store.close_run(run.id, converged=False)
                store.record([Recorded(ref, None) for ref in store.load().entries])
                store.restore(type(store.snapshot())())
    assert "open" in came
