"""How often Python looks for garbage in cycles, while large values are built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 200_000
"""New containers after which those are looked through: 20 MB of garbage at most wait for it."""

OLDER = (100, 100)
"""After how many of these looks those that outlived one are looked through, and after how many of
these all are."""


@contextmanager
def patient_collector() -> Iterator[None]:
    """Look for garbage rarely, as long as the block lasts; blocks may stand in each other.

    A catalog, an account and a state are millions of containers that stay, without a cycle among
    them.  Python walks through all of them again each time that they have grown by a quarter, for
    two thirds of the time of a plan.  It goes on looking, so that what does make cycles (errors
    with their tracebacks, connections) stays bounded however long a run is.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, *OLDER)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def keep_what_is_there() -> None:
    """Never look through what there is now; what nothing refers to is still freed at once."""
    gc.freeze()
