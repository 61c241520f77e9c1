"""Fields that nobody here knows, before a write and after it (contract 2.4)."""

from __future__ import annotations

import pytest

from reconciler.apply.unknown import changed, changed_keys, volatile
from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Json, LiveObject, Ref
from reconciler.wire import Names


def shown(**raw: Json) -> LiveObject:
    return LiveObject("collection", "c1", {}, raw={"id": "c1", **raw})


def test_fields_that_we_do_not_know_and_that_are_others_now_are_found() -> None:
    before = shown(name="A", revision=1, editor="ann", mark=1, updated_date="x")
    after = shown(name="B", revision=2, editor="ann", mark=1, updated_date="y", stock=3)

    assert volatile(KINDS["collection"], before, after) == ["revision", "stock"]


CASES: list[tuple[str, Json, Json, str]] = [
    ("a number", 1, 2, "stock"),
    ("what is empty now", {"count": 1}, {}, "stock, which is empty now"),
    ("what was empty", None, {"count": 1}, "stock"),
    ("a part", {"count": 1, "by": "ann"}, {"count": 2, "by": "ann"}, "stock.count"),
    ("a part of a list", [{"count": 1}, {"count": 1}], [{"count": 1}, {"count": 2}],
     "stock[1].count"),
    ("several parts", {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 1}, "stock.a, stock.b"),
    ("many parts", dict.fromkeys("abcde", 1), dict.fromkeys("abcde", 2),
     "stock.a, stock.b, stock.c, 2 more parts of it"),
    ("another type", {"count": 1}, "none", "stock"),
    ("a flag that is a number", {"open": True}, {"open": 1}, "stock"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_field_that_changed_is_told_by_the_part_that_did(
    was: Json, now: Json, words: str
) -> None:
    assert changed("stock", shown(stock=was), shown(stock=now)) == words


def test_a_key_of_an_option_is_told_by_the_part_that_changed() -> None:
    def options(**look: Json) -> LiveObject:
        option = {"id": "o1", "label": "Red", "look": look}
        return LiveObject("attribute", "a1", {}, raw={"id": "a1", "options": [option]})

    item = FieldChange("options", add=("Blue",), is_set=True)
    change = Change("update", Ref("attribute", "color"), "a1", "Color", None, (item,))

    found = changed_keys(change, options(rgb=[1, 2, 3], icon="i"), options(rgb=[1, 2, 4]), Names())

    assert list(found) == ["options: look.icon, look.rgb[2] of 'Red'"]
