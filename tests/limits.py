"""How long a test waits for what must come: so long that only a hang takes longer.

A machine ten times slower passes.  Nothing here says how fast a thing is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

HANG = 600.0
"""Seconds after which whatever is waited for is not coming."""


def until(check: Callable[[], Any], seconds: float = HANG) -> Any:
    """What a check returns once it is true; fails where it does not become true."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return found
