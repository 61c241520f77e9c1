"""How often a git state is pushed, and the clocks by which its lock is told to be alive."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from reconciler.state import Dates


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds: `every` the least time between two pushes of a run, `beat` between
    two renewals of its lock, `poll` between two looks at a taken lock, `pauses` before a push is
    tried again.  Clocks are injected."""

    every: float = 30.0
    beat: float = 20.0
    poll: float = 2.0
    pauses: tuple[float, ...] = (1.0, 4.0)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Moment:
    """The same moment by three clocks: monotonic, the machine's, the API's."""

    clock: float
    now: float
    date: float | None

    def since(self, earlier: Moment) -> float:
        """Seconds that have passed by the clock that says most: one stands still while a machine
        sleeps, another is set back."""
        spans = [self.clock - earlier.clock, self.now - earlier.now]
        if self.date is not None and earlier.date is not None:
            spans.append(self.date - earlier.date)
        return max(spans)

    @property
    def told(self) -> float:
        """What others are told: the API's time, the machine's where no answer was seen yet."""
        return self.now if self.date is None else self.date


class Clocks:
    """Tells moments; `date` is the Date header that the API sent last, None where none was seen.

    Between two answers the own clocks go on: a run that waits for a person is not a dead one.
    """

    def __init__(self, pace: Pace, date: Dates) -> None:
        self._pace = pace
        self._date = date
        self._seen: tuple[float, Moment] | None = None

    def moment(self) -> Moment:
        """Now."""
        own = Moment(self._pace.clock(), self._pace.now(), None)
        date = self._date()
        if date is None:
            return own
        seen = self._seen
        if seen is None or seen[0] != date:
            seen = self._seen = (date, own)
        return replace(own, date=date + max(0.0, own.since(seen[1])))
