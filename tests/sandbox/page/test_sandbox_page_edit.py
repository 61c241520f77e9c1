"""The form: what it shows, what comes back, what is written and what is left as it was."""

from decimal import Decimal
from typing import Any

import pytest

from reconciler.sandbox.app import App
from reconciler.sandbox.page.account import read
from reconciler.sandbox.page.edit import (
    ChangedField,
    Control,
    changed,
    described,
    edited,
    fields,
    filled,
    vanished,
)
from tests.sandbox.page.accounts import NOON, app, options, put, value

LATER = "2026-03-02T08:00:00Z"
TYPES = {
    "text": "Text",
    "number": "Number",
    "flag": "Boolean",
    "pick": "Pick List",
    "day": "Date",
    "list": "List",
}


def box_with(**held: Any) -> App:
    """A product `p` that has values of the attributes named in TYPES, and `several`."""
    box = app()
    for id_, type_ in TYPES.items():
        put(box, "attribute", id_, label=id_, value_type=type_, options=options("Blue", "Red"))
    several = {"value_type": "Pick List", "maximum": 3, "options": options("A", "B", "C")}
    put(box, "attribute", "several", label="several", **several)
    values = [value(id_, content) for id_, content in held.items() if id_ in {*TYPES, "several"}]
    own = {name: content for name, content in held.items() if name not in {*TYPES, "several"}}
    put(box, "collection", "p", **{"name": "P", **own}, attributes=values)
    return box


def shown(box: App) -> tuple[Control, ...]:
    return fields(read(box.store), box.store.of("collection")["p"])


def form(fields_: tuple[Control, ...], **typed: Any) -> dict[str, list[str]]:
    """What a browser sends: every field as shown, but for those typed."""
    posted = {f"was:{field.name}": [field.mark] for field in fields_}
    for field in fields_:
        posted[field.name] = list(field.values)
    posted.update({name.replace("__", ":"): list(content) for name, content in typed.items()})
    return posted


def saved(box: App, **typed: Any) -> dict[str, Any]:
    """The product after a form with what was typed."""
    before = shown(box)
    sent = filled(before, form(before, **typed))
    assert [field.error for field in sent if field.error] == []
    return edited(box.store.of("collection")["p"], changed(before, sent), LATER)


def errors(box: App, **typed: Any) -> dict[str, str]:
    before = shown(box)
    sent = filled(before, form(before, **typed))
    return {field.name: field.error for field in sent if field.error}


def test_each_type_has_its_control_and_dates_and_lists_have_none() -> None:
    box = box_with(
        text="x",
        number=Decimal("1.50"),
        flag=True,
        pick=["o-red"],
        several=["o-b", "o-a"],
        day="2025-01-01T00:00:00Z",
        list=[{"label": "x", "value": 1}],
        published=True,
    )

    assert [(field.name, field.control, field.values) for field in shown(box)] == [
        ("name", "line", ("P",)),
        ("additional_title", "line", ()),
        ("published", "flag", ("true",)),
        ("value:flag", "truth", ("true",)),
        ("value:number", "number", ("1.50",)),
        ("value:pick", "choice", ("o-red",)),
        ("value:several", "choices", ("o-b", "o-a")),
        ("value:text", "line", ("x",)),
    ]


@pytest.mark.parametrize(
    ("text", "control", "rows"),
    [
        ("x" * 80, "line", 3),
        ("x" * 81, "long", 3),
        ("a\nb", "long", 3),
        ("a\rb", "long", 3),
        ("x\n" * 5, "long", 6),
        ("x\n" * 99, "long", 12),
    ],
)
def test_a_long_text_gets_a_box_of_several_lines(text: str, control: str, rows: int) -> None:
    field = next(field for field in shown(box_with(text=text)) if field.name == "value:text")

    assert (field.control, field.rows) == (control, rows)


