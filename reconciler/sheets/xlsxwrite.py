"""A table as an .xlsx workbook: the sheet, lists to pick from, and a hidden sheet with the base.

Each column is formatted for its type, also below the last row, so that what is typed there keeps
its zeros and does not become a date.
"""

from __future__ import annotations

import io
import re
import textwrap
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from reconciler.errors import UsageError
from reconciler.model import Number
from reconciler.sheets import base
from reconciler.sheets.cells import TEXT_FORMAT
from reconciler.sheets.table import (
    GENERAL,
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Form,
    PickFrom,
    Table,
)

LISTS = "Options"
BASE = "pxm"
SPARE = 1000
"""Rows below the last one that still offer what may be picked."""

NARROWEST, WIDEST = 12, 40
LOOKED_AT = 500
"""Rows by which the width of a column is chosen."""

DAY = "yyyy-mm-dd"
INSTANT = 'yyyy-mm-dd"T"hh:mm:ss"Z"'
_FORMATS = {Form.TEXT: TEXT_FORMAT, Form.NUMBER: GENERAL, Form.MOMENT: DAY}

# Characters that XML cannot hold, and what looks like the escape for one.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escaped(text: str) -> str:
    """A text as a workbook writes it."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def dumps(table: Table) -> bytes:
    """A table as an .xlsx file; UsageError where a sheet cannot hold it."""
    _check_fits(table)
    book = Workbook(write_only=True)
    _write_rows(book, table)
    if table.lists:
        _write_lists(book, table)
    _write_base(book, table)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write_rows(book: Any, table: Table) -> None:
    sheet = book.create_sheet(table.name)
    sheet.freeze_panes = "B2"
    last = get_column_letter(len(table.headers))
    sheet.auto_filter.ref = f"A1:{last}{len(table.rows) + 1}"
    for index, header in enumerate(table.headers):
        column = sheet.column_dimensions[get_column_letter(index + 1)]
        column.width = _width(index, header, table)
        column.number_format = _FORMATS[table.formats[index]]
    for index, picks in table.lists.items():
        sheet.data_validations.append(_validation(index, picks, table))
    pens = _Pens(sheet)
    sheet.append([pens.header(header) for header in table.headers])
    for row in table.rows:
        sheet.append([pens.cell(row.cell(index)) for index in range(len(table.headers))])


def _width(index: int, header: str, table: Table) -> int:
    """Columns of letters that show the header and most cells, as far as they are short."""
    longest = max((len(row.cell(index).text) for row in table.rows[:LOOKED_AT]), default=0)
    # The button of the filter takes room beside the header.
    return min(max(len(header) + 4, longest + 2, NARROWEST), WIDEST)


def _validation(index: int, picks: PickFrom, table: Table) -> DataValidation:
    """A list to pick from; of several choices one cell cannot be checked, only described."""
    letter = get_column_letter(index + 1)
    where = f"{letter}2:{letter}{len(table.rows) + 1 + SPARE}"
    if picks.several:
        hint = f"Several, with a semicolon between them. The sheet {LISTS} names them."
        return DataValidation(sqref=where, showInputMessage=True, prompt=hint)
    place = list(table.lists).index(index)
    column = get_column_letter(place + 1)
    found = DataValidation(
        type="list",
        formula1=f"{LISTS}!${column}$2:${column}${len(picks.options) + 1}",
        allow_blank=True,
        sqref=where,
    )
    found.showErrorMessage = True
    found.errorStyle = "stop" if picks.closed else "warning"
    found.error = "This is none of the values in the list."
    return found


def _write_lists(book: Any, table: Table) -> None:
    """Each list below its header."""
    sheet = book.create_sheet(LISTS)
    pens = _Pens(sheet)
    sheet.append([pens.header(table.headers[index]) for index in table.lists])
    lists = [picks.options for picks in table.lists.values()]
    for at in range(max(map(len, lists))):
        texts = [options[at] if at < len(options) else "" for options in lists]
        sheet.append([pens.cell(Cell(text)) for text in texts])


def _write_base(book: Any, table: Table) -> None:
    """A row an object; what one cell cannot hold goes on in the next."""
    sheet = book.create_sheet(BASE)
    sheet.sheet_state = "veryHidden"
    pens = _Pens(sheet)
    head = base.Head(table.kind or "", table.exported)
    sheet.append([pens.cell(Cell(piece)) for piece in _pieces(str(head))])
    for key, prints in (table.base or {}).items():
        pieces = _pieces(base.text_of(key, prints))
        sheet.append([pens.cell(Cell(text)) for text in (key, *pieces)])


def _pieces(text: str) -> list[str]:
    """A text cut at blanks into what a cell holds."""
    if len(text) <= LONGEST_CELL:
        return [text]
    return textwrap.wrap(text, LONGEST_CELL, break_long_words=False, break_on_hyphens=False)


def _check_fits(table: Table) -> None:
    if len(table.rows) >= MOST_ROWS or len(table.headers) > MOST_COLUMNS:
        what = f"{len(table.rows):,} rows of {len(table.headers):,} columns are more than a sheet"
        hint = "export a part, with --under CATEGORY or --columns A,B, or a .csv file"
        raise UsageError(f"{what} can have", hint=hint)


class _Pens:
    """Makes the cells of a sheet."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet

    def header(self, text: str) -> Any:
        """A cell of the first row."""
        cell = self._text(text)
        cell.font = Font(name="Calibri", size=11, bold=True)
        return cell

    def cell(self, cell: Cell) -> Any:
        """A cell of a row; None where it is empty."""
        if cell.text == "":
            return None
        if cell.form is Form.NUMBER:
            return self._typed(float(Number(cell.text)), cell.number_format)
        if cell.form is Form.MOMENT:
            return self._moment(cell.text)
        return self._text(cell.text)

    def _moment(self, text: str) -> Any:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
        return self._typed(moment, INSTANT if "T" in text else DAY)

    def _typed(self, value: Any, number_format: str) -> Any:
        found = WriteOnlyCell(self.sheet, value=value)
        found.number_format = number_format
        return found

    def _text(self, text: str) -> Any:
        found = WriteOnlyCell(self.sheet, value=escaped(text))
        # Whatever it looks like: what begins with `=` would be taken for a formula.
        found.data_type = "s"
        found.number_format = TEXT_FORMAT
        return found
