"""Creates in doubt within one run (contract 2.6): looked for, sent again once, reported."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.sandbox import Answer, Request
from reconciler.sandbox.store import loads
from tests.e2e.worlds import World, world
from tests.limits import HANG

ONE = "categories: [{key: a, name: A}]\n"
SIX = "categories:\n" + "".join(f"  - {{key: k{n}, name: N{n}}}\n" for n in range(6))
FAILED = Answer(502, {"message": "Bad Gateway"})
GRACE = ("--grace", "0.6")
LATE = ("--grace", str(HANG))
"""For what comes late and for sure: it is waited for until it is there."""


def names(pxm: World) -> list[str]:
    return sorted(item["name"] for item in pxm.sandbox.all("category"))


def posts(pxm: World) -> int:
    return sum(
        request.method == "POST" and "oauth" not in request.path for request in pxm.sandbox.requests
    )


def first_posts(number: int, answer: Answer) -> Callable[[Request], Answer | None]:
    """A hook that gives an answer to so many creates."""
    left = [number]
    guard = threading.Lock()

    def hook(request: Request) -> Answer | None:
        if request.method != "POST" or "oauth" in request.path:
            return None
        with guard:
            left[0] -= 1
            return answer if left[0] >= 0 else None

    return hook


@pytest.mark.parametrize(
    "broken", [FAILED, Answer(reset=True), Answer(drop=True), Answer(cut=True)]
)
def test_a_create_that_took_effect_without_a_word_is_found_and_not_sent_again(
    pxm: World,
    broken: Answer,
) -> None:
    pxm.sandbox.on_answer(first_posts(1, broken))
    pxm.write(ONE)

    assert pxm.apply(*GRACE) == 0, pxm.out
    assert names(pxm) == ["A"]
    assert posts(pxm) == 1
    assert "looked for a create that answered no id" in pxm.out


@pytest.mark.parametrize("broken", [FAILED, Answer(reset=True), Answer(drop=True)])
def test_a_create_that_took_no_effect_is_sent_again_once_it_was_looked_for(
    pxm: World,
    broken: Answer,
) -> None:
    pxm.sandbox.on_request(first_posts(1, broken))
    pxm.write(ONE)

    assert pxm.apply(*GRACE) == 0, pxm.out
    assert names(pxm) == ["A"]
    assert "1 × sent a create in doubt again" in pxm.out


@pytest.mark.parametrize("dialect", ["write-results", "write-empty", "create-partial"])
def test_a_create_whose_answer_tells_little_is_made_once(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with world(tmp_path, monkeypatch, capsys, dialect) as pxm:
        pxm.write(SIX)
        assert pxm.apply(*GRACE) == 0, pxm.out
        assert names(pxm) == [f"N{n}" for n in range(6)]
        assert posts(pxm) == 6


def test_creates_that_land_after_the_client_has_given_up_are_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with world(tmp_path, monkeypatch, capsys, "slow-create") as pxm:
        pxm.write(ONE)
        assert pxm.apply(*LATE) == 0, pxm.out
        assert names(pxm) == ["A"]
        assert posts(pxm) == 1


def test_five_creates_in_doubt_in_a_row_stop_the_run(pxm: World) -> None:
    """The first create of its kind goes well, the five beside each other do not."""
    pxm.write(SIX + "collections: [{key: c, name: C}]\n")
    fails = first_posts(100, FAILED)

    def from_the_second_on(request: Request) -> Answer | None:
        return fails(request) if names(pxm) else None

    pxm.sandbox.on_request(from_the_second_on)

    assert pxm.pxm("apply", "--yes", *GRACE) == 1
    assert "5 creates in a row were left in doubt: the API answers too badly" in pxm.out
    assert not [r for r in pxm.sandbox.requests if r.method == "POST" and "/collection" in r.path]
    pxm.sandbox.on_request(None)
    assert pxm.apply(*GRACE) == 0, pxm.out
    assert names(pxm) == [f"N{n}" for n in range(6)]


def test_a_first_create_that_lands_after_the_second_is_reported_as_a_double(
    pxm: World,
) -> None:
    box = pxm.sandbox
    box.on_request(first_posts(1, Answer(drop=True)))
    pxm.write(ONE)
    assert pxm.pxm("apply", "--yes", *GRACE) == 0
    double = box.put_object("category", {"name": "A"})

    assert pxm.pxm("plan") == 0
    assert f"category/a: a second object 'A' ({double}) has turned up" in pxm.out
    assert "Remove it in the web interface" in pxm.out


@pytest.mark.parametrize("times", [2, 3])
def test_a_create_that_landed_more_than_once_is_never_sent_again(pxm: World, times: int) -> None:
    """Something on the way sent it on twice: the earliest is ours, the others are reported."""
    box = pxm.sandbox
    landed: list[str] = []

    def land(request: Request) -> Answer | None:
        if request.method != "POST" or "oauth" in request.path or landed:
            return None
        for number in range(times):
            made = {"name": "A", "created_date": f"2099-01-01T00:00:0{9 - number}Z"}
            landed.append(box.put_object("category", made))
        return Answer(drop=True)

    box.on_request(land)
    pxm.write(ONE)

    assert pxm.apply(*GRACE) == 0, pxm.out
    assert posts(pxm) == 1
    assert len(names(pxm)) == times
    for double in landed[:-1]:
        assert f"Note: category/a: a second object 'A' ({double}) has turned up" in pxm.out
    assert pxm.pxm("plan") == 0
    assert f"category/a: a second object 'A' ({landed[0]}) has turned up" in pxm.out
    assert pxm.pxm("state", "show", "category/a") == 0
    assert landed[-1] in pxm.out


TWINS = """
categories: [{key: c, name: C}]
collections:
  - {key: a, name: First, category: c}
  - {key: plain, name: Same, category: c}
  - {key: titled, name: Same, additional_title: SKU-1, category: c}
