"""What stands around objects: lists, single reads, answers to writes, errors, tokens."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any, TypeVar

from reconciler.sandbox.exchange import Answer
from reconciler.sandbox.store import Object

PLURALS: Mapping[str, str] = {
    "region": "regions",
    "category": "categories",
    "attribute": "attributes",
    "attribute_group": "attribute_groups",
    "collection": "collections",
    "resource": "resources",
    "file": "files",
}

WRAPPED_BY_DEFAULT = frozenset({"collection"})
"""The article: collections come under their plural, files and categories as arrays."""

NULL = Answer(200, raw=b"null", headers={"Content-Type": "application/json"})
LIFE = 31_536_000
"""Seconds that a token is said to live."""

T = TypeVar("T")


def _chosen(table: Mapping[str, T], dialects: frozenset[str], default: T) -> T:
    """The row of the dialect that an account has; `default` where it has none of them."""
    return next((row for name, row in table.items() if name in dialects), default)


def _as_it_is(_: object, shown: Object) -> Any:
    return shown


# --- lists ---

_LISTS: Mapping[str, Callable[[str, list[Any], int, int], Any]] = {
    "lists-raw": lambda _, shown, __, ___: shown,
    "lists-wrapped": lambda plural, shown, _, __: {plural: shown},
    "lists-data": lambda _, shown, total, offset: {
        "data": shown,
        "pagination": {"total": total, "offset": offset, "limit": len(shown)},
    },
    "lists-items": lambda _, shown, __, ___: {"items": shown},
    "lists-hits": lambda _, shown, total, __: {"hits": shown, "total": total},
    "lists-results": lambda _, shown, total, __: {"results": shown, "count": total},
}


def list_answer(
    dialects: frozenset[str],
    kind: str,
    shown: list[Any],
    total: int,
    offset: int = 0,
    *,
    bare: bool = False,
) -> Answer:
    """A page of a list in its envelope; `total` counts all pages.

    `bare` lists are arrays unless a dialect says otherwise: under /v2/ all were seen to be.
    """
    if not shown and "lists-null" in dialects:
        return NULL
    is_wrapped = kind in WRAPPED_BY_DEFAULT and not bare
    default = _LISTS["lists-wrapped" if is_wrapped else "lists-raw"]
    wrap = _chosen(_LISTS, dialects, default)
    return Answer(200, wrap(PLURALS[kind], shown, total, offset))


def array_answer(dialects: frozenset[str], shown: list[Any]) -> Answer:
    """A list that no article gives an envelope: values of an object, stacks, related."""
    return NULL if not shown and "lists-null" in dialects else Answer(200, shown)


def search_answer(dialects: frozenset[str], version: str, hits: list[Any], total: int) -> Answer:
    """Hits of a search; v3 says how many there are."""
    count: Any = total
    if "hits-wrapped" in dialects:
        hits = [{"_id": hit.get("id"), "_source": hit} for hit in hits]
        count = {"value": total}
    return Answer(200, {"hits": hits, **({"total": count} if version == "v3" else {})})


# --- single objects and writes ---

_SINGLES: Mapping[str, Callable[[str, Object], Any]] = {
    "single-wrapped": lambda kind, shown: {kind: shown},
    "single-data": lambda _, shown: {"data": shown},
    "single-array": lambda _, shown: [shown],
}


def single_answer(dialects: frozenset[str], kind: str, shown: Object) -> Answer:
    """One object that was asked for."""
    wrap = _chosen(_SINGLES, dialects, _as_it_is)
    return Answer(200, wrap(kind, shown))


def created_answer(dialects: frozenset[str], shown: Object, name: str) -> Answer:
    """The answer to a create; `name` is the field that names the kind."""
    if "write-empty" in dialects:
        return Answer(204)
    status = 200 if "create-200" in dialects else 201
    if "write-results" in dialects:
        return Answer(status, {"inserted": 1, "generated_keys": [shown["id"]], "errors": 0})
    if "create-partial" in dialects:
        shown = {key: shown[key] for key in ("id", name) if key in shown}
    return Answer(status, shown)


def updated_answer(dialects: frozenset[str], before: Object, after: Object) -> Answer:
    """The answer to an update, from the object as it showed before and as it shows now."""
    if "write-empty" in dialects:
        return Answer(204)
    if "write-results" in dialects:
        return Answer(200, {"replaced": 1, "unchanged": 0, "errors": 0})
    if "update-true" in dialects:
        return Answer(200, {"updated": True})
    return Answer(200, before if "update-stale" in dialects else after)


def deleted_answer(dialects: frozenset[str]) -> Answer:
    """The answer to a delete."""
    if "write-empty" in dialects:
        return Answer(204)
    if "write-results" in dialects:
        return Answer(200, {"deleted": 1, "errors": 0})
    return Answer(200, {"deleted": True})


# --- errors ---


def error(status: int, words: str, **more: Any) -> Answer:
    """An error as the article words it."""
    return Answer(status, {"error": words, "message": words, **more})


def _without(name: str) -> Callable[[int, Object], Any]:
    return lambda _, body: {key: value for key, value in body.items() if key != name}


def _nested(status: int, body: Object) -> Any:
    return {"error": {"code": status, **{k: v for k, v in body.items() if k != "error"}}}


_ERRORS: Mapping[str, Callable[[int, Object], Any]] = {
    "errors-message": _without("error"),
    "errors-error": _without("message"),
    "errors-nested": _nested,
    "errors-list": lambda status, body: [{"code": status, **_without("error")(status, body)}],
}

_REQUESTS_FAULT = frozenset({400, 403, 404, 405, 409})


def shaped_error(dialects: frozenset[str], answer: Answer) -> Answer:
    """An error in the shape that the dialects give it; anything else as it is."""
    if answer.status < 400 or not isinstance(answer.body, dict):
        return answer
    body, status = answer.body, answer.status
    if status == 429:
        answer = _retry(dialects, answer)
    if "errors-text" in dialects:
        return _as_page(answer, body["message"])
    if "errors-200" in dialects and status in _REQUESTS_FAULT:
        return replace(answer, status=200, body={**body, "statusCode": status})
    shape = _chosen(_ERRORS, dialects, _as_it_is)
    return replace(answer, body=shape(status, body))


def _as_page(answer: Answer, message: str) -> Answer:
    page = f"<html><body><h1>{answer.status}</h1><p>{html.escape(message)}</p></body></html>"
    headers = {**answer.headers, "Content-Type": "text/html"}
    return replace(answer, body=None, raw=page.encode(), headers=headers)


def _retry(dialects: frozenset[str], answer: Answer) -> Answer:
    headers = dict(answer.headers)
    if "Retry-After" in headers and "retry-body" in dialects:
        del headers["Retry-After"]
    if "Retry-After" in headers and "retry-date" in dialects:
        headers["Retry-After"] = formatdate(
            math.ceil(time.time()) + int(headers["Retry-After"]), usegmt=True
        )
    return replace(answer, headers=headers)


# --- tokens ---


def token_answer(dialects: frozenset[str], token: str) -> Answer:
    """The answer to a request for a token; its life is a text (article)."""
    life: Mapping[str, Any] = {"expires_in": LIFE if "token-number" in dialects else str(LIFE)}
    if "token-endless" in dialects:
        life = {}
    return Answer(200, {"access_token": token, "token_type": "Bearer", **life})
