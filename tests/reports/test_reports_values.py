"""Values as a person reads them (contract 8.3)."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Number
from reconciler.reports.values import brief, clean, named, path_shown, shown, shown_pair


@given(st.text())
def test_a_clean_text_holds_no_control_character(text: str) -> None:
    kept = {"\u200c", "\u200d"}
    for char in clean(text):
        category = unicodedata.category(char)
        assert category not in ("Cc", "Cs", "Zl", "Zp")
        assert char in kept or unicodedata.bidirectional(char) not in BIDI


BIDI = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Größe 🧥", "Größe 🧥"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("\x1b]8;;https://evil\x07link", "\\x1b]8;;https://evil\\x07link"),
        ("a\u202eb", "a\\u202eb"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("\ud800", "\\ud800"),
        ("one\ntwo\r\tthree\x00", "one⏎two\\x0d\\x09three\\x00"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "(none)"),
        ((), "(none)"),
        ("", '""'),
        ("(none)", '"(none)"'),
        ("true", '"true"'),
        (" a", '" a"'),
        ("a b", "a b"),
        (True, "true"),
        (False, "false"),
        (Number("1.10"), "1.10"),
        (("Blue", "Red"), "[Blue, Red]"),
        ({"Chest": Number("90"), "Note": None}, "{Chest: 90, Note: (none)}"),
        ({"sha256": "ab"}, "(a long text)"),
        ("id:5", "id:5"),
    ],
)
def test_a_value_is_shown_on_one_line(value: Any, expected: str) -> None:
    assert shown(value) == expected


def test_values_that_would_look_alike_are_quoted() -> None:
    assert shown_pair("1", Number("1")) == ('"1"', "1")
    assert shown_pair(("a", "b"), "[a, b]") == ('["a", "b"]', '"[a, b]"')
    assert shown_pair("a", "b") == ("a", "b")


def test_a_brief_value_says_how_long_it_is() -> None:
    assert brief("a" * 1200, 5) == "aaaaa… (1,200 characters)"
    assert brief("a\n" * 3, 5) == "a⏎a⏎a… (6 characters)"
    assert brief(("abc", "def"), 6) == "[abc,… (10 characters)"
    assert brief("short", 5) == "short"


NAMES = {"id:1": "Theirs"}


def test_foreign_elements_go_by_name_and_never_by_id() -> None:
    assert named("collection", "categories", ("a", "id:1"), NAMES) == ("a", "Theirs")
    assert named("collection", "category", "id:2", NAMES) == "an unmanaged category"
    assert named("collection", "category", None, NAMES) is None


def test_a_text_that_looks_like_an_id_stays_a_text() -> None:
    assert named("collection", "name", "id:1", NAMES) == "id:1"
    assert named("collection", "attributes.code", "id:1", NAMES) == "id:1"


def test_an_attribute_that_no_key_names_is_shown_by_name() -> None:
    assert path_shown("attributes.color", NAMES) == "attributes.color"
    assert path_shown("attributes.id:1", NAMES) == "attributes.Theirs"
    assert path_shown("attributes.id:2", NAMES) == "attributes.an unmanaged attribute"
