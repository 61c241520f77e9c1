"""What takes effect after its client has gone (dialect slow-create)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from reconciler.sandbox.rules import Refusal


class Late:
    """Carries out what is added up to `delay` seconds later, the same waits each time."""

    def __init__(self, guard: AbstractContextManager[object], delay: float) -> None:
        self._guard = guard
        self._delay = delay
        self._random = random.Random(3)
        self._waiting: dict[threading.Timer, Callable[[], object]] = {}

    def add(self, run: Callable[[], object]) -> None:
        """Carry it out within the delay."""
        timer = threading.Timer(self._random.uniform(0, self._delay), lambda: self._run(timer))
        timer.daemon = True
        with self._guard:
            self._waiting[timer] = run
        timer.start()

    def flush(self) -> None:
        """Carry out at once what still waits: a create that was begun is not forgotten."""
        for timer in list(self._waiting):
            timer.cancel()
            self._run(timer)

    def _run(self, timer: threading.Timer) -> None:
        with self._guard:
            run = self._waiting.pop(timer, None)
            if run is None:
                return
            try:
                run()
            except Refusal:
                return  # What it refers to has gone meanwhile; nobody is there to hear of it.
