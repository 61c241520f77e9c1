"""What each path answers: objects, what lies below them, search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.exchange import Answer, Request
from reconciler.sandbox.lists import DEFAULT_LIMIT, in_parent, only_in, whole
from reconciler.sandbox.rules import Refusal
from reconciler.sandbox.store import Object, loads

if TYPE_CHECKING:
    from reconciler.sandbox.app import App

PATHS: Mapping[str, str] = {
    "category": "category",
    "collection": "collection",
    "attribute": "attribute",
    "attribute-group": "attribute_group",
    "resource": "resource",
    "region": "region",
    "file": "file",
}


def error(status: int, words: str) -> Answer:
    """An error as the API words it."""
    return Answer(status, {"error": words, "message": words})


def route(app: App, request: Request) -> Answer:
    """The answer to a request that may pass; Refusal for an error."""
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
    return listed(app, kind, request.query)


def _get(app: App, kind: str, rest: list[str], _: Request) -> Answer:
    item = app.rules.existing(kind, rest[0])
    hidden = app.lists.hidden_region()
    if hidden is not None and only_in(kind, item, hidden):
        raise Refusal(404, "Not Found")
    return Answer(200, app.reader.show(kind, item))


def _post(app: App, kind: str, _: list[str], request: Request) -> Answer:
    if kind == "file":
        raise Refusal(405, "files are made by upload")
    body = _body(request)
    if kind == "category" and "root-category" in app.dialects and not body.get("parent_id"):
        body["parent_id"] = app.rules.root()
    item = app.rules.create(kind, body)
    app.lists.note(kind, item["id"], None)
    return _written(
        app, 201, kind, item, {"inserted": 1, "generated_keys": [item["id"]], "errors": 0}
    )


def _put(app: App, kind: str, rest: list[str], request: Request) -> Answer:
    before = app.rules.existing(kind, rest[0])
    body = _body(request)
    if kind == "category" and "root-category" in app.dialects and not body.get("parent_id", "x"):
        body["parent_id"] = app.rules.root()
    item = app.rules.update(kind, rest[0], body)
    app.lists.note(kind, item["id"], before)
    return _written(app, 200, kind, item, {"replaced": 1, "errors": 0})


def _delete(app: App, kind: str, rest: list[str], _: Request) -> Answer:
    before = app.rules.existing(kind, rest[0])
    app.rules.delete(kind, rest[0])
    app.lists.note(kind, rest[0], before)
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
            i["id"] for i in app.store.of("collection").values() if in_parent(i, id_, "collection")
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
        for item in app.lists.current(kind)
        if word in str(item.get("name") or item.get("file_name") or "").lower()
    ]
    limit, offset = whole(query, "limit", DEFAULT_LIMIT), whole(query, "offset", 0)
    page: list[Any] = hits[offset : offset + limit]
    total: Any = len(hits)
    if "hits-wrapped" in app.dialects:
        page = [{"_id": hit["id"], "_source": hit} for hit in page]
        total = {"value": total}
    return Answer(200, {"hits": page, **({"total": total} if version == "v3" else {})})


def listed(app: App, kind: str, query: Mapping[str, str]) -> Answer:
    """A page of a list."""
    page, total, offset = app.lists.page(kind, query)
    values = query.get("metaonly", "").lower() != "true"
    shown = [app.reader.show(kind, item, values=values) for item in page]
    return Answer(200, app.reader.listed(kind, shown, total, offset))
