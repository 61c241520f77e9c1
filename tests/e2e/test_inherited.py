"""Foreign values that a category above shows too: they go back, unless the account was seen to
hand them down (contract 2.3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.behaviours import INHERITS, of
from reconciler.sandbox import Answer, Request
from reconciler.sandbox.store import loads
from reconciler.state import open_store
from tests.e2e.worlds import World, world

CATALOG = """
attributes: [{key: fit, label: Fit, type: Text}]
categories: [{key: shop, name: Shop}, {key: sale, name: Sale}]
collections:
%s
"""
PRODUCT = "  - {key: %s, name: %s, category: %s, attributes: {fit: %s}}\n"
ONE = CATALOG % (PRODUCT % ("a", "A", "shop", "slim"))
OTHER_FIT = ONE.replace("slim", "wide")
SEEN = of(INHERITS, "collection")


def several(fit: str) -> str:
    return CATALOG % "".join(PRODUCT % (key, key.upper(), "shop", fit) for key in "abc")


@pytest.fixture
def inheriting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    with world(tmp_path, monkeypatch, capsys, "inherited-values") as made:
        yield made


def named(pxm: World, kind: str, name: str) -> dict[str, Any]:
    return next(item for item in pxm.sandbox.all(kind) if item["name"] == name)


def hand_care(pxm: World, category: str = "Shop", value: str = "Wash") -> str:
    """Somebody else gives a category a value of theirs; the attribute's id."""
    known = [item for item in pxm.sandbox.all("attribute") if item["label"] == "Care"]
    care = known[0]["id"] if known else pxm.sandbox.put_object(
        "attribute", {"label": "Care", "value_type": "Text"}
    )  # fmt: skip
    shown = [{"id": care, "value": value}]
    pxm.sandbox.edit("category", named(pxm, "category", category)["id"], attributes=shown)
    return str(care)


def set_care(pxm: World, name: str, care: str, value: str = "Wash") -> None:
    """And a product of ours the same."""
    item = named(pxm, "collection", name)
    entries = [*item["attributes"], {"id": care, "value": value}]
    pxm.sandbox.edit("collection", item["id"], attributes=entries)


def care_of(pxm: World, name: str) -> Any:
    """The value that the product holds itself."""
    entries = named(pxm, "collection", name)["attributes"]
    labels = {item["id"]: item["label"] for item in pxm.sandbox.all("attribute")}
    return next((x["value"] for x in entries if labels[x["id"]] == "Care"), None)


def behaviour(pxm: World) -> str | None:
    store = open_store("file:.reconciler/state.db", root=pxm.root)
    with store:
        known = store.load().behaviours.get(SEEN)
    return known.value if known else None


def sent(pxm: World, since: int) -> list[dict[str, Any]]:
    """The bodies of the PUTs of products."""
    return [
        loads(request.body)
        for request in pxm.sandbox.requests[since:]
        if request.method == "PUT" and "/collection/" in request.path
    ]


# --- while it is not known ----------------------------------------------------------------------


def test_a_foreign_value_goes_back_though_the_category_shows_the_same(pxm: World) -> None:
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    set_care(pxm, "A", hand_care(pxm))
    pxm.write(OTHER_FIT)

    assert pxm.pxm("plan") == 0
    assert "1 value equal to its category's goes back as the product's own" in pxm.out
    assert pxm.apply() == 0, pxm.out

    assert care_of(pxm, "A") == "Wash"


def test_what_pull_cannot_tell_from_the_categorys_is_left_out_and_said(pxm: World) -> None:
    pxm.sandbox.put_object("category", {"name": "Shop"})
    pxm.sandbox.put_object("collection", {"name": "A"})
    shop, item = named(pxm, "category", "Shop"), named(pxm, "collection", "A")
    pxm.sandbox.edit("collection", item["id"], parent_id=shop["id"], direct_parent=[shop["id"]])
    set_care(pxm, "A", hand_care(pxm))
    for path in (pxm.root / "catalog").glob("*.yaml"):
        path.unlink()

    assert pxm.pxm("pull", "catalog") == 0, pxm.out + pxm.err

    assert "a category above shows the same" in pxm.out
    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out


# --- what an account is seen to do --------------------------------------------------------------


def test_an_account_that_inherits_is_seen_to_and_its_values_stay_the_categorys(
    inheriting: World,
) -> None:
    pxm = inheriting
    pxm.write(CATALOG % "  []")
    assert pxm.apply() == 0, pxm.out
    care = hand_care(pxm)
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    assert behaviour(pxm) == "yes"
    since = len(pxm.sandbox.requests)
    pxm.write(OTHER_FIT)

    assert pxm.apply() == 0, pxm.out

    (body,) = sent(pxm, since)
    assert care not in [entry["id"] for entry in body["attributes"]]
    assert care_of(pxm, "A") is None


