"""Whole lists from pages (contract 7.3): overlapping, side by side, read again if need be.

    page 0   a b c d
    page 1         d e f g          the first of a page is the last of the one before it
    page 2               g          the end: nothing new

An insert or delete during the read shifts the later pages, and a seam no longer fits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from math import inf
from typing import Any, Generic, TypeVar

from reconciler.api.envelopes import items
from reconciler.api.session import Session, any_error
from reconciler.errors import BadAnswer, StatusError
from reconciler.plan.cost import last_page

TRIES = 3
"""Times that a list whose seams do not fit is read before the union is taken."""

SMALLER = (100, 20)
"""Page sizes to fall back on: 250 has been seen to work, 20 is the documented default."""

MOST_PAGES = 20_000
"""A list of more pages than this is no list but a server that makes things up."""

Raw = dict[str, Any]
T = TypeVar("T")
Make = Callable[[Raw], T]
"""What is kept of an entry: a list is read page by page, and the pages are let go of at once."""
Marks = Sequence[str]
"""A page by what tells its entries apart."""
OnPage = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list as read: distinct by id, in list order.

    `whole` is False where its pages never fitted together; `page_size` is what the server
    really served on the first page; `nameless` are entries without an id, left out.
    """

    items: tuple[T, ...]
    whole: bool
    page_size: int
    requests: int
    nameless: tuple[T, ...] = ()


@dataclass(frozen=True, slots=True)
class _Page(Generic[T]):
    """What is kept of a page: the marks of its entries, and what was made of each."""

    marks: list[str]
    items: list[T]

    def __len__(self) -> int:
        return len(self.marks)


def as_read(raw: Raw) -> Raw:
    """Keeps an entry as it is."""
    return raw


def read_list(
    session: Session,
    path: str,
    names: Sequence[str],
    *,
    make: Make[T],
    limit: int = 250,
    params: Mapping[str, str | int] | None = None,
    expected: int | None = None,
    on_page: OnPage | None = None,
    most_pages: int = MOST_PAGES,
) -> Listing[T]:
    """Read a whole list; `expected` objects, if known, decide how many pages go side by side.

    `make` says what is kept of each entry; it is called in the threads that read.  Raises the
    first ApiError of a page, and BadAnswer after `most_pages`.  `on_page` is told how many
    distinct objects came.  An account that refuses large pages is asked for smaller ones.
    """
    limit = min(limit, session.page_limit)
    params = params or {}
    source = _PagedList(session, path, names, make, limit, params, expected, on_page, most_pages)
    try:
        return _read(source)
    except StatusError as error:
        smaller = next((size for size in SMALLER if size < limit), None)
        if error.status != 400 or smaller is None or source.requests:
            raise
        session.page_limit = smaller
    return read_list(
        session,
        path,
        names,
        make=make,
        limit=limit,
        params=params,
        expected=expected,
        on_page=on_page,
        most_pages=most_pages,
    )


def _read(source: _PagedList[T]) -> Listing[T]:
    """Up to three times, until the pages fit together."""
    reads: list[list[_Page[T]]] = []
    marks: list[list[Marks]] = []
    for _ in range(TRIES):
        reads.append(source.read())
        marks.append([page.marks for page in reads[-1]])
        if fits(marks[-1]) or _is_steady(marks, source.limit):
            # Earlier reads may hold what has been deleted since.
            return _listing(reads[-1:], True, source.requests)
    return _listing(reads, False, source.requests)


def id_of(raw: Mapping[str, Any]) -> str | None:
    """An entry's id as a text; None where it has none."""
    id_ = raw.get("id")
    if id_ in (None, ""):
        id_ = raw.get("_id")
    return None if id_ in (None, "") else str(id_)


# --- reading ------------------------------------------------------------------------------------


@dataclass
class _PagedList(Generic[T]):
    """One list, to be read as often as need be."""

    session: Session
    path: str
    names: Sequence[str]
    make: Make[T]
    limit: int
    params: Mapping[str, str | int]
    expected: int | None
    on_page: OnPage | None
    most_pages: int
    requests: int = 0

    def read(self) -> list[_Page[T]]:
        """Pages from the first to the one that shows the end, and perhaps a few behind it."""
        pages: list[_Page[T]] = []
        progress, ended = _Progress(), False
        while not ended:
            found = self._side_by_side(self._next(pages), progress)
            pages.extend(found)
            ended = progress.take(found)
            if self.on_page is not None:
                self.on_page(len(progress.seen))
        return pages

    def _next(self, pages: Sequence[_Page[T]]) -> Sequence[int]:
        """The offsets to ask for next."""
        if not pages:
            return [0]
        if len(pages) > self.most_pages:
            words = f"the list does not end after {len(pages)} pages"
            raise BadAnswer(words, request=self._request)
        step = max(1, len(pages[0]) - 1)
        return [number * step for number in self._wave(pages)]

    def _wave(self, pages: Sequence[_Page[T]]) -> range:
        """Which pages to ask for next: up to the one that shows the end, where that is known."""
        start, size = len(pages), len(pages[0])
        if start == 1 and self.expected is not None and self.expected >= size:
            return range(1, 1 + last_page(self.expected, size))
        # The first page that is not full is most likely the last one: one request tells.
        if start == 1:
            likely_last = size != self.limit
        else:
            likely_last = len(pages[-1]) < size <= min(map(len, pages[:-1]))
        return range(start, start + (1 if likely_last else self.session.concurrency))

    def _side_by_side(self, offsets: Sequence[int], progress: _Progress) -> list[_Page[T]]:
        results = self.session.each([self._reader(offset, progress) for offset in offsets])
        error = any_error(results)
        if error is not None:
            raise error
        found = [page for page in results if isinstance(page, _Page)]
        self.requests += len(found)
        return found

    def _reader(self, offset: int, progress: _Progress) -> Callable[[], _Page[T] | None]:
        """Reads one page; None, and no request, where an earlier one was empty already."""

        def read() -> _Page[T] | None:
            if offset > progress.end:
                return None
            page = self._page(offset)
            if not page.marks:
                progress.end = min(offset, progress.end)
            return page

        return read

    def _page(self, offset: int) -> _Page[T]:
        params = {**self.params, "limit": self.limit, "offset": offset}
        answer = self.session.get(self.path, params)
        try:
            found = items(answer, self.names)
        except BadAnswer as error:
            raise BadAnswer(error.message, request=self._request) from None
        return _Page([*map(_mark, found)], [*map(self.make, found)])

    @property
    def _request(self) -> str:
        return f"GET {self.path}"


