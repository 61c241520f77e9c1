"""Sheet, base and catalog → what an import would edit, as a value.

For each cell there are three sides: what the sheet holds, what it held when it was exported (the
base), and what the catalog holds now.

    sheet = catalog                    nothing to do
    sheet = base, catalog is another   the catalog is newer: it stays
    catalog = base, sheet is another   an edit
    all differ                         a conflict
    no base, catalog holds nothing     an edit; an empty cell says nothing
    no base, both hold something       a conflict
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.kinds import KEY as KEY_FORM
from reconciler.kinds import LONGEST_KEY, Kind
from reconciler.model import Catalog, Ref, Resource, Value
from reconciler.normalize import is_empty
from reconciler.pull.pulled import Inexpressible
from reconciler.quoting import quoted
from reconciler.sheets.cells import Unfit, fingerprint, is_omitted, read, same, write
from reconciler.sheets.columns import KEY, Column, columns_of
from reconciler.sheets.comparison import Change, Comparison, Conflict, NewObject
from reconciler.sheets.headers import NOTE, UnknownColumn, find_column, is_key
from reconciler.sheets.table import Cell, Form, Prints, Row, Table


def compare(table: Table, catalog: Catalog, kind: Kind) -> Comparison:
    """Compare a sheet with its base and the catalog; nothing is edited."""
    found = Comparison(kind)
    columns = _columns(table, columns_of(catalog, kind), found)
    if found.refusals:
        return found
    comparer = _Comparer(table, catalog, columns, found)
    for row in table.rows:
        comparer.take(row)
    for key in table.base or ():
        ref = Ref(kind.name, key)
        if ref in catalog.resources and ref not in found.rows:
            found.missing.append(ref)
    return found


# --- the header ---------------------------------------------------------------------------------


def _columns(
    table: Table, columns: Sequence[Column], found: Comparison
) -> dict[int, Column | None]:
    """The columns by their place, None for the key's; refuses unknown and doubled headers."""
    places: dict[int, Column | None] = {}
    taken: set[str] = set()
    for index, header in enumerate(table.headers):
        if not header.strip() or header.strip().startswith(NOTE):
            continue
        try:
            column = None if is_key(header) else find_column(header, columns)
        except UnknownColumn as fault:
            found.refuse(1, header, fault.what, fault.hint or _OWN_COLUMN)
            continue
        name = KEY if column is None else column.name
        if name in taken:
            found.refuse(1, header, f"{name} is the header of two columns", "take one of them out")
        taken.add(name)
        places[index] = column
    _check_keyed(places, found)
    return places


def _check_keyed(places: Mapping[int, Column | None], found: Comparison) -> None:
    if None not in places.values() and not found.refusals:
        found.refuse(1, "", "no column is called `Key (key)`", "it says which object a row is")


_OWN_COLUMN = f"a column of your own begins with {NOTE}"


