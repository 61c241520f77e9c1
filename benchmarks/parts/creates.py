"""The CPU that a client spends on a create, on an account without a limit."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.measuring import Measured, middle
from benchmarks.session import LOGGED, Session
from benchmarks.worlds import write_catalog

STAGES = ("apply", "apply, reads", "apply, writes", "proof")
"""What an apply does after its own planning."""


def run(session: Session) -> dict[str, Any]:
    """CPU for each of the creates: all of the run, and what comes after planning."""
    runs = session.repeat(f"{session.creates:,} creates", lambda _: _created(session))
    milliseconds = 1000 * median(after_planning(run, "cpu") for run in runs)
    return {
        "count": session.creates,
        "run": middle(runs),
        "each": round(milliseconds / session.creates, 3),
    }


def after_planning(run: Measured, field: str) -> float:
    """Of an apply what comes after its planning: seconds, or seconds of CPU."""
    stages = run.profile
    return float(sum(stages[name][field] for name in STAGES))


def _created(session: Session) -> Measured:
    with session.empty_world() as world:
        write_catalog(world.catalog, session.creates)
        return world.pxm("apply", "--yes", "--new-state", *LOGGED)
