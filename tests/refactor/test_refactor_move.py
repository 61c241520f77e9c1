"""`pxm move`: an object into another file, and the catalog says the same."""

from pathlib import Path

import pytest

from reconciler.catalog import load
from reconciler.errors import CatalogError, UsageError
from reconciler.model import Ref
from reconciler.refactor.move import move
from reconciler.refactor.work import Patch, Work
from tests.refactor.shop import SHOP, lines, shop, texts


def moved(folder: Path, to: str, *targets: str) -> Patch:
    """A patch after which the folder declares what it did."""
    before = load(folder).resources
    patch = move(folder, targets, folder / to)
    patch.write()
    after = load(folder).resources
    assert {ref: (x.fields, x.file) for ref, x in after.items()} == {
        ref: (x.fields, x.file) for ref, x in before.items()
    }
    return patch


def test_a_product_goes_with_its_comments_and_variants(tmp_path: Path) -> None:
    moved(shop(tmp_path), "products/rain.yaml", "collection/rain")

    now = texts(tmp_path)
    before = SHOP["products/jackets.yaml"]
    start, end = before.index("  # sells"), before.index("\n  - key: sun")
    assert now["products/rain.yaml"] == (
        "# yaml-language-server: $schema=../../schemas/catalog.schema.json\n"
        "defaults:\n  collections:\n    category: jackets\n\ncollections:\n" + before[start:end]
    )
    assert now["products/jackets.yaml"] == before[:start] + before[end + 1 :]


def test_a_variant_leaves_its_nest_and_says_whose_it_is(tmp_path: Path) -> None:
    patch = moved(shop(tmp_path), "products/more.yaml", "collection/rain-l")

    assert lines(patch) == [
        "-      # larger",
        "-      - key: rain-l",
        "-        name: Rain L",
        "+  # larger",
        "+  - key: rain-l",
        "+    name: Rain L",
        "+    variant_of: rain",
    ]


def test_paths_lead_on_to_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.jpg").write_text("x")
    text = "files:\n  - {key: a, path: assets/a.jpg}\n  - {key: b, file_name: b.jpg}\n"
    shop(tmp_path, {"a.yaml": text})
    patch = moved(tmp_path, "deep/er/files.yaml", "file/a")

    assert patch.after["deep/er/files.yaml"] == "files:\n  - {key: a, path: ../../assets/a.jpg}\n"
    moved(tmp_path, "a.yaml", "file/a")
    assert texts(tmp_path)["a.yaml"].endswith("  - {key: a, path: assets/a.jpg}\n")
    assert not (tmp_path / "deep/er/files.yaml").exists()


DEFAULTS = """\
defaults:
  collections:
    published: true
    published_start_date: 2026-01-01
    attributes: {care: Cold, fit: "Slim"}
    lifecycle: {prevent_destroy: true}
    inherit: [care]
  variants: {published: null, attributes: {fit: Wide}}
collections:
  - key: rain
    name: Rain
    attributes: {care: Warm}
    variants:
      - key: rain-m
        name: Rain M
      - {key: rain-l, name: Rain L, attributes: {fit: Long}}
  - {key: sun, name: Sun}
"""
ATTRIBUTES = """\
attributes:
  - {key: care, label: Care, type: Text}
  - {key: fit, label: Fit, type: Text}
"""


def test_what_the_file_gave_is_said_in_a_file_that_gives_something_else(tmp_path: Path) -> None:
    other = """\
defaults:
  collections: {published: true}
collections:
  - key: other
    name: Other
    published_start_date: 2025-01-01
"""
    shop(tmp_path, {"a.yaml": DEFAULTS, "b.yaml": other, "c.yaml": ATTRIBUTES})
    moved(tmp_path, "b.yaml", "collection/rain")

    assert (
        texts(tmp_path)["b.yaml"]
        == other
        + """
  - key: rain
    name: Rain
    published_start_date: 2026-01-01
    lifecycle: {prevent_destroy: true}
    inherit: [care]
    attributes: {care: Warm, fit: Slim}
    variants:
      - key: rain-m
        name: Rain M
        published: null
        attributes: {fit: Wide}
      - {key: rain-l, name: Rain L, published: null, attributes: {fit: Long}}
"""
    )


