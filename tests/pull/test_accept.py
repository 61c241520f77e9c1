"""Drift taken over, case by case: which lines change, what is left, and that a plan is empty."""

from collections.abc import Iterator
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalog import load
from reconciler.errors import UsageError
from reconciler.identity import identify
from reconciler.model import Applied, Ref, State
from reconciler.pull.record import recorded
from tests.pull.accounts import World, world


class Shop(World):
    """A small account whose files were pulled and then written by hand."""

    ids: dict[str, str]
    before: dict[str, str]

    def diff(self) -> list[str]:
        """Lines taken out and put in, over all files."""
        now = self.texts()
        lines = [
            line
            for name in sorted({*self.before, *now})
            for line in unified_diff(
                self.before.get(name, "").split("\n"),
                now.get(name, "").split("\n"),
                n=0,
                lineterm="",
            )
        ]
        return [x for x in lines if x[:1] in "+-" and x[:3] not in ("+++", "---")]

    def edit(self, which: str, kind: str, /, **fields: Any) -> None:
        """Change an object as somebody else would."""
        self.sandbox.edit(kind, self.ids[which], **fields)

    def value(self, name: str, attribute: str, value: Any, kind: str = "collection") -> None:
        """Give an attribute another value, or none."""
        item = self.sandbox.get(kind, self.ids[name])
        assert item is not None
        kept = [x for x in item["attributes"] if x["id"] != self.ids[attribute]]
        more = [] if value is None else [{"id": self.ids[attribute], "value": value}]
        self.sandbox.edit(kind, self.ids[name], attributes=[*kept, *more])

    def settled(self) -> None:
        """Nothing differs, and nothing counts as drift."""
        assert self.plan().changes == ()
        assert not self.drift().found


OPTIONS = [{"id": f"o{x}", "label": x} for x in ("Blue", "Red")]


