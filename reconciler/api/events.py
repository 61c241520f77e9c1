"""What a session did, for logs and progress."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One request, retry, wait or token request; never with a secret or a body.

    `seconds` is how long a request took, or how long a retry or a wait is going to.
    """

    kind: str
    method: str = ""
    path: str = ""
    query: str = ""
    status: int | None = None
    seconds: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        status = "" if self.status is None else str(self.status)
        path = f"{self.path}?{self.query}" if self.query else self.path
        parts = (self.method, path, status, f"{self.seconds:.3f} s", self.detail)
        return f"{self.kind}: {' '.join(filter(None, parts))}"
