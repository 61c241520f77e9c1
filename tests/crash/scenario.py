"""An account with a first catalog applied and other people's things in it, and a second catalog.

From the first to the second it takes about 60 writes of every sort over all kinds: creates,
renames, moves, memberships, values changed and cleared, options, deletes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.sandbox import Sandbox

SETTINGS = """
rate: {requests: 100000, per_seconds: 60}
limits: {deletes: 100, delete_percent: 100, clears: 1000}
"""

FIRST = """
categories:
  - {key: apparel, name: Apparel, children: [
      {key: jackets, name: Jackets},
      {key: shirts, name: Shirts, published: true, published_start_date: 2025-01-01}]}
  - {key: outlet, name: Outlet, children: [{key: outlet-men, name: Men}]}
  - {key: season, name: Season}
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, Red, Grey], multiple: true}
  - {key: weight, label: Weight, type: Number}
  - {key: care, label: Care, type: Text}
  - {key: chart, label: Size chart, type: List, fields: [{label: Chest, type: Number}]}
  - {key: legacy, label: Legacy code, type: Text}
attribute_groups:
  - {key: looks, name: Looks, attributes: [color]}
  - {key: old, name: Old group, attributes: [legacy]}
collections:
  - key: rain
    name: Rain Jacket
    category: jackets
    published: true
    published_start_date: 2025-01-01
    attributes: {color: [Blue], weight: 450.000, chart: {Chest: 90}, care: Wash & dry}
    variants:
      - {key: rain-m, name: M, additional_title: SKU-1, attributes: {weight: 1.10}}
      - {key: rain-l, name: L, additional_title: SKU-2, attributes: {weight: 1.20}}
  - {key: shirt, name: Shirt, category: shirts, categories: [season], attributes: {color: [Red], legacy: A-1}}
  - {key: vest, name: Vest, category: jackets, categories: [season], attributes: {care: Brush, weight: 7}}
  - {key: bag, name: Bag, category: outlet-men, attributes: {legacy: A-2}}
  - {key: cap, name: Cap, category: season}
files:
  - {key: manual, path: assets/manual.txt, collections: [rain]}
resources:
  - {key: guide, description: Care guide, link: "https://example.com/care.pdf", category: apparel, collections: [rain]}
  - {key: flyer, description: Flyer, link: "https://example.com/flyer.pdf", category: outlet}
"""

SHIRTS = """    variants:
      - {key: shirt-s, name: S}
      - {key: shirt-m, name: M}
"""
FILES = """files:
  - {key: manual, path: assets/manual.txt, collections: [rain, parka]}
  - {key: sheet, path: assets/sheet.txt, collections: [tent, boot]}
  - {key: poster, path: assets/poster.txt}
"""
SECOND = """
categories:
  - {key: apparel, name: Clothing, children: [
      {key: jackets, name: Jackets, attributes: {care: Ask us}},
      {key: new-in, name: New in, published: true, published_start_date: 2025-03-01, children: [
        {key: new-women, name: Women},
        {key: new-men, name: Men}]}]}
  - {key: season, name: Season, children: [
      {key: shirts, name: Shirts, published: false},
      {key: gear, name: Gear, children: [{key: packs, name: Packs}]}]}
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, {label: Crimson, was: Red}, Green], multiple: true}
  - {key: weight, label: Net weight, type: Number}
  - {key: care, label: Care, type: Text}
  - {key: chart, label: Size chart, type: List, fields: [{label: Chest, type: Number}, {label: Note, type: Text}]}
  - {key: fit, label: Fit, type: Pick List, options: [Slim, Wide]}
  - {key: since, label: Since, type: Date}
  - {key: vegan, label: Vegan, type: Boolean}
  - {key: story, label: Story, type: Text}
attribute_groups:
  - {key: looks, name: Looks, attributes: [color, fit]}
  - {key: tech, name: Tech, attributes: [weight, chart]}
collections:
  - key: rain
    name: Rain Coat
    category: jackets
    categories: [new-in]
    published: true
    published_start_date: 2025-01-01
    attributes: {color: [Crimson, Green], weight: 480, chart: {Chest: 92, Note: roomy}}
    variants:
      - {key: rain-m, name: M, additional_title: SKU-1, attributes: {weight: 1.15, fit: [Slim]}}
      - {key: rain-s, name: S, additional_title: SKU-3, attributes: {weight: 1.05}}
      - {key: rain-xl, name: XL, attributes: {weight: 1.30}}
  - key: shirt
    name: Shirt
    category: shirts
    attributes: {color: [Crimson], story: "Spun & <sewn>"}
