"""The page at `/`: the account looked through in a browser, and one form that edits a product.

    app = with_page(app, host)     # an ASGI application: the pages, and the API behind them

Everything is rendered here and needs no script.  Reading the pages is no request to the API:
it is neither logged nor counted against the rate limit.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.sandbox.app import App
from reconciler.sandbox.routes import served

__all__ = ["with_page"]


def with_page(app: App, host: str = "") -> ASGIApp:
    """The API with the pages in front: `/` and `/browse/…` are theirs, all else is the API's.

    `host` is the name that the sandbox is served under, beside loopback.
    """
    api = served(app)
    made: list[ASGIApp] = []

    def pages() -> ASGIApp:
        # Imported for the first page only: a command that embeds a sandbox never looks at one.
        from reconciler.sandbox.page.web import Pages

        made[:] = made or [Pages(app, host).starlette()]
        return made[0]

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        own = scope["type"] == "http" and (path == "/" or path.startswith("/browse/"))
        await (pages() if own else api)(scope, receive, send)

    return front
