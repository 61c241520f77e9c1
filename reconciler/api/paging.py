"""Whole lists from pages (contract 7.3): overlapping, side by side, read again if need be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

from reconciler.api.answers import items
from reconciler.api.session import Session, any_error

TRIES = 3
"""Times that a list whose seams do not fit is read before its union is taken."""

Raw = dict[str, Any]
Page = list[Raw]
OnPage = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as read: distinct by id, in order.

    `whole` is False where its pages never fitted together; `page_size` is what the server
    really served on the first page; `nameless` are entries without an id, left out.
    """

    items: tuple[Raw, ...]
    whole: bool
    page_size: int
    requests: int
    nameless: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class _List:
    session: Session
    path: str
    names: Sequence[str]
    limit: int
    params: Mapping[str, str | int]

    def page(self, offset: int) -> Page:
        params = {**self.params, "limit": self.limit, "offset": offset}
        return items(self.session.get(self.path, params), self.names)

    def pages(self, offsets: Sequence[int]) -> list[Page]:
        results = self.session.each([_call(self.page, offset) for offset in offsets])
        error = any_error(results)
        if error is not None:
            raise error
        return results  # type: ignore[return-value]


def _call(page: Callable[[int], Page], offset: int) -> Callable[[], Page]:
    return lambda: page(offset)


def read_list(
    session: Session,
    path: str,
    names: Sequence[str],
    *,
    limit: int = 250,
    params: Mapping[str, str | int] | None = None,
    expected: int | None = None,
    on_page: OnPage | None = None,
) -> Listing:
    """Read a whole list; `expected` objects, if known, decide how many pages go side by side."""
    source = _List(session, path, names, limit, params or {})
    union: dict[str, Raw] = {}
    nameless: list[Raw] = []
    requests, size = 0, 0
    for _ in range(TRIES):
        pages = _read_pages(source, expected, on_page)
        requests += len(pages)
        size = max(size, len(pages[0]))
        nameless = [raw for page in pages for raw in page if id_of(raw) is None]
        for page in pages:
            union.update((id_, raw) for raw in page if (id_ := id_of(raw)) is not None)
        if seams_fit(pages):
            return Listing(tuple(union.values()), True, size, requests, tuple(nameless))
    return Listing(tuple(union.values()), False, size, requests, tuple(nameless))


def id_of(raw: Mapping[str, Any]) -> str | None:
    """An entry's id as a text; None where it has none."""
    id_ = raw.get("id", raw.get("_id"))
    return None if id_ in (None, "") else str(id_)


def _read_pages(source: _List, expected: int | None, on_page: OnPage | None) -> list[Page]:
    """Pages from the first to the one that shows the end, in order."""
    pages = [source.page(0)]
    if not pages[0]:
        return pages
    step = max(1, len(pages[0]) - 1)
    seen = _ids(pages[0])
    while True:
        wave = _wave(source, len(pages), len(seen), expected)
        found = source.pages([index * step for index in wave])
        pages.extend(found)
        ended = any(not (_ids(page) - seen) for page in _growing(found, seen))
        if on_page is not None:
            on_page(len(seen))
        if ended:
            return pages


def _growing(found: Iterable[Page], seen: set[str]) -> Iterable[Page]:
    """Each page before its ids count as seen."""
    for page in found:
        yield page
        seen |= _ids(page)


def _wave(source: _List, start: int, seen: int, expected: int | None) -> range:
    """Which pages to ask for next: up to the one that shows the end, where that is known."""
    if start > 1:
        return range(start, start + source.session.concurrency)
    if expected is not None and seen <= expected:
        return range(1, 1 + max(1, ceil((expected - 1) / max(1, seen - 1))))
    # A first page that is short is most likely all there is: one request tells.
    return range(1, 2 if seen < source.limit else 1 + source.session.concurrency)


def _ids(page: Iterable[Mapping[str, Any]]) -> set[str]:
    return {id_ for raw in page if (id_ := id_of(raw)) is not None}


def seams_fit(pages: Sequence[Page]) -> bool:
    """Neighbouring pages overlap by one item: an insert or delete in between would show.

    A page that is empty or brings nothing new is the end; what follows it must not bring more.
    """
    seen: set[str] = _ids(pages[0]) if pages else set()
    size, ended = len(pages[0]) if pages else 0, False
    for before, page in pairwise(pages):
        ids = _ids(page)
        fresh = ids - seen
        if ended and fresh:
            return False
        if not fresh:
            # Empty behind a full page: its last item should have been here again.
            if not ended and not page and size > 1 and len(before) >= size:
                return False
            ended = True
        elif size > 1 and id_of(page[0]) != id_of(before[-1]):
            return False
        seen |= ids
    return True
