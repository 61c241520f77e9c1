"""`pxm rename`: a key and all that name it."""

from pathlib import Path

import pytest

from reconciler.errors import CatalogError, UsageError
from reconciler.model import Ref
from reconciler.refactor.rename import rename
from tests.refactor.shop import SHOP, lines, shop, texts, written


def test_a_product_is_renamed_in_every_file(tmp_path: Path) -> None:
    patch = rename(shop(tmp_path), "collection/rain", "drizzle")

    assert lines(patch) == [
        "-  - key: rain",
        "+  - key: drizzle",
        "-    variant_of: rain",
        "+    variant_of: drizzle",
        "-    collections: [rain]",
        "+    collections: [drizzle]",
        "-      - rain",
        "+      - drizzle",
        "-    collections: [rain, sun]",
        "+    collections: [drizzle, sun]",
        "+  - {kind: collection, from: rain, to: drizzle}",
        "-  - {kind: collection, match: rain, fields: [attributes.color]}",
        "+  - {kind: collection, match: drizzle, fields: [attributes.color]}",
    ]
    catalog = written(patch)
    assert Ref("collection", "drizzle") in catalog.resources
    assert [(x.source, x.target) for x in catalog.moved] == [("wet", "rain"), ("rain", "drizzle")]


def test_a_category_is_renamed_in_defaults_and_rules_too(tmp_path: Path) -> None:
    patch = rename(shop(tmp_path), "category/jackets", "outer/jackets")

    assert lines(patch) == [
        "-      - key: jackets",
        "+      - key: outer/jackets",
        "-    category: jackets",
        "+    category: outer/jackets",
        "-    category: jackets",
        "+    category: outer/jackets",
        "+  - {kind: category, from: jackets, to: outer/jackets}",
        "-  - {under: jackets, require: [size], when: [color, size]}",
        "-  - {under: [jackets, shirts], require: [color], require_groups: [looks], level: warning}",
        "+  - {under: outer/jackets, require: [size], when: [color, size]}",
        "+  - {under: [outer/jackets, shirts], require: [color], require_groups: [looks],"
        " level: warning}",
        "-  - {field: category, allowed: [jackets]}",
        "+  - {field: category, allowed: [outer/jackets]}",
    ]
    assert written(patch).resources[Ref("collection", "sun")].fields["category"] == "outer/jackets"


def test_an_attribute_is_renamed_wherever_its_values_are_named(tmp_path: Path) -> None:
    before = shop(tmp_path)
    patch = rename(before, "attribute/size", "fits")

    assert [line for line in lines(patch) if line.startswith("+")] == [
        "+  - {key: fits, label: Size, type: Text}   # of people",
        "+    attributes: [color, fits]",
        "+    lifecycle: {ignore: [attributes.fits]}",
        '+      fits: "M"',
        '+        attributes: {fits: M, gtin: "1"}',
        "+  - {kind: attribute, from: size, to: fits}",
        "+  - {kind: collection, fields: [attributes.fits, name]}",
        "+  - {under: jackets, require: [fits], when: [color, fits]}",
        "+  - {unique: [fits, gtin], level: warning}",
    ]
    written(patch)


def test_a_natural_key_and_an_inherited_value_follow(tmp_path: Path) -> None:
    catalog = written(rename(shop(tmp_path), "attribute/gtin", "ean"))
    assert catalog.policy.natural_keys == {"collection": "attribute:ean"}
    catalog = written(rename(tmp_path, "attribute/color", "hue"))
    variant = catalog.resources[Ref("collection", "rain-m")]

    assert variant.fields["attributes.hue"] == "Blue"


def test_quotes_stay_and_a_group_is_renamed_too(tmp_path: Path) -> None:
    shop(tmp_path)
    assert '+      - key: "tops"' in lines(rename(tmp_path, "category/shirts", "tops"))
    found = lines(rename(tmp_path, "attribute_group/looks", "null"))
    assert '+  - key: "null"' in found
    assert '+  - {kind: attribute_group, from: looks, to: "null"}' in found