# --- the rows -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Comparer:
    """Takes the rows one by one."""

    table: Table
    catalog: Catalog
    columns: Mapping[int, Column | None]
    found: Comparison

    @property
    def base(self) -> Prints:
        """What was exported; nothing where nobody knows."""
        return self.table.base or {}

    def take(self, row: Row) -> None:
        """Compare a row, or refuse it."""
        self._check_headed(row)
        key = self._key(row)
        if key is None:
            return
        ref = Ref(self.found.kind.name, key)
        if ref in self.found.rows:
            first = self.found.rows[ref]
            self.found.refuse(row.number, KEY, f"row {first} has the key {quoted(key)} already")
            return
        self.found.rows[ref] = row.number
        resource = self.catalog.resources.get(ref)
        if resource is not None:
            self._compare(row, resource)
        elif ref in self.catalog.elsewhere:
            self._refuse_key(row, key, "is declared for other environments", "choose it with --env")
        elif key in self.base:
            hint = "take the row out, or give it another key"
            self._refuse_key(row, key, "has left the catalog since the export", hint)
        else:
            self._add(row, ref)

    def _refuse_key(self, row: Row, key: str, what: str, hint: str) -> None:
        self.found.refuse(row.number, KEY, f"{quoted(key)} {what}", hint)

    def _check_headed(self, row: Row) -> None:
        """What stands below no header would be lost without a word."""
        headers = self.table.headers
        for index in row.cells:
            if index >= len(headers) or not headers[index].strip():
                what = f"the cell {_letters(index)}{row.number} has no header above it"
                hint = f"write one in row 1; one that begins with {NOTE} is not read"
                self.found.refuse(row.number, "", what, hint)

    def _key(self, row: Row) -> str | None:
        """The key of a row; None where it has none that can be one, or nothing in it."""
        cell = row.cell(self.keys)
        key = cell.text.strip()
        if key == "":
            if any(at in self.columns for at in row.cells):
                self.found.refuse(row.number, KEY, "it has no key", "give the new object one")
            return None
        is_typed = cell.form in (Form.TEXT, Form.NUMBER)
        if is_typed and KEY_FORM.fullmatch(key) and len(key) <= LONGEST_KEY:
            return key
        hint = "letters, digits and . _ - in parts joined by /, at most 200 characters"
        self.found.refuse(row.number, KEY, f"{quoted(key)} cannot be a key", hint)
        return None

    @property
    def keys(self) -> int:
        """The column of the keys."""
        return next(at for at, column in self.columns.items() if column is None)

    def _read(self, row: Row, column: Column, cell: Cell) -> tuple[Value, Any] | None:
        """The value of a cell and its YAML; None where it is refused."""
        try:
            value = read(cell, column.shape, comma=self.table.comma)
            return value, None if is_empty(value) else column.data(value)
        except Unfit as fault:
            self.found.refuse(row.number, column.header, fault.what, fault.hint)
        except Inexpressible as why:
            self.found.refuse(row.number, column.header, str(why))
        return None

    # --- an object that is there ---

    def _compare(self, row: Row, resource: Resource) -> None:
        prints = self.base.get(resource.ref.key, {})
        for index, column in self.columns.items():
            cell = row.cell(index)
            if column is None or is_omitted(cell):
                continue
            read_ = self._read(row, column, cell)
            if read_ is not None:
                change = _change(row, column, resource, read_)
                if change is not None:
                    self._judge(change, column.value(resource), prints.get(column.name))

    def _judge(self, change: Change, mine: Value, exported: str | None) -> None:
        """An edit, a conflict, or nothing: the table above."""
        shape = change.column.shape
        if exported is None:
            if is_empty(mine):
                self.found.changes.append(change)
            elif not is_empty(change.value):
                self.found.conflicts.append(Conflict(change, known=False))
        elif exported == fingerprint(change.value, shape):
            self.found.newer += 1
        elif exported == fingerprint(mine, shape):
            self.found.changes.append(change)
        else:
            self.found.conflicts.append(Conflict(change, known=True))

    # --- an object that is new ---

    def _add(self, row: Row, ref: Ref) -> None:
        values: dict[Column, Any] = {}
        for index, column in self.columns.items():
            cell = row.cell(index)
            if column is not None and not is_omitted(cell):
                read_ = self._read(row, column, cell)
                if read_ is not None and read_[1] is not None:
                    values[column] = read_[1]
        new = NewObject(row.number, ref, values)
        self._check_whole(new)
        self.found.new.append(new)

    def _check_whole(self, new: NewObject) -> None:
        """A new object says what its kind needs."""
        kind = self.found.kind
        for field in kind.fields:
            if field.required and not new.text_of(field.name):
                what = f"a new {kind.nouns[0]} needs a {field.name}"
                self.found.refuse(new.row, field.name, what)


def _change(
    row: Row, column: Column, resource: Resource, read_: tuple[Value, Any]
) -> Change | None:
    """What a cell says that the catalog does not; None where they say the same."""
    value, data = read_
    mine = column.value(resource)
    if same(value, mine, column.shape):
        return None
    before, after = write(mine, column.shape).text, write(value, column.shape).text
    return Change(row.number, column, resource.ref, before, after, value, data)


def removed(found: Comparison, table: Table, catalog: Catalog) -> tuple[Ref, ...]:
    """The objects without a row, to be taken out; refuses what the catalog has changed since."""
    if table.base is None or not table.lists_missing:
        what = "this file does not say which rows it had, so none can be missing"
        found.refuse(0, "", what, "export an .xlsx file for --remove-missing")
        return ()
    columns = columns_of(catalog, found.kind)
    for ref in found.missing:
        prints = table.base[ref.key]
        changed = _changed_since(catalog.resources[ref], prints, columns)
        if changed is not None:
            what = f"{ref} has no row any more, and was changed in the catalog since the export"
            found.refuse(0, changed.header, what, "export again, or take it out by hand")
    return tuple(found.missing)


def _changed_since(
    resource: Resource, prints: Mapping[str, str], columns: Sequence[Column]
) -> Column | None:
    """A column that is not as it was exported."""
    for column in columns:
        held = prints.get(column.name)
        if held is not None and held != fingerprint(column.value(resource), column.shape):
            return column
    return None


def _letters(index: int) -> str:
    """A column as spreadsheets call it: A, Z, AA."""
    name, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
