"""A clock that nobody has to wait for, and small servers inside the process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from reconciler.api import Credentials, Session
from reconciler.model import Rate

BASE = "https://pxm.example"
LOGIN = Credentials("client-7", "s3cret-of-client-7")


class Clock:
    """Seconds that pass only by sleeping.  `slept` are the sleeps in order."""

    def __init__(self, start: float = 0.0) -> None:
        self.time = start
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.time += seconds


Answer = httpx.Response | Exception
Play = Callable[[httpx.Request], Answer]


@dataclass
class Server:
    """Plays a script: each answer once, the last one for ever.  An exception is raised."""

    script: Sequence[Answer | Play]
    requests: list[httpx.Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            item = self.script[min(len(self.requests), len(self.script) - 1)]
            self.requests.append(request)
        answer = item(request) if callable(item) else item
        if isinstance(answer, Exception):
            raise answer
        # A response can be sent once only.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def session_on(server: Play | Server, clock: Clock | None = None, **options: Any) -> Session:
    """An open session whose waits take no time and whose jitter is none."""
    clock = clock or Clock()
    options = {"open_access": True, "clock": clock, "sleep": clock.sleep} | options
    return Session(
        options.pop("base_url", BASE),
        options.pop("credentials", LOGIN),
        transport=httpx.MockTransport(server),  # type: ignore[arg-type]
        jitter=lambda: 0.5,
        **options,
    )


def ok(body: Any = None, **headers: str) -> httpx.Response:
    """A 200 with a JSON body, or with none."""
    content = {} if body is None else {"json": body}
    return httpx.Response(200, headers=headers, **content)


FAST = Rate(requests=1_000_000, per_seconds=60.0, concurrency=4)
