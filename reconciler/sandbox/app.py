"""The HTTP side: routes, token, lists; every request goes down one list of steps."""

from __future__ import annotations

import base64
import binascii
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reconciler.sandbox.dialects import checked
from reconciler.sandbox.limits import Limit
from reconciler.sandbox.rules import Refusal, Rules
from reconciler.sandbox.store import Object, Store, dumps, loads
from reconciler.sandbox.wire import Reader

PATHS: Mapping[str, str] = {
    "category": "category",
    "collection": "collection",
    "attribute": "attribute",
    "attribute-group": "attribute_group",
    "resource": "resource",
    "region": "region",
    "file": "file",
}

DEFAULT_LIMIT = 20
CAP = 50
LAG = 1.0
"""Seconds that lists lag behind writes in the dialect stale-lists."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox behaves.  `open_access` accepts any or no token (embedded)."""

    dialects: frozenset[str] = frozenset()
    rate_limit: int | None = 1000
    rate_period: float = 60.0
    open_access: bool = False
    client_id: str = "sandbox"
    client_secret: str = field(default="sandbox", repr=False)
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in, for tests and the log."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    token: str = ""
    at: float = 0.0
    status: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body (None: no body) and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None


Hook = Callable[[Request], "Answer | None"]
"""Called before a request is handled; an answer takes the place of the real one."""


