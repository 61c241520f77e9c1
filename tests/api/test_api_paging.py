"""Whole lists, from servers that page as the article says and from servers that do not."""

import random
from collections.abc import Callable
from math import ceil
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api.paging import Listing, as_read, read_list
from reconciler.errors import BadAnswer, StatusError
from reconciler.model import Rate
from reconciler.plan import cost
from tests.api.pretend import ok, session_on

PATH, NAMES = "/v2.1/collection", ("collections",)
CONCURRENCY = 4

Raw = dict[str, Any]


def numbered(count: int) -> list[Raw]:
    return [{"id": f"c{number}"} for number in range(count)]


class Lists:
    """A server of one list.  `cap` is the most that it serves; `cut` decides what a page is."""

    def __init__(self, found: list[Raw], cap: int = 1_000_000, **options: Any) -> None:
        self.found = found
        self.cap = cap
        self.cut: Callable[[list[Raw], int, int], list[Raw]] = options.pop("cut", plain)
        self.before: Callable[[int], None] = options.pop("before", lambda _: None)
        self.asked: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        self.before(len(self.asked))
        self.asked.append(offset)
        return ok({"collections": self.cut(self.found, offset, min(limit, self.cap))})

    def read(self, *, concurrency: int = CONCURRENCY, **options: Any) -> Listing[dict[str, Any]]:
        rate = Rate(10**9, 1.0, concurrency)
        with session_on(self, rate=rate) as session:
            listing = read_list(session, PATH, NAMES, make=as_read, **options)
        assert listing.requests == len(self.asked) == session.sent
        return listing


def plain(found: list[Raw], offset: int, limit: int) -> list[Raw]:
    return found[offset : offset + limit]


def repeating(found: list[Raw], offset: int, limit: int) -> list[Raw]:
    """Past the end, the last page again."""
    last = (len(found) - 1) // limit * limit
    return plain(found, offset, limit) or plain(found, max(0, last), limit)


def ids(listing: Listing[dict[str, Any]]) -> list[str]:
    return [raw["id"] for raw in listing.items]


COUNTS, LIMITS, CAPS = st.integers(0, 120), st.integers(1, 30), st.integers(1, 30)
EXPECTED = st.none() | st.integers(0, 150)


@given(COUNTS, LIMITS, CAPS, EXPECTED, st.booleans())
def test_every_list_is_read_whole_and_in_order(
    count: int, limit: int, cap: int, expected: int | None, repeat: bool
) -> None:
    server = Lists(numbered(count), cap, cut=repeating if repeat else plain)
    listing = server.read(limit=limit, expected=expected)
    assert ids(listing) == [f"c{number}" for number in range(count)]
    assert listing.whole
    assert listing.page_size == min(count, limit, cap)
    assert listing.nameless == ()


@given(COUNTS, LIMITS, st.integers(1, 8), st.booleans())
def test_an_expected_list_takes_the_requests_that_were_predicted(
    count: int, limit: int, concurrency: int, repeat: bool
) -> None:
    server = Lists(numbered(count), cut=repeating if repeat else plain)
    listing = server.read(limit=limit, expected=count, concurrency=concurrency)
    assert listing.requests == cost.requests_for(count, limit)


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("expected", [None, 1, 40, "exact", "twice"])
@pytest.mark.parametrize("count", [0, 1, 249, 250, 251, 499, 500, 2_000, 5_000, 12_451])
def test_a_full_read_stays_within_its_bound(count: int, expected: Any, concurrency: int) -> None:
    expected = {"exact": count, "twice": 2 * count}.get(expected, expected)
    listing = Lists(numbered(count)).read(expected=expected, concurrency=concurrency)
    assert len(listing.items) == count
    assert listing.requests <= 1.02 * ceil(count / 250) + 1 + concurrency


def test_one_request_tells_that_a_short_first_page_was_all() -> None:
    assert Lists(numbered(7)).read().requests == 2


def test_an_expectation_far_too_high_does_not_cost_its_pages() -> None:
    assert Lists(numbered(7)).read(expected=100_000).requests <= 2 + 2 * CONCURRENCY


def test_other_parameters_go_with_every_page() -> None:
    seen = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.params["region_ids"])
        return ok([])

    with session_on(server) as session:
        assert read_list(session, PATH, NAMES, make=as_read, params={"region_ids": "r"}).items == ()
    assert seen == ["r"]


def test_progress_is_told_in_distinct_objects() -> None:
    told: list[int] = []
    Lists(numbered(20)).read(limit=10, on_page=told.append, concurrency=1)
    assert told == [10, 19, 20, 20]


