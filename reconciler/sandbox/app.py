"""The sandbox as one ASGI application, put together from Starlette routes.

A page or a document is added in `routes`: a list of Starlette routes, where the first that
matches answers.  What they need of the account hangs on the `App`: `store`, `rules`, `reader`,
`limit`, `log`, and `guard`, which every reader or writer of the store takes.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from reconciler.sandbox import openapi
from reconciler.sandbox.api import Api
from reconciler.sandbox.chaos import Chaos
from reconciler.sandbox.dialects import checked
from reconciler.sandbox.exchange import Answer, Hook, Options, Request
from reconciler.sandbox.late import Late
from reconciler.sandbox.limits import Limit
from reconciler.sandbox.lists import Lists
from reconciler.sandbox.processing import Processing
from reconciler.sandbox.rules import Rules
from reconciler.sandbox.sockets import response_of
from reconciler.sandbox.storage import Downloading, Uploading
from reconciler.sandbox.store import Store
from reconciler.sandbox.uploads import Uploads
from reconciler.sandbox.wire import Reader

VERSIONS = ("v2.1", "v2", "v3")
LOG_LENGTH = 100_000
"""Requests that the log keeps."""


class App:
    """One account behind HTTP.  API requests are short, so they run in the event loop."""

    def __init__(self, store: Store, options: Options) -> None:
        self.store = store
        self.options = options
        self.dialects = checked(options.dialects)
        self.rules = Rules(store, self.dialects)
        self.reader = Reader(store, self.dialects)
        self.lists = Lists(store, self.dialects, options.lag)
        self.limit = Limit(options.rate_limit, options.rate_period)
        self.tokens: set[str] = set()
        self.log: deque[Request] = deque(maxlen=LOG_LENGTH)
        self.before: Hook | None = None
        self.after: Hook | None = None
        self.guard = threading.RLock()
        self.chaos = Chaos(options.chaos, options.chaos_seed)
        self.uploads = Uploads(store.blobs, options)
        self.processing = Processing(store, self.guard, options.processing)
        self.late = Late(self.guard, options.create_delay)
        self._starlette = Starlette(
            routes=routes(self), exception_handlers={HTTPException: _not_served}
        )

    def reader_for(self, base: str) -> Reader:
        """A reader whose links start with the URL that a client uses."""
        return replace(self.reader, base=base)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._starlette(scope, receive, send)


def routes(app: App) -> list[BaseRoute]:
    """Everything that is served; the first that matches answers."""
    api = Api(app)
    return [
        *(Route(f"/{version}/{{path:path}}", api) for version in VERSIONS),
        Route("/_storage/uploads/{upload}/{part:int}", Uploading(app)),
        Route("/_storage/files/{id}/{name}", Downloading(app)),
        *_admin(app),
        openapi.route(),
    ]


def _admin(app: App) -> list[BaseRoute]:
    """What the program itself asks a sandbox, outside of the API."""

    def account(_: HttpRequest) -> Response:
        return response_of(Answer(200, {"id": app.store.account_id}))

    def dump(_: HttpRequest) -> Response:
        with app.guard:
            return response_of(Answer(200, app.store.dump()))

    return [Route("/_sandbox/account", account), Route("/_sandbox/dump", dump)]


def _not_served(_: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {"error": error.detail, "message": error.detail}
    return JSONResponse(words, error.status_code, error.headers)