def test_there_and_back_again_is_as_it_was_but_for_the_history(tmp_path: Path) -> None:
    before = texts(shop(tmp_path))
    written(rename(tmp_path, "collection/rain", "drizzle"))
    catalog = written(rename(tmp_path, "collection/drizzle", "rain"))

    note = "  - {kind: collection, from: rain, to: drizzle}\n"
    back = "  - {kind: collection, from: drizzle, to: rain}\n"
    assert texts(tmp_path) == {
        **before,
        "products/more.yaml": before["products/more.yaml"] + note + back,
    }
    assert len(catalog.moved) == 3


def test_a_key_that_came_back_is_led_on_by_the_entry_it_has(tmp_path: Path) -> None:
    """A key stands under `from` once: what it became the second time takes that entry."""
    shop(tmp_path)
    for target, new in (("rain", "a"), ("a", "rain"), ("rain", "b")):
        catalog = written(rename(tmp_path, f"collection/{target}", new))

    moved = [(item.source, item.target) for item in catalog.moved]
    assert moved == [("wet", "rain"), ("rain", "b"), ("a", "rain")]


def test_the_history_comes_into_a_file_that_has_one(tmp_path: Path) -> None:
    shop(tmp_path, {"a.yaml": "categories:\n- key: a\n  name: A\n"})
    assert lines(rename(tmp_path, "category/a", "b")) == [
        "-- key: a",
        "+- key: b",
        "+",
        "+moved:",
        "+  - {kind: category, from: a, to: b}",
    ]
    (tmp_path / "history.yaml").write_text(
        "moved: [{kind: category, from: x, to: a}]\nremoved: [{kind: category, key: z}]\n"
    )
    assert lines(rename(tmp_path, "category/a", "b"))[2:] == [
        "-moved: [{kind: category, from: x, to: a}]",
        "+moved: [{kind: category, from: x, to: a}, {kind: category, from: a, to: b}]",
    ]


def test_line_ends_and_a_mark_at_the_beginning_stay(tmp_path: Path) -> None:
    text = "\ufeffcategories:\r\n  - key: a\r\n    name: A\r\n  - {key: b, name: B, parent: a}\r\n"
    shop(tmp_path, {"a.yaml": text})
    patch = rename(tmp_path, "category/a", "c")

    moved = "\r\nmoved:\r\n  - {kind: category, from: a, to: c}\r\n"
    assert patch.after["a.yaml"] == text.replace(" a", " c") + moved


def test_an_alias_follows_its_anchor(tmp_path: Path) -> None:
    text = """\
categories:
  - {key: &c jackets, name: Jackets}
collections:
  - {key: rain, name: Rain, category: *c}
  - &base
    key: sun
    name: Sun
    categories: &in [jackets]
  - <<: *base
    key: moon
    name: Moon
    categories: *in
"""
    shop(tmp_path, {"a.yaml": text})
    catalog = written(rename(tmp_path, "category/jackets", "coats"))

    assert catalog.resources[Ref("collection", "rain")].fields["category"] == "coats"
    assert catalog.resources[Ref("collection", "moon")].fields["categories"] == ("coats",)


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        (
            "categories:\n  - {key: jackets, name: &n jackets}\n"
            "collections:\n  - {key: rain, name: Rain, category: *n}\n",
            "a.yaml:4:39",
            "the alias *n stands for what is no such key",
        ),
        (
            "categories:\n  - {key: &k jackets, name: *k}\n",
            "a.yaml:2:29",
            "the alias *k shows the key as something else",
        ),
    ],
)
def test_an_anchor_that_says_something_else_too_is_refused_at_its_place(
    tmp_path: Path, text: str, place: str, why: str
) -> None:
    shop(tmp_path, {"a.yaml": text})
    with pytest.raises(CatalogError) as found:
        rename(tmp_path, "category/jackets", "coats")

    assert [(str(x.place), x.message) for x in found.value.problems] == [
        (place, f"cannot be edited: {why}")
    ]


