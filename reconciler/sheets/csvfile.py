"""A table as CSV, and CSV as a table.

UTF-8 with a byte order mark, by which Excel knows it.  Commas are written; semicolons and tabs
are recognised.  CSV has no types: what a spreadsheet program would compute is written with an
apostrophe before it, and refused without one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.sheets import base
from reconciler.sheets.headers import is_key
from reconciler.sheets.table import Cell, Form, Row, Table
from reconciler.sheets.trouble import SheetError

BOM = b"\xef\xbb\xbf"
QUOTE = "'"
DELIMITERS = ",;\t"

# What Excel, LibreOffice or Google Sheets take for a formula, and what they leave of a broken one.
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]|#(?:NAME|REF|VALUE|DIV/0|NUM|NULL|N/A)\b")
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?\Z")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program would compute a text, or has and failed."""
    return bool(_FORMULA.match(text)) and not _NUMBER.match(text)


# --- writing ------------------------------------------------------------------------------------


def dumps(table: Table) -> bytes:
    """A table as a CSV file, its base in a last column."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(
        [*map(_shielded, table.headers), str(base.Head(table.kind or "", table.exported))]
    )
    for row in table.rows:
        texts = [_shielded(row.cell(index).text) for index in range(len(table.headers))]
        key = row.cell(0).text
        writer.writerow([*texts, base.text_of(key, (table.base or {})[key])])
    return BOM + stream.getvalue().encode("utf-8")


def _shielded(text: str) -> str:
    return QUOTE + text if is_formula(text.lstrip(QUOTE)) else text


# --- reading ------------------------------------------------------------------------------------


def loads(data: bytes, name: str) -> Table:
    """The table of a CSV file; SheetError where it is none."""
    text = _text(data)
    delimiter, text = _delimiter(text)
    lines = list(_lines(text, delimiter))
    if not lines:
        raise SheetError("it is empty", hint="its first row names the columns: `Key (key)` first")
    headers = tuple(_cell(header).text for header in lines[0][1])
    rows = tuple(_rows(lines[1:]))
    return _with_base(Table(name, headers, rows, comma=delimiter == ";"))


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise SheetError("it is UTF-16", hint="save it as `CSV UTF-8`, or as .xlsx")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        hint = "save it as `CSV UTF-8`, or as .xlsx"
        raise SheetError("it is not UTF-8 from there on", row=row, hint=hint) from None


def _delimiter(text: str) -> tuple[str, str]:
    """What stands between cells: said in a line of its own as Excel does, else the most frequent
    one in the header."""
    said = re.match(r"sep=([,;\t])\r?\n", text)
    if said is not None:
        return said[1], text[said.end() :]
    header = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
    return max(DELIMITERS, key=header.count), text


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their numbers."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, line in enumerate(reader, 1):
            yield number, line
    except csv.Error as error:
        hint = "close each quote, and write a quote inside of a cell as two"
        raise SheetError(f"this is no CSV: {error}", row=number + 1, hint=hint) from None


def _rows(lines: Sequence[tuple[int, list[str]]]) -> Iterator[Row]:
    for number, line in lines:
        cells = {index: _cell(text) for index, text in enumerate(line) if text}
        if cells:
            yield Row(number, cells)


def _cell(text: str) -> Cell:
    """A cell without the apostrophe that keeps it a text."""
    if text.startswith(QUOTE) and is_formula(text.lstrip(QUOTE)):
        return Cell(text[1:])
    return Cell(text, Form.FORMULA if is_formula(text) else Form.TEXT)


def _with_base(table: Table) -> Table:
    """The table without its last column where that is the base."""
    keys = [at for at, header in enumerate(table.headers) if is_key(header)]
    for at, header in enumerate(table.headers):
        head = base.head_of(header)
        if head is not None and keys:
            prints = dict(_prints(table.rows, keys[0], at, head))
            return replace(table, kind=head.kind, base=prints)
    return table


def _prints(
    rows: Sequence[Row], keys: int, at: int, head: base.Head
) -> Iterator[tuple[str, dict[str, str]]]:
    for row in rows:
        key = row.cell(keys).text.strip()
        prints = base.prints_of(key, row.cell(at).text, head)
        if prints:
            yield key, prints
