"""The rate: at most so many requests in any window, over the whole process (contract 7.2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from reconciler.api.bucket import Bucket
from reconciler.api.lots import Lots
from reconciler.api.pace import Pace
from reconciler.model import Rate


def _silent(_: float) -> None:
    """Nobody wants to know."""


AGAIN = 1.0
"""Seconds within which several 429s are one: they answer what went out side by side."""


class Budget:
    """A bucket of requests that fills evenly (`bucket.py`).  Thread-safe.

    Full it holds a twentieth of what a window may hold, and while a window passes it gains the
    other nineteen, so that no window ever holds more than the rate.  After a 429 both are less
    for a while (`pace.py`).  Of what several runs have together, `lots` are this one's (`lots.py`).
    `waited` is for how long sending stood still, in seconds: threads
    that wait together count once.  `on_wait` is told whenever that grows by a second or more.
    """

    def __init__(
        self,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[float], None] = _silent,
        lots: Lots | None = None,
    ) -> None:
        self._pace = Pace()
        self._lowered_at = float("-inf")
        self._clock = clock
        self._sleep = sleep
        self._on_wait = on_wait
        self._lots = lots
        self._bucket = Bucket(rate, clock())
        self._not_before = float("-inf")
        self._stood = 0.0
        self._waits_until = float("-inf")
        self._lock = threading.Lock()
        self.waited = 0.0

    def take(self, number: int = 1) -> None:
        """Block until `number` more may be sent at once, and count them.

        Where the bucket holds less than that they go out when it is full.  Who waits has its turn
        and sleeps until then: threads that wait together do not wake each other.
        """
        with self._lock:
            now = self._clock()
            turn = self._moving(now)
            turn += self._bucket.take(number, turn, self._pace.at(now))
        self._wait_until(turn)
        taken = self._lots is None
        while not taken and self._lots is not None:
            taken, wait = self._lots.take(number)
            self._wait_until(self._moving(self._clock()) + wait)

    def _moving(self, now: float) -> float:
        """The time by a clock that stands still after a 429, and all turns with it: what waits
        meanwhile goes out as evenly afterwards as it would have before."""
        return now - self._stood + max(0.0, self._not_before - now)

    def _wait_until(self, turn: float) -> None:
        """Sleep until a turn comes, by the clock that stands still after a 429."""
        while True:
            with self._lock:
                now = self._clock()
                wait = turn - self._moving(now) + max(0.0, self._not_before - now)
                if wait <= 0:
                    return
                # Under a microsecond a clock may not move at all, and the loop would spin.
                wait = max(wait, 1e-6)
                news = self._note_wait(now, wait)
            if news >= 1:
                self._on_wait(wait)
            self._sleep(wait)

    @property
    def pace(self) -> float:
        """The share of the configured rate that is sent at now; 1 where no 429 came of late."""
        with self._lock:
            return self._pace.at(self._clock())

    def pause(self, seconds: float) -> None:
        """A 429: nobody sends before then, and more slowly from then on."""
        with self._lock:
            now = self._clock()
            known = now < max(self._not_before, self._lowered_at + AGAIN)
            until = max(self._not_before, now + seconds)
            self._stood += max(0.0, until - max(self._not_before, now))
            self._not_before = until
            if not known:
                self._pace.lower(now, self._not_before)
                self._lowered_at = now

    def _note_wait(self, now: float, delay: float) -> float:
        """Add a wait to `waited`, less what is in it already; returns how much that was."""
        until = now + delay
        news = max(0.0, until - max(now, self._waits_until))
        self._waits_until = max(self._waits_until, until)
        self.waited += news
        return news
