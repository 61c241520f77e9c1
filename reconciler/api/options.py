"""What a session is made with, by what belongs together."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from reconciler.api.events import RequestEvent
from reconciler.api.lots import Giver
from reconciler.api.token import Credentials


@dataclass(frozen=True, slots=True)
class Access:
    """How a session gets into the account.

    `open_access` sends no token (embedded sandbox).  `insecure_http` lets secrets go over plain
    http to another machine.  A token is kept in `cache_dir`, if there is one.
    """

    credentials: Credentials = field(default_factory=Credentials)
    open_access: bool = False
    insecure_http: bool = False
    cache_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is called on the way of a request.

    `on_event` is told what happens, from any thread.  `guard` is called for each write, repeats
    included, once its turn has come; what it raises stops that write.  `giver` gives out places
    of what all runs on the account may send together.
    """

    on_event: Callable[[RequestEvent], None] | None = None
    guard: Callable[[], None] | None = None
    giver: Giver | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Network, clocks and chance, there to be injected.

    `clock` counts seconds from anywhere, `now` from 1970.  Without a `sleep` waits end when the
    session is closed.
    """

    transport: httpx.BaseTransport | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] | None = None
    jitter: Callable[[], float] = random.random
    now: Callable[[], float] = time.time
