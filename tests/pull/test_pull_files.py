"""What comes out of a pull, looked at as a merchandiser would."""

from pathlib import Path

import pytest

from reconciler.errors import UsageError
from tests.pull.accounts import World, world


def account(made: World) -> None:
    """A little of everything, and some of it not in order."""
    put, regions = made.sandbox.put_object, {x["name"]: x["id"] for x in made.sandbox.all("region")}
    color = put(
        "attribute",
        {
            "label": "Color",
            "value_type": "Pick List",
            "options": [{"id": "o1", "label": "Blue"}, {"id": "o2", "label": "Red"}],
            "maximum": 5,
        },
    )
    size = put("attribute", {"label": "Size", "value_type": "Text"})
    chart = put(
        "attribute",
        {
            "label": "Chart",
            "value_type": "List",
            "options": [{"id": "p1", "label": "Chest", "value_type": "Number"}],
        },
    )
    weight = put("attribute", {"label": "Weight", "value_type": "Number"})
    put("attribute_group", {"name": "Looks", "attributes": [size, color]})
    apparel = put("category", {"name": "Apparel"})
    jackets = put("category", {"name": "Jackets", "parent_id": apparel})
    sale = put("category", {"name": "Sale"})
    rain = put(
        "collection",
        {
            "name": "Rain Jacket",
            "parent_id": jackets,
            "direct_parent": [jackets, sale],
            "published": True,
            "published_start_date": "2025-01-01T00:00:00.000Z",
            "region_ids": list(regions.values()),
            "collection_type": "parent",
            "attributes": [
                {"id": color, "value": ["o2", "o1"]},
                {"id": size, "value": "007"},
                {"id": weight, "value": "heavy"},
                {
                    "id": chart,
                    "value": [
                        {"id": "p1", "label": "Chest", "value_type": "Number", "value": "90.0"}
                    ],
                },
            ],
        },
    )
    put(
        "collection",
        {
            "name": "M",
            "additional_title": "S-1",
            "parent_topic_id": rain,
            "collection_type": "variant",
        },
    )
    put("collection", {"name": "Lost", "parent_topic_id": "nobody", "collection_type": "variant"})
    put("collection", {"name": "Loose", "published": True})
    put(
        "resource", {"description": "Care", "link": "https://x.example/care", "collections": [rain]}
    )
    made.sandbox.put_file("hero.jpg", b"x", collections=[rain])


def test_files_are_laid_out_for_people(tmp_path: Path) -> None:
    with world(tmp_path / "catalog") as made:
        account(made)
        result = made.pull()

        assert made.plan().changes == ()
        texts = made.texts()
    assert sorted(texts) == [
        "attribute-groups.yaml",
        "attributes.yaml",
        "categories.yaml",
        "files.yaml",
        "products.yaml",
        "products/apparel/jackets.yaml",
        "resources.yaml",
    ]
    assert (
        texts["products/apparel/jackets.yaml"]
        == """\
# Apparel / Jackets
collections:
  - key: rain-jacket
    name: Rain Jacket
    category: jackets
    categories: [sale]
    published: true
    published_start_date: 2025-01-01
    regions: [Global, EU, US]
    attributes:
      chart: {Chest: 90.0}
      color: [Red, Blue]
      size: 007
    variants:
      - key: rain-jacket/m
        name: M
        additional_title: S-1
"""
    )
    assert texts["products.yaml"] == "collections:\n  - key: loose\n    name: Loose\n"
    assert (
        texts["attribute-groups.yaml"]
        == "attribute_groups:\n  - key: looks\n    name: Looks\n    attributes: [color, size]\n"
    )
    assert (
        texts["files.yaml"]
        == "files:\n  - key: hero-jpg\n    file_name: hero.jpg\n    collections: [rain-jacket]\n"
    )
    assert texts["categories.yaml"].startswith(
        "categories:\n  - key: apparel\n    name: Apparel\n    children:\n      - key: jackets\n"
    )
    left = {(x.label, x.what, x.reason) for x in result.left}
    assert left == {
        ("Rain Jacket", "attributes.weight", "it is no number"),
        ("Lost", "", "what it stands under is not in the files"),
        ("Loose", "published", "it is published without a start date"),
    }


def test_two_objects_that_look_alike_are_pinned(tmp_path: Path) -> None:
    with world(tmp_path / "catalog") as made:
        for _ in range(2):
            made.sandbox.put_object(
                "resource", {"description": "Care", "link": "https://x.example/a"}
            )
        made.pull()

        text = made.texts()["resources.yaml"]
        assert text.count("    id: ") == 1
        assert "key: care-2\n" in text
        assert made.plan().changes == ()


def test_a_large_category_is_cut_into_files(tmp_path: Path) -> None:
    with world(tmp_path / "catalog") as made:
        for number in range(3):
            made.sandbox.put_object("collection", {"name": f"P{number}", "attributes": []})
        note = made.sandbox.put_object("attribute", {"label": "Note", "value_type": "Text"})
        for item in made.sandbox.all("collection"):
            made.sandbox.edit(
                "collection", item["id"], attributes=[{"id": note, "value": "line\n" * 60_000}]
            )
        result = made.pull()

        assert [name for name in result.counts if name.startswith("products")] == [
            "products.yaml",
            "products.2.yaml",
            "products.3.yaml",
        ]
        assert made.plan().changes == ()


def test_nothing_is_left_behind_where_the_state_cannot_be_saved(tmp_path: Path) -> None:
    with world(tmp_path / "catalog") as made:
        account(made)

        def full(_: object) -> None:
            raise UsageError("no room")

        made.save = full  # type: ignore[method-assign]
        with pytest.raises(UsageError, match="no room"):
            made.pull()
        assert not (tmp_path / "catalog").exists()


def test_files_name_the_schema_that_they_are_given(tmp_path: Path) -> None:
    with world(tmp_path / "catalog") as made:
        account(made)
        made.pull(schema="../.reconciler/catalog.schema.json")

        texts = made.texts()
    head = "# yaml-language-server: $schema="
    assert texts["files.yaml"].startswith(f"{head}../.reconciler/catalog.schema.json\n")
    assert texts["products/apparel/jackets.yaml"].startswith(
        f"{head}../../../.reconciler/catalog.schema.json\n# Apparel / Jackets\n"
    )
