"""Tolerant readers of the answers that the API is known or said to give (docs/api.md).  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.errors import BadAnswer
from reconciler.model import Json

_ENVELOPES = ("items", "data", "hits", "results")
_WORDS = ("message", "error", "error_description", "detail", "details", "errors", "first_error")
_STATUSES = ("status", "statusCode", "status_code", "code")
_ABOUT_ERRORS = frozenset((*_WORDS, *_STATUSES))

# --- lists and objects --------------------------------------------------------------------------


def items(answer: Json, names: Sequence[str]) -> list[dict[str, Any]]:
    """The objects of a list answer in any envelope; null is an empty list (contract 7.3).

    Raises BadAnswer for what cannot be a list of objects: read as empty, it would make doubles.
    """
    found = _list_in(answer, names)
    if found is None:
        raise BadAnswer("a list was due, and the answer holds none")
    return [_entry(item) for item in found]


def _list_in(answer: Json, names: Sequence[str]) -> list[Any] | None:
    if answer is None:
        return []
    if isinstance(answer, list):
        return answer
    if not isinstance(answer, Mapping):
        return None
    for name in (*names, *_ENVELOPES):
        if name in answer:
            return _list_in(answer[name], names)
    return _only_list(answer)


def _only_list(answer: Mapping[str, Any]) -> list[Any] | None:
    """The one list in an envelope that nobody knows; None where there are several."""
    data = [value for name, value in answer.items() if name not in _ABOUT_ERRORS]
    lists = [value for value in data if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def _entry(item: Json) -> dict[str, Any]:
    """One entry, a search hit out of its wrapping (`{_id, _source: {…}}`).

    A null keeps its position, as an entry without id: pages are compared by position.
    """
    if item is None:
        return {}
    if not isinstance(item, dict):
        raise BadAnswer("a list of objects was due, and an entry is none")
    inner = item.get("_source")
    if not isinstance(inner, dict):
        return item
    return {**inner, "id": inner.get("id") or item.get("_id")}


def single(answer: Json, names: Sequence[str]) -> dict[str, Any]:
    """The object of a single answer: bare, wrapped, or the one element of an array."""
    if isinstance(answer, list) and len(answer) == 1:
        return single(answer[0], names)
    if not isinstance(answer, dict):
        raise BadAnswer("an object was due, and the answer holds none")
    if "id" in answer:
        return answer
    for name in (*names, "data"):
        if isinstance(answer.get(name), dict | list):
            return single(answer[name], names)
    if answer.get("error") or not answer.keys() - _ABOUT_ERRORS:
        raise BadAnswer("an object was due, and the answer holds none")
    return answer


# --- writes -------------------------------------------------------------------------------------


def created_id(answer: Json, names: Sequence[str]) -> str | None:
    """The id of what a POST made: full or partial object, or a write result; None if unsaid."""
    if isinstance(answer, list) and len(answer) == 1:
        return created_id(answer[0], names)
    if not isinstance(answer, Mapping):
        return None
    keys = answer.get("generated_keys")
    if isinstance(keys, list) and keys:
        return str(keys[0])
    if answer.get("id") not in (None, ""):
        return str(answer["id"])
    inner = next((answer[name] for name in (*names, "data") if answer.get(name)), None)
    return created_id(inner, names)


def write_failed(answer: Json) -> str | None:
    """What went wrong where a 2xx answers a write result that counts errors; None if nothing."""
    if not isinstance(answer, Mapping) or "errors" not in answer:
        return None
    if answer["errors"] in (0, None, False, "0", "", [], {}):
        return None
    return words_of(answer.get("first_error")) or words_of(answer) or "the write failed"


# --- errors -------------------------------------------------------------------------------------


def words_of(answer: Json) -> str:
    """What an error answer says, in any of its shapes; empty where it says nothing."""
    if isinstance(answer, str):
        # A count or a code is no word, as text neither.
        return "" if answer.strip().isdecimal() else answer.strip()
    if isinstance(answer, list):
        return "; ".join(filter(None, map(words_of, answer)))
    if not isinstance(answer, Mapping):
        return ""
    named = next((text for name in _WORDS if (text := words_of(answer.get(name)))), "")
    return named or "; ".join(_by_field(answer))


def _by_field(answer: Mapping[str, Any]) -> list[str]:
    """`{"name": ["is required"]}` as `name: is required`."""
    found = ((name, words_of(value)) for name, value in answer.items() if name not in _STATUSES)
    return [f"{name}: {text}" for name, text in found if text]


def error_status(answer: Json, *, reading: bool = False) -> int | None:
    """The status that a 2xx whose body is an error should have had; None where it is no error.

    500 where the body does not say.  An `error` beside data, or in a write result, is none.
    Where something is `reading`, nothing but words is an error too: a write may say `Updated`.
    """
    if not isinstance(answer, Mapping) or _brings_data(answer):
        return None
    status = _status_in(answer)
    if answer.get("error"):
        return status or _status_in(answer["error"]) or 500
    if answer.keys() - _ABOUT_ERRORS:
        # An object of the account may have a `code` or a `message` among its fields.
        return None
    if status is None and reading and words_of(answer):
        return 500
    return status


_BESIDE = ("id", "_id", "generated_keys", "inserted", "updated", "deleted", "replaced", "unchanged")


def _brings_data(answer: Mapping[str, Any]) -> bool:
    """An object or the result of a write, or anything that holds more than words."""
    if any(answer.get(name) for name in _BESIDE):
        return True
    for name, value in answer.items():
        if name not in _ABOUT_ERRORS and value and isinstance(value, list | Mapping):
            return True
    return False


def _status_in(answer: Json) -> int | None:
    if not isinstance(answer, Mapping):
        return None
    for name in _STATUSES:
        text = str(answer.get(name))
        if re.fullmatch(r"[45]\d\d", text, re.ASCII):
            return int(text)
    return None


def excerpt(text: str) -> str:
    """The words of a body that is no JSON, without tags, scripts and control characters."""
    bare = re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|$)|<[^>]*>", " ", text[:20_000])
    return shortened(re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", bare).strip(), 160)


def shortened(text: str, most: int = 500) -> str:
    """A text that fits into an error.  Secrets are taken out before: half of one is one too."""
    return text if len(text) <= most else text[: most - 1] + "…"
