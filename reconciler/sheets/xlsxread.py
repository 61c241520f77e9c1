"""An .xlsx workbook as a table, read row by row.

openpyxl builds a tree of each row and pads it to its last column, which a hostile file makes
gigabytes of; here a row is what it holds, and what is larger than a sheet can be is refused at its
cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from reconciler.sheets import base
from reconciler.sheets.package import Attributes, Events, Package
from reconciler.sheets.table import (
    BLANK,
    GENERAL,
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Form,
    Prints,
    Row,
    Table,
)
from reconciler.sheets.trouble import SheetError
from reconciler.sheets.xlsxwrite import BASE, LISTS

MOST_CELLS = 10_000_000
"""What is read of a sheet at most, empty ones too."""

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def loads(data: bytes) -> Table:
    """The first sheet of a workbook that is not hidden; SheetError where there is none."""
    package = Package(data)
    book = _book(package)
    shown = [sheet for sheet in book.sheets if not sheet.hidden and sheet.name != LISTS]
    if not shown:
        raise SheetError("it has no sheet to read", hint="show the sheet with the rows")
    texts = _shared_texts(package, book)
    formats = _formats(package, book)
    rows = _rows(package, shown[0], _Meaning(texts, formats, book.epoch))
    if not rows or rows[0].number != 1:
        hint = "its first row names the columns: `Key (key)` first"
        raise SheetError("its first row is empty", row=1, hint=hint)
    kind, prints = _base(package, book, texts)
    width = max(rows[0].cells) + 1
    return Table(
        shown[0].name,
        tuple(rows[0].cell(index).text for index in range(width)),
        tuple(rows[1:]),
        kind=kind,
        base=prints,
        lists_missing=True,
        notes=tuple(f"The sheet '{sheet.name}' was not read." for sheet in shown[1:]),
    )


# --- the workbook -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str
    hidden: bool


@dataclass(slots=True)
class _Book:
    """The sheets of a workbook, its parts by id, and the day from which it counts."""

    part: str
    parts: dict[str, str]
    sheets: list[_Sheet] = field(default_factory=list)
    epoch: datetime = WINDOWS_EPOCH

    def part_of(self, end: str) -> str:
        """The part whose name ends so; empty where there is none."""
        return next((name for name in self.parts.values() if name.endswith(end)), "")


def _book(package: Package) -> _Book:
    tops = package.related("").values()
    part = next((name for name in tops if "workbook" in name), "xl/workbook.xml")
    book = _Book(part, package.related(part))

    def start(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            hidden = attributes.get("state", "visible") != "visible"
            sheet = book.parts.get(attributes.get("id", ""), "")
            book.sheets.append(_Sheet(attributes.get("name", ""), sheet, hidden))
        elif name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            book.epoch = MAC_EPOCH

    package.parse(part, Events(start))
    return book


def _shared_texts(package: Package, book: _Book) -> list[str]:
    """The texts that cells name by their number."""
    part = book.part_of("/sharedStrings.xml")
    found: list[str] = []
    if not part:
        return found
    text = _Text()

    def start(name: str, _: Attributes) -> None:
        text.start(name)

    def end(name: str) -> None:
        text.end(name)
        if name == "si":
            found.append(text.take())

    package.parse(part, Events(start, end, text.add))
    return found


@dataclass(slots=True)
class _Text:
    """A text that comes in pieces: what is in `t`, but for how Japanese is to be read aloud."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    inside: bool = False
    aloud: bool = False

    def start(self, name: str) -> None:
        self.inside = name == "t" and not self.aloud
        self.aloud = self.aloud or name == "rPh"

    def end(self, name: str) -> None:
        self.inside = False
        self.aloud = self.aloud and name != "rPh"

    def add(self, piece: str) -> None:
        # One character more than fits is enough to tell.
        if self.inside and self.length <= LONGEST_CELL * 8:
            self.pieces.append(piece)
            self.length += len(piece)

    def take(self) -> str:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), "".join(self.pieces))
        self.pieces, self.length = [], 0
        return text


