"""From YAML to a converged account, over real HTTP."""

import re
import shutil
from pathlib import Path

import pytest

from reconciler.sandbox import Answer, Options, Request, Sandbox
from tests.e2e.worlds import FAST, World, world

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

SMALL = """
categories:
  - key: apparel
    name: Apparel
    children:
      - {key: jackets, name: Jackets}
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, Red], multiple: true}
  - {key: weight, label: Weight, type: Number}
  - {key: chart, label: Size chart, type: List, fields: [{label: Chest, type: Number}, {label: Note, type: Text}]}
  - {key: care, label: Care, type: Text}
attribute_groups:
  - {key: looks, name: Looks, attributes: [color]}
collections:
  - key: rain
    name: Rain Jacket
    category: jackets
    published: true
    published_start_date: 2025-01-01
    attributes: {color: [Blue], weight: 450.000, chart: {Chest: 90}, care: Wash & dry}
    variants:
      - {key: rain-m, name: M, additional_title: SKU-1, attributes: {weight: 1.10}}
resources:
  - {key: guide, description: Care guide, link: "https://example.com/care.pdf", category: apparel, collections: [rain]}
"""


def requests(text: str) -> tuple[int, int]:
    found = re.search(r"Requests: ([\d,]+) sent, ([\d,]+) predicted", text)
    assert found, text
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def test_a_small_catalog_is_applied_and_converges(pxm: World) -> None:
    pxm.write(SMALL)

    assert pxm.apply() == 0
    assert "Apply complete! 10 created, 0 adopted, 0 updated, 0 deleted." in pxm.out
    assert "Converged: 0 changes remain." in pxm.out
    sent, predicted = requests(pxm.out)
    assert sent == predicted


