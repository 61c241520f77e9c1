"""What batches cost, to the request (contract 7.5): the arithmetic, line by line."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import (
    Batch,
    Change,
    Cost,
    FieldChange,
    Live,
    Plan,
    Policy,
    Rate,
    Ref,
    Resource,
)
from reconciler.plan import build
from reconciler.plan.cost import (
    BATCH,
    FRESH,
    Counts,
    alone,
    batch_size,
    by_kind,
    cut,
    last_page,
    lists_before_deletes,
    needs_put,
    paced,
    price,
    reads_more,
    requests_for,
    writes_of,
)
from reconciler.plan.pages import MARGIN, pages_of
from reconciler.wire import Names
from tests.build import account, catalog, entry, has, state, want


def live(categories: int = 0, **more: Any) -> Live:
    """An account with so many categories."""
    return account(*(has("category", str(n), name=f"N{n}") for n in range(categories)), **more)


LARGE = {count: live(count, page_sizes={"category": 20}) for count in (0, 100, 1_000)}
"""Accounts of which a list is up to 54 requests."""


@pytest.mark.parametrize(
    ("count", "page", "requests"),
    [
        (0, 250, 1), (1, 250, 2), (250, 250, 2), (251, 250, 3), (249, 250, 2),
        (3, 2, 3), (4, 2, 4), (5, 3, 3), (6, 3, 4), (3, 1, 4), (1, 1, 2), (2, 2, 2),
    ],
)  # fmt: skip
def test_a_list_is_read_until_a_page_shows_nothing_new(
    count: int, page: int, requests: int
) -> None:
    assert requests_for(count, page) == requests


def test_the_last_page_is_the_first_without_anything_new() -> None:
    assert [last_page(count, 3) for count in (1, 2, 3, 4, 5, 6, 7)] == [1, 1, 1, 2, 2, 3, 3]
    assert [last_page(count, 1) for count in (1, 2)] == [1, 2]


def test_a_batch_is_a_page_of_its_kind_and_a_hundred_at_most() -> None:
    some = live(page_sizes={"collection": 20, "category": 250})

    assert [batch_size(some, kind) for kind in ("collection", "category", "file")] == [
        20,
        BATCH,
        BATCH,
    ]


@pytest.mark.parametrize(
    ("rate", "most"), [(Rate(1000, 60), 133), (Rate(100000, 60), 13333), (Rate(1, 60), 1), (Rate(10, 8), 10)]
)  # fmt: skip
def test_a_batch_holds_what_is_sent_while_its_read_is_fresh(rate: Rate, most: int) -> None:
    assert paced(rate) == most


def test_reads_of_a_kind_are_its_list_or_each_object_whichever_is_less() -> None:
    counts = Counts(live(5))

    assert counts.list_cost("category") == 2
    assert [counts.read_cost("category", number) for number in (1, 2, 5)] == [1, 2, 2]
    counts.add("category", -5)
    assert counts.list_cost("category") == 1
    counts.add("category", 3)
    counts.add("category", 3)
    assert counts.shift == {"category": 1}
    assert Counts(live(5, partial=frozenset({"category"}))).read_cost("category", 5) == 5
    # Collections are read by their ids, a hundred or a page in a request.
    assert [counts.read_cost("collection", number) for number in (1, 100, 101)] == [1, 1, 2]


def change(action: str, key: str, **more: Any) -> Change:
    kind = more.pop("kind", "category")
    fields = (FieldChange("name", "a", "b"),) if action == "update" else ()
    id_ = None if action == "create" else key
    return Change(action, Ref(kind, key), id_, key, None, fields, **more)


@pytest.mark.parametrize(
    ("sent", "requests"),
    [
        ({}, 2), ({"name": "x"}, 2), ({"collections": ("a",)}, 4), ({"collections": ()}, 2),
        ({"attributes.size": "M"}, 4), ({"attributes.size": None}, 2),
    ],
)  # fmt: skip
def test_an_upload_is_asked_for_confirmed_and_put_where_it_must(
    sent: dict[str, Any], requests: int
) -> None:
    assert writes_of(change("create", "f", kind="file", upload="f.txt", sent=sent)) == requests
    assert writes_of(change("create", "f", kind="file", sent=sent)) == 1
    assert [needs_put(path) for path in ("collections", "attributes.x", "name")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(("action", "requests"), [("create", 2), ("update", 3), ("delete", 3)])
def test_the_first_of_a_sort_is_read_by_its_id(action: str, requests: int) -> None:
    item = change(action, "a")

    assert alone(item) == Batch(
        "category", str(item.verb), ((item.ref,),), first=True, requests=requests
    )


@pytest.mark.parametrize(
    ("verb", "kind", "number", "apart", "more"),
    [
        # Alone: one GET, the rest by the list of three pages, which all together took too.
        ("PUT", "category", 5, None, 2),
        ("POST", "category", 5, None, 1),
        ("PUT", "category", 2, None, 0),
        ("PUT", "category", 1, None, 0),
        ("PUT", "category", 10, 5, 4),
        ("PUT", "category", 2, 2, 0),
        ("PUT", "collection", 101, None, 0),
        ("PUT", "collection", 100, None, 2),
        ("PUT", "collection", 100, 50, 2),
    ],
)
def test_what_goes_apart_costs_reads(
    verb: str, kind: str, number: int, apart: int | None, more: int
) -> None:
    batch = Batch(kind, verb, ())

    assert reads_more(batch, number, Counts(live(5)), apart) == more


def test_each_batch_says_what_it_costs() -> None:
    changes = [change("create", f"c{n}") for n in range(4)]
    changes += [change("update", f"u{n}") for n in range(3)]
    changes += [change("delete", f"d{n}") for n in range(3)]

    found = cut(changes, live(10), Names())

    lists = ("category", "collection")
    assert [(b.verb, len(b.refs), b.first, b.requests, b.reads) for b in found] == [
        ("PUT", 1, True, 3, ()),
        # The list of ten is two pages, before and after.
        ("PUT", 2, False, 2 + 2 + 2, ()),
        ("POST", 1, True, 2, ()),
        ("POST", 3, False, 3 + 2, ()),
        # Before the first delete the list of fourteen, and those of what may stand in them.
        ("DELETE", 1, True, 3 + 2 + 1, lists),
        ("DELETE", 2, False, 2 + 2 + 2, ()),
    ]
    assert lists_before_deletes({"category"}) == lists
    assert price(found, Rate(2, 3)) == Cost(28, 42, 2, 3)


def test_what_a_delete_names_is_looked_at_after_the_first_and_after_the_last() -> None:
    names = [("collection", "1"), ("collection", "2"), ("category", "x")]
    changes = [
        change("delete", "a", beside=(names[0],)),
        change("delete", "b", beside=(names[1],)),
        change("delete", "c", beside=(names[2], names[0])),
    ]
    plain = [change("delete", key) for key in "abc"]

    found, without = cut(changes, live(4), Names()), cut(plain, live(4), Names())

    assert [batch.confirms for batch in found] == [(names[0],), (names[1], names[2])]
    assert [a.requests - b.requests for a, b in zip(found, without, strict=True)] == [1, 2]
    assert by_kind(names) == {"collection": ["1", "2"], "category": ["x"]}


def test_batches_are_no_longer_than_a_page_or_what_the_rate_sends() -> None:
    changes = [change("update", f"c{n:03}") for n in range(8)]

    assert [len(b.refs) for b in cut(changes, live(9, page_sizes={"category": 3}), Names())] == [
        1,
        3,
        3,
        1,
    ]
    # Two pages of a list are read in the time of two writes.
    assert [len(b.refs) for b in cut(changes, live(9), Names(), rate=Rate(5, 8))] == [1, 3, 3, 1]
    assert [len(b.refs) for b in cut(changes, live(9), Names(), rate=Rate(9, 8))] == [1, 7]
    assert [
        len(b.refs) for b in cut(changes, live(9), Names(), taken=[("category", "update")])
    ] == [8]


def test_creates_of_what_has_no_read_by_ids_are_read_back_once_a_level() -> None:
    top = [want("category", f"t{n}", name=f"T{n}") for n in range(400)]
    below = [want("category", f"b{n}", name=f"B{n}", parent=f"t{n % 400}") for n in range(600)]

    plan = build(catalog(*top, *below), account(), state())

    # The first alone and read by id; a list of 400 is three pages, one of 1,000 five.
    assert [(len(b.refs), b.requests) for b in plan.batches] == [(1, 2), (399, 402), (600, 606)]
    assert plan.cost.requests <= 1_000 * 1.05


@given(st.integers(1, 300), st.sampled_from(sorted(LARGE)), st.integers(1, 2_000))
@settings(max_examples=40, deadline=None)
def test_what_a_batch_rests_on_is_never_older_than_it_may_be(
    number: int, there: int, requests: int
) -> None:
    changes = [change("update", f"c{n:04}") for n in range(number)]
    counts = Counts(LARGE[there])

    found = cut(changes, LARGE[there], Names(), rate=Rate(requests, 60.0))

    for batch in found:
        read = 1 if batch.first else counts.read_cost("category", len(batch.refs))
        seconds = (read + len(batch.refs)) * 60.0 / requests
        assert seconds <= FRESH or len(batch.refs) == 1


def test_what_each_delete_names_is_looked_at_after_the_first_and_the_rest_after_the_last() -> None:
    """Three batches, since the rate is slow: nothing is looked at after the one between."""
    keys = ("a", "b", "c")
    live = account(
        *(has("collection", key, name=key, categories=(f"sale-{key}",)) for key in keys),
        *(has("category", f"sale-{key}", name=key) for key in keys),
    )
    known = state(*(entry("collection", key, key, name=key) for key in keys))

    plan = build(catalog(policy=Policy(rate=Rate(1, 8))), live, known)

    assert [batch.confirms for batch in plan.batches] == [
        (("category", "sale-a"),),
        (),
        (("category", "sale-b"), ("category", "sale-c")),
    ]


def test_the_lists_before_a_delete_count_what_was_made_before_it() -> None:
    """The third of three creates brings a list of 250 to a page more."""

    def last(there: int) -> int:
        wanted = catalog(*(want("collection", key, name=key.upper()) for key in ("x", "y", "z")))
        live = account(
            has("category", "1", name="Old"),
            *(has("collection", f"{n}", name=f"{n}") for n in range(there)),
        )
        known = state(entry("category", "old", "1", name="Old", parent=None))
        batch = build(wanted, live, known).batches[-1]
        assert (batch.kind, batch.verb) == ("category", "DELETE")
        return batch.requests

    assert last(248) == last(247) + 1


# --- pages of a long list -------------------------------------------------------------------------


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=60, unique=True), st.integers(1, 250))
def test_the_pages_show_all_that_is_asked_for_and_each_is_of_use(
    places: list[int], size: int
) -> None:
    standing = {str(place): place for place in range(2_001)}
    wanted = [str(place) for place in places]

    found = pages_of(standing, wanted, size)

    shown = [range(start, start + size) for start in found]
    assert all(any(place in page for page in shown) for place in places)
    assert all(any(place in page for place in places) for page in shown)
    assert len(found) <= len(places)


def test_what_has_no_place_in_a_list_is_on_no_page() -> None:
    assert pages_of({"1": 0}, ["1", "2"], 250) == ()


def test_what_moved_up_a_little_is_still_on_its_page() -> None:
    (start,) = pages_of({str(n): n for n in range(500)}, ["300"], 250)
    assert start <= 300 - MARGIN


def test_a_short_list_one_without_order_and_one_that_did_not_fit_have_no_pages() -> None:
    ids = ["400"]
    long, short = live(600), live(498)
    unfit = live(600, partial=frozenset({"category"}))

    assert Counts(long).pages("category", ids) == (390,)
    assert Counts(short).pages("category", ids) == ()
    assert Counts(long, shuffled={"category"}).pages("category", ids) == ()
    assert Counts(unfit).pages("category", ids) == ()
    assert Counts(long).read_cost("category", 100, [str(n) for n in range(300, 400)]) == 1
    assert Counts(long).read_cost("category", 100) == 4


# --- what so many writes cost (docs/api.md) -------------------------------------------------------

NUMBER = 2_000
TREE = 20
"""Categories at the top, and in each of them."""


def _parent(number: int, prefix: str) -> str | None:
    return None if number < TREE else f"{prefix}{number // TREE - 1}"


def _made(kind: str) -> Plan:
    wanted = (_wanted(kind, number) for number in range(NUMBER))
    return build(catalog(*wanted), account(), state())


def _changed(kind: str) -> Plan:
    wanted = [_wanted(kind, number) for number in range(NUMBER)]
    objects, entries = [], []
    for number in range(NUMBER):
        place = {"parent": _parent(number, "i")} if kind == "category" else {}
        objects.append(has(kind, f"i{number}", name=f"Old {number}", **place))
        entries.append(entry(kind, f"c{number}", f"i{number}", name=f"Old {number}", **place))
    return build(catalog(*wanted), account(*objects), state(*entries))


def _wanted(kind: str, number: int) -> Resource:
    place = {"parent": _parent(number, "c")} if kind == "category" else {}
    return want(kind, f"c{number}", name=f"N{number}", **place)


@pytest.mark.parametrize(
    ("plan", "kind", "most"),
    [
        (_made, "collection", 2_021),
        (_changed, "collection", 2_042),
        (_made, "category", 2_016),
        (_changed, "category", 2_084),
    ],
)
def test_two_thousand_writes_cost_no_more_than_is_said(
    plan: Callable[[str], Plan], kind: str, most: int
) -> None:
    made = plan(kind)

    assert made.summary.create + made.summary.update == NUMBER
    assert NUMBER < made.cost.requests <= most
