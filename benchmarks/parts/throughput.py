"""Creates at the speed of the limit, against a server that enforces it."""

from __future__ import annotations

import calendar
import json
import time
from collections import Counter
from typing import Any

from benchmarks.parts.creates import after_planning
from benchmarks.session import LOGGED, Session
from benchmarks.worlds import write_catalog

LIMIT, OURS = 1_000, 950
"""Requests in a minute: what the server takes, and what we send at most."""


def run(session: Session) -> dict[str, Any]:
    """The least time of a plan's requests beside the time that they took; one run, since a clock
    decides it."""
    with session.empty_world("", limit=LIMIT) as world:
        write_catalog(world.catalog, session.creates, "")
        world.pxm("plan", "--out", "plan.json", cache="kept")
        cost = json.loads((world.folder / "plan.json").read_text(encoding="utf-8"))["cost"]
        session.say(
            f"{session.creates:,} creates at the limit take {cost['min_seconds']} s at least"
        )
        command = ("apply", "--yes", "--new-state", "--receipt", "receipt.json", *LOGGED)
        done = world.pxm(*command, cache="kept")
        receipt = json.loads((world.folder / "receipt.json").read_text(encoding="utf-8"))
    taken = after_planning(done, "seconds")
    session.say(f"taken: {taken:.1f} s")
    return {
        "count": session.creates,
        "requests": receipt["requests"]["sent"],
        "min_seconds": cost["min_seconds"],
        "taken": round(taken, 2),
        "share": round(cost["min_seconds"] / taken, 3),
        "refused": receipt["retries"].get("429", 0),
        "by_second": by_second(done.log),
    }


def by_second(log: list[dict[str, Any]]) -> list[int]:
    """How many requests went out in each second of the run."""
    moments = [
        calendar.timegm(time.strptime(line["time"], "%Y-%m-%dT%H:%M:%SZ"))
        for line in log
        if line.get("event") == "request"
    ]
    counts = Counter(moments)
    return [counts[second] for second in range(moments[0], moments[-1] + 1)]


def busiest_minute(counts: list[int], window: int = 60) -> int:
    """The most requests in any minute, to the second."""
    sums = (sum(counts[first : first + window]) for first in range(len(counts)))
    return max(sums, default=0)
