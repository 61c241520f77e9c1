"""Sheets on disk: the format by the name, bounded on the way in, never written over."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.files import replaced_at_once
from reconciler.sheets import csvfile
from reconciler.sheets.table import Table
from reconciler.sheets.trouble import SheetError

MOST_BYTES = 128 * 1024 * 1024
"""The largest file that is read."""

FORMATS = (".xlsx", ".csv")


def dumps(table: Table, suffix: str) -> bytes:
    """A table in the format of a file's name."""
    return _WRITERS[suffix](table)


def read(path: Path) -> Table:
    """The table of a file.

    Raises UsageError for a file that cannot be read or has no name of a sheet, SheetError for one
    that is no sheet.
    """
    suffix = format_of(path, "import")
    data = _bytes(path)
    if len(data) > MOST_BYTES:
        hint = "export fewer rows at a time, with --under CATEGORY"
        raise SheetError(f"it is larger than {MOST_BYTES:,} bytes", hint=hint)
    return _READERS[suffix](data, path)


def write(path: Path, table: Table) -> None:
    """Make a file of a table; UsageError where there is one, or none can be."""
    suffix = format_of(path, "export")
    if os.path.lexists(path):
        what = f"{path} is there already, perhaps with edits that are not imported"
        raise UsageError(what, hint="name another file, or remove that one")
    try:
        replaced_at_once(path, dumps(table, suffix), 0o644)
    except OSError as error:
        what = f"{path}: cannot be written: {error.strerror or error}"
        raise UsageError(what, hint="name a file in a folder that you may write to") from error


def format_of(path: Path, command: str) -> str:
    """The suffix of a sheet's name; UsageError for any other."""
    suffix = path.suffix.lower()
    if suffix in FORMATS:
        return suffix
    hint = "save it as .xlsx or as CSV UTF-8" if command == "import" else "name it .xlsx or .csv"
    if suffix == ".xlsm":
        hint = "save it as .xlsx, without its macros"
    raise UsageError(f"{path}: pxm {command} takes .xlsx and .csv", hint=hint)


def _bytes(path: Path) -> bytes:
    """A file up to one byte over the bound."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is no regular file", hint="name a spreadsheet")
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _xlsx(table: Table) -> bytes:
    # openpyxl takes longer to load than a CSV file to write.
    from reconciler.sheets import xlsxwrite

    return xlsxwrite.dumps(table)


def _read_xlsx(data: bytes, _: Path) -> Table:
    from reconciler.sheets import xlsxread

    return xlsxread.loads(data)


def _read_csv(data: bytes, path: Path) -> Table:
    return csvfile.loads(data, path.name)


_WRITERS: Mapping[str, Callable[[Table], bytes]] = {".xlsx": _xlsx, ".csv": csvfile.dumps}
_READERS: Mapping[str, Callable[[bytes, Path], Table]] = {
    ".xlsx": _read_xlsx,
    ".csv": _read_csv,
}
