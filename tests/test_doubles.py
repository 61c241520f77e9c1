"""A create is withheld where the list leaves open whether the object exists (contract 7.3)."""

import pytest

from reconciler.model import LiveObject
from reconciler.plan import build
from reconciler.plan.doubles import by_age, is_young
from tests.build import account, catalog, has, state, want

JACKET = want("collection", "jacket", name="Jacket", category="tops")
TOPS = want("category", "tops", name="Tops", external=True)


@pytest.mark.parametrize(
    ("entry", "withheld"),
    [
        (has("collection", "7"), True),
        (has("collection", ""), True),
        (has("collection", "", name="Jacket"), True),
        (has("collection", "7", category="c"), True),
        (has("collection", "7", category="other"), False),
        (has("collection", "", name="Boots"), False),
        (has("collection", "7", additional_title="SKU"), False),
        (has("category", "7"), False),
    ],
)
def test_an_entry_without_name_or_id_withholds_what_it_could_be(
    entry: LiveObject, withheld: bool
) -> None:
    live = account(has("category", "c", name="Tops"), nameless=(entry,))
    plan = build(catalog(TOPS, JACKET), live, state())
    assert [(change.action, bool(change.blocked)) for change in plan.changes] == [
        ("create", withheld)
    ]


PARENT = want("collection", "parent", name="Parent", external=True)
VARIANT = want("collection", "m", name="M", variant_of="parent", additional_title="SKU-1")


@pytest.mark.parametrize(
    ("entry", "withheld"),
    [
        (has("collection", "7"), False),
        (has("collection", "7", category="c"), False),
        (has("collection", "", name="M"), False),
        (has("collection", "7", variant_of="p"), True),
        (has("collection", "7", variant_of="q"), False),
        (has("collection", "7", variant_of="p", additional_title="SKU-2"), False),
    ],
)
def test_an_entry_that_shows_no_parent_is_no_variant_and_withholds_none(
    entry: LiveObject, withheld: bool
) -> None:
    parents = (has("collection", "p", name="Parent"), has("collection", "q", name="Other"))
    live = account(*parents, nameless=(entry,))
    plan = build(catalog(PARENT, VARIANT), live, state())
    assert [(str(item.ref), bool(item.blocked)) for item in plan.changes] == [
        ("collection/m", withheld)
    ]


def test_an_entry_without_a_name_that_is_managed_withholds_nothing() -> None:
    """It was read by id, so it is known who it is: no create can be meant."""
    known = has("collection", "7", variant_of="p")
    live = account(has("collection", "p", name="Parent"), known, nameless=(known,))
    mine = want("collection", "mine", name="Mine", variant_of="parent", id="7")
    plan = build(catalog(PARENT, VARIANT, mine), live, state())
    assert {str(item.ref): item.blocked for item in plan.changes if item.action == "create"} == {
        "collection/m": None
    }


def test_a_list_that_was_not_read_whole_withholds_every_create_of_its_kind() -> None:
    live = account(has("category", "c", name="Tops"), partial=frozenset({"collection"}))
    plan = build(catalog(TOPS, JACKET), live, state())
    assert "could not be read whole" in str(plan.changes[0].blocked)


STARTED = 1_764_000_000.0
"""2025-11-24T16:00:00Z"""


@pytest.mark.parametrize(
    ("created", "young"),
    [
        ("2025-11-24T16:00:00Z", True),
        ("2025-11-24T15:59:58.900Z", True),
        ("2025-11-24T15:59:50Z", False),
        ("2025-11-24T17:59:59+02:00", True),
        ("2025-11-24", True),
        ("2025-11-24T00:00:00.000Z", True),
        ("2025-11-23", False),
        ("", True),
        (None, True),
        ("some day", True),
    ],
)
def test_an_object_without_a_date_or_of_the_same_day_is_not_older_than_an_intent(
    created: str | None, young: bool
) -> None:
    assert is_young(LiveObject("collection", "7", {}, created), STARTED) is young


def test_of_several_objects_the_earliest_goes_first_and_those_without_a_date_last() -> None:
    dates = {"9": "2025-11-24T16:00:05Z", "8": None, "7": "2025-11-24T16:00:05Z", "6": ""}
    dates["5"] = "2025-11-24T18:00:04+02:00"
    items = [LiveObject("collection", id_, {}, created) for id_, created in dates.items()]
    assert [item.id for item in by_age(items)] == ["5", "7", "9", "6", "8"]
