"""A clock that nobody has to wait for, and small servers inside the process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import httpx

from reconciler.api import Access, Credentials, Hooks, Session, Surroundings
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
    transport = httpx.MockTransport(server)  # type: ignore[arg-type]
    made = {"clock": clock, "sleep": clock.sleep, "transport": transport, "credentials": LOGIN}
    return session_with(**made | options)


def session_with(*, base_url: str = BASE, **options: Any) -> Session:
    """An open session without jitter; the options are those of all its parts."""
    options = {"open_access": True, "jitter": lambda: 0.5} | options
    access, hooks, outside = (_taken(part, options) for part in (Access, Hooks, Surroundings))
    return Session(base_url, access, hooks=hooks, surroundings=outside, **options)


def _taken(part: Any, options: dict[str, Any]) -> Any:
    """A part of a session, of the options that are its fields; they are taken out."""
    names = [item.name for item in fields(part) if item.name in options]
    return part(**{name: options.pop(name) for name in names})


def ok(body: Any = None, **headers: str) -> httpx.Response:
    """A 200 with a JSON body, or with none."""
    content = {} if body is None else {"json": body}
    return httpx.Response(200, headers=headers, **content)


FAST = Rate(requests=1_000_000, per_seconds=60.0, concurrency=4)
