"""Other people's objects, memberships, regions and values are as they were, byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import FAST, World, world

# Theirs have the same names, so a new state has to be told that they are not meant.
OURS_FIRST = SMALL.replace("name: Jackets}", "name: Jackets, id: new}").replace(
    "- key: rain\n", "- key: rain\n    id: new\n"
)
OURS_UPDATED = (
    OURS_FIRST.replace("name: Rain Jacket", "name: Rain Coat")
    .replace("options: [Blue, Red]", "options: [Blue, {label: Crimson, was: Red}, Green]")
    .replace("color: [Blue]", "color: [Green]")
    .replace("care: Wash & dry", "care: Wash")
    .replace("attributes: [color]}", "attributes: [color, care]}")
    .replace("name: Jackets", "name: Rainwear")
    .replace("description: Care guide", "description: How to care")
)
OURS_DELETED = """
categories: [{key: apparel, name: Apparel, children: [{key: jackets, name: Rainwear}]}]
attributes: [{key: weight, label: Weight, type: Number}]
collections: [{key: rain, name: Rain Coat, category: jackets, type: parent}]
"""


class Others:
    """What somebody else put into the account: whole objects, and parts of ours."""

    def __init__(self, pxm: World) -> None:
        box = self.box = pxm.sandbox
        self.whole = ""
        put = box.put_object
        self.region = box.ensure_region("Theirs")
        self.category = put("category", {"name": "Sale", "region_ids": [self.region]})
        inner = put("category", {"name": "Jackets", "parent_id": self.category})
        self.note = put("attribute", {"label": "Note", "value_type": "Text"})
        self.pick = put(
            "attribute",
            {
                "label": "Mood",
                "value_type": "Pick List",
                "options": [{"id": "o-calm", "label": "calm"}, {"id": "o-loud", "label": "loud"}],
            },
        )
        self.values = [
            {"id": self.note, "value": ' left <b>alone</b> & "kept" — 007 '},
            {"id": self.pick, "value": ["o-loud"]},
        ]
        self.shelf = [{"id": self.note, "value": "Shelf <4>"}]
        product = put(
            "collection",
            {
                "name": "Rain Jacket",
                "parent_id": inner,
                "direct_parent": [inner, self.category],
                "attributes": self.values,
            },
        )
        self.product = product
        put("resource", {"description": "Theirs", "link": "https://x", "collections": [product]})
        put("attribute_group", {"name": "Their looks", "attributes": [self.note]})
        self.whole = self._objects()

    def _objects(self, *more: str) -> str:
        """Their objects as JSON: at first all that there are, then those and `more` by name."""
        known = json.loads(self.whole) if self.whole else None
        found = {
            kind: {
                str(item["id"]): item
                for item in items
                if known is None or item["id"] in known[kind] or item.get("name") in more
            }
            for kind, items in self.box.dump().items()
        }
        return json.dumps(found, sort_keys=True, default=str)

    def mix_in(self) -> None:
        """Their parts on our objects, and our group in their hands."""
        for item in self._ours("collection", "Rain Jacket", "Rain Coat"):
            self.box.edit(
                "collection",
                item["id"],
                attributes=[*item["attributes"], *self.values],
                direct_parent=[*item["direct_parent"], self.category],
                region_ids=[*item["region_ids"], self.region],
            )
        for item in self._ours("resource", "Care guide"):
            linked = [*item["collections"], self.product]
            self.box.edit("resource", item["id"], collections=linked)
        self._stand_in_ours()
        for item in self._ours("attribute_group", "Looks"):
            self.box.edit(
                "attribute_group", item["id"], attributes=[*item["attributes"], self.note]
            )
        for item in self._ours("attribute", "Color"):
            options = [*item["options"], {"id": "theirs", "label": "Their color"}]
            self.box.edit("attribute", item["id"], options=options)

    def _stand_in_ours(self) -> None:
        """Whole objects of theirs inside ours: a category, a product, a variant."""
        put = self.box.put_object
        (apparel,) = self._ours("category", "Apparel")
        (jackets,) = self._ours("category", "Jackets")
        (rain,) = self._ours("collection", "Rain Jacket")
        self.box.edit("category", jackets["id"], attributes=self.shelf)
        put("category", {"name": "Guest", "parent_id": apparel["id"]})
        inside = {"parent_id": jackets["id"], "direct_parent": [jackets["id"]]}
        put("collection", {"name": "Guest", "attributes": self.values, **inside})
        variant = {"collection_type": "variant", "parent_topic_id": rain["id"]}
        put("collection", {"name": "Guest M", "attributes": self.values, **variant})
        self.whole = self._objects("Guest", "Guest M")

    def _ours(self, kind: str, *called: str) -> list[dict[str, Any]]:
        known, names = json.loads(self.whole)[kind], set(called)
        return [
            item
            for item in self.box.all(kind)
            if str(item["id"]) not in known
            and names.intersection(map(item.get, ("name", "label", "description")))
        ]

    def check(self) -> None:
        """Every object of theirs is as it was."""
        assert self._objects() == self.whole

    def check_parts(self, name: str) -> None:
        """Their parts of our objects are there, as they were."""
        (item,) = self._ours("collection", name)
        assert all(entry in item["attributes"] for entry in self.values)
        assert self.category in item["direct_parent"]
        assert self.region in item["region_ids"]


def run_all(pxm: World) -> None:
    """Apply, update and delete runs, each beside other people's things."""
    others = Others(pxm)
    pxm.write(OURS_FIRST)
    assert pxm.apply("--new-state") == 0
    others.check()

    others.mix_in()
    pxm.write(OURS_UPDATED)
    assert pxm.apply() == 0
    others.check()
    others.check_parts("Rain Coat")
    (group,) = others._ours("attribute_group", "Looks")
    assert others.note in group["attributes"]
    (guide,) = others._ours("resource", "How to care")
    assert others.product in guide["collections"]
    (jackets,) = others._ours("category", "Rainwear")
    assert jackets["attributes"] == others.shelf
    (color,) = others._ours("attribute", "Color")
    assert [option["label"] for option in color["options"]] == [
        "Blue",
        "Crimson",
        "Their color",
        "Green",
    ]

    pxm.write(OURS_DELETED)
    assert pxm.apply() == 0
    others.check()
    others.check_parts("Rain Coat")
    assert others._ours("attribute", "Color") == []


