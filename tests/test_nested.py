"""Which parts of nested JSON differ, in words."""

from __future__ import annotations

import pytest

from reconciler.model import Json, Number
from reconciler.nested import differing_parts

CASES: list[tuple[str, Json, Json, list[str]]] = [
    ("equal", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, []),
    ("a field", {"rev": 2, "by": "x"}, {"rev": 3, "by": "x"}, ["rev"]),
    ("a field that is new", {"by": "x"}, {"rev": 1, "by": "x"}, ["rev"]),
    ("a field that is gone", {"rev": 1, "by": "x"}, {"by": "x"}, ["rev"]),
    ("nothing in common", {"a": 1, "b": 2}, {"c": 3, "d": 4}, ["a", "b", "c", "d"]),
    ("deep in a list", {"sizes": [{"unit": "cm"}, {"unit": "cm"}]},
     {"sizes": [{"unit": "cm"}, {"unit": "mm"}]}, ["sizes[1].unit"]),
    ("several, sorted", {"b": 1, "a": {"c": 1}}, {"b": 2, "a": {"c": 2}}, ["a.c", "b"]),
    ("an element that is gone", {"sizes": [1, 2]}, {"sizes": [1]}, ["sizes[1]"]),
    ("as a whole", [1], "1", [""]),
    ("a number in another spelling", {"n": Number("1.10")}, {"n": Number("1.1")}, []),
    ("a number of another type", {"n": Number("1.0")}, {"n": 1}, []),
    ("a number and its text", {"n": 1}, {"n": "1"}, ["n"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now", "parts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_parts_that_differ_are_named(was: Json, now: Json, parts: list[str]) -> None:
    assert differing_parts(was, now) == parts
