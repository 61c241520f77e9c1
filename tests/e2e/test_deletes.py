"""Deletes take nothing along that is to stay (contract 2.5), whatever the account does."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox import Answer, Request
from tests.e2e.worlds import FAST, World, world

PLACES = "categories: [{key: a, name: A}, {key: b, name: B}]\n"
LEFT = "categories: [{key: b, name: B}]\n"
PRODUCT = "collections: [{key: x, name: X, category: b}]\n"

PLAIN = "collections: [{key: x, name: X}]\n"
Hook = Callable[[Request], Answer | None]


@pytest.fixture(params=["delete-cascades", "delete-refused", "delete-orphans"])
def box(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """An account for each way of deleting what is not empty."""
    with world(tmp_path, monkeypatch, capsys, request.param) as made:
        yield made


@pytest.fixture
def cascading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """An account whose deletes take along what is inside."""
    with world(tmp_path, monkeypatch, capsys, "delete-cascades") as made:
        yield made


def ids(pxm: World, kind: str) -> dict[str, str]:
    """Live ids by name or label."""
    return {item.get("name") or item.get("label"): item["id"] for item in pxm.sandbox.all(kind)}


def put_into(pxm: World, name: str, category: str, **fields: Any) -> None:
    """Somebody puts a product into one more category."""
    (item,) = (item for item in pxm.sandbox.all("collection") if item["name"] == name)
    places = [*item["direct_parent"], ids(pxm, "category")[category]]
    pxm.sandbox.edit("collection", item["id"], direct_parent=places, **fields)


def as_predicted(pxm: World, booked: int = 0) -> bool:
    """The requests that were sent are those of the plan and `booked` others."""
    (line,) = (line for line in pxm.out.splitlines() if line.startswith("Requests: "))
    sent, predicted = (part.split()[0] for part in line.removeprefix("Requests: ").split(", "))
    return int(sent) == int(predicted) + booked


def started(pxm: World, text: str) -> None:
    pxm.write(text)
    assert pxm.apply("--new-state") == 0, pxm.out + pxm.err


# --- what lives on is taken out first -----------------------------------------------------------


@pytest.mark.parametrize("product", [PRODUCT, PLAIN])
def test_a_living_product_is_taken_out_of_a_category_that_goes(box: World, product: str) -> None:
    started(box, PLACES + product)
    put_into(box, "X", "A")
    box.write(LEFT + product)

    assert box.apply() == 0, box.out + box.err

    assert list(ids(box, "category")) == ["B"]
    (x,) = box.sandbox.all("collection")
    assert x["direct_parent"] == ([ids(box, "category")["B"]] if product == PRODUCT else [])
    assert "0 created, 0 adopted, 1 updated, 1 deleted." in box.out
    assert as_predicted(box)


def test_explain_says_why_it_is_taken_out(pxm: World) -> None:
    started(pxm, PLACES + PLAIN)
    put_into(pxm, "X", "A")
    pxm.write(LEFT + PLAIN)

    assert pxm.pxm("explain", "collection/x") == 0
    assert "drift: somebody put it into what is deleted, so it is taken out first" in pxm.out


@pytest.mark.parametrize("product", [PRODUCT, PLAIN])
def test_so_is_one_that_others_gave_that_category_as_its_primary_parent(
    box: World, product: str
) -> None:
    started(box, PLACES + product)
    put_into(box, "X", "A", parent_id=ids(box, "category")["A"])
    box.write(LEFT + product)

    assert box.apply() == 0, box.out + box.err

    assert list(ids(box, "category")) == ["B"]
    (x,) = box.sandbox.all("collection")
    assert x["parent_id"] == (ids(box, "category")["B"] if product == PRODUCT else None)
    assert as_predicted(box)


@pytest.mark.parametrize("dialect", ["stale-lists", "parent-joins", "none-absent", "clear-blank"])
def test_a_living_product_is_taken_out_under_other_dialects(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with world(tmp_path, monkeypatch, capsys, "delete-cascades", dialect) as pxm:
        started(pxm, PLACES + PLAIN)
        put_into(pxm, "X", "A", parent_id=ids(pxm, "category")["A"])
        pxm.write(LEFT + PLAIN)

        assert pxm.apply() == 0, pxm.out + pxm.err

        assert list(ids(pxm, "category")) == ["B"]
        assert list(ids(pxm, "collection")) == ["X"]


def test_a_sub_category_that_others_moved_in_is_moved_back_before_its_parent_goes(
    box: World,
) -> None:
    started(box, PLACES)
    found = ids(box, "category")
    box.sandbox.edit("category", found["B"], parent_id=found["A"])
    box.write(LEFT)

    assert box.apply() == 0, box.out + box.err

    assert list(ids(box, "category")) == ["B"]


def test_a_product_that_others_made_a_variant_holds_its_parent(box: World) -> None:
    """What a collection is, is no membership: nothing could take it out."""
    p = "{key: p, name: P, type: parent}"
    started(box, f"collections: [{p}, {{key: x, name: X}}]\n")
    found = ids(box, "collection")
    variant = {"collection_type": "variant", "parent_topic_id": found["P"]}
    box.sandbox.edit("collection", found["X"], **variant)
    before = box.sandbox.dump()
    box.write(PLAIN)

    assert box.pxm("apply", "--yes") == 3
    assert 'delete collection/p "P": it still holds collection/x' in box.out
    assert box.sandbox.dump() == before


@pytest.mark.parametrize(
    ("settings", "product"),
    [
        ("drift: keep\n", PRODUCT),
        ("", PRODUCT.replace("category: b", "lifecycle: {ignore: [categories]}")),
    ],
)
def test_where_it_may_not_be_taken_out_the_category_stays(
    box: World, settings: str, product: str
) -> None:
    box.write(FAST + settings, "reconciler.yaml")
    started(box, PLACES + product)
    put_into(box, "X", "A")
    before = box.sandbox.dump()
    box.write(LEFT + product)

    assert box.pxm("apply", "--yes") == 3
    assert 'blocked: delete category/a "A": it still holds collection/x' in box.out
    assert box.sandbox.dump() == before


def test_a_plan_file_from_before_permits_no_taking_out_and_so_no_delete(cascading: World) -> None:
    pxm = cascading
    started(pxm, PLACES + PRODUCT)
    pxm.write(LEFT + PRODUCT)
    path = str(pxm.root / "plan.json")
    assert pxm.pxm("plan", "--out", path) == 0
    put_into(pxm, "X", "A")
    before = pxm.sandbox.dump()

    assert pxm.pxm("apply", path) == 3
    assert "it still holds collection/x" in pxm.out
    assert pxm.sandbox.dump() == before

    assert pxm.pxm("plan", "--out", path) == 0
    assert pxm.pxm("apply", path) == 0, pxm.out + pxm.err
    assert list(ids(pxm, "category")) == ["B"]
    assert list(ids(pxm, "collection")) == ["X"]


def test_a_target_that_is_deleted_brings_what_is_taken_out_of_it_and_nothing_else(
    cascading: World,
) -> None:
    pxm = cascading
    started(pxm, PLACES + PRODUCT)
    put_into(pxm, "X", "A")
    pxm.write(LEFT + PRODUCT.replace("name: X", "name: X 2"))

    assert pxm.pxm("apply", "--yes", "--target", "category/a") == 0, pxm.out + pxm.err

    assert list(ids(pxm, "category")) == ["B"]
    (x,) = pxm.sandbox.all("collection")
    assert (x["name"], x["direct_parent"]) == ("X", [ids(pxm, "category")["B"]])


def test_another_target_takes_nothing_out(cascading: World) -> None:
    pxm = cascading
    started(pxm, PLACES + PRODUCT)
    put_into(pxm, "X", "A")
    pxm.write(LEFT + PRODUCT.replace("name: X", "name: X 2"))

    assert pxm.pxm("apply", "--yes", "--target", "collection/x") == 0, pxm.out + pxm.err

    assert list(ids(pxm, "category")) == ["A", "B"]
    (x,) = pxm.sandbox.all("collection")
    assert (x["name"], len(x["direct_parent"])) == ("X 2", 2)


# --- entries that cannot be adopted -------------------------------------------------------------

ATTRIBUTE = "attributes: [{key: note, label: Note, type: Text}]\n"
PICK = "attributes: [{key: note, label: Note, type: Pick List, options: [Blue%s]}]\n"
PARENT = "collections: [{key: p, name: P, type: parent}]\n"
EMPTY = "attribute_groups: [{key: g, name: G}]\n"


def unnamed(pxm: World, **fields: Any) -> str:
    """Somebody's product without a name."""
    return pxm.sandbox.put_object("collection", {"name": "", **fields})