@dataclass
class _Progress:
    """What one read has seen; `end` is the offset of an empty page."""

    seen: set[str] = field(default_factory=set)
    end: float = inf

    def take(self, pages: Iterable[_Page[Any]]) -> bool:
        """Count pages as seen; True where one of them brought nothing new."""
        ended = False
        for page in pages:
            new = set(page.marks) - self.seen
            ended = ended or not new
            self.seen |= new
        return ended


NAMELESS = "\0"
"""Begins the mark of an entry without an id: no id does."""


def _mark(raw: Raw) -> str:
    """What tells an entry from others: its id, or all of it where it has none."""
    id_ = id_of(raw)
    return id_ if id_ is not None else NAMELESS + json.dumps(raw, sort_keys=True, default=str)


# --- judging ------------------------------------------------------------------------------------


def fits(pages: Sequence[Marks]) -> bool:
    """Every full page is continued by its last item and then by new ones alone, and behind a
    short page nothing new comes.

    So there are as many distinct items as the list is long, in whatever order they came.
    """
    size = len(pages[0])
    if size == 1:
        return _fit_singly(pages)
    if size > 1 and len(pages) > 1 and len(pages[1]) == 1:
        # All on one page: its size and the single item behind say so, whatever the order.
        seen = set(pages[0])
        return all(set(page) <= seen for page in pages[1:])
    return _fit_overlapping(pages, size)


def _fit_singly(pages: Sequence[Marks]) -> bool:
    """Pages of one do not overlap: there the end is all that can be checked."""
    seen, ended = set(pages[0]), False
    for page in pages[1:]:
        new = set(page) - seen
        if ended and new:
            return False
        ended = ended or not new
        seen |= new
    return ended


def _fit_overlapping(pages: Sequence[Marks], size: int) -> bool:
    seen = set(pages[0])
    ended = size == 0
    for before, page in pairwise(pages):
        new = set(page) - seen
        ended = ended or len(before) < size
        if ended and new:
            return False
        if not ended and not _continues(before, page, new):
            return False
        seen |= new
    return ended or len(pages[-1]) < size


def _continues(before: Marks, page: Marks, new: set[str]) -> bool:
    return bool(page) and page[0] == before[-1] and len(new) == len(page) - 1


def _is_steady(reads: Sequence[Sequence[Marks]], limit: int) -> bool:
    """The last two reads are the same, page by page, and without a gap.

    Some servers cut pages otherwise (what the credentials may not see left out of a page, the
    last page filled up from the front): nothing moved between two such reads, and nothing lies
    between two pages that overlap.
    """
    if len(reads) < 2 or _order(reads[-1]) != _order(reads[-2]):
        return False
    pages = reads[-1]
    if len(pages) > 1 and pages[0] == pages[1]:
        # `offset` is ignored: all there is, unless `limit` was what ended the page.
        return len(pages[0]) != limit
    return _has_no_gap(pages)


def _has_no_gap(pages: Sequence[Marks]) -> bool:
    """What brings something new begins inside the page before; the end does not come early."""
    size, seen = len(pages[0]), set(pages[0])
    for before, page in pairwise(pages):
        new = set(page) - seen
        if new and page[0] not in before:
            return False
        if not new and not _may_end(before, page, size):
            return False
        seen |= new
    return True


def _may_end(before: Marks, page: Marks, size: int) -> bool:
    """Nothing behind a full page, or doubles that fill a page, may be a hole with more behind."""
    if not page:
        return len(before) < size
    return len(page) < size or page == before


def _order(pages: Sequence[Marks]) -> list[list[str]]:
    """Entries page by page; how many empty pages follow the end is chance."""
    return [list(page) for page in pages if page]


# --- putting together ---------------------------------------------------------------------------


def _listing(reads: Sequence[Sequence[_Page[T]]], whole: bool, requests: int) -> Listing[T]:
    distinct: dict[str, T] = {}
    for page in chain.from_iterable(reads):
        distinct.update(zip(page.marks, page.items, strict=True))
    nameless = tuple(item for mark, item in distinct.items() if mark.startswith(NAMELESS))
    return Listing(
        items=tuple(item for mark, item in distinct.items() if not mark.startswith(NAMELESS)),
        whole=whole,
        page_size=max(len(pages[0]) for pages in reads),
        requests=requests,
        nameless=nameless,
    )
