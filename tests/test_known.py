"""Who is who and what stands above what, each asked by itself (contract 2.1, 2.3)."""

from typing import Any

import pytest

from reconciler.kinds import KINDS
from reconciler.known import depth, planned_definition, who_is_who
from reconciler.model import Ref
from reconciler.wire import Definition, Names
from tests.build import REGIONS, account, catalog, has, want


@pytest.mark.parametrize(
    ("fields", "definition"),
    [
        ({"type": "Number"}, Definition("Number")),
        ({}, Definition("Text")),
        ({"type": None, "fields": None}, Definition("Text")),
        (
            {"type": "List", "fields": {"n": "Number", "t": "Text"}},
            Definition("List", types={"n": "Number", "t": "Text"}),
        ),
    ],
)
def test_a_declared_attribute_says_what_its_values_look_like(
    fields: dict[str, Any], definition: Definition
) -> None:
    assert planned_definition(want("attribute", "a", **fields)) == definition


LIVE = account(
    has("category", "1", name="Tops"),
    has("attribute", "11", label="Pick", type="Pick List", options=(("o-r", "Red", ""),)),
    has("attribute", "12", label="Size", type="Number"),
)
IDS = {Ref("category", "tops"): "1", Ref("attribute", "pick"): "11"}


def test_an_account_alone_names_ids_keys_regions_and_attributes() -> None:
    assert who_is_who(IDS, LIVE) == Names(
        keys={kind: {} for kind in KINDS}
        | {"category": {"1": "tops"}, "attribute": {"11": "pick"}},
        ids=IDS,
        regions=REGIONS,
        definitions={
            "11": Definition("Pick List", {"o-r": "Red"}, {"Red": "Text"}),
            "12": Definition("Number"),
        },
        objects=LIVE.objects,
    )


def test_a_catalog_adds_what_will_be_and_the_labels_that_it_gives() -> None:
    pick = want(
        "attribute", "pick", type="Pick List", options=("Crimson",), renames={"Crimson": "Red"}
    )  # fmt: skip
    new = want("attribute", "new", type="Boolean")
    wanted = catalog(want("category", "tops", name="Tops"), pick, new)

    names = who_is_who(
        IDS, LIVE, roots=frozenset({"0"}), catalog=wanted, declared={"11": pick}
    )  # fmt: skip

    assert names.roots == frozenset({"0"})
    assert names.planned == {"pick": Definition("Pick List"), "new": Definition("Boolean")}
    assert names.definitions["11"].labels == {"o-r": "Crimson"}
    assert names.definitions["12"] == Definition("Number")


ABOVE = {"a": None, "b": "a", "c": "b", "d": "c", "x": "y", "y": "z", "z": "y"}


@pytest.mark.parametrize(
    ("node", "depths", "remembered"),
    [
        ("a", {}, {"a": 0}),
        ("d", {}, {"a": 0, "b": 1, "c": 2, "d": 3}),
        ("d", {"b": 7}, {"b": 7, "c": 8, "d": 9}),
        ("b", {"b": 7}, {"b": 7}),
        ("x", {}, {"z": 1, "y": 2, "x": 3}),
    ],
)
def test_a_depth_counts_what_stands_above_and_is_remembered(
    node: str, depths: dict[str, int], remembered: dict[str, int]
) -> None:
    assert depth(node, ABOVE.get, depths) == remembered[node]
    assert depths == remembered