# --- servers that page otherwise ----------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 30, 300])
def test_a_list_that_is_not_paged_at_all_is_whole(count: int) -> None:
    listing = Lists(numbered(count), cut=lambda found, *_: found).read()
    assert len(listing.items) == count
    assert listing.whole
    assert listing.requests <= 4


def test_a_list_cut_at_the_limit_without_minding_the_offset_is_not_whole() -> None:
    listing = Lists(numbered(300), cut=lambda found, _, limit: found[:limit]).read()
    assert len(listing.items) == 250
    assert not listing.whole


def test_a_last_page_that_is_filled_up_from_the_front_is_understood() -> None:
    def clamped(found: list[Raw], offset: int, limit: int) -> list[Raw]:
        return plain(found, min(offset, max(0, len(found) - limit)), limit)

    for count in (5, 14, 33):
        listing = Lists(numbered(count), cut=clamped).read(limit=10)
        assert sorted(ids(listing)) == sorted(raw["id"] for raw in numbered(count))
        assert listing.whole


def test_pages_without_what_the_credentials_may_not_see_are_understood() -> None:
    def seen_only(found: list[Raw], offset: int, limit: int) -> list[Raw]:
        return [raw for raw in plain(found, offset, limit) if not raw["id"].endswith("4")]

    listing = Lists(numbered(93), cut=seen_only).read(limit=20)
    assert [id_ for id_ in ids(listing) if id_.endswith("4")] == []
    assert len(listing.items) == 84
    assert listing.whole


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limit", [6, 10, 20])
@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 20, 35, 60])
def test_pages_in_random_order_end_and_are_whole_only_if_all_came(
    count: int, limit: int, seed: int
) -> None:
    # Not hypothesis: it would find the shuffle that comes out the same twice.
    rng = random.Random(seed)

    def shuffled(found: list[Raw], offset: int, limit: int) -> list[Raw]:
        return plain(rng.sample(found, len(found)), offset, limit)

    server = Lists(numbered(count), cut=shuffled)
    listing = server.read(limit=limit, concurrency=1)
    assert len(set(ids(listing))) == len(listing.items)
    if count < limit:
        assert listing.whole
    if listing.whole:
        assert len(listing.items) == count


def test_an_order_that_changes_brings_the_union_of_three_reads() -> None:
    rng = random.Random(7)

    def shuffled(found: list[Raw], offset: int, limit: int) -> list[Raw]:
        return plain(rng.sample(found, len(found)), offset, limit)

    listing = Lists(numbered(100), cut=shuffled).read(limit=10, concurrency=1)
    assert not listing.whole
    assert 90 <= len(listing.items) <= 100


def test_a_list_that_never_ends_is_an_error() -> None:
    made_up = iter(range(10**9))

    def endless(*_: Any) -> list[Raw]:
        return [{"id": next(made_up)} for _ in range(10)]

    with pytest.raises(BadAnswer, match="does not end after 101 pages") as caught:
        Lists([], cut=endless).read(limit=10, most_pages=100)
    assert caught.value.request == f"GET {PATH}"


@pytest.mark.parametrize("gap", [0, 9, 18])
def test_an_empty_page_in_the_middle_is_seen(gap: int) -> None:
    def holed(found: list[Raw], offset: int, limit: int) -> list[Raw]:
        return [] if offset == gap and len(server.asked) < 4 else plain(found, offset, limit)

    server = Lists(numbered(40), cut=holed)
    listing = server.read(limit=10, concurrency=1)
    if gap:
        assert len(listing.items) == 40
        assert listing.whole
    else:
        # Nothing tells an empty first page from an empty list.
        assert listing == Listing((), True, 0, 1)


def test_an_empty_page_that_stays_leaves_the_list_open() -> None:
    def holed(found: list[Raw], offset: int, limit: int) -> list[Raw]:
        return [] if offset == 18 else plain(found, offset, limit)

    listing = Lists(numbered(40), cut=holed).read(limit=10)
    assert len(listing.items) >= 19
    assert not listing.whole


def test_a_short_page_in_the_middle_that_stays_leaves_the_list_open() -> None:
    def short(found: list[Raw], offset: int, limit: int) -> list[Raw]:
        return plain(found, offset, 4 if offset == 9 else limit)

    listing = Lists(numbered(40), cut=short).read(limit=10)
    assert len(listing.items) == 35
    assert not listing.whole


# --- lists that change during the read ----------------------------------------------------------


