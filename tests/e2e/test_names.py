"""Names given up and taken over in one plan (contract 2.4), where equal names are allowed and not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.sandbox import Answer, Request
from tests.e2e.worlds import World, world

ALLOWED, CONFLICT, BAD = "allowed", "409", "400"
UNIQUE = (CONFLICT, BAD)

TOP = "categories: [{key: t, name: Tents}]\n"


@contextmanager
def account(
    manner: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    """An account that allows equal names, or refuses them with 409 or 400."""
    dialects = () if manner == ALLOWED else ("names-unique",)
    with world(tmp_path, monkeypatch, capsys, *dialects) as pxm:
        if manner == BAD:
            pxm.sandbox.on_answer(as_bad_request)
        yield pxm


def as_bad_request(request: Request) -> Answer | None:
    taken = request.status == 409 and request.answer is not None
    return Answer(400, request.answer.body) if taken and request.answer else None


@pytest.fixture
def pxm(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    with account(request.param, tmp_path, monkeypatch, capsys) as made:
        yield made


everywhere = pytest.mark.parametrize("pxm", [ALLOWED, *UNIQUE], indirect=True)
allowed = pytest.mark.parametrize("pxm", [ALLOWED], indirect=True)
unique = pytest.mark.parametrize("pxm", UNIQUE, indirect=True)


TITLES = {
    "attribute": "label",
    "attribute_group": "name",
    "category": "name",
    "collection": "name",
    "resource": "description",
}


def titles(pxm: World) -> dict[str, str]:
    """What each object is called, by id."""
    return {
        item["id"]: item[title] for kind, title in TITLES.items() for item in pxm.sandbox.all(kind)
    }


def became(before: dict[str, str], pxm: World) -> list[tuple[str, str]]:
    """What each object was called, and is now; `new` what was not there, `-` what is gone."""
    after = titles(pxm)
    pairs = [(before.get(id_, "new"), name) for id_, name in after.items()]
    return sorted(pairs + [(name, "-") for id_, name in before.items() if id_ not in after])


def refusals(pxm: World, since: int) -> int:
    return sum(request.status in (400, 409) for request in pxm.sandbox.requests[since:])


def behaviours(pxm: World) -> dict[str, str]:
    assert pxm.pxm("state", "pull") == 0
    return {name: value for name, value, _ in json.loads(pxm.out)["behaviours"]}


# --- who gives a name up goes first -------------------------------------------------------------

CHAINS = {
    "categories": (
        "categories: [{key: a, name: One}, {key: b, name: Two}, {key: c, name: Three}]\n",
        "categories: [{key: a, name: Two}, {key: b, name: Three}, {key: c, name: Four}]\n",
    ),
    "attributes": (
        "attributes: [{key: a, label: One, type: Text}, {key: b, label: Two, type: Number}, {key: c, label: Three, type: Text}]\n",
        "attributes: [{key: a, label: Two, type: Text}, {key: b, label: Three, type: Number}, {key: c, label: Four, type: Text}]\n",
    ),
    "groups": (
        "attribute_groups: [{key: a, name: One}, {key: b, name: Two}, {key: c, name: Three}]\n",
        "attribute_groups: [{key: a, name: Two}, {key: b, name: Three}, {key: c, name: Four}]\n",
    ),
    "products": (
        TOP + "collections: [{key: a, name: One, category: t}, {key: b, name: Two, category: t}, {key: c, name: Three, category: t}]\n",
        TOP + "collections: [{key: a, name: Two, category: t}, {key: b, name: Three, category: t}, {key: c, name: Four, category: t}]\n",
    ),
    "products with numbers": (
        TOP + "collections: [{key: a, name: One, additional_title: S1, category: t}, {key: b, name: Two, additional_title: S2, category: t}, {key: c, name: Three, additional_title: S3, category: t}]\n",
        TOP + "collections: [{key: a, name: Two, additional_title: S1, category: t}, {key: b, name: Three, additional_title: S2, category: t}, {key: c, name: Four, additional_title: S3, category: t}]\n",
    ),
    "variants": (
        "collections: [{key: p, name: P, variants: [{key: a, name: One}, {key: b, name: Two}, {key: c, name: Three}]}]\n",
        "collections: [{key: p, name: P, variants: [{key: a, name: Two}, {key: b, name: Three}, {key: c, name: Four}]}]\n",
    ),
    "resources": (
        "resources: [{key: a, description: One, link: x}, {key: b, description: Two, link: y}, {key: c, description: Three, link: z}]\n",
        "resources: [{key: a, description: Two, link: x}, {key: b, description: Three, link: y}, {key: c, description: Four, link: z}]\n",
    ),
}  # fmt: skip


@everywhere
@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_of_renames_is_one_run_without_a_refusal(pxm: World, chain: str) -> None:
    first, second = CHAINS[chain]
    pxm.write(first)
    assert pxm.apply() == 0, pxm.out
    before, since = titles(pxm), len(pxm.sandbox.requests)
    pxm.write(second)

    assert pxm.apply() == 0, pxm.out
    assert {("One", "Two"), ("Two", "Three"), ("Three", "Four")} <= set(became(before, pxm))
    assert refusals(pxm, since) == 0
    assert_as_predicted(pxm)


def assert_as_predicted(pxm: World) -> None:
    (line,) = (text for text in pxm.out.splitlines() if text.startswith("Requests: "))
    sent, predicted = (part.split()[0] for part in line.removeprefix("Requests: ").split(", "))
    assert sent == predicted, pxm.out


@everywhere
def test_a_product_is_renamed_and_a_new_one_takes_its_name(pxm: World) -> None:
    pxm.write(TOP + "collections: [{key: z, name: Fjell, category: t}]\n")
    assert pxm.apply() == 0
    before, since = titles(pxm), len(pxm.sandbox.requests)
    pxm.write(TOP + "collections: [{key: z, name: Fjell 2025, category: t}, {key: b, name: Fjell, category: t}]\n")  # fmt: skip

    assert pxm.apply() == 0, pxm.out
    assert became(before, pxm) == [
        ("Fjell", "Fjell 2025"),
        ("Tents", "Tents"),
        ("new", "Fjell"),
    ]
    assert refusals(pxm, since) == 0
    assert_as_predicted(pxm)


@everywhere
def test_a_giver_that_comes_a_level_later_is_waited_for_once_the_account_refused(
    pxm: World,
) -> None:
    """x moves under a new category and so gives up its name at the top, which y takes."""
    pxm.write("categories: [{key: x, name: One}]\n")
    assert pxm.apply() == 0
    before, since = titles(pxm), len(pxm.sandbox.requests)
    pxm.write("categories: [{key: n, name: N, children: [{key: x, name: One}]}, {key: y, name: One, children: [{key: z, name: Z}]}]\n")  # fmt: skip

    assert pxm.apply() == 0, pxm.out
    assert became(before, pxm) == [("One", "One"), ("new", "N"), ("new", "One"), ("new", "Z")]
    assert refusals(pxm, since) == (1 if "unique-names.category" in behaviours(pxm) else 0)


# --- names that a delete frees ------------------------------------------------------------------

LEAVES = "categories: [{key: a, name: One}, {key: b, name: Two}, {key: c, name: Three}]\n"
TAKES = "categories: [{key: b, name: One}, {key: c, name: Three}]\n"


@everywhere
def test_a_category_leaves_and_another_takes_its_name(pxm: World) -> None:
    pxm.write(LEAVES)
    assert pxm.apply() == 0
    before = titles(pxm)
    pxm.write(TAKES)

    assert pxm.apply() == 0, pxm.out
    assert became(before, pxm) == [("One", "-"), ("Three", "Three"), ("Two", "One")]


@unique
def test_the_requests_of_a_second_attempt_are_booked(pxm: World) -> None:
    """Refused, read back, and tried again after the delete: three requests beyond the plan's."""
    pxm.write(LEAVES)
    assert pxm.apply() == 0
    pxm.write(TAKES)

    assert pxm.apply() == 0, pxm.out
    assert "Apply complete! 0 created, 0 adopted, 1 updated, 1 deleted." in pxm.out
    assert "Requests: 12 sent, 9 predicted.\n  3 × tried again once a name was given up\n" in pxm.out  # fmt: skip


