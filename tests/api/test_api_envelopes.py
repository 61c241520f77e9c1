"""Every shape of docs/api.md, read without guessing."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api.envelopes import (
    created_id,
    error_status,
    excerpt,
    items,
    shortened,
    single,
    words_of,
    write_failed,
)
from reconciler.errors import BadAnswer

A, B = {"id": "a"}, {"id": "b"}
LISTS = ("collections", "topics")
ONE = ("collection", *LISTS)
PAGINATION = {"limit": 20, "offset": 0}


@pytest.mark.parametrize(
    "answer",
    [
        [A, B],
        {"collections": [A, B]},
        {"topics": [A, B], "regions": []},
        {"products": [A, B], "total": 2},
        {"items": [A, B]},
        {"data": [A, B], "pagination": PAGINATION},
        {"data": {"collections": [A, B]}},
        {"hits": [{"_id": "a", "_source": {}}, {"_source": {"id": "b"}}], "total": {"value": 2}},
        {"results": [A, B], "errors": []},
    ],
)
def test_a_list_is_found_in_any_envelope(answer: Any) -> None:
    assert items(answer, LISTS) == [A, B]


@pytest.mark.parametrize("answer", [None, [], {"collections": None}, {"data": [], "total": 0}])
def test_nothing_is_an_empty_list(answer: Any) -> None:
    assert items(answer, LISTS) == []


@pytest.mark.parametrize(
    "answer",
    [
        "ok",
        7,
        True,
        {},
        {"id": "a", "name": "x"},
        {"message": "Not Found"},
        {"errors": [{"message": "boom"}]},
        {"collections": {"id": "a"}},
        ["a", "b"],
        {"rows": [A], "columns": [B]},
    ],
)
def test_what_holds_no_list_of_objects_is_not_an_empty_one(answer: Any) -> None:
    with pytest.raises(BadAnswer):
        items(answer, LISTS)


def test_a_null_entry_keeps_its_position_in_the_page() -> None:
    assert items([A, None, B], LISTS) == [A, {}, B]


@pytest.mark.parametrize(
    "answer", [A, [A], {"collection": A}, {"data": A}, {"data": [A]}, {"data": {"collection": A}}]
)
def test_a_single_object_is_found_in_any_wrapping(answer: Any) -> None:
    assert single(answer, ONE) == A


def test_an_object_with_an_id_is_not_looked_into() -> None:
    raw = {"id": "g", "attributes": [A]}
    assert single(raw, ("attribute_group", "attributes")) == raw


@pytest.mark.parametrize(
    "answer", [None, [], [A, B], "a", {}, {"message": "Not Found"}, {"error": "x", "trace": "y"}]
)
def test_what_is_no_object_is_not_taken_for_one(answer: Any) -> None:
    with pytest.raises(BadAnswer):
        single(answer, ONE)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"id": "a", "name": "x"}, "a"),
        ({"id": 42}, "42"),
        ({"collection": {"id": "a"}}, "a"),
        ([{"id": "a"}], "a"),
        ({"data": [{"id": "a"}]}, "a"),
        ({"inserted": 1, "generated_keys": ["a"], "errors": 0}, "a"),
        ({"inserted": 1, "generated_keys": []}, None),
        ({"name": "x"}, None),
        ({"id": ""}, None),
        (None, None),
        ("created", None),
    ],
)
def test_the_id_of_a_new_object_is_found_where_it_is_said(answer: Any, expected: Any) -> None:
    assert created_id(answer, ONE) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"errors": 1, "first_error": "Duplicate primary key"}, "Duplicate primary key"),
        ({"errors": "2", "inserted": 0}, "the write failed"),
        ({"errors": ["no name", "no region"]}, "no name; no region"),
        ({"errors": 0, "inserted": 1}, None),
        ({"id": "a"}, None),
        (None, None),
    ],
)
def test_a_write_result_with_errors_failed(answer: Any, expected: Any) -> None:
    assert write_failed(answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"message": "Not Found"}, "Not Found"),
        ({"error": "Rate limit exceeded.", "retry_after": 60}, "Rate limit exceeded."),
        ({"error": {"code": 12, "message": "no name"}}, "no name"),
        ({"error": {"code": 12, "reason": "no name"}}, "reason: no name"),
        ({"errors": [{"message": "no name"}, {"message": "no type"}]}, "no name; no type"),
        ({"errors": {"name": ["is required"]}}, "name: is required"),
        (["no name", {"detail": "no type"}], "no name; no type"),
        ("plain words", "plain words"),
        ({"error": True, "message": "no name"}, "no name"),
        ({"status": "error"}, ""),
        (None, ""),
        (17, ""),
    ],
)
def test_the_words_of_an_error_are_found_in_any_shape(answer: Any, expected: str) -> None:
    assert words_of(answer) == expected


def test_a_long_text_is_cut_where_it_is_shown() -> None:
    assert shortened("x" * 500) == "x" * 500
    assert shortened("x" * 501) == "x" * 499 + "…"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"error": "boom"}, 500),
        ({"error": "boom", "request_id": "r-1", "data": None}, 500),
        ({"error": "Not Found", "statusCode": 404}, 404),
        ({"error": {"code": "429", "message": "slow down"}}, 429),
        ({"message": "Not Found", "status": 404}, 404),
        ({"error": "half of it", "data": [A]}, None),
        ({"error": "an attribute of that name", "id": "a"}, None),
        ({"updated": True, "error": "none"}, None),
        ({"message": "Updated"}, None),
        ({"errors": 1, "first_error": "x", "inserted": 0}, None),
        ([A], None),
        (None, None),
    ],
)
def test_a_good_status_with_an_error_in_its_body_is_an_error(answer: Any, expected: Any) -> None:
    assert error_status(answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"message": "the index is being rebuilt"}, 500),
        ({"errors": [{"message": "boom"}]}, 500),
        ({"status": "Active"}, None),
        ({}, None),
        ({"message": "hello", "name": "x"}, None),
    ],
)
def test_a_read_answered_with_nothing_but_words_is_an_error(answer: Any, expected: Any) -> None:
    assert error_status(answer, reading=True) == expected


def test_an_excerpt_has_neither_tags_nor_scripts_nor_controls() -> None:
    page = "<html><style>p{}</style><script>let x = '<p>';</script><h1>502</h1>\x1b[31m Bad\n"
    assert excerpt(page) == "502 [31m Bad"


def test_an_excerpt_is_short() -> None:
    assert len(excerpt("word " * 1000)) == 160


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "data", "error", "errors", "message", "collections", "x"]),
            inner,
            max_size=4,
        )
    ),
)


@given(JSON)
def test_no_answer_breaks_a_reader(answer: Any) -> None:
    for read in (items, single):
        with contextlib.suppress(BadAnswer):
            read(answer, ONE)
    assert isinstance(words_of(answer), str)
    assert isinstance(created_id(answer, ONE), str | None)
    assert isinstance(write_failed(answer), str | None)
    assert isinstance(error_status(answer), int | None)
