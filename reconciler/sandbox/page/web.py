"""The pages over HTTP: routes, templates, the headers that keep account text inert."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from urllib.parse import parse_qs, quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reconciler.sandbox.app import App
from reconciler.sandbox.page import access, log
from reconciler.sandbox.page.account import AccountMaps, read, title
from reconciler.sandbox.page.edit import (
    Control,
    SavedForm,
    changed,
    described,
    edited,
    fields,
    filled,
    vanished,
)
from reconciler.sandbox.page.tree import rows
from reconciler.sandbox.page.views import VIEWS, product_view
from reconciler.sandbox.page.visit import Missing, PageView, Visit, status
from reconciler.sandbox.rules import now
from reconciler.sandbox.store import Object

FORM_BYTES = 4 << 20
"""A form larger than this is refused."""
FORM_FIELDS = 10_000
EDITS = 50
"""Saved forms that are remembered."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

VANISHED = (
    "Nothing was saved: somebody took a value away since the form was opened,"
    " and you had changed it. The form shows what the product has now."
)
KEPT: Mapping[str, str] = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16"'
    ' rx="4" fill="#1d6b5f"/><path d="M4 5h8M4 8h8M4 11h5" stroke="#fff" stroke-width="1.5"'
    ' stroke-linecap="round"/></svg>'
)