@unique
def test_an_account_that_was_seen_is_not_asked_for_a_refusal_again(pxm: World) -> None:
    pxm.write(LEAVES)
    assert pxm.apply() == 0
    pxm.write(TAKES)
    assert pxm.apply() == 0
    assert behaviours(pxm) == {"unique-names.category": "yes"}

    before, since = titles(pxm), len(pxm.sandbox.requests)
    pxm.write("categories: [{key: c, name: One}]\n")
    assert pxm.apply() == 0, pxm.out
    assert became(before, pxm) == [("One", "-"), ("Three", "One")]
    assert refusals(pxm, since) == 0
    assert_as_predicted(pxm)


REPLACED = """
removed: [{kind: category, key: a}]
categories: [{key: b, name: One, children: [{key: d, name: Deep}]}, {key: c, name: Three}]
collections: [{key: p, name: P, category: d}]
"""


@everywhere
def test_what_depends_on_a_taker_waits_with_it(pxm: World) -> None:
    pxm.write("categories: [{key: a, name: One}, {key: c, name: Three}]\n")
    assert pxm.apply() == 0
    before = titles(pxm)
    pxm.write(REPLACED)

    assert pxm.apply() == 0, pxm.out
    assert became(before, pxm) == [
        ("One", "-"),
        ("Three", "Three"),
        ("new", "Deep"),
        ("new", "One"),
        ("new", "P"),
    ]


