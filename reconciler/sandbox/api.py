"""The API side: every request goes down one list of steps until one of them answers."""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope, Send

from reconciler.sandbox.endpoints import error, route
from reconciler.sandbox.exchange import Answer, Hook, Request
from reconciler.sandbox.rules import Refusal
from reconciler.sandbox.sockets import send_answer

if TYPE_CHECKING:
    from reconciler.sandbox.app import App


class Api:
    """Everything under /v2.1, /v2 and /v3, as an ASGI application."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _request(HttpRequest(scope, receive))
        answer = await self._answered(request)
        await send_answer(answer, scope, receive, send)

    async def _answered(self, request: Request) -> Answer:
        answer = await _asked(self.app.before, request)
        if answer is None:
            answer = self.handle(request)
        request = replace(request, token="", status=answer.status, answer=answer)
        self.app.log.append(request)
        return await _asked(self.app.after, request) or answer

    def handle(self, request: Request) -> Answer:
        """Down the steps until one answers."""
        with self.app.guard:
            return next(found for step in _STEPS if (found := step(self.app, request)) is not None)


async def _request(http: HttpRequest) -> Request:
    return Request(
        http.method,
        http.url.path,
        dict(http.query_params),
        await http.body(),
        http.headers.get("authorization", ""),
        time.time(),
        base=str(http.base_url).rstrip("/"),
    )


async def _asked(hook: Hook | None, request: Request) -> Answer | None:
    """A hook runs in a thread and outside of the guard: it may wait, or call the sandbox."""
    return None if hook is None else await asyncio.to_thread(hook, request)


# --- the steps of a request, each of one shape --------------------------------------------------

Step = Callable[["App", Request], Answer | None]


def _token(app: App, request: Request) -> Answer | None:
    if not request.path.endswith("/oauth/authorize"):
        return None
    options = app.options
    if _basic(request.token) != (options.client_id, options.client_secret):
        return error(401, "invalid client credentials")
    token = secrets.token_urlsafe(24)
    app.tokens.add(token)
    life = "31536000"
    return Answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": life})


def _basic(header: str) -> tuple[str, str] | None:
    try:
        text = base64.b64decode(header.removeprefix("Basic ")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, _, secret = text.partition(":")
    return name, secret


def _access(app: App, request: Request) -> Answer | None:
    token = request.token.removeprefix("Bearer ")
    if not app.options.open_access and token not in app.tokens:
        return error(401, "Unauthorized: the Bearer token is missing or expired")
    return None


def _rate(app: App, request: Request) -> Answer | None:
    wait = app.limit.exceeded(request.token)
    if wait is None:
        return None
    headers = {"Retry-After": str(wait), "X-RateLimit-Limit": str(app.limit.requests)}
    words = "Rate limit exceeded."
    return Answer(429, {"error": words, "message": words, "retry_after": wait}, headers)


def _routed(app: App, request: Request) -> Answer | None:
    try:
        return route(app, request)
    except Refusal as refusal:
        return error(refusal.status, refusal.words)


_STEPS: tuple[Step, ...] = (_token, _rate, _access, _routed)
