"""The rate limit: 1,000 requests per 60 s, and the documented 429 (article: Rate Limiting)."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable


class Limit:
    """A sliding window for each token."""

    def __init__(
        self, requests: int | None, period: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.requests = requests
        self._period = period
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}

    def exceeded(self, token: str) -> int | None:
        """Seconds to wait where this request is one too many; None where it may pass."""
        if self.requests is None:
            return None
        now, seen = self._clock(), self._seen.setdefault(token, deque())
        while seen and seen[0] <= now - self._period:
            seen.popleft()
        if len(seen) >= self.requests:
            return max(1, math.ceil(seen[0] + self._period - now))
        seen.append(now)
        return None

    def left(self, token: str) -> int | None:
        """Requests that the token may still send in this window."""
        return None if self.requests is None else self.requests - len(self._seen.get(token, ()))