def held_by(pxm: World, kind: str) -> dict[str, Any]:
    """What makes a product hold our object of a kind."""
    (id_,) = ids(pxm, kind).values()
    return {
        "category": {"direct_parent": [id_]},
        "collection": {"collection_type": "variant", "parent_topic_id": id_},
        "attribute": {"attributes": [{"id": id_, "value": "theirs"}]},
    }[kind]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("category", "categories: [{key: a, name: A}]\n", ""),
        ("collection", PARENT, ""),
        ("attribute", ATTRIBUTE, "a value on "),
    ],
)
def test_an_entry_without_a_name_holds_what_it_names(
    cascading: World, kind: str, text: str, value: str
) -> None:
    pxm = cascading
    started(pxm, text + EMPTY)
    id_ = unnamed(pxm, **held_by(pxm, kind))
    before = pxm.sandbox.dump()
    pxm.write(EMPTY)

    assert pxm.pxm("apply", "--yes") == 3
    assert (
        f"it still holds {value}an entry of the list of collections without a name "
        f"(its id is {id_}); in the web interface, name what has no name or take it out"
    ) in pxm.out
    assert pxm.sandbox.dump() == before


def test_an_entry_without_a_name_that_names_something_else_holds_nothing_up(
    cascading: World,
) -> None:
    started(cascading, "categories: [{key: a, name: A}]\n" + ATTRIBUTE + PARENT + EMPTY)
    unnamed(cascading)
    cascading.write(EMPTY)

    assert cascading.apply() == 0, cascading.out
    assert "3 deleted" in cascading.out
    assert as_predicted(cascading)