def fill(made: Shop) -> None:
    """Attributes of each sort, a tree of categories, a product with variants, a resource."""
    put, ids = made.sandbox.put_object, {}
    parts = [
        {"id": "pa", "label": "Chest", "value_type": "Number"},
        {"id": "pb", "label": "Note", "value_type": "Text"},
    ]
    ids["color"] = put(
        "attribute", {"label": "Color", "value_type": "Pick List", "options": OPTIONS, "maximum": 9}
    )
    ids["fit"] = put(
        "attribute",
        {"label": "Fit", "value_type": "Pick List", "options": [{"id": "f1", "label": "Slim"}]},
    )
    ids["care"] = put("attribute", {"label": "Care", "value_type": "Text"})
    ids["chart"] = put("attribute", {"label": "Chart", "value_type": "List", "options": parts})
    ids["sold"] = put("attribute", {"label": "Sold", "value_type": "Date"})
    ids["vegan"] = put("attribute", {"label": "Vegan", "value_type": "Boolean"})
    ids["looks"] = put(
        "attribute_group", {"name": "Looks", "attributes": [ids["color"], ids["fit"]]}
    )
    ids["apparel"] = put("category", {"name": "Apparel"})
    ids["outdoor"] = put("category", {"name": "Outdoor", "parent_id": ids["apparel"]})
    ids["jackets"] = put("category", {"name": "Jackets", "parent_id": ids["outdoor"]})
    ids["sale"] = put("category", {"name": "Sale"})
    values = [
        ("color", ["oBlue", "oRed"]),
        ("fit", ["f1"]),
        ("care", "Cold."),
        ("sold", "2024-01-01"),
        ("vegan", True),
    ]
    record = [{**parts[0], "value": "90"}, {**parts[1], "value": "slim"}]
    regions = {x["name"]: x["id"] for x in made.sandbox.all("region")}
    ids |= {"EU": regions["EU"], "US": regions["US"], "Global": regions["Global"]}
    ids["rain"] = put(
        "collection",
        {
            "name": "Rain",
            "parent_id": ids["jackets"],
            "direct_parent": [ids["jackets"], ids["sale"]],
            "region_ids": [ids["EU"], ids["US"]],
            "collection_type": "parent",
            "attributes": [
                *({"id": ids[n], "value": v} for n, v in values),
                {"id": ids["chart"], "value": record},
            ],
        },
    )
    for size in ("M", "L"):
        ids[f"rain-{size}"] = put(
            "collection",
            {
                "name": f"Rain {size}",
                "additional_title": f"S-{size}",
                "parent_topic_id": ids["rain"],
                "collection_type": "variant",
            },
        )
    ids["sun"] = put(
        "collection", {"name": "Sun", "parent_id": ids["sale"], "direct_parent": [ids["sale"]]}
    )
    ids["guide"] = put(
        "resource",
        {
            "description": "Guide",
            "link": "https://x.example/g",
            "category_id": ids["jackets"],
            "collections": [ids["rain"], ids["sun"]],
        },
    )
    made.ids = ids


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The account, pulled."""
    with world(tmp_path / "catalog") as plain:
        made = Shop(plain.sandbox, plain.session, plain.folder)
        fill(made)
        made.pull()
        made.before = made.texts()
        yield made


def rewrite(made: Shop, name: str, old: str, new: str) -> None:
    """Edit a file by hand."""
    path = made.folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    made.before = made.texts()


RAIN = "products/apparel/outdoor/jackets.yaml"


@pytest.mark.parametrize(
    ("attribute", "value", "wanted"),
    [
        ("color", ["oRed"], ["-      color: [Blue, Red]", "+      color: [Red]"]),
        ("color", None, ["-      color: [Blue, Red]"]),
        ("fit", None, ["-      fit: Slim"]),
        ("sold", "2024-02-03T00:00:00.000Z", ["-      sold: 2024-01-01", "+      sold: 2024-02-03"]),
        ("vegan", "false", ["-      vegan: true", "+      vegan: false"]),
        ("care", "Cold.\nDry.", ["-      care: Cold.", "+      care: |-", "+        Cold.", "+        Dry."]),
        ("chart", [{"id": "pa", "label": "Chest", "value_type": "Number", "value": "95"}],
         ["-      chart: {Chest: 90, Note: slim}", "+      chart: {Chest: 95}"]),
    ],
)  # fmt: skip
def test_a_value(shop: Shop, attribute: str, value: Any, wanted: list[str]) -> None:
    shop.value("rain", attribute, value)

    done = shop.accept("collection/rain")

    assert (done.stays, done.remaining) == ((), ())
    assert shop.diff() == wanted
    shop.settled()


def test_an_option_that_somebody_added_is_listed_too(shop: Shop) -> None:
    options = [
        {"id": x, "label": y} for x, y in (("oBlue", "Blue"), ("oRed", "Red"), ("n", "Lime, light"))
    ]
    shop.edit("color", "attribute", options=options)
    shop.value("rain", "color", ["oBlue", "n"])

    assert shop.accept("collection/rain").stays == ()
    assert shop.diff() == [
        "-    options: [Blue, Red]",
        '+    options: [Blue, Red, "Lime, light"]',
        "-      color: [Blue, Red]",
        '+      color: [Blue, "Lime, light"]',
    ]
    shop.settled()


def test_a_sub_field_that_somebody_added_is_listed_too(shop: Shop) -> None:
    parts = [
        {"id": "pa", "label": "Bust", "value_type": "Number"},
        {"id": "pc", "label": "Waist", "value_type": "Number"},
    ]
    shop.edit("chart", "attribute", options=parts)
    shop.value("rain", "chart", [{**parts[0], "value": "90"}, {**parts[1], "value": "80"}])

    assert shop.accept("all").stays == ()
    text = shop.texts()
    assert "label: Bust" in text["attributes.yaml"]
    assert "label: Waist" in text["attributes.yaml"]
    assert "chart: {Bust: 90, Waist: 80}" in text[RAIN]
    shop.settled()


def test_a_value_whose_options_were_all_deleted_goes(shop: Shop) -> None:
    shop.edit("fit", "attribute", options=[])

    assert shop.accept("all").stays == ()
    assert "-    options: [Slim]" in shop.diff()
    assert "-      fit: Slim" in shop.diff()
    assert shop.plan().changes == ()


def test_an_option_that_is_no_more_leaves_the_values_that_held_it(shop: Shop) -> None:
    options = [{"id": "oRed", "label": "Red"}]
    shop.edit("color", "attribute", options=options)

    assert shop.accept("attribute/color").stays == ()
    assert shop.diff() == [
        "-    options: [Blue, Red]",
        "+    options: [Red]",
        "-      color: [Blue, Red]",
        "+      color: [Red]",
    ]


def test_the_primary_category_changes(shop: Shop) -> None:
    shop.edit("rain", "collection", parent_id=shop.ids["sale"], direct_parent=[shop.ids["sale"]])

    assert shop.accept("collection/rain").stays == ()
    assert shop.diff() == [
        "-    category: jackets",
        "-    categories: [sale]",
        "+    category: sale",
    ]
    shop.settled()


def test_the_former_primary_category_stays_among_the_others(shop: Shop) -> None:
    shop.edit("rain", "collection", parent_id=shop.ids["sale"])

    assert shop.accept("collection/rain").stays == ()
    assert shop.diff() == [
        "-    category: jackets",
        "-    categories: [sale]",
        "+    category: sale",
        "+    categories: [jackets]",
    ]
    shop.settled()


def test_a_membership_lost_in_the_primary_category_cannot_be_said(shop: Shop) -> None:
    shop.edit("rain", "collection", direct_parent=[shop.ids["sale"]])

    done = shop.accept("collection/rain")
    assert [x.reason for x in done.stays] == [
        "it is no longer in 'jackets', which is still its primary category"
    ]
    assert shop.diff() == []


def test_a_category_that_no_file_declares_is_said(shop: Shop) -> None:
    new = shop.sandbox.put_object("category", {"name": "New"})
    shop.edit("rain", "collection", parent_id=new)

    done = shop.accept("collection/rain")
    assert [(x.path, x.reason) for x in done.stays] == [
        ("category", "it names a category that the files do not have")
    ]
    assert str(done.stays[0].place).startswith(RAIN)


def test_regions_that_took_the_place_of_ours(shop: Shop) -> None:
    shop.edit("rain", "collection", region_ids=[shop.ids["Global"]])

    assert shop.accept("collection/rain").stays == ()
    assert shop.diff() == ["-    regions: [EU, US]", "+    regions: [Global]"]
    shop.settled()


def test_the_comment_of_an_element_goes_with_it_and_not_to_the_one_that_comes(
    shop: Shop,
) -> None:
    rewrite(
        shop,
        RAIN,
        "      color: [Blue, Red]\n",
        "      color:\n        - Blue   # runs out\n        # from May on\n        - Red\n",
    )
    rewrite(
        shop, RAIN, "    regions: [EU, US]\n", "    regions:\n      - EU  # first\n      - US\n"
    )
    shop.edit("color", "attribute", options=[*OPTIONS, {"id": "oTeal", "label": "Teal"}])
    shop.value("rain", "color", ["oRed", "oTeal"])
    shop.edit("rain", "collection", region_ids=[shop.ids["Global"], shop.ids["US"]])

    assert shop.accept("collection/rain").stays == ()
    assert shop.diff() == [
        "-    options: [Blue, Red]",
        "+    options: [Blue, Red, Teal]",
        "-      - EU  # first",
        "-        - Blue   # runs out",
        "+        - Teal",
    ]
    shop.settled()


def test_a_region_that_is_written_by_its_id(shop: Shop) -> None:
    rewrite(shop, RAIN, "[EU, US]", f"[{shop.ids['EU']}, US]")
    shop.edit("rain", "collection", region_ids=[shop.ids["US"]])

    assert shop.accept("collection/rain").stays == ()
    assert shop.diff() == [f"-    regions: [{shop.ids['EU']}, US]", "+    regions: [US]"]


def test_what_is_published_takes_its_start_along(shop: Shop) -> None:
    rewrite(shop, RAIN, "    name: Rain\n", "    name: Rain\n    published: false\n")
    catalog_state(shop)
    shop.edit("rain", "collection", published=True, published_start_date="2025-05-05T00:00:00Z")

    assert shop.accept("collection/rain").stays == ()
    assert shop.diff() == [
        "-    published: false",
        "+    published: true",
        "+    published_start_date: 2025-05-05",
    ]
    shop.settled()


def catalog_state(made: Shop) -> None:
    """A state in which the files are applied as they are."""
    catalog = load(made.folder)
    live = made.live(catalog)
    bound = identify(catalog, live, State()).bound
    made.state = recorded(catalog, live, State(), {ref: x.id for ref, x in bound.items()})


def test_a_name_that_is_gone_cannot_be_said(shop: Shop) -> None:
    rewrite(shop, RAIN, "    name: Rain L\n", "    name: Rain L   # large\n")
    shop.edit("guide", "resource", link="")

    done = shop.accept("resource/guide")
    assert [x.reason for x in done.stays] == ["it has no link any more, and the files need one"]
    assert shop.diff() == []


def test_a_deep_category_moves_with_all_that_is_in_it(shop: Shop) -> None:
    rewrite(
        shop,
        "categories.yaml",
        "          - key: jackets\n",
        "          # worn outside\n          - key: jackets   # all\n",
    )
    shop.edit("outdoor", "category", parent_id=None)

    assert shop.accept("category/outdoor").stays == ()
    assert shop.texts()["categories.yaml"] == (
        "categories:\n"
        "  - key: apparel\n"
        "    name: Apparel\n"
        "\n"
        "  - key: sale\n"
        "    name: Sale\n"
        "  - key: outdoor\n"
        "    name: Outdoor\n"
        "    children:\n"
        "      # worn outside\n"
        "      - key: jackets   # all\n"
        "        name: Jackets\n"
    )
    shop.settled()


def test_a_category_moves_under_one_that_had_none(shop: Shop) -> None:
    shop.edit("jackets", "category", parent_id=shop.ids["sale"])

    assert shop.accept("category/jackets").stays == ()
    assert shop.texts()["categories.yaml"].endswith(
        "  - key: sale\n    name: Sale\n    children:\n      - key: jackets\n        name: Jackets\n"
    )
    shop.settled()


def test_an_entry_that_moves_takes_its_comments_along(shop: Shop) -> None:
    text = "categories:\n  - key: apparel\n    name: Apparel\n    children:\n      - key: outdoor\n        name: Outdoor\n        children:\n          # worn outside\n          - key: jackets   # all\n            name: Jackets\n              # of old\n  # cheap\n  - key: sale\n    name: Sale\n      # until May\n"
    (shop.folder / "categories.yaml").write_text(text)
    shop.before = shop.texts()
    shop.edit("jackets", "category", parent_id=shop.ids["sale"])

    assert shop.accept("category/jackets").stays == ()
    assert shop.texts()["categories.yaml"] == (
        "categories:\n  - key: apparel\n    name: Apparel\n    children:\n      - key: outdoor\n        name: Outdoor\n"
        "  # cheap\n  - key: sale\n    name: Sale\n      # until May\n"
        "    children:\n      # worn outside\n      - key: jackets   # all\n        name: Jackets\n          # of old\n"
    )
    shop.settled()


def test_an_entry_that_moves_keeps_the_ends_of_line_of_its_file(shop: Shop) -> None:
    path = shop.folder / "categories.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    shop.edit("jackets", "category", parent_id=shop.ids["sale"])

    assert shop.accept("category/jackets").stays == ()
    assert path.read_bytes().replace(b"\r\n", b"").count(b"\r") == 0
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


def test_the_last_entry_of_a_file_takes_its_comments_along(shop: Shop) -> None:
    text = "# ours\nresources:   # links\n  # the first\n  - key: guide   # by mail\n    description: Guide\n    link: https://x.example/g   # old\n"
    (shop.folder / "resources.yaml").write_text(text)
    shop.before = shop.texts()
    shop.sandbox.remove("resource", shop.ids["guide"])

    assert shop.accept("resource/guide").stays == ()
    assert shop.texts()["resources.yaml"] == "# ours\nresources: []   # links\n"


def test_a_flat_entry_only_says_another_parent(shop: Shop) -> None:
    text = "categories:\n  - {key: apparel, name: Apparel}\n  - {key: outdoor, name: Outdoor, parent: apparel}\n  - key: jackets\n    name: Jackets\n    parent: outdoor   # for now\n  - {key: sale, name: Sale}\n"
    (shop.folder / "categories.yaml").write_text(text)
    shop.before = shop.texts()
    shop.edit("jackets", "category", parent_id=shop.ids["apparel"])
    shop.edit("outdoor", "category", parent_id=None)

    assert shop.accept("all").stays == ()
    assert shop.diff() == [
        "-  - {key: outdoor, name: Outdoor, parent: apparel}",
        "+  - {key: outdoor, name: Outdoor}",
        "-    parent: outdoor   # for now",
        "+    parent: apparel   # for now",
    ]
    shop.settled()


def test_an_entry_in_braces_is_moved_by_hand(shop: Shop) -> None:
    rewrite(
        shop,
        "categories.yaml",
        "      - key: outdoor\n        name: Outdoor\n        children:\n          - key: jackets\n            name: Jackets\n",
        "      - {key: outdoor, name: Outdoor, children: [{key: jackets, name: Jackets}]}\n",
    )
    shop.edit("jackets", "category", parent_id=shop.ids["sale"])

    done = shop.accept("category/jackets")
    assert [x.reason for x in done.stays] == [
        "it is nested where it cannot be moved from; move it by hand"
    ]
    assert shop.diff() == []


def test_a_deleted_product_stays_while_a_variant_is_there(shop: Shop) -> None:
    shop.sandbox.remove("collection", shop.ids["rain"])

    done = shop.accept("collection/rain")
    assert [x.reason for x in done.stays] == [
        "it is gone, but collection/rain-l, which stands under it, is not"
    ]
    assert shop.diff() == []


def test_a_deleted_category_is_no_longer_named(shop: Shop) -> None:
    shop.edit("rain", "collection", parent_id=shop.ids["sale"], direct_parent=[shop.ids["sale"]])
    shop.sandbox.remove("category", shop.ids["jackets"])

    assert shop.accept("all").stays == ()
    assert shop.diff() == [
        "-        children:",
        "-          - key: jackets",
        "-            name: Jackets",
        "-    category: jackets",
        "-    categories: [sale]",
        "+    category: sale",
        "-    category: jackets",
    ]
    assert shop.plan().changes == ()


def test_a_deleted_attribute_takes_its_values_and_memberships(shop: Shop) -> None:
    shop.sandbox.remove("attribute", shop.ids["fit"])

    assert shop.accept("attribute/fit").stays == ()
    assert "-    attributes: [color, fit]" in shop.diff()
    assert "+    attributes: [color]" in shop.diff()
    assert "-      fit: Slim" in shop.diff()


def test_a_deleted_attribute_is_no_longer_named_by_rules_and_lifecycles(shop: Shop) -> None:
    """What names it outside of the account would be an error of the catalog."""
    (shop.folder / "reconciler.yaml").write_text(
        "ignore: [{kind: category, fields: [attributes.vegan]}]\n"
        "rules: [{require: [vegan], level: warning}]\nprune: never\n"
    )
    rewrite(shop, "categories.yaml", "    name: Sale\n", SALE)
    catalog_state(shop)
    assert shop.plan().changes == ()
    shop.before = shop.texts()
    shop.sandbox.remove("attribute", shop.ids["vegan"])

    assert shop.accept("attribute/vegan").stays == ()
    assert shop.texts()["reconciler.yaml"] == "prune: never\n"
    assert "-    lifecycle: {ignore: [attributes.vegan]}" in shop.diff()
    assert not any("vegan" in text for text in shop.texts().values())
    assert shop.plan().changes == ()


SALE = "    name: Sale\n    lifecycle: {ignore: [attributes.vegan]}\n"


def test_an_entry_that_is_an_alias_is_left(shop: Shop) -> None:
    rewrite(shop, "resources.yaml", "  - key: guide\n", "  - &g\n    key: guide\n")
    text = (shop.folder / "resources.yaml").read_text()
    (shop.folder / "resources.yaml").write_text(
        text + "  - {<<: *g, key: other, link: https://x.example/o}\n"
    )
    shop.sandbox.put_object(
        "resource",
        {
            "description": "Guide",
            "link": "https://x.example/o",
            "category_id": shop.ids["jackets"],
            "collections": [shop.ids["rain"], shop.ids["sun"]],
        },
    )
    catalog_state(shop)
    shop.before = shop.texts()
    shop.edit("guide", "resource", description="Care guide")

    done = shop.accept("resource/guide")
    assert [(x.reason, x.place) for x in done.stays] == [
        ("it stands in the anchor &g, used elsewhere", "resources.yaml:2:5")
    ]
    assert shop.diff() == []


def test_what_the_catalog_no_longer_declares_is_left(shop: Shop) -> None:
    rewrite(shop, RAIN, "      care: Cold.\n", "")
    shop.value("rain", "care", "Warm.")

    done = shop.accept("collection/rain")
    assert [x.reason for x in done.stays] == ["the catalog does not declare it: a plan lets it go"]


def test_two_objects_that_come_to_look_alike_are_pinned(shop: Shop) -> None:
    shop.edit("sale", "category", name="Jackets", parent_id=shop.ids["outdoor"])

    assert shop.accept("all").stays == ()
    assert sum(x.startswith("+") and " id: " in x for x in shop.diff()) == 1
    shop.settled()


def test_a_date_that_validate_refuses_is_left_with_its_reason(shop: Shop) -> None:
    shop.edit(
        "rain",
        "collection",
        published=True,
        published_start_date="2025-05-05T00:00:00Z",
        published_end_date="2026-05-05T00:00:00Z",
    )
    rewrite(
        shop,
        RAIN,
        "    name: Rain\n",
        "    name: Rain\n    published: true\n    published_start_date: 2025-05-05\n    published_end_date: 2026-05-05\n",
    )
    catalog_state(shop)
    shop.edit("rain", "collection", published_start_date="2027-01-01T00:00:00Z", name="Rain coat")
    shop.edit("sun", "collection", name="Sunny")

    done = shop.accept("all")
    assert ["is before published_start_date" in x.reason for x in done.stays] == [True]
    assert [str(x) for x in done.taken] == ["collection/sun"]
    assert shop.diff() == ["-    name: Sun", "+    name: Sunny"]


def test_what_stays_ours_beside_what_left_may_be_external_or_not_be_there_yet(shop: Shop) -> None:
    others = shop.sandbox.put_object("category", {"name": "Outlet"})
    guide = shop.ids["guide"]
    shop.edit("sun", "collection", direct_parent=[shop.ids["sale"], others])
    (shop.folder / "more.yaml").write_text(
        "categories: [{key: outlet, name: Outlet, external: true}]\n"
        "collections: [{key: later, name: Later}]\n"
    )
    path = next(x for x in shop.folder.rglob("*.yaml") if "name: Sun" in x.read_text())
    path.write_text(
        path.read_text().replace("name: Sun\n", "name: Sun\n    categories: [outlet, jackets]\n")
    )
    rewrite(shop, "resources.yaml", "collections: [", "collections: [later, ")
    # As an apply leaves it: both memberships are ours, and one of them is gone by now.
    entry = shop.state.entries[Ref("collection", "sun")]
    held = (shop.ids["sale"], others, shop.ids["jackets"])
    applied = {**entry.applied, "categories": Applied(held, held, True)}
    entries = {**shop.state.entries, entry.ref: replace(entry, applied=applied)}
    shop.state = replace(shop.state, entries=entries)
    shop.sandbox.edit("resource", guide, collections=[shop.ids["rain"]])

    assert shop.accept("all").stays == ()

    kept = shop.state.entries[entry.ref].applied["categories"]
    assert others in (kept.sent or ())
    assert shop.ids["jackets"] not in (kept.sent or ())
    assert [str(change.ref) for change in shop.plan().changes] == [
        "collection/later",
        "resource/guide",
    ]


def test_new_objects_go_into_lists_that_are_there(shop: Shop) -> None:
    new = shop.sandbox.put_object("category", {"name": "Outlet", "parent_id": shop.ids["apparel"]})
    below = shop.sandbox.put_object("category", {"name": "Shoes", "parent_id": new})

    assert shop.accept(f"category/{new}/", into="categories.yaml").stays == ()
    assert shop.diff() == [
        "+  - key: outlet",
        "+    name: Outlet",
        "+    parent: apparel",
        "+    children:",
        "+      - key: shoes",
        "+        name: Shoes",
    ]
    shop.settled()
    assert below in {x.id for x in shop.state.entries.values()}


def test_new_objects_that_look_alike_are_told_apart_by_their_ids(shop: Shop) -> None:
    for _ in range(2):
        shop.sandbox.put_object("category", {"name": "Outlet", "parent_id": shop.ids["apparel"]})

    assert [str(x) for x in shop.accept("all", into="new.yaml").added] == [
        "category/outlet",
        "category/outlet-2",
    ]
    text = (shop.folder / "new.yaml").read_text()
    assert text.count("    id: ") >= 1
    shop.settled()

    shop.sandbox.put_object("category", {"name": "Outlet", "parent_id": shop.ids["apparel"]})
    assert [str(x) for x in shop.accept("all", into="new.yaml").added] == [
        "category/apparel/outlet"
    ]
    shop.settled()


def test_a_list_in_brackets_takes_no_new_entry(shop: Shop) -> None:
    new = shop.sandbox.put_object("resource", {"description": "New", "link": "https://x.example/n"})
    (shop.folder / "more.yaml").write_text("resources: []\n")

    with pytest.raises(UsageError, match="the list `resources` in more"):
        shop.accept(f"resource/{new}", into="more.yaml")


def test_a_file_with_a_mark_at_its_beginning_keeps_it(shop: Shop) -> None:
    path = shop.folder / RAIN
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    shop.edit("rain", "collection", name="Coat")

    assert shop.accept("collection/rain").stays == ()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf# Apparel / Outdoor / Jackets\n")
    assert b"    name: Coat\n" in path.read_bytes()