INVALID = "Nothing was saved. Correct what is marked below, then save again."
WRONG_HOST = (
    "The form is only taken under the sandbox's own address,"
    " so that no other site can send it. Open the page as http://{} and save there."
)
WRONG_TOKEN = (
    "The form does not carry the token of this sandbox: it was opened before the sandbox"
    " was started again, or another site sent it. Open the product's page and save there."
)

Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """The pages of one sandbox, with the secret of its form and what was saved through it."""

    def __init__(self, app: App, host: str) -> None:
        self._app = app
        self._host = host
        self._token = secrets.token_urlsafe(24)
        self._edits: list[SavedForm] = []
        self._read: tuple[dict[str, int], AccountMaps] | None = None
        self._style = resources.files(__package__).joinpath("style.css").read_bytes()
        self._templates = _templates(hashlib.sha256(self._style).hexdigest()[:12])

    def starlette(self) -> Starlette:
        """The pages as an application of their own."""
        routes = [
            Route("/browse/style.css", self._stylesheet),
            Route("/browse/icon.svg", self._icon),
            *(Route(path, self._page(view)) for path, view in VIEWS.items()),
            Route("/browse/product/{id:path}", self._save, methods=["POST"]),
        ]
        return Starlette(routes=routes, exception_handlers={404: self._not_found})

    def _visit(self, request: Request) -> Visit:
        return Visit(
            self._app,
            self._account(),
            self._app.presenter_for(str(request.base_url).rstrip("/")),
            datetime.now(UTC),
            request.path_params.get("id", ""),
            request.query_params,
            self._edits[::-1],
        )

    def _account(self) -> AccountMaps:
        """The account as it is now, read again only where something was written since."""
        versions = dict(self._app.store.versions)
        if self._read is None or self._read[0] != versions:
            self._read = (versions, read(self._app.store))
        return self._read[1]

    def _page(self, view: Callable[[Visit], PageView]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            with self._app.guard:
                visit = self._visit(request)
                try:
                    found = view(visit)
                except Missing as missing:
                    found = _error(404, "Not found", str(missing))
                return self._rendered(visit, found, request)

        return endpoint

    async def _not_found(self, request: Request, _: Exception) -> Response:
        with self._app.guard:
            found = _error(404, "Not found", f"There is no page at {request.scope['path']}.")
            return self._rendered(self._visit(request), found, request)

    async def _stylesheet(self, _: Request) -> Response:
        return Response(self._style, headers=KEPT, media_type="text/css")

    async def _icon(self, _: Request) -> Response:
        return Response(ICON, headers=KEPT, media_type="image/svg+xml")

    def _rendered(self, visit: Visit, view: PageView, request: Request) -> Response:
        text = self._templates.get_template(view.template).render(
            **view.context,
            title=view.title,
            section=view.section,
            tree=rows(visit.account, view.current),
            loose=len(visit.account.loose),
            budget=log.budget(self._app, time.time()),
            account=visit.account,
            query=visit.query,
            # Not from `request.url`, which parses whatever somebody sent as their Host.
            here=request.scope["path"],
            base=visit.presenter.base,
            token=self._token,
        )
        # Half of a surrogate pair can be in an account's text and in no UTF-8.
        content = text.encode(errors="replace")
        return Response(content, view.status, HEADERS, "text/html; charset=utf-8")

    # --- the form ---

    async def _save(self, request: Request) -> Response:
        body = await _body(request)
        posted = _posted(body)
        with self._app.guard:
            visit = self._visit(request)
            view = self._refusal(request, posted, body is None) or self._saved(visit, posted)
            if isinstance(view, SavedForm):
                address = f"/browse/product/{quote(view.product, safe='')}?saved={view.id}#saved"
                return RedirectResponse(address, 303, HEADERS)
            return self._rendered(visit, view, request)

    def _refusal(
        self, request: Request, posted: Mapping[str, list[str]], too_large: bool
    ) -> PageView | None:
        """Why a form is not even read; None where it may be."""
        reached, port = (request.scope.get("server") or ("", 0))[:2]
        if not access.host_allowed(request.headers.get("host", ""), str(reached), self._host):
            return _error(403, "Not saved", WRONG_HOST.format(f"localhost:{port}"))
        if too_large:
            return _error(413, "Not saved", f"The form is larger than {FORM_BYTES:,} bytes.")
        if not access.token_matches("".join(posted.get("token", ())), self._token):
            return _error(403, "Not saved", WRONG_TOKEN)
        return None

    def _saved(self, visit: Visit, posted: Mapping[str, list[str]]) -> PageView | SavedForm:
        """The form written to the account, or the page that says why not."""
        item = visit.account.get("collection", visit.id)
        if item is None:
            return _error(404, "Not found", f"No product has the id {visit.id} any more.")
        shown = fields(visit.account, item)
        sent = filled(shown, posted)
        if vanished(shown, posted):
            return product_view(visit, item, sent, opened=True, refused=VANISHED, status_code=409)
        if any(field.error for field in sent):
            return product_view(visit, item, sent, opened=True, refused=INVALID, status_code=422)
        return self._write(item, shown, changed(shown, sent))

    def _write(self, item: Object, shown: Sequence[Control], sent: Sequence[Control]) -> SavedForm:
        new = edited(item, sent, now()) if sent else item
        if sent:
            self._app.store.put("collection", new)
        edit = SavedForm(
            secrets.token_hex(8),
            time.time(),
            item["id"],
            title("collection", new),
            described(shown, sent),
        )
        self._edits = [*self._edits, edit][-EDITS:]
        return edit


def _error(status: int, heading: str, words: str) -> PageView:
    return PageView("error.html", heading, {"words": words}, status=status)


async def _body(request: Request) -> bytes | None:
    """The body of a form; None where it is larger than a form may be."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > FORM_BYTES:
            return None
    return bytes(found)


def _posted(body: bytes | None) -> dict[str, list[str]]:
    try:
        text = (body or b"").decode(errors="replace")
        return parse_qs(text, keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except ValueError:
        return {}


# --- templates ---


@cache
def _templates(style: str) -> Environment:
    found = Environment(
        loader=PackageLoader("reconciler.sandbox.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(when=_when, clock=_clock, title=title, href=_href, status=status)
    found.tests["web_address"] = _is_web_address
    found.globals.update(style=style)
    return found


def _href(id_: object, page: str) -> str:
    """The address of an object's page."""
    return f"/browse/{page}/{quote(str(id_), safe='')}"


def _when(text: object) -> str:
    """A stored instant for people: UTC, to the minute; what is no instant as it is."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return str(text)
    return f"{moment:%Y-%m-%d %H:%M}"


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"


def _is_web_address(text: object) -> bool:
    """Whether a link of the account may be one here: never `javascript:` or `data:`."""
    try:
        return urlsplit(str(text)).scheme in ("http", "https")
    except ValueError:
        return False
