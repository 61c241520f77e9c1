"""Links said at products and categories, as good as those at resources and files (contract 1.2)."""

from pathlib import Path

from reconciler.catalog import read
from reconciler.model import Catalog, Place, Ref

OBJECTS = """
categories: [{key: tents, name: Tents%s}]
collections:
  - {key: dome, name: Dome%s}
  - {key: tarp, name: Tarp%s}
resources:
  - {key: guide, description: Guide, link: "https://x.example/g"%s}
files:
  - {key: hero, file_name: hero.jpg%s}
  - {key: plan, file_name: plan.pdf%s}
"""


def catalog(folder: Path, *more: str) -> Catalog:
    """The catalog with these fields in its objects, which has no problems."""
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(OBJECTS % more, encoding="utf-8")
    reading = read(folder)
    assert [str(problem) for problem in reading.problems] == []
    return reading.catalog


def fields(found: Catalog) -> dict[Ref, object]:
    return {ref: item.fields for ref, item in found.resources.items()}


def test_both_ends_say_the_same(tmp_path: Path) -> None:
    at_products = catalog(
        tmp_path / "products",
        ", resources: [guide]",
        ", resources: [guide], files: [plan, hero]",
        ", files: [hero]",
        "",
        "",
        "",
    )
    at_files = catalog(
        tmp_path / "files",
        "",
        "",
        "",
        ", category: tents, collections: [dome]",
        ", collections: [dome, tarp]",
        ", collections: [dome]",
    )

    assert fields(at_products) == fields(at_files)
    hero = at_products.resources[Ref("file", "hero")]
    assert hero.linked == {"collections": ("dome", "tarp")}
    assert hero.at("collections") == Place("a.yaml", 4, 63)
    assert at_files.resources[Ref("file", "hero")].linked == {}


def test_some_pairs_may_stand_at_one_end_and_some_at_the_other(tmp_path: Path) -> None:
    found = catalog(tmp_path, "", ", resources: [guide]", "", ", collections: [tarp]", "", "")
    guide = found.resources[Ref("resource", "guide")]

    assert guide.fields["collections"] == ("tarp", "dome")
    assert guide.linked == {"collections": ("dome",)}


def test_a_list_without_elements_links_nothing(tmp_path: Path) -> None:
    found = catalog(tmp_path, ", resources: ", ", resources: []", ", files: null", "", "", "")

    assert "collections" not in found.resources[Ref("resource", "guide")].fields
    assert "collections" not in found.resources[Ref("file", "hero")].fields


def test_in_which_file_a_product_stands_means_nothing(tmp_path: Path) -> None:
    for name, files in (("one", ("a", "b")), ("other", ("b", "a"))):
        folder = tmp_path / name
        folder.mkdir()
        for file, key in zip(files, ("dome", "tarp"), strict=True):
            text = f"collections: [{{key: {key}, name: {key}, files: [hero]}}]\n"
            (folder / f"{file}.yaml").write_text(text)
        (folder / "files.yaml").write_text("files: [{key: hero, file_name: hero.jpg}]\n")

    hero = Ref("file", "hero")
    one, other = (read(tmp_path / name).catalog.resources[hero] for name in ("one", "other"))
    assert one.fields == other.fields == {"file_name": "hero.jpg", "collections": ("dome", "tarp")}
