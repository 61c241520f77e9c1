"""`pxm remove`: an object, what it contains, and all that name it."""

from pathlib import Path

import pytest

from reconciler.catalog import read
from reconciler.errors import CatalogError, UsageError
from reconciler.model import Ref
from reconciler.refactor.remove import Removal, Wanted, remove
from tests.refactor.shop import SHOP, lines, shop, texts, written


def taken(folder: Path, *targets: str, **wanted: bool) -> Removal:
    """What a removal would be."""
    return remove(folder, Wanted(targets, **wanted))


def refs(found: tuple[Ref, ...]) -> list[str]:
    return [ref.key for ref in found]


def test_a_product_goes_with_its_variants_and_all_that_names_them(tmp_path: Path) -> None:
    found = taken(shop(tmp_path), "collection/rain")

    assert refs(found.contained) == ["rain-m", "rain-l", "rain-xl"]
    assert refs(found.left) == ["video", "drawing"]
    assert [line for line in lines(found.patch) if line.startswith("+")] == [
        "+    collections: [sun]"
    ]
    catalog = written(found.patch)
    assert [ref.key for ref in catalog.resources if ref.kind == "collection"] == ["sun"]
    assert catalog.moved == ()
    now = texts(tmp_path)
    assert (
        now["products/jackets.yaml"]
        == """\
# yaml-language-server: $schema=../../schemas/catalog.schema.json
defaults:
  collections:
    category: jackets

collections:
  - key: sun
    name: Sun
"""
    )
    assert (
        now["products/more.yaml"]
        == """\
resources:
  - key: guide
    description: Guide
    link: https://example.com/guide
    category: jackets
  - key: video
    description: Video
    link: https://example.com/video
files:
  - key: hero
    file_name: hero.jpg
    collections: [sun]
  - key: drawing
    file_name: drawing.pdf
"""
    )
    assert now["reconciler.yaml"] == SHOP["reconciler.yaml"].replace(
        "  - {kind: collection, match: rain, fields: [attributes.color]}\n", ""
    )


def test_what_hung_on_it_alone_goes_too_where_that_is_asked_for(tmp_path: Path) -> None:
    found = taken(shop(tmp_path), "collection/rain", orphans=True)

    assert (refs(found.orphans), found.left) == (["video", "drawing"], ())
    catalog = written(found.patch)
    assert [ref.key for ref in catalog.resources if ref.kind in ("resource", "file")] == [
        "guide",
        "hero",
    ]


def test_an_attribute_goes_with_its_values_and_from_rules(tmp_path: Path) -> None:
    patch = taken(shop(tmp_path), "attribute/size").patch

    assert lines(patch) == [
        "-  - {key: size, label: Size, type: Text}   # of people",
        "-    attributes: [color, size]",
        "+    attributes: [color]",
        "-    lifecycle: {ignore: [attributes.size]}",
        '-      size: "M"',
        '-        attributes: {size: M, gtin: "1"}',
        '+        attributes: {gtin: "1"}',
        "-  - {kind: collection, fields: [attributes.size, name]}",
        "+  - {kind: collection, fields: [name]}",
        "-  - {under: jackets, require: [size], when: [color, size]}",
        "-  - {unique: [size, gtin], level: warning}",
        "+  - {unique: [gtin], level: warning}",
    ]
    written(patch)


def test_one_of_two_things_that_a_rule_asks_is_enough(tmp_path: Path) -> None:
    found = lines(taken(shop(tmp_path), "attribute/color").patch)

    rule = "  - {under: [jackets, shirts], require_groups: [looks], level: warning}"
    assert f"+{rule}" in found
    assert "-    inherit:" in found
    assert "-      - color" in found


def test_a_natural_key_goes_back_to_the_usual_one(tmp_path: Path) -> None:
    catalog = written(taken(shop(tmp_path), "attribute/gtin").patch)
    assert catalog.policy.natural_keys == {}


