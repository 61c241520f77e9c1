"""Two catalogs with two states on one account: neither touches what is the other's (contract 2.1).

The catalogs are those of docs/sharing.md.
"""

from pathlib import Path

import pytest

from tests.e2e.worlds import FAST, World
from tests.test_docs_catalog import folders

PAGE = Path(__file__).parents[2] / "docs" / "sharing.md"


class Team:
    """A repository: a catalog folder and a state, on the account of a world."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.folder = world.root / f"catalog-{name}"
        self.folder.mkdir()
        (self.folder / "reconciler.yaml").write_text(FAST)
        (self.file, text), *_ = folders(PAGE)[f"catalog-{name}"].items()
        self.write(text)

    @property
    def text(self) -> str:
        return (self.folder / self.file).read_text()

    def write(self, text: str) -> None:
        (self.folder / self.file).write_text(text)

    def edit(self, old: str, new: str) -> None:
        assert old in self.text
        self.write(self.text.replace(old, new))

    def pxm(self, *arguments: str) -> int:
        state = f"file:{self.name}.db"
        return self.world.pxm("--catalog", str(self.folder), "--state", state, *arguments)

    def apply(self) -> int:
        """Apply; where that went well nothing is left to do for either of the two."""
        code = self.pxm("apply", "--yes", "--new-state")
        printed = self.world.out, self.world.err
        if code == 0:
            assert self.pxm("plan", "--detailed-exitcode") == 0, self.world.out
        self.world.out, self.world.err = printed
        return code


@pytest.fixture
def shop(pxm: World) -> Team:
    """The shop's repository, applied before the product that it refers to is there."""
    team = Team(pxm, "shop")
    whole = team.text
    first, _, _ = whole.partition("resources:")
    team.write(first)
    assert team.apply() == 0, pxm.out + pxm.err
    team.write(whole)
    return team


@pytest.fixture
def brand(pxm: World, shop: Team) -> Team:
    """Both repositories, applied one after the other."""
    team = Team(pxm, "brand")
    assert team.apply() == 0, pxm.out + pxm.err
    assert shop.apply() == 0, pxm.out + pxm.err
    return team


def names(pxm: World, kind: str) -> set[str]:
    return {
        item.get("name") or item.get("label") or item["description"]
        for item in pxm.sandbox.all(kind)
    }


def product(pxm: World) -> dict[str, object]:
    (found,) = pxm.sandbox.all("collection")
    return found


def test_each_owns_its_part_and_lends_the_other_ids(pxm: World, shop: Team, brand: Team) -> None:
    (tents,) = [item for item in pxm.sandbox.all("category") if item["name"] == "Tents"]
    (returns,) = pxm.sandbox.all("resource")
    assert product(pxm)["parent_id"] == tents["id"]
    assert str(product(pxm)["id"]) in str(returns)
    brand.pxm("state", "list")
    assert {line.split()[0] for line in pxm.out.splitlines()} == {
        "attribute/brand-story",
        "collection/nunatak",
    }
    assert shop.pxm("plan", "--detailed-exitcode") == 0
    assert brand.pxm("drift") == 0


def test_neither_deletes_what_the_other_declares(pxm: World, shop: Team, brand: Team) -> None:
    brand.edit("  - {key: color, label: Color, type: Pick List, external: true}\n", "")
    brand.edit(", color: Moss", "")
    assert brand.apply() == 0, pxm.out + pxm.err
    assert names(pxm, "attribute") == {"Material", "Color", "Brand story"}
    shop.write(shop.text.partition("resources:")[0])
    assert shop.apply() == 0, pxm.out + pxm.err
    assert names(pxm, "collection") == {"Nunatak Dome"}
    assert names(pxm, "resource") == set()


