"""The API side: every request goes down one list of steps until one of them answers."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope, Send

from reconciler.sandbox.app import App
from reconciler.sandbox.endpoints import route
from reconciler.sandbox.envelopes import error, shaped_error, token_answer
from reconciler.sandbox.exchange import Answer, Request
from reconciler.sandbox.pipeline import answered, request_of
from reconciler.sandbox.rules import HttpRefusal
from reconciler.sandbox.sockets import gone, send_answer
from reconciler.sandbox.store import loads


class Api:
    """Everything under /v2.1, /v2 and /v3, as an ASGI application."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            body = await http.body()
        except ClientDisconnect:
            return
        answer = await answered(self.app, request_of(http, body), self._handled)
        if answer.late is not None:
            # The client hears nothing; what it asked for happens once it is gone.
            await gone(receive, self.app.options.create_wait)
            self.app.late.add(answer.late)
            answer = Answer(drop=True)
        await send_answer(answer, scope, receive, send)

    async def _handled(self, request: Request) -> Answer:
        return self.handle(request)

    def handle(self, request: Request) -> Answer:
        """Down the steps until one answers."""
        with self.app.guard:
            try:
                found = (step(self.app, request) for step in _STEPS)
                answer = next(answer for answer in found if answer is not None)
            except Exception as fault:
                # A fault of the sandbox, or of an object that was put past the API.
                answer = error(500, f"Internal Server Error: {type(fault).__name__}: {fault}")
        return shaped_error(self.app.dialects, answer)


# --- the steps of a request, each of one shape --------------------------------------------------

Step = Callable[[App, Request], Answer | None]


def _token(app: App, request: Request) -> Answer | None:
    parts = request.path.strip("/").split("/")
    if parts[0] not in ("v2.1", "v2") or parts[1:] != ["oauth", "authorize"]:
        return None
    if request.method != "POST":
        return Answer(405, error(405, "Method Not Allowed").body, {"Allow": "POST"})
    options = app.options
    if _basic(request.token) != (options.client_id, options.client_secret):
        return error(401, "invalid client credentials")
    if _grant(request) != "client_credentials":
        return error(400, "grant_type must be client_credentials")
    token = secrets.token_urlsafe(24)
    app.tokens.add(token)
    return token_answer(app.dialects, token)


def _grant(request: Request) -> Any:
    try:
        body = loads(request.body)
    except ValueError:
        return None
    return body.get("grant_type") if isinstance(body, dict) else None


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, _, secret = decoded.partition(":")
    return name, secret


def _access(app: App, request: Request) -> Answer | None:
    scheme, _, token = request.token.partition(" ")
    known = scheme.lower() == "bearer" and token in app.tokens
    if app.options.open_access or known:
        return None
    return error(401, "Unauthorized: the Bearer token is missing or expired")


def _rate(app: App, request: Request) -> Answer | None:
    wait = app.limit.exceeded(request.token)
    if wait is None:
        return None
    headers = {"Retry-After": str(wait), "X-RateLimit-Limit": str(app.limit.requests)}
    return Answer(429, error(429, "Rate limit exceeded.", retry_after=wait).body, headers)


def _once(_: App, request: Request) -> Answer | None:
    if not request.repeated:
        return None
    return error(400, f"{request.repeated[0]} is given more than once")


def _routed(app: App, request: Request) -> Answer | None:
    try:
        return route(app, request)
    except HttpRefusal as refusal:
        return error(refusal.status, refusal.words)


_STEPS: tuple[Step, ...] = (_token, _rate, _access, _once, _routed)
