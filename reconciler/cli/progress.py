"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from reconciler.cli.logs import say
from reconciler.cli.settings import Settings

EVERY = 10.0
"""Seconds between plain lines."""

Report = Callable[[str, int, int | None], None]
"""Called with what is being done, how many so far and, if known, how many in all."""


@contextmanager
def progress(settings: Settings) -> Iterator[Report]:
    """A function to report to while long work goes on."""
    if settings.bars:
        with _bars() as report:
            yield report
    else:
        yield _lines(settings)


@contextmanager
def _bars() -> Iterator[Report]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        tasks = {}

        def report(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report


def _lines(settings: Settings) -> Report:
    last = time.monotonic()

    def report(what: str, done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            of = f" of {total:,}" if total else ""
            fields = {"event": "progress", "what": what, "done": done, "total": total}
            say(settings, "info", f"{what}: {done:,}{of}", **fields)

    return report