def test_a_category_goes_with_what_is_below_it_and_from_defaults(tmp_path: Path) -> None:
    found = taken(shop(tmp_path), "category/apparel")

    assert refs(found.contained) == ["jackets", "shirts", "new-in"]
    catalog = written(found.patch)
    assert not any(ref.kind == "category" for ref in catalog.resources)
    assert "category" not in catalog.resources[Ref("collection", "sun")].fields
    assert "defaults" not in texts(tmp_path)["products/jackets.yaml"]
    assert "categories.yaml" not in texts(tmp_path)
    assert "under" not in texts(tmp_path)["reconciler.yaml"]


def test_several_go_at_once_and_comments_that_are_nobodys_stay(tmp_path: Path) -> None:
    text = """\
# Our categories.

categories:
  # ---- Outdoor
  - {key: a, name: A}

  # one

  # two
  - {key: b, name: B}   # bee

  - {key: c, name: C}
    # of c
"""
    shop(tmp_path, {"a.yaml": text, "b.yaml": "categories: [{key: z, name: Z}]\n"})
    one = taken(tmp_path, "category/a", "category/b").patch
    all_of_it = taken(tmp_path, "category/a", "category/b", "category/c").patch

    assert (
        one.after["a.yaml"]
        == """\
# Our categories.

categories:
  # ---- Outdoor
  # one

  - {key: c, name: C}
    # of c
"""
    )
    assert "# Our categories." in (all_of_it.after["a.yaml"] or "")


def test_a_file_of_nothing_else_goes(tmp_path: Path) -> None:
    modeline = "# yaml-language-server: $schema=x.json\n"
    files = {
        "a.yaml": modeline + "categories:\n  - {key: a, name: A}\n",
        "b.yaml": SHOP["attributes.yaml"],
    }
    patch = taken(shop(tmp_path, files), "category/a").patch

    assert patch.after == {"a.yaml": None}
    written(patch)
    assert texts(tmp_path) == {"b.yaml": SHOP["attributes.yaml"]}


def test_the_last_object_does_not_go(tmp_path: Path) -> None:
    shop(tmp_path, {"a.yaml": "categories: [{key: a, name: A}]\n"})
    with pytest.raises(UsageError, match="nothing would be left of the catalog"):
        taken(tmp_path, "category/a")


def test_what_stays_in_the_account_is_let_go(tmp_path: Path) -> None:
    """The chain of `moved` ends at the entry: an account that is behind lets go too."""
    catalog = written(taken(shop(tmp_path), "collection/rain", keep_live=True).patch)

    assert [(x.ref.key, x.destroy) for x in catalog.removed] == [
        ("rain", False),
        ("rain-m", False),
        ("rain-l", False),
        ("rain-xl", False),
    ]
    assert [item.target for item in catalog.moved] == ["rain"]
    assert (
        "removed:\n  - {kind: collection, key: rain, destroy: false}\n"
        in (texts(tmp_path)["products/jackets.yaml"])
    )


def test_a_delete_is_stated_where_that_is_wanted(tmp_path: Path) -> None:
    catalog = written(taken(shop(tmp_path), "collection/sun", noted=True).patch)
    assert [(x.ref.key, x.destroy) for x in catalog.removed] == [("sun", True)]


def test_what_is_external_was_never_managed(tmp_path: Path) -> None:
    text = "categories: [{key: a, name: A, external: true}, {key: b, name: B}]\n"
    catalog = written(taken(shop(tmp_path, {"a.yaml": text}), "category/a", keep_live=True).patch)
    assert catalog.removed == ()


def test_only_the_history_of_what_goes_goes(tmp_path: Path) -> None:
    text = """\
categories: [{key: c, name: C}, {key: z, name: Z}]
moved:
  - {kind: category, from: a, to: b}
  - {kind: category, from: b, to: c}
  - {kind: category, from: y, to: z}
"""
    catalog = written(taken(shop(tmp_path, {"a.yaml": text}), "category/c").patch)
    assert [item.source for item in catalog.moved] == ["y"]


