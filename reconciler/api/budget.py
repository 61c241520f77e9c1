"""The rate: at most so many requests in any window, over the whole process (contract 7.2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from reconciler.api.pace import Pace
from reconciler.model import Rate


def _silent(_: float) -> None:
    """Nobody wants to know."""


PART = 20
"""The bucket holds a twentieth of a window's requests, and fills at the rate of the rest."""

PAIR = 2
"""A read and the write that rests on it go out together (contract 7.2)."""

AGAIN = 1.0
"""Seconds within which several 429s are one: they answer what went out side by side."""

ROUNDING = 1e-9
"""What sums of seconds are wrong by; a window is never fuller for it."""


class Budget:
    """A bucket of requests that fills evenly.  Thread-safe.

    Full it holds a twentieth of what a window may hold, and while a window passes it gains the
    other nineteen, so that no window ever holds more than the rate.  After a 429 both are less
    for a while (`pace.py`).  `waited` is for how long sending stood still, in seconds: threads
    that wait together count once.  `on_wait` is told whenever that grows by a second or more.
    """

    def __init__(
        self,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[float], None] = _silent,
    ) -> None:
        self._rate = rate
        self._pace = Pace()
        self._lowered_at = float("-inf")
        self._clock = clock
        self._sleep = sleep
        self._on_wait = on_wait
        self._filled, _ = bucket(rate, 1.0)
        self._filled_at = clock()
        self._not_before = float("-inf")
        self._waits_until = float("-inf")
        self._lock = threading.Lock()
        self.waited = 0.0

    def take(self, number: int = 1) -> None:
        """Block until `number` more may be sent at once, and count them.

        Where the bucket holds less than that they go out when it is full.
        """
        while True:
            with self._lock:
                now = self._clock()
                delay = self._delay(number, now)
                if delay <= 0:
                    self._filled -= number
                    return
                news = self._note_wait(now, delay)
            if news >= 1:
                self._on_wait(delay)
            self._sleep(delay)

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
            self._not_before = max(self._not_before, now + seconds)
            if not known:
                self._pace.lower(now, self._not_before)
                self._lowered_at = now

    def _delay(self, number: int, now: float) -> float:
        """Seconds until `number` more are in the bucket."""
        size, per_second = bucket(self._rate, self._pace.at(now))
        gained = (now - self._filled_at) * per_second
        self._filled = min(size, self._filled + gained)
        self._filled_at = now
        paused = self._not_before - now
        lacking = min(number, size) - self._filled
        if lacking <= 0:
            return paused
        # Under a microsecond a clock may not move at all, and the loop would spin.
        return max(paused, lacking / per_second, 1e-6)

    def _note_wait(self, now: float, delay: float) -> float:
        """Add a wait to `waited`, less what is in it already; returns how much that was."""
        until = now + delay
        news = max(0.0, until - max(now, self._waits_until))
        self._waits_until = max(self._waits_until, until)
        self.waited += news
        return news


def bucket(rate: Rate, share: float) -> tuple[float, float]:
    """How many requests a bucket for a share of a rate holds, and gains in a second."""
    most = max(1.0, rate.requests * share)
    # A rate of a few requests would never have room for two at once.
    size = max(PAIR if most >= 2 * PAIR else 1, most / PART)
    gained = most - size if most > size else most
    return size, gained * (1 - ROUNDING) / rate.per_seconds