def test_an_option_that_only_an_entry_without_a_name_holds_stays(pxm: World) -> None:
    started(pxm, PICK % ", Red")
    (note,) = pxm.sandbox.all("attribute")
    red = next(option["id"] for option in note["options"] if option["label"] == "Red")
    id_ = unnamed(pxm, attributes=[{"id": note["id"], "value": [red]}])
    pxm.write(PICK % "")

    assert pxm.pxm("apply", "--yes") == 3
    assert (
        "it drops 'Red', which this plan leaves on an entry of the list of collections without a "
        f"name (its id is {id_}); in the web interface, name what has no name or take it out"
    ) in pxm.out
    assert pxm.sandbox.get("attribute", note["id"]) == note


def picked_at_the_second_read(pxm: World, product: str, pick: dict[str, Any]) -> Hook:
    """Somebody picks an option after the plan has looked who holds it."""
    reads = itertools.count(1)

    def hook(request: Request) -> None:
        asked = request.method == "GET" and request.path == "/v2.1/collection"
        if asked and request.query.get("offset") == "0" and next(reads) == 2:
            pxm.sandbox.edit("collection", product, attributes=[pick])

    return hook


def test_an_option_that_somebody_picks_after_the_plan_stays(pxm: World) -> None:
    started(pxm, PICK % ", Red")
    (note,) = pxm.sandbox.all("attribute")
    red = next(option["id"] for option in note["options"] if option["label"] == "Red")
    theirs = pxm.sandbox.put_object("collection", {"name": "Theirs"})
    pick = {"id": note["id"], "value": [red]}
    pxm.sandbox.on_request(picked_at_the_second_read(pxm, theirs, pick))
    pxm.write(PICK % "")

    assert pxm.pxm("apply", "--yes") == 3
    assert "it drops 'Red', which this plan leaves on collection 'Theirs'" in pxm.out
    assert pxm.sandbox.get("attribute", note["id"]) == note


