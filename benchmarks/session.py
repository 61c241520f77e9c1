"""What a part is given: how large, how often, where, and how to say what goes on."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measuring import PXM, Measured, clean, measure
from benchmarks.servers import Server, serving
from benchmarks.worlds import UNLIMITED, write_catalog

LOGGED = ("-vv", "--log-format", "json")


@dataclass(frozen=True, slots=True)
class World:
    """A folder with a catalog and a state, and the account that they describe behind a server."""

    count: int
    folder: Path
    server: Server

    @property
    def catalog(self) -> Path:
        return self.folder / "catalog"

    @property
    def state(self) -> Path:
        return self.folder / "state.db"

    def pxm(
        self,
        *arguments: str | Path,
        cache: str = "",
    ) -> Measured:
        """Run a command on it; the cache is empty, but for one that is named and kept."""
        kept = self.folder / (cache or "no-cache")
        if not cache:
            shutil.rmtree(kept, ignore_errors=True)
        variables = {**clean(), **self.server.env, "XDG_CACHE_HOME": str(kept)}
        command = [*PXM, "--catalog", "catalog", "--state", "file:state.db", *arguments]
        return measure(command, self.folder, variables)


@dataclass(slots=True)
class Session:
    """One session of measurements.  `results` are those of the parts that have run, by name.

    `sizes` are numbers of products, `creates` and `edits` how many a run makes and changes; `runs`
    is of how many a figure is the median.
    """

    work: Path
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    creates: int = 2_000
    edits: int = 500
    runs: int = 3
    results: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def say(self, words: str) -> None:
        """What goes on, and since when."""
        passed = int(time.monotonic() - self.started)
        print(f"[{passed // 60:2}:{passed % 60:02}] {words}", file=sys.stderr, flush=True)

    @contextmanager
    def world(self, count: int) -> Iterator[World]:
        """A catalog of that size, its account and its state: made once, used by several parts.

        How long it took to adopt it is in `results["adopt"]`.
        """
        folder = self.work / f"world-{count}"
        made = folder / "made"
        db = folder / "account.db"
        if not made.exists():
            self.say(f"a world of {count:,} products is made")
            write_catalog(folder / "catalog", count)
            measure([sys.executable, "-m", "benchmarks.worlds", db, str(count)], folder, clean())
        with serving(db) as server:
            world = World(count, folder, server)
            if not made.exists():
                adopted = world.pxm("apply", "--yes", "--new-state", *LOGGED)
                self.results.setdefault("adopt", {})[str(count)] = {
                    "wall": round(adopted.wall, 3),
                    "cpu": round(adopted.cpu, 3),
                    "peak": round(adopted.peak, 1),
                    "printed": len(adopted.out),
                }
                self.say(f"{count:,} adopted: {adopted.cpu:.1f} s of CPU")
                made.touch()
            yield world

    @contextmanager
    def empty_world(self, settings: str = UNLIMITED, *, limit: int = 0) -> Iterator[World]:
        """An account in memory that holds nothing, and a catalog to be written."""
        folder = self.work / "empty"
        shutil.rmtree(folder, ignore_errors=True)
        write_catalog(folder / "catalog", 0, settings)
        with serving(limit=limit) as server:
            yield World(0, folder, server)

    def repeat(self, what: str, run: Any) -> list[Measured]:
        """As many runs as a figure is the median of; `run` is given the number of each, from 1."""
        found = []
        for number in range(1, self.runs + 1):
            measured = run(number)
            self.say(
                f"{what}, {number} of {self.runs}: {measured.wall:.2f} s, "
                f"{measured.cpu:.2f} s of CPU, {measured.peak:,.0f} MiB"
            )
            found.append(measured)
        return found