def deleted_and_written(pxm: World, since: int) -> list[str]:
    return [
        request.method
        for request in pxm.sandbox.requests[since:]
        if request.method != "GET" and "oauth" not in request.path and request.status < 400
    ]


@unique
def test_deletes_that_free_no_name_still_come_last(pxm: World) -> None:
    pxm.write("categories: [{key: a, name: One}, {key: b, name: Two}, {key: o, name: Old}]\n")
    assert pxm.apply() == 0
    since = len(pxm.sandbox.requests)
    pxm.write("categories: [{key: b, name: One}]\nattribute_groups: [{key: g, name: G}]\n")

    assert pxm.apply() == 0, pxm.out
    assert deleted_and_written(pxm, since) == ["POST", "DELETE", "PUT", "DELETE"]


@unique
def test_a_name_that_no_delete_will_free_is_refused_and_its_holder_named(pxm: World) -> None:
    pxm.write(LEAVES.replace("name: One}", "name: One, lifecycle: {prevent_destroy: true}}"))
    assert pxm.apply() == 0
    pxm.write(TAKES.replace("Three", "Drei"))

    for _ in range(2):
        assert pxm.pxm("apply", "--yes") == 1
        assert 'failed: catalog.yaml:1:14: update category/b "One"' in pxm.out
        assert (
            "the account refuses equal names, and category/a has this one: "
            "give one of them another name" in pxm.out
        )  # fmt: skip
        assert sorted(titles(pxm).values()) == ["Drei", "One", "Two"]


@unique
def test_a_name_that_somebody_else_has_is_refused_and_its_holder_named(pxm: World) -> None:
    pxm.write("categories: [{key: a, name: One}, {key: b, name: Two}]\n")
    assert pxm.apply() == 0
    theirs = pxm.sandbox.put_object("category", {"name": "Theirs"})
    pxm.write("categories: [{key: a, name: Theirs}, {key: b, name: Zwei}]\n")

    assert pxm.pxm("apply", "--yes") == 1
    assert (
        f"the account refuses equal names, and 'Theirs' ({theirs}), which nobody declares, has "
        "this one: give one of them another name" in pxm.out
    )
    assert sorted(titles(pxm).values()) == ["One", "Theirs", "Zwei"]


@unique
def test_where_the_delete_is_refused_the_taker_fails_in_the_words_of_the_api(pxm: World) -> None:
    pxm.write(LEAVES)
    assert pxm.apply() == 0
    one = next(item["id"] for item in pxm.sandbox.all("category") if item["name"] == "One")

    def kept(request: Request) -> Answer | None:
        deletes = request.method == "DELETE" and request.path.endswith(one)
        return Answer(400, {"message": "it is locked"}) if deletes else None

    pxm.sandbox.on_request(kept)
    pxm.write(TAKES)

    assert pxm.pxm("apply", "--yes") == 1
    assert "it depends on category/a, which was not made" in pxm.out
    assert "'One' exists already; it depends on category/a" in pxm.out
    assert "Apply incomplete: 0 done, 2 failed, 0 not attempted." in pxm.out
    pxm.sandbox.on_request(None)
    assert pxm.apply() == 0, pxm.out