def test_values_come_and_go_with_the_categories_of_a_product(inheriting: World) -> None:
    pxm = inheriting
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    hand_care(pxm, "Sale")

    pxm.write(ONE.replace("category: shop", "category: sale"))
    assert pxm.apply() == 0, pxm.out
    assert behaviour(pxm) == "yes"
    pxm.write(OTHER_FIT)
    assert pxm.apply() == 0, pxm.out

    hand_care(pxm, "Shop", "Brush")
    pxm.write(ONE.replace("category: shop", "category: sale"))
    assert pxm.apply() == 0, pxm.out
    assert "its own" not in pxm.out


def test_a_value_of_ours_that_is_cleared_may_show_the_categorys(inheriting: World) -> None:
    pxm = inheriting
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    (fit,) = pxm.sandbox.all("attribute")
    shop = named(pxm, "category", "Shop")
    above = [{"id": fit["id"], "value": "boxy"}]
    pxm.sandbox.edit("category", shop["id"], attributes=above)

    pxm.write(CATALOG % "  - {key: a, name: A, category: shop}")
    assert pxm.apply() == 0, pxm.out

    assert named(pxm, "collection", "A")["attributes"] == []
    assert behaviour(pxm) == "yes"


def test_an_account_that_does_not_inherit_is_seen_not_to_and_pull_writes_such_values(
    pxm: World,
) -> None:
    pxm.write(CATALOG % "  []")
    assert pxm.apply() == 0, pxm.out
    care = hand_care(pxm)
    pxm.write(several("slim"))
    assert pxm.apply() == 0, pxm.out
    assert behaviour(pxm) == "no"
    set_care(pxm, "B", care)
    pxm.write(several("wide"))
    assert pxm.pxm("plan") == 0
    assert "go back" not in pxm.out
    assert pxm.apply() == 0, pxm.out
    assert care_of(pxm, "B") == "Wash"

    for path in (pxm.root / "catalog").glob("*.yaml"):
        path.unlink()
    assert pxm.pxm("pull", "catalog") == 0, pxm.out + pxm.err

    texts = [path.read_text(encoding="utf-8") for path in (pxm.root / "catalog").rglob("*.yaml")]
    assert any("care: Wash" in text and "key: b" in text for text in texts)
    assert "a category above shows the same" not in pxm.out


# --- what is lost all the same ------------------------------------------------------------------


def copying(pxm: World) -> None:
    """An account that copies the category's values once, when a product is made: it looks as if
    it inherited."""

    def copy(request: Request) -> None:
        if request.method == "POST" and request.path.endswith("/collection"):
            for item in pxm.sandbox.all("collection"):
                if care_of(pxm, item["name"]) is None:
                    shown = named(pxm, "category", "Shop")["attributes"]
                    entries = [*item["attributes"], *shown]
                    pxm.sandbox.edit("collection", item["id"], attributes=entries)

    pxm.sandbox.on_answer(copy)


def test_a_value_that_was_left_out_and_is_lost_is_put_back_and_nothing_is_taken_for_granted(
    pxm: World,
) -> None:
    copying(pxm)
    pxm.write(CATALOG % "  []")
    assert pxm.apply() == 0, pxm.out
    hand_care(pxm)
    pxm.write(several("slim"))
    assert pxm.apply() == 0, pxm.out
    assert behaviour(pxm) == "yes"

    pxm.write(several("wide"))
    assert pxm.pxm("apply", "--yes") == 1, pxm.out

    assert "Care had 'Wash'; it was put back" in pxm.out
    assert "the first array of a collection went wrong" in pxm.out
    assert "inherits.collection was yes" in pxm.out
    assert behaviour(pxm) is None
    assert [care_of(pxm, name) for name in "ABC"] == ["Wash", "Wash", "Wash"]

    assert pxm.apply() == 0, pxm.out
    assert [care_of(pxm, name) for name in "ABC"] == ["Wash", "Wash", "Wash"]


def test_a_value_that_went_with_the_categorys_is_not_put_back(inheriting: World) -> None:
    pxm = inheriting
    pxm.write(CATALOG % "  []")
    assert pxm.apply() == 0, pxm.out
    hand_care(pxm)
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out

    def cleared(request: Request) -> None:
        if request.method == "PUT" and "/collection/" in request.path:
            pxm.sandbox.edit("category", named(pxm, "category", "Shop")["id"], attributes=[])

    pxm.sandbox.on_request(cleared)
    pxm.write(OTHER_FIT)

    assert pxm.apply() == 0, pxm.out
    assert "read the categories above a value that is gone" in pxm.out
    assert (care_of(pxm, "A"), behaviour(pxm)) == (None, "yes")


