"""JSON as the reports write it."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Number
from reconciler.reports.jsontext import canonical, document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_is_written_is_the_json_of_the_standard_library(value: Any) -> None:
    assert json.loads(document(value)) == value
    assert json.loads(canonical(value)) == value
    plain = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    if plain.isascii() and "\x7f" not in plain:
        assert document(value) == plain


@given(st.text())
def test_a_document_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    written = document({text: text})
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in written if char != "\n")
    written.encode("utf-8")


def test_numbers_keep_their_spelling() -> None:
    assert canonical([Number("1.10"), Number("1e3"), Number("-0")]) == "[1.10,1e3,-0]"


@pytest.mark.parametrize("text", ["+1", "NaN", "1_000", "01"])
def test_a_number_that_json_does_not_have_is_a_text(text: str) -> None:
    assert canonical(Number(text)) == f'"{text}"'


def test_a_canonical_text_sorts_its_keys() -> None:
    assert canonical({"b": (), "a": {}, "c": [1]}) == '{"a":{},"b":[],"c":[1]}'
    assert (
        document({"b": [], "a": {"x": None}}) == '{\n  "b": [],\n  "a": {\n    "x": null\n  }\n}\n'
    )


def test_bidi_controls_are_escaped_and_letters_are_not() -> None:
    assert canonical("ä\u202e\x9b\U000e0041") == '"ä\\u202e\\u009b\\udb40\\udc41"'
