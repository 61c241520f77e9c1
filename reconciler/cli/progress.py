"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from reconciler.cli.logs import say
from reconciler.cli.settings import Settings

EVERY = 10.0
"""Seconds between plain lines."""


class Report(Protocol):
    """Told of long work: what is done, how many so far and, if known, how many in all.

    May be called from any thread.
    """

    def __call__(self, what: str, done: int, total: int | None) -> None: ...

    def rest(self) -> None:
        """Nothing long goes on for now: leave the terminal to others."""
        ...


@contextmanager
def progress(settings: Settings) -> Iterator[Report]:
    """What to report to while long work goes on."""
    report: Report = _Bars() if settings.bars else _Lines(settings)
    try:
        yield report
    finally:
        report.rest()


class _Bars:
    """A bar for each thing that is done; gone again once it rests."""

    def __init__(self) -> None:
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._guard = threading.Lock()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        with self._guard:
            bars = self._bars = self._bars or _started()
            if what not in self._tasks:
                self._tasks[what] = bars.add_task(what, total=total)
        bars.update(self._tasks[what], completed=done, total=total)

    def rest(self) -> None:
        if self._bars is not None:
            self._bars.stop()
        self._bars, self._tasks = None, {}


def _started() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bars = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
    bars.start()
    return bars


class _Lines:
    """A line now and then."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last = time.monotonic()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        if time.monotonic() - self._last < EVERY:
            return
        self._last = time.monotonic()
        of = f" of {total:,}" if total else ""
        fields = {"event": "progress", "what": what, "done": done, "total": total}
        say(self._settings, "info", f"{what}: {done:,}{of}", **fields)

    def rest(self) -> None:
        """Lines are in nobody's way."""
