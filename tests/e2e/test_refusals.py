"""What the API refuses is no surprise, and holds up nothing but itself (contract 2.4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from reconciler.sandbox import Answer, Request
from tests.e2e.worlds import World

RESERVED = Answer(400, {"message": "name is reserved"})


def rows(kind: str, names: Iterable[str], ending: str = "") -> str:
    return f"{kind}:\n" + "".join(
        f"  - {{key: {name}, name: {name.upper()}{ending}}}\n" for name in names
    )


def ids(pxm: World, kind: str) -> dict[str, str]:
    """Live ids by the first letter of the name."""
    return {item["name"][0]: item["id"] for item in pxm.sandbox.all(kind)}


def names(pxm: World, kind: str) -> list[str]:
    return sorted(item["name"] for item in pxm.sandbox.all(kind))


def refuse(method: str, *ends: str, status: int = 400) -> Callable[[Request], Answer | None]:
    """Refuse requests of a method whose path ends so."""
    answer = Answer(status, RESERVED.body)

    def hook(request: Request) -> Answer | None:
        return answer if request.method == method and request.path.endswith(ends) else None

    return hook


def refuse_creates(*titles: str) -> Callable[[Request], Answer | None]:
    def hook(request: Request) -> Answer | None:
        creates = request.method == "POST" and "oauth" not in request.path
        return RESERVED if creates and json.loads(request.body)["name"] in titles else None

    return hook


def refused_in_state(pxm: World) -> list[list[str]]:
    assert pxm.pxm("state", "pull") == 0
    found: list[list[str]] = json.loads(pxm.out)["refused"]
    return found


def written(pxm: World, since: int) -> list[str]:
    """The methods and the letters of the objects of requests to single objects, in order."""
    by_id = {id_: letter for kind in ("category", "collection") for letter, id_ in ids(pxm, kind).items()}  # fmt: skip
    found = []
    for request in pxm.sandbox.requests[since:]:
        letter = by_id.get(request.path.rpartition("/")[2])
        if letter is not None:
            found.append(f"{request.method} {letter}")
    return found


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize("kind", ["categories", "collections"])
def test_one_refused_update_holds_up_no_other_and_comes_last_the_next_time(
    pxm: World, kind: str, status: int
) -> None:
    one = {"categories": "category", "collections": "collection"}[kind]
    pxm.write(rows(kind, "abc"))
    assert pxm.apply() == 0
    pxm.sandbox.on_request(refuse("PUT", ids(pxm, one)["A"], status=status))
    pxm.write(rows(kind, "abc", " 2"))
    since = len(pxm.sandbox.requests)

    assert pxm.pxm("apply", "--yes") == 1
    assert f'failed: catalog.yaml:2:5: update {one}/a "A 2": {status}: name is reserved' in pxm.out
    assert "Apply incomplete: 2 done, 1 failed, 0 not attempted." in pxm.out
    assert names(pxm, one) == ["A", "B 2", "C 2"]
    seen = written(pxm, since)
    # The first is read back, the next is the first: alone, and read back by id.
    assert seen[:6] == ["GET A", "PUT A", "GET A", "GET B", "PUT B", "GET B"], seen
    assert refused_in_state(pxm) == [[one, "a"]]

    pxm.write(rows(kind, "abc", " 3"))
    since = len(pxm.sandbox.requests)
    assert pxm.pxm("apply", "--yes") == 1
    puts = [line for line in written(pxm, since) if line.startswith("PUT")]
    assert puts[0] == "PUT B"
    assert puts[-1] == "PUT A"

    pxm.sandbox.on_request(None)
    assert pxm.apply() == 0
    assert names(pxm, one) == ["A 3", "B 3", "C 3"]
    assert refused_in_state(pxm) == []


def test_a_refused_create_is_not_looked_for_and_the_next_is_the_first(pxm: World) -> None:
    pxm.sandbox.on_request(refuse_creates("A"))
    pxm.write(rows("categories", "abcd"))
    since = len(pxm.sandbox.requests)

    assert pxm.pxm("apply", "--yes") == 1, pxm.out
    assert names(pxm, "category") == ["B", "C", "D"]
    sent = [r for r in pxm.sandbox.requests[since:] if r.path.startswith("/v2.1/category")]
    posts = [index for index, request in enumerate(sent) if request.method == "POST"]
    # A, then B and its proof, then the rest side by side.
    between = sent[posts[1] + 1 : posts[2]]
    assert [r.path.rpartition("/")[2] for r in between] == [ids(pxm, "category")["B"]]
    assert posts[1] == posts[0] + 1
    assert "Requests: 7 sent, 7 predicted." in pxm.out
    assert refused_in_state(pxm) == [["category", "a"]]

    pxm.sandbox.on_request(None)
    assert pxm.apply() == 0
    assert refused_in_state(pxm) == []


def test_what_was_refused_is_forgotten_when_it_leaves_the_catalog(pxm: World) -> None:
    pxm.sandbox.on_request(refuse_creates("A"))
    pxm.write(rows("categories", "ab"))
    assert pxm.pxm("apply", "--yes") == 1
    assert refused_in_state(pxm) == [["category", "a"]]

    pxm.write(rows("categories", "bc"))
    assert pxm.apply() == 0
    assert refused_in_state(pxm) == []


def test_what_was_refused_stays_known_where_a_target_leaves_it_out(pxm: World) -> None:
    pxm.sandbox.on_request(refuse_creates("A"))
    pxm.write(rows("categories", "ab"))
    assert pxm.pxm("apply", "--yes") == 1

    pxm.write(rows("categories", "abc"))
    assert pxm.pxm("apply", "--yes", "--target", "category/c") == 0, pxm.out
    assert refused_in_state(pxm) == [["category", "a"]]


def test_ten_refusals_with_nothing_taken_stop_the_sort_and_the_next_run_begins_with_others(
    pxm: World,
) -> None:
    bad, good = "abcdefghij", "klm"
    pxm.sandbox.on_request(refuse_creates(*bad.upper()))
    text = rows("categories", bad + good)
    pxm.write(text + rows("attribute_groups", ["looks"]))

    assert pxm.pxm("apply", "--yes") == 1
    assert "Apply incomplete: 1 done, 10 failed, 3 not attempted." in pxm.out
    assert (
        "not attempted: catalog.yaml:12:5: create category/k \"K\": 10 times the create of a "
        "category was refused, and none was taken" in pxm.out
    )  # fmt: skip
    assert names(pxm, "attribute_group") == ["LOOKS"]

    assert pxm.pxm("apply", "--yes") == 1
    assert names(pxm, "category") == ["K", "L", "M"]
    assert "Apply incomplete: 3 done, 10 failed, 0 not attempted." in pxm.out


def test_a_refused_write_that_has_changed_something_all_the_same_is_a_surprise(
    pxm: World,
) -> None:
    pxm.write(rows("categories", "abc"))
    assert pxm.apply() == 0
    first = ids(pxm, "category")["A"]
    refusing = refuse("PUT", first)

    def harms(request: Request) -> Answer | None:
        answer = refusing(request)
        if answer is not None:
            pxm.sandbox.edit("category", first, published=True)
        return answer

    pxm.sandbox.on_request(harms)
    pxm.write(rows("categories", "abc", " 2"))

    assert pxm.pxm("apply", "--yes") == 1
    assert "400: name is reserved; it was refused, and yet this has changed: published" in pxm.out
    assert "the first update of a category went wrong" in pxm.out
    assert names(pxm, "category") == ["A", "B", "C"]


def test_deletes_wait_for_what_was_refused_and_the_last_line_names_it(pxm: World) -> None:
    pxm.write(rows("categories", "abz"))
    assert pxm.apply() == 0
    pxm.sandbox.on_request(refuse("PUT", ids(pxm, "category")["A"]))
    pxm.write(rows("categories", "ab", " 2"))

    assert pxm.pxm("apply", "--yes") == 1
    assert names(pxm, "category") == ["A", "B 2", "Z"]
    assert "deletes come last, and category/a was not made" in pxm.out
    assert (
        "Not converged: 2 changes remain, deletes wait for category/a. "
        "Run `pxm plan` to see them.\n" in pxm.out
    )


def test_a_refused_delete_holds_up_no_other(pxm: World) -> None:
    pxm.write(rows("categories", "wxyz"))
    assert pxm.apply() == 0
    pxm.sandbox.on_request(refuse("DELETE", ids(pxm, "category")["X"]))
    pxm.write(rows("categories", "w"))

    assert pxm.pxm("apply", "--yes") == 1
    assert names(pxm, "category") == ["W", "X"]
    assert "Apply incomplete: 2 done, 1 failed, 0 not attempted." in pxm.out
    pxm.sandbox.on_request(None)
    assert pxm.apply() == 0


def test_after_a_first_that_somebody_deleted_the_next_goes_alone(pxm: World) -> None:
    """Nothing was sent: it proves nothing, and it is nothing to stop for."""
    pxm.write(rows("collections", "abc"))
    assert pxm.apply() == 0
    first = ids(pxm, "collection")["A"]

    def removed(request: Request) -> None:
        if request.method == "GET" and request.path.endswith(first):
            pxm.sandbox.remove("collection", first)

    pxm.sandbox.on_request(removed)
    pxm.write(rows("collections", "abc", " 2"))
    since = len(pxm.sandbox.requests)

    assert pxm.pxm("apply", "--yes") == 1
    assert "Apply incomplete: 2 done, 1 failed, 0 not attempted." in pxm.out
    assert written(pxm, since)[:3] == ["GET B", "PUT B", "GET B"]


def test_what_goes_alone_after_a_refusal_is_booked_to_its_cause(pxm: World) -> None:
    """Ten products: the batch of nine is read by `ids=`, twice; B alone takes two more reads."""
    letters = "abcdefghij"
    pxm.write(rows("collections", letters))
    assert pxm.apply() == 0
    pxm.sandbox.on_request(refuse("PUT", ids(pxm, "collection")["A"]))
    pxm.write(rows("collections", letters, " 2"))

    assert pxm.pxm("apply", "--yes") == 1
    assert "Requests: 16 sent, 14 predicted." in pxm.out
    assert "  2 × went alone: nothing of its sort was taken before it" in pxm.out