def test_a_new_file_gets_the_defaults_that_its_objects_take(tmp_path: Path) -> None:
    shop(tmp_path, {"a.yaml": DEFAULTS, "c.yaml": ATTRIBUTES})
    moved(tmp_path, "b.yaml", "collection/sun")

    head = DEFAULTS[: DEFAULTS.index("  variants")]
    assert texts(tmp_path)["b.yaml"].replace("fit: Slim", 'fit: "Slim"') == (
        head + "\ncollections:\n  - {key: sun, name: Sun}\n"
    )


def test_defaults_that_would_give_it_something_new_are_refused(tmp_path: Path) -> None:
    other = "defaults: {collections: {category: a}}\ncategories: [{key: a, name: A}]\n"
    shop(tmp_path, {"a.yaml": "collections:\n  - {key: one, name: One}\n", "b.yaml": other})
    with pytest.raises(UsageError) as found:
        move(tmp_path, ["collection/one"], tmp_path / "b.yaml")

    assert "b.yaml would give collection/one another categor" in found.value.message


def test_a_category_goes_from_its_tree_with_what_is_below(tmp_path: Path) -> None:
    text = """\
categories:
  - key: a
    name: A
    children:
      - key: b
        name: B
        children:
          - {key: c, name: C}
"""
    shop(tmp_path, {"a.yaml": text})
    moved(tmp_path, "b.yaml", "category/b", "category/c")

    assert texts(tmp_path) == {
        "a.yaml": "categories:\n  - key: a\n    name: A\n",
        "b.yaml": """\
categories:
  - key: b
    name: B
    parent: a
    children:
      - {key: c, name: C}
""",
    }


def test_the_last_one_of_a_file_takes_it_along(tmp_path: Path) -> None:
    shop(tmp_path, {"a.yaml": "categories:\n- key: a\n  name: A\n"})
    moved(tmp_path, "new/b.yaml", "category/a")
    assert texts(tmp_path) == {"new/b.yaml": "categories:\n- key: a\n  name: A\n"}


def test_what_stands_there_already_is_no_edit(tmp_path: Path) -> None:
    assert moved(shop(tmp_path), "products/jackets.yaml", "collection/rain-m").after == {}


ANCHORED = """\
attributes:
  - {key: care, label: Care, type: Text}
collections:
  - key: one
    name: One
    attributes: &x {care: Cold}
  - key: two
    name: Two
    attributes: *x
"""


@pytest.mark.parametrize("target", ["collection/one", "collection/two"])
def test_an_alias_and_its_anchor_stay_in_one_file(tmp_path: Path, target: str) -> None:
    shop(tmp_path, {"a.yaml": ANCHORED})
    with pytest.raises(CatalogError) as found:
        move(tmp_path, [target], tmp_path / "b.yaml")

    assert str(found.value.problems[0].place) == "a.yaml:9:17"
    moved(tmp_path, "c.yaml", "attribute/care")


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("../out.yaml", "not a YAML file in the catalog folder"),
        ("a.txt", "not a YAML file in the catalog folder"),
        ("reconciler.yaml", "no catalog file can have that name"),
        (".hidden/a.yaml", "no catalog file can have that name"),
    ],
)
def test_a_file_that_is_none_of_the_catalogs_is_refused(tmp_path: Path, to: str, why: str) -> None:
    folder = shop(tmp_path / "catalog")
    with pytest.raises(UsageError, match=why):
        move(folder, ["collection/rain"], folder / to)
    assert texts(folder) == SHOP


def test_lists_in_brackets_are_refused(tmp_path: Path) -> None:
    shop(tmp_path, {"a.yaml": "categories: [{key: a, name: A}, {key: b, name: B}]\n"})
    with pytest.raises(UsageError, match="by way of an alias or in brackets"):
        move(tmp_path, ["category/a"], tmp_path / "b.yaml")
    shop(tmp_path, {"c.yaml": "categories:\n  - {key: c, name: C}\n"})
    with pytest.raises(CatalogError) as found:
        move(tmp_path, ["category/c"], tmp_path / "a.yaml")
    assert "not one entry a line" in found.value.problems[0].message


def test_the_parent_is_where_it_was(tmp_path: Path) -> None:
    moved(shop(tmp_path), "categories.yaml", "collection/rain-xl")
    assert load(tmp_path).resources[Ref("collection", "rain-xl")].place.file == "categories.yaml"


