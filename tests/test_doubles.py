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


def test_a_list_that_was_not_read_whole_withholds_every_create_of_its_kind() -> None:
    live = account(has("category", "c", name="Tops"), partial=frozenset({"collection"}))
    plan = build(catalog(TOPS, JACKET), live, state())
    assert "could not be read whole" in str(plan.changes[0].blocked)
