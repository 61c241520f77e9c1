"""Logs on stderr, as text or as a JSON object a line (contract 3: `-v`, `--log-format`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from reconciler.api import RequestEvent
from reconciler.cli.console import STDERR
from reconciler.cli.profile import profile_fields, profile_text
from reconciler.cli.settings import Settings
from reconciler.reports.values import clean

LEVELS = {"request": "debug", "token": "info", "retry": "warning", "wait": "info"}
"""Kind of event and how loud it is: `-v` says all but debug, `-vv` everything."""


def event_log(
    settings: Settings, waits: Callable[[float, str], None] | None = None
) -> Callable[[RequestEvent], None] | None:
    """What tells of a session's requests, retries and waits; None where nobody asked.

    `waits` is told of what nothing is sent for, whether or not that is logged.
    """
    if not settings.verbose and waits is None:
        return None

    def log(event: RequestEvent) -> None:
        level = LEVELS.get(event.kind, "info")
        if event.kind in ("request", "token"):
            settings.profile.count_request()
        if waits is not None and event.kind in ("retry", "wait"):
            waits(event.seconds, _why(event))
        if settings.verbose > (level == "debug"):
            say(settings, level, clean(str(event)), **_fields(event))

    return log


def _why(event: RequestEvent) -> str:
    """What is waited for; a request that is tried again is named."""
    if event.kind == "wait":
        return "the rate of the account allows no more for now"
    return f"{event.detail}; then {event.method} {event.path} is tried again"


def _fields(event: RequestEvent) -> dict[str, Any]:
    found = {
        "event": event.kind,
        "method": event.method,
        "path": event.path,
        "query": event.query,
        "status": event.status,
        "seconds": round(event.seconds, 3),
        "detail": event.detail,
    }
    return {name: value for name, value in found.items() if value not in ("", None)}


def say_profile(settings: Settings) -> None:
    """What each stage took: a table, or a line of JSON for each."""
    rows = settings.profile.rows()
    if settings.log_format != "json":
        say(settings, "debug", profile_text(rows))
        return
    for name, spent in rows.items():
        say(settings, "debug", name, **profile_fields(name, spent))


def say(settings: Settings, level: str, text: str, **fields: Any) -> None:
    """One line on stderr; as JSON with time, level and either the fields or the text."""
    if settings.log_format == "json":
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = json.dumps({"time": moment, "level": level, **(fields or {"message": text})})
    STDERR.line(text)
