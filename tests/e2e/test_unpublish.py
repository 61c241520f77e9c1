"""`prune: unpublish`: what leaves the catalog is taken out of sight and let go (contract 1.8)."""

import json
from pathlib import Path

from tests.e2e.worlds import FAST, World

UNPUBLISH = FAST + "prune: unpublish\n"
SHOP = """
categories:
  - {key: jackets, name: Jackets, published: true}
  - {key: new-in, name: New in}
attributes:
  - {key: material, label: Material, type: Text}
attribute_groups:
  - {key: looks, name: Looks, attributes: [material]}
collections:
  - key: rain
    name: Rain Jacket
    additional_title: SKU-1
    category: jackets
    categories: [new-in]
    published: true
    published_start_date: 2025-01-01
    attributes: {material: Nylon}
    variants:
      - {key: rain-m, name: Rain Jacket M, published: true, published_start_date: 2025-01-01}
  - {key: wind, name: Wind Jacket, category: jackets}
resources:
  - {key: care, description: Care, link: 'https://example.com/care', collections: [wind]}
files:
  - {key: hero, path: hero.jpg, published: true, collections: [wind]}
"""
LEFT = """
categories:
  - {key: new-in, name: New in}
collections:
  - {key: wind, name: Wind Jacket}
"""


def begin(pxm: World) -> None:
    (pxm.root / "catalog" / "hero.jpg").write_bytes(b"picture")
    pxm.write(UNPUBLISH, "reconciler.yaml")
    pxm.write(SHOP)
    assert pxm.apply() == 0, pxm.out + pxm.err


def live(pxm: World, kind: str, name: str) -> dict[str, object]:
    (item,) = [
        item
        for item in pxm.sandbox.all(kind)
        if name
        in (item.get("name"), item.get("label"), item.get("description"), item.get("file_name"))
    ]
    return item


def managed(pxm: World) -> set[str]:
    pxm.pxm("state", "list")
    return {line.split()[0] for line in pxm.out.splitlines()}


def test_what_leaves_is_unpublished_loses_our_links_and_is_let_go(pxm: World) -> None:
    begin(pxm)
    other = pxm.sandbox.ensure_object("category", name="Outlet")
    rain = live(pxm, "collection", "Rain Jacket")
    pxm.sandbox.edit("collection", rain["id"], direct_parent=[*rain["direct_parent"], other])
    pxm.write(LEFT)

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert "Apply complete! 0 created, 0 adopted, 1 updated, 4 unpublished, 0 deleted." in pxm.out
    rain = live(pxm, "collection", "Rain Jacket")
    assert not rain["published"]
    assert rain["direct_parent"] == [other]
    assert not live(pxm, "collection", "Rain Jacket M")["published"]
    assert not live(pxm, "category", "Jackets")["published"]
    assert not live(pxm, "file", "hero.jpg")["published"]
    assert managed(pxm) == {
        "attribute/material",
        "attribute_group/looks",
        "category/new-in",
        "collection/wind",
        "resource/care",
    }


def test_a_plan_tells_what_it_unpublishes_and_what_cannot_be(pxm: World) -> None:
    begin(pxm)
    pxm.write(LEFT)

    assert pxm.pxm("plan", "--out", "plan.json") == 0
    assert 'x collection/rain  "Rain Jacket"  unpublish: it has left the catalog' in pxm.out
    assert "published: true → false" in pxm.out
    assert "0 to delete, 4 to unpublish, 0 blocked." in pxm.out
    for what in ("attribute/material", "attribute_group/looks", "resource/care"):
        assert f"Note: {what} has left the catalog and stays in the account, managed" in pxm.out
    saved = json.loads(Path("plan.json").read_text())
    assert saved["summary"]["unpublish"] == 4
    actions = {f"{item['kind']}/{item['key']}": item["action"] for item in saved["changes"]}
    assert actions["collection/rain"] == "unpublish"
    pxm.pxm("show", "plan.json", "--format", "markdown")
    assert "**4** to unpublish" in pxm.out
    assert "Unpublished and let go: they have left the catalog" in pxm.out
    pxm.pxm("show", "plan.json", "--format", "html")
    assert "Unpublished and let go: they have left the catalog" in pxm.out