def test_numbers_and_texts_arrive_as_typed(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    weight = next(i["id"] for i in pxm.sandbox.all("attribute") if i["label"] == "Weight")
    stored = {
        item["name"]: str(entry["value"])
        for item in pxm.sandbox.all("collection")
        for entry in item["attributes"]
        if entry["id"] == weight
    }
    assert stored == {"Rain Jacket": "450.000", "M": "1.10"}


def test_an_update_carries_what_is_not_ours_along_byte_for_byte(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    box = pxm.sandbox
    theirs = box.put_object("category", {"name": "Theirs"})
    note = box.put_object("attribute", {"label": "Their note", "value_type": "Text"})
    region = box.ensure_region("Theirs")
    rain = next(i for i in box.all("collection") if i["name"] == "Rain Jacket")
    foreign = {"id": note, "value": "left <b>alone</b> & kept"}
    box.edit(
        "collection",
        rain["id"],
        attributes=[*rain["attributes"], foreign],
        direct_parent=[*rain["direct_parent"], theirs],
        region_ids=[*rain["region_ids"], region],
    )
    other = box.put_object("collection", {"name": "Not ours", "parent_id": theirs})
    before = box.get("collection", other)

    pxm.write(
        SMALL.replace("name: Rain Jacket", "name: Rain Coat").replace(
            "care: Wash & dry", "care: Wash"
        )
    )
    assert pxm.apply() == 0

    after = box.get("collection", rain["id"])
    assert after is not None
    assert after["name"] == "Rain Coat"
    assert foreign in after["attributes"]
    assert theirs in after["direct_parent"]
    assert region in after["region_ids"]
    assert box.get("collection", other) == before


def test_a_lost_state_is_rebuilt_by_adoption(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    before = {kind: len(items) for kind, items in pxm.sandbox.dump().items()}
    shutil.rmtree(pxm.root / ".reconciler")

    pxm.pxm("plan")
    assert "Plan: 0 to create, 10 to adopt, 0 to update" in pxm.out
    assert pxm.pxm("apply", "--yes") == 3
    assert "--new-state" in pxm.err
    assert pxm.apply("--new-state") == 0
    assert {kind: len(items) for kind, items in pxm.sandbox.dump().items()} == before


def test_a_key_changed_without_moved_keeps_its_object(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    ids = {item["id"] for item in pxm.sandbox.all("collection")}

    pxm.write(SMALL.replace("key: rain-m", "key: rain-medium"))
    assert pxm.apply() == 0

    assert {item["id"] for item in pxm.sandbox.all("collection")} == ids


def test_an_edit_by_somebody_else_is_drift_and_is_put_back(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    rain = next(i for i in pxm.sandbox.all("collection") if i["name"] == "Rain Jacket")
    pxm.sandbox.edit("collection", rain["id"], name="Sun Jacket")

    assert pxm.pxm("plan", "--detailed-exitcode") == 2
    assert "name: Sun Jacket → Rain Jacket  (drift)" in pxm.out
    assert pxm.apply() == 0


def test_a_product_and_a_subtree_leave_in_order(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    pxm.write("categories:\n  - {key: shoes, name: Shoes}\n")
    assert pxm.apply("--allow-deletes", "10") == 0

    assert {kind: len(i) for kind, i in pxm.sandbox.dump().items() if i and kind != "region"} == {
        "category": 1
    }


def test_what_holds_something_of_somebody_else_is_not_deleted(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    jackets = next(i for i in pxm.sandbox.all("category") if i["name"] == "Jackets")
    other = pxm.sandbox.put_object("collection", {"name": "Theirs", "parent_id": jackets["id"]})
    pxm.write("categories:\n  - {key: shoes, name: Shoes}\n")

    assert pxm.pxm("apply", "--yes", "--allow-deletes", "20") == 3
    assert "it still holds an unmanaged collection 'Theirs'" in pxm.out
    assert pxm.sandbox.get("collection", other) is not None
    assert {i["name"] for i in pxm.sandbox.all("category")} == {"Apparel", "Jackets", "Shoes"}


def test_prevent_destroy_outlives_its_block(pxm: World) -> None:
    shoes = "categories:\n  - {key: shoes, name: Shoes, lifecycle: {prevent_destroy: true}}\n"
    pxm.write(shoes + "  - {key: hats, name: Hats}\n")
    pxm.apply()
    pxm.write("categories:\n  - {key: hats, name: Hats}\n")

    assert pxm.pxm("apply", "--yes") == 3
    assert {i["name"] for i in pxm.sandbox.all("category")} == {"Shoes", "Hats"}


def test_eleven_deletes_write_nothing(pxm: World) -> None:
    rows = "".join(f"  - {{key: c{n}, name: Category {n}}}\n" for n in range(12))
    pxm.write("categories:\n" + rows)
    pxm.apply()
    before = pxm.sandbox.dump()
    pxm.write("categories:\n  - {key: c0, name: Renamed}\n")

    assert pxm.pxm("apply", "--yes") == 3
    assert "11 deletes, the limit is 10" in pxm.err
    assert pxm.sandbox.dump() == before


@pytest.mark.parametrize("way", [0, 1])
def test_a_refused_plan_has_the_yaml_that_lifts_it(pxm: World, way: int) -> None:
    rows = "".join(f"  - {{key: c{n}, name: Category {n}}}\n" for n in range(24))
    pxm.write("categories:\n" + rows)
    pxm.apply()
    pxm.write("categories:\n  - {key: c0, name: Category 0}\n")

    assert pxm.pxm("plan", "--format", "json", "--out", "plan.json", "--detailed-exitcode") == 3
    first, second = pxm.result["remedies"]
    assert first["yaml"] == "limits:\n  deletes: 23\n  delete_percent: 96\n"
    assert pxm.pxm("show", "plan.json") == 0
    assert f"      {second['yaml'].splitlines()[1]}\n" in pxm.out
    assert pxm.pxm("show", "plan.json", "--format", "html") == 0
    assert "<pre" in pxm.out
    name, text = (("reconciler.yaml", FAST + first["yaml"]), ("gone.yaml", second["yaml"]))[way]
    pxm.write(text, name)
    assert pxm.pxm("apply", "--yes") == 0
    assert len(pxm.sandbox.all("category")) == 1


def test_eleven_gone_objects_write_nothing(pxm: World) -> None:
    rows = "".join(f"  - {{key: c{n}, name: Category {n}}}\n" for n in range(20))
    pxm.write("categories:\n" + rows)
    pxm.apply()
    for item in pxm.sandbox.all("category")[:11]:
        pxm.sandbox.remove("category", item["id"])
    before = pxm.sandbox.dump()

    assert pxm.pxm("apply", "--yes") == 3
    assert "11 managed objects are gone" in pxm.err
    assert pxm.sandbox.dump() == before
    assert pxm.apply("--allow-recreate", "11") == 0


def test_a_hundred_and_one_clears_write_nothing(pxm: World) -> None:
    care = "attributes: [{key: care, label: Care, type: Text}]\n"
    rows = [f"  - {{key: p{n}, name: P{n}, attributes: {{care: Wash}}}}" for n in range(101)]
    pxm.write("\n".join([care, "collections:", *rows]))
    assert pxm.apply() == 0
    before = pxm.sandbox.dump()
    pxm.write("\n".join([care, "collections:", *rows]).replace(", attributes: {care: Wash}", ""))

    assert pxm.pxm("plan", "--detailed-exitcode") == 3
    assert pxm.pxm("apply", "--yes") == 3
    assert "101 fields would be cleared, the limit is 100: pass --allow-clears 101" in pxm.err
    assert pxm.sandbox.dump() == before
    assert pxm.apply("--allow-clears", "101") == 0


def test_a_failed_update_leaves_the_deletes_unsent(pxm: World) -> None:
    pxm.write("categories:\n  - {key: a, name: A}\n  - {key: b, name: B}\n")
    pxm.apply()

    def refuse(request: Request) -> Answer | None:
        return Answer(400, {"message": "no"}) if request.method == "PUT" else None

    pxm.sandbox.on_request(refuse)
    pxm.write("categories:\n  - {key: a, name: Other}\n")

    assert pxm.pxm("apply", "--yes") == 1
    assert "1 failed, 1 not attempted" in pxm.out
    assert {i["name"] for i in pxm.sandbox.all("category")} == {"A", "B"}


def test_an_update_reaches_an_object_that_lists_lag_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list still shows the product without its category when that category is deleted."""
    with world(tmp_path, monkeypatch, capsys, "stale-lists") as pxm:
        two = "categories: [{key: a, name: A}, {key: b, name: B}]\n"
        pxm.write(two + "collections: [{key: p, name: P, category: a}]\n")
        assert pxm.apply() == 0
        one = "categories: [{key: b, name: B}]\n"
        pxm.write(one + "collections: [{key: p, name: P, category: b}]\n")

        assert pxm.apply() == 0, pxm.out
        assert [item["name"] for item in pxm.sandbox.all("category")] == ["B"]


def test_what_somebody_changed_since_the_plan_is_left_and_the_rest_is_done(pxm: World) -> None:
    rows = "collections:\n" + "".join(f"  - {{key: p{n}, name: P{n}}}\n" for n in range(3))
    pxm.write(rows)
    pxm.apply()
    (last,) = (item for item in pxm.sandbox.all("collection") if item["name"] == "P2")
    edited: list[str] = []

    def edit(request: Request) -> None:
        if request.method == "PUT" and not edited:
            edited.append(last["id"])
            pxm.sandbox.edit("collection", last["id"], name="Theirs")

    pxm.sandbox.on_request(edit)
    pxm.write(rows.replace("name: P", "name: Product "))

    assert pxm.pxm("apply", "--yes") == 1
    assert "Apply incomplete: 2 done, 0 failed, 1 not attempted." in pxm.out
    assert "somebody changed name since the plan was made" in pxm.out
    assert {item["name"] for item in pxm.sandbox.all("collection")} == {
        "Product 0",
        "Product 1",
        "Theirs",
    }


def test_an_element_that_is_gone_is_not_sent_back(pxm: World) -> None:
    """A membership of a category that somebody deleted would be refused as unknown."""
    pxm.write(
        "collections: [{key: p, name: P, categories: [a]}]\ncategories: [{key: a, name: A}, {key: b, name: B}]\n"
    )
    pxm.apply()
    (product,) = pxm.sandbox.all("collection")
    dead = [*product["direct_parent"], "11111111-1111-4111-8111-111111111111"]
    pxm.sandbox.edit("collection", product["id"], direct_parent=dead)
    pxm.write(
        "collections: [{key: p, name: P, categories: [a, b]}]\ncategories: [{key: a, name: A}, {key: b, name: B}]\n"
    )

    assert pxm.apply() == 0, pxm.out
    (product,) = pxm.sandbox.all("collection")
    assert len(product["direct_parent"]) == 2


def test_credentials_of_another_account_write_nothing(
    pxm: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pxm.write(SMALL)
    pxm.apply()
    with Sandbox(None, Options(rate_limit=None)) as other:
        monkeypatch.setenv("PXM_BASE_URL", other.url)

        assert pxm.pxm("apply", "--yes") == 3
        assert "another account" in pxm.err
        assert not any(request.method in ("PUT", "DELETE") for request in other.requests)
        assert other.all("collection") == []


def test_a_wrong_option_exits_with_1(pxm: World) -> None:
    assert pxm.pxm("plan", "--nonsense") == 1


def test_a_server_that_caps_pages_does_not_make_half_the_catalog_look_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, "page-cap") as pxm:
        rows = "".join(f"  - {{key: c{n}, name: Category {n}}}\n" for n in range(180))
        pxm.write("categories:\n" + rows)

        assert pxm.apply() == 0
        assert len(pxm.sandbox.all("category")) == 180


@pytest.mark.parametrize(
    "dialect",
    ["text-cleaned", "dates-millis", "scalars-as-strings", "options-labels", "options-nested",
     "none-blank", "none-null", "none-absent", "attributes-patch", "root-category", "parent-joins",
     "lists-raw", "lists-data", "write-results", "extra-fields", "ids-int", "related-topics",
     "inherited-values", "stale-lists", "clear-blank", "clear-null"],
)  # fmt: skip
def test_a_plan_right_after_an_apply_is_empty_under(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with world(tmp_path, monkeypatch, capsys, dialect) as pxm:
        pxm.write(SMALL)
        assert pxm.apply() == 0, pxm.out + pxm.err
        pxm.write(SMALL.replace("weight: 1.10", "weight: 2").replace(", care: Wash & dry", ""))
        assert pxm.apply() == 0, pxm.out + pxm.err


@pytest.mark.skipif(not DATA.is_dir(), reason="the catalogs of ../shared/data are not here")
@pytest.mark.parametrize("name", ["saleor", pytest.param("magento", marks=pytest.mark.long)])
def test_a_real_catalog_is_applied_at_the_predicted_cost(name: str, pxm: World) -> None:
    shutil.copytree(DATA / name, pxm.root / "catalog", dirs_exist_ok=True)
    pxm.write(FAST, "reconciler.yaml")

    assert pxm.pxm("validate") == 0
    assert pxm.pxm("plan", "--detailed-exitcode") == 2
    assert pxm.apply() == 0
    sent, predicted = requests(pxm.out)
    assert sent == predicted
