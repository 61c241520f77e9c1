"""What each stage of a run took: time, CPU, memory and requests (`-vv`, contract 9).

A profile is made with the settings of a command and goes where they go.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows: no memory is told there
    resource = None  # type: ignore[assignment]

OTHER = "other"
"""What belongs to no stage: start-up, imports, questions that wait for an answer."""


@dataclass(slots=True)
class Spent:
    """Seconds of wall clock and CPU, requests, and the largest memory in MiB so far."""

    seconds: float = 0.0
    cpu: float = 0.0
    requests: int = 0
    peak: float | None = None


def cpu_seconds() -> float:
    """CPU of this process and of those that it has waited for."""
    # Its own to the microsecond: `times` counts in hundredths.
    others = os.times()
    return time.process_time() + others.children_user + others.children_system


def peak_memory() -> float | None:
    """The most memory in MiB that this process has held; None where nobody can tell."""
    if resource is None:
        return None
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


class Profile:
    """Books what passes to the stage that is open, and to `other` where none is.

    A stage inside a stage is booked apart.  Stages are opened and closed by one thread, requests
    counted by any.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        cpu: Callable[[], float] = cpu_seconds,
        peak: Callable[[], float | None] = peak_memory,
    ) -> None:
        self._clock, self._cpu, self._peak = clock, cpu, peak
        self._guard = threading.Lock()
        self._requests = 0
        self._open = [OTHER]
        self._spent: dict[str, Spent] = {}
        # CPU from the start of the process on: start-up is part of what a run costs.
        self._last = (clock(), 0.0, 0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """All that happens meanwhile belongs to this stage; it may be entered again."""
        self._book()
        self._open.append(name)
        try:
            yield
        finally:
            self._book()
            self._open.pop()

    def count_request(self) -> None:
        """A request went out."""
        with self._guard:
            self._requests += 1

    def rows(self) -> dict[str, Spent]:
        """By stage what it took so far, in order of appearance; `other` and the total last."""
        self._book()
        rows = {name: spent for name, spent in self._spent.items() if name != OTHER}
        rows[OTHER] = self._spent[OTHER]
        total = Spent(peak=self._peak())
        for spent in rows.values():
            total.seconds += spent.seconds
            total.cpu += spent.cpu
            total.requests += spent.requests
        return {**rows, "total": total}

    def _book(self) -> None:
        """What passed since the last time goes to the stage that is open."""
        now = self._clock(), self._cpu(), self._requests
        spent = self._spent.setdefault(self._open[-1], Spent())
        spent.seconds += now[0] - self._last[0]
        spent.cpu += now[1] - self._last[1]
        spent.requests += now[2] - self._last[2]
        spent.peak = self._peak()
        self._last = now


def profile_text(rows: dict[str, Spent]) -> str:
    """A table for people."""
    lines = [f"{'Profile':<16}{'time':>10}{'CPU':>10}{'memory':>10}{'requests':>10}"]
    for name, spent in rows.items():
        memory = "-" if spent.peak is None else f"{spent.peak:,.0f} MiB"
        lines.append(
            f"  {name:<14}{spent.seconds:>8.2f} s{spent.cpu:>8.2f} s"
            f"{memory:>10}{spent.requests:>10,}"
        )
    return "\n".join(lines)


def profile_fields(name: str, spent: Spent) -> dict[str, object]:
    """A stage for a log of JSON lines."""
    return {
        "event": "profile",
        "stage": name,
        "seconds": round(spent.seconds, 3),
        "cpu": round(spent.cpu, 3),
        "peak_mib": spent.peak and round(spent.peak, 1),
        "requests": spent.requests,
    }
