"""Drift of values that objects have from `defaults` or their parent: which line changes (1.9)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pull.accounts import world
from tests.pull.test_accept import Shop

FILE = "products/shop.yaml"


def fill(made: Shop) -> None:
    """Three products of a category that are published alike; one with three variants."""
    put, ids = made.sandbox.put_object, {}
    for name in ("care", "fit"):
        ids[name] = put("attribute", {"label": name.capitalize(), "value_type": "Text"})
    options = [{"id": "oRed", "label": "Red"}, {"id": "oBlue", "label": "Blue"}]
    ids["color"] = put(
        "attribute", {"label": "Color", "value_type": "Pick List", "options": options}
    )
    ids["shop"], ids["sale"] = put("category", {"name": "Shop"}), put("category", {"name": "Sale"})
    values = [
        {"id": ids["care"], "value": "Cold"},
        {"id": ids["color"], "value": ["oRed"]},
        {"id": ids["fit"], "value": "Slim"},
    ]
    shown = {"published": True, "published_start_date": "2025-01-01T00:00:00Z"}
    place = {"parent_id": ids["shop"], "direct_parent": [ids["shop"]]}
    for name in ("Dome", "Pole", "Tarp"):
        more = {"collection_type": "parent", "attributes": values} if name == "Dome" else {}
        ids[name] = put("collection", {"name": name, **shown, **place, **more})
    for name in ("Two", "Four", "Six"):
        above = {"collection_type": "variant", "parent_topic_id": ids["Dome"]}
        ids[name] = put("collection", {"name": name, **above, "attributes": values})
    made.ids = ids


PULLED = """\
# Shop
defaults:
  collections:
    category: shop
    published: true
    published_start_date: 2025-01-01

