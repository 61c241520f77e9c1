"""The backends of the state: how long loading takes, saving one change, and how large they are."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measuring import Command, clean, measure
from benchmarks.session import Session

RUN = "benchmark"


def run(session: Session) -> dict[str, Any]:
    """By backend, of as many objects as the largest world has."""
    count = session.sizes[-1]
    with session.world(count) as world:
        source = world.state
    found: dict[str, Any] = {}
    for name, backend in BACKENDS.items():
        with backend(session.work / "states") as url:
            if url is None:
                session.say(f"state in {name}: not there")
                found[name] = {"missing": "it was not installed"}
                continue
            found[name] = _measured(session, name, url, source)
    return {"count": count, "backends": found}


def _measured(session: Session, name: str, url: str, source: Path) -> dict[str, Any]:
    folder = session.work / "states"

    def child(what: str) -> dict[str, Any]:
        command: Command = [sys.executable, "-m", "benchmarks.parts.states", what, url, source]
        done = measure(command, folder, clean())
        return {**json.loads(done.out), "peak": done.peak}

    filled = child("fill")
    loads = [child("load") for _ in range(session.runs)]
    changes = [child("change") for _ in range(session.runs)]
    size = _size(name, url, folder)
    session.say(
        f"state in {name}: loaded in {loads[0]['wall']:.2f} s, a change saved in "
        f"{changes[0]['wall']:.3f} s, {size:,.1f} MiB"
    )
    return {
        "fill": filled,
        "load": _medians(loads),
        "change": _medians(changes),
        "size": round(size, 1),
    }


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    found = {}
    for name in runs[0]:
        found[name] = round(median(run[name] for run in runs), 4)
    return found


# --- the backends -------------------------------------------------------------------------------


@contextmanager
def _file(folder: Path) -> Iterator[str | None]:
    folder.mkdir(parents=True, exist_ok=True)
    yield "file:state.db"


@contextmanager
def _git(folder: Path) -> Iterator[str | None]:
    """A checkout with a remote on the same disk: what a network adds is not in it."""
    folder.mkdir(parents=True, exist_ok=True)
    quiet = [
        "git",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "user.name=b",
        "-c",
        "user.email=b@example.com",
    ]
    for command in (
        [*quiet, "init", "-q", "--bare", "remote.git"],
        [*quiet, "init", "-q", "."],
        [*quiet, "remote", "add", "origin", "remote.git"],
        [*quiet, "commit", "-q", "--allow-empty", "-m", "A catalog"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    yield "git:origin"


@contextmanager
def _postgres(_folder: Path) -> Iterator[str | None]:
    """A server of its own, with its usual care for the disk."""
    if importlib.util.find_spec("psycopg") is None:
        yield None
        return
    from tests.state.server import server

    with ExitStack() as stack:
        try:
            socket = stack.enter_context(server(("listen_addresses=",)))
        except AssertionError:
            yield None
            return
        yield f"postgresql://pxm@/postgres?host={socket}"


BACKENDS: dict[str, Callable[[Path], Any]] = {"file": _file, "git": _git, "PostgreSQL": _postgres}


def _size(name: str, url: str, folder: Path) -> float:
    """MiB on disk."""
    if name == "PostgreSQL":
        import psycopg

        with psycopg.connect(url) as database:
            row = database.execute(
                "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND "
                "relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg_%' OR "
                "nspname = 'information_schema')"
            ).fetchone()
        assert row is not None
        return float(row[0]) / (1 << 20)
    where = folder / ("state.db" if name == "file" else "remote.git")
    files = [where] if where.is_file() else [path for path in where.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files) / (1 << 20)


# --- in a process of its own --------------------------------------------------------------------


def act(what: str, url: str, source: Path) -> dict[str, float]:
    """Fill, load or change the state at `url`; seconds of wall clock and CPU."""
    from reconciler.cli.profile import cpu_seconds
    from reconciler.state import raw_store

    here = Path.cwd()
    if what == "fill":
        with raw_store(f"file:{source}", root=here) as store:
            snapshot = store.snapshot()
    with raw_store(url, root=here, catalog=here) as store:
        if what == "change":
            state = store.load()
        start, cpu = time.perf_counter(), cpu_seconds()
        if what == "fill":
            with store.lock("benchmark", RUN, time.time()):
                store.restore(snapshot)
        elif what == "load":
            store.load()
        else:
            _change(store, state)
        return {"wall": time.perf_counter() - start, "cpu": cpu_seconds() - cpu}


def _change(store: Any, state: Any) -> None:
    """What an apply of one change does to the state."""
    from dataclasses import replace

    from reconciler.state import Intent, Recorded, Run

    entry = next(entry for ref, entry in state.entries.items() if ref.kind == "collection")
    now = time.time()
    intents = (Intent("update", entry.ref, entry.id),)
    with store.lock("benchmark", RUN, now):
        store.begin(Run(RUN, "benchmark", now, intents))
        store.record([Recorded(entry.ref, replace(entry, written=now))])
        store.close_run(RUN, converged=True, words="1 updated")


if __name__ == "__main__":
    print(json.dumps(act(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
