"""Same in, same out (contract 2.11), and plans that their JSON Schema knows (contract 4)."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.model import Applied, Catalog, Live, LiveObject, Policy, State
from reconciler.plan import Ask, build
from reconciler.reports.planform import filled
from reconciler.reports.planjson import plan_json
from tests.build import account, catalog, entry, has, state, want

SCHEMA = json.loads((Path(__file__).parents[1] / "schemas/plan.schema.json").read_text("utf-8"))

PICK = (("o-r", "Red", ""), ("o-b", "Blue", ""), ("o-x", "Theirs", ""))

CATALOG = catalog(
    want("category", "a", name="A", regions=("EU",)),
    want("category", "b", name="B", parent="a"),
    want("category", "near", name="Near"),
    want("category", "swap", name="Swap"),
    want("category", "out", name="Outlet", external=True),
    want("attribute", "pick", label="Pick", type="Pick List", multiple=True, options=("Crimson", "Blue"), renames={"Crimson": "Red"}),
    want("attribute", "list", label="List", type="List", fields={"n": "Number", "t": "Text"}),
    want("attribute", "text", label="Text", type="Text"),
    want("attribute_group", "g", name="G", attributes=("pick", "text")),
    want("collection", "p", name="P", type="parent", category="b", categories=("b", "out"), attributes={"pick": ("Blue", "Crimson"), "list": {"n": 1}, "text": "new"}),
    want("collection", "v", name="V", type="variant", variant_of="p"),
    want("collection", "w", name="W", additional_title="SKU", category="a", categories=("a",)),
    want("collection", "drifted", name="Ours"),
    want("collection", "quarrel", name="New"),
    want("collection", "lost", name="Lost"),
    want("collection", "stuck", name="Stuck", type="variant", variant_of="p"),
    want("resource", "r", description="R", link="l", collections=("p", "v")),
    policy=Policy(exact=frozenset({"categories"})),
    moved=[("category", "before", "swap")],
)  # fmt: skip

LIVE = account(
    has("category", "1", name="A", regions=("r-us", "r-eu")),
    has("category", "2", name="B", parent="1"),
    has("category", "3", name="Near", parent="1"),
    has("category", "4", name="Near", parent="2"),
    has("category", "5", name="Swap"),
    has("category", "6", name="Outlet"),
    has("category", "7", name="Leaving"),
    has("category", "8", name="Held"),
    has("category", "9", name="Sale"),
    has("attribute", "11", label="Pick", type="Pick List", multiple=True, options=PICK),
    has("attribute", "12", label="List", type="List", fields=(("f-n", "n", "Number"), ("f-t", "t", "Text"))),
    has("attribute", "13", label="Text", type="Text"),
    has("attribute_group", "21", name="G", attributes=("11", "12")),
    has(
        "collection", "31", name="P", type="parent", category="2", categories=("2", "9", "8"),
        attributes={"11": ["o-x", "o-r", "o-b"], "12": [{"id": "f-t", "value": "t"}, {"id": "f-n", "value": 2}], "13": "old"},
    ),
    has("collection", "32", name="W", category="1", categories=("1",)),
    has("collection", "33", name="Theirs"),
    has("collection", "34", name="Theirs too"),
    has("collection", "36", name="Stuck", type="variant", variant_of="37"),
    has("collection", "37", name="Foreign parent", type="parent"),
    has("collection", "38", name="Guest", category="8", categories=("8",)),
    has("collection", "39", name="Guest 2", category="8", categories=("8",)),
    has("collection", "40", name="Old", category="7", categories=("7",)),
    has("resource", "41", description="Theirs", link="x", category="7", collections=("40", "31")),
    has("resource", "42", description="Also", link="y", category="7", collections=("40",)),
    gone=[("collection", "35")],
)  # fmt: skip

STATE = state(
    entry("category", "a", "1", name="A", parent=None, regions=("r-us",)),
    entry("category", "b", "2", name="B", parent="1"),
    entry("category", "before", "5", name="Swap", parent=None),
    entry("category", "leaving", "7", name="Leaving", parent=None),
    entry("category", "held", "8", name="Held", parent=None),
    entry("attribute", "pick", "11", label="Pick", type="Pick List", multiple=True, options=("Red", "Blue")),
    entry("attribute", "text", "13", label="Text", type="Text"),
    entry("attribute_group", "g", "21", name="G", attributes=("11", "12")),
    entry(
        "collection", "p", "31", name="P", type="parent", category="2", categories=("2",),
        attributes={"11": Applied(("Red",), ["o-r"], True), "13": "older"},
    ),
    entry("collection", "drifted", "33", name="Ours"),
    entry("collection", "quarrel", "34", name="Old"),
    entry("collection", "lost", "35", name="Lost"),
    entry("collection", "stuck", "36", name="Stuck", type="variant", variant_of="37"),
    entry("collection", "old", "40", name="Old", category="7", categories=("7",)),
    near={},
)  # fmt: skip


OUTLET = account(has("category", "6", name="Outlet"))


def printed(wanted: Catalog, live: Live, known: State, **ask: Any) -> str:
    return plan_json(build(wanted, live, known, Ask(**ask)), "1.0")


def jumbled(value: Any, random: Random) -> Any:
    """A set in another order, and once more in it: what servers do."""
    if not isinstance(value, tuple | list) or not value:
        return value
    items = random.sample(value, len(value))
    return type(value)([*items, items[0]])


def shuffled(wanted: Catalog, live: Live, known: State, random: Random) -> tuple[Any, Any, Any]:
    def some_order(mapping: Any) -> dict[Any, Any]:
        return dict(random.sample(list(mapping.items()), len(mapping)))

    def other(item: LiveObject) -> LiveObject:
        fields = {path: jumbled(value, random) for path, value in item.fields.items()}
        return replace(item, fields=some_order(fields))

    objects = {
        kind: {id_: other(item) for id_, item in some_order(items).items()}
        for kind, items in some_order(live.objects).items()
    }
    return (
        replace(wanted, resources=some_order(wanted.resources)),
        replace(live, objects=objects),
        replace(known, entries=some_order(known.entries)),
    )


@pytest.mark.parametrize("known", [STATE, State()], ids=["known", "new state"])
def test_a_plan_is_the_same_in_any_order_of_files_pages_and_sets(known: State) -> None:
    expected = printed(CATALOG, LIVE, known)

    for seed in range(12):
        assert printed(*shuffled(CATALOG, LIVE, known, Random(seed))) == expected


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_a_plan_is_the_same_in_orders_that_hypothesis_finds(random: Random) -> None:
    assert printed(*shuffled(CATALOG, LIVE, STATE, random)) == printed(CATALOG, LIVE, STATE)


def test_nothing_in_a_plan_is_sorted_by_an_id() -> None:
    """The same account with other ids, the other way round: the same plan but for the ids."""
    turned = {str(number): f"x{99 - number}" for number in range(100)}

    def renumbered(value: Any) -> Any:
        if isinstance(value, str):
            return turned.get(value, value)
        if isinstance(value, tuple | list):
            return type(value)(renumbered(item) for item in value)
        if isinstance(value, dict):
            return {name: renumbered(item) for name, item in value.items()}
        return replace(value, sent=renumbered(value.sent), shown=renumbered(value.shown)) if isinstance(value, Applied) else value  # fmt: skip

    def paths(fields: Any) -> dict[str, Any]:
        return {
            ".".join(map(renumbered, path.split("."))): renumbered(item)
            for path, item in fields.items()
        }

    objects = {
        kind: {
            turned[id_]: replace(item, id=turned[id_], fields=paths(item.fields))
            for id_, item in items.items()
        }
        for kind, items in LIVE.objects.items()
    }
    live = replace(LIVE, objects=objects, gone=frozenset({("collection", turned["35"])}))
    entries = {
        ref: replace(item, id=turned[item.id], applied=paths(item.applied))
        for ref, item in STATE.entries.items()
    }

    one = printed(CATALOG, LIVE, STATE)
    other = printed(CATALOG, live, replace(STATE, entries=entries))
    assert without_ids(one) == without_ids(other)


def without_ids(text: str) -> Any:
    plan = json.loads(text)
    for change in plan["changes"]:
        change["id"] = None
    plan["near"] = [{**item, "ids": len(item["ids"])} for item in plan["near"]]
    plan["notes"] = [re.sub(r" \(x?\d+\)", "", note) for note in plan["notes"]]
    return {**plan, "digest": None}


def test_the_plan_of_all_actions_is_valid_against_its_schema() -> None:
    plans = [
        json.loads(printed(CATALOG, LIVE, STATE)),
        json.loads(printed(CATALOG, LIVE, State())),
        json.loads(printed(CATALOG, OUTLET, State(), environment="staging")),
        json.loads(printed(CATALOG, LIVE, STATE, targets=("collection/p/", "category/leaving"))),
        json.loads(printed(catalog(), account(), state())),
    ]

    for plan in plans:
        plan["changes"] = list(map(filled, plan["changes"]))
    actions = Counter(change["action"] for plan in plans for change in plan["changes"])
    assert actions.keys() == {"create", "recreate", "adopt", "update", "move", "delete"}
    classes = {item["class"] for plan in plans for change in plan["changes"] for item in change["fields"]}  # fmt: skip
    assert classes == {"pending", "drift", "conflict"}
    assert any(change["blocked"] for plan in plans for change in plan["changes"])
    assert any(change["fallout"] for plan in plans for change in plan["changes"])
    assert any("rename" in item for change in plans[0]["changes"] for item in change["fields"])
    validator = Draft202012Validator(SCHEMA)
    for plan in plans:
        assert [error.message for error in validator.iter_errors(plan)] == []