@given(
    st.integers(12, 60),
    st.integers(2, 8),
    st.integers(1, 12),
    st.integers(0, 59),
    st.booleans(),
)
def test_one_change_during_the_read_loses_nothing(
    count: int, limit: int, moment: int, position: int, insert: bool
) -> None:
    found = numbered(count)
    position %= count

    def change(asked: int) -> None:
        if asked != moment:
            return
        if insert:
            found.insert(position, {"id": "new"})
        else:
            del found[position]

    server = Lists(found, before=change)
    listing = server.read(limit=limit, concurrency=1)
    stayed = {raw["id"] for raw in numbered(count)} & {raw["id"] for raw in found}
    assert listing.whole
    assert stayed <= set(ids(listing))


def test_a_shift_is_seen_and_the_list_read_again() -> None:
    found = numbered(30)

    def change(asked: int) -> None:
        if asked == 2:
            del found[3]

    listing = Lists(found, before=change).read(limit=10, concurrency=1)
    assert listing.whole
    assert ids(listing) == [raw["id"] for raw in found]
    assert listing.requests == 2 * 5


def test_a_list_that_always_shifts_is_read_three_times_and_left_open() -> None:
    found = numbered(40)

    def change(asked: int) -> None:
        found.insert(0, {"id": f"new{asked}"})

    listing = Lists(found, before=change).read(limit=10, concurrency=1)
    assert not listing.whole
    assert {raw["id"] for raw in numbered(40)} <= set(ids(listing))


# --- odd entries --------------------------------------------------------------------------------


def test_entries_without_an_id_are_left_out_and_named() -> None:
    found = numbered(20)
    found[4] = found[11] = {"name": "no id"}
    found[9] = {"id": None, "name": "nor this"}
    found[19] = {}
    listing = Lists(found).read(limit=5)
    assert len(listing.items) == 16
    assert listing.nameless == ({"name": "no id"}, {"id": None, "name": "nor this"}, {})
    assert listing.whole


def test_a_page_of_nothing_but_nameless_entries_is_not_the_end() -> None:
    found = [{"name": str(number)} for number in range(12)] + numbered(5)
    listing = Lists(found).read(limit=4)
    assert len(listing.items) == 5
    assert len(listing.nameless) == 12
    assert listing.whole


def test_ids_that_are_numbers_are_told_apart_as_texts() -> None:
    listing = Lists([{"id": 1}, {"id": "1", "name": "later"}, {"id": 2}, {"_id": "3"}]).read()
    assert listing.items == ({"id": "1", "name": "later"}, {"id": 2}, {"_id": "3"})


def test_duplicates_are_dropped() -> None:
    listing = Lists([*numbered(10), *numbered(10)]).read(limit=25)
    assert len(listing.items) == 10
    assert listing.whole


def test_a_page_that_repeats_in_the_middle_is_not_taken_for_the_end() -> None:
    found = [*numbered(10), *numbered(10)[1:], *numbered(25)[10:]]
    listing = Lists(found).read(limit=10, concurrency=1)
    assert not listing.whole


def test_duplicates_across_pages_are_believed_when_they_come_twice() -> None:
    listing = Lists([*numbered(12), *numbered(3), *numbered(30)[12:]]).read(limit=10)
    assert len(listing.items) == 30
    assert listing.whole


# --- errors -------------------------------------------------------------------------------------


def test_an_error_of_a_page_is_raised() -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if request.url.params["offset"] == "0":
            return ok(numbered(250))
        return httpx.Response(403, json={"message": "Forbidden"})

    with session_on(server) as session, pytest.raises(StatusError, match="403: Forbidden"):
        read_list(session, PATH, NAMES, make=as_read)


def test_an_answer_that_is_no_list_names_its_request() -> None:
    with session_on(lambda _: ok({"id": "a"})) as session, pytest.raises(BadAnswer) as caught:
        read_list(session, PATH, NAMES, make=as_read)
    assert caught.value.request == f"GET {PATH}"


@pytest.mark.parametrize("concurrency", [1, 4])
def test_entries_without_an_id_are_kept_wherever_the_pages_part(concurrency: int) -> None:
    found: list[Raw] = numbered(40)
    for place in (0, 9, 10, 18, 39):
        found[place] = {"name": f"ghost {place}"}
    listing = Lists(found).read(limit=10, concurrency=concurrency)
    assert listing.whole
    assert [raw["name"] for raw in listing.nameless] == [f"ghost {n}" for n in (0, 9, 10, 18, 39)]
    assert len(listing.items) == 35


def test_two_entries_that_nothing_tells_apart_do_not_make_a_list_unfit() -> None:
    found: list[Raw] = [*numbered(15), {"name": "ghost"}, {"name": "ghost"}, *numbered(3)]
    listing = Lists(found).read(limit=10)
    assert listing.whole
    assert listing.nameless == ({"name": "ghost"},)