def test_texts_in_files_are_the_same_from_another_folder(tmp_path: Path) -> None:
    for name, words in (("care", "Cold."), ("fit", "Slim."), ("guide", "Guide.")):
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts" / f"{name}.html").write_text(words)
    text = """\
defaults: {collections: {attributes: {fit: {file: texts/fit.html}}}}
collections:
  - key: one
    name: One
    attributes:
      care:
        file: texts/care.html
resources:
  - {key: guide, description: {file: texts/guide.html}, link: https://example.com}
"""
    shop(tmp_path, {"a.yaml": text, "deep/c.yaml": ATTRIBUTES})
    moved(tmp_path, "deep/c.yaml", "collection/one", "resource/guide")

    assert (
        texts(tmp_path)["deep/c.yaml"]
        == ATTRIBUTES
        + """
collections:
  - key: one
    name: One
    attributes:
      care:
        file: ../texts/care.html
      fit: {file: ../texts/fit.html}

resources:
  - {key: guide, description: {file: ../texts/guide.html}, link: https://example.com}
"""
    )


ENVIRONMENTS = "environments: {staging: , production: }\n"
STAGING = "defaults:\n  categories: {only: [staging]}\n"


def test_what_is_somebody_elses_is_for_the_same_environments_elsewhere(tmp_path: Path) -> None:
    texts = {
        "reconciler.yaml": ENVIRONMENTS,
        "a.yaml": STAGING + "categories:\n  - {key: a, name: A, external: true}\n"
        "  - {key: b, name: B}\n",
        "b.yaml": "categories:\n  - {key: c, name: C}\n",
    }
    shop(tmp_path, texts)
    patch = move(tmp_path, ["category/a"], tmp_path / "b.yaml")
    assert lines(patch) == [
        "-  - {key: a, name: A, external: true}",
        "+  - {key: a, name: A, external: true, only: [staging]}",
    ]
    patch.write()
    assert Ref("category", "a") not in load(tmp_path, environment="production").resources
    with pytest.raises(UsageError, match="would give category/c another only"):
        move(tmp_path, ["category/c"], tmp_path / "a.yaml")


def test_what_each_environment_has_is_proved(tmp_path: Path) -> None:
    """An edit that alone an environment would see changes what is planned for its account."""
    texts = {
        "reconciler.yaml": ENVIRONMENTS,
        "a.yaml": "categories:\n  - {key: a, name: A, only: [staging]}\n",
    }
    work = Work.on(shop(tmp_path, texts))
    work.files.load(["a.yaml"])
    work.files.put("a.yaml", work.files.texts["a.yaml"].replace("[staging]", "[production]"))
    with pytest.raises(UsageError, match="would have changed category/a in staging too"):
        work.proved(lambda resource: resource)


def test_where_one_file_cannot_be_written_all_are_as_they_were(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "taken").write_text("a file where a folder is due")
    patch = move(tmp_path, ["collection/sun"], tmp_path / "taken" / "sun.yaml")

    with pytest.raises(UsageError, match="cannot be written"):
        patch.write()
    assert texts(tmp_path) == {**SHOP, "taken": "a file where a folder is due"}


def test_what_only_one_environment_has_stays_that_way(tmp_path: Path) -> None:
    settings = "environments: {staging: {state: 'file:s'}, production: {state: 'file:p'}}\n"
    here = "defaults: {collections: {only: [staging]}}\ncollections:\n  - {key: one, name: One}\n"
    there = (
        "defaults: {collections: {only: [production]}}\ncollections:\n  - {key: two, name: Two}\n"
    )
    shop(tmp_path, {"c.yaml": ATTRIBUTES})
    for name, text in (("reconciler.yaml", settings), ("a.yaml", here), ("b.yaml", there)):
        (tmp_path / name).write_text(text)
    moved(tmp_path, "b.yaml", "collection/one")
    assert "  - {key: one, only: [staging], name: One}\n" in texts(tmp_path)["b.yaml"]

    (tmp_path / "d.yaml").write_text("collections:\n  - {key: three, name: Three}\n")
    with pytest.raises(UsageError) as found:
        move(tmp_path, ["collection/three"], tmp_path / "b.yaml")
    assert "would give collection/three another only" in found.value.message
