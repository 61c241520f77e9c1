"""The request log and the rate budget, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reconciler.sandbox.app import App
from reconciler.sandbox.chaos import BEFORE
from reconciler.sandbox.endpoints import PATHS
from reconciler.sandbox.exchange import Request
from reconciler.sandbox.page.account import AccountMaps, title
from reconciler.sandbox.page.values import objects
from reconciler.sandbox.rules import SHAPES
from reconciler.sandbox.store import Object, dumps, loads

SHOWN = 200
"""Requests that the log page lists."""
READABLE = 1 << 20
"""Bytes up to which a body is read for its fields."""
WORDS = 90
"""Characters that the log shows of a value."""


SECRET = frozenset({"client_secret", "client_id"})
"""Fields that the log does not show."""

Written = tuple[tuple[str, str], ...]
"""Names of fields, each with its value as text."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request.  `fault` is what chaos did to it, `about` names the object, `page` its page."""

    at: float
    method: str
    path: str
    status: int
    fault: str
    about: str
    page: tuple[str, str] | None
    written: Written


@dataclass(frozen=True, slots=True)
class RateUse:
    """Requests taken in the last `seconds`, of the `limit` there is (None: no limit)."""

    sent: int
    limit: int | None
    seconds: int


def budget(app: App, now: float) -> RateUse:
    """What the limit counts: no tokens, no uploads, nothing that was refused before."""
    since = now - app.options.rate_period
    sent = 0
    for request in reversed(app.log):
        if request.at < since:
            break
        sent += _counts(request)
    return RateUse(sent, app.options.rate_limit, round(app.options.rate_period))


def _counts(request: Request) -> bool:
    spared = request.path.endswith("/oauth/authorize") or request.path.startswith("/_")
    return not spared and request.status != 429 and request.fault not in BEFORE


def lines(app: App, account: AccountMaps) -> tuple[LoggedRequest, ...]:
    """The last requests, newest first."""
    return tuple(_line(account, request) for request in islice(reversed(app.log), SHOWN))


def _line(account: AccountMaps, request: Request) -> LoggedRequest:
    kind, id_ = _target(request.path)
    body = _body(request)
    item = account.get(kind, id_) if kind and id_ else None
    about = _about(kind, item, body)
    written = _written(account, kind, body) if body else _size(request)
    if request.method == "POST":
        written = _but_for_the_name(written, about)
    return LoggedRequest(
        at=request.at,
        method=request.method,
        path=_address(request),
        status=request.status,
        fault=request.fault,
        about=about,
        page=(PAGES[kind], id_) if item is not None and kind in PAGES else None,
        written=written,
    )


def _about(kind: str, item: Object | None, body: Object) -> str:
    """The name of the object that a request is about, as it is or as it was written."""
    subject = item or body
    return title(kind, subject) if kind and subject else ""


def _but_for_the_name(written: Written, name: str) -> Written:
    """A create says at the start of its line what it makes, and not again among the fields."""
    return tuple((field, value) for field, value in written if value != name)


def _address(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    return f"{request.path}?{query}" if query else request.path


PAGES: Mapping[str, str] = {"category": "category", "collection": "product", "file": "file"}
"""Kinds that have a page each, and what its address calls them."""


def _target(path: str) -> tuple[str, str]:
    """Kind and id that a path names; "" for what it does not name."""
    _, name, id_, *_ = [*path.strip("/").split("/"), "", ""]
    kind = PATHS.get(name, "")
    return kind, id_ if kind else ""


def _raw(request: Request) -> bytes:
    """What a write sent."""
    if request.method not in ("POST", "PUT"):
        return b""
    body = request.body
    return body if isinstance(body, bytes) else str(body or "").encode()


def _body(request: Request) -> Object:
    """The fields that were written; none where the body is too large, or no object."""
    raw = _raw(request)
    if len(raw) > READABLE:
        return {}
    try:
        body = loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _size(request: Request) -> Written:
    raw = _raw(request)
    return (("body", f"{len(raw):,} bytes"),) if raw else ()


def _written(account: AccountMaps, kind: str, body: Object) -> Written:
    shape = SHAPES.get(kind)
    references = {**shape.references, **shape.sets} if shape else {}
    found = []
    for name, value in body.items():
        if name not in SECRET:
            found.append((name, _short(_value(account, references, name, value))))
    return tuple(found)


def _value(account: AccountMaps, references: Mapping[str, str], name: str, value: Any) -> str:
    """A written value as text; `references` says of which kind fields refer to objects."""
    if name == "attributes" and name not in references:
        return _operations(account, value)
    kind = references.get("collections" if name == "topics" else name)
    parts = value if isinstance(value, list) else (value,)
    return ", ".join(_part(account, kind, part) for part in parts) or "none"


def _part(account: AccountMaps, kind: str | None, value: Any) -> str:
    """One value, or one of a list: an object of the kind by its name."""
    if isinstance(value, dict):
        id_ = value.get("id", value.get("label", ""))
        return account.name(kind, id_) if kind and id_ else str(value.get("label") or id_)
    if kind and value:
        return account.name(kind, value)
    return value if isinstance(value, str) and value else dumps(value)


def _operations(account: AccountMaps, value: Any) -> str:
    """Labels of the values written; a minus before those dropped."""
    labels = []
    for entry in objects(value):
        sign = "−" if entry.get("type") == "delete" else ""
        labels.append(sign + account.name("attribute", entry.get("id")))
    return ", ".join(labels)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= WORDS else f"{flat[: WORDS - 1]}…"
