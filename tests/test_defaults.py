"""What entries leave out and have all the same: `defaults` and `inherit` (contract 1.9)."""

from pathlib import Path

import pytest

from reconciler.catalog import read
from reconciler.model import Catalog, Lifecycle, Origin, Place, Ref, Resource, Value, defaults_ref

ATTRIBUTES = """
attributes:
  - {key: care, label: Care, type: Text}
  - {key: color, label: Color, type: Pick List, options: [Red, Blue], multiple: true}
  - {key: fit, label: Fit, type: List, fields: [{label: Chest, type: Text}, {label: Hip, type: Text}]}
categories:
  - {key: tents, name: Tents}
  - {key: new, name: New}
"""


def catalog(folder: Path, **files: str) -> Catalog:
    """The catalog of these files and some attributes, which has no problems."""
    for name, text in {"definitions": ATTRIBUTES, **files}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    reading = read(folder)
    assert [str(problem) for problem in reading.problems] == []
    return reading.catalog


def product(found: Catalog, key: str) -> Resource:
    """A product by its key."""
    return found.resources[Ref("collection", key)]


def values(found: Catalog, key: str) -> dict[str, Value]:
    """The attribute values of a product."""
    fields = product(found, key).fields
    return {k.removeprefix("attributes."): v for k, v in fields.items() if "." in k}


# --- defaults -----------------------------------------------------------------------------------


def test_an_entry_has_the_defaults_of_its_list_for_what_it_does_not_say(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults:\n"
        "  collections: {published: true, published_start_date: 2025-01-01}\n"
        "collections:\n"
        "  - {key: dome, name: Dome}\n"
        "  - {key: tarp, name: Tarp, published: false}\n"
        "  - {key: pole, name: Pole, published_start_date: null, published: null}\n",
        b="collections: [{key: boot, name: Boot}]\n",
    )
    said = [
        [
            product(found, key).fields.get(name, "-")
            for name in ("published", "published_start_date")
        ]
        for key in ("dome", "tarp", "pole", "boot")
    ]

    assert said == [
        [True, "2025-01-01T00:00:00Z"],
        [False, "2025-01-01T00:00:00Z"],
        [None, None],
        ["-", "-"],
    ]


def test_defaults_hold_wherever_in_the_file_they_stand(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="collections: [{key: dome, name: Dome}]\ndefaults: {collections: {category: tents}}\n",
    )

    assert product(found, "dome").fields["categories"] == ("tents",)


def test_a_value_knows_where_it_comes_from(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults:\n"
        "  collections:\n"
        "    attributes: {care: Cold}\n"
        "collections:\n"
        "  - key: dome\n"
        "    name: Dome\n"
        "    inherit: [care, color]\n"
        "    attributes: {color: Red}\n"
        "    variants: [{key: dome-2, name: Two}]\n",
    )
    dome, two = product(found, "dome"), product(found, "dome-2")
    default = Origin(defaults_ref("collection", "collections", "a.yaml"), Place("a.yaml", 3, 24), "collections")  # fmt: skip

    assert dome.origins == {"attributes.care": default}
    assert two.origins == {
        "attributes.care": Origin(dome.ref, Place("a.yaml", 3, 24)),
        "attributes.color": Origin(dome.ref, Place("a.yaml", 8, 25)),
    }
    assert two.at("attributes.color") == Place("a.yaml", 8, 25)
    assert (dome.inherit, two.inherit) == (("care", "color"), ())


def test_attribute_values_are_merged_key_by_key_and_each_value_is_one(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults:\n"
        "  collections: {attributes: {care: Cold, color: [Red, Blue], fit: {Chest: 90, Hip: 80}}}\n"
        "collections:\n"
        "  - {key: dome, name: Dome}\n"
        "  - {key: tarp, name: Tarp, attributes: {color: Red, care: null, fit: {Chest: 95}}}\n"
        "  - {key: pole, name: Pole, attributes: null}\n",
    )
    all_of_them = {"care": "Cold", "color": ("Red", "Blue"), "fit": {"Chest": "90", "Hip": "80"}}

    assert values(found, "dome") == values(found, "pole") == all_of_them
    assert values(found, "tarp") == {"care": None, "color": ("Red",), "fit": {"Chest": "95"}}


def test_lists_are_taken_as_a_whole_and_the_two_of_lifecycle_each(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults:\n"
        "  collections:\n"
        "    category: tents\n"
        "    categories: [new]\n"
        "    lifecycle: {prevent_destroy: true, ignore: [regions]}\n"
        "collections:\n"
        "  - {key: dome, name: Dome}\n"
        "  - {key: tarp, name: Tarp, categories: [], lifecycle: {prevent_destroy: false}}\n"
        "  - {key: pole, name: Pole, category: null, lifecycle: {ignore: [name]}}\n",
    )
    said = [
        (product(found, key).fields["categories"], product(found, key).lifecycle)
        for key in ("dome", "tarp", "pole")
    ]

    assert said == [
        (("tents", "new"), Lifecycle(True, frozenset({"regions"}))),
        (("tents",), Lifecycle(False, frozenset({"regions"}))),
        (("new",), Lifecycle(True, frozenset({"name"}))),
    ]


