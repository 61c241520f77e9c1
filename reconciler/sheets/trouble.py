"""What is wrong with a sheet, at a place that somebody finds in a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass


class SheetError(Exception):
    """A sheet that cannot be read any further: why, from which row on, and what to do."""

    def __init__(self, what: str, *, row: int = 0, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.row = row
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row, or a cell of it, that cannot be taken; `header` is empty of a whole row."""

    row: int
    header: str
    what: str
    hint: str = ""
