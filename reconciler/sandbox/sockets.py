"""Answers on the socket itself: dropped, reset and cut connections are real ones."""

from __future__ import annotations

import asyncio
import functools
import socket
import struct
from typing import Any, cast

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from reconciler.sandbox.exchange import Answer
from reconciler.sandbox.store import dumps

TRANSPORT = "sandbox.transport"
CLOSE_SECONDS = 2.0
_NO_LINGER = struct.pack("ii", 1, 0)


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's own, which also shows an application the transport that it talks on."""

    app: ASGIApp

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Every request on this connection can reach its transport."""
        super().connection_made(transport)
        self.app = functools.partial(
            _with_transport, self.app, cast("asyncio.Transport", transport)
        )


async def _with_transport(
    app: ASGIApp, transport: asyncio.Transport, scope: Scope, receive: Receive, send: Send
) -> None:
    await app({**scope, TRANSPORT: transport}, receive, send)


async def send_answer(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer, or break the connection as it says."""
    transport = cast("asyncio.Transport | None", scope.get(TRANSPORT))
    if transport is not None and (answer.drop or answer.reset):
        return await _broken(transport, receive, reset=answer.reset)
    response = response_of(answer)
    if transport is None or not answer.cut:
        return await response(scope, receive, send)
    start: dict[str, Any] = {"type": "http.response.start", "status": response.status_code}
    await send({**start, "headers": response.raw_headers})
    half = bytes(response.body)[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    return await _broken(transport, receive, reset=False)


def response_of(answer: Answer) -> Response:
    """The answer as Starlette sends it."""
    headers = dict(answer.headers)
    kind = headers.pop("Content-Type", "text/plain" if answer.raw is not None else None)
    content = answer.raw
    if content is None and answer.body is not None:
        content = dumps(answer.body).encode()
        kind = kind or "application/json"
    return Response(content or b"", answer.status, headers, media_type=kind)


async def _broken(transport: asyncio.Transport, receive: Receive, *, reset: bool) -> None:
    if reset:
        found = transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
    else:
        transport.close()
    await gone(receive, CLOSE_SECONDS)


async def gone(receive: Receive, seconds: float) -> bool:
    """Wait until the client has gone; False where it is still there after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
