"""A sheet as a value: rows of cells, each a text and what the spreadsheet takes it for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

LONGEST_CELL = 32_767
"""Characters that one cell holds, in every spreadsheet program."""

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
"""What one sheet holds, likewise."""

GENERAL = "General"
"""The number format of a cell that nobody has formatted."""

Prints = Mapping[str, Mapping[str, str]]
"""What cells held when they were exported, by key and column: fingerprints of their values."""


class Form(Enum):
    """What a cell holds, as the spreadsheet knows it."""

    TEXT = "a text"
    NUMBER = "a number"
    MOMENT = "a date"
    TRUTH = "a truth value"
    FORMULA = "a formula"
    FAULT = "an error"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.  `text` is what it holds in the catalog's spelling, of a formula the formula;
    `number_format` is how a number is shown."""

    text: str = ""
    form: Form = Form.TEXT
    number_format: str = GENERAL


BLANK = Cell()


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row that hold anything, by column counted from 0, under its number."""

    number: int
    cells: Mapping[int, Cell]

    def cell(self, column: int) -> Cell:
        """The cell in a column."""
        return self.cells.get(column, BLANK)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as it was read or is to be written.

    `name` is what people find it under.  `kind` and `base` are what the export has noted: None
    where nothing of it is there.  `comma` says that numbers may have a decimal comma.
    `lists_missing` says that the base is kept apart from the rows, and so knows those that went.
    `lists` are what columns offer to pick from, each with whether anything else is wrong.
    """

    name: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    kind: str | None = None
    base: Prints | None = None
    comma: bool = False
    lists_missing: bool = False
    lists: Mapping[int, PickFrom] = field(default_factory=dict)
    formats: Mapping[int, Form] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def exported(self) -> tuple[str, ...]:
        """The names of the columns that the base has."""
        return tuple(next(iter((self.base or {}).values()), {}))


@dataclass(frozen=True, slots=True)
class PickFrom:
    """What a column offers; `closed` says that nothing else may stand there."""

    options: tuple[str, ...]
    closed: bool
    several: bool = False
