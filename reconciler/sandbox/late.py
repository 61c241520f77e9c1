"""What comes later than it was said: creates (dialect slow-create), files (files-late)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from reconciler.sandbox.rules import HttpRefusal


class LateWork:
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
            except HttpRefusal:
                return  # What it refers to has gone meanwhile; nobody is there to hear of it.


class Arriving:
    """Files that were confirmed and are not there yet.

    The first `reads` by id, or of the list, do not see one; nor does any before `delay` seconds.
    """

    def __init__(
        self, reads: int, delay: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._reads = reads
        self._delay = delay
        self._clock = clock
        self._waiting: dict[str, tuple[int, float]] = {}

    def add(self, file_id: str) -> None:
        """It was confirmed."""
        self._waiting[file_id] = (self._reads or -1, self._clock() + self._delay)

    def hides(self, file_id: str) -> bool:
        """It is not there yet."""
        reads, due = self._waiting.get(file_id, (-1, 0.0))
        return reads >= 0 or due > self._clock()

    def asked(self, file_id: str) -> None:
        """A request names it: one read less to go."""
        if file_id in self._waiting:
            reads, due = self._waiting[file_id]
            self._waiting[file_id] = (max(reads - 1, -1), due)
            if not self.hides(file_id):
                del self._waiting[file_id]

    def listed(self) -> None:
        """The list is read, and with it everything on its way."""
        for file_id in [*self._waiting]:
            self.asked(file_id)

    def __bool__(self) -> bool:
        """Something may be on its way."""
        return bool(self._waiting)
