"""What a run of apply works with, all of it injected."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from reconciler.api import Session
from reconciler.model import GRACE
from reconciler.state import Store

Progress = Callable[[int, int], None]
"""Called with changes done so far and changes in all."""

Transfer = Callable[[str, int, int], None]
"""Called from any thread with a file's name, bytes sent so far and bytes in all."""

Stage = Callable[[str], AbstractContextManager[None]]
"""Entered while a part of the run goes on, by its name, to measure it."""


def _unmeasured(_name: str) -> AbstractContextManager[None]:
    return nullcontext()


def _silent(*_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run works with.

    `clock` is monotonic, `now` is seconds since 1970, `grace` seconds.
    """

    session: Session
    store: Store
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    progress: Progress = _silent
    transfer: Transfer = _silent
    grace: float = GRACE
    stage: Stage = _unmeasured


def looks(tools: Tools) -> Iterator[None]:
    """The moments at which to look for something that a service may show late: at once, then ever
    more seldom, and last when the grace time is over (contract 2.6)."""
    deadline, pause = tools.clock() + tools.grace, 0.25
    while True:
        yield
        left = deadline - tools.clock()
        if left <= 0:
            return
        tools.sleep(min(pause, left))
        pause = min(pause * 2, 2.0)
