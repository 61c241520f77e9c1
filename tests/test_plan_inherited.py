"""Values equal to a category's that go back as the product's own are counted (contract 2.3)."""

from typing import Any

import pytest

from reconciler.behaviours import INHERITS, NO, noticed, of
from reconciler.model import Change, FieldChange, Live, Ref
from reconciler.plan.inherited import alike
from reconciler.wire import Definition, Names
from tests.build import account, entry, has

P = Ref("collection", "p")
NAMES = Names(
    keys={"attribute": {"a1": "color", "a2": "size", "a3": "fit"}},
    ids={},
    definitions={x: Definition("Text") for x in ("a1", "a2", "a3")},
)
SIZE = FieldChange("attributes.size", "S", "M")
ONE = "1 value equal to its category's goes back as the product's own"


def live(**values: str) -> Live:
    """A category that shows two values, and products under it that show these."""
    return account(
        has("category", "1", name="C", attributes={"a1": "red", "a3": "slim"}),
        has("collection", "5", name="P", category="1", attributes=values),
        has("collection", "6", name="Q", category="1", attributes={"a1": "red"}),
    )


def put(*fields: FieldChange, id: str = "5", **more: Any) -> Change:
    return Change(
        "update", Ref("collection", "p" if id == "5" else "q"), id, "P", None, fields, **more
    )


def notes(*changes: Change, values: dict[str, str] | None = None, **more: Any) -> list[str]:
    entries = {item.ref: item for item in more.get("entries", ())}
    account_ = live(**(values or {"a1": "red", "a2": "S"}))
    return [*alike(changes, entries, account_, NAMES, more.get("behaviours", {}))]


def test_each_value_that_the_category_shows_too_counts() -> None:
    assert notes(put(SIZE)) == [ONE]
    assert notes(put(SIZE), put(SIZE, id="6")) == [
        "2 values equal to their category's go back as the products' own"
    ]
    assert notes(put(SIZE), values={"a1": "red", "a3": "slim"}) == [
        "2 values equal to their category's go back as the products' own"
    ]
    assert notes(put(SIZE), values={"a1": "blue", "a2": "S"}) == []


@pytest.mark.parametrize(
    "change",
    [
        put(FieldChange("name", "A", "B")),
        put(SIZE, blocked="why"),
        Change("create", P, None, "P", None, (SIZE,)),
        put(SIZE, FieldChange("attributes.color", "red", "blue")),
        put(SIZE, sent={"attributes.color": "red"}),
    ],
)
def test_what_sends_no_value_of_somebody_elses_does_not(change: Change) -> None:
    assert notes(change) == []


def test_a_value_that_is_ours_does_not() -> None:
    ours = entry("collection", "p", "5", attributes={"a1": "red"})
    other = entry("collection", "p", "5", attributes={"a2": "S"})

    assert notes(put(SIZE), entries=[ours]) == []
    assert notes(put(SIZE), entries=[other]) == [ONE]


def test_one_of_ours_hides_none_of_the_others() -> None:
    ours = entry("collection", "p", "5", attributes={"a1": "red"})

    assert notes(put(SIZE), entries=[ours], values={"a1": "red", "a3": "slim"}) == [ONE]


def test_where_it_was_seen_nothing_is_said() -> None:
    seen, _ = noticed({}, of(INHERITS, "collection"), NO, "2025-01-01")
    elsewhere, _ = noticed({}, of(INHERITS, "category"), NO, "2025-01-01")

    assert notes(put(SIZE), behaviours=seen) == []
    assert notes(put(SIZE), behaviours=elsewhere) == [ONE]
