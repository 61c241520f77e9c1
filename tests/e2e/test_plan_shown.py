"""`pxm show` prints of a plan file what `pxm plan` printed of the plan, to the character."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.test_main_job import DATA, SMALL
from tests.e2e.worlds import FAST, World

ROOT = Path(__file__).parents[2]
MANY = 60


def check_shown(pxm: World, *arguments: str) -> str:
    """The text of a plan, after a look at all formats."""
    path = str(pxm.root / "plan.json")
    printed = ""
    for form in ("json", "html", "markdown", "text"):
        assert pxm.pxm("plan", "--out", path, "--format", form, *arguments) == 0
        printed = pxm.out
        assert pxm.pxm("show", path, "--format", form) == 0
        assert pxm.out.replace('"command": "show"', '"command": "plan"', 1) == printed, form
    return printed


def products(*categories: str) -> str:
    """A catalog of many products that stand in these categories."""
    lines = [f"  - {{key: {key}, name: {key.title()}}}" for key in ("tents", "sale", "new-in")]
    made = [
        f"  - {{key: tent-{number}, name: Tent {number}, category: tents,"
        f" categories: [{', '.join(categories)}]}}"
        for number in range(MANY)
    ]
    return "\n".join(["categories:", *lines, "collections:", *made, ""])


def test_equal_changes_of_sets_are_told_once_by_both(pxm: World) -> None:
    pxm.write(products("sale"))
    assert pxm.apply() == 0
    pxm.write(products("new-in"))
    for number, item in enumerate(pxm.sandbox.all("collection")):
        # What else stands in the set differs from product to product.
        theirs = pxm.sandbox.put_object("category", {"name": f"Theirs {number}"})
        there = [*item["direct_parent"], theirs]
        pxm.sandbox.edit("collection", item["id"], direct_parent=there)

    text = check_shown(pxm)

    assert f"~ {MANY} collections alike\n    categories: + new-in  - sale\n" in text
    assert len(text.splitlines()) < MANY


def test_a_plan_of_everything_is_shown_as_it_was_planned(pxm: World) -> None:
    pxm.write(SMALL)
    assert "This plan starts a new state" in check_shown(pxm)
    assert pxm.apply() == 0
    rain = next(i["id"] for i in pxm.sandbox.all("collection") if i["name"] == "Rain Jacket")
    theirs = pxm.sandbox.put_object("category", {"name": "Theirs"})
    pxm.sandbox.put_object("collection", {"name": "Cap", "parent_id": theirs})
    pxm.sandbox.edit("collection", rain, name="Rain Jacket SALE", parent_id=theirs)
    changed = SMALL.replace("weight: 1.10", "weight: 2").replace("Chest: 90", "Chest: 91")
    changed = changed.replace("[Blue, Red]", "[Blue, Teal]").replace("Care guide", "Care")
    pxm.write(changed)

    text = check_shown(pxm)

    assert "Rain Jacket SALE → Rain Jacket  (drift)" in text
    assert check_shown(pxm, "--target", "collection/rain").endswith("(--target).\n")


def test_the_example_is_shown_as_it_was_planned(pxm: World) -> None:
    shutil.copytree(ROOT / "catalog", pxm.root / "catalog", dirs_exist_ok=True)
    pxm.write(FAST, "reconciler.yaml")
    for name in ("US", "EU", "UK"):
        pxm.sandbox.ensure_region(name)
    check_shown(pxm)
    assert pxm.apply() == 0
    pictures = pxm.root / "catalog" / "assets"
    shutil.copy(pictures / "isfall-2-tent.jpg", pictures / "heron-tarp-3x3.jpg")
    disturb(pxm)

    text = check_shown(pxm)

    assert text.count("    content:") == 1
    assert "{+sha256:" in text
    assert "    file_name:" not in text
    path = str(pxm.root / "plan.json")
    assert pxm.pxm("apply", path) == 0, pxm.err
    assert pxm.pxm("plan", "--detailed-exitcode") == 0


@pytest.mark.skipif(not DATA.is_dir(), reason="the real catalogs are kept apart from the project")
@pytest.mark.parametrize("name", ["saleor", pytest.param("magento", marks=pytest.mark.long)])
def test_a_real_catalog_is_shown_as_it_was_planned(name: str, pxm: World) -> None:
    shutil.copytree(DATA / name, pxm.root / "catalog", dirs_exist_ok=True)
    pxm.write(FAST, "reconciler.yaml")
    check_shown(pxm)
    assert pxm.apply() == 0
    disturb(pxm)

    check_shown(pxm)


def disturb(pxm: World) -> None:
    """Somebody takes every product out of its categories, and renames and clears some."""
    for number, item in enumerate(pxm.sandbox.all("collection")):
        fields = {"direct_parent": []} if item["direct_parent"] else {}
        if number % 3 == 0:
            fields["name"] = f"{item['name']} SALE"
        if number % 5 == 0:
            fields["attributes"] = []
        pxm.sandbox.edit("collection", item["id"], **fields)


def test_a_plan_file_that_does_not_fit_is_named_with_the_place_in_it(pxm: World) -> None:
    pxm.write(products("sale"))
    path = pxm.root / "plan.json"
    assert pxm.pxm("plan", "--out", str(path)) == 0
    plan = json.loads(path.read_text())
    plan["changes"][3]["action"] = "destroy"
    path.write_text(json.dumps(plan))
    for command in ("show", "apply"):
        assert pxm.pxm(command, "plan.json") == 1
        assert pxm.err == (
            "Error: plan.json is not a plan file: changes[3].action takes one of create, recreate, "
            "adopt, update, delete, move, unpublish, not 'destroy'\n"
            "  make one with `pxm plan --out FILE`\n"
        )