# Not `text-cleaned`: that server itself rewrites other people's texts on any write.
DIALECTS = (
    "",
    "attributes-patch",
    "options-nested",
    "options-labels",
    "options-strict",
    "none-absent",
    "none-null",
    "write-results",
    "scalars-as-strings",
    "ids-int",
    "dates-millis",
    "parent-joins",
    "page-shuffle",
    "extra-fields",
    "stale-lists",
    "inherited-values",
    "list-fields",
    "related-topics",
    "root-category",
)
LONG = (
    "lists-raw",
    "lists-data",
    "none-blank",
    "write-empty",
    "clear-blank",
    "clear-null",
    "page-cap",
    "page-repeat",
)


@pytest.mark.parametrize(
    "dialect", [*DIALECTS, *(pytest.param(name, marks=pytest.mark.long) for name in LONG)]
)
def test_what_is_not_ours_stays_as_it_was(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with world(tmp_path, monkeypatch, capsys, *filter(None, [dialect])) as pxm:
        run_all(pxm)


@pytest.mark.parametrize("dialect", ["", "inherited-values"])
def test_our_own_value_stays_though_a_category_shows_it_alike(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only foreign values count as inherited: ours would be lost where a PUT replaces all."""
    with world(tmp_path, monkeypatch, capsys, *filter(None, [dialect])) as pxm:
        pxm.write(SMALL)
        assert pxm.apply() == 0
        box = pxm.sandbox
        (jackets,) = (item for item in box.all("category") if item["name"] == "Jackets")
        (rain,) = (item for item in box.all("collection") if item["name"] == "Rain Jacket")
        (care,) = (item["id"] for item in box.all("attribute") if item["label"] == "Care")
        ours = next(entry for entry in rain["attributes"] if entry["id"] == care)
        box.edit("category", jackets["id"], attributes=[ours])

        pxm.write(SMALL.replace("color: [Blue]", "color: [Red]"))
        assert pxm.apply() == 0, pxm.out + pxm.err

        after = box.get("collection", rain["id"])
        assert after is not None
        assert ours in after["attributes"]


def test_kept_drift_stays_kept_beside_what_the_catalog_adds(pxm: World) -> None:
    keep = FAST + "drift: keep\n"
    places = "categories: [{key: a, name: A}, {key: b, name: B}, {key: c, name: C}]\n"
    product = "collections: [{key: p, name: P, categories: [%s]}]\n"
    pxm.write(keep, "reconciler.yaml")
    pxm.write(places + product % "a, b")
    assert pxm.apply() == 0
    (item,) = pxm.sandbox.all("collection")
    ids = {place["name"]: place["id"] for place in pxm.sandbox.all("category")}
    pxm.sandbox.edit("collection", item["id"], direct_parent=[ids["A"]])

    pxm.write(places + product % "a, b, c")
    assert pxm.pxm("apply", "--yes") == 0, pxm.out + pxm.err
    (item,) = pxm.sandbox.all("collection")
    assert item["direct_parent"] == [ids["A"], ids["C"]]

    pxm.pxm("plan")
    assert "No changes to make; left: 1 drift kept." in pxm.out
    assert "collection/p: categories drifted and is kept (drift: keep)" in pxm.out


def test_exact_that_is_set_later_takes_out_what_was_foreign_at_our_last_write(pxm: World) -> None:
    """Plan and drift judge by the settings as they are now (contract 1.8)."""
    places = "categories: [{key: a, name: A}, {key: b, name: B}]\n"
    product = "collections: [{key: p, name: P, category: a%s}]\n"
    pxm.sandbox.ensure_region("Ours")
    pxm.write(places + product % "")
    assert pxm.apply() == 0
    (item,) = pxm.sandbox.all("collection")
    theirs = pxm.sandbox.ensure_region("Theirs")
    sale = pxm.sandbox.put_object("category", {"name": "Sale"})
    pxm.sandbox.edit(
        "collection",
        item["id"],
        direct_parent=[*item["direct_parent"], sale],
        region_ids=[*item["region_ids"], theirs],
    )
    pxm.write(places + product % ", categories: [b], regions: [Global, Ours]")
    assert pxm.apply() == 0, pxm.out

    pxm.write(FAST + "arrays: {default: exact}\n", "reconciler.yaml")
    assert pxm.pxm("drift") == 2
    assert pxm.pxm("plan", "--detailed-exitcode") == 2, pxm.out
    assert "drift" in pxm.out
    assert pxm.apply() == 0, pxm.out

    assert pxm.pxm("drift") == 0, pxm.out
    after = pxm.sandbox.get("collection", item["id"])
    assert after is not None
    assert (sale in after["direct_parent"], theirs in after["region_ids"]) == (False, False)
