"""Values by label, by group, and side by side for variants."""

from decimal import Decimal

import pytest

from reconciler.sandbox.page.account import read
from reconciler.sandbox.page.values import GroupValues, Value, sections, table, values_of
from reconciler.sandbox.store import Object
from tests.sandbox.page.accounts import app, options, put, value


@pytest.mark.parametrize(
    ("type_", "stored", "shown"),
    [
        ("Text", "a <b>", ("a <b>",)),
        ("Number", Decimal("450.000"), ("450.000",)),
        ("Number", "12", ("12",)),
        ("Boolean", True, ("Yes",)),
        ("Boolean", "false", ("No",)),
        ("Boolean", "perhaps", ("perhaps",)),
        ("Date", "2025-01-02T00:00:00Z", ("2025-01-02",)),
        ("Pick List", ["o-red", "o-blue"], ("Red", "Blue")),
        ("Pick List", [["o-red"]], ("Red",)),
        ("Pick List", "o-blue", ("Blue",)),
        ("Pick List", ["stale"], ("stale (no such option)",)),
        ("List", [{"label": "Chest", "value": 90}, "odd"], ("Chest: 90", "odd")),
        ("List", "odd", ("odd",)),
        ("Colour of another day", 7, ("7",)),
    ],
)
def test_a_value_reads_by_its_type(type_: str, stored: object, shown: tuple[str, ...]) -> None:
    box = app()
    put(box, "attribute", "a", label="A", value_type=type_, options=options("Blue", "Red"))

    found = values_of(read(box.store), {"id": "p", "attributes": [value("a", stored)]})

    assert found == (Value("a", "A", type_, shown),)


@pytest.mark.parametrize("held", [None, "x", [], [value("a", None)], [value("a", "")], ["x"]])
def test_what_is_empty_is_no_value(held: object) -> None:
    box = app()
    put(box, "attribute", "a", label="A", value_type="Text")

    assert values_of(read(box.store), {"id": "p", "attributes": held}) == ()


def test_a_value_of_an_attribute_that_is_gone_says_so() -> None:
    found = values_of(read(app().store), {"id": "p", "attributes": [value("gone", "x")]})

    assert found == (Value("gone", "Unknown attribute gone", "", ("x",)),)


def test_options_that_are_no_list_are_none() -> None:
    box = app()
    put(box, "attribute", "a", label="A", value_type="Pick List", options=None)

    found = values_of(read(box.store), {"id": "p", "attributes": [value("a", ["x"])]})

    assert found[0].items == ("x (no such option)",)


def test_values_stand_under_each_group_of_their_attribute_and_the_rest_last() -> None:
    box = app()
    put(box, "attribute_group", "g2", name="Looks", attributes=["a", "b"])
    put(box, "attribute_group", "g1", name="Care", attributes=["b"])
    put(box, "attribute_group", "g3", name="Unused", attributes=["d"])
    held = [Value(id_, id_.upper(), "Text", ("x",)) for id_ in ("a", "b", "c")]

    assert sections(read(box.store), held) == (
        GroupValues("Care", (held[1],)),
        GroupValues("Looks", (held[0], held[1])),
        GroupValues("Without a group", (held[2],)),
    )


def test_where_no_group_has_any_the_values_need_no_heading() -> None:
    held = (Value("a", "A", "Text", ("x",)),)

    assert sections(read(app().store), held) == (GroupValues("", held),)
    assert sections(read(app().store), ()) == ()


def variant(id_: str, **held: object) -> Object:
    return {"id": id_, "name": id_, "attributes": [value(a, v) for a, v in held.items()]}


def test_variants_show_what_differs_in_columns_and_what_is_equal_once() -> None:
    box = app()
    put(box, "attribute", "size", label="Size", value_type="Pick List", options=options("S", "M"))
    put(box, "attribute", "colour", label="Colour", value_type="Text")
    put(box, "attribute", "note", label="Note", value_type="Text")

    found = table(
        read(box.store),
        [
            variant("v1", size=["o-m"], colour="Slate", note="only here"),
            variant("v2", size=["o-s"], colour="Slate"),
        ],
    )

    assert [column.label for column in found.columns] == ["Note", "Size"]
    assert [(item["id"], held["size"]) for item, held in found.rows] == [
        ("v1", ("M",)),
        ("v2", ("S",)),
    ]
    assert [(shared.label, shared.items) for shared in found.shared] == [("Colour", ("Slate",))]


@pytest.mark.parametrize(
    ("type_", "stored", "order"),
    [
        ("Pick List", [["o-l"], ["o-s"], ["o-m"]], ["v1", "v2", "v0"]),
        ("Pick List", [["o-m"], ["stale"], ["o-s"]], ["v2", "v0", "v1"]),
        ("Number", [Decimal("10.5"), 9, "100"], ["v1", "v0", "v2"]),
        ("Number", ["unknown", float("nan"), 1], ["v2", "v1", "v0"]),
        ("Text", ["b", None, "A"], ["v2", "v0", "v1"]),
        ("Text", ["same", "same", "same"], ["v0", "v1", "v2"]),
    ],
)
def test_variants_sort_by_what_differs(type_: str, stored: list[object], order: list[str]) -> None:
    box = app()
    put(box, "attribute", "a", label="A", value_type=type_, options=options("S", "M", "L"))
    variants = [variant(f"v{number}", a=held) for number, held in enumerate(stored)]

    found = table(read(box.store), variants[::-1])

    assert [item["id"] for item, _ in found.rows] == order


def test_a_product_without_variants_has_an_empty_table() -> None:
    found = table(read(app().store), ())

    assert (found.columns, found.rows, found.shared) == ((), (), ())


def test_a_parent_without_a_group_shows_variants_of_an_unknown_attribute() -> None:
    found = table(read(app().store), [variant("v0", gone="x"), variant("v1", gone="y")])

    assert [column.label for column in found.columns] == ["Unknown attribute gone"]