SHIRTS  - {key: vest, name: Vest, category: jackets, categories: [season], attributes: {care: null, weight: 7}}
  - {key: cap, name: Cap, category: gear, categories: [new-men], attributes: {vegan: true}}
  - key: parka
    name: Parka
    category: jackets
    attributes: {fit: [Wide], since: 2025-02-03, vegan: false}
    variants:
      - {key: parka-m, name: M, additional_title: SKU-7}
      - {key: parka-l, name: L, additional_title: SKU-8}
      - {key: parka-xl, name: XL, additional_title: SKU-9, attributes: {weight: 2.10}}
  - {key: pack-s, name: Pack, additional_title: PK-1, category: packs, attributes: {weight: 1}}
  - {key: pack-l, name: Pack, additional_title: PK-2, category: gear, attributes: {weight: 2}}
  - {key: stove, name: Stove, category: gear, categories: [season], attributes: {color: [Blue, Green], weight: 0.90}}
  - key: boot
    name: Boot
    category: new-women
    attributes: {story: Built to last}
    variants:
      - {key: boot-38, name: "38", attributes: {weight: 800}}
      - {key: boot-39, name: "39", attributes: {weight: 820}}
      - {key: boot-40, name: "40", attributes: {weight: 840}}
  - {key: mug, name: Mug, category: gear, attributes: {care: Rinse}}
  - {key: lamp, name: Lamp, category: gear, published: true, published_start_date: 2025-05-01}
  - {key: rope, name: Rope}
  - {key: tent, name: Tent, category: packs, categories: [new-women, season]}
  - {key: kit, name: Repair kit, category: packs, attributes: {care: Keep dry}}
  - {key: socks, name: Socks, category: new-men, attributes: {color: [Crimson], vegan: false}}
FILES
resources:
  - {key: guide, description: How to care, link: "https://example.com/care.pdf", collections: [rain, parka]}
  - {key: sizes, description: Sizes, link: "https://example.com/sizes", category: new-in, collections: [boot, socks]}
  - {key: film, description: Film, link: "https://example.com/film", category: gear}
  - {key: chart, description: Chart, link: "https://example.com/chart", collections: [rain-s, tent]}
