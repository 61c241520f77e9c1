"""Group membership is written on the side where the account shows it (contract 2.3)."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds import KINDS, ORDER
from reconciler.model import Place, Plan
from reconciler.plan import build
from reconciler.plan.cost import cut
from reconciler.plan.mirrored import Mirrored, as_shown, is_mirrored, unwritable
from reconciler.wire import Names
from tests.build import account, catalog, entry, has, notes, state, want

COLOR = want("attribute", "color", label="Color", type="Text")
SIZE = want("attribute", "size", label="Size", type="Text")


def changes(plan: Plan) -> dict[str, list[tuple[str, tuple[str, ...], tuple[str, ...]]]]:
    return {
        str(change.ref): [(item.path, item.add, item.remove) for item in change.fields]
        for change in plan.changes
    }


def test_an_account_that_shows_nothing_is_written_on_the_group() -> None:
    plan = build(
        catalog(COLOR, want("attribute_group", "looks", name="Looks", attributes=("color",))),
        account(
            has("attribute", "1", label="Color", type="Text"),
            has("attribute_group", "g", name="Looks"),
        ),
        state(entry("attribute", "color", "1"), entry("attribute_group", "looks", "g")),
    )
    assert changes(plan) == {"attribute_group/looks": [("attributes", ("color",), ())]}


def test_an_account_that_shows_it_on_the_attribute_is_written_there() -> None:
    plan = build(
        catalog(
            COLOR,
            SIZE,
            want("attribute_group", "looks", name="Looks", attributes=("color", "size")),
        ),
        account(
            has("attribute", "1", label="Color", type="Text", groups=("theirs",)),
            has("attribute", "2", label="Size", type="Text", groups=()),
            has("attribute_group", "g", name="Looks"),
            has("attribute_group", "theirs", name="Theirs"),
        ),
        state(
            entry("attribute", "color", "1"),
            entry("attribute", "size", "2"),
            entry("attribute_group", "looks", "g"),
        ),
    )
    assert changes(plan) == {
        "attribute/color": [("groups", ("looks",), ())],
        "attribute/size": [("groups", ("looks",), ())],
    }


def test_a_membership_that_left_the_yaml_is_taken_back_on_the_attribute() -> None:
    plan = build(
        catalog(COLOR, want("attribute_group", "looks", name="Looks", attributes=())),
        account(
            has("attribute", "1", label="Color", type="Text", groups=("g", "theirs")),
            has("attribute_group", "g", name="Looks"),
            has("attribute_group", "theirs", name="Theirs"),
        ),
        state(
            entry("attribute", "color", "1", label="Color", type="Text", groups=("g",)),
            entry("attribute_group", "looks", "g", name="Looks"),
        ),
    )
    assert changes(plan) == {"attribute/color": [("groups", (), ("looks",))]}


def test_what_the_group_was_sent_and_the_attribute_shows_is_no_difference() -> None:
    plan = build(
        catalog(COLOR, want("attribute_group", "looks", name="Looks", attributes=("color",))),
        account(
            has("attribute", "1", label="Color", type="Text", groups=("g",)),
            has("attribute_group", "g", name="Looks"),
        ),
        state(
            entry("attribute", "color", "1", label="Color", type="Text"),
            entry("attribute_group", "looks", "g", name="Looks", attributes=("1",)),
        ),
    )
    assert plan.changes == ()


def test_where_both_sides_show_it_the_group_counts() -> None:
    plan = build(
        catalog(COLOR, want("attribute_group", "looks", name="Looks", attributes=("color",))),
        account(
            has("attribute", "1", label="Color", type="Text", groups=("g",)),
            has("attribute_group", "g", name="Looks", attributes=("1",)),
        ),
        state(),
    )
    assert {change.ref.kind: change.action for change in plan.changes} == {
        "attribute": "adopt",
        "attribute_group": "adopt",
    }
    assert all(not change.fields for change in plan.changes)


def test_an_attribute_that_needs_a_new_group_is_made_after_it() -> None:
    plan = build(
        catalog(COLOR, want("attribute_group", "looks", name="Looks", attributes=("color",))),
        account(
            has("attribute", "9", label="Theirs", type="Text", groups=("theirs",)),
            has("attribute_group", "theirs", name="Theirs"),
        ),
        state(),
    )
    assert [batch.kind for batch in plan.batches] == ["attribute_group", "attribute"]
    assert [batch.kind for batch in cut(plan.changes, account(), Names())] == [
        "attribute_group",
        "attribute",
    ]


def test_without_such_a_group_the_kinds_keep_their_order() -> None:
    plan = build(
        catalog(
            want("collection", "a", name="A"),
            want("resource", "r", description="R", link="https://x"),
            COLOR,
            want("category", "c", name="C"),
            want("attribute_group", "looks", name="Looks", attributes=("color",)),
        ),
        account(),
        state(),
    )
    declared = [kind.name for kind in ORDER if kind.name != "file"]
    assert [batch.kind for batch in plan.batches] == declared


def test_an_external_attribute_is_left_where_the_account_keeps_membership_on_it() -> None:
    plan = build(
        catalog(
            want("attribute", "color", label="Color", type="Text", external=True),
            want("attribute_group", "looks", name="Looks", attributes=("color",)),
        ),
        account(
            has("attribute", "1", label="Color", type="Text", groups=("theirs",)),
            has("attribute_group", "g", name="Looks"),
            has("attribute_group", "theirs", name="Theirs"),
        ),
        state(entry("attribute_group", "looks", "g", name="Looks")),
    )
    assert plan.changes == ()
    assert any("attribute/color is external" in note for note in notes(plan))


SHOWN = [
    # what groups show, what attributes show, whether attributes are the side
    ({"attributes": ("1",)}, {"groups": ("g",)}, False),
    ({"attributes": ()}, {"groups": ("g",)}, True),
    ({}, {"groups": ("g",)}, True),
    ({}, {"groups": ()}, True),
    ({"attributes": ()}, {"groups": ()}, False),
    ({}, {}, False),
    ({"attributes": ()}, {}, False),
    (None, {"groups": ()}, False),
    (None, {"groups": ("g",)}, True),
]


@pytest.mark.parametrize(("group", "attribute", "mirrored"), SHOWN)
def test_the_side_that_shows_elements_counts_then_the_one_that_shows_the_field(
    group: dict[str, Any] | None, attribute: dict[str, Any], mirrored: bool
) -> None:
    groups = [has("attribute_group", "g", name="G", **group)] if group is not None else []
    live = account(*groups, has("attribute", "1", label="L", type="Text", **attribute))
    kind = KINDS["attribute_group"]

    assert is_mirrored(live, kind, kind.field("attributes")) is mirrored


def test_a_membership_that_is_told_on_the_attribute_stands_where_the_group_says_it() -> None:
    looks = replace(
        want("attribute_group", "looks", name="Looks", attributes=("color", "none")),
        places={"attributes": Place("looks.yaml", 7, 3)},
    )
    extra = want("attribute_group", "theirs", name="T", external=True, attributes=("color",))
    lent = want("attribute", "size", label="Size", type="Text", external=True)
    live = account(has("attribute", "1", label="Color", type="Text", groups=("g",)))

    found = as_shown(catalog(COLOR, lent, looks, extra), live).resources

    color, group = found[COLOR.ref], found[looks.ref]
    assert color.fields["groups"] == ("looks",)
    assert color.at("groups") == Place("looks.yaml", 7, 3)
    assert "attributes" not in group.fields
    assert found[extra.ref] == extra
    assert found[lent.ref] == lent


def test_what_the_account_shows_on_the_group_is_told_of_no_attribute() -> None:
    group = has("attribute_group", "g", name="Looks", attributes=("1",))
    names = Names(keys={"attribute": {"1": "color"}})
    here = account(group, has("attribute", "1", label="Color", type="Text"))
    there = account(
        has("attribute_group", "g", name="Looks"),
        has("attribute", "1", label="Color", type="Text", groups=("g",)),
        has("attribute", "2", label="Size", type="Text", groups=()),
    )

    assert Mirrored(here, names).of(group) == {}
    assert Mirrored(there, names).of(group) == {"attributes": ("color",)}


def test_only_memberships_of_external_attributes_are_said_to_be_left() -> None:
    wanted = catalog(
        COLOR,
        replace(SIZE, external=True),
        want("attribute_group", "looks", name="Looks", attributes=("color", "size", "none")),
    )
    live = account(
        has("attribute", "1", label="Color", type="Text", groups=("x",)),
        has("attribute", "2", label="Size", type="Text"),
    )

    assert [*unwritable(wanted, live)] == [
        "attribute_group/looks: the account keeps attributes on the attribute, and attribute/size "
        "is external: it is left as it is"
    ]
