"""The rate: at most so many requests in any window, over the whole process (contract 7.2)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from reconciler.model import Rate


def _silent(_: float) -> None:
    """Nobody wants to know."""


class Budget:
    """A sliding window of the moments at which requests went out.  Thread-safe.

    `waited` is for how long sending stood still, in seconds: threads that wait together count
    once.  `on_wait` is told whenever that grows by a second or more.
    """

    def __init__(
        self,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[float], None] = _silent,
    ) -> None:
        self._rate = rate
        self._most = max(1, rate.requests)
        self._clock = clock
        self._sleep = sleep
        self._on_wait = on_wait
        self._sent: deque[float] = deque()
        self._not_before = float("-inf")
        self._waits_until = float("-inf")
        self._lock = threading.Lock()
        self.waited = 0.0

    def take(self, number: int = 1) -> None:
        """Block until `number` more may be sent at once, and count them.

        Where the whole rate is less than that, they wait until nothing else is in the window.
        """
        self._wait_for(number, counted=True)

    def wait_for_room(self, number: int) -> None:
        """Block until `number` requests could go out at once: a batch must not stall half-way.

        More than the whole rate never fits: then until nothing else is in the window.
        """
        self._wait_for(number, counted=False)

    def pause(self, seconds: float) -> None:
        """A 429: nobody sends before then."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _wait_for(self, number: int, *, counted: bool) -> None:
        while True:
            with self._lock:
                now = self._clock()
                delay = self._delay(min(number, self._most), now)
                if delay <= 0:
                    if counted:
                        self._sent.extend([now] * number)
                    return
                news = self._note_wait(now, delay)
            if news >= 1:
                self._on_wait(delay)
            self._sleep(delay)

    def _delay(self, number: int, now: float) -> float:
        """Seconds until `number` more fit into the window."""
        # Counted by `now - sent`, as whoever checks us would: `sent + period` rounds otherwise.
        while self._sent and now - self._sent[0] >= self._rate.per_seconds:
            self._sent.popleft()
        paused = self._not_before - now
        excess = len(self._sent) + number - self._most
        if excess <= 0:
            return paused
        room = self._rate.per_seconds - (now - self._sent[excess - 1])
        # Under a microsecond a clock may not move at all, and the loop would spin.
        return max(paused, room, 1e-6)

    def _note_wait(self, now: float, delay: float) -> float:
        """Add a wait to `waited`, less what is in it already; answers how much that was."""
        until = now + delay
        news = max(0.0, until - max(now, self._waits_until))
        self._waits_until = max(self._waits_until, until)
        self.waited += news
        return news
