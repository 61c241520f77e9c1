"""The rate: at most so many requests in any window, over the whole process (contract 7.2)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from reconciler.model import Rate


class Budget:
    """A sliding window of the moments at which requests went out.  Thread-safe."""

    def __init__(
        self,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[float] = deque()
        self._not_before = 0.0
        self._lock = threading.Lock()
        self.waited = 0.0

    def take(self) -> None:
        """Block until one more may be sent, and count it."""
        while True:
            with self._lock:
                delay = self._delay(1)
                if delay <= 0:
                    self._sent.append(self._clock())
                    return
                self.waited += delay
            self._sleep(delay)

    def wait_for_room(self, number: int) -> None:
        """Block until `number` requests could go out at once: a batch must not stall half-way."""
        wanted = min(number, self._rate.requests)
        while True:
            with self._lock:
                delay = self._delay(wanted)
                self.waited += max(0.0, delay)
            if delay <= 0:
                return
            self._sleep(delay)

    def pause(self, seconds: float) -> None:
        """A 429: nobody sends before then."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _delay(self, number: int) -> float:
        """Seconds until `number` more fit into the window."""
        now = self._clock()
        while self._sent and self._sent[0] <= now - self._rate.per_seconds:
            self._sent.popleft()
        paused = self._not_before - now
        excess = len(self._sent) + number - self._rate.requests
        if excess <= 0:
            return paused
        return max(paused, self._sent[excess - 1] + self._rate.per_seconds - now)