"""


def test_what_this_run_has_just_made_is_not_taken_for_a_create_in_doubt(pxm: World) -> None:
    """Two products of one name; the one that says less is lost, the other is made beside it."""
    lost: list[Request] = []

    def lose(request: Request) -> Answer | None:
        is_plain = b'"Same"' in request.body and b"SKU-1" not in request.body
        if request.method != "POST" or not is_plain or lost:
            return None
        lost.append(request)
        return FAILED

    pxm.sandbox.on_request(lose)
    pxm.write(TWINS)

    assert pxm.apply(*GRACE) == 0, pxm.out
    assert lost
    assert len(pxm.sandbox.all("collection")) == 3


def test_a_create_that_could_not_be_looked_for_is_not_sent_again(pxm: World) -> None:
    pxm.sandbox.on_request(first_posts(1, FAILED))

    def refuse(request: Request) -> Answer | None:
        listed = request.method == "GET" and request.path.endswith("/category")
        return Answer(400, {"message": "no lists today"}) if listed and posts(pxm) else None

    pxm.sandbox.on_answer(refuse)
    pxm.write(ONE)

    assert pxm.pxm("apply", "--yes", *GRACE) == 1
    assert posts(pxm) == 1
    assert "nobody knows whether it was made" in pxm.out
    assert "creates in doubt could not be looked for: 400: no lists today" in pxm.out
    pxm.sandbox.on_answer(None)
    assert pxm.apply(*GRACE) == 0, pxm.out
    assert names(pxm) == ["A"]


def test_no_namesake_is_called_a_double_where_no_create_was_in_doubt(
    pxm: World,
) -> None:
    pxm.write(ONE)
    assert pxm.apply() == 0
    pxm.sandbox.put_object("category", {"name": "A"})

    assert pxm.pxm("plan") == 0
    assert "has turned up" not in pxm.out


def test_a_second_create_that_the_account_refuses_as_a_namesake_finds_the_first(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first one lands while the second is under way: 409, and then it is found."""
    with world(tmp_path, monkeypatch, capsys, "names-unique") as pxm:
        box = pxm.sandbox
        seen: list[Request] = []

        def late(request: Request) -> Answer | None:
            if request.method != "POST" or "oauth" in request.path:
                return None
            seen.append(request)
            if len(seen) == 1:
                return Answer(drop=True)
            box.app.rules.create("category", loads(seen[0].body))
            return None

        box.on_request(late)
        pxm.write(ONE)

        assert pxm.apply(*GRACE) == 0, pxm.out
        assert names(pxm) == ["A"]
        assert len(seen) == 2
        assert [r.status for r in box.requests if r.method == "POST"][-1] == 409


# --- long lists: by the day of creation -----------------------------------------------------------

THREE = "collections:\n" + "".join(f"  - {{key: k{n}, name: N{n}}}\n" for n in range(3))
LONG = 260
Shows = Callable[[list[dict[str, str]]], Answer]