def test_a_list_that_is_shared_by_two_kinds_is_refused(tmp_path: Path) -> None:
    text = """\
categories:
  - {key: blue, name: Blue}
attributes:
  - {key: blue, label: Blue, type: Text}
attribute_groups:
  - {key: g, name: G, attributes: &x [blue]}
collections:
  - {key: rain, name: Rain, categories: *x}
"""
    shop(tmp_path, {"a.yaml": text})
    with pytest.raises(CatalogError, match="problem"):
        rename(tmp_path, "category/blue", "red")
    assert texts(tmp_path) == {"a.yaml": text}


@pytest.mark.parametrize(
    ("target", "new", "message", "hint"),
    [
        ("collection/ran", "x", "no collection 'ran' in the catalog", "did you mean 'rain'?"),
        ("category/rain", "x", "no category 'rain' in the catalog", "another kind: collection"),
        ("categorie/rain", "x", "'categorie/rain' is not KIND/KEY", "did you mean 'category'?"),
        ("rain", "x", "'rain' is not KIND/KEY", "kinds are attribute,"),
        ("collection/rain", "sun", "'sun' is in the catalog already, at", "choose another key"),
        ("collection/rain", "rain", "'rain' is its key already", ""),
        ("collection/rain", "a b", "'a b' cannot be a key", "letters, digits"),
        ("collection/rain", "x" * 201, "cannot be a key", "at most 200"),
        (
            "collection/rain",
            "collection/x",
            "'collection/x' is not a key alone",
            "write `collection/rain x`",
        ),
    ],
)
def test_what_cannot_be_renamed_is_told_with_the_nearest(
    tmp_path: Path, target: str, new: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as found:
        rename(shop(tmp_path), target, new)

    assert message in found.value.message
    assert hint in found.value.hint


def test_a_key_that_a_rule_would_take_for_a_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"in .*/reconciler.yaml 'name' would mean"):
        rename(shop(tmp_path), "attribute/color", "name")


def test_a_pattern_that_no_longer_holds_is_noted(tmp_path: Path) -> None:
    shop(tmp_path)
    left = rename(tmp_path, "collection/rain-m", "drizzle-m")
    came = rename(tmp_path, "collection/sun", "rain-sun")

    where = "the `ignore` rule for 'rain-*' in reconciler.yaml"
    assert left.notes == (f"Note: {where} holds for 'rain-m' and not for 'drizzle-m'",)
    assert came.notes == (f"Note: {where} holds for 'rain-sun' and not for 'sun'",)


def test_what_would_not_be_valid_any_more_is_not_written(tmp_path: Path) -> None:
    files = {"a.yaml": "categories: [{key: a, name: A}]\nremoved: [{kind: category, key: b}]\n"}
    with pytest.raises(CatalogError) as found:
        rename(shop(tmp_path, files), "category/a", "b")

    assert "still in the catalog" in found.value.problems[0].message
    assert texts(tmp_path) == files


def test_a_broken_catalog_is_told_first(tmp_path: Path) -> None:
    """What cannot be read may name the key."""
    shop(tmp_path)
    (tmp_path / "b.yaml").write_text("collections: [\n")
    with pytest.raises(CatalogError):
        rename(tmp_path, "collection/rain", "x")


def test_a_file_that_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    patch = rename(shop(tmp_path), "collection/rain", "drizzle")
    (tmp_path / "reconciler.yaml").write_text("prune: never\n")

    with pytest.raises(UsageError, match="changed meanwhile"):
        patch.write()
    assert texts(tmp_path) == {**SHOP, "reconciler.yaml": "prune: never\n"}


def test_a_history_behind_an_alias_is_refused(tmp_path: Path) -> None:
    text = """\
categories:
  - {key: a, name: A}
moved:
  - &m {kind: category, from: x, to: a}
  - {<<: *m, from: a, to: x}
"""
    shop(tmp_path, {"a.yaml": text})
    with pytest.raises(UsageError, match=r"the entry of `moved` at a.yaml:5:5 is behind an anchor"):
        rename(tmp_path, "category/a", "b")