BELOW = """
defaults:
  categories: {regions: [US]}
  children: {regions: [EU]}
  collections: {regions: [US]}
  variants: {regions: [EU]}
categories:
  - key: top
    name: Top
    children: [{key: nested, name: Nested}]
  - {key: flat, name: Flat, parent: top}
  - {key: other, name: Other, parent: null}
collections:
  - key: dome
    name: Dome
    variants: [{key: dome-2, name: Two}]
  - {key: dome-4, name: Four, variant_of: dome}
"""


def test_what_stands_below_takes_the_defaults_of_that_list_nested_or_flat(tmp_path: Path) -> None:
    found = catalog(tmp_path, a=BELOW)
    regions = {ref.key: item.fields.get("regions") for ref, item in found.resources.items()}

    assert {key: value for key, value in regions.items() if value} == {
        "top": ("US",),
        "nested": ("EU",),
        "flat": ("EU",),
        "other": ("US",),
        "dome": ("US",),
        "dome-2": ("EU",),
        "dome-4": ("EU",),
    }


def test_a_parent_by_default_makes_children_of_a_flat_list(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults: {categories: {parent: tents}}\n"
        "categories:\n"
        "  - {key: family, name: Family, children: [{key: big, name: Big}]}\n"
        "  - {key: outlet, name: Outlet, parent: null}\n",
    )
    parents = {item.ref.key: item.fields["parent"] for item in found.of("category")}

    assert parents == {
        "tents": None,
        "new": None,
        "family": "tents",
        "big": "family",
        "outlet": None,
    }


def test_what_is_somebody_elses_takes_no_defaults(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults: {collections: {category: tents, lifecycle: {prevent_destroy: true}}}\n"
        "collections: [{key: theirs, name: Theirs, external: true}]\n",
    )

    assert product(found, "theirs").fields == {"name": "Theirs"}
    assert not product(found, "theirs").lifecycle.prevent_destroy


@pytest.mark.parametrize("text", ["defaults:\n", "defaults: {collections: }\n", "defaults: {}\n"])
def test_empty_defaults_give_nothing(text: str, tmp_path: Path) -> None:
    found = catalog(tmp_path, a=f"{text}collections: [{{key: dome, name: Dome}}]\n")

    assert product(found, "dome").fields == {"name": "Dome"}


# --- inherit ------------------------------------------------------------------------------------


def test_a_parent_hands_values_to_its_variants_in_any_file(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="collections:\n"
        "  - {key: dome-4, name: Four, variant_of: dome}\n"
        "  - {key: dome-6, name: Six, variant_of: dome, attributes: {care: null, color: Blue}}\n",
        b="collections:\n"
        "  - key: dome\n"
        "    name: Dome\n"
        "    inherit: [care, color]\n"
        "    attributes: {care: Cold, color: [Red], fit: {Chest: 90}}\n"
        "    variants: [{key: dome-2, name: Two, attributes: {care: Hot}}]\n",
    )

    assert values(found, "dome-2") == {"care": "Hot", "color": ("Red",)}
    assert values(found, "dome-4") == {"care": "Cold", "color": ("Red",)}
    assert values(found, "dome-6") == {"care": None, "color": ("Blue",)}


def test_the_parent_is_nearer_than_the_defaults_of_variants(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults: {variants: {attributes: {care: Hot, color: Blue}}}\n"
        "collections:\n"
        "  - key: dome\n"
        "    name: Dome\n"
        "    inherit: [care]\n"
        "    attributes: {care: Cold}\n"
        "    variants:\n"
        "      - {key: dome-2, name: Two}\n"
        "      - {key: dome-4, name: Four, attributes: {care: Warm}}\n",
    )

    assert values(found, "dome-2") == {"care": "Cold", "color": ("Blue",)}
    assert values(found, "dome-4") == {"care": "Warm", "color": ("Blue",)}


def test_an_empty_value_is_handed_on_too(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="collections:\n"
        "  - {key: dome, name: Dome, inherit: [care], attributes: {care: null}, "
        "variants: [{key: dome-2, name: Two}]}\n",
    )

    assert values(found, "dome-2") == {"care": None}


def test_inherit_by_default_hands_on_what_each_parent_has(tmp_path: Path) -> None:
    found = catalog(
        tmp_path,
        a="defaults: {collections: {inherit: [care, color]}}\n"
        "collections:\n"
        "  - {key: tarp, name: Tarp, attributes: {care: Cold}}\n"
        "  - {key: dome, name: Dome, attributes: {care: Cold}, variants: [{key: d2, name: Two}]}\n"
        "  - {key: pole, name: Pole, attributes: {care: Cold}, inherit: [], "
        "variants: [{key: p2, name: Two}]}\n",
    )

    assert (values(found, "d2"), values(found, "p2")) == ({"care": "Cold"}, {})


def test_what_follows_from_an_entry_stands_among_its_fields_before_the_values(
    tmp_path: Path,
) -> None:
    found = catalog(
        tmp_path,
        products="""
collections:
  - key: dome
    name: Dome
    category: tents
    attributes: {care: Brush it.}
    variants:
      - {key: dome-4, name: Dome 4}
""",
    )

    fields = list(product(found, "dome").fields)
    assert fields == ["name", "category", "type", "categories", "attributes.care"]
