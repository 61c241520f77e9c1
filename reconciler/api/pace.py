"""How fast to send after a 429 (contract 7.2): the whole law stands here.

    share of the configured rate
    1.0 ──────┐ 429                          ╭──────
              │           calm        ╭──────╯  climb: all of the rate in twenty minutes
    0.75      └───────────────────────╯

Each further 429 before the rate is reached again takes another quarter off and doubles the calm,
so that a service which takes less than is configured is asked for more ever more seldom.
"""

from __future__ import annotations

LOWERED = 0.75
"""What a 429 leaves of the pace."""

LEAST = 0.05
"""The lowest share of the configured rate."""

CALM, LONGEST_CALM = 60.0, 900.0
"""Seconds for which the pace stays low before it climbs, at first and at most."""

CLIMB = 1200.0
"""Seconds in which the pace climbs from nothing to the configured rate."""


class Pace:
    """The share of the configured rate at which to send; times are seconds of any clock."""

    def __init__(self) -> None:
        self._low = 1.0
        self._since = float("-inf")
        self._calm = CALM

    def at(self, now: float) -> float:
        """The share at that time, over 0 and never over 1."""
        climbed = max(0.0, now - self._since - self._calm) / CLIMB
        return min(1.0, self._low + climbed)

    def lower(self, now: float, until: float) -> None:
        """A 429 came at `now`, and nothing is sent before `until`: from then on it is calm."""
        before = self.at(now)
        self._calm = CALM if before == 1.0 else min(2 * self._calm, LONGEST_CALM)
        self._low = max(LEAST, LOWERED * before)
        self._since = until
