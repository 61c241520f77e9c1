"""Drift of links that stand at the product or the category: which line changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pull.accounts import world
from tests.pull.test_accept import Shop

FILE = """\
categories:
  - key: shop
    name: Shop
    resources: [guide] # ours
  - key: sale
    name: Sale

collections:
  - key: dome
    name: Dome
    resources: [guide, care]
  - key: tarp
    name: Tarp
    resources:
      - guide # as the dome
  - key: pole
    name: Pole

resources:
  - key: guide
    description: Guide
    link: https://x.example/g
  - key: care
    description: Care
    link: https://x.example/c
  - key: film
    description: Film
    link: https://x.example/f
    collections: [pole]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """An account whose links stand at the products, but for one."""
    with world(tmp_path / "catalog") as plain:
        made = Shop(plain.sandbox, plain.session, plain.folder)
        put, made.ids = made.sandbox.put_object, {}
        for name in ("Shop", "Sale"):
            made.ids[name] = put("category", {"name": name})
        for name in ("Dome", "Tarp", "Pole"):
            made.ids[name] = put("collection", {"name": name})
        linked = {"Guide": ("Dome", "Tarp"), "Care": ("Dome",), "Film": ("Pole",)}
        for name, products in linked.items():
            fields = {"description": name, "link": f"https://x.example/{name[0].lower()}"}
            if name == "Guide":
                fields["category_id"] = made.ids["Shop"]
            ids = [made.ids[product] for product in products]
            made.ids[name] = put("resource", {**fields, "collections": ids})
        made.pull()
        for path in made.folder.rglob("*.yaml"):
            path.unlink()
        (made.folder / "all.yaml").write_text(FILE, encoding="utf-8")
        made.before = made.texts()
        made.settled()
        yield made


def link(shop: Shop, resource: str, *products: str) -> None:
    """Somebody links a resource to these products."""
    shop.edit(resource, "resource", collections=[shop.ids[name] for name in products])


def accept(shop: Shop) -> list[str]:
    """The lines that change, once all is taken over."""
    done = shop.accept("all")
    assert (done.stays, done.remaining) == ((), ())
    shop.settled()
    return shop.diff()


def test_a_link_that_went_leaves_the_line_where_it_stands(shop: Shop) -> None:
    link(shop, "Guide", "Dome")

    assert accept(shop) == ["-    resources:", "-      - guide # as the dome"]


def test_at_the_resource_too(shop: Shop) -> None:
    link(shop, "Film")

    assert accept(shop) == ["-    collections: [pole]"]


def test_another_category_is_said_at_that_one(shop: Shop) -> None:
    shop.edit("Guide", "resource", category_id=shop.ids["Sale"])

    assert accept(shop) == ["-    resources: [guide] # ours", "+    resources: [guide]"]


def test_no_category_is_said_by_none(shop: Shop) -> None:
    shop.edit("Guide", "resource", category_id=None)

    assert accept(shop) == ["-    resources: [guide] # ours"]


def test_a_new_link_is_said_where_the_catalog_says_its_own(shop: Shop) -> None:
    """Only where a set is exact what others added is drift."""
    (shop.folder / "reconciler.yaml").write_text("arrays: {collections: exact}\n")
    shop.before = shop.texts()
    link(shop, "Care", "Dome", "Tarp", "Pole")
    link(shop, "Film", "Pole", "Dome")

    assert accept(shop) == [
        "+      - care",
        "+    resources: [care]",
        "-    collections: [pole]",
        "+    collections: [pole, dome]",
    ]


def test_a_product_that_is_gone_takes_its_links_along(shop: Shop) -> None:
    link(shop, "Guide", "Dome")
    shop.sandbox.remove("collection", shop.ids["Tarp"])

    assert accept(shop) == [
        "-  - key: tarp",
        "-    name: Tarp",
        "-    resources:",
        "-      - guide # as the dome",
    ]


def test_a_resource_that_is_gone_is_named_by_no_product(shop: Shop) -> None:
    shop.sandbox.remove("resource", shop.ids["Guide"])

    assert accept(shop) == [
        "-    resources: [guide] # ours",
        "-    resources: [guide, care]",
        "+    resources: [care]",
        "-    resources:",
        "-      - guide # as the dome",
        "-  - key: guide",
        "-    description: Guide",
        "-    link: https://x.example/g",
    ]


def test_new_objects_are_linked_as_the_catalog_links_its_own(shop: Shop) -> None:
    peg = shop.sandbox.put_object("collection", {"name": "Peg"})
    shop.sandbox.put_object(
        "resource",
        {"description": "Pegs", "link": "https://x.example/p", "collections": [peg]},
    )

    shop.pull()
    shop.settled()
    assert "resources: [pegs]" in shop.texts()["products.yaml"]
    assert "collections" not in shop.texts()["resources.yaml"]
