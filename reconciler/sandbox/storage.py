"""The storage behind presigned URLs, on a path of its own and without a token."""

from __future__ import annotations

import mimetypes

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from reconciler.sandbox.app import App
from reconciler.sandbox.blobs import ORIGINAL
from reconciler.sandbox.chaos import STORAGE
from reconciler.sandbox.exchange import Answer, Request
from reconciler.sandbox.pipeline import answered, request_of
from reconciler.sandbox.sockets import send_answer
from reconciler.sandbox.uploads import receive as take


def _refused(status: int, code: str) -> Answer:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Answer(status, raw=body.encode(), headers={"Content-Type": "application/xml"})


class Uploading:
    """PUT of a file, or of a part of it, to a presigned URL; answers its ETag."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)

        async def handle(_: Request) -> Answer:
            return await self._taken(http)

        answer = await answered(self.app, request_of(http), handle, STORAGE)
        await send_answer(answer, scope, receive, send)

    async def _taken(self, http: HttpRequest) -> Answer:
        number = http.path_params["part"]
        upload = self.app.uploads.get(http.path_params["upload"], number)
        if http.method != "PUT":
            return _refused(405, "MethodNotAllowed")
        if upload is None:
            return _refused(403, "AccessDenied")
        try:
            part = await take(upload, number, http.stream())
        except ClientDisconnect:
            return Answer(drop=True)
        if part is None:
            return _refused(400, "EntityTooLarge")
        return Answer(200, headers={"ETag": part.etag})


class Downloading:
    """GET of a file's original, or of a rendition of it."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        id_, name = http.path_params["id"], http.path_params["name"]
        item = self.app.store.get("file", id_)
        path = self.app.store.blobs.path(id_, name)
        if item is None or http.method != "GET" or not path.is_file():
            return await send_answer(_refused(404, "NoSuchKey"), scope, receive, send)
        # A rendition is made by this server; an original is only as good as who uploaded it.
        sandboxed = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        guess = item["mime_type"] or mimetypes.guess_type(item["file_name"])[0]
        kind = (guess or "application/octet-stream") if name == ORIGINAL else "image/jpeg"
        return await FileResponse(path, headers=sandboxed, media_type=kind)(scope, receive, send)
