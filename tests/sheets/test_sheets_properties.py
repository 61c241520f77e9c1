"""What is exported and imported unchanged edits nothing; what is edited is all that changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.catalog import read
from reconciler.kinds import KINDS
from reconciler.model import Catalog
from reconciler.sheets.cells import Unfit, fingerprint, same
from reconciler.sheets.cells import read as read_cell
from reconciler.sheets.cells import write as write_cell
from reconciler.sheets.columns import columns_of
from reconciler.sheets.headers import find_column
from reconciler.sheets.imports import Ask, edit
from reconciler.sheets.shapes import Shape, Sort
from reconciler.sheets.table import Cell, Form, Row, Table
from tests.sheets.catalogs import ROADS, VALUES, compared, exported, loaded, texts

KINDS_WITH_ROWS = ("collection", "category", "attribute")


@pytest.mark.parametrize("road", ROADS)
@given(files=texts())
@settings(max_examples=25)
def test_what_is_imported_as_it_was_exported_edits_nothing(
    road: str, files: dict[str, str]
) -> None:
    with loaded(files) as (_, catalog):
        for kind in KINDS_WITH_ROWS:
            table = ROADS[road](exported(catalog, kind))
            found = compared(table, catalog, kind)
            assert [x.what for x in found.refusals] == []
            assert (found.changes, found.conflicts, found.new, found.missing) == ([], [], [], [])
            assert found.newer == 0


def edited_table(table: Table, catalog: Catalog, data: st.DataObject) -> tuple[Table, int]:
    """The table with some cells changed, and how many."""
    columns = columns_of(catalog, KINDS["collection"])
    rows, count = [], 0
    for row in table.rows:
        cells = dict(row.cells)
        for index, header in enumerate(table.headers):
            column = None if index == 0 or header.startswith("#") else find_column(header, columns)
            key = column.path.removeprefix("attributes.") if column else ""
            if column is None or key == column.path or not data.draw(st.booleans()):
                continue
            resource = catalog.resources[
                next(x for x in catalog.resources if x.key == cells[0].text)
            ]
            cell = data.draw(
                st.one_of(st.just(Cell()), VALUES[key].map(lambda x, c=column: as_cell(x, c)))
            )
            value = read_cell(cell, column.shape)
            count += not same(value, column.value(resource), column.shape)
            cells[index] = cell
        rows.append(Row(row.number, cells))
    return replace(table, rows=tuple(rows)), count


def as_cell(data: Any, column: Any) -> Cell:
    """The cell of YAML data."""
    value = tuple(data) if isinstance(data, list) else data
    if column.shape.sort is Sort.MOMENT and "T" not in value:
        value = f"{value}T00:00:00Z"
    if isinstance(data, dict) and column.shape.parts:
        is_day = {x for x, type_ in column.shape.parts.items() if type_ == "Date"}
        value = {
            x: f"{y}T00:00:00Z" if x in is_day and "T" not in y else y for x, y in data.items()
        }
    return write_cell(value, column.shape)


@given(files=texts(), data=st.data())
@settings(max_examples=25)
def test_an_edited_cell_is_what_the_catalog_says_then_and_nothing_else_changes(
    files: dict[str, str], data: st.DataObject
) -> None:
    with loaded(files) as (folder, catalog):
        table, count = edited_table(exported(catalog), catalog, data)
        found = compared(ROADS["xlsx"](table), catalog)
        assert (found.conflicts, found.refusals, found.newer) == ([], [], 0)
        assert len(found.changes) == count
        done = edit(found, Ask(folder, catalog))
        assert done.refusals == ()
        now = read(folder, edited=done.texts).catalog
        again = compared(table, now)
        assert (again.changes, again.conflicts, again.refusals) == ([], [], [])
        changed = {(x.ref, x.column.path) for x in found.changes}
        for ref, item in catalog.resources.items():
            after = now.resources[ref].fields
            for path in {*item.fields, *after}:
                if (ref, path) not in changed:
                    assert item.fields.get(path) == after.get(path), (ref, path)


def shapes() -> st.SearchStrategy[Shape]:
    """Shapes of columns."""
    return st.sampled_from(
        [
            *(Shape(sort) for sort in Sort),
            Shape(Sort.RECORD, texts=True),
            Shape(Sort.RECORD, parts={"Length": "Number", "Note": "Text"}),
            Shape(Sort.CHOICES, ("Red", "Blue"), closed=True),
        ]
    )


@given(
    text=st.one_of(st.text(max_size=60), st.text('";: \nab1.', max_size=30)),
    shape=shapes(),
    form=st.sampled_from(Form),
)
@settings(max_examples=600)
def test_any_cell_is_read_or_refused_and_what_is_read_can_be_written(
    text: str, shape: Shape, form: Form
) -> None:
    try:
        value = read_cell(Cell(text, form), shape)
    except Unfit:
        return
    again = read_cell(write_cell(value, shape), shape)
    assert same(value, again, shape)
    assert fingerprint(value, shape) == fingerprint(again, shape)