@pytest.mark.parametrize(
    "held",
    [
        {"text": "with\r\nwindows\rlines"},
        {"text": "a NUL \0 inside"},
        {"text": "\ufeff spaced \t"},
        {"number": Decimal("450.000")},
        {"number": "0450"},
        {"number": "not a number"},
        {"flag": "true"},
        {"flag": "perhaps"},
        {"pick": ["stale"]},
        {"pick": [["o-red"]]},
        {"several": ["o-c", "o-a", "o-a"]},
        {"name": "two\nlines"},
        {"additional_title": ""},
        {"published": "yes"},
    ],
)
def test_a_form_that_nobody_touched_changes_nothing(held: dict[str, Any]) -> None:
    box = box_with(**held)
    before = shown(box)

    sent = filled(before, form(before))

    assert sent == before
    assert changed(before, sent) == ()


@pytest.mark.parametrize(
    ("held", "typed", "stored"),
    [
        ({"text": "x"}, {"value__text": ["y"]}, "y"),
        ({"text": "x"}, {"value__text": [" <b>&amp; "]}, " <b>&amp; "),
        ({"text": "x" * 90}, {"value__text": ["one\r\ntwo"]}, "one\ntwo"),
        ({"number": 1}, {"value__number": ["450.000"]}, Decimal("450.000")),
        ({"number": 1}, {"value__number": ["-7"]}, -7),
        ({"flag": True}, {"value__flag": ["false"]}, False),
        ({"flag": "false"}, {"value__flag": ["true"]}, True),
        ({"pick": ["o-red"]}, {"value__pick": ["o-blue"]}, ["o-blue"]),
        ({"several": ["o-a"]}, {"value__several": ["o-c", "o-a"]}, ["o-a", "o-c"]),
        ({"several": ["o-a", "stale"]}, {"value__several": ["stale", "o-b"]}, ["o-b", "stale"]),
    ],
)
def test_what_is_typed_is_stored_by_type(
    held: dict[str, Any], typed: dict[str, list[str]], stored: object
) -> None:
    entry = saved(box_with(**held), **typed)["attributes"][0]

    assert entry["value"] == stored
    assert type(entry["value"]) is type(stored)


@pytest.mark.parametrize("id_", ["text", "number", "flag", "pick", "several"])
def test_a_value_that_is_emptied_is_taken_away(id_: str) -> None:
    held = {"text": "x", "number": 1, "flag": True, "pick": ["o-red"], "several": ["o-a"]}

    left = saved(box_with(**held), **{f"value__{id_}": [""]})["attributes"]

    assert [entry["id"] for entry in left] == [other for other in held if other != id_]


def test_what_was_not_changed_keeps_its_stored_spelling() -> None:
    held = {"number": "0450", "day": "2025-01-01", "text": "a\r\nb", "several": ["o-c", "o-a"]}
    box = box_with(**held)

    assert saved(box, name=["New name"]) == {
        **box.store.of("collection")["p"],
        "name": "New name",
        "updated_date": LATER,
    }


def test_the_names_and_the_flag_are_written_to_their_fields() -> None:
    new = saved(box_with(), name=["Q"], additional_title=["SKU-1"], published=["true"])

    assert (new["name"], new["additional_title"], new["published"]) == ("Q", "SKU-1", True)
    assert new["published_start_date"] == LATER


def test_a_start_date_that_is_there_stays() -> None:
    new = saved(box_with(published_start_date=NOON), published=["true"])

    assert new["published_start_date"] == NOON


def test_a_product_can_be_unpublished_and_lose_its_additional_title() -> None:
    box = box_with(published=True, published_start_date=NOON, additional_title="SKU-1")

    new = saved(box, published=[], additional_title=[""])

    assert (new["published"], new["additional_title"]) == (False, None)
    assert new["published_start_date"] == NOON


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_a_product_needs_a_name(text: str) -> None:
    assert errors(box_with(), name=[text]) == {"name": "A product needs a name."}


