"""The canonical form of a value: what is equal, and what is alike where nobody has looked yet."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Number
from reconciler.normalize import (
    alike,
    boolean,
    canon,
    content,
    digest,
    instant,
    is_empty,
    loosened,
    number,
    size_of,
    spelled,
    texts,
)

LONG = "é" * 600


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("Text", None, ""),
        ("Text", (), None),
        ("List", {}, None),
        ("List", {"a": None, "b": "x"}, {"b": "x"}),
        ("List", {"a": None}, None),
        ("Number", Number("1.10"), "1.1"),
        ("Number", 450, "450.000"),
        ("Number", Number("1e3"), 1000),
        ("Number", " 7 ", 7),
        ("Boolean", True, "true"),
        ("Boolean", "TRUE", 1),
        ("Boolean", False, "false"),
        ("Date", "2025-01-01", "2025-01-01T00:00:00.000Z"),
        ("Date", "2025-01-01T10:00:00Z", "2025-01-01"),
        ("Date", "2025-01-01T23:00:00-05:00", "2025-01-02"),
        ("instant", "2025-01-01T10:00:00Z", "2025-01-01 12:00:00.123+0200"),
        ("instant", "2025-01-01T10:00Z", "2025-01-01T10:00:00Z"),
        ("Pick List", ("a", "b", "a"), ["b", "a"]),
        ("List", {"n": Number("1.0")}, {"n": 1}),
    ],
)  # fmt: skip
def test_two_spellings_of_one_value_are_equal(type_: str, one: Any, other: Any) -> None:
    assert canon(one, type_) == canon(other, type_)
    assert alike(one, other, type_)


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("Text", "1.10", "1.1"),
        ("Text", "007", "7"),
        ("Text", "2025-01-01", "2025-01-01T00:00:00Z"),
        ("Text", "true", "True"),
        ("Text", "1_000", "1000"),
        ("Text", "a", "A"),
        ("Pick List", ("39",), ("39.0",)),
        ("Number", "abc", "abd"),
        ("Number", 0, None),
        ("Boolean", False, None),
        ("Boolean", "yes", True),
        ("Date", "2025-01-01", "2025-01-02"),
        ("instant", "2025-01-01", "2025-01-01T00:00:01Z"),
        ("List", {"a": "007"}, {"a": "7"}),
        ("List", {"a": "x"}, {"b": "x"}),
        ("List", {"a": True}, {"a": Number("1")}),
        ("Text", LONG, LONG + "é"),
    ],
)
def test_other_values_are_neither_equal_nor_alike(type_: str, one: Any, other: Any) -> None:
    assert canon(one, type_) != canon(other, type_)
    assert not alike(one, other, type_)
    assert not alike(other, one, type_)


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("Text", "Wash & dry", " Wash &amp; dry "),
        ("Text", "Wash & dry", "Wash &amp;amp; dry"),
        ("Text", "  ", None),
        ("Text", LONG, f" {LONG}\n"),
        ("Pick List", ("A & B", "C"), ("C ", "A &amp; B")),
        ("List", {"Chest & back": Number("90.0")}, {"Chest &amp; back": "90"}),
        ("List", {"Open": True}, {"Open": "true"}),
        ("List", {"On": "2025-01-01T00:00:00Z"}, {"On": "2025-01-01T00:00:00.000Z"}),
        ("List", {"Note": "a & b"}, {"Note": "a &amp; b "}),
    ],
)
def test_trimming_escaping_and_spelling_are_alike_and_not_equal(
    type_: str, one: Any, other: Any
) -> None:
    assert canon(one, type_) != canon(other, type_)
    assert alike(one, other, type_)
    assert alike(other, one, type_)


def test_a_text_over_one_kib_is_its_digest() -> None:
    kept = canon(LONG)

    assert isinstance(kept, tuple)
    assert kept == canon({"sha256": kept[1]})
    assert canon("é" * 512) == "é" * 512
    assert canon("é" * 513) != "é" * 513
    assert canon(LONG) != canon(LONG[1:])


@pytest.mark.parametrize(
    "text", ["", "soon", "2025", "2025-13-01", "2025-02-30", "2025-01-01T25:00:00Z", "12:30", "0001-01-01T00:00:00+23:00"]
)  # fmt: skip
def test_what_is_no_date_is_no_instant(text: str) -> None:
    assert instant(text) is None


def test_a_date_type_keeps_a_text_that_is_no_date() -> None:
    assert canon("soon", "Date") == "soon"
    assert canon("soon", "instant") == "soon"
    assert alike("soon", " soon", "Date")


@pytest.mark.parametrize("value", [True, None, "x", "NaN", "Infinity", "1,5", [1], 1j])
def test_what_is_no_number_is_none(value: Any) -> None:
    assert number(value) is None


@pytest.mark.parametrize("value", [None, "yes", 2.5, [True]])
def test_what_is_no_boolean_is_none(value: Any) -> None:
    assert boolean(value) is None


def test_elements_come_as_texts_without_doubles() -> None:
    assert texts(None) == ()
    assert texts("a") == ("a",)
    assert texts(("b", "a", "b")) == ("b", "a")
    assert texts({"x": "Text", "y": "Number"}) == ("x", "y")


values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.integers(-99, 99),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
TYPES = st.sampled_from(["Text", "Number", "Boolean", "Date", "Pick List", "List", "instant"])


@given(values, values, TYPES)
def test_being_alike_is_mutual_and_wider_than_being_equal(one: Any, other: Any, type_: str) -> None:
    assert alike(one, one, type_)
    assert alike(one, other, type_) == alike(other, one, type_)
    if canon(one, type_) == canon(other, type_):
        assert alike(one, other, type_)


COMPOSED, DECOMPOSED = "Cr\u00e8me br\u00fbl\u00e9e", "Cre\u0300me bru\u0302le\u0301e"


@pytest.mark.parametrize("type_", ["Text", "Pick List", "List", "Date", "Number", "text"])
def test_two_unicode_spellings_of_one_text_are_equal(type_: str) -> None:
    assert canon(COMPOSED, type_) == canon(DECOMPOSED, type_)
    assert canon((COMPOSED,), type_) == canon((DECOMPOSED,), type_)
    assert canon({COMPOSED: "x"}, type_) == canon({DECOMPOSED: "x"}, type_)


def test_a_long_text_has_one_digest_in_both_unicode_spellings() -> None:
    assert digest(COMPOSED * 100) == digest(DECOMPOSED * 100)
    assert canon(DECOMPOSED * 100) == canon({"sha256": digest(COMPOSED * 100)})


def test_natural_keys_compare_composed_texts_and_keep_their_case() -> None:
    assert loosened(f" {DECOMPOSED} ") == loosened(COMPOSED) == COMPOSED
    assert loosened("e&#769;") == loosened("\u00e9")
    assert loosened(COMPOSED.upper()) != COMPOSED


@given(st.text(max_size=12))
def test_loosening_twice_changes_nothing(text: str) -> None:
    assert loosened(loosened(text)) == loosened(text)
    assert alike(text, loosened(text))


def test_a_file_is_known_by_its_digest_or_where_one_side_has_none_by_its_size() -> None:
    assert content("ab", 3) == "sha256:ab size:3"
    assert content(None, 3) == "size:3"
    assert size_of("sha256:ab size:3") == size_of("size:3") == "3"
    assert alike("sha256:ab size:3", "size:3", "content")
    assert alike("sha256:ab size:3", "sha256:cd size:3", "content")
    assert not alike("sha256:ab size:3", "size:4", "content")
    assert not alike("sha256:ab size:3", "size:4 size:3x", "content")


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (1, "1"), (Number("1.10"), "1.10"), ("a", "a")],
)
def test_a_scalar_is_spelled_as_yaml_writes_it(value: Any, text: str) -> None:
    assert spelled(value) == text
    assert texts((value,)) == texts(value) == (text,)


@pytest.mark.parametrize(
    ("value", "empty"),
    [(None, True), ("", True), ((), True), ([], True), ({}, True), (" ", False), (0, False), (False, False), (("",), False)],
)  # fmt: skip
def test_nothing_is_none_an_empty_text_or_list(value: Any, empty: bool) -> None:
    assert is_empty(value) is empty


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-31", "2025-01-31T00:00:00Z"),
        ("2025-01-31T10:20", "2025-01-31T10:20:00Z"),
        ("2025-01-31T10:20:30", "2025-01-31T10:20:30Z"),
        (" 2025-01-31 10:20:30.999 Z ", "2025-01-31T10:20:30Z"),
        ("2025-01-31T23:20:30-02:00", "2025-02-01T01:20:30Z"),
        ("2025-01-31T23:20:30+0200", "2025-01-31T21:20:30Z"),
    ],
)
def test_an_instant_is_told_in_utc_to_the_second(text: str, moment: str) -> None:
    assert instant(text) == moment


@pytest.mark.parametrize(
    ("value", "flag"),
    [(" True ", True), ("FALSE", False), ("1", True), ("0", False), (1, True), (0, False), ("2", None)],
)  # fmt: skip
def test_a_boolean_has_several_spellings(value: Any, flag: bool | None) -> None:
    assert boolean(value) is flag


def test_a_flag_of_an_object_that_is_false_is_none() -> None:
    assert canon(False, "boolean") is canon("0", "boolean") is canon(None, "boolean") is None
    assert canon(True, "boolean") == canon("true", "boolean") == canon(1, "boolean")
    assert canon(False, "Boolean") is not None
    assert canon("soon", "boolean") == canon("soon", "Boolean") == canon("soon") == "soon"


def test_a_day_is_ten_characters_and_an_instant_all() -> None:
    assert canon("2025-01-31T10:20:30Z", "Date") == "2025-01-31"
    assert canon("2025-01-31T10:20:30+00:00", "instant") == "2025-01-31T10:20:30Z"


def test_what_is_typed_in_a_record_compares_by_its_type() -> None:
    assert canon({"a": True}, "List") != canon({"a": "true"}, "List")
    assert canon({"a": 1}, "List") == canon({"a": Number("1.0")}, "List")
    assert canon({"a": 1.5}, "List") == canon({"a": Number("1.50")}, "List")
    assert canon({"a": 1}, "List") != canon({"a": "1"}, "List")
    assert alike({"a": 1}, {"a": "1.0"}, "List")
    assert not alike({"a": "2025-01-01"}, {"a": "x"}, "List")


def test_elements_and_parts_compare_by_their_type_too() -> None:
    assert canon(("1.0",), "Number") == canon((1,), "Number")
    assert canon(("2025-01-01T10:00:00Z",), "Date") == canon(("2025-01-01",), "Date")
    assert alike(("&#49;.0",), (1,), "Number")
    assert alike("&#49;.0", 1, "Number")
    assert canon({"a": 1}, "List") != canon({"a": 2}, "List")
    assert not alike({"a": "x"}, None, "List")
    assert not alike(None, {"a": "x"}, "List")


def test_a_text_that_no_yaml_can_say_has_a_digest_too() -> None:
    assert digest("\ud800") != digest("\ud801")
    assert canon("\ud800" * 600) == canon({"sha256": digest("\ud800" * 600)})


def test_pythons_own_spelling_of_a_number_is_a_text() -> None:
    assert number("1_000") is None
    assert canon("1_000", "Number") == "1_000"


def test_an_instant_does_not_depend_on_where_the_program_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as there:
        there.setenv("TZ", "America/New_York")
        time.tzset()
        assert instant("2025-01-31T10:20:30Z") == "2025-01-31T10:20:30Z"
    time.tzset()