def test_who_holds_an_option_is_looked_at_again_as_predicted(pxm: World) -> None:
    started(pxm, PICK % ", Red" + PRODUCT.replace("category: b", "attributes: {note: [Red]}"))
    pxm.sandbox.put_object("collection", {"name": "Theirs"})
    pxm.write(PICK % "" + PRODUCT.replace("category: b", "attributes: {note: [Blue]}"))

    assert pxm.apply() == 0, pxm.out
    assert "2 updated" in pxm.out
    # Two updates of three requests each, and four for the lists of those that may hold it.
    assert "Requests: 10 sent, 10 predicted." in pxm.out


def test_an_entry_without_an_id_may_hold_what_it_does_not_exclude(cascading: World) -> None:
    pxm = cascading
    started(pxm, "categories: [{key: a, name: A}]\n" + ATTRIBUTE + EMPTY)
    pxm.sandbox.on_request(listing(pxm, "collection", {"name": "Ghost"}))
    pxm.write(EMPTY)

    assert pxm.pxm("apply", "--yes") == 3
    words = (
        "it may hold an entry of the list of collections without an id (Ghost); in the web "
        "interface, mend or remove what has no id"
    )
    assert f'delete category/a "A": {words}' in pxm.out
    assert f'delete attribute/note "Note": {words}' in pxm.out


def test_an_entry_without_an_id_that_stands_elsewhere_is_excluded(cascading: World) -> None:
    pxm = cascading
    started(pxm, PLACES + PARENT)
    ghost = {"name": "Ghost", "direct_parent": [ids(pxm, "category")["B"]]}
    pxm.sandbox.on_request(listing(pxm, "collection", ghost))
    pxm.write(LEFT)

    assert pxm.apply() == 0, pxm.out
    assert list(ids(pxm, "category")) == ["B"]
    assert as_predicted(pxm)


def listing(pxm: World, kind: str, *more: dict[str, Any]) -> Hook:
    """The list of a kind shows entries that no single read does."""

    def hook(request: Request) -> Answer | None:
        if request.method != "GET" or request.path != f"/v2.1/{kind}" or "ids" in request.query:
            return None
        found = [*pxm.sandbox.all(kind), *more]
        start, limit = int(request.query["offset"]), int(request.query["limit"])
        return Answer(200, found[start : start + limit])

    return hook


# --- lists that are not whole -------------------------------------------------------------------


def never_fits(pxm: World, kind: str, when: Callable[[], bool] = lambda: True) -> Hook:
    """Behind the first page of a list stands another stranger in each read."""
    strangers = ({"id": f"z{number}", "name": f"Z {number}"} for number in itertools.count())
    always = [next(strangers), next(strangers)]

    def hook(request: Request) -> Answer | None:
        asked = request.method == "GET" and request.path == f"/v2.1/{kind}"
        if not asked or "ids" in request.query or not when():
            return None
        first = [*pxm.sandbox.all(kind), *always]
        second = [next(strangers)] if int(request.query["offset"]) < len(first) else []
        return Answer(200, first if request.query["offset"] == "0" else second)

    return hook


def test_a_list_that_is_not_whole_holds_up_deletes_of_what_it_may_hide(cascading: World) -> None:
    pxm = cascading
    started(pxm, "categories: [{key: a, name: A}]\n" + PICK % ", Red" + EMPTY)
    before = pxm.sandbox.dump()
    pxm.sandbox.on_request(never_fits(pxm, "collection"))
    pxm.write(PICK % "" + EMPTY)

    assert pxm.pxm("apply", "--yes") == 3
    assert (
        'delete category/a "A": the list of collections could not be read whole, and may hide '
        "what it holds"
    ) in pxm.out
    assert "it drops 'Red', and the list of collections could not be read whole" in pxm.out
    assert pxm.sandbox.dump() == before
    assert pxm.pxm("plan") == 0
    assert (
        "Note: the list of collections did not fit together in three reads; creates and deletes "
        "of collections are withheld, and deletes of what they may hold on to"
    ) in pxm.out


