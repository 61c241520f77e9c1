"""The catalog → a table: a row an object, a column a field or an attribute."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.kinds import KINDS, ORDER, Kind
from reconciler.model import Catalog, Ref, Resource
from reconciler.normalize import texts
from reconciler.sheets.cells import Sort, fingerprint, write
from reconciler.sheets.columns import (
    KEY_HEADER,
    Column,
    UnknownColumn,
    columns_of,
    find_columns,
    used,
)
from reconciler.sheets.table import Cell, Form, Row, Table
from reconciler.suggestions import suggestion


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sheet is to show: objects of a kind, below a category, in these columns."""

    kind: Kind
    under: str = ""
    columns: tuple[str, ...] = ()


def table_of(catalog: Catalog, wanted: Wanted) -> Table:
    """The sheet of a catalog; UsageError for a category or a column that is not there."""
    resources = tuple(_rows(catalog, wanted))
    columns = _columns(catalog, wanted, resources)
    rows = (_row(item, columns, number) for number, item in enumerate(resources, 2))
    picks = {index: column.picks for index, column in enumerate(columns, 1)}
    return Table(
        name=wanted.kind.nouns[1].capitalize(),
        headers=(KEY_HEADER, *(column.header for column in columns)),
        rows=tuple(rows),
        kind=wanted.kind.name,
        base={item.ref.key: _prints(item, columns) for item in resources},
        lists={index: found for index, found in picks.items() if found is not None},
        formats={0: Form.TEXT} | {at: _FORMS[x.shape.sort] for at, x in enumerate(columns, 1)},
    )


_FORMS = {
    Sort.TEXT: Form.TEXT,
    Sort.NUMBER: Form.NUMBER,
    Sort.TRUTH: Form.TEXT,
    Sort.MOMENT: Form.MOMENT,
    Sort.CHOICE: Form.TEXT,
    Sort.CHOICES: Form.TEXT,
    Sort.RECORD: Form.TEXT,
}
"""How a column is formatted.  A truth value is a text with a list to pick from: as one of its own
it would read otherwise in each language."""


def _row(resource: Resource, columns: Sequence[Column], number: int) -> Row:
    cells = {0: Cell(resource.ref.key)}
    for index, column in enumerate(columns, 1):
        cell = write(column.value(resource), column.shape)
        if cell.text:
            cells[index] = cell
    return Row(number, cells)


def _prints(resource: Resource, columns: Sequence[Column]) -> dict[str, str]:
    return {column.name: fingerprint(column.value(resource), column.shape) for column in columns}


def _columns(catalog: Catalog, wanted: Wanted, resources: Sequence[Resource]) -> tuple[Column, ...]:
    every = columns_of(catalog, wanted.kind)
    if not wanted.columns:
        return used(every, resources)
    try:
        return tuple(dict.fromkeys(find_columns(wanted.columns, every)))
    except UnknownColumn as fault:
        raise UsageError(f"--columns: {fault.what}", hint=fault.hint) from None


# --- which objects ------------------------------------------------------------------------------


def _rows(catalog: Catalog, wanted: Wanted) -> Iterator[Resource]:
    """The objects of the kind that are ours, in the order of the files."""
    below = _below(catalog, wanted.under) if wanted.under else None
    for item in catalog.of(wanted.kind.name):
        if not item.external and (below is None or item.ref in below):
            yield item


def _below(catalog: Catalog, key: str) -> Collection[Ref]:
    """A category, and all that names it or what is below it."""
    top = Ref("category", key)
    if top not in catalog.resources:
        hint = suggestion(key, [item.ref.key for item in catalog.of("category")])
        raise UsageError(f"--under {key}: there is no such category", hint=hint)
    found = {top}
    # Each kind names those before it, and some their own: those are few levels deep.
    for kind in ORDER:
        grown = True
        while grown:
            more = [item.ref for item in catalog.of(kind.name) if _names_any(item, found)]
            grown = not found.issuperset(more)
            found.update(more)
    return found


def _names_any(resource: Resource, found: Collection[Ref]) -> bool:
    for field in KINDS[resource.ref.kind].fields:
        if field.to and field.yaml:
            keys = texts(resource.fields.get(field.name))
            if any(Ref(field.to, key) in found for key in keys):
                return True
    return False
