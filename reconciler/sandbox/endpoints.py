"""What each path of the API returns (article: API Reference)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox import envelopes, search
from reconciler.sandbox.app import App
from reconciler.sandbox.exchange import Answer, Request
from reconciler.sandbox.rules import SHAPES, HttpRefusal
from reconciler.sandbox.store import Object, loads
from reconciler.sandbox.uploads import confirmed, requested
from reconciler.sandbox.wire import Presenter

PATHS: Mapping[str, str] = {
    "category": "category",
    "collection": "collection",
    "attribute": "attribute",
    "attribute-group": "attribute_group",
    "resource": "resource",
    "region": "region",
    "file": "file",
}


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request on its way to an endpoint: the account, what was sent, what the path says."""

    app: App
    request: Request
    kind: str
    path: Mapping[str, str]

    @property
    def dialects(self) -> frozenset[str]:
        """How the account behaves."""
        return self.app.dialects

    @property
    def version(self) -> str:
        """The first part of the path."""
        return self.request.path.strip("/").split("/")[0]

    @property
    def query(self) -> Mapping[str, str]:
        """The query's parameters."""
        return self.request.query

    @property
    def presenter(self) -> Presenter:
        """Shows objects, with links that this client can follow."""
        return self.app.presenter_for(self.request.base)

    def flag(self, name: str) -> bool:
        """A parameter that is true or false; HttpRefusal for anything else."""
        text = self.query.get(name, "false").lower()
        if text not in ("true", "false", "1", "0", ""):
            raise HttpRefusal(400, f"{name} must be true or false")
        return text in ("true", "1")

    def body(self) -> Object:
        """The JSON object that was sent; HttpRefusal where it is none."""
        try:
            body = loads(self.request.body)
        except ValueError:
            raise HttpRefusal(400, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise HttpRefusal(400, "the body must be a JSON object")
        return body

    def existing(self, kind: str | None = None, id_: str | None = None) -> Object:
        """The object that the path names, where the token sees it; HttpRefusal (404)."""
        kind, id_ = kind or self.kind, id_ or self.path["id"]
        item = self.app.rules.existing(kind, id_)
        if kind == "file":
            self.app.arriving.asked(item["id"])
        if self.app.lists.is_hidden(kind, item):
            raise HttpRefusal(404, "Not Found")
        return item

    def written(self) -> Object:
        """The object that a write names; HttpRefusal where it is not there, or never written."""
        item = self.existing()
        self.refuse(item["id"], item.get(SHAPES[self.kind].name))
        return item

    def refuse(self, *names: Any) -> None:
        """HttpRefusal where one of these names is not to be written."""
        for name in names:
            if isinstance(name, str) and name in self.app.refused:
                raise self.app.refused[name]

    def shown(self, items: Iterable[Object], kind: str | None = None) -> list[Object]:
        """Objects as a list shows them."""
        presenter, kind = self.presenter, kind or self.kind
        values, minified = not self.flag("metaonly"), self.flag("minified")
        return [presenter.show(kind, item, values=values, minified=minified) for item in items]


# --- objects ---


def _list(call: ApiCall) -> Answer:
    page, total, offset = call.app.lists.page(call.kind, call.query)
    shown, bare = call.shown(page), call.version == "v2"
    return envelopes.list_answer(call.dialects, call.kind, shown, total, offset, bare=bare)


def _get(call: ApiCall) -> Answer:
    grave = call.app.store.graves[call.kind].get(call.path["id"])
    item = grave or call.existing()
    return envelopes.single_answer(call.dialects, call.kind, call.presenter.show(call.kind, item))


def _create(call: ApiCall) -> Answer:
    app, body = call.app, call.body()
    call.refuse(body.get(SHAPES[call.kind].name))
    if "slow-create" in call.dialects:
        app.rules.made(call.kind, body)
        return Answer(0, late=lambda: _made(call, body))
    return _created(call, _made(call, body))


def _made(call: ApiCall, body: Object) -> Object:
    item = call.app.rules.create(call.kind, body)
    call.app.lists.note(call.kind, item["id"], None)
    return item


def _created(call: ApiCall, item: Object) -> Answer:
    shown = call.presenter.show(call.kind, item)
    return envelopes.created_answer(call.dialects, shown, SHAPES[call.kind].name)


def _update(call: ApiCall) -> Answer:
    before = call.written()
    earlier = call.presenter.show(call.kind, before)
    item = call.app.rules.update(call.kind, call.path["id"], call.body())
    call.app.lists.note(call.kind, item["id"], before)
    return envelopes.updated_answer(call.dialects, earlier, call.presenter.show(call.kind, item))


def _delete(call: ApiCall) -> Answer:
    item = call.written()
    for kind, gone in call.app.rules.delete(call.kind, item["id"]):
        call.app.lists.note(kind, gone["id"], gone)
    return envelopes.deleted_answer(call.dialects)


# --- attribute values ---


def _values(call: ApiCall) -> Answer:
    shown = call.presenter.show(call.kind, call.existing())
    return envelopes.array_answer(call.dialects, shown.get("attributes") or [])


def _set_value(call: ApiCall) -> Answer:
    before = call.written()
    earlier = call.presenter.show(call.kind, before)
    item = call.app.rules.set_value(call.kind, call.path["id"], call.path["attribute"], call.body())
    call.app.lists.note(call.kind, item["id"], before)
    return envelopes.updated_answer(call.dialects, earlier, call.presenter.show(call.kind, item))


# --- what lies below an object ---


def _files(call: ApiCall) -> Answer:
    id_ = call.existing()["id"]
    collections = _in_category(call, id_) if call.kind == "category" else [id_]
    found: dict[str, Object] = {}
    for collection in collections:
        for file in call.app.store.holding("file", "collections", collection):
            found[file["id"]] = file
    return _listed_files(call, list(found.values()))


def _in_category(call: ApiCall, category: str) -> list[str]:
    store = call.app.store
    primary = store.holding("collection", "parent_id", category)
    further = store.holding("collection", "direct_parent", category)
    return [item["id"] for item in (*primary, *further)]


def _files_by_name(call: ApiCall) -> Answer:
    word = call.path["name"].lower()
    files = call.app.lists.current("file")
    return _listed_files(call, [i for i in files if word in str(i["file_name"]).lower()])


def _listed_files(call: ApiCall, found: list[Object]) -> Answer:
    found = [item for item in found if not call.app.lists.is_hidden("file", item)]
    page = call.app.lists.paged(found, call.query)
    return envelopes.list_answer(call.dialects, "file", call.shown(page, "file"), len(found))


def _related(call: ApiCall) -> Answer:
    shown = []
    for group in call.existing().get("related") or []:
        members = [call.app.store.get("collection", id_) for id_ in group["collections"]]
        named = [{"id": item["id"], "name": item["name"]} for item in members if item]
        shown.append({**group, "collections": named})
    return envelopes.array_answer(call.dialects, shown)


def _stacks(call: ApiCall) -> Answer:
    files = call.app.store.holding("file", "collections", call.existing()["id"])
    if "stack_ids" in call.query:
        wanted = call.query["stack_ids"].split(",")
        files = [item for item in files if item["id"] in wanted]
    stacks = []
    for item in files:
        images = _images(call, item) if item["_renditions"] else []
        if images:
            stacks.append({"id": item["id"], "file_name": item["file_name"], "images": images})
    return envelopes.array_answer(call.dialects, stacks)


def _images(call: ApiCall, item: Object) -> list[Object]:
    """The renditions of a file that the query asks for; all of them are JPEG."""
    if call.query.get("file_type", "jpg") not in ("jpg", "jpeg"):
        return []
    size = call.query.get("size")
    links = call.presenter.show("file", item).get("variants") or {}
    return [
        {"size": name, "file_type": "jpg", "url": url}
        for name, url in links.items()
        if size in (None, name)
    ]


# --- uploads ---


def _request_upload(call: ApiCall) -> Answer:
    return Answer(200, requested(call.app.uploads, call.dialects, call.body(), call.request.base))


def _confirm_upload(call: ApiCall) -> Answer:
    call.refuse(call.body().get("file_name"))
    item = confirmed(call.app.uploads, call.app.rules, call.body())
    call.app.processing.add(item["id"])
    if "files-late" in call.dialects:
        call.app.arriving.add(item["id"])
    call.app.lists.note("file", item["id"], None)
    return _created(call, item)


# --- search ---


def _search(call: ApiCall) -> Answer:
    hits = search.found(call.app, call.path["entity"], call.query)
    page = call.app.lists.paged(hits, call.query)
    shown = [call.presenter.show(kind, item) for kind, item in page]
    return envelopes.search_answer(call.dialects, call.version, shown, len(hits))


# --- which path is whose ---


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and a path.  `{kind}` stands for a kind's path, of which `kinds` may be asked."""

    method: str
    path: str
    run: Callable[[ApiCall], Answer]
    kinds: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("v2.1", "v2")

    def match(self, parts: list[str]) -> Mapping[str, str] | None:
        """The variable parts of a path by name; None where it is another path."""
        wanted = self.path.split("/")
        if len(wanted) != len(parts) - 1 or parts[0] not in self.versions:
            return None
        found: dict[str, str] = {}
        for name, part in zip(wanted, parts[1:], strict=True):
            if name[0] == "{":
                found[name[1:-1]] = part
            elif name != part:
                return None
        if "kind" in found and PATHS.get(found["kind"]) not in self.kinds:
            return None
        return found


_MADE = ("category", "collection", "attribute", "attribute_group", "resource")
_VALUED = ("category", "collection", "file")
_READ = ("category", "collection", "attribute", "attribute_group", "resource", "file")

ENDPOINTS = (
    Endpoint("GET", "{entity}/search", _search, versions=("v2", "v3")),
    Endpoint("GET", "file/search/{name}", _files_by_name),
    Endpoint("POST", "file/request-upload", _request_upload),
    Endpoint("POST", "file/confirm-upload", _confirm_upload),
    Endpoint("GET", "{kind}", _list, (*_READ, "region")),
    Endpoint("POST", "{kind}", _create, _MADE),
    Endpoint("GET", "{kind}/{id}", _get, _READ),
    Endpoint("PUT", "{kind}/{id}", _update, _READ),
    Endpoint("DELETE", "{kind}/{id}", _delete, _MADE),
    Endpoint("GET", "{kind}/{id}/files", _files, ("category", "collection")),
    Endpoint("GET", "{kind}/{id}/image-stacks", _stacks, ("collection",)),
    Endpoint("GET", "{kind}/{id}/relationships/related", _related, ("collection",)),
    Endpoint("GET", "{kind}/{id}/attribute", _values, _VALUED),
    Endpoint("PUT", "{kind}/{id}/attribute/{attribute}", _set_value, _VALUED),
)
"""The first that matches answers."""


def route(app: App, request: Request) -> Answer:
    """The answer to a request that may pass; HttpRefusal for an error."""
    parts = request.path.strip("/").split("/")
    matching = _matching(parts)
    if not matching:
        raise HttpRefusal(404, "Not Found")
    for endpoint, path in matching:
        if endpoint.method != request.method:
            continue
        if request.method != "GET" and "writes-forbidden" in app.dialects:
            raise HttpRefusal(403, "Forbidden: this token may read only")
        kind = PATHS.get(path.get("kind", parts[1]), "")
        return endpoint.run(ApiCall(app, request, kind, path))
    allowed = ", ".join(sorted({endpoint.method for endpoint, _ in matching}))
    return Answer(405, envelopes.error(405, "Method Not Allowed").body, {"Allow": allowed})


def _matching(parts: list[str]) -> list[tuple[Endpoint, Mapping[str, str]]]:
    """Endpoints whose path this is; one without a variable part is nobody else's."""
    found = []
    for endpoint in ENDPOINTS:
        path = endpoint.match(parts)
        if path is not None:
            found.append((endpoint, path))
    fixed = [(endpoint, path) for endpoint, path in found if not path]
    return fixed or found
