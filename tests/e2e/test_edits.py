"""Edits across files, and what the account makes of them: over real HTTP, planned again."""

from pathlib import Path

import pytest

from tests.e2e.test_main_job import DATA, SMALL
from tests.e2e.test_terminal import on_terminal
from tests.e2e.worlds import World


def planned(pxm: World) -> dict[str, int]:
    """What a plan would do, by action, without what it would not."""
    assert pxm.pxm("plan", "--format", "json") == 0
    summary = pxm.result["summary"]
    actions = ("create", "adopt", "update", "delete", "move", "recreate", "blocked")
    return {name: summary[name] for name in actions if summary.get(name)}


def test_a_renamed_key_keeps_its_object(pxm: World) -> None:
    pxm.write(SMALL)
    assert pxm.apply() == 0
    before = {item["id"] for item in pxm.sandbox.all("collection")}
    for target, new in (
        ("collection/rain", "drizzle"),
        ("category/jackets", "coats"),
        ("attribute/color", "hue"),
    ):
        assert pxm.pxm("rename", target, new, "--yes") == 0

    assert planned(pxm) == {"move": 3}
    assert pxm.apply() == 0
    assert {item["id"] for item in pxm.sandbox.all("collection")} == before
    assert pxm.pxm("rename", "collection/drizzle", "rain", "--yes") == 0
    assert planned(pxm) == {"move": 1}
    assert pxm.apply() == 0


def test_a_removed_product_goes_from_the_account_with_its_variants(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    assert pxm.pxm("remove", "collection/rain", "--yes") == 0
    assert planned(pxm) == {"delete": 2, "update": 1}
    assert pxm.apply("--allow-deletes", "2") == 0
    assert pxm.sandbox.all("collection") == []
    assert [item["collections"] for item in pxm.sandbox.all("resource")] == [[]]


def test_what_is_let_go_stays_in_the_account(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    assert pxm.pxm("remove", "collection/rain", "--keep-live", "--orphans", "--yes") == 0
    assert "delete" not in planned(pxm)
    assert pxm.apply() == 0
    assert len(pxm.sandbox.all("collection")) == 2
    assert pxm.pxm("state", "list", "collection") == 0
    assert pxm.out == ""


def test_a_moved_object_is_no_change(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    to = str(pxm.root / "catalog" / "products" / "rain.yaml")
    assert pxm.pxm("move", "collection/rain", "--to", to, "--yes") == 0
    assert planned(pxm) == {}


def test_on_a_terminal_the_patch_comes_first_and_then_the_question(pxm: World) -> None:
    pxm.write(SMALL)

    code, shown = on_terminal(pxm, "remove", "collection/rain", answer="n")
    assert code == 3, shown
    assert shown.index("\x1b[31m-  - key: rain") < shown.index("They contain, and take along")
    assert "Remove these 2 objects? [y/N]" in shown
    assert "nothing was written" in shown
    assert (pxm.root / "catalog" / "catalog.yaml").read_text() == SMALL

    code, shown = on_terminal(pxm, "rename", "collection/rain", "drizzle", answer="y")
    assert code == 0, shown
    assert "Rename it? [y/N]" in shown
    assert "Edited 1 file." in shown
    assert pxm.pxm("validate") == 0


@pytest.mark.skipif(not DATA.exists(), reason="the real catalogs are not here")
def test_a_product_of_a_real_catalog_goes_with_one_command(pxm: World, tmp_path: Path) -> None:
    """Its 15 variants and 5 pictures too: what cost 22 edits by hand are lines taken out alone."""
    folder = tmp_path / "magento"
    for path in (DATA / "magento").rglob("*.yaml"):
        copy = folder / path.relative_to(DATA / "magento")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())

    assert pxm.pxm("--catalog", str(folder), "remove", "collection/mj01", "--orphans", "--yes") == 0
    taken = [
        line for line in pxm.out.split("\n") if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert len(taken) > 400
    assert not any(line.startswith("+") for line in taken)
    assert pxm.pxm("--catalog", str(folder), "validate") == 0
    assert "2,030 collection, 726 resource" in pxm.out
