"""One value as the files say it, or why they cannot."""

from typing import Any

import pytest

from reconciler.model import Number
from reconciler.pull import values
from reconciler.pull.pulled import Inexpressible
from reconciler.pull.values import AttributeShape

ONE = AttributeShape("Pick List", frozenset({"Blue", "Red"}))
MANY = AttributeShape("Pick List", frozenset({"Blue", "Red"}), multiple=True)
OPEN = AttributeShape("Pick List", None)
LIST = AttributeShape("List", parts={"Chest": "Number", "Note": "Text"})


@pytest.mark.parametrize(
    ("value", "attribute", "said"),
    [
        ("007", AttributeShape("Text"), "007"),
        (Number("1.10"), AttributeShape("Number"), Number("1.10")),
        ("007", AttributeShape("Number"), Number("7")),
        (".5", AttributeShape("Number"), Number("0.5")),
        ("2024-02-29T00:00:00.000Z", AttributeShape("Date"), "2024-02-29"),
        ("2024-02-29T10:00:00+02:00", AttributeShape("Date"), "2024-02-29T08:00:00Z"),
        (False, AttributeShape("Boolean"), False),
        (("Blue",), ONE, "Blue"),
        (("Blue",), MANY, ["Blue"]),
        (("anything",), OPEN, "anything"),
        ({"Chest": "90", "Note": "x", "Gone": None}, LIST, {"Chest": Number("90"), "Note": "x"}),
        ({"Any": "90"}, AttributeShape("List", parts=None), {"Any": "90"}),
    ],
)
def test_what_can_be_said(value: Any, attribute: AttributeShape, said: Any) -> None:
    assert values.value_of(value, attribute) == said


@pytest.mark.parametrize(
    ("value", "attribute", "reason"),
    [
        ("a\0b", AttributeShape("Text"), "it holds a character that YAML cannot write"),
        ("many", AttributeShape("Number"), "it is no number"),
        ("soon", AttributeShape("Date"), "it is no date"),
        ("maybe", AttributeShape("Boolean"), "it is neither true nor false"),
        (("Green",), ONE, "it holds an option that the attribute does not have"),
        (("Blue", "Red"), ONE, "it holds several options and the attribute takes one"),
        ("text", LIST, "it is no record of sub-fields"),
        ({"Chest": None}, LIST, "it is no record of sub-fields"),
        ({"x" * 2000: "1"}, LIST, "a sub-field's label cannot be a key"),
        ({"Hip": "1"}, LIST, "it holds a sub-field that the attribute does not have"),
    ],
)
def test_what_cannot_be_said(value: Any, attribute: AttributeShape, reason: str) -> None:
    with pytest.raises(Inexpressible) as found:
        values.value_of(value, attribute)
    assert str(found.value) == reason


def test_labels_that_stand_twice_or_cannot_be_written_are_left() -> None:
    pairs = [
        ("1", "Red", ""),
        ("2", "Red ", ""),
        ("3", "", ""),
        ("4", "a\0", ""),
        ("5", "Blue", ""),
    ]

    assert values.options_of(pairs) == (["Red", "Blue"], ["Red ", "", "a\0"])
    typed = [("1", "A", "Number"), ("2", "A", "Text"), ("3", "B", "Pick List"), ("4", "C", "")]
    assert values.parts_of(typed) == ({"A": "Number", "C": "Text"}, ["A", "B"])
    assert values.options_of(None) == ([], [])
