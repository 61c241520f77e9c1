"""Values that entries leave out, from the files to the account and back (contract 1.9)."""

from __future__ import annotations

from typing import Any

from tests.e2e.worlds import World

CATALOG = """\
defaults:
  collections:
    published: true
    published_start_date: 2025-01-01
  variants: {attributes: {care: Cold}}
attributes:
  - {key: care, label: Care, type: Text}
  - {key: color, label: Color, type: Text}
collections:
  - key: dome
    name: Dome
    inherit: [color]
    attributes: {color: Moss}
    variants:
      - {key: dome-2, name: Two}
      - {key: dome-4, name: Four, attributes: {color: Slate}}
"""


def origins(changes: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """The fields of an object's change that say where they come from."""
    fields = next(item["fields"] for item in changes if item["key"] == key)
    return {item["path"]: item.get("origin") for item in fields}


def test_a_plan_says_where_values_come_from_and_apply_writes_them(pxm: World) -> None:
    pxm.write(CATALOG)
    assert pxm.pxm("plan") == 0
    assert (
        '+ collection/dome-2  "Two"  (catalog.yaml:15)\n'
        "    variant_of: dome  type: variant  attributes.care: Cold  attributes.color: Moss\n"
        "    default of variants: attributes.care (catalog.yaml:5)\n"
        "    from collection/dome: attributes.color (catalog.yaml:13)\n"
    ) in pxm.out
    assert pxm.pxm("plan", "--format", "json") == 0
    assert origins(pxm.result["changes"], "dome-2") == {
        "name": None,
        "type": None,
        "variant_of": None,
        "attributes.care": {"defaults": "variants", "file": "catalog.yaml", "line": 5},
        "attributes.color": {"parent": "dome", "file": "catalog.yaml", "line": 13},
    }
    assert pxm.apply() == 0
    shown = {item["name"]: item for item in pxm.sandbox.all("collection")}
    assert {name: sorted(x["value"] for x in item["attributes"]) for name, item in shown.items()} == {
        "Dome": ["Moss"],
        "Two": ["Cold", "Moss"],
        "Four": ["Cold", "Slate"],
    }  # fmt: skip
    assert shown["Dome"]["published"]
    assert not shown["Two"].get("published")


def test_a_changed_default_and_a_changed_parent_are_told_with_their_places(pxm: World) -> None:
    pxm.write(CATALOG)
    assert pxm.apply() == 0
    pxm.write(CATALOG.replace("Moss", "Fern").replace("2025-01-01", "2026-01-01"))

    assert pxm.pxm("plan", "--out", "plan.json") == 0
    assert (
        "    published_start_date: 2025-01-01T00:00:00Z → 2026-01-01T00:00:00Z"
        "  (default of collections, catalog.yaml:4)\n"
    ) in pxm.out
    assert "color: Moss → Fern  (from collection/dome, catalog.yaml:13)\n" in pxm.out
    assert pxm.pxm("show", "plan.json", "--format", "markdown") == 0
    assert "(from collection/dome, `catalog.yaml:13`)" in pxm.out
    assert pxm.pxm("show", "plan.json", "--format", "html") == 0
    assert "(default of collections, catalog.yaml:4)" in pxm.out
    assert pxm.pxm("explain", "collection/dome-2") == 0
    row = next(line for line in pxm.out.splitlines() if line.startswith("attributes.color"))
    assert row.endswith(
        "   pending: live is as last applied, the catalog wants another value "
        "(from collection/dome, catalog.yaml:13)"
    )
    assert pxm.pxm("explain", "collection/dome", "--format", "json") == 0
    fields = {item["path"]: item for item in pxm.result["fields"]}
    assert fields["published"]["origin"] == {
        "defaults": "collections",
        "file": "catalog.yaml",
        "line": 3,
    }
    assert "origin" not in fields["attributes.color"]
    assert pxm.apply() == 0


def test_drift_of_a_value_from_elsewhere_says_where_that_is(pxm: World) -> None:
    pxm.write(CATALOG)
    assert pxm.apply() == 0
    [two] = [item for item in pxm.sandbox.all("collection") if item["name"] == "Two"]
    values = [{**item, "value": "Hot"} for item in two["attributes"]]
    pxm.sandbox.edit("collection", two["id"], attributes=values)

    assert pxm.pxm("drift") == 2
    assert "care:  Cold → Hot  (default of variants, catalog.yaml:5)\n" in pxm.out
    assert pxm.pxm("drift", "--format", "json") == 2
    [found] = pxm.result["objects"]
    assert [item["origin"] for item in found["fields"]] == [
        {"defaults": "variants", "file": "catalog.yaml", "line": 5},
        {"parent": "dome", "file": "catalog.yaml", "line": 13},
    ]


def test_the_same_change_from_several_parents_is_told_once_and_of_none(pxm: World) -> None:
    family = (
        "  - {key: p%s, name: P%s, inherit: [color], attributes: {color: Moss}, "
        "variants: [{key: v%s, name: V%s}]}\n"
    )
    head = "attributes: [{key: color, label: Color, type: Text}]\ncollections:\n"
    text = head + "".join(family % ((number,) * 4) for number in range(20))
    pxm.write(text)
    assert pxm.apply() == 0
    pxm.write(text.replace("Moss", "Fern"))

    assert pxm.pxm("plan") == 0
    assert "~ 40 collections alike\n    attributes.color: Moss → Fern\n" in pxm.out