def with_old_products(pxm: World) -> None:
    for number in range(LONG):
        old = {"name": f"Old {number}", "created_date": "2020-01-01T00:00:00Z"}
        pxm.sandbox.put_object("collection", old)


def in_doubt(pxm: World, when: str) -> None:
    """The second create is answered 502, before or after it took effect."""
    hook = pxm.sandbox.on_request if when == "before" else pxm.sandbox.on_answer
    seen: list[str] = []

    def second(request: Request) -> Answer | None:
        if request.method == "POST" and request.path.endswith("/collection"):
            seen.append(request.path)
            return FAILED if len(seen) == 2 else None
        return None

    hook(second)


def reads(pxm: World) -> tuple[int, int]:
    """Pages read after the first create: by the day of creation, and of the whole list."""
    sent = pxm.sandbox.requests
    first = next(
        n
        for n, request in enumerate(sent)
        if request.method == "POST" and "oauth" not in request.path
    )
    pages = [
        request.query
        for request in sent[first:]
        if request.path.endswith("/collection")
        and request.method == "GET"
        and "ids" not in request.query
    ]
    by_day = sum("created_start_date" in query for query in pages)
    return by_day, len(pages) - by_day


def made(pxm: World) -> list[str]:
    return sorted(x["name"] for x in pxm.sandbox.all("collection") if x["name"].startswith("N"))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_create_in_doubt_is_looked_for_among_what_was_created_of_late(
    pxm: World, when: str
) -> None:
    with_old_products(pxm)
    in_doubt(pxm, when)
    pxm.write(THREE)
    assert pxm.pxm("apply", "--yes", "--new-state", *GRACE) == 0, pxm.out
    by_day, whole = reads(pxm)
    assert by_day > 0
    assert whole == 0
    assert made(pxm) == ["N0", "N1", "N2"]
    assert posts(pxm) == 3 + (when == "before")
    assert pxm.pxm("state", "pull") == 0
    assert '"created-since.collection"' in pxm.out


def refused(_: list[dict[str, str]]) -> Answer:
    return Answer(400, {"message": "no such parameter"})


def ignored(everything: list[dict[str, str]]) -> Answer:
    return Answer(200, {"collections": everything[:250]})


def blind(_: list[dict[str, str]]) -> Answer:
    return Answer(200, {"collections": []})


@pytest.mark.parametrize("shows", [refused, ignored, blind])
def test_an_account_that_does_not_heed_the_day_is_read_whole_before_anything_is_sent_again(
    pxm: World, shows: Shows
) -> None:
    with_old_products(pxm)
    in_doubt(pxm, "after")

    def by_day(request: Request) -> Answer | None:
        if "created_start_date" not in request.query:
            return None
        return shows(list(pxm.sandbox.all("collection")))

    pxm.sandbox.on_request(by_day)
    pxm.write(THREE)
    assert pxm.pxm("apply", "--yes", "--new-state", *GRACE) == 0, pxm.out
    by_day_reads, whole = reads(pxm)
    assert by_day_reads > 0
    assert whole > 0
    assert made(pxm) == ["N0", "N1", "N2"]
    assert posts(pxm) == 3


def test_a_day_that_shows_products_alone_is_no_proof_of_a_variant(pxm: World) -> None:
    """Its silence on a variant counts once it has shown another one."""
    with_old_products(pxm)

    def second(request: Request) -> Answer | None:
        is_variant = request.method == "POST" and b"parent_topic_id" in request.body
        return FAILED if is_variant and pxm.sandbox.all("collection")[-1]["name"] == "M" else None

    def by_day(request: Request) -> Answer | None:
        if "created_start_date" not in request.query:
            return None
        young = pxm.sandbox.all("collection")[LONG:]
        return Answer(200, {"collections": [x for x in young if not x.get("parent_topic_id")]})

    pxm.sandbox.on_answer(second)
    pxm.sandbox.on_request(by_day)
    pxm.write("collections: [{key: p, name: N0, variants: [{key: p-m, name: M}]}]\n")
    assert pxm.pxm("apply", "--yes", "--new-state", *GRACE) == 0, pxm.out
    by_day_reads, whole = reads(pxm)
    assert by_day_reads > 0
    assert whole > 0
    assert [x["name"] for x in pxm.sandbox.all("collection")[LONG:]] == ["N0", "M"]
    assert posts(pxm) == 2
