"""The truth table of a field, row by row, and the three-way merge of a set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.enums import WORST, Class
from reconciler.merge import (
    WRITES,
    SetMerge,
    Sides,
    classify,
    live_as_applied,
    merge_sets,
    merged,
    order_class,
)
from reconciler.model import Applied, Number


def seen(value: object) -> Applied:
    return Applied(value, value, True)


ABSENT = object()

ROWS = [
    # desired, live, applied, class
    ("red", "red", None, Class.UNCHANGED),
    ("red", "red", seen("blue"), Class.UNCHANGED),
    ("red", "red", seen("red"), Class.UNCHANGED),
    ("red", "R&amp;D", Applied("red", "R&amp;D", True), Class.UNCHANGED),
    ("red", "blue", None, Class.PENDING),
    ("red", None, None, Class.PENDING),
    ("red", "blue", seen("blue"), Class.PENDING),
    (None, "blue", seen("blue"), Class.PENDING),
    ("red", "blue", seen("red"), Class.DRIFT),
    ("red", None, seen("red"), Class.DRIFT),
    ("red", "green", Applied("red", "RED", True), Class.DRIFT),
    ("red", "green", seen("blue"), Class.CONFLICT),
    (None, "green", seen("blue"), Class.CONFLICT),
    (ABSENT, "red", seen("red"), Class.PENDING),
    (ABSENT, "green", seen("red"), Class.RELEASED),
    (ABSENT, None, seen("red"), Class.NOT_OURS),
    (ABSENT, "", seen("red"), Class.NOT_OURS),
    (ABSENT, "red", None, Class.NOT_OURS),
    (ABSENT, None, None, Class.NOT_OURS),
    # Where nobody saw what the server shows, other spellings count as equal.
    ("a & b", " a &amp; b ", None, Class.UNCHANGED),
    ("a & b", " a &amp; b ", Applied("a & b"), Class.UNCHANGED),
    ("a & b", " a &amp; b ", seen("a & b"), Class.DRIFT),
    (ABSENT, "a &amp; b", Applied("a & b"), Class.PENDING),
]


@pytest.mark.parametrize(("desired", "live", "applied", "expected"), ROWS)
def test_each_row_of_the_truth_table(
    desired: object, live: object, applied: Applied | None, expected: Class
) -> None:
    declared = desired is not ABSENT

    assert classify(Sides(declared, desired if declared else None, live, applied)) is expected


SPELLINGS = [
    ("Number", Number("1.10"), "1.1"),
    ("Number", Number("450.000"), 450),
    ("Date", "2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000Z"),
    ("Date", "2025-01-01T00:00:00Z", "2025-01-01"),
    ("instant", "2025-01-01T10:00:00Z", "2025-01-01T12:00:00.000+02:00"),
    ("Boolean", True, "true"),
    ("boolean", False, "false"),
    ("boolean", False, None),
    ("Pick List", ("Red", "Blue"), ("Blue", "Red", "Blue")),
    ("Text", None, ""),
    ("Text", "", None),
    ("Pick List", None, ()),
    ("List", {"Chest": Number("90"), "Note": None}, {"Chest": Number("90.0")}),
]


@pytest.mark.parametrize(("type_", "desired", "live"), SPELLINGS)
def test_another_spelling_is_no_difference(type_: str, desired: object, live: object) -> None:
    assert classify(Sides(True, desired, live, seen("x"), type_)) is Class.UNCHANGED


DIFFERENCES = [
    ("Text", "1.10", "1.1"),
    ("Text", "007", "7"),
    ("Number", Number("1"), Number("2")),
    ("Boolean", True, False),
    ("boolean", True, None),
    ("Date", "2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"),
    ("instant", "2025-01-01T00:00:00Z", "2025-01-01T00:00:01Z"),
    ("Pick List", ("Red",), ("Red", "Blue")),
    ("Text", "case", "Case"),
]


@pytest.mark.parametrize(("type_", "desired", "live"), DIFFERENCES)
def test_another_value_is_a_difference(type_: str, desired: object, live: object) -> None:
    assert classify(Sides(True, desired, live, seen("x"), type_)) is Class.CONFLICT


def test_a_long_text_is_compared_by_its_digest() -> None:
    text = "waterproof " * 200
    digest = {"sha256": __import__("hashlib").sha256(text.encode()).hexdigest()}

    assert classify(Sides(True, text, "x", Applied(digest, digest, True))) is Class.DRIFT
    assert classify(Sides(True, "x", text, Applied(digest, digest, True))) is Class.PENDING


sets = st.lists(st.sampled_from("abcdefgh"), max_size=8)


@given(desired=sets, live=sets, sent=sets)
def test_no_foreign_element_is_ever_lost(
    desired: list[str], live: list[str], sent: list[str]
) -> None:
    change = merge_sets(desired, live, sent)
    result = set(merged(live, (*change.add, *change.restored), change.remove))

    assert set(live) - set(sent) - set(desired) <= result
    assert result == (set(live) | set(desired)) - (set(sent) - set(desired))


@given(desired=sets, live=sets, sent=sets)
def test_merging_twice_changes_nothing(
    desired: list[str], live: list[str], sent: list[str]
) -> None:
    change = merge_sets(desired, live, sent)
    after = merged(live, (*change.add, *change.restored), change.remove)

    assert merge_sets(desired, after, desired).cls is Class.UNCHANGED


@given(desired=sets, live=sets, sent=sets, data=st.data())
def test_the_order_of_elements_is_no_difference(
    desired: list[str], live: list[str], sent: list[str], data: st.DataObject
) -> None:
    one = merge_sets(desired, live, sent)
    other = merge_sets(*(data.draw(st.permutations(x)) for x in (desired, live, sent)))

    assert {*one.add} == {*other.add}
    assert {*one.remove} == {*other.remove}
    assert one.cls is other.cls


@given(desired=sets, live=sets, sent=sets)
def test_exact_leaves_nothing_but_the_desired(
    desired: list[str], live: list[str], sent: list[str]
) -> None:
    change = merge_sets(desired, live, sent, exact=True)
    after = merged(live, (*change.add, *change.restored), (*change.remove, *change.foreign))

    assert set(after) == set(desired)


def test_an_element_that_somebody_took_out_is_drift() -> None:
    change = merge_sets(["a", "b"], ["a"], ["a", "b"], ["a", "b"])

    assert change.restored == ("b",)
    assert change.cls is Class.DRIFT


def test_an_element_that_the_server_never_showed_counts_as_settled() -> None:
    assert merge_sets(["a", "b"], ["a"], ["a", "b"], ["a"]).cls is Class.UNCHANGED


def test_a_foreign_element_is_drift_where_the_set_is_exact() -> None:
    change = merge_sets(["a"], ["a", "x"], ["a"], exact=True)

    assert change.foreign == ("x",)
    assert change.cls is Class.DRIFT


def test_what_is_ours_and_what_is_theirs_in_a_set() -> None:
    change = merge_sets(
        ["a", "B", "c"], ["b", "old", "x"], ["C", "old"], exact=True, same=str.lower
    )

    assert change == SetMerge(add=("a",), restored=("c",), remove=("old",), foreign=("x",))
    assert change.ours == SetMerge(add=("a",), remove=("old",))
    assert change.theirs == SetMerge(restored=("c",), foreign=("x",))
    assert [change.cls, change.ours.cls, change.theirs.cls] == [
        Class.DRIFT, Class.PENDING, Class.DRIFT,
    ]  # fmt: skip
    assert SetMerge(remove=("a",)).cls is SetMerge(add=("a",)).cls is Class.PENDING


def test_elements_go_as_the_account_spells_them() -> None:
    change = merge_sets([], ["Old", "Strange"], ["old"], exact=True, same=str.lower)

    assert (change.remove, change.foreign) == (("Old",), ("Strange",))


def test_an_unseen_element_is_told_in_any_spelling() -> None:
    assert merge_sets(["a"], [], ["a"], ["A"], same=str.lower).restored == ("a",)
    assert merge_sets(["a"], [], ["a"], [], same=str.lower).cls is Class.UNCHANGED
    assert merge_sets(["a"], [], ["a"], None, same=str.lower).restored == ("a",)


def test_elements_stand_in_the_order_of_the_account_and_new_ones_behind() -> None:
    assert merged(["c", "a", "b", "a"], ["z", "a"], ["b"]) == ("c", "a", "z")


ORDERS = [
    # desired, live, sent, shown, class
    ("ab", "ab", "ab", "ab", Class.UNCHANGED),
    ("ab", "xaby", "", None, Class.UNCHANGED),
    ("ab", "b", "ba", "ba", Class.UNCHANGED),
    ("ab", "ba", "", None, Class.PENDING),
    ("ab", "ba", "ba", "ba", Class.PENDING),
    ("ab", "ba", "ba", None, Class.PENDING),
    ("ab", "ba", "ab", "ab", Class.DRIFT),
    ("ab", "ba", "ab", None, Class.DRIFT),
    ("abc", "bac", "bca", "cba", Class.DRIFT),
    # It was sent so, and the account showed it otherwise: not sent for ever.
    ("ab", "ba", "ab", "ba", Class.UNCHANGED),
    ("abc", "bac", "acb", "bac", Class.PENDING),
]


@pytest.mark.parametrize(("desired", "live", "sent", "shown", "expected"), ORDERS)
def test_each_row_of_the_order_of_a_set(
    desired: str, live: str, sent: str, shown: str | None, expected: Class
) -> None:
    assert order_class(desired, live, sent, shown) is expected


def test_nothing_is_known_to_be_as_it_was_where_nobody_wrote_it() -> None:
    assert not live_as_applied(Sides(True, "a", "a", None))
    assert live_as_applied(Sides(True, "b", "a", seen("a")))
    assert live_as_applied(Sides(True, "b", " a ", Applied("a")))
    assert not live_as_applied(Sides(True, "b", " a ", seen("a")))
    assert live_as_applied(Sides(True, 1, Number("1.0"), Applied("1"), "Number"))


def test_the_classes_in_the_words_of_reports() -> None:
    assert [cls.value for cls in Class] == [
        "unchanged", "pending", "drift", "conflict", "released", "not ours",
    ]  # fmt: skip
    assert {cls.value for cls in WRITES} == {*WORST}


def test_where_nobody_looked_a_value_is_alike_by_its_type() -> None:
    assert classify(Sides(True, Number("1.10"), "&#49;.1", None, "Number")) is Class.UNCHANGED
    assert classify(Sides(True, "1.10", "&#49;.1", None, "Text")) is Class.PENDING