@pytest.mark.parametrize(
    "text", ["x", "1,5", "01", "1.", ".5", "+1", "١", "Infinity", "NaN", "1 ", "1e", "0x1"]
)
def test_a_number_is_written_as_json_writes_it(text: str) -> None:
    assert errors(box_with(number=1), value__number=[text]) == {
        "value:number": "Write a number with a point, such as 450 or 12.5."
    }


@pytest.mark.parametrize("text", ["0", "-0", "1.10", "1e3", "1E-2", "12345678901234567890"])
def test_a_number_of_json_is_taken(text: str) -> None:
    assert errors(box_with(number=7), value__number=[text]) == {}


@pytest.mark.parametrize(
    ("held", "typed"),
    [
        ({"pick": ["o-red"]}, {"value__pick": ["o-green"]}),
        ({"several": ["o-a"]}, {"value__several": ["o-a", "o-z"]}),
        ({"flag": True}, {"value__flag": ["maybe"]}),
        ({}, {"published": ["yes"]}),
    ],
)
def test_only_options_can_be_chosen(held: dict[str, Any], typed: dict[str, list[str]]) -> None:
    assert list(errors(box_with(**held), **typed).values()) == [
        "Choose from the options that the attribute has."
    ]


# --- somebody else was there meanwhile ---


def test_another_field_that_changed_meanwhile_is_left_as_it_is() -> None:
    old = shown(box_with(text="x", number=1))
    box = box_with(text="x", number=2)

    sent = filled(shown(box), form(old, value__text=["mine"]))

    assert [field.values for field in changed(shown(box), sent)] == [("mine",)]


def test_the_same_field_changed_meanwhile_is_said_and_kept_as_typed() -> None:
    old = shown(box_with(pick=["o-red"], text="x"))
    box = box_with(pick=["o-blue"], text="")

    sent = filled(
        shown(box_with(pick=["o-blue"], text="theirs")),
        form(old, value__pick=["o-blue"], value__text=["mine"]),
    )

    assert {field.name: (field.values, field.error) for field in sent if field.error} == {
        "value:text": (("mine",), "Changed meanwhile: the account now says theirs.")
    }
    assert vanished(shown(box), form(old, value__text=["mine"]))


def test_a_field_emptied_meanwhile_is_said_to_be_nothing() -> None:
    old = shown(box_with(additional_title="SKU-1"))

    sent = filled(shown(box_with()), form(old, additional_title=["SKU-2"]))

    assert sent[1].error == "Changed meanwhile: the account now says nothing."


def test_a_field_that_the_form_did_not_have_is_left() -> None:
    box = box_with(text="x")

    assert filled(shown(box), {"value:text": ["y"]}) == shown(box)


@pytest.mark.parametrize(
    ("old", "typed", "expected"),
    [
        ({"text": "x"}, {}, False),
        ({"text": "x"}, {"value__text": ["y"]}, True),
        ({"text": "x" * 90 + "\r\n"}, {}, False),
        ({"several": ["o-b", "o-a"]}, {}, False),
        ({"several": ["o-b", "o-a"]}, {"value__several": ["o-b"]}, True),
        ({"pick": ["o-red"]}, {}, False),
        ({"pick": ["o-red"]}, {"value__pick": ["o-blue"]}, True),
    ],
)
def test_a_value_that_went_meanwhile_matters_only_where_it_was_changed(
    old: dict[str, Any], typed: dict[str, Any], expected: bool
) -> None:
    assert vanished(shown(box_with()), form(shown(box_with(**old)), **typed)) is expected


def test_changes_are_told_in_words_of_people() -> None:
    box = box_with(pick=["o-red"], text="x")
    before = shown(box)
    sent = changed(before, filled(before, form(before, value__pick=["o-blue"], value__text=[""])))

    assert described(before, sent) == (
        ChangedField("pick", ("Red",), ("Blue",)),
        ChangedField("text", ("x",), ()),
    )
