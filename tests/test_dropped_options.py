"""An option that a value outside the plan holds is not dropped (contract 2.3)."""

from typing import Any

import pytest

from reconciler.model import LiveObject, Plan, Resource
from reconciler.plan import Ask, build
from tests.build import account, catalog, entry, has, state, want

OPTIONS = (("o1", "Blue", ""), ("o2", "Red", ""))
COLOR = want("attribute", "color", label="Color", type="Pick List", options=("Blue",))
JACKET = want("collection", "jacket", name="Jacket", attributes={"color": ("Blue",)})


def dropping_red(
    *items: LiveObject,
    desired: Resource = JACKET,
    label: str = "Red",
    ask: Ask | None = None,
    **live: Any,
) -> Plan:
    options = (OPTIONS[0], ("o2", label, ""))
    return build(
        catalog(COLOR, desired),
        account(
            has("attribute", "1", label="Color", type="Pick List", options=options),
            has("collection", "10", name="Jacket", attributes={"1": ["o2"]}),
            *items,
            **live,
        ),
        state(
            entry("attribute", "color", "1", options=("Blue", "Red"), type="Pick List"),
            entry("collection", "jacket", "10", attributes={"1": ("Red",)}),
        ),
        ask,
    )


def blocked(plan: Plan) -> dict[str, str | None]:
    return {str(change.ref): change.blocked for change in plan.changes if change.blocked}


def test_an_option_that_only_this_plan_gives_up_is_dropped() -> None:
    plan = dropping_red()
    assert blocked(plan) == {}
    assert [str(change.ref) for change in plan.changes] == ["attribute/color", "collection/jacket"]


def test_an_option_that_somebody_elses_product_holds_stays() -> None:
    plan = dropping_red(has("collection", "11", name="Theirs", attributes={"1": [["o2"]]}))
    assert blocked(plan) == {
        "attribute/color": "it drops 'Red', which this plan leaves on collection 'Theirs'"
    }


def test_an_option_that_a_category_holds_stays() -> None:
    plan = dropping_red(has("category", "12", name="Sale", attributes={"1": "Red"}))
    assert "category 'Sale'" in str(blocked(plan)["attribute/color"])


def test_many_holders_are_counted() -> None:
    theirs = (
        has("collection", str(n), name=f"T{n}", attributes={"1": ["o2"]}) for n in range(20, 25)
    )
    words = blocked(dropping_red(*theirs))["attribute/color"]
    assert words == (
        "it drops 'Red', which this plan leaves on collection 'T20', collection 'T21', "
        "collection 'T22' and 2 more"
    )


def test_another_option_of_somebody_else_is_no_reason() -> None:
    assert blocked(dropping_red(has("collection", "11", name="T", attributes={"1": ["o1"]}))) == {}


def test_a_holder_that_this_plan_deletes_is_no_reason() -> None:
    plan = build(
        catalog(COLOR),
        account(
            has("attribute", "1", label="Color", type="Pick List", options=OPTIONS),
            has("collection", "10", name="Jacket", attributes={"1": ["o2"]}),
        ),
        state(
            entry("attribute", "color", "1", options=("Blue", "Red"), type="Pick List"),
            entry("collection", "jacket", "10", attributes={"1": ("Red",)}),
        ),
    )
    assert {str(change.ref): change.blocked for change in plan.changes} == {
        "attribute/color": None,
        "collection/jacket": None,
    }


def test_a_renamed_option_is_not_dropped() -> None:
    renamed = want(
        "attribute",
        "color",
        label="Color",
        type="Pick List",
        options=("Blue", "Crimson"),
        renames={"Crimson": "Red"},
    )
    plan = build(
        catalog(renamed),
        account(
            has("attribute", "1", label="Color", type="Pick List", options=OPTIONS),
            has("collection", "11", name="Theirs", attributes={"1": ["o2"]}),
        ),
        state(entry("attribute", "color", "1", options=("Blue", "Red"), type="Pick List")),
    )
    assert blocked(plan) == {}
    assert plan.changes[0].fields[0].rename == (("Red", "Crimson"),)