def _formats(package: Package, book: _Book) -> list[str]:
    """The number formats of cells, by the number of their style."""
    part = book.part_of("/styles.xml")
    custom: dict[str, str] = {}
    found: list[str] = []
    above: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", GENERAL)
        elif name == "xf" and above and above[-1] == "cellXfs":
            found.append(attributes.get("numFmtId", "0"))
        above.append(name)

    if part:
        package.parse(part, Events(start, lambda _: above.pop()))
    return [custom.get(id_) or _builtin(id_) for id_ in found]


def _builtin(id_: str) -> str:
    return BUILTIN_FORMATS.get(int(id_), GENERAL) if id_.isdecimal() else GENERAL


# --- the rows -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What is needed to understand a cell."""

    texts: Sequence[str]
    formats: Sequence[str]
    epoch: datetime

    def number_format(self, style: str) -> str:
        """How a cell of a style is shown."""
        index = int(style) if style.isdecimal() else 0
        return self.formats[index] if index < len(self.formats) else GENERAL


@dataclass(slots=True)
class _Raw:
    """A cell as it stands in the file."""

    type: str
    style: str
    value: list[str] = field(default_factory=list)
    formula: list[str] | None = None
    length: int = 0


def _rows(package: Package, sheet: _Sheet, meaning: _Meaning) -> list[Row]:
    """The rows that hold anything."""
    reader = _Reader(sheet.name, meaning)
    package.parse(sheet.part, Events(reader.start, reader.end, reader.text))
    return reader.rows


class _Reader:
    """Takes the elements of a sheet as they come."""

    def __init__(self, name: str, meaning: _Meaning) -> None:
        self.name, self.meaning = name, meaning
        self.rows: list[Row] = []
        self.row, self.column = 0, -1
        self.cells: dict[int, Cell] = {}
        self.seen = 0
        self.raw: _Raw | None = None
        self.inline = _Text()
        self.into: list[str] | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        self.inline.start(name)
        begin = _BEGIN.get(name)
        if begin is not None:
            begin(self, attributes)

    def start_row(self, attributes: Attributes) -> None:
        """A row begins."""
        number = attributes.get("r", "")
        at = int(number) if number.isdecimal() and len(number) < 8 else self.row + 1
        if at <= self.row or at > MOST_ROWS:
            raise SheetError("its rows are out of order, or too many", row=at)
        self.row, self.column = at, -1
        self.cells = {}

    def start_cell(self, attributes: Attributes) -> None:
        """A cell begins."""
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.column = _column(found[1]) if found else self.column + 1
        self.seen += 1
        if self.column >= MOST_COLUMNS or self.seen > MOST_CELLS:
            raise SheetError("it has more cells than a sheet can have", row=self.row)
        self.raw = _Raw(attributes.get("t", "n"), attributes.get("s", "0"))

    def start_value(self, _: Attributes) -> None:
        """What a cell holds begins."""
        self.into = self.raw.value if self.raw else None

    def start_formula(self, _: Attributes) -> None:
        """The formula of a cell begins."""
        if self.raw is not None:
            self.raw.formula = self.into = []

    def refuse_merge(self, attributes: Attributes) -> None:
        """Cells are merged: one would stand for several."""
        where = attributes.get("ref", "")
        hint = "take the merge apart: Home, Merge Cells, Unmerge"
        first = re.search("[0-9]+", where)
        row = int(first[0]) if first else 0
        what = f"cells are merged ({where}), so that one stands for several"
        raise SheetError(what, row=row, hint=hint)

    def text(self, piece: str) -> None:
        """Characters."""
        self.inline.add(piece)
        if self.into is not None and self.raw is not None:
            self.raw.length += len(piece)
            if self.raw.length <= LONGEST_CELL * 8:
                self.into.append(piece)

    def end(self, name: str) -> None:
        """An element ends."""
        self.inline.end(name)
        self.into = None
        if name == "c" and self.raw is not None:
            cell = self._cell(self.raw)
            if cell.text or cell.form is not Form.TEXT:
                self.cells[self.column] = cell
            self.raw = None
        elif name == "row" and self.cells:
            self.rows.append(Row(self.row, self.cells))
            self.cells = {}

    def _cell(self, raw: _Raw) -> Cell:
        inline, value = self.inline.take(), "".join(raw.value)
        if raw.formula is not None:
            return _formula("".join(raw.formula), raw.type, value)
        if raw.type == "inlineStr":
            return Cell(inline)
        return _OF_TYPES.get(raw.type, _number)(value, raw, self.meaning)


