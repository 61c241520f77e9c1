"""The parts of a session: each measures one matter and returns JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.parts import (
    article,
    creates,
    floor,
    local,
    octodns,
    requests,
    startup,
    states,
    throughput,
)
from benchmarks.session import Session

Part = Callable[[Session], dict[str, Any]]
"""Measures, and returns JSON; `missing` in it says why there is nothing."""

PARTS: Mapping[str, Part] = {
    "startup": startup.run,
    "requests": requests.run,
    "creates": creates.run,
    "local": local.run,
    "floor": floor.run,
    "octodns": octodns.run,
    "article": article.run,
    "states": states.run,
    "throughput": throughput.run,
}
"""By name, in the order in which they run."""
