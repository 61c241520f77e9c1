"""How large a document may be, and lists that say what they leave out (8.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A limit of a place where Markdown goes: how much, and how it is measured."""

    most: int
    measure: Callable[[str], int]


def utf16(text: str) -> int:
    """Characters as a browser counts them: an emoji outside the first plane is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """Bytes as they are stored."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


COMMENT = Size(65_535, utf16)
"""A comment or an issue's body on GitHub: under 65,536 characters."""

STEP_SUMMARY = Size(1024 * 1024 - 1, utf8)
"""The summary of a step of a workflow on GitHub: under 1 MiB."""


class SizeBudget:
    """What is left of a size while a document is written."""

    def __init__(self, size: Size, left: int | None = None) -> None:
        self.size = size
        self.left = size.most if left is None else left

    def fits(self, text: str) -> bool:
        """Whether the text has room."""
        return self.size.measure(text) <= self.left

    def take(self, text: str) -> str:
        """The text, its size taken off what is left."""
        self.left -= self.size.measure(text)
        return text

    def part(self, left: int) -> SizeBudget:
        """Room of its own within this one; what it does not use stays here."""
        return SizeBudget(self.size, max(0, min(left, self.left)))


Line = tuple[str, int]
"""A line with its line break, and how many objects it tells of."""


def fill(lines: Iterable[Line], total: int, budget: SizeBudget) -> tuple[str, int]:
    """As many lines as have room, and how many objects they tell of.

    Where that is not all, a last line says how many of `total`.
    """
    end = budget.size.measure(_shown(total, total))
    taken: list[str] = []
    shown = 0
    for text, count in lines:
        rest = 0 if shown + count >= total else end
        if budget.size.measure(text) + rest > budget.left:
            break
        shown += count
        taken.append(budget.take(text))
    if shown < total:
        taken.append(budget.take(_shown(shown, total)))
    return "".join(taken), shown


def whole(lines: Iterable[Line], budget: SizeBudget) -> str | None:
    """All of the lines; None, and nothing is taken, where they have no room."""
    taken: list[str] = []
    left = budget.left
    for text, _ in lines:
        left -= budget.size.measure(text)
        if left < 0:
            return None
        taken.append(text)
    budget.left = left
    return "".join(taken)


def shares(wishes: Sequence[int], weights: Sequence[int], room: int) -> list[int]:
    """Room by weight: who wants less than its share leaves the rest to the others."""
    found = [0] * len(wishes)
    waiting = set(range(len(wishes)))
    while waiting and room > 0:
        unit = room / sum(weights[index] for index in waiting)
        share = {index: int(unit * weights[index]) for index in waiting}
        served = {index for index in waiting if wishes[index] <= share[index]} or waiting
        for index in served:
            found[index] = min(wishes[index], share[index])
            room -= found[index]
        waiting = waiting - served
    return found


def listed(lines: Iterable[Line], total: int, budget: SizeBudget) -> str:
    """`fill` without the count."""
    return fill(lines, total, budget)[0]


def least(total: int, size: Size) -> int:
    """Room that `listed` needs at least, to say that it shows nothing of `total`."""
    return size.measure(_shown(total, total))


def _shown(number: int, total: int) -> str:
    return f"- … shown {number:,} of {total:,}\n"
