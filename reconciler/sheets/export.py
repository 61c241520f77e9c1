"""The catalog → a table: a row an object, a column a field or an attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.kinds import Kind
from reconciler.model import Catalog, Resource
from reconciler.sheets.cells import fingerprint, write
from reconciler.sheets.columns import KEY_HEADER, Column, columns_of, used
from reconciler.sheets.headers import UnknownColumn, find_columns
from reconciler.sheets.scope import objects_in
from reconciler.sheets.shapes import Sort
from reconciler.sheets.table import Cell, Form, PickFrom, Row, Table


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sheet is to show: objects of a kind, below a category, in these columns."""

    kind: Kind
    under: str = ""
    columns: tuple[str, ...] = ()


def table_of(catalog: Catalog, wanted: Wanted) -> Table:
    """The sheet of a catalog; UsageError for a category or a column that is not there."""
    resources = tuple(objects_in(catalog, wanted.kind, wanted.under))
    columns = _columns(catalog, wanted, resources)
    rows = [_row(item, columns, number) for number, item in enumerate(resources, 2)]
    lists: dict[int, PickFrom] = {}
    formats = {0: Form.TEXT}
    for index, column in enumerate(columns, 1):
        formats[index] = _FORMS.get(column.shape.sort, Form.TEXT)
        if column.picks is not None:
            lists[index] = column.picks
    return Table(
        name=wanted.kind.nouns[1].capitalize(),
        headers=(KEY_HEADER, *(column.header for column in columns)),
        rows=tuple(rows),
        kind=wanted.kind.name,
        base={item.ref.key: _prints(item, columns) for item in resources},
        lists=lists,
        formats=formats,
    )


_FORMS = {Sort.NUMBER: Form.NUMBER, Sort.MOMENT: Form.MOMENT}
"""How a column is formatted that is no text.  A truth value is a text with a list to pick from:
as one of its own it would read otherwise in each language."""


def _row(resource: Resource, columns: Sequence[Column], number: int) -> Row:
    cells = {0: Cell(resource.ref.key)}
    for index, column in enumerate(columns, 1):
        cell = write(column.value(resource), column.shape)
        if cell.text:
            cells[index] = cell
    return Row(number, cells)


def _prints(resource: Resource, columns: Sequence[Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns:
        found[column.name] = fingerprint(column.value(resource), column.shape)
    return found


def _columns(catalog: Catalog, wanted: Wanted, resources: Sequence[Resource]) -> tuple[Column, ...]:
    every = columns_of(catalog, wanted.kind)
    if not wanted.columns:
        return used(every, resources)
    try:
        return tuple(dict.fromkeys(find_columns(wanted.columns, every)))
    except UnknownColumn as fault:
        raise UsageError(f"--columns: {fault.what}", hint=fault.hint) from None