# --- circles ------------------------------------------------------------------------------------

CIRCLES = {
    "a swap": (
        "categories: [{key: a, name: One}, {key: b, name: Two}]\n",
        "categories: [{key: a, name: Two}, {key: b, name: One}]\n",
        [("One", "Two"), ("Two", "One")],
        "category/a takes the name of category/b, which cannot give it up before: apply with "
        "another name for category/a first, then with this one",
    ),
    "a swap of products": (
        TOP + "collections: [{key: a, name: One, category: t}, {key: b, name: Two, category: t}]\n",
        TOP + "collections: [{key: a, name: Two, category: t}, {key: b, name: One, category: t}]\n",
        [("One", "Two"), ("Tents", "Tents"), ("Two", "One")],
        "collection/a takes the name of collection/b, which cannot give it up before: apply with "
        "another name for collection/a first, then with this one",
    ),
    "through a reference": (
        "categories: [{key: a, name: One}]\n",
        "categories: [{key: b, name: One, children: [{key: a, name: One}]}]\n",
        [("One", "One"), ("new", "One")],
        "category/b takes the name of category/a, which cannot give it up before: apply with "
        "another name for category/b first, then with this one",
    ),
    "through contents": (
        "categories: [{key: a, name: One}]\ncollections: [{key: p, name: P, category: a}]\n",
        "removed: [{kind: category, key: a}]\n"
        "categories: [{key: b, name: One}]\ncollections: [{key: p, name: P, category: b}]\n",
        [("One", "-"), ("P", "P"), ("new", "One")],
        "category/b takes the name of category/a, which cannot give it up before: apply with "
        "another name for category/b first, then with this one, or say with `moved:` that it is "
        "the same object",
    ),
}


@allowed
@pytest.mark.parametrize("circle", CIRCLES)
def test_where_equal_names_are_allowed_a_circle_of_names_is_one_run(
    pxm: World, circle: str
) -> None:
    first, second, wanted, _ = CIRCLES[circle]
    pxm.write(first)
    assert pxm.apply() == 0
    before = titles(pxm)
    pxm.write(second)

    assert pxm.apply() == 0, pxm.out
    assert became(before, pxm) == wanted
    assert_as_predicted(pxm)


@unique
@pytest.mark.parametrize("circle", CIRCLES)
def test_where_they_are_refused_a_circle_is_blocked_with_a_way_out_that_works(
    pxm: World, circle: str
) -> None:
    first, second, wanted, words = CIRCLES[circle]
    pxm.write(first)
    assert pxm.apply() == 0
    before = titles(pxm)
    pxm.write(second)

    assert pxm.pxm("apply", "--yes") == 3, pxm.out
    assert f"this account refuses equal names, and {words}\n" in pxm.out
    assert became(before, pxm) == sorted((name, name) for name in before.values())
    since = len(pxm.sandbox.requests)
    assert pxm.pxm("apply", "--yes") == 3
    assert f"this account refuses equal names, and {words}\n" in pxm.out
    assert deleted_and_written(pxm, since) == []
    assert refusals(pxm, since) == 0

    taker = words.partition(" takes")[0].partition("/")[2]
    name = "Two" if "swap" in circle else "One"
    pxm.write(second.replace(f"{{key: {taker}, name: {name}", f"{{key: {taker}, name: Between"))
    assert pxm.apply() == 0, pxm.out
    pxm.write(second)
    assert pxm.apply() == 0, pxm.out
    assert became(before, pxm) == wanted


@everywhere
def test_others_go_on_beside_a_circle(pxm: World) -> None:
    pxm.write("categories: [{key: a, name: One}, {key: b, name: Two}, {key: c, name: Three}]\n")
    assert pxm.apply() == 0
    pxm.write("categories: [{key: a, name: Two}, {key: b, name: One}, {key: c, name: Four}]\n")

    code = pxm.pxm("apply", "--yes")
    assert "Four" in titles(pxm).values()
    assert code == (3 if "unique-names.category" in behaviours(pxm) else 0)


# --- what was seen may be wrong -----------------------------------------------------------------


