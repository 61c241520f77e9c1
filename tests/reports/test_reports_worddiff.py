"""Word diffs of long texts."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.reports.worddiff import MOST_CHANGED, word_diff

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8).map(" ".join)


@given(WORDS, WORDS)
def test_the_two_sides_can_be_read_from_a_diff(before: str, after: str) -> None:
    assume(before != after)  # nothing has changed: nothing is kept around a change
    diff = word_diff(before, after)
    assert "".join(text for sign, text in diff if sign in "=-").split() == before.split()
    assert "".join(text for sign, text in diff if sign in "=+").split() == after.split()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a b c", "a x c", [("=", "a "), ("-", "b"), ("+", "x"), ("=", " c ")]),
        ("a b", "a b c", [("=", "a b "), ("+", "c"), ("=", " ")]),
        ("a b c", "a c", [("=", "a "), ("-", "b"), ("=", " c ")]),
        ("", "a b", [("+", "a b"), ("=", " ")]),
        ("a  b", "a b", [("-", "a "), ("+", "a"), ("=", " b ")]),
        ("a\nb", "a b", [("-", "a\n"), ("+", "a "), ("=", "b ")]),
        ("a", "a", [("=", "a ")]),
    ],
)
def test_words_are_kept_lost_and_gained(
    before: str, after: str, expected: list[tuple[str, str]]
) -> None:
    assert list(word_diff(before, after)) == expected


def test_long_kept_stretches_are_cut() -> None:
    words = [f"w{number}" for number in range(40)]
    before, after = " ".join(words), " ".join([*words[:20], "new", *words[20:]])
    assert word_diff(before, after) == (
        ("=", "… w14 w15 w16 w17 w18 w19 "),
        ("+", "new"),
        ("=", " w20 w21 w22 w23 w24 … "),
    )


def test_long_changes_are_cut_and_counted() -> None:
    ((sign, text), _) = word_diff("", "x " * (MOST_CHANGED + 1500))
    assert sign == "+"
    assert text.endswith("x … (1,500 more words)")


def test_two_long_texts_with_nothing_in_common_are_compared_quickly() -> None:
    before, after = "a b " * 5000, "c d " * 5000
    assert [sign for sign, _ in word_diff(before, after)] == ["-", "+", "="]
