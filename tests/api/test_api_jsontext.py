"""JSON in and out: nothing of a value is lost between reading it and sending it back."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api.jsontext import dumps
from reconciler.jsontext import loads, packed, unpacked
from reconciler.model import Number

TEXTS = st.text(alphabet=st.characters(exclude_categories=()))
NAMES = TEXTS.filter(lambda name: name != "\0")
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).map(lambda item: f"{item:E}")
VALUES = st.recursive(
    SCALARS | NUMBERS.map(Number),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_reads_the_same(value: Any) -> None:
    assert loads(dumps(value)) == value


@given(VALUES)
def test_what_is_written_is_json_for_others_too(value: Any) -> None:
    assert json.loads(dumps(value), parse_float=Decimal) == value


@pytest.mark.parametrize("text", ["1.10", "0.0", "-0.5e-7", "1E5", "12345678901234567890.1230"])
def test_a_number_keeps_its_spelling(text: str) -> None:
    assert dumps(loads(f'{{"value": {text}}}')) == f'{{"value": {text}}}'.encode()


def test_a_whole_number_stays_an_int() -> None:
    assert type(loads("[250]")[0]) is int


def test_half_a_surrogate_pair_goes_back_as_it_came() -> None:
    assert dumps(loads(b'["\\ud83d \\u00e9"]')) == b'["\\ud83d \\u00e9"]'


def test_letters_are_sent_as_themselves() -> None:
    assert dumps({"name": "Größe 🧦"}) == '{"name": "Größe 🧦"}'.encode()


def test_tuples_are_arrays_and_names_are_texts() -> None:
    assert dumps({1: ("a", ())}) == b'{"1": ["a", []]}'


@pytest.mark.parametrize(
    "text", ["", "NaN", "[Infinity]", "{", "<p>", "1e99999999999999999999", "[" * 100_000]
)
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text.encode())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_not_sent(value: float) -> None:
    with pytest.raises(ValueError):
        dumps([value])


@given(VALUES)
def test_what_is_packed_is_the_same_when_it_is_unpacked(value: Any) -> None:
    parsed = loads(dumps(value))
    assert dumps(unpacked(packed(parsed))) == dumps(parsed)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-le"])
@pytest.mark.parametrize("value", ['"x"', '"1.5"', "[]"])
def test_the_name_that_stands_for_a_number_is_refused(encoding: str, value: str) -> None:
    with pytest.raises(ValueError, match="NUL for a name"):
        loads(f'[{{"a": [{{"\\u0000": {value}}}]}}]'.encode(encoding))


def test_a_text_may_be_the_character_nul() -> None:
    assert loads(r'{"a": "\u0000", "b": 1}') == {"a": "\0", "b": 1}