def test_a_second_read_that_does_not_fit_is_no_proof(cascading: World) -> None:
    pxm = cascading
    started(pxm, PLACES + EMPTY)
    pxm.write(LEFT + EMPTY.replace("name: G", "name: G 2"))

    def renamed() -> bool:
        return ids(pxm, "attribute_group").keys() == {"G 2"}

    pxm.sandbox.on_request(never_fits(pxm, "collection", when=renamed))

    assert pxm.pxm("apply", "--yes") == 3
    assert "the list of collections could not be read whole" in pxm.out
    assert list(ids(pxm, "category")) == ["A", "B"]
    assert "left: 1 blocked" in pxm.out
    assert "× a list had grown, or did not fit together and was read again" in pxm.out


def test_an_entry_without_a_name_that_only_the_second_read_shows_holds_too(
    cascading: World,
) -> None:
    pxm = cascading
    started(pxm, PLACES + EMPTY)
    (a,) = (id_ for name, id_ in ids(pxm, "category").items() if name == "A")
    pxm.write(LEFT + EMPTY.replace("name: G", "name: G 2"))

    def hook(request: Request) -> None:
        if request.method == "PUT":
            unnamed(pxm, direct_parent=[a])

    pxm.sandbox.on_request(hook)

    assert pxm.pxm("apply", "--yes") == 3
    assert "it still holds an entry of the list of collections without a name" in pxm.out
    assert list(ids(pxm, "category")) == ["A", "B"]


def test_what_a_second_read_leaves_open_is_blocked_in_the_plan_after_the_run(
    cascading: World,
) -> None:
    pxm = cascading
    started(pxm, PLACES + EMPTY)
    pxm.write(LEFT + EMPTY.replace("name: G", "name: G 2"))

    def renamed() -> bool:
        return ids(pxm, "attribute_group").keys() == {"G 2"}

    pxm.sandbox.on_request(never_fits(pxm, "collection", when=renamed))

    assert pxm.pxm("apply", "--yes", "--format", "json") == 3
    remaining = pxm.result["remaining"]
    assert (remaining["delete"], remaining["blocked"]) == (0, 1)


def test_objects_of_a_list_that_never_fits_are_read_one_by_one(pxm: World) -> None:
    """Nobody knows what it takes to read such a list again."""
    row = "{key: r%d, description: R %d%s, link: 'https://x/%d'}"
    rows = [row.replace("%s", ending) for ending in ("", " new")]
    first, second = (
        "resources: [" + ", ".join(text % (n, n, n) for n in range(9)) + "]\n" for text in rows
    )
    started(pxm, first)
    pxm.sandbox.on_request(never_fits(pxm, "resource"))
    pxm.write(second)

    assert pxm.pxm("apply", "--yes") == 0, pxm.out
    assert "9 updated" in pxm.out
    assert as_predicted(pxm)


def test_entries_without_a_name_are_counted_where_lists_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, "page-cap") as pxm:
        started(pxm, PLACES)
        for number in range(49):
            pxm.sandbox.put_object("collection", {"name": f"Theirs {number}"})
        for _ in range(3):
            unnamed(pxm)
        pxm.write(LEFT)

        assert pxm.apply() == 0, pxm.out
        assert as_predicted(pxm)


# --- what must outlive a delete is looked at ----------------------------------------------------


def going_along(pxm: World, deleted: str, *kept: tuple[str, str]) -> Hook:
    """An account that takes along what was in an object a moment ago."""

    def hook(request: Request) -> None:
        if request.method == "DELETE" and request.path.endswith(deleted):
            for kind, id_ in kept:
                pxm.sandbox.remove(kind, id_)

    return hook


