"""Files that are made, or happen, to do harm: each is refused at its place, and costs little."""

from __future__ import annotations

import io
import re
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from reconciler.errors import UsageError
from reconciler.sheets import csvfile, files, package, xlsxread
from reconciler.sheets.cells import Unfit
from reconciler.sheets.cells import read as read_cell
from reconciler.sheets.columns import columns_of
from reconciler.sheets.table import Form, Table
from reconciler.sheets.trouble import SheetError
from tests.limits import HANG
from tests.sheets.catalogs import compared, exported, loaded

CATALOG = {
    "a.yaml": "attributes:\n  - {key: care, label: Care, type: Text}\n"
    "collections:\n  - {key: a, name: A, attributes: {care: Cold}}\n  - {key: b, name: B}\n"
}


def book(rows: list[list[Any]], **parts: str) -> bytes:
    """A small workbook; `parts` replace or add parts by a word of their name."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return with_parts(stream.getvalue(), parts)


def with_parts(data: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    """A workbook with other parts."""
    stream = io.BytesIO()
    left = dict(parts)
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", 8) as new:
        for info in old.infolist():
            new.writestr(info.filename, left.pop(info.filename, old.read(info)))
        for name, text in left.items():
            new.writestr(name, text)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet(rows: str, before: str = "", after: str = "") -> dict[str, str | bytes]:
    """The part of a sheet with these rows."""
    return {
        SHEET: f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    }


def text_cell(place: str, text: str) -> str:
    """A cell with a text of its own."""
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEAD = f'<row r="1">{text_cell("A1", "key")}{text_cell("B1", "name")}</row>'
PLAIN = book([["key", "name"], ["a", "A"]])

LAUGHS = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'

HOSTILE: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"key,name\r\n", "it is no .xlsx workbook"),
    "nothing": (lambda: b"", "it is empty"),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old .xls"),
    "half a zip": (lambda: PLAIN[:400], "it is damaged"),
    "a zip of something else": (lambda: with_parts(zipped({"a.txt": "x"}), {}), "is missing"),
    "macros": (lambda: with_parts(PLAIN, {"xl/vbaProject.bin": b"x"}), "it holds macros"),
    "links to other workbooks": (
        lambda: with_parts(PLAIN, {"xl/externalLinks/externalLink1.xml": "<a/>"}),
        "links to other workbooks",
    ),
    "an embedded file": (lambda: with_parts(PLAIN, {"xl/embeddings/o.bin": b"x"}), "embedded files"),
    "an entity bomb": (lambda: with_parts(PLAIN, sheet(HEAD, LAUGHS)), "declares entities"),
    "an entity from outside": (lambda: with_parts(PLAIN, sheet(HEAD, BOMB)), "declares entities"),
    "an entity bomb in UTF-16": (
        lambda: with_parts(PLAIN, {SHEET: (LAUGHS + "<worksheet/>").encode("utf-16")}),
        "declares entities",
    ),
    "another encoding": (
        lambda: with_parts(PLAIN, {SHEET: '<?xml version="1.0" encoding="latin-1"?><worksheet/>'}),
        "is latin-1, not UTF-8",
    ),
    "broken XML": (lambda: with_parts(PLAIN, {SHEET: "<worksheet><row>"}), "is no sound XML"),
    "merged cells": (
        lambda: with_parts(PLAIN, sheet(HEAD, after='<mergeCells><mergeCell ref="A2:B7"/></mergeCells>')),
        "cells are merged (A2:B7)",
    ),
    "rows backwards": (lambda: with_parts(PLAIN, sheet('<row r="5"/><row r="2"/>')), "out of order"),
    "a row too far down": (lambda: with_parts(PLAIN, sheet('<row r="9999999"/>')), "too many"),
    "a cell too far right": (
        lambda: with_parts(PLAIN, sheet(f'<row r="1">{text_cell("ZZZ1", "x")}</row>')),
        "more cells than a sheet can have",
    ),
    "a huge tag": (
        lambda: with_parts(PLAIN, {SHEET: "<worksheet a='" + "x" * (3 << 20) + "'/>"}),
        "one huge element",
    ),
    "no rows": (lambda: with_parts(PLAIN, sheet("")), "its first row is empty"),
}  # fmt: skip


def zipped(parts: Mapping[str, str]) -> bytes:
    """A zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return stream.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_in_words(name: str) -> None:
    make, words = HOSTILE[name]
    with pytest.raises(SheetError, match=re.escape(words)) as caught:
        xlsxread.loads(make())
    assert caught.value.hint or caught.value.row


