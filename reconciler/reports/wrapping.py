"""Lines of a given width from pieces that are not broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len

from reconciler.reports.values import paint

_GAP = "gap"


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays on one line: runs of text with their colours.

    `gap` stands between it and the next one on its line; `ends` says that the line ends here.
    """

    runs: tuple[tuple[str, str], ...]
    gap: str = "  "
    ends: bool = False

    @property
    def size(self) -> int:
        """Columns on a terminal."""
        return sum(cell_len(text) for text, _ in self.runs)


def piece(text: str, code: str = "", *, ends: bool = False) -> Piece:
    """A piece of one colour."""
    return Piece(((text, code),), ends=ends)


def flow(pieces: Iterable[Piece], *, width: int, indent: str, color: bool) -> Iterator[str]:
    """Lines that begin with `indent`, each with as many pieces as fit."""
    line: list[Piece] = []
    used = len(indent)
    for item in pieces:
        if line and (line[-1].ends or used + item.size > width):
            yield indent + joined(line, color)
            line, used = [], len(indent)
        line.append(item)
        used += item.size + len(item.gap)
    if line:
        yield indent + joined(line, color)


def joined(pieces: Sequence[Piece], color: bool) -> str:
    """Pieces on one line; a colour that goes on over a gap is said once."""
    texts: list[str] = []
    codes: list[str] = []
    for item in pieces:
        for text, code in (*item.runs, (item.gap, _GAP)):
            texts.append(text)
            codes.append(code)
    # Behind the last piece there is no gap.
    coloured = zip(_over_gaps(codes[:-1]), texts[:-1], strict=True)
    line = ""
    for code, group in groupby(coloured, key=itemgetter(0)):
        run = "".join(text for _, text in group)
        line += paint(run, code, color) if code else run
    return line


def _over_gaps(codes: Sequence[str]) -> list[str]:
    """The colours of runs; a gap has that of both its neighbours, or none."""
    found = list(codes)
    for index in range(1, len(found) - 1):
        if found[index] == _GAP:
            before, after = found[index - 1], found[index + 1]
            found[index] = before if before == after else ""
    return found


def padded(text: str, width: int) -> str:
    """The text with spaces up to a width on the terminal, where wide characters take two."""
    return text + " " * max(0, width - cell_len(text))