def test_what_vanishes_with_the_first_delete_stops_all_others(pxm: World) -> None:
    three = "categories: [{key: a, name: A}, {key: b, name: B}, {key: c, name: C}]\n"
    started(pxm, three + PRODUCT)
    put_into(pxm, "X", "A")
    x, a = ids(pxm, "collection")["X"], ids(pxm, "category")["A"]
    pxm.sandbox.on_request(going_along(pxm, a, ("collection", x)))
    pxm.write(LEFT + PRODUCT)
    receipt = str(pxm.root / "receipt.json")

    assert pxm.pxm("apply", "--yes", "--receipt", receipt) == 1
    gone = f"collection 'X' ({x})"
    assert (
        f'failed: delete category/a "A": it was deleted, and what was to stay is gone: {gone}'
    ) in pxm.out
    assert (
        'not attempted: delete category/c "C": after the delete of category/a what was to stay '
        f"is gone: {gone}"
    ) in pxm.out
    assert sorted(ids(pxm, "category")) == ["B", "C"]
    outcomes = json.loads(Path(receipt).read_text())["outcomes"]
    (deleted,) = (item for item in outcomes if item["key"] == "a")
    assert (deleted["status"], deleted["before"]["id"]) == ("failed", a)


def test_what_vanishes_with_a_later_delete_is_seen_after_the_last(pxm: World) -> None:
    three = "categories: [{key: a, name: A}, {key: b, name: B}, {key: c, name: C}]\n"
    started(pxm, three + PRODUCT)
    put_into(pxm, "X", "C")
    x, c = ids(pxm, "collection")["X"], ids(pxm, "category")["C"]
    pxm.sandbox.on_request(going_along(pxm, c, ("collection", x)))
    pxm.write(LEFT + PRODUCT)

    assert pxm.pxm("apply", "--yes") == 1
    assert 'failed: delete category/c "C": it was deleted, and what was to stay' in pxm.out
    assert list(ids(pxm, "category")) == ["B"]


def test_what_a_delete_names_is_looked_at_as_often_as_was_predicted(pxm: World) -> None:
    """A foreign value, a file and a resource of others, and a product that was taken out."""
    three = "categories: [{key: a, name: A}, {key: b, name: B}, {key: c, name: C}]\n"
    going = PRODUCT.replace("]\n", ", {key: y, name: Y, category: c}, {key: z, name: Z}]\n")
    started(pxm, three + going)
    note = pxm.sandbox.put_object("attribute", {"label": "Note", "value_type": "Text"})
    found = ids(pxm, "collection")
    pxm.sandbox.edit("collection", found["Z"], attributes=[{"id": note, "value": "theirs"}])
    pxm.sandbox.put_file("theirs.txt", b"theirs", collections=[found["Y"]])
    guide = {"description": "Theirs", "link": "https://x", "collections": [found["Y"]]}
    pxm.sandbox.put_object("resource", guide)
    put_into(pxm, "X", "A")
    put_into(pxm, "X", "C")
    pxm.write(
        LEFT + PRODUCT + "attributes: [{key: note, label: Note, type: Text, external: true}]\n"
    )

    assert pxm.apply() == 0, pxm.out
    assert "4 deleted" in pxm.out
    # Z was written a moment ago and its list shows a value that is not ours: it is asked for.
    assert as_predicted(pxm, booked=1)


def test_a_delete_that_cannot_be_looked_at_fails_alone_and_is_settled_by_the_next_run(
    pxm: World,
) -> None:
    started(pxm, "categories: [{key: a, name: A}, {key: b, name: B}, {key: c, name: C}]\n")
    a, deleted = ids(pxm, "category")["A"], []

    def blind(request: Request) -> Answer | None:
        if not request.path.endswith(a):
            return None
        if request.method == "DELETE":
            deleted.append(a)
        return Answer(403, {"message": "no"}) if deleted and request.method == "GET" else None

    pxm.sandbox.on_request(blind)
    pxm.write("categories: [{key: b, name: B}]\n")
    assert pxm.pxm("apply", "--yes") == 1
    words = 'failed: delete category/a "A": it was written, and could not be proved: 403: no'
    assert words in pxm.out, pxm.out
    assert pxm.pxm("state", "list") == 0
    assert "category/a" in pxm.out

    pxm.sandbox.on_request(lambda _: None)
    assert pxm.apply() == 0, pxm.out
    assert list(ids(pxm, "category")) == ["B"]
