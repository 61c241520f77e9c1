"""A PUT or DELETE that was not answered well goes out again on a fresh read alone (contract 7.2).

Somebody else acts while the program waits; what they wrote stays, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.sandbox import Answer, Request
from reconciler.sandbox.exchange import Hook
from tests.e2e.test_files import HERO, asset, files
from tests.e2e.worlds import World

ONE = """
categories:
  - {key: tents, name: Tents}
  - {key: sale, name: Sale}
attributes: [{key: care, label: Care, type: Text}, {key: size, label: Size, type: Text}]
collections:
  - key: dome
    name: %s
    category: tents
    categories: %s
    attributes: {care: %s}
"""
BEFORE = ONE % ("Dome", "[]", "Wash")
BUSY = Answer(429, {"error": "Rate limit exceeded."}, headers={"Retry-After": "0"})
DOWN = Answer(503, {"message": "Down"})
UNTAKEN = pytest.mark.parametrize(
    "trouble",
    [BUSY, DOWN, Answer(reset=True), Answer(drop=True)],
    ids=["429", "503", "reset", "drop"],
)


def once(method: str, path: str, answer: Answer, act: Callable[[], object]) -> Hook:
    """A hook for the first request of a method under a path: something happens, then it fails."""
    met: list[Request] = []

    def hook(request: Request) -> Answer | None:
        if request.method != method or path not in request.path or met:
            return None
        met.append(request)
        act()
        return answer

    return hook


def sent(pxm: World, method: str, path: str) -> int:
    return sum(r.method == method and path in r.path for r in pxm.sandbox.requests)


def named(pxm: World, kind: str, name: str) -> dict[str, Any]:
    all_ = pxm.sandbox.all(kind)
    (item,) = (item for item in all_ if name in (item.get("name"), item.get("label")))
    return item


def there(pxm: World, kind: str, id_: str) -> dict[str, Any]:
    item = pxm.sandbox.get(kind, id_)
    assert item is not None
    return item


@UNTAKEN
def test_what_somebody_wrote_before_the_repeat_stays(pxm: World, trouble: Answer) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    box = pxm.sandbox
    dome, size = named(pxm, "collection", "Dome"), named(pxm, "attribute", "Size")
    theirs = box.put_object("category", {"name": "Theirs"})
    value = {"id": size["id"], "value": "their <b>size</b>"}

    def act() -> None:
        now = there(pxm, "collection", dome["id"])
        box.edit(
            "collection",
            dome["id"],
            direct_parent=[*now["direct_parent"], theirs],
            attributes=[*now["attributes"], value],
        )

    box.on_request(once("PUT", "/collection/", trouble, act))
    pxm.write(ONE % ("Dome", "[sale]", "Brush"))

    assert pxm.apply() == 0, pxm.out + pxm.err
    after = there(pxm, "collection", dome["id"])
    assert theirs in after["direct_parent"]
    assert named(pxm, "category", "Sale")["id"] in after["direct_parent"]
    assert {item["id"]: item["value"] for item in after["attributes"]}[size["id"]] == value["value"]
    assert sent(pxm, "PUT", "/collection/") == 2
    assert "sent again after a read" in pxm.out


@UNTAKEN
def test_what_was_overtaken_before_the_repeat_is_left_and_reported(
    pxm: World, trouble: Answer
) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    box = pxm.sandbox
    dome = named(pxm, "collection", "Dome")

    def act() -> None:
        box.edit("collection", dome["id"], name="Their name")

    box.on_request(once("PUT", "/collection/", trouble, act))
    pxm.write(ONE % ("Our name", "[]", "Wash"))

    assert pxm.pxm("apply", "--yes") == 1
    assert "somebody changed name since the plan was made" in pxm.out
    assert there(pxm, "collection", dome["id"])["name"] == "Their name"
    assert sent(pxm, "PUT", "/collection/") == 1


@UNTAKEN
def test_what_somebody_deleted_before_the_repeat_is_not_put_again(
    pxm: World, trouble: Answer
) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    box = pxm.sandbox
    dome = named(pxm, "collection", "Dome")
    box.on_request(
        once("PUT", "/collection/", trouble, lambda: box.remove("collection", dome["id"]))
    )
    pxm.write(ONE % ("Our name", "[]", "Wash"))

    assert pxm.pxm("apply", "--yes") == 1
    assert "it was deleted by somebody else" in pxm.out
    assert sent(pxm, "PUT", "/collection/") == 1


@pytest.mark.parametrize("lost", [DOWN, Answer(reset=True), Answer(cut=True)])
def test_a_write_that_took_effect_without_an_answer_is_not_sent_again(
    pxm: World, lost: Answer
) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    pxm.sandbox.on_answer(once("PUT", "/collection/", lost, lambda: None))
    pxm.write(ONE % ("Our name", "[sale]", "Brush"))

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert sent(pxm, "PUT", "/collection/") == 1
    assert named(pxm, "collection", "Our name")


WITHOUT_SALE = BEFORE.replace("  - {key: sale, name: Sale}\n", "")


@UNTAKEN
def test_a_category_that_was_filled_before_the_repeat_is_not_deleted(
    pxm: World, trouble: Answer
) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    box = pxm.sandbox
    sale = named(pxm, "category", "Sale")["id"]

    def act() -> None:
        box.put_object("collection", {"name": "Theirs", "direct_parent": [sale]})

    box.on_request(once("DELETE", "/category/", trouble, act))
    pxm.write(WITHOUT_SALE)

    assert pxm.pxm("apply", "--yes") == 3, pxm.out
    assert "it still holds an unmanaged collection 'Theirs'" in pxm.out
    assert box.get("category", sale) is not None
    assert sent(pxm, "DELETE", "/category/") == 1


@UNTAKEN
def test_a_delete_that_was_not_taken_goes_out_again_once_the_lists_were_read(
    pxm: World, trouble: Answer
) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    pxm.sandbox.on_request(once("DELETE", "/category/", trouble, lambda: None))
    pxm.write(WITHOUT_SALE)

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert sent(pxm, "DELETE", "/category/") == 2
    assert "lists read again before a delete" in pxm.out


@pytest.mark.parametrize("lost", [DOWN, Answer(reset=True), Answer(cut=True)])
def test_a_delete_that_took_effect_without_an_answer_is_not_sent_again(
    pxm: World, lost: Answer
) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    pxm.sandbox.on_answer(once("DELETE", "/category/", lost, lambda: None))
    pxm.write(WITHOUT_SALE)

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert sent(pxm, "DELETE", "/category/") == 1


def test_links_that_the_service_gave_a_new_file_stay(pxm: World) -> None:
    """Between the confirmation and the PUT that takes our links (contract 2.3)."""
    asset(pxm, b"first")
    box = pxm.sandbox
    theirs = box.put_object("collection", {"name": "By its tags"})

    def linked(request: Request) -> None:
        if request.method == "POST" and request.path.endswith("/confirm-upload"):
            (item,) = box.all("file")
            box.edit("file", item["id"], collections=[*item["collections"], theirs])

    box.on_answer(linked)
    pxm.write(HERO)

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert files(pxm) == [("hero.txt", 5, {"Dome", "By its tags"})]