collections:
  - key: dome
    name: Dome
    inherit: [care, color, fit]
    attributes:
      care: Cold
      color: Red
      fit: Slim
    variants:
      - key: dome/four
        name: Four
      - key: dome/six
        name: Six
      - key: dome/two
        name: Two

  - key: pole
    name: Pole
  - key: tarp
    name: Tarp
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The account, pulled so that what is shared is said once."""
    with world(tmp_path / "catalog") as plain:
        made = Shop(plain.sandbox, plain.session, plain.folder)
        fill(made)
        made.pull(compact=True)
        made.before = made.texts()
        assert made.before[FILE] == PULLED
        yield made


def care(shop: Shop, value: Any, *names: str) -> None:
    for name in names:
        shop.value(name, "care", value)


def told(shop: Shop, *targets: str) -> list[str]:
    """What is said of lines that others have, too, once all is taken over."""
    done = shop.accept(*targets)
    assert (done.stays, done.remaining) == ((), ())
    shop.settled()
    return [f"{item.ref.key} {item.path}: {item.words}" for item in done.told]


def test_a_family_that_drifted_alike_is_edited_at_the_parent(shop: Shop) -> None:
    care(shop, "Warm", "Dome", "Two", "Four", "Six")

    assert told(shop) == [
        "dome attributes.care: its own value, which 3 of its variants have from it"
    ]
    assert shop.diff() == ["-      care: Cold", "+      care: Warm"]


def test_a_variant_that_drifted_says_its_own(shop: Shop) -> None:
    care(shop, "Warm", "Two")

    assert told(shop) == [
        "dome/two attributes.care: said by itself now; the value of collection/dome stays"
    ]
    assert shop.diff() == ["+        attributes:", "+          care: Warm"]


def test_variants_that_drifted_alike_without_their_parent_say_their_own(shop: Shop) -> None:
    care(shop, "Warm", "Two", "Four", "Six")

    assert len(told(shop)) == 3
    assert shop.diff() == ["+        attributes:", "+          care: Warm"] * 3


def test_variants_keep_what_they_had_where_the_parent_drifted_alone(shop: Shop) -> None:
    care(shop, "Warm", "Dome", "Two")

    assert told(shop) == [
        "dome/four attributes.care: said by itself now, as it was",
        "dome/six attributes.care: said by itself now, as it was",
        "dome attributes.care: its own value, which 1 of its variants have from it",
    ]
    assert shop.diff() == [
        "-      care: Cold",
        "+      care: Warm",
        "+        attributes:",
        "+          care: Cold",
        "+        attributes:",
        "+          care: Cold",
    ]


def test_a_value_that_was_emptied_everywhere_is_handed_on_no_more(shop: Shop) -> None:
    care(shop, None, "Dome", "Two", "Four", "Six")

    told(shop)
    assert shop.diff() == [
        "-    inherit: [care, color, fit]",
        "+    inherit: [color, fit]",
        "-      care: Cold",
    ]


def test_a_value_that_one_variant_lost_is_null_there(shop: Shop) -> None:
    care(shop, None, "Two")

    told(shop)
    assert shop.diff() == ["+        attributes:", "+          care: null"]


def test_an_own_value_that_was_emptied_does_not_show_the_parents_again(shop: Shop) -> None:
    care(shop, "Warm", "Two")
    told(shop)
    shop.before = shop.texts()
    care(shop, None, "Two")

    told(shop)
    assert shop.diff() == ["-          care: Warm", "+          care: null"]


def test_a_renamed_option_is_renamed_where_it_stands(shop: Shop) -> None:
    options = [{"id": "oRed", "label": "Crimson"}, {"id": "oBlue", "label": "Blue"}]
    shop.edit("color", "attribute", options=options)

    told(shop)
    assert [line for line in shop.diff() if "color" in line] == [
        "-      color: Red",
        "+      color: Crimson",
    ]


def test_an_attribute_that_is_gone_leaves_inherit_too(shop: Shop) -> None:
    for name in ("Dome", "Two", "Four", "Six"):
        shop.value(name, "fit", None)
    shop.sandbox.remove("attribute", shop.ids["fit"])

    told(shop)
    assert [line for line in shop.diff() if "shop" not in line][-3:] == [
        "-    inherit: [care, color, fit]",
        "+    inherit: [care, color]",
        "-      fit: Slim",
    ]


# --- defaults -----------------------------------------------------------------------------------


def test_a_default_is_edited_where_all_have_drifted_alike(shop: Shop) -> None:
    for name in ("Dome", "Pole", "Tarp"):
        shop.edit(name, "collection", published_start_date="2026-01-01T00:00:00Z")

    assert told(shop) == ["dome published_start_date: the default of all 3 that have it"]
    assert shop.diff() == [
        "-    published_start_date: 2025-01-01",
        "+    published_start_date: 2026-01-01",
    ]


def test_one_that_drifted_says_so_itself(shop: Shop) -> None:
    shop.edit("Tarp", "collection", published=False)

    assert told(shop) == ["tarp published: said by itself now; the default stays"]
    assert shop.diff() == ["+    published: false"]


def test_of_all_that_drifted_only_what_is_accepted_is_taken(shop: Shop) -> None:
    for name in ("Dome", "Pole", "Tarp"):
        shop.edit(name, "collection", published=False)

    done = shop.accept("collection/pole")
    assert (done.stays, done.remaining) == ((), ())
    assert shop.diff() == ["+    published: false"]


def test_a_date_that_is_gone_is_null(shop: Shop) -> None:
    shop.edit("Tarp", "collection", published=False, published_start_date=None)

    told(shop)
    assert shop.diff() == ["+    published: false", "+    published_start_date: null"]


def test_a_category_by_default_is_another_one(shop: Shop) -> None:
    ids = [shop.ids["sale"]]
    shop.edit("Tarp", "collection", parent_id=ids[0], direct_parent=ids)

    told(shop)
    assert shop.diff() == ["+    category: sale"]


def test_a_category_that_is_gone_leaves_the_defaults(shop: Shop) -> None:
    for name in ("Dome", "Pole", "Tarp"):
        shop.edit(name, "collection", parent_id=None, direct_parent=[])
    shop.sandbox.remove("category", shop.ids["shop"])

    told(shop)
    assert "-    category: shop" in shop.diff()


# --- objects that come and go -------------------------------------------------------------------


def test_a_variant_that_moves_takes_along_what_its_parent_handed_to_it(shop: Shop) -> None:
    shop.edit("Pole", "collection", collection_type="parent")
    shop.edit("Two", "collection", parent_topic_id=shop.ids["Pole"])

    told(shop, "all")
    assert shop.diff() == [
        "-      - key: dome/two",
        "-        name: Two",
        "+    variants:",
        "+      - key: dome/two",
        "+        name: Two",
        "+        attributes:",
        "+          care: Cold",
        "+          color: Red",
        "+          fit: Slim",
    ]


def test_a_variant_that_comes_has_nothing_that_the_account_does_not_show(shop: Shop) -> None:
    above = {"collection_type": "variant", "parent_topic_id": shop.ids["Dome"]}
    values = [{"id": shop.ids["care"], "value": "Cold"}]
    id_ = shop.sandbox.put_object("collection", {"name": "Ten", **above, "attributes": values})
    plain = shop.sandbox.put_object("collection", {"name": "Peg"})

    done = shop.accept(f"collection/{id_}", f"collection/{plain}", into=FILE)
    assert (done.stays, done.remaining, len(done.added)) == ((), (), 2)
    shop.settled()
    [ten] = [line for line in shop.texts()[FILE].split("  - key: ") if "Ten" in line]
    assert "color: null" in ten
    assert "care: Cold" in ten
    [peg] = [line for line in shop.texts()[FILE].split("  - key: ") if "Peg" in line]
    assert "category: null" in peg
    assert "published: false" in peg


def test_a_pull_beside_a_parent_gives_new_variants_nothing_else(shop: Shop) -> None:
    above = {"collection_type": "variant", "parent_topic_id": shop.ids["Dome"]}
    shop.sandbox.put_object("collection", {"name": "Ten", **above})

    shop.pull()
    shop.settled()
    assert "care: null" in shop.texts()["products.yaml"]
