"""Text files: what they say, and that an edit keeps how they are written (contract 1.4)."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.textfile import parse_text

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")).map(
    lambda text: text.lstrip("\ufeff")
)
MARKED = [
    (b"", "utf-8"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]


@given(LINES, LINES, st.sampled_from(MARKED), st.sampled_from(["\n", "\r\n"]))
def test_another_text_is_written_as_the_file_is_and_read_back(
    before: str, after: str, marked: tuple[bytes, str], line_end: str
) -> None:
    mark, encoding = marked
    raw = mark + (before + "\n").replace("\n", line_end).encode(encoding)
    file = parse_text(raw)
    written = file.written(after)

    assert file.text == before
    assert file.written(before) == raw
    assert written.startswith(mark)
    assert parse_text(written).text == after
    whole = written[len(mark) :].decode(encoding)
    assert whole.replace("\r\n", "").count("\n") == (0 if line_end == "\r\n" else whole.count("\n"))


@pytest.mark.parametrize(
    ("raw", "text", "other"),
    [
        (b"one\ntwo\n", "one\ntwo", b"new\n"),
        (b"one\ntwo", "one\ntwo", b"new"),
        (b"one\n\n", "one\n", b"new\n"),
        (b"one\r\ntwo\r\n", "one\ntwo", b"new\r\n"),
        (b"", "", b"new"),
        (b"\xef\xbb\xbfone\n", "one", b"\xef\xbb\xbfnew\n"),
    ],
)
def test_the_last_newline_is_no_part_of_the_text_and_stays(
    raw: bytes, text: str, other: bytes
) -> None:
    assert parse_text(raw).text == text
    assert parse_text(raw).written("new") == other


def test_a_text_that_ends_with_a_newline_keeps_it_in_a_file_without_one() -> None:
    assert parse_text(parse_text(b"one").written("two\n")).text == "two\n"
