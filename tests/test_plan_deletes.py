"""What leaves, what refuses it and what falls with it (contract 2.5)."""

from typing import Any

from reconciler.model import Change, Plan, Ref
from reconciler.plan import build
from tests.build import account, catalog, entry, has, state, want

KEPT = want("attribute", "kept", label="Kept", type="Text")
KEPT_LIVE = has("attribute", "1", label="Kept", type="Text")
KEPT_ENTRY = entry("attribute", "kept", "1", label="Kept", type="Text")
GONE_LIVE = has("attribute", "2", label="Gone", type="Text")
GONE_ENTRY = entry("attribute", "gone", "2", label="Gone", type="Text")


def change(plan: Plan, kind: str, key: str) -> Change:
    return next(item for item in plan.changes if item.ref == Ref(kind, key))


def product(values: dict[str, str], ours: dict[str, str]) -> Plan:
    """A product is updated while one of two attributes leaves."""
    return build(
        catalog(KEPT, want("collection", "c", name="C", attributes={"kept": "new"})),
        account(KEPT_LIVE, GONE_LIVE, has("collection", "5", name="C", attributes=values)),
        state(KEPT_ENTRY, GONE_ENTRY, entry("collection", "c", "5", name="C", attributes=ours)),
    )


def test_a_foreign_value_holds_its_attribute_though_another_value_of_the_object_is_written() -> (
    None
):
    plan = product({"1": "old", "2": "theirs"}, ours={"1": "old"})

    assert change(plan, "collection", "c").blocked is None
    assert change(plan, "attribute", "gone").blocked == "it still holds a value on collection 'C'"


def test_a_value_that_the_plan_clears_does_not_hold_its_attribute() -> None:
    plan = product({"1": "new", "2": "ours"}, ours={"1": "new", "2": "ours"})

    (cleared,) = change(plan, "collection", "c").fields
    assert (cleared.path, cleared.after) == ("attributes.gone", None)
    assert change(plan, "attribute", "gone").blocked is None
    assert change(plan, "attribute", "gone").fallout == ()


def categories(**fields: Any) -> list[Any]:
    return [has("category", "1", name="Kept"), has("category", "2", name="Gone", **fields)]


def test_a_membership_that_others_gave_falls_though_the_set_is_written() -> None:
    """We never put it into the category, so no update takes it out: the delete does."""
    plan = build(
        catalog(
            want("category", "kept", name="Kept"),
            want("collection", "c", name="C", categories=("kept",)),
        ),
        account(*categories(), has("collection", "5", name="C", categories=("2",))),
        state(
            entry("category", "kept", "1", name="Kept", parent=None),
            entry("category", "gone", "2", name="Gone", parent=None),
            entry("collection", "c", "5", name="C"),
        ),
    )

    assert change(plan, "collection", "c").fields[0].add == ("kept",)
    assert change(plan, "category", "gone").blocked is None
    assert change(plan, "category", "gone").fallout == ("link on collection/c",)