_BEGIN: Mapping[str, Callable[[_Reader, Attributes], None]] = {
    "row": _Reader.start_row,
    "c": _Reader.start_cell,
    "v": _Reader.start_value,
    "f": _Reader.start_formula,
    "mergeCell": _Reader.refuse_merge,
}


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


# --- what a cell holds --------------------------------------------------------------------------


def _formula(text: str, type_: str, value: str) -> Cell:
    """A formula, but for the one that LibreOffice makes of a truth value."""
    if type_ == "b" and text.upper() in ("TRUE()", "FALSE()"):
        return Cell("true" if value == "1" else "false", Form.TRUTH)
    return Cell(f"={text}", Form.FORMULA)


def _shared(value: str, _: _Raw, meaning: _Meaning) -> Cell:
    index = int(value) if value.isdecimal() else -1
    known = 0 <= index < len(meaning.texts)
    return Cell(meaning.texts[index]) if known else Cell(value, Form.FAULT)


def _truth(value: str, _: _Raw, __: _Meaning) -> Cell:
    return Cell("true" if value == "1" else "false", Form.TRUTH)


def _text(value: str, _: _Raw, __: _Meaning) -> Cell:
    return Cell(value)


def _fault(value: str, _: _Raw, __: _Meaning) -> Cell:
    return Cell(value, Form.FAULT)


def _day(value: str, _: _Raw, __: _Meaning) -> Cell:
    return Cell(value, Form.MOMENT)


def _number(value: str, raw: _Raw, meaning: _Meaning) -> Cell:
    """A number, or the day that it counts."""
    if value == "":
        return BLANK
    number_format = meaning.number_format(raw.style)
    try:
        number = float(value)
        if not isfinite(number):
            return Cell(value, Form.FAULT)
        if is_date_format(number_format):
            return Cell(_moment(number, meaning.epoch), Form.MOMENT)
        # The shortest spelling of what a spreadsheet keeps: 1.1, not 1.1000000000000001.
        shown = format(Decimal(repr(number)), "f")
    except (ArithmeticError, ValueError, TypeError):
        return Cell(value, Form.FAULT)
    return Cell(shown.removesuffix(".0"), Form.NUMBER, number_format)


def _moment(number: float, epoch: datetime) -> str:
    """A day, or an instant to the second; ValueError for a time of no day."""
    found = from_excel(number, epoch)
    if not isinstance(found, datetime):
        raise ValueError(number)
    return f"{(found + timedelta(milliseconds=500)).isoformat(timespec='seconds')}Z"


_OF_TYPES: dict[str, Callable[[str, _Raw, _Meaning], Cell]] = {
    "s": _shared,
    "b": _truth,
    "str": _text,
    "e": _fault,
    "d": _day,
}


# --- the base -----------------------------------------------------------------------------------


def _base(package: Package, book: _Book, texts: Sequence[str]) -> tuple[str | None, Prints | None]:
    """The kind of the rows and what they held, from the hidden sheet; None where it is gone."""
    sheet = next((sheet for sheet in book.sheets if sheet.name == BASE), None)
    if sheet is None:
        return None, None
    rows = _rows(package, sheet, _Meaning(texts, (), book.epoch))
    head = base.head_of(_joined(rows[0], 0)) if rows else None
    if head is None:
        return None, None
    return head.kind, dict(_prints(rows[1:], head))


def _prints(rows: Sequence[Row], head: base.Head) -> Iterator[tuple[str, dict[str, str]]]:
    for row in rows:
        key = row.cell(0).text
        yield key, base.prints_of(key, _joined(row, 1), head)


def _joined(row: Row, first: int) -> str:
    """The text that begins in a cell and goes on in those behind it."""
    return " ".join(cell.text for index, cell in sorted(row.cells.items()) if index >= first)