""".replace("SHIRTS", SHIRTS).replace("FILES\n", FILES)

SECOND_AND_BACK = (
    SECOND.replace("{label: Crimson, was: Red}", "Red, Grey")
    .replace("Crimson", "Red")
    .replace(SHIRTS, "")
    .replace(FILES, FILES[: FILES.index("  - {key: sheet")])
)
"""The second catalog for those who then go back to the first: without an option renamed, since
`was` says how it went and nothing how it came back, and without a product made a parent, which
it stays, and without new files, which no API deletes."""

NAMES = (
    FIRST.replace("key: jackets, name: Jackets", "key: jackets, name: Shirts")
    .replace("key: shirts, name: Shirts", "key: shirts, name: Tops")
    .replace("  - {key: outlet, name: Outlet, children: [{key: outlet-men, name: Men}]}\n", "")
    .replace("key: season, name: Season", "key: season, name: Outlet")
    .replace("key: care, label: Care", "key: care, label: Legacy code")
    .replace("  - {key: legacy, label: Legacy code, type: Text}\n", "")
    .replace(", legacy: A-1", "")
    .replace("key: looks, name: Looks", "key: looks, name: Old group")
    .replace("  - {key: old, name: Old group, attributes: [legacy]}\n", "")
    .replace("    name: Rain Jacket\n", "    name: Rain Coat\n")
    .replace("key: rain-l, name: L", "key: rain-l, name: XL")
    .replace("key: rain-m, name: M", "key: rain-m, name: L")
    .replace(
        "  - {key: bag, name: Bag, category: outlet-men, attributes: {legacy: A-2}}\n",
        "  - {key: rain-2, name: Rain Jacket, category: jackets, attributes: {weight: 3}}\n",
    )
    .replace('  - {key: flyer, description: Flyer, link: "https://example.com/flyer.pdf", category: outlet}\n', "")
)  # fmt: skip
"""The first catalog with names given up and taken over: by renames, by what is new, and names
that only a delete frees."""


class Others:
    """What somebody else has in the account: whole objects, and parts of ours."""

    def __init__(self, box: Sandbox) -> None:
        put = box.put_object
        ours = {
            (kind, str(item.get("name") or item.get("label"))): item
            for kind in ("category", "attribute", "attribute_group", "collection")
            for item in box.all(kind)
        }
        region = box.ensure_region("Theirs")
        sale = put("category", {"name": "Sale", "region_ids": [region]})
        inner = put("category", {"name": "Jackets", "parent_id": sale})
        note = put("attribute", {"label": "Note", "value_type": "Text"})
        values = [{"id": note, "value": ' left <b>alone</b> & "kept" — 007 '}]
        product = {"name": "Rain Coat", "parent_id": inner, "direct_parent": [inner, sale]}
        coat = put("collection", {**product, "attributes": values})
        put("resource", {"description": "Theirs", "link": "https://x", "collections": [coat]})
        put("attribute_group", {"name": "Their looks", "attributes": [note]})
        jackets = ours["category", "Jackets"]["id"]
        put("collection", {"name": "Guest", "parent_id": jackets, "direct_parent": [jackets]})
        rain, color = ours["collection", "Rain Jacket"], ours["attribute", "Color"]
        box.edit(
            "collection",
            rain["id"],
            attributes=[*rain["attributes"], *values],
            direct_parent=[*rain["direct_parent"], sale],
            region_ids=[*rain["region_ids"], region],
        )
        theirs = [{"id": "theirs", "label": "Their color"}]
        box.edit("attribute", color["id"], options=[*color["options"], *theirs])
        vest = ours["collection", "Vest"]
        box.edit("collection", vest["id"], direct_parent=vest["direct_parent"][:1])
        looks = ours["attribute_group", "Looks"]
        box.edit("attribute_group", looks["id"], attributes=[*looks["attributes"], note])


# --- what an account holds, whatever its ids and dates are --------------------------------------

Thing = dict[str, Any]
Account = dict[str, list[Thing]]
_DATES = frozenset(
    {
        "created_date",
        "updated_date",
        # What the service makes of a file by itself, some time after it came.
        "is_converting",
        "auto_label",
        "ocr_text",
        "file_dimension",
        "_renditions",
        "variants",
    }
)
ASSETS = {name: f"The {name}.\n" * 20 for name in ("manual", "sheet", "poster")}
"""Texts of the files, by name without `.txt`."""


def whole(dump: Account, ids: Iterable[str]) -> Account:
    """The objects of these ids, byte for byte."""
    wanted = set(ids)
    return {
        kind: [item for item in items if str(item["id"]) in wanted] for kind, items in dump.items()
    }


def ids_of(dump: Account) -> set[str]:
    """Every object's id."""
    return {str(item["id"]) for items in dump.values() for item in items}


def named(dump: Account) -> list[str]:
    """Every object as one text, with names and paths in place of ids, without dates; sorted."""
    names = _Names(dump)
    return sorted(f"{kind} {names.of(item)}" for kind, items in dump.items() for item in items)


class _Names:
    def __init__(self, dump: Account) -> None:
        self.things = {
            str(item["id"]): (kind, item) for kind, items in dump.items() for item in items
        }
        self.options = {
            str(option["id"]): str(option["label"])
            for item in dump["attribute"]
            for option in item["options"]
        }

    def of(self, item: Thing) -> str:
        shown = {name: value for name, value in item.items() if name not in _DATES}
        return repr(self._said({**shown, "id": self._name(str(item["id"]))}))

    def _said(self, value: Any, *, ordered: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                key: self._said(one, ordered=key == "options") for key, one in sorted(value.items())
            }
        if isinstance(value, list):
            said = [self._said(one) for one in value]
            return said if ordered else sorted(said, key=repr)
        return self._name(value) if isinstance(value, str) else str(value)

    def _name(self, id_: str) -> str:
        if id_ in self.options:
            return f"<option {self.options[id_]}>"
        if id_ not in self.things:
            return id_
        kind, item = self.things[id_]
        above = next(filter(None, map(item.get, ("parent_topic_id", "parent_id"))), None)
        title = (
            item.get("name")
            or item.get("label")
            or item.get("description")
            or item.get("file_name")
        )
        place = self._name(above) if above and kind in ("category", "collection") else ""
        return f"<{kind} {place}/{title}/{item.get('additional_title') or ''}>"
