"""When to try again, and for how long (contract 7.2)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from reconciler.errors import ApiError
from reconciler.model import Json

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0
FIRST_CONTACT = 20.0
"""Seconds of trying to connect to what never answered: most likely the address is wrong."""

PAGES = 5.0
"""Seconds of trying where a web page or something else that is no JSON answers: most likely it is
a proxy that wants something of its user, or another server."""

THROTTLED = "429"
PAGE = "a web page"
NO_JSON = "no JSON"
NEVER_SENT = "no connection"


class Retry(ApiError):
    """An attempt failed in a way that may heal; `error` is what to raise when it does not.

    `asked` is the wait that the server asks for, `seconds` how long the attempt took.  Reads are
    tried again inside the session; a PUT or DELETE raises it to whoever can read anew first.
    """

    def __init__(
        self, error: ApiError, cause: str, *, asked: float | None = None, seconds: float = 0.0
    ) -> None:
        super().__init__(error.message, request=error.request, hint=error.hint)
        self.error = error
        self.cause = cause
        self.asked = asked
        self.seconds = seconds


class Patience:
    """How long one request goes on trying.

    Attempts and the waits between them count; waiting for the rate does not, or a long run
    would have less patience than a short one.
    """

    def __init__(self, most: float, jitter: Callable[[], float]) -> None:
        self._most = most
        self._jitter = jitter
        self._spent = 0.0
        self._backoff = FIRST_BACKOFF

    def wait(self, retry: Retry, most: float = math.inf) -> float:
        """Seconds to wait before the next attempt; raises the error when patience is over."""
        wait = self._next_wait(retry)
        self._spent += retry.seconds + wait
        if self._spent > min(self._most, most):
            raise retry.error from None
        return wait

    def _next_wait(self, retry: Retry) -> float:
        jitter = 0.5 + self._jitter()
        if retry.asked is not None:
            # `Retry-After: 0` must not become a tight loop.
            return max(retry.asked, FIRST_BACKOFF * jitter)
        wait = self._backoff * jitter
        self._backoff = min(self._backoff * 2, LONGEST_BACKOFF)
        return wait


def retry_after(header: str | None, answer: Json, now: float) -> float | None:
    """Seconds to wait: the header in seconds or as a date, else the body; None if neither says.

    `now` is in seconds since 1970.
    """
    body = answer.get("retry_after") if isinstance(answer, Mapping) else None
    said = (_seconds(str(value), now) for value in (header, body) if value is not None)
    return next((seconds for seconds in said if seconds is not None), None)


def _seconds(text: str, now: float) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        moment = moment_of(text)
        seconds = math.nan if moment is None else moment - now
    return max(0.0, seconds) if math.isfinite(seconds) else None


def moment_of(text: str) -> float | None:
    """An HTTP date as seconds since 1970; None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (zoned - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
