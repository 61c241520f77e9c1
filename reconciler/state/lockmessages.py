"""What all backends say alike: who holds a lock, how it ends, and what comes after a lost state."""

from __future__ import annotations

import time

from reconciler.errors import Locked
from reconciler.state import Lock

ADOPT = "and run `pxm plan`: what exists will be adopted"
"""How a state that is lost or damaged comes back (contract 2.1)."""


def instant(seconds: float) -> str:
    """Seconds since 1970 for people."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def span(seconds: float) -> str:
    """A time that has passed, for people."""
    return f"{seconds / 60:,.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def lock_words(lock: Lock | None) -> str:
    """Who holds a lock, for which run, since when, and when it last showed itself."""
    if lock is None:
        return "another run"
    beat = f", last beat {instant(lock.beat)}" if lock.beat is not None else ""
    return f"{lock.holder}, run {lock.run}, since {instant(lock.since)}{beat}"


def waiting_words(lock: Lock | None) -> str:
    """What a run waits for that finds the state taken."""
    return f"the state is locked by {lock_words(lock)}"


def locked_error(lock: Lock | None, release: str) -> Locked:
    """The error of a run that finds the state taken; `release` says how that ends."""
    return Locked(
        f"{waiting_words(lock)}; nothing was written",
        hint=f"wait, or pass --lock-timeout SECONDS; {release}",
    )


RELEASE = "where that run is dead, `pxm state unlock --if-older 1h` releases it"
"""How a lock ends that does not end with its process."""

TAKEN_OVER = (
    "5 minutes after the last beat of a run that is dead the next one takes over, "
    "`pxm state unlock` releases it at once"
)
"""How a lock ends that its run renews."""
