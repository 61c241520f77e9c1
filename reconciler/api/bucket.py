"""A bucket of requests that fills evenly: no window holds more than the rate (contract 7.2)."""

from __future__ import annotations

from reconciler.model import Rate

PART = 20
"""A bucket holds a twentieth of a window's requests, and fills at the rate of the rest."""

PAIR = 2
"""A read and the write that rests on it go out together (contract 7.2)."""

ROUNDING = 1e-9
"""What sums of seconds are wrong by; a window is never fuller for it."""


def fill(
    rate: Rate, share: float = 1.0, part: float = PART, late: float = 0.0
) -> tuple[float, float]:
    """How many requests the bucket for a share of a rate holds, and how many it gains in a second.

    It holds one `part`-th of them.  Where what was taken goes out up to `late` seconds later, it
    gains as much less as keeps the window.
    """
    most = max(1.0, rate.requests * share)
    # A rate of a few requests would never have room for two at once.
    size = max(PAIR if most >= 2 * PAIR else 1, most / part)
    gained = most - size if most > size else most
    return size, gained * (1 - ROUNDING) / (rate.per_seconds + late)


class Bucket:
    """What may be sent at once; times are seconds of any clock.  Not thread-safe."""

    def __init__(self, rate: Rate, now: float, filled: float | None = None) -> None:
        self._rate = rate
        self._filled = fill(rate)[0] if filled is None else filled
        self._at = now

    def take(self, number: int, now: float, share: float = 1.0) -> float:
        """Take so many, and say in how many seconds they are there; a share of the rate fills it.

        Who comes later waits behind them.  Where it holds fewer than `number` they go when it is
        full, and it has to fill up that much longer.
        """
        size, per_second = fill(self._rate, share)
        self._filled = min(size, self._filled + (now - self._at) * per_second)
        self._at = now
        lacking = min(number, size) - self._filled
        self._filled -= number
        return max(0.0, lacking / per_second)