def test_a_value_that_a_batch_lost_is_reported_with_what_it_was(pxm: World) -> None:
    """Nothing more is written there: the words, and the receipt, have the value."""
    pxm.write(several("slim"))
    assert pxm.apply() == 0, pxm.out
    care = hand_care(pxm, "Sale")
    long = "Dry clean, and " + "never in the dryer, " * 10
    set_care(pxm, "C", care, long)

    def drop(request: Request) -> None:
        item = named(pxm, "collection", "C")
        if request.method == "PUT" and request.path.endswith(item["id"]):
            left = [entry for entry in item["attributes"] if entry["id"] != care]
            pxm.sandbox.edit("collection", item["id"], attributes=left)

    pxm.sandbox.on_answer(drop)
    pxm.write(several("wide"))

    assert pxm.pxm("apply", "--yes", "--receipt", "receipt.json") == 1
    assert "Care had 'Dry clean, and never" in pxm.out
    assert "put back" not in pxm.out
    outcomes = json.loads((pxm.root / "receipt.json").read_text())["outcomes"]
    (lost,) = [item["before"] for item in outcomes if "before" in item]
    assert long in [entry["value"] for entry in lost["attributes"]]


def test_a_value_that_cannot_be_put_back_is_told(pxm: World) -> None:
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    care = hand_care(pxm, "Sale")
    set_care(pxm, "A", care, "Dry clean")
    puts = [0]

    def refuse(request: Request) -> Answer | None:
        if request.method != "PUT" or "/collection/" not in request.path:
            return None
        puts[0] += 1
        return Answer(400, {"error": "no more"}) if puts[0] > 1 else None

    def drop(request: Request) -> None:
        if request.method == "PUT" and puts[0] == 1:
            item = named(pxm, "collection", "A")
            left = [entry for entry in item["attributes"] if entry["id"] != care]
            pxm.sandbox.edit("collection", item["id"], attributes=left)

    pxm.sandbox.on_request(refuse)
    pxm.sandbox.on_answer(drop)
    pxm.write(OTHER_FIT)

    assert pxm.pxm("apply", "--yes") == 1
    assert "Care had 'Dry clean'; it could not be put back: 400: no more" in pxm.out, pxm.out


def test_nothing_is_put_back_where_a_second_write_would_drop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An account that drops what a PUT does not send: one surprise, and no second one beside it."""
    with world(tmp_path, monkeypatch, capsys, "put-drops") as pxm:
        pxm.write(several("slim"))
        assert pxm.apply() == 0, pxm.out
        note = pxm.sandbox.put_object("attribute", {"label": "Note", "value_type": "Text"})
        one = named(pxm, "collection", "A")
        pxm.sandbox.edit(
            "collection",
            one["id"],
            attributes=[{"id": note, "value": "theirs"}, *one["attributes"]],
        )
        since = len(pxm.sandbox.requests)
        pxm.write(several("slim").replace("name: A,", "name: A 2,"))

        assert pxm.pxm("apply", "--yes") == 1, pxm.out
        assert "Note had 'theirs'" in pxm.out
        assert "put back" not in pxm.out
        sent = pxm.sandbox.requests[since:]
        assert [item.method for item in sent if one["id"] in item.path].count("PUT") == 1


def test_nothing_is_put_back_where_more_than_values_was_lost(pxm: World) -> None:
    """Whoever loses a membership beside a value would lose more with a second write."""
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    care = pxm.sandbox.put_object("attribute", {"label": "Care", "value_type": "Text"})
    one = named(pxm, "collection", "A")
    theirs = [{"id": care, "value": "Wash"}, *one["attributes"]]
    pxm.sandbox.edit("collection", one["id"], attributes=theirs, additional_title="theirs")
    puts = []

    def lose(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith(one["id"]):
            puts.append(request.path)
            now = named(pxm, "collection", "A")
            left = [entry for entry in now["attributes"] if entry["id"] != care]
            pxm.sandbox.edit("collection", one["id"], attributes=left, additional_title=None)

    pxm.sandbox.on_answer(lose)
    pxm.write(OTHER_FIT)

    assert pxm.pxm("apply", "--yes") == 1
    assert "Care had 'Wash'" in pxm.out
    assert "put back" not in pxm.out
    assert len(puts) == 1