def test_what_holds_something_of_the_other_is_not_deleted(
    pxm: World, shop: Team, brand: Team
) -> None:
    shop.edit("  - {key: material, label: Material, type: Text}\n", "")
    shop.edit("[material, color]", "[color]")
    shop.edit("  - {key: tents, name: Tents}\n", "")

    assert shop.pxm("apply", "--yes") == 3
    assert "- category/tents" not in pxm.out
    assert "it still holds an unmanaged collection 'Nunatak Dome'" in pxm.out
    assert "a value on collection 'Nunatak Dome'" in pxm.out
    assert names(pxm, "category") == {"Tents", "Sale"}
    assert "Material" in names(pxm, "attribute")
    assert brand.pxm("plan", "--detailed-exitcode") == 0


def test_an_option_that_the_other_uses_is_not_dropped(pxm: World, shop: Team, brand: Team) -> None:
    shop.edit("options: [Moss, Slate]", "options: [Slate]")
    assert shop.pxm("apply", "--yes") == 3
    assert "Nunatak Dome" in pxm.out
    assert brand.pxm("plan", "--detailed-exitcode") == 0


def test_a_rename_of_the_owner_is_followed_by_id_and_told_by_name(
    pxm: World, shop: Team, brand: Team
) -> None:
    (tents,) = [item for item in pxm.sandbox.all("category") if item["name"] == "Tents"]
    shop.edit("{key: tents, name: Tents}", "{key: tents, name: All tents}")
    assert shop.apply() == 0, pxm.out + pxm.err

    assert brand.pxm("plan") == 1
    assert "external, but no such object is in the account" in pxm.err
    brand.edit("{key: tents, name: Tents, external", f"{{key: tents, id: {tents['id']}, external")
    assert brand.apply() == 0, pxm.out + pxm.err
    assert names(pxm, "category") == {"All tents", "Sale"}
    assert product(pxm)["parent_id"] == tents["id"]


def test_elements_that_the_other_added_stay(pxm: World, shop: Team, brand: Team) -> None:
    brand.write(
        brand.text
        + "resources:\n  - {key: returns, description: Returns, external: true}\n"
        + "  - {key: film, description: Film, link: 'https://example.com/f', collections: [nunatak]}\n"
    )
    brand.edit("category: tents", "category: tents\n    categories: [sale]")
    brand.edit("categories:\n", "categories:\n  - {key: sale, name: Sale, external: true}\n")
    assert brand.apply() == 0, pxm.out + pxm.err
    (returns,) = [item for item in pxm.sandbox.all("resource") if item["description"] == "Returns"]
    assert str(product(pxm)["id"]) in str(returns)

    shop.edit("[material, color]", "[color]")
    assert shop.apply() == 0, pxm.out + pxm.err
    assert brand.pxm("plan", "--detailed-exitcode") == 0
    assert shop.pxm("plan", "--detailed-exitcode") == 0


def test_an_object_goes_over_without_being_deleted(pxm: World, shop: Team, brand: Team) -> None:
    (sale,) = [item for item in pxm.sandbox.all("category") if item["name"] == "Sale"]
    shop.edit("{key: sale, name: Sale}", "{key: sale, name: Sale, external: true}")
    assert shop.pxm("plan") == 0
    assert "category/sale is external now and no longer managed" in pxm.out
    assert shop.apply() == 0, pxm.out + pxm.err
    brand.edit("categories:\n", "categories:\n  - {key: sale, name: Sale}\n")
    assert brand.pxm("plan") == 0
    assert "= category/sale" in pxm.out
    assert brand.apply() == 0, pxm.out + pxm.err
    assert {item["id"] for item in pxm.sandbox.all("category") if item["name"] == "Sale"} == {
        sale["id"]
    }
    brand.edit("  - {key: sale, name: Sale}\n", "")
    shop.edit("  - {key: sale, name: Sale, external: true}\n", "")
    assert shop.apply() == 0, pxm.out + pxm.err
    assert names(pxm, "category") == {"Tents", "Sale"}
    assert brand.apply() == 0, pxm.out + pxm.err
    assert names(pxm, "category") == {"Tents"}


@pytest.mark.usefixtures("shop")
def test_near_matches_of_a_new_state_are_none_of_what_is_external(pxm: World) -> None:
    brand = Team(pxm, "brand")
    assert brand.pxm("plan") == 0
    assert "near" not in pxm.out.lower()
    assert "0 to adopt" in pxm.out
