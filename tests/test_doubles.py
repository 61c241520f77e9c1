"""A create is withheld where the list leaves open whether the object exists (contract 7.3)."""

import pytest

from reconciler.model import LiveObject
from reconciler.plan import build
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
