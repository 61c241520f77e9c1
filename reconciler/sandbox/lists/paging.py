"""Pages of lists: `limit` and `offset`, and what dialects make of them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from typing import TypeVar

from reconciler.sandbox.rules import HttpRefusal

T = TypeVar("T")

DEFAULT_LIMIT = 20
CAP = 50
MOST = 100
"""The longest page under limit-refused: the article names none."""


class Pager:
    """Cuts pages out of the lists of one account."""

    def __init__(self, dialects: frozenset[str]) -> None:
        self._dialects = dialects
        self._shuffle = random.Random(7)
        self._left_out = itertools.count()

    def window(self, query: Mapping[str, str]) -> tuple[int, int]:
        """Limit and offset that a query asks for.  HttpRefusal."""
        limit = whole(query, "limit", DEFAULT_LIMIT)
        if "limit-refused" in self._dialects and limit > MOST:
            raise HttpRefusal(400, f"limit must be at most {MOST}")
        if "limit-ignored" in self._dialects:
            limit = DEFAULT_LIMIT
        elif "page-cap" in self._dialects:
            limit = min(limit, CAP)
        return limit, whole(query, "offset", 0)

    def cut(self, found: list[T], limit: int, offset: int) -> list[T]:
        """The page of a list that stands at an offset."""
        if "page-shuffle" in self._dialects:
            found = [*found]
            self._shuffle.shuffle(found)
        if "entries-missing" in self._dialects and found:
            found = self._without_one(found)
        if "offset-rounded" in self._dialects and limit:
            pages_before = -(-offset // limit)
            offset = pages_before * limit
        page = found[offset : offset + limit]
        is_past_the_end = not page and found and limit
        if is_past_the_end and "page-repeat" in self._dialects:
            return _last_page(found, limit)
        return page

    def _without_one(self, found: list[T]) -> list[T]:
        missing = next(self._left_out) % len(found)
        return [*found[:missing], *found[missing + 1 :]]


def _last_page(found: list[T], limit: int) -> list[T]:
    start = (len(found) - 1) // limit * limit
    return found[start : start + limit]


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A parameter that is a whole number; HttpRefusal where it is not."""
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise HttpRefusal(400, f"{name} must be a whole number")
    return int(text)
