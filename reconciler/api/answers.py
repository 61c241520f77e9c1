"""Tolerant readers of the answers that the API is known or said to give (docs/api.md).  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.errors import BadAnswer
from reconciler.model import Json

_ENVELOPES = ("items", "data", "hits", "results")


def items(answer: Json, names: Sequence[str]) -> list[dict[str, Any]]:
    """The objects of a list answer in any envelope; null is an empty list.

    Raises BadAnswer for what cannot be a list.
    """
    found = _list_in(answer, names)
    if found is None:
        raise BadAnswer("a list was due, and the answer holds none")
    return [_source(item) for item in found if isinstance(item, dict)]


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
    lists = [value for value in answer.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def _source(item: dict[str, Any]) -> dict[str, Any]:
    """A search hit may be wrapped: `{_id, _source: {…}}`."""
    inner = item.get("_source")
    return {"id": item.get("_id"), **inner} if isinstance(inner, dict) else item


def single(answer: Json, names: Sequence[str]) -> dict[str, Any]:
    """The object of a single answer: bare, wrapped, or the one element of an array."""
    if isinstance(answer, list) and len(answer) == 1:
        return single(answer[0], names)
    if not isinstance(answer, dict):
        raise BadAnswer("an object was due, and the answer holds none")
    if "id" not in answer:
        for name in (*names, "data"):
            if isinstance(answer.get(name), dict | list):
                return single(answer[name], names)
    return answer


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
    errors = answer["errors"]
    if errors in (0, None, False, [], "0", ""):
        return None
    return str(answer.get("first_error") or words_of(answer) or "the write failed")


def words_of(answer: Json) -> str:
    """What an error answer says, in any of its shapes; empty where it says nothing."""
    if isinstance(answer, str):
        return answer.strip()
    if isinstance(answer, list):
        return "; ".join(filter(None, map(words_of, answer)))
    if isinstance(answer, Mapping):
        named = ("message", "error", "error_description", "detail", "errors", "first_error")
        return next((text for name in named if (text := words_of(answer.get(name)))), "")
    return ""


def is_error(answer: Json) -> bool:
    """A 2xx whose body is an error and nothing else."""
    if not isinstance(answer, Mapping) or not answer.get("error"):
        return False
    return not answer.keys() - {"error", "message", "status", "code", "retry_after", "statusCode"}


def excerpt(text: str, most: int = 160) -> str:
    """The first words of a body that is no JSON, without its tags."""
    bare = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()
    return bare if len(bare) <= most else bare[: most - 1] + "…"