@allowed
def test_an_equal_name_that_is_taken_after_all_sets_the_sighting_back_to_unknown(
    pxm: World,
) -> None:
    pxm.write("categories: [{key: a, name: One}, {key: b, name: Two}]\n")
    assert pxm.apply() == 0
    by_name = {item["name"]: item["id"] for item in pxm.sandbox.all("category")}
    pxm.sandbox.put_object("category", {"name": "Three"})

    def moody(request: Request) -> Answer | None:
        refused = request.method == "PUT" and request.path.endswith(by_name["One"])
        return Answer(400, {"message": "not on Sundays"}) if refused else None

    pxm.sandbox.on_request(moody)
    pxm.write("categories: [{key: a, name: Three}, {key: b, name: Two}]\n")
    assert pxm.pxm("apply", "--yes") == 1
    assert behaviours(pxm) == {"unique-names.category": "yes"}

    pxm.sandbox.on_request(None)
    assert pxm.apply() == 0
    assert "the account was seen to do otherwise before: unique-names.category was yes" in pxm.out
    assert behaviours(pxm) == {"unique-names.category": None}


@allowed
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_that_speaks_of_rights_is_none_of_names(pxm: World, status: int) -> None:
    pxm.write("categories: [{key: a, name: One}, {key: b, name: Two}]\n")
    assert pxm.apply() == 0
    pxm.sandbox.put_object("category", {"name": "Three"})
    refuse = Answer(status, {"message": "no"})
    pxm.sandbox.on_request(lambda request: refuse if request.method == "PUT" else None)
    pxm.write("categories: [{key: a, name: Three}, {key: b, name: Two}]\n")

    assert pxm.pxm("apply", "--yes") == 1
    assert behaviours(pxm) == {}


# --- accounts that refuse an equal name wherever it stands --------------------------------------


def test_a_conflict_with_an_object_that_stands_elsewhere_is_tried_again_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new product under a new category has the name of one that leaves."""
    with world(tmp_path, monkeypatch, capsys, "names-unique-account") as pxm:
        pxm.write(TOP + "collections: [{key: z, name: Fjell, category: t}]\n")
        assert pxm.apply() == 0
        before = titles(pxm)
        pxm.write(
            "categories: [{key: t, name: Tents}, {key: s, name: Sale}]\n"
            "collections: [{key: a, name: Fjell, category: s}]\n"
        )

        assert pxm.apply() == 0, pxm.out
        assert became(before, pxm) == [
            ("Fjell", "-"),
            ("Tents", "Tents"),
            ("new", "Fjell"),
            ("new", "Sale"),
        ]
        # Whether names must be unique among siblings was not seen.
        assert behaviours(pxm) == {}


@allowed
def test_a_bad_request_is_no_reason_to_delete_what_merely_has_the_same_name(pxm: World) -> None:
    pxm.write(TOP + "collections: [{key: z, name: Fjell, category: t}]\n")
    assert pxm.apply() == 0

    def picky(request: Request) -> Answer | None:
        creates = request.method == "POST" and request.path.endswith("/collection")
        return Answer(400, {"message": "not today"}) if creates else None

    pxm.sandbox.on_request(picky)
    pxm.write(
        "categories: [{key: t, name: Tents}, {key: s, name: Sale}]\n"
        "collections: [{key: a, name: Fjell, category: s}]\n"
    )

    assert pxm.pxm("apply", "--yes") == 1
    assert "Fjell" in titles(pxm).values()
    assert "deletes wait for collection/a" in pxm.out


@unique
def test_what_is_moved_out_later_is_deleted_later(pxm: World) -> None:
    """The product leaves Old for a category that waits for the name of One."""
    pxm.write("categories: [{key: a, name: One}, {key: o, name: Old}]\ncollections: [{key: p, name: P, category: o}]\n")  # fmt: skip
    assert pxm.apply() == 0
    since = len(pxm.sandbox.requests)
    pxm.write("removed: [{kind: category, key: a}]\ncategories: [{key: b, name: One}]\ncollections: [{key: p, name: P, category: b}]\n")  # fmt: skip

    assert pxm.apply() == 0, pxm.out
    assert deleted_and_written(pxm, since) == ["DELETE", "POST", "PUT", "DELETE"]
