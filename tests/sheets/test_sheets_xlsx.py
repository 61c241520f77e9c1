"""What spreadsheet programs write into a cell, and what it is taken for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.errors import UsageError
from reconciler.sheets import xlsxread, xlsxwrite
from reconciler.sheets.table import Cell, Form, Row, Table
from tests.sheets.test_sheets_hostile import HEAD, MAIN, PLAIN, SHEET, with_parts

STRINGS = f"""<sst xmlns="{MAIN}">
<si><t xml:space="preserve"> plain </t></si>
<si><r><t>rich </t></r><r><rPr/><t>text</t></r></si>
<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>
<si><t>a_x000D_b_x005F_x0041_</t></si>
</sst>"""

STYLES = f"""<styleSheet xmlns="{MAIN}">
<numFmts><numFmt numFmtId="164" formatCode="0.00"/><numFmt numFmtId="165" formatCode='yyyy"T"'/></numFmts>
<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/><xf numFmtId="165"/><xf numFmtId="49"/></cellXfs>
</styleSheet>"""

RELATED = """<Relationships>
<Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/>
<Relationship Id="rId2" Target="sharedStrings.xml"/>
<Relationship Id="rId3" Target="styles.xml"/>
<Relationship Id="rId4" Target="https://example.com" TargetMode="External"/>
</Relationships>"""

WORKBOOK = """<workbook xmlns:r="r"><workbookPr date1904="DATE"/><sheets>
<sheet name="Hidden" state="hidden" r:id="rId9"/><sheet name="Mine" r:id="rId1"/>
<sheet name="Notes" r:id="rId8"/></sheets></workbook>"""


def book(row: str, date1904: str = "0") -> bytes:
    """A workbook with one row below its header."""
    parts = {
        SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{HEAD}{row}</sheetData></worksheet>',
        "xl/sharedStrings.xml": STRINGS,
        "xl/styles.xml": STYLES,
        "xl/workbook.xml": WORKBOOK.replace("DATE", date1904),
        "xl/_rels/workbook.xml.rels": RELATED,
    }
    return with_parts(PLAIN, parts)


CELLS = {
    '<c t="s"><v>0</v></c>': Cell(" plain "),
    '<c t="s"><v>1</v></c>': Cell("rich text"),
    '<c t="s"><v>2</v></c>': Cell("東京"),
    '<c t="s"><v>3</v></c>': Cell("a\rb_x0041_"),
    '<c t="s"><v>9</v></c>': Cell("9", Form.FAULT),
    '<c t="s"><v>x</v></c>': Cell("x", Form.FAULT),
    '<c t="inlineStr"><is><t>007</t></is></c>': Cell("007"),
    '<c t="str"><v>said</v></c>': Cell("said"),
    '<c t="b"><v>1</v></c>': Cell("true", Form.TRUTH),
    '<c t="b"><f aca="false">FALSE()</f><v>0</v></c>': Cell("false", Form.TRUTH),
    '<c t="e"><v>#N/A</v></c>': Cell("#N/A", Form.FAULT),
    '<c t="d"><v>2024-01-31</v></c>': Cell("2024-01-31", Form.MOMENT),
    '<c><f>A1+1</f><v>2</v></c>': Cell("=A1+1", Form.FORMULA),
    '<c><f t="shared" si="0"/><v>2</v></c>': Cell("=", Form.FORMULA),
    '<c><v>7</v></c>': Cell("7", Form.NUMBER),
    '<c s="99"><v>7</v></c>': Cell("7", Form.NUMBER),
    '<c s="1"><v>1.1000000000000001</v></c>': Cell("1.1", Form.NUMBER, "0.00"),
    '<c s="4"><v>1E+20</v></c>': Cell("100000000000000000000", Form.NUMBER, "@"),
    '<c><v>nan</v></c>': Cell("nan", Form.FAULT),
    '<c><v>many</v></c>': Cell("many", Form.FAULT),
    '<c s="2"><v>45000</v></c>': Cell("2023-03-15T00:00:00Z", Form.MOMENT),
    '<c s="3"><v>45000.354166666664</v></c>': Cell("2023-03-15T08:30:00Z", Form.MOMENT),
    '<c s="2"><v>0.5</v></c>': Cell("0.5", Form.FAULT),
    '<c s="2"><v>1E+300</v></c>': Cell("1E+300", Form.FAULT),
    '<c s="2"/>': Cell(),
}  # fmt: skip


@pytest.mark.parametrize("xml", CELLS)
def test_a_cell_is_what_the_program_meant(xml: str) -> None:
    table = xlsxread.loads(book(f'<row r="2"><c t="inlineStr"><is><t>k</t></is></c>{xml}</row>'))
    assert (table.name, table.headers) == ("Mine", ("key", "name"))
    assert table.rows[0].cell(1) == CELLS[xml]
    assert table.notes == ("The sheet 'Notes' was not read.",)


def test_days_may_be_counted_from_1904_on() -> None:
    table = xlsxread.loads(book('<row r="2"><c s="2"><v>1</v></c></row>', date1904="1"))
    assert table.rows[0].cell(0).text == "1904-01-02T00:00:00Z"


def test_a_workbook_of_hidden_sheets_has_none_to_read() -> None:
    data = book("")
    hidden = with_parts(data, {"xl/workbook.xml": "<workbook><sheets/></workbook>"})
    with pytest.raises(xlsxread.SheetError, match="no sheet to read"):
        xlsxread.loads(hidden)


def test_a_text_that_looks_like_an_escape_is_escaped() -> None:
    assert xlsxwrite.escaped("_x0041_x0042_\x01\r\n") == "_x005F_x0041_x005F_x0042__x0001__x000D_\n"


def test_a_base_that_is_longer_than_a_cell_goes_on_in_the_next() -> None:
    names = [f"{'long' * 40}{at}" for at in range(400)]
    prints = dict.fromkeys(names, "12345678")
    made = Table("S", ("Key (key)",), (Row(2, {0: Cell("a")}),), "collection", {"a": prints})
    again = xlsxread.loads(xlsxwrite.dumps(replace(made, formats={0: Form.TEXT})))
    assert again.base == {"a": prints}


def test_what_is_larger_than_a_sheet_is_not_written() -> None:
    wide = Table("S", ("x",) * 16_385, ())
    with pytest.raises(UsageError, match="0 rows of 16,385 columns are more than a sheet can have"):
        xlsxwrite.dumps(wide)
