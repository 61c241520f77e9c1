"""The sandbox as one ASGI application, put together from Starlette routes.

A page or a document is added in `routes`: the first that matches answers.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from reconciler.sandbox import openapi
from reconciler.sandbox.api import Api
from reconciler.sandbox.app import App
from reconciler.sandbox.exchange import Answer
from reconciler.sandbox.sockets import response_of
from reconciler.sandbox.storage import Downloading, Uploading

VERSIONS = ("v2.1", "v2", "v3")


def served(app: App) -> Starlette:
    """The application that answers for an account."""
    return Starlette(routes=routes(app), exception_handlers={HTTPException: _not_served})


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
