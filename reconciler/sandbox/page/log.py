"""The request log and the rate budget, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reconciler.sandbox.app import App
from reconciler.sandbox.chaos import BEFORE
from reconciler.sandbox.endpoints import PATHS
from reconciler.sandbox.exchange import Request
from reconciler.sandbox.page.account import Account, title
from reconciler.sandbox.rules import SHAPES
from reconciler.sandbox.store import Object, dumps, loads

SHOWN = 200
"""Requests that the log page lists."""
READABLE = 1 << 20
"""Bytes up to which a body is read for its fields."""
WORDS = 90
"""Characters that the log shows of a value."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request.  `fault` is what chaos did to it, `about` names the object, `page` its page."""

    at: float
    method: str
    path: str
    status: int
    fault: str
    about: str
    page: tuple[str, str] | None
    written: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests taken in the last `seconds`, of the `limit` there is (None: no limit)."""

    sent: int
    limit: int | None
    seconds: int


def budget(app: App, now: float) -> Budget:
    """What the limit counts: no tokens, no uploads, nothing that was refused before."""
    since = now - app.options.rate_period
    sent = 0
    for request in reversed(app.log):
        if request.at < since:
            break
        sent += _counts(request)
    return Budget(sent, app.options.rate_limit, round(app.options.rate_period))


def _counts(request: Request) -> bool:
    spared = request.path.endswith("/oauth/authorize") or request.path.startswith("/_")
    return not spared and request.status != 429 and request.fault not in BEFORE


def lines(app: App, account: Account) -> tuple[Line, ...]:
    """The last requests, newest first."""
    return tuple(_line(account, request) for request in islice(reversed(app.log), SHOWN))


def _line(account: Account, request: Request) -> Line:
    kind, id_ = _target(request.path)
    body = _body(request)
    item = account.get(kind, id_) if kind and id_ else None
    about = title(kind, item if item is not None else body) if item or (kind and body) else ""
    page = (PAGES[kind], id_) if item is not None and kind in PAGES else None
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    path = f"{request.path}?{query}" if query else request.path
    written = _written(account, kind, body) if body else _size(request)
    if request.method == "POST":
        written = tuple((name, value) for name, value in written if value != about)
    return Line(
        request.at, request.method, path, request.status, request.fault, about, page, written
    )


PAGES: Mapping[str, str] = {"category": "category", "collection": "product", "file": "file"}
"""Kinds that have a page each, and what its address calls them."""


def _target(path: str) -> tuple[str, str]:
    """Kind and id that a path names; "" for what it does not name."""
    parts = path.strip("/").split("/")
    kind = PATHS.get(parts[1], "") if len(parts) > 1 else ""
    return kind, parts[2] if kind and len(parts) > 2 else ""


def _raw(request: Request) -> bytes:
    body = request.body
    return body if isinstance(body, bytes) else str(body or "").encode()


def _body(request: Request) -> Object:
    raw = _raw(request)
    if request.method not in ("POST", "PUT") or not raw or len(raw) > READABLE:
        return {}
    try:
        body = loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _size(request: Request) -> tuple[tuple[str, str], ...]:
    raw = _raw(request) if request.method in ("POST", "PUT") else b""
    return (("body", f"{len(raw):,} bytes"),) if raw else ()


def _written(account: Account, kind: str, body: Object) -> tuple[tuple[str, str], ...]:
    secret = {"client_secret", "client_id"}
    return tuple(
        (name, _short(_value(account, kind, name, value)))
        for name, value in body.items()
        if name not in secret
    )


def _value(account: Account, kind: str, name: str, value: Any) -> str:
    shape = SHAPES.get(kind)
    targets = {**(shape.references or {}), **(shape.sets or {})} if shape else {}
    if name == "attributes" and name not in targets:
        return _operations(account, value)
    read = targets.get("collections" if name == "topics" else name)
    parts = value if isinstance(value, list) else (value,)
    return ", ".join(_named(account, read, part) for part in parts) or "none"


def _named(account: Account, kind: str | None, value: Any) -> str:
    inner = value.get("id", value.get("label", "")) if isinstance(value, dict) else value
    if kind and inner:
        return account.name(kind, inner)
    if isinstance(value, dict):
        return str(value.get("label") or inner)
    return value if isinstance(value, str) and value else dumps(value)


def _operations(account: Account, value: Any) -> str:
    """Labels of the values written; a minus before those dropped."""
    operations: Sequence[Any] = value if isinstance(value, list) else ()
    return ", ".join(
        ("−" if entry.get("type") == "delete" else "") + account.name("attribute", entry.get("id"))
        for entry in operations
        if isinstance(entry, dict)
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= WORDS else f"{flat[: WORDS - 1]}…"
