"""What every request goes through, whoever handles it: hooks, chaos, the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request as HttpRequest

from reconciler.sandbox import chaos
from reconciler.sandbox.app import App
from reconciler.sandbox.envelopes import shaped_error
from reconciler.sandbox.exchange import Answer, Hook, Request

Handle = Callable[[Request], Awaitable[Answer]]


ARRAYS = frozenset({"ids", "region_ids", "collection_ids", "stack_ids"})
"""Parameters that take several values, by comma (article) or by being repeated."""


def request_of(http: HttpRequest, body: bytes | None = None) -> Request:
    """A request as hooks and the log see it; `body` None where it is streamed."""
    given: dict[str, list[str]] = {}
    for name, value in http.query_params.multi_items():
        given.setdefault(name, []).append(value)
    repeated = [name for name, found in given.items() if len(found) > 1]
    return Request(
        http.method,
        http.scope["path"],
        {name: ",".join(found) for name, found in given.items()},
        body,
        http.headers.get("authorization", ""),
        time.time(),
        base=str(http.base_url).rstrip("/"),
        repeated=tuple(name for name in repeated if name not in ARRAYS),
    )


async def answered(
    app: App, request: Request, handle: Handle, among: frozenset[str] | None = None
) -> Answer:
    """The answer that goes out, once the request is in the log."""
    answer, fault = await _asked(app.before, request), ""
    if answer is None:
        incident = app.stage.met(request)
        fault = app.chaos.drawn(among)
        if incident is not None:
            fault = incident.fault
        answer = await _handled(app, request, handle, fault)
        if incident is not None:
            await asyncio.to_thread(incident.then)
    logged = replace(request, token="", status=answer.status, answer=answer, fault=fault)
    app.log.append(logged)
    return await _asked(app.after, logged) or answer


async def _handled(app: App, request: Request, handle: Handle, fault: str) -> Answer:
    if fault == "slow":
        await asyncio.sleep(app.options.slow)
    if fault == "revoke":
        app.tokens.clear()
    if fault in chaos.BEFORE:
        return shaped_error(app.dialects, chaos.BEFORE[fault])
    answer = await handle(request)
    if fault in chaos.TWICE:
        await handle(request)
    if answer.late is not None:
        return answer
    return replace(answer, cut=True) if fault == "cut" else chaos.AFTER.get(fault, answer)


async def _asked(hook: Hook | None, request: Request) -> Answer | None:
    """A hook runs in a thread and outside of the guard: it may wait, or call the sandbox."""
    return None if hook is None else await asyncio.to_thread(hook, request)