@pytest.fixture(name="measured")
def _measured() -> Iterator[Callable[[], int]]:
    """Bytes that were held at the most since the test began, and a limit for hangs."""
    tracemalloc.start()
    begun = time.monotonic()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - begun < HANG


def test_a_zip_bomb_is_not_unpacked(measured: Callable[[], int]) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made, made.open(SHEET, "w") as part:
        for _ in range(600):
            part.write(bytes(1 << 20))
    with pytest.raises(SheetError, match="unpacks to 629,145,600 bytes"):
        xlsxread.loads(stream.getvalue())
    assert measured() < 50 << 20


def test_a_part_that_is_larger_than_it_says_is_damaged() -> None:
    data = bytearray(with_parts(PLAIN, sheet(HEAD + "<row/>" * 10_000)))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as made:
        size = made.getinfo(SHEET).file_size
    at = data.rindex(size.to_bytes(4, "little"))
    data[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(SheetError, match="damaged"):
        xlsxread.loads(bytes(data))


def test_many_empty_rows_cost_neither_memory_nor_words(measured: Callable[[], int]) -> None:
    rows = "".join(f'<row r="{at}"/>' for at in range(2, 200_000)) + '<row r="1048576"/>'
    data = with_parts(PLAIN, sheet(HEAD + rows))
    before = measured()
    assert xlsxread.loads(data).rows == ()
    assert measured() - before < 40 << 20


def test_a_cell_at_the_far_end_of_a_row_is_no_row_of_cells(measured: Callable[[], int]) -> None:
    far = "".join(f'<row r="{at}">{text_cell(f"XFD{at}", "x")}</row>' for at in range(2, 3000))
    table = xlsxread.loads(with_parts(PLAIN, sheet(HEAD + far)))
    assert len(table.rows) == 2998
    assert measured() < 60 << 20


def refusals(table: Table) -> list[str]:
    """What is wrong with a sheet of the small catalog."""
    with loaded(CATALOG) as (_, catalog):
        found = compared(table, catalog)
        assert (found.changes, found.new) == ([], [])
        return [f"row {x.row}, {x.header}: {x.what}" for x in found.refusals]


def of(*rows: list[Any]) -> Table:
    """A workbook of these rows, read."""
    return xlsxread.loads(book(list(rows)))


def test_formulas_and_errors_are_refused_at_their_cell() -> None:
    table = of(["key", "name", "care"], ["a", "=1+1", "#REF!"], ["b", '=HYPERLINK("x")', None])
    assert refusals(table) == [
        "row 2, Name (name): it holds a formula, '=1+1'",
        "row 2, Care (care): it holds the error '#REF!'",
        "row 3, Name (name): it holds a formula, '=HYPERLINK(\"x\")'",
    ]


def test_headers_must_be_known_and_stand_once() -> None:
    assert refusals(of(["key", "nane", "care", "Care (care)"], ["a", "A", "x", "y"])) == [
        "row 1, nane: there is no column 'nane'",
        "row 1, Care (care): care is the header of two columns",
    ]
    assert refusals(of(["name"], ["A"])) == ["row 1, : no column is called `Key (key)`"]


def test_rows_that_cannot_be_placed_are_refused_one_by_one() -> None:
    table = of(
        ["key", "name"],
        ["a", "A"],
        [None, "No key"],
        ["a b", "A"],
        ["a", "Again"],
        ["b", "B", "lost"],
    )
    assert refusals(table) == [
        "row 3, key: it has no key",
        "row 4, key: 'a b' cannot be a key",
        "row 5, key: row 2 has the key 'a' already",
        "row 6, : the cell C6 has no header above it",
    ]


def test_a_huge_cell_is_refused() -> None:
    assert refusals(of(["key", "care"], ["a", "x" * 32_767], ["b", None])) == []
    table = csvfile.loads(f"key,care\r\na,{'x' * 32_768}\r\n".encode(), "a.csv")
    assert refusals(table) == ["row 2, Care (care): it holds more than 32,767 characters"]


CSVS = {
    "UTF-16": ("key,name\r\na,A\r\n".encode("utf-16"), 0, "it is UTF-16"),
    "another encoding": ("key,name\r\na,Ä\r\n".encode("cp1252"), 2, "it is not UTF-8"),
    "nothing": (b"", 0, "it is empty"),
    "an open quote": (b'key,name\r\na,"A\r\nb,B\r\n', 2, "this is no CSV"),
    "a field without an end": (b"key,name\r\na," + b"x" * 200_000, 2, "this is no CSV"),
    "text behind a quote": (b'key,name\r\na,"A"B\r\n', 2, "this is no CSV"),
}


@pytest.mark.parametrize("name", CSVS)
def test_what_is_no_csv_is_refused_at_its_row(name: str) -> None:
    data, row, words = CSVS[name]
    with pytest.raises(SheetError, match=re.escape(words)) as caught:
        csvfile.loads(data, "a.csv")
    assert caught.value.row == row


def test_a_formula_in_csv_is_refused_unless_it_is_quoted() -> None:
    table = csvfile.loads(b"key,name,care\r\na,=1+1,'=1+1\r\nb,@SUM(A1),-5\r\n", "a.csv")
    cells = [[(x.text, x.form) for x in row.cells.values()][1:] for row in table.rows]
    assert cells == [
        [("=1+1", Form.FORMULA), ("=1+1", Form.TEXT)],
        [("@SUM(A1)", Form.FORMULA), ("-5", Form.TEXT)],
    ]


def test_an_exported_formula_is_a_text_that_no_program_computes() -> None:
    files = {"a.yaml": "collections:\n  - {key: a, name: '=cmd|x'}\n"}
    with loaded(files) as (_, catalog):
        table = exported(catalog)
    assert b",'=cmd|x," in csvfile.dumps(table)
    made = io.BytesIO()
    made.write(from_xlsx(table))
    cell = load_workbook(made).worksheets[0]["B2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("=cmd|x", "s", "@")


def from_xlsx(table: Table) -> bytes:
    """The workbook of a table."""
    return files.dumps(table, ".xlsx")


def test_text_stays_text_and_is_never_guessed() -> None:
    """A number that nobody formatted is what it shows; a date or a format hides what was typed."""
    made = Workbook()
    made.active.append(["key", "care"])
    for value, number_format in (
        (7, "General"),
        (7, "000"),
        (45_000, "yyyy-mm-dd"),
        (True, "General"),
    ):
        made.active.append(["a", value])
        made.active.cell(made.active.max_row, 2).number_format = number_format
    stream = io.BytesIO()
    made.save(stream)
    rows = xlsxread.loads(stream.getvalue()).rows
    with loaded(CATALOG) as (_, catalog):
        shape = next(x for x in columns_of(catalog, _kind()) if x.name == "care").shape
    assert read_cell(rows[0].cell(1), shape) == "7"
    said = []
    for row in rows[1:]:
        with pytest.raises(Unfit) as caught:
            read_cell(row.cell(1), shape)
        said.append(caught.value.what)
    assert said == [
        "it holds a number, '7', and the column takes a text",
        "it holds a date, '2023-03-15T00:00:00Z', and the column takes a text",
        "it holds a truth value, 'true', and the column takes a text",
    ]


def _kind() -> Any:
    from reconciler.kinds import KINDS

    return KINDS["collection"]


@pytest.mark.parametrize("name", ["a.xlsm", "a.xls", "a.ods", "a.numbers", "a"])
def test_other_formats_are_refused_by_their_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PLAIN)
    with pytest.raises(UsageError, match=r"takes \.xlsx and \.csv"):
        files.read(tmp_path / name)


def test_a_file_over_the_bound_and_one_that_is_none_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as stream:
        stream.truncate(files.MOST_BYTES + 10)
    with pytest.raises(SheetError, match="larger than"):
        files.read(tmp_path / "a.csv")
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(UsageError, match="no regular file"):
        files.read(tmp_path / "d.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        files.read(tmp_path / "no.csv")


def test_the_bounds_are_those_that_the_docs_say() -> None:
    text = (Path(__file__).parents[2] / "docs" / "spreadsheets.md").read_text(encoding="utf-8")
    for number in (files.MOST_BYTES >> 20, package.MOST_BYTES >> 20, xlsxread.MOST_CELLS):
        assert f"{number:,}" in text