class App:
    """An ASGI application over one store.  Requests are short, so they run in the event loop."""

    def __init__(self, store: Store, options: Options) -> None:
        self.store = store
        self.options = options
        self.dialects = checked(options.dialects)
        self.rules = Rules(store, self.dialects)
        self.reader = Reader(store, self.dialects)
        self.limit = Limit(options.rate_limit, options.rate_period)
        self.tokens: set[str] = set()
        self.log: list[Request] = []
        self.hook: Hook | None = None
        self.guard = threading.RLock()
        self._hidden: tuple[float, str | None] = (0.0, None)
        self._stale: dict[tuple[str, str], tuple[float, Object | None]] = {}
        self._shuffle = random.Random(7)
        if "root-category" in self.dialects:
            self._root()

    def _root(self) -> str:
        known = next(
            (i for i in self.store.of("category").values() if i.get("name") == "Super"), None
        )
        if known is None:
            known = self.rules.create("category", {"name": "Super"})
        return str(known["id"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        http = HttpRequest(scope, receive)
        request = Request(
            http.method,
            http.url.path,
            dict(http.query_params),
            await http.body(),
            http.headers.get("authorization", ""),
            time.time(),
        )
        answer = self.handle(request)
        content = answer.raw
        if content is None:
            content = b"" if answer.body is None else dumps(answer.body).encode()
        kind = "application/json" if answer.raw is None else "text/plain"
        response = Response(content, answer.status, dict(answer.headers), media_type=kind)
        await response(scope, receive, send)

    def handle(self, request: Request) -> Answer:
        """Down the steps until one answers."""
        with self.guard:
            answer = next(found for step in _STEPS if (found := step(self, request)) is not None)
            entry = Request(
                request.method,
                request.path,
                request.query,
                request.body,
                "",
                request.at,
                answer.status,
            )
            if not request.path.startswith("/_sandbox"):
                self.log.append(entry)
            return answer

    # --- lists ---

    def listed(self, kind: str, query: Mapping[str, str]) -> Answer:
        """A page of a list, filtered as the article says."""
        limit = _whole(query, "limit", DEFAULT_LIMIT)
        offset = _whole(query, "offset", 0)
        if "page-cap" in self.dialects:
            limit = min(limit, CAP)
        found = [item for item in self._as_listed(kind) if self._wanted(kind, item, query)]
        if "page-shuffle" in self.dialects:
            self._shuffle.shuffle(found)
        page = found[offset : offset + limit]
        if not page and found and "page-repeat" in self.dialects and limit:
            page = found[(len(found) - 1) // limit * limit :][:limit]
        values = query.get("metaonly", "").lower() != "true"
        shown = [self.reader.show(kind, item, values=values) for item in page]
        return Answer(200, self.reader.listed(kind, shown, len(found), offset))

    def _as_listed(self, kind: str) -> Iterable[Object]:
        items = dict(self.store.of(kind))
        hidden = self.hidden_region()
        if "stale-lists" in self.dialects:
            for (stale_kind, id_), (until, before) in self._stale.items():
                if stale_kind == kind and time.monotonic() < until:
                    items.pop(id_, None)
                    if before is not None:
                        items[id_] = before
        if hidden is None:
            return items.values()
        return [item for item in items.values() if not _only_in(kind, item, hidden)]

    def hidden_region(self) -> str | None:
        """The region that the token no longer sees (dialect partial-view)."""
        if "partial-view" not in self.dialects:
            return None
        regions = [item for item in self.store.of("region").values() if not item.get("is_primary")]
        return str(regions[-1]["id"]) if regions else None

    def _wanted(self, kind: str, item: Object, query: Mapping[str, str]) -> bool:
        return all(
            check(item, query[name], kind) for name, check in _FILTERS.items() if query.get(name)
        )

    def note_stale(self, kind: str, id_: str, before: Object | None) -> None:
        """Remember what lists go on showing for a while."""
        if "stale-lists" in self.dialects:
            until = time.monotonic() + LAG
            known = self._stale.get((kind, id_))
            if known is not None and known[0] > time.monotonic():
                before = known[1]
            self._stale[kind, id_] = (until, before)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise Refusal(400, f"{name} must be a whole number")
    return int(text)


def _only_in(kind: str, item: Object, region: str) -> bool:
    if kind == "region":
        return bool(item["id"] == region)
    return item.get("region_ids") == [region]


def _dated(name: str, after: bool) -> Callable[[Object, str, str], bool]:
    def check(item: Object, value: str, _: str) -> bool:
        day = str(item.get(name, ""))[:10]
        return day >= value[:10] if after else day <= value[:10]

    return check


def _parent(item: Object, value: str, kind: str) -> bool:
    direct = (
        item.get("parent_id"),
        item.get("parent_topic_id"),
        *(item.get("direct_parent") or ()),
    )
    return value in direct if kind == "collection" else item.get("parent_id") == value


def _any_of(name: str) -> Callable[[Object, str, str], bool]:
    return lambda item, value, _: bool(set(value.split(",")) & set(item.get(name) or ()))


_FILTERS: Mapping[str, Callable[[Object, str, str], bool]] = {
    "ids": lambda item, value, _: item["id"] in value.split(","),
    "region_ids": _any_of("region_ids"),
    "collection_ids": _any_of("collections"),
    "parent_id": _parent,
    "created_start_date": _dated("created_date", True),
    "created_end_date": _dated("created_date", False),
    "updated_start_date": _dated("updated_date", True),
    "updated_end_date": _dated("updated_date", False),
}


# --- the steps of a request, each of one shape --------------------------------------------------

Step = Callable[[App, Request], Answer | None]


def _hooked(app: App, request: Request) -> Answer | None:
    if app.hook is None or request.path.startswith("/_sandbox"):
        return None
    return app.hook(request)


def _admin(app: App, request: Request) -> Answer | None:
    if request.path == "/_sandbox/account":
        return Answer(200, {"id": app.store.account_id})
    if request.path == "/_sandbox/dump":
        return Answer(200, app.store.dump())
    return None


def _token(app: App, request: Request) -> Answer | None:
    if not request.path.endswith("/oauth/authorize"):
        return None
    options = app.options
    if _basic(request.token) != (options.client_id, options.client_secret):
        return _error(401, "invalid client credentials")
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
        return _error(401, "Unauthorized: the Bearer token is missing or expired")
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
        return _route(app, request)
    except Refusal as refusal:
        return _error(refusal.status, refusal.words)


def _error(status: int, words: str) -> Answer:
    return Answer(status, {"error": words, "message": words})


_STEPS: tuple[Step, ...] = (_admin, _hooked, _token, _rate, _access, _routed)


def _route(app: App, request: Request) -> Answer:
    parts = request.path.strip("/").split("/")
    if parts[0] in ("v2", "v3") and len(parts) == 3 and parts[2] == "search":
        return _search(app, parts[0], parts[1], request.query)
    if parts[0] not in ("v2.1", "v2") or len(parts) < 2 or parts[1] not in PATHS:
        raise Refusal(404, "Not Found")
    kind, rest = PATHS[parts[1]], parts[2:]
    route = _ROUTES.get((request.method, len(rest)))
    if len(rest) >= 2:
        return _nested(app, kind, rest, request)
    if route is None or (kind == "region" and request.method != "GET"):
        raise Refusal(405, "Method Not Allowed")
    return route(app, kind, rest, request)


def _list(app: App, kind: str, _: list[str], request: Request) -> Answer:
    return app.listed(kind, request.query)


def _get(app: App, kind: str, rest: list[str], _: Request) -> Answer:
    item = app.rules.existing(kind, rest[0])
    hidden = app.hidden_region()
    if hidden is not None and _only_in(kind, item, hidden):
        raise Refusal(404, "Not Found")
    return Answer(200, app.reader.show(kind, item))


def _post(app: App, kind: str, _: list[str], request: Request) -> Answer:
    if kind == "file":
        raise Refusal(405, "files are made by upload")
    body = _body(request)
    if kind == "category" and "root-category" in app.dialects and not body.get("parent_id"):
        body["parent_id"] = app._root()
    item = app.rules.create(kind, body)
    app.note_stale(kind, item["id"], None)
    return _written(
        app, 201, kind, item, {"inserted": 1, "generated_keys": [item["id"]], "errors": 0}
    )


def _put(app: App, kind: str, rest: list[str], request: Request) -> Answer:
    before = app.rules.existing(kind, rest[0])
    body = _body(request)
    if kind == "category" and "root-category" in app.dialects and not body.get("parent_id", "x"):
        body["parent_id"] = app._root()
    item = app.rules.update(kind, rest[0], body)
    app.note_stale(kind, item["id"], before)
    return _written(app, 200, kind, item, {"replaced": 1, "errors": 0})


def _delete(app: App, kind: str, rest: list[str], _: Request) -> Answer:
    before = app.rules.existing(kind, rest[0])
    app.rules.delete(kind, rest[0])
    app.note_stale(kind, rest[0], before)
    if "write-empty" in app.dialects:
        return Answer(204)
    done: Object = (
        {"deleted": 1, "errors": 0} if "write-results" in app.dialects else {"deleted": True}
    )
    return Answer(200, done)


def _written(app: App, status: int, kind: str, item: Object, result: Object) -> Answer:
    if "write-empty" in app.dialects:
        return Answer(204)
    if "write-results" in app.dialects:
        return Answer(status, result)
    return Answer(status, app.reader.show(kind, item))


def _body(request: Request) -> Object:
    try:
        body = loads(request.body)
    except ValueError:
        raise Refusal(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "the body must be a JSON object")
    return body


_ROUTES: Mapping[tuple[str, int], Callable[[App, str, list[str], Request], Answer]] = {
    ("GET", 0): _list,
    ("GET", 1): _get,
    ("POST", 0): _post,
    ("PUT", 1): _put,
    ("DELETE", 1): _delete,
}


def _nested(app: App, kind: str, rest: list[str], request: Request) -> Answer:
    """What lies below an object: files, related, values; and `/file/search/{name}`."""
    if kind == "file" and rest[0] == "search":
        named = [i for i in app.store.of("file").values() if rest[1] in str(i["file_name"])]
        return Answer(200, [app.reader.show("file", item) for item in named])
    item = app.rules.existing(kind, rest[0])
    if request.method == "PUT" and rest[1] == "attribute" and len(rest) == 3:
        changed = app.rules.set_value(kind, rest[0], rest[2], _body(request))
        return _written(app, 200, kind, changed, {"replaced": 1, "errors": 0})
    if request.method != "GET":
        raise Refusal(405, "Method Not Allowed")
    if rest[1] == "attribute" and len(rest) == 2:
        return Answer(200, app.reader.show(kind, item)["attributes"])
    if rest[1] == "files" and kind in ("collection", "category"):
        return Answer(200, [app.reader.show("file", i) for i in _files_of(app, kind, rest[0])])
    if kind == "collection" and rest[1:] == ["relationships", "related"]:
        return Answer(200, [])
    raise Refusal(404, "Not Found")


def _files_of(app: App, kind: str, id_: str) -> list[Object]:
    ids = {id_}
    if kind == "category":
        ids = {
            i["id"] for i in app.store.of("collection").values() if _parent(i, id_, "collection")
        }
    return [i for i in app.store.of("file").values() if ids & set(i.get("collections") or ())]


def _search(app: App, version: str, entity: str, query: Mapping[str, str]) -> Answer:
    """Keyword search; `folder` finds categories and collections (article: Search)."""
    kinds = {"folder": ("category", "collection"), "file": ("file",)}.get(entity)
    if kinds is None:
        raise Refusal(404, "Not Found")
    word = query.get("keyword", "").lower()
    hits = [
        app.reader.show(kind, item)
        for kind in kinds
        for item in app._as_listed(kind)
        if word in str(item.get("name") or item.get("file_name") or "").lower()
    ]
    limit, offset = _whole(query, "limit", DEFAULT_LIMIT), _whole(query, "offset", 0)
    page: list[Any] = hits[offset : offset + limit]
    total: Any = len(hits)
    if "hits-wrapped" in app.dialects:
        page = [{"_id": hit["id"], "_source": hit} for hit in page]
        total = {"value": total}
    return Answer(200, {"hits": page, **({"total": total} if version == "v3" else {})})
