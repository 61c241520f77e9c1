"""What others put where it cannot stay is taken out first (contract 2.5), value by value."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff import Difference, View, view_of
from reconciler.model import Applied, Change, FieldChange, Policy, Ref
from reconciler.plan.takeouts import (
    TakeOut,
    by_holder,
    guests,
    making_room,
    open_to,
    with_taken_out,
    without_vain,
)
from reconciler.wire import Names
from tests.build import account, entry, has, want

P, R = Ref("collection", "p"), Ref("resource", "r")
A, B = Ref("category", "a"), Ref("category", "b")
NAMES = Names(
    keys={"category": {"1": "a", "2": "b"}, "collection": {"5": "p"}}, ids={A: "1", B: "2", P: "5"}
)
OUT = TakeOut(P, "categories", A)


def gone(ref: Ref, id_: str, **more: Any) -> Change:
    return Change("delete", ref, id_, ref.key, None, **more)


def sides(live: tuple[str, ...], sent: tuple[str, ...] | None = ("2",), **policy: Any) -> View:
    """A product that declares b, and stands in these categories."""
    known = entry("collection", "p", "5", name="P", **({} if sent is None else {"categories": Applied(sent, sent, True)}))  # fmt: skip
    return view_of(
        want("collection", "p", name="P", categories=("b",), ignore=policy.pop("ignore", ())),
        has("collection", "5", name="P", categories=live),
        known,
        NAMES,
        Policy(**policy),
    )


def test_guests_are_declared_objects_that_name_what_leaves_in_a_field_of_their_own() -> None:
    declared = {("collection", "5"): P, ("resource", "6"): R, ("category", "3"): B}
    live = account(
        has("collection", "5", category="1", categories=("1", "2"), attributes={"9": "x"}),
        has("collection", "7", categories=("1",)),
        # A link goes with what it links; what shapes the tree is moved by the catalog alone.
        has("resource", "6", category="1", collections=("5",)),
        has("category", "3", parent="1"),
    )

    assert [*guests([gone(A, "1"), gone(B, "2")], declared, live)] == [
        TakeOut(P, "category", A),
        OUT,
        replace(OUT, leaving=B),
    ]
    assert [*guests([gone(A, "1", blocked="why")], declared, live)] == []
    assert [*guests([], declared, live)] == []
    assert [*guests([gone(Ref("attribute", "x"), "9")], declared, live)] == []


@pytest.mark.parametrize(
    ("item", "open_"),
    [
        (FieldChange("categories", is_set=True, remove=("b",)), True),
        (FieldChange("categories", is_set=True, remove=("a",)), False),
        (FieldChange("name", "a", None), True),
    ],
)
def test_what_the_catalog_takes_out_itself_is_left_to_it(item: FieldChange, open_: bool) -> None:
    assert bool(open_to([OUT], Difference((item,)), sides(("1", "2")))) is open_


def test_what_is_left_to_the_web_interface_is_not_taken_out() -> None:
    assert open_to([OUT], Difference(), sides(("1", "2")))
    assert not open_to([OUT], Difference(), sides(("1", "2"), ignore=("categories",)))


def test_an_element_is_taken_out_as_drift() -> None:
    found = with_taken_out(Difference(), [OUT], sides(("1", "2")))

    assert found.fields == (
        FieldChange(
            "categories", ("a", "b"), ("b",), ("b",), remove=("a",), is_set=True, cls="drift"
        ),
    )


def test_what_nobody_ever_sent_is_said_to_be_nobodys() -> None:
    (item,) = with_taken_out(Difference(), [OUT], sides(("1",), None)).fields

    assert (item.applied, item.remove, item.clears) == (None, ("a",), True)


@pytest.mark.parametrize(
    ("known", "live", "cls", "clears", "remove"),
    [
        ({"add": ("b",)}, ("1",), "drift", False, ("a",)),
        ({"remove": ("b",)}, ("1", "2"), "drift", True, ("a", "b")),
        ({"remove": ("b",), "cls": "conflict"}, ("1", "2", "9"), "conflict", False, ("a", "b")),
    ],
)
def test_it_joins_what_changes_there_anyhow(
    known: dict[str, Any], live: tuple[str, ...], cls: str, clears: bool, remove: tuple[str, ...]
) -> None:
    changes = (FieldChange("categories", is_set=True, **known), FieldChange("name", "a", "b"))

    name, item = with_taken_out(Difference(changes), [OUT], sides(live)).fields

    assert name == changes[1]
    assert (item.cls, item.clears, item.remove, item.add) == (cls, clears, remove, item.add)
    assert item.add == known.get("add", ())


def test_what_others_put_there_is_listed_by_its_name_and_not_by_its_id() -> None:
    """Behind our own keys: an id is another one in every account."""
    objects = {
        "category": {
            "9": has("category", "9", name="Alpha"),
            "8": has("category", "8", name="Beta"),
        }
    }
    named = replace(sides(("8", "1", "9")), names=replace(NAMES, objects=objects))
    exact = FieldChange("categories", is_set=True, remove=("id:8", "id:9"))

    (untouched,) = with_taken_out(Difference(), [OUT], named).fields
    (joined,) = with_taken_out(Difference((exact,)), [OUT], named).fields

    assert untouched.before == ("a", "id:9", "id:8")
    assert joined.remove == ("a", "id:9", "id:8")


def test_a_reference_is_emptied() -> None:
    view = view_of(
        want("resource", "r", description="R"),
        has("resource", "6", description="R", category="1"),
        entry("resource", "r", "6", description="R", category="2"),
        NAMES,
        Policy(),
    )

    found = with_taken_out(Difference(), [TakeOut(R, "category", A)], view)

    assert found.fields == (
        FieldChange("category", before="a", applied="b", cls="drift", clears=True),
    )


TAKES = FieldChange("categories", ("a", "b"), ("b",), remove=("a",), is_set=True, cls="drift")
NAME = FieldChange("name", "A", "B")


def update(*fields: FieldChange, **more: Any) -> Change:
    return Change(more.pop("action", "update"), P, "5", "P", None, fields, **more)


def test_nothing_is_taken_out_of_what_stays_after_all() -> None:
    stays = gone(A, "1", blocked="why")
    both = replace(TAKES, remove=("a", "b"))
    other = Change("update", Ref("collection", "q"), "8", "Q", None, (TAKES,))

    assert without_vain([update(TAKES), stays, other], [OUT]) == [stays, other]
    assert without_vain([update(TAKES, NAME), stays], [OUT]) == [update(NAME), stays]
    assert without_vain([update(both), stays], [OUT]) == [
        update(replace(both, remove=("b",))), stays,
    ]  # fmt: skip
    for more in ({"add": ("c",)}, {"rename": (("x", "y"),)}):
        left, _ = without_vain([update(replace(TAKES, **more)), stays], [OUT])
        assert left.fields == (replace(TAKES, remove=(), **more),)
    assert without_vain([update(TAKES, action="adopt"), stays], [OUT])[0].fields == ()
    blocked = update(TAKES, blocked="mine")
    assert without_vain([blocked, stays], [OUT])[0].blocked == "mine"


def test_what_is_deleted_is_emptied_first() -> None:
    changes = [update(TAKES, NAME), gone(A, "1")]

    assert without_vain(changes, [OUT]) == changes
    assert without_vain([update(TAKES), update(action="delete")], [OUT]) == [
        update(action="delete")
    ]


def test_of_a_change_that_makes_room_only_that_is_left() -> None:
    both = replace(TAKES, add=("c",), remove=("a", "b"), rename=(("x", "y"),))
    reference = FieldChange("category", "a", None)

    assert making_room(update(both, NAME, depends_on=(B,)), [OUT]) == update(TAKES)
    assert making_room(update(NAME), [OUT]) is None
    assert making_room(update(TAKES, action="adopt"), [OUT]) is None
    assert making_room(update(reference, NAME), [TakeOut(P, "category", A)]) == update(reference)
    assert making_room(update(TAKES), []) is None


def test_what_is_taken_out_is_told_by_holder() -> None:
    other = TakeOut(R, "category", A)

    assert by_holder([OUT, other, replace(OUT, leaving=B)]) == {
        P: [OUT, replace(OUT, leaving=B)],
        R: [other],
    }
