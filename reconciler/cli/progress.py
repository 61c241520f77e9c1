"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from reconciler.cli.console import STDERR
from reconciler.cli.logs import say
from reconciler.cli.settings import Settings
from reconciler.reports.values import clean

EVERY = 10.0
"""Seconds between plain lines."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is sent until then (`time.monotonic`), and why."""

    until: float
    words: str

    @property
    def left(self) -> float:
        """Seconds that it goes on."""
        return self.until - time.monotonic()

    def __str__(self) -> str:
        return f"waiting {max(1, math.ceil(self.left)):,} s: {clean(self.words)}"


def _longer(known: Wait | None, seconds: float, words: str) -> Wait:
    """Of two waits the one that ends later: that after a 429 says more than that for the rate
    which comes of it."""
    new = Wait(time.monotonic() + seconds, words)
    return known if known is not None and known.until >= new.until - 1 else new


@dataclass(frozen=True, slots=True)
class Stand:
    """How far something has come."""

    what: str
    done: int
    total: int | None

    def __str__(self) -> str:
        of = f" of {self.total:,}" if self.total else ""
        return f"{self.what}: {self.done:,}{of}"


class Report(Protocol):
    """Told of long work: what is done, how many so far and, if known, how many in all.

    May be called from any thread.
    """

    def __call__(self, what: str, done: int, total: int | None) -> None: ...

    def begin(self) -> None:
        """Something goes on that may take long before it tells anything."""
        ...

    def waits(self, seconds: float, words: str) -> None:
        """Nothing is sent for so long, and why."""
        ...

    def rest(self) -> None:
        """Nothing long goes on for now: leave the terminal to others."""
        ...

    @property
    def stand(self) -> Stand | None:
        """What was told last; None before anything was."""
        ...


@contextmanager
def progress(settings: Settings) -> Iterator[Report]:
    """What to report to while long work goes on."""
    report: Report = _Bars() if settings.bars else Lines(settings)
    try:
        yield report
    finally:
        report.rest()


class _Bars:
    """A bar for each thing that is done, and what is waited for; gone again once it rests."""

    def __init__(self) -> None:
        self.stand: Stand | None = None
        self._bars: _Shown | None = None
        self._tasks: dict[str, TaskID] = {}
        self._guard = threading.Lock()

    def begin(self) -> None:
        """A bar has nothing to show yet."""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        self.stand = Stand(what, done, total)
        with self._guard:
            bars = self._started()
            if what not in self._tasks:
                self._tasks[what] = bars.add_task(what, total=total)
            task = self._tasks[what]
        bars.update(task, completed=done, total=total)

    def waits(self, seconds: float, words: str) -> None:
        with self._guard:
            bars = self._started()
            bars.waiting = _longer(bars.waiting, seconds, words)

    def rest(self) -> None:
        with self._guard:
            STDERR.screen = None
            if self._bars is not None:
                self._bars.stop()
            self._bars, self._tasks = None, {}

    def _started(self) -> _Shown:
        if self._bars is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            console = Console(stderr=True)
            self._bars = _Shown(*columns, TimeElapsedColumn(), console=console, transient=True)
            self._bars.start()
            STDERR.screen = self._bars
        return self._bars


class _Shown(Progress):
    """Bars, and below them what is waited for as long as that lasts."""

    waiting: Wait | None = None

    def line(self, text: str) -> None:
        """Print a line above all that."""
        self.console.print(Text(text), soft_wrap=True)

    def get_renderables(self) -> Iterable[RenderableType]:
        """The parts, from top to bottom."""
        yield self.make_tasks_table(self.tasks)
        waiting = self.waiting
        if waiting is not None and waiting.left > 0:
            yield Text(str(waiting), style="yellow", no_wrap=True, overflow="ellipsis")


class Lines:
    """A line every `every` seconds, also while nothing is told."""

    def __init__(self, settings: Settings, every: float = EVERY) -> None:
        self.stand: Stand | None = None
        self._settings, self._every = settings, every
        self._wait: Wait | None = None
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._clock: threading.Thread | None = None

    def begin(self) -> None:
        """From now on there is a line now and then."""
        with self._guard:
            if self._clock is None:
                self._ended = threading.Event()
                self._clock = threading.Thread(target=self._tick, args=(self._ended,), daemon=True)
                self._clock.start()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        self.stand = Stand(what, done, total)
        self.begin()

    def waits(self, seconds: float, words: str) -> None:
        self._wait = _longer(self._wait, seconds, words)
        self.begin()

    def rest(self) -> None:
        with self._guard:
            clock, self._clock = self._clock, None
            self._ended.set()
        if clock is not None:
            clock.join()

    def _tick(self, ended: threading.Event) -> None:
        while not ended.wait(self._every):
            self._say()

    def _say(self) -> None:
        stand, wait = self.stand, self._wait
        fields: dict[str, Any] = {"event": "progress"}
        if stand is not None:
            fields |= {"what": stand.what, "done": stand.done, "total": stand.total}
        texts = [str(stand) if stand else "waiting for the first answer"]
        if wait is not None and wait.left > 0:
            fields |= {"waits": math.ceil(wait.left), "why": wait.words}
            texts = [str(stand)] if stand else []
            texts.append(str(wait))
        say(self._settings, "info", "; ".join(texts), **fields)
