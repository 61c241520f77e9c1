"""How many changes rest on one read: what is sent before it gets old (contract 7.5)."""

from __future__ import annotations

import re

import pytest

from reconciler.sandbox import Answer, Request
from tests.e2e.worlds import World

PRODUCTS = 60


def catalog(ending: str = "") -> str:
    rows = "".join(f"  - {{key: p{n}, name: P{n}{ending}}}\n" for n in range(PRODUCTS))
    return f"collections:\n{rows}"


def batches(pxm: World, since: int) -> list[int]:
    """How many objects each read by `ids=` asks for."""
    sent = pxm.sandbox.requests[since:]
    return [len(request.query["ids"].split(",")) for request in sent if "ids" in request.query]


def sent_and_booked(pxm: World) -> tuple[int, int, int]:
    """Requests sent, predicted, and booked to causes."""
    (line,) = re.findall(r"Requests: ([\d,]+) sent, ([\d,]+) predicted", pxm.out)
    causes = re.findall(r"^  ([\d,]+) × ", pxm.out, re.MULTILINE)
    return int(line[0]), int(line[1]), sum(map(int, causes))


@pytest.mark.parametrize(("rate", "size"), [(1_000_000, 59), (150, 20), (6, 1)])
def test_a_batch_holds_what_the_rate_sends_in_eight_seconds(
    pxm: World, rate: int, size: int
) -> None:
    pxm.write(catalog())
    assert pxm.apply() == 0
    pxm.write(catalog(" 2"))
    pxm.write(f"rate: {{requests: {rate}, per_seconds: 60}}\n", "reconciler.yaml")
    assert pxm.pxm("plan", "--format", "json") == 0
    reads = 2 * -(-(PRODUCTS - 1) // size)
    assert f'"requests": {PRODUCTS + 2 + reads}' in pxm.out


def test_after_a_429_batches_are_smaller_and_the_reads_are_booked(pxm: World) -> None:
    pxm.write(catalog())
    assert pxm.apply() == 0
    pxm.write(catalog(" 2"))
    asked: list[str] = []

    def slow_down(request: Request) -> Answer | None:
        if request.method != "PUT" or asked:
            return None
        asked.append(request.path)
        return Answer(429, {"error": "Rate limit exceeded.", "retry_after": 0})

    pxm.sandbox.on_request(slow_down)
    since = len(pxm.sandbox.requests)
    assert pxm.apply() == 0, pxm.out
    sent, predicted, booked = sent_and_booked(pxm)
    assert sent == predicted + booked
    assert max(batches(pxm, since)) == 25
    assert "× cut smaller after a 429" in pxm.out


def flat(number: int) -> str:
    return "categories:\n" + "".join(f"  - {{key: c{n}, name: N{n}}}\n" for n in range(number))


def test_creates_of_a_level_are_read_back_by_one_reading_of_the_list(pxm: World) -> None:
    pxm.write(flat(250))
    assert pxm.apply() == 0, pxm.out
    # The first is read by its id; the list of 250 is a page and what shows that it was the last.
    assert sent_and_booked(pxm) == (250 + 1 + 2, 250 + 1 + 2, 0)


def test_what_goes_wrong_in_a_level_stops_the_creates_that_are_not_sent_yet(pxm: World) -> None:
    posts: list[str] = []

    def worse(request: Request) -> Answer | None:
        if request.method != "POST" or "oauth" in request.path:
            return None
        posts.append(request.path)
        return Answer(502, {"message": "Bad Gateway"}) if len(posts) > 1 else None

    pxm.sandbox.on_request(worse)
    pxm.write(flat(250))
    assert pxm.pxm("apply", "--yes", "--grace", "0.2") == 1
    # A hundred side by side, and each of them once more.
    assert len(posts) <= 201
    assert "creates in a row were left in doubt" in pxm.out
    pxm.sandbox.on_request(None)
    assert pxm.apply("--grace", "0.2") == 0, pxm.out
    assert len(pxm.sandbox.all("category")) == 250


def test_updates_by_a_large_list_are_batches_that_leave_time_for_reading_it(pxm: World) -> None:
    pxm.write(flat(60))
    assert pxm.apply() == 0
    pxm.write(flat(60).replace("name: N", "name: M"))
    pxm.write("rate: {requests: 150, per_seconds: 60}\n", "reconciler.yaml")
    assert pxm.pxm("plan", "--format", "json") == 0
    # Twenty requests in eight seconds: two for the list and eighteen writes, four times.
    assert f'"requests": {60 + 2 + 4 * 2 * 2}' in pxm.out


# --- where objects stand in a long list -----------------------------------------------------------

LONG = 600


def with_categories(pxm: World) -> None:
    """A list of four requests, of which a part is declared, and is to be published."""
    for number in range(LONG):
        pxm.sandbox.put_object("category", {"name": f"N{number}", "published": False})
    declared = (f"  - {{key: c{n}, name: N{n}, published: true}}" for n in range(300, 420))
    pxm.write("\n".join(("categories:", *declared, "")))


def offsets(pxm: World) -> list[str]:
    """Of the pages of categories that were read once the first of them was written."""
    sent = pxm.sandbox.requests
    first = next(n for n, request in enumerate(sent) if request.method == "PUT")
    lists = [x.query for x in sent[first:] if x.method == "GET" and x.path.endswith("/category")]
    return [query["offset"] for query in lists]


def test_updates_of_neighbours_in_a_long_list_read_the_page_on_which_they_stand(
    pxm: World,
) -> None:
    with_categories(pxm)
    assert pxm.pxm("apply", "--yes", "--new-state") == 0, pxm.out
    # One alone and read by id; a hundred and nineteen, each with a page before and after.
    assert sent_and_booked(pxm) == (120 + 2 + 2 * 2, 120 + 2 + 2 * 2, 0)
    assert offsets(pxm) == ["291", "291", "391", "391"]
    assert sum(item["published"] for item in pxm.sandbox.all("category")) == 120


def test_a_list_that_keeps_no_order_is_not_asked_for_pages_again(pxm: World) -> None:
    with_categories(pxm)
    written: list[str] = []

    def turned_round(request: Request) -> Answer | None:
        if request.method == "PUT":
            written.append(request.path)
        if not written or request.method != "GET" or not request.path.endswith("/category"):
            return None
        start = int(request.query["offset"])
        items = list(reversed(list(pxm.sandbox.all("category"))))
        return Answer(200, items[start : start + int(request.query["limit"])])

    pxm.sandbox.on_request(turned_round)
    assert pxm.pxm("apply", "--yes", "--new-state") == 0, pxm.out
    sent, predicted, booked = sent_and_booked(pxm)
    assert sent <= predicted + booked
    assert "× read by id: a list lacked it or showed it otherwise" in pxm.out
    assert offsets(pxm)[:2] == ["291", "0"], "one page, then the whole list"
    assert sum(item["published"] for item in pxm.sandbox.all("category")) == 120
    assert pxm.pxm("state", "pull") == 0
    assert '"keeps-order.category"' in pxm.out
