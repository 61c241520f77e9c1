"""What a long text loses and gains, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, takewhile
from operator import itemgetter

CONTEXT = 6
"""Words kept on each side of a change."""

MOST_CHANGED = 120
"""Words of one stretch that are shown; what is left out is counted."""

MOST_WORK = 4_000_000
"""Pairs of words above which two texts count as wholly different: the comparison is quadratic."""

Part = tuple[str, str]
"""`=`, `-` or `+`, and the text with its spaces."""


def word_diff(before: str, after: str) -> tuple[Part, ...]:
    """Kept, lost and gained stretches in reading order; long kept ones are cut to `…`."""
    parts = list(_joined(_parts(_words(before), _words(after))))
    last = len(parts) - 1
    shown: list[Part] = []
    for index, (sign, text) in enumerate(parts):
        if sign == "=":
            shown.append((sign, _cut(text, first=index == 0, last=index == last)))
        else:
            shown.append((sign, _limited(text)))
    return tuple(shown)


def _words(text: str) -> list[str]:
    """Words with the space behind them; the last one gets a space too, to equal an inner one."""
    return re.findall(r"\S+\s*|\s+", f"{text} ") if text else []


def _parts(old: list[str], new: list[str]) -> Iterator[Part]:
    for tag, a, b, c, d in _opcodes(old, new):
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal":
            yield "=", gone
            continue
        space = _shared_space(gone, come)
        yield "-", gone.removesuffix(space)
        yield "+", come.removesuffix(space)
        yield "=", space


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Neighbours of one sign as one part."""
    filled = (part for part in parts if part[1])
    for sign, group in groupby(filled, key=itemgetter(0)):
        yield sign, "".join(text for _, text in group)


def _shared_space(gone: str, come: str) -> str:
    """The space after a change, which is none of it; where one side is empty, the other's."""
    one, other = gone or come, come or gone
    shared = _common(one[::-1], other[::-1])
    end = one[len(one) - shared :]
    return end[len(end.rstrip()) :]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items two sequences begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


Opcode = tuple[str, int, int, int, int]


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[Opcode]:
    """Of difflib, on the middle in which the two differ."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    a, b = old[start : len(old) - end], new[start : len(new) - end]
    yield "equal", 0, start, 0, start
    for tag, i, j, k, m in _middle(a, b):
        yield tag, i + start, j + start, k + start, m + start
    yield "equal", len(old) - end, len(old), len(new) - end, len(new)


def _middle(old: Sequence[str], new: Sequence[str]) -> Sequence[Opcode]:
    if len(old) * len(new) > MOST_WORK:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _cut(text: str, first: bool, last: bool) -> str:
    """A kept stretch: the words next to a change, and `…`."""
    words = re.findall(r"\S+\s*|\s+", text)
    head, tail = (0 if first else CONTEXT), (0 if last else CONTEXT)
    if len(words) <= head + tail + 2:
        return text
    return f"{''.join(words[:head])}… {''.join(words[len(words) - tail :])}"


def _limited(text: str) -> str:
    words = re.findall(r"\S+\s*|\s+", text)
    left = len(words) - MOST_CHANGED
    return text if left <= 0 else f"{''.join(words[:MOST_CHANGED])}… ({left:,} more words)"