def test_a_reviewed_plan_permits_unpublishing_and_no_other_file_does(pxm: World) -> None:
    begin(pxm)
    pxm.pxm("plan", "--out", "empty.json")
    pxm.write(LEFT)
    assert pxm.pxm("apply", "empty.json") == 3
    assert live(pxm, "collection", "Rain Jacket")["published"]

    pxm.pxm("plan", "--out", "plan.json")
    assert pxm.pxm("apply", "plan.json") == 0, pxm.out + pxm.err
    assert not live(pxm, "collection", "Rain Jacket")["published"]
    assert pxm.pxm("plan", "--detailed-exitcode") == 0
    assert pxm.pxm("apply", "plan.json") == 0
    assert "overtaken" not in pxm.out


def test_what_was_unpublished_already_is_let_go_without_a_request(pxm: World) -> None:
    begin(pxm)
    pxm.write(SHOP.replace("    published: true\n", "    published: false\n"))
    pxm.apply()
    wind = SHOP.index("  - {key: wind")
    pxm.write(SHOP[:wind].replace(SHOP[SHOP.index("  - key: rain") : wind], "") + SHOP[wind:])
    pxm.sandbox.edit("collection", live(pxm, "collection", "Rain Jacket")["id"], published=False)
    assert pxm.apply() == 0
    assert "collection/rain" not in managed(pxm)


def test_what_comes_back_is_recognised_as_nobodys(pxm: World) -> None:
    begin(pxm)
    pxm.write(LEFT)
    assert pxm.apply() == 0
    before = live(pxm, "collection", "Rain Jacket")["id"]
    pxm.write(SHOP)

    assert pxm.pxm("plan") == 0
    assert "= collection/rain" in pxm.out
    assert pxm.apply() == 0, pxm.out + pxm.err
    again = live(pxm, "collection", "Rain Jacket")
    assert again["id"] == before
    assert again["published"]


def test_limits_on_deletes_hold_for_unpublishing_too(pxm: World) -> None:
    begin(pxm)
    pxm.write(UNPUBLISH + "limits: {deletes: 3}\n", "reconciler.yaml")
    pxm.write(LEFT)

    assert pxm.pxm("apply", "--yes") == 3
    assert "4 objects to unpublish, the limit is 3: pass --allow-deletes 4" in pxm.err
    assert pxm.apply("--allow-deletes", "4") == 0


def test_a_stated_removal_deletes_or_lets_go_as_it_says(pxm: World) -> None:
    begin(pxm)
    removed = """
removed:
  - {kind: collection, key: rain}
  - {kind: collection, key: rain-m}
  - {kind: category, key: jackets, destroy: false}
  - {kind: attribute_group, key: looks}
  - {kind: resource, key: care}
"""
    pxm.write(LEFT + removed)

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert {item["name"] for item in pxm.sandbox.all("collection")} == {"Wind Jacket"}
    assert live(pxm, "category", "Jackets")["published"]
    assert "category/jackets" not in managed(pxm)


def test_prevent_destroy_holds_what_would_be_unpublished(pxm: World) -> None:
    begin(pxm)
    kept = SHOP.replace("    additional_title: SKU-1\n", "    lifecycle: {prevent_destroy: true}\n")
    pxm.write(kept)
    assert pxm.apply() == 0
    pxm.write(LEFT)

    assert pxm.pxm("apply", "--yes") == 3
    assert "unpublish blocked: prevent_destroy is set" in pxm.out
    assert live(pxm, "collection", "Rain Jacket")["published"]
    assert not live(pxm, "category", "Jackets")["published"]


def test_a_run_that_could_not_record_what_it_unpublished_is_finished_by_the_next(
    pxm: World,
) -> None:
    begin(pxm)
    kept = Path(".reconciler/state.db").read_bytes()
    pxm.write(LEFT)
    assert pxm.apply() == 0
    Path(".reconciler/state.db").write_bytes(kept)
    before = len(pxm.sandbox.requests)

    assert pxm.apply() == 0, pxm.out + pxm.err
    sent = {request.method for request in pxm.sandbox.requests[before:]}
    assert sent <= {"GET", "POST"}
    assert "collection/rain" not in managed(pxm)
    assert not live(pxm, "collection", "Rain Jacket")["published"]
