"""A long text by its lines and sentences: those that go, those that come, and their neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from reconciler.reports.worddiff import word_diff

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=\S)|\s*\n\s*|(?<=>)(?=<(?:p|li|h\d|ul|ol|div)\b)")
"""Where a text is broken: at line breaks, behind sentences, before blocks of HTML."""

MOST = 2_000
"""Lines of a side that are held against the other's; of longer texts both are shown whole."""

Line = tuple[str, str]
"""`-`, `+` or a space, and the text behind it."""


def line_diff(before: str, after: str) -> list[Line]:
    """The lines that differ, each with a line of what stays on both sides; gaps are `…`."""
    old, new = _lines(before), _lines(after)
    if max(len(old), len(new)) > MOST:
        return [*(("-", text) for text in old), *(("+", text) for text in new)]
    found: list[Line] = []
    for tag, start, end, from_, to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += _context(old[start:end], first=start == 0, last=end == len(old))
        else:
            found += [("-", text) for text in old[start:end]]
            found += [("+", text) for text in new[from_:to]]
    is_told = any(sign != " " for sign, _ in found)
    return found if is_told else _spaces(before, after)


def _lines(text: str) -> list[str]:
    return [line for line in _SENTENCE.split(text) if line]


def _context(same: list[str], *, first: bool, last: bool) -> Iterator[Line]:
    """The nearest lines of a stretch that stays."""
    head, tail = ([] if first else same[:1]), ([] if last else same[-1:])
    if len(same) <= len(head) + len(tail):
        yield from ((" ", text) for text in same)
        return
    yield from ((" ", text) for text in head)
    yield " ", "…"
    yield from ((" ", text) for text in tail)


def _spaces(before: str, after: str) -> list[Line]:
    """Two texts whose lines are alike: what differs is between them."""
    signs = {"-": "-", "+": "+", "=": " "}
    return [(signs[sign], text) for sign, text in word_diff(before, after)]