def test_a_sub_field_that_a_record_fills_stays() -> None:
    chart = want("attribute", "chart", label="Chart", type="List", fields={"Chest": "Number"})
    parts = (("s1", "Chest", "Number"), ("s2", "Note", "Text"))
    record = [{"id": "s2", "label": "Note", "value_type": "Text", "value": "tight"}]
    plan = build(
        catalog(chart),
        account(
            has("attribute", "1", label="Chart", type="List", fields=parts),
            has("collection", "11", name="Theirs", attributes={"1": record}),
        ),
        state(entry("attribute", "chart", "1", fields=("Chest", "Note"), type="List")),
    )
    assert "drops 'Note'" in str(blocked(plan)["attribute/chart"])


def test_ours_goes_and_not_somebody_elses_that_differs_in_escaping_alone() -> None:
    """Labels are compared exactly where they would be two (contract 2.3)."""
    options = (("o1", "Blue", ""), ("o2", "A & B", ""), ("o3", "A &amp; B", ""))
    plan = build(
        catalog(COLOR),
        account(has("attribute", "1", label="Color", type="Pick List", options=options)),
        state(entry("attribute", "color", "1", options=("Blue", "A & B"), type="Pick List")),
    )

    (change,) = plan.changes
    (item,) = change.fields
    assert (item.add, item.remove) == ((), ("A & B",))


@pytest.mark.parametrize("kind", ["collection", "category", "file"])
def test_an_option_is_not_dropped_while_a_list_may_hide_who_holds_it(kind: str) -> None:
    plan = dropping_red(partial=frozenset({kind}))
    lists = {"collection": "collections", "category": "categories", "file": "files"}[kind]
    assert blocked(plan)["attribute/color"] == (
        f"it drops 'Red', and the list of {lists} could not be read whole"
    )


def test_all_that_is_in_the_way_is_said_and_what_to_do_about_it() -> None:
    """Two options, two lists, two entries; another change keeps the reason that it has."""
    wanted = catalog(
        want("attribute", "color", label="Color", type="Pick List", options=("Blue",)),
        want("attribute", "lost", label="Lost", type="Text", id="404"),
    )
    options = (*OPTIONS, ("o3", "Green", ""))
    color = has("attribute", "1", label="Color", type="Pick List", options=options)
    known = state(
        entry("attribute", "color", "1", options=("Blue", "Red", "Green"), type="Pick List")
    )
    nameless = (
        has("collection", "7", attributes={"1": ["o2"]}),
        has("collection", "", name="Ghost", attributes={"1": ["o3"]}),
    )

    hidden = blocked(build(wanted, account(color, partial=frozenset({"file", "category"})), known))
    held = blocked(build(wanted, account(color, nameless=nameless), known))

    assert hidden["attribute/color"] == (
        "it drops 'Green', 'Red', and the list of categories, files could not be read whole"
    )
    assert held["attribute/color"] == (
        "it drops 'Green', 'Red', which this plan leaves on an entry of the list of collections "
        "without a name (its id is 7), an entry of the list of collections without an id (Ghost); "
        "in the web interface, name what has no name or take it out; "
        "in the web interface, mend or remove what has no id"
    )
    assert str(held["attribute/lost"]).startswith("id 404, pinned at attribute.yaml:1:1")


@pytest.mark.parametrize(
    ("unnamed", "holder"),
    [
        (has("collection", "7", attributes={"1": ["o2"]}), "without a name (its id is 7)"),
        (has("collection", "7", attributes={"1": ["o1"]}), ""),
        (has("collection", "7"), ""),
        (has("collection", "", name="Ghost"), "without an id (Ghost)"),
        (has("collection", "", name="Ghost", attributes={"1": ["o1"]}), ""),
    ],
)
def test_an_option_that_an_entry_may_hold_that_cannot_be_adopted_stays(
    unnamed: LiveObject, holder: str
) -> None:
    words = blocked(dropping_red(nameless=(unnamed,))).get("attribute/color", "")
    assert (f"which this plan leaves on an entry of the list of collections {holder}" in words) is (
        bool(holder)
    )


def test_an_option_stays_while_the_write_that_gives_it_up_is_not_targeted() -> None:
    plan = dropping_red(ask=Ask(targets=("attribute/color",)))
    assert blocked(plan) == {
        "attribute/color": "it drops 'Red', which this plan leaves on collection 'Jacket'"
    }
