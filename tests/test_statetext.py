"""State values as JSON (contract 5)."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import StateError
from reconciler.model import Applied, Number, Ref
from reconciler.statetext import (
    MOST_TEXTS,
    KeptFields,
    Shelf,
    applied_digest,
    applied_from,
    applied_text,
    compact,
    dumps,
    loads,
)

REF = Ref("category", "a")

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda d: Number(str(d)))
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | NUMBERS
NAMES = st.text(max_size=8) | st.sampled_from(["$number", "$$", "$", "sha256"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple) | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_comes_back(value: Any) -> None:
    assert loads(dumps(value)) == value


def test_a_number_keeps_its_spelling() -> None:
    assert dumps({"weight": Number("1.10")}) == '{"weight":{"$number":"1.10"}}'
    assert str(loads(dumps(Number("1.10")))) == "1.10"


def test_a_sub_field_called_number_is_no_number() -> None:
    value = {"$number": "abc"}
    assert loads(dumps(value)) == value


def test_lists_come_back_as_tuples() -> None:
    assert loads(dumps([["a"], [{"b": ["c"]}]])) == (("a",), ({"b": ("c",)},))


def test_a_lone_surrogate_survives() -> None:
    assert dumps("\ud800") == '"\\ud800"'
    assert loads(dumps("\ud800")) == "\ud800"


@pytest.mark.parametrize("text", ['{"$number":"x"}', '{"$number":"NaN1x"}', "[", "[" * 100_000])
def test_other_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text)


def test_texts_over_one_kibibyte_become_digests() -> None:
    long, exact = "ä" * 513, "a" * 1024
    hexed = {"sha256": sha256(long.encode()).hexdigest()}
    assert compact(long) == hexed
    assert compact(exact) == exact
    assert compact({"a": (long, "b"), "c": {"d": long}}) == {"a": [hexed, "b"], "c": {"d": hexed}}


@pytest.mark.parametrize(
    ("applied", "text"),
    [
        (Applied("a", "a", True), '{"name":["a"]}'),
        (Applied("a", None, True), '{"name":["a",null]}'),
        (Applied("a"), '{"name":["a",null,0]}'),
        (Applied(None, None, True), '{"name":[null]}'),
        (Applied(1, True, True), '{"name":[1,true]}'),
        (
            Applied(Number("1.10"), Number("1.1"), True),
            '{"name":[{"$number":"1.10"},{"$number":"1.1"}]}',
        ),
    ],
)
def test_an_applied_field_says_whether_somebody_looked(applied: Applied, text: str) -> None:
    assert applied_text({"name": applied}) == text
    assert applied_from(text) == {"name": applied}


@given(st.dictionaries(st.text(max_size=8), st.builds(Applied, VALUES, VALUES, st.just(True))))
def test_applied_fields_come_back(applied: dict[str, Applied]) -> None:
    assert applied_from(applied_text(applied)) == applied


def test_fields_of_what_is_at_rest_are_read_when_one_is_asked_for() -> None:
    text = applied_text({"name": Applied("A", "A", True)})

    kept = Shelf().fields(REF, text, "digest")

    assert isinstance(kept, KeptFields)
    assert applied_text(kept) == text
    assert kept == {"name": Applied("A", "A", True)}
    assert (len(kept), "name" in kept, kept.get("x")) == (1, True, None)
    assert repr(kept) == repr(dict(kept))
    assert not isinstance(Shelf().fields(REF, text, ""), KeptFields)


def test_damaged_fields_of_what_is_at_rest_are_said_when_they_are_read() -> None:
    kept = Shelf().fields(REF, '{"name": []}', "digest")

    with pytest.raises(StateError) as caught:
        kept.get("name")

    assert str(caught.value).startswith("the entry of category/a in the state is damaged (")
    assert caught.value.hint == (
        "`pxm state rm category/a` forgets it: what exists will be adopted"
    )


def test_texts_are_packed_in_blocks_and_each_comes_back() -> None:
    shelf = Shelf()
    texts = [applied_text({"name": Applied(f"é {n}", n, True)}) for n in range(MOST_TEXTS * 2 + 3)]

    kept = [shelf.fields(REF, text, "digest") for text in texts]

    assert list(map(applied_text, kept)) == texts
    assert [dict(item) for item in kept] == list(map(applied_from, texts))
    assert len({applied_digest(item) for item in kept}) == len(texts)
    assert applied_digest(kept[7]) == applied_digest(dict(kept[7]))


def test_a_text_with_line_breaks_is_none_of_ours_and_read_at_once() -> None:
    assert Shelf().fields(REF, '{"name":\n["A"]}', "digest") == {"name": Applied("A", "A", True)}