def test_what_no_plan_may_delete_is_told(tmp_path: Path) -> None:
    text = (
        "categories: [{key: a, name: A, lifecycle: {prevent_destroy: true}}, {key: b, name: B}]\n"
    )
    assert refs(taken(shop(tmp_path, {"a.yaml": text}), "category/a").protected) == ["a"]


SHARED = """\
categories:
  - {key: a, name: A}
  - {key: b, name: B}
collections:
  - {key: one, name: One, categories: &in [a, b]}
  - {key: two, name: Two, categories: *in}
"""


def test_a_list_that_is_shared_loses_it_for_all(tmp_path: Path) -> None:
    catalog = written(taken(shop(tmp_path, {"a.yaml": SHARED}), "category/a").patch)
    assert catalog.resources[Ref("collection", "two")].fields["categories"] == ("b",)


def test_what_others_show_by_an_alias_is_refused_at_its_place(tmp_path: Path) -> None:
    shop(tmp_path, {"a.yaml": SHARED, "b.yaml": "attributes: []\n"})
    with pytest.raises(CatalogError) as found:
        taken(tmp_path, "collection/one")
    with pytest.raises(CatalogError) as emptied:
        taken(tmp_path, "category/a", "category/b")

    assert [str(x) for x in found.value.problems] == [
        "a.yaml:5:5: error: cannot be edited: the anchor &… here is used elsewhere too "
        "(write it out there, without the anchor or alias)"
    ]
    assert str(emptied.value.problems[0].place) == "a.yaml:5:39"
    assert texts(tmp_path)["a.yaml"] == SHARED


def test_a_flat_tree_goes_in_any_depth(tmp_path: Path) -> None:
    text = """\
categories:
  - {key: c, name: C, parent: b}
  - {key: b, name: B, parent: a}
  - {key: a, name: A}
  - {key: z, name: Z}
"""
    found = taken(shop(tmp_path, {"a.yaml": text}), "category/a")
    assert refs(found.contained) == ["b", "c"]
    assert written(found.patch).resources.keys() == {Ref("category", "z")}


def test_the_first_two_lines_of_an_entry_may_name_what_goes(tmp_path: Path) -> None:
    """Edits that touch one another are made one after the other."""
    text = """\
categories:
  - {key: a, name: A}
collections:
  - category: a
    categories: [a]
    key: one
    name: One
"""
    patch = taken(shop(tmp_path, {"a.yaml": text}), "category/a").patch
    assert patch.after["a.yaml"] == "collections:\n  - key: one\n    name: One\n"


def test_a_key_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as found:
        taken(shop(tmp_path), "collection/rian")
    assert found.value.hint == "did you mean 'rain'?"


def test_a_new_error_is_told_and_nothing_written(tmp_path: Path) -> None:
    """Without their categories two products look alike."""
    text = """\
categories: [{key: a, name: A}, {key: b, name: B}]
collections: [{key: one, name: X, category: a}, {key: two, name: X, category: b}]
"""
    shop(tmp_path, {"a.yaml": text})
    with pytest.raises(CatalogError) as found:
        taken(tmp_path, "category/a", "category/b")
    assert "the same" in found.value.problems[0].message
    assert not read(tmp_path).problems


def test_files_that_nothing_names_any_more_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("Long.")
    (tmp_path / "x.jpg").write_text("x")
    text = """\
resources: [{key: r, description: {file: x.html}, link: https://example.com}]
files: [{key: f, path: x.jpg}, {key: g, path: x.jpg, file_name: y.jpg}, {key: h, file_name: z}]
"""
    shop(tmp_path, {"a.yaml": text})

    assert taken(tmp_path, "resource/r", "file/f").unnamed == (f"{tmp_path}/x.html",)
    assert taken(tmp_path, "file/f", "file/g").unnamed == (f"{tmp_path}/x.jpg",)
