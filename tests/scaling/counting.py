"""How much work a function does, counted and not timed.

A step is a line of Python that runs, once more for each turn of a loop, a comprehension or a
generator; a call counts as one.  It is booked on the function of ours that runs it or, where a
library or generated code runs it (a comparison of dataclasses, a template, a sort's key), on the
function of ours that called that.  So `ref in refs` on a list costs a step for each comparison.

What C does within one step is not seen: `(*all, one)`, `before + text`, `text in texts` on a list
of plain texts.  Keys, ids and labels of the worlds are texts that count (`worlds.Text`), so a list
of those is; what is made of them on the way (a path, a name that was trimmed) is plain again.
Comparisons by order are not counted: a sort of n takes n times log n of them.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import reconciler

HOME = f"{Path(reconciler.__file__).parent}/"
ASIDE = f"{HOME}sandbox/"
"""The account's side: how its model works says nothing of the program."""

SORTING = ("__lt__", "_compare_to")

Steps = Mapping[str, int]
"""Steps by function, as `identity/near.py:_near`."""


def steps(run: Callable[[], Any]) -> Counter[str]:
    """The steps of a run in this thread and in those that it starts."""
    book = _Book()
    before = sys.gettrace()
    threading.settrace(book.called)
    sys.settrace(book.called)
    try:
        run()
    finally:
        sys.settrace(before)
        threading.settrace(before)  # type: ignore[arg-type]
    return book.by_name()


class _Book:
    """Steps by code; a frame of a library is booked on the one of ours below it."""

    def __init__(self) -> None:
        self.counts: Counter[CodeType] = Counter()
        self.ours: dict[CodeType, bool] = {}

    def called(self, frame: FrameType, _: str, __: object) -> Callable[..., Any] | None:
        """A function begins, or a generator goes on."""
        owner = self._owner(frame)
        if owner is None:
            return None
        counts = self.counts
        counts[owner] += 1

        def stepped(_frame: FrameType, event: str, _: object) -> Callable[..., Any]:
            if event == "line":
                counts[owner] += 1
            return stepped

        return stepped

    def _owner(self, frame: FrameType) -> CodeType | None:
        step: FrameType | None = frame
        while step is not None and step.f_code.co_name not in SORTING:
            if self._is_ours(step.f_code):
                return step.f_code
            step = step.f_back
        return None

    def _is_ours(self, code: CodeType) -> bool:
        if code not in self.ours:
            name = code.co_filename
            self.ours[code] = name.startswith(HOME) and not name.startswith(ASIDE)
        return self.ours[code]

    def by_name(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for code, count in self.counts.items():
            path = code.co_filename.removeprefix(HOME)
            found[f"{path}:{code.co_qualname}"] += count
        return found


MOST = 5.0
"""Times as many steps as at a quarter of the size: four, and something for sorting."""

FEW = 10
"""Steps for an object that are let pass: where there are more, reports fold and name them."""


def steep(small: Steps, large: Steps, size: int) -> dict[str, tuple[int, int]]:
    """Functions that take over `MOST` times the steps at four times the size, with both counts."""
    found: dict[str, tuple[int, int]] = {}
    for name, after in large.items():
        before = small.get(name, 0)
        if after > MOST * before + FEW * size:
            found[name] = (before, after)
    return found
