"""`pxm export` and `pxm import`: the catalog as a spreadsheet, and back (contract 3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.choices import kinds_named
from reconciler.cli.environments import chosen
from reconciler.cli.loading import load
from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.kinds import KINDS, Kind
from reconciler.model import Place, Problem
from reconciler.quoting import quoted
from reconciler.reports.jsontext import document
from reconciler.reports.values import clean
from reconciler.sheets import files
from reconciler.sheets.compare import compare, removed
from reconciler.sheets.comparison import Change, Comparison, Conflict
from reconciler.sheets.export import Wanted, table_of
from reconciler.sheets.table import Table
from reconciler.sheets.trouble import Refusal, SheetError

if TYPE_CHECKING:
    from reconciler.sheets.imports import Edited

USUAL = "collection"
"""The kind of a sheet that nobody names another for."""

MOST_REFUSALS = 200
MOST_CHANGES = 20
"""Lines of each that are printed."""


# --- the catalog as a sheet ---------------------------------------------------------------------


def export(
    settings: Settings,
    path: Path | None,
    under: str,
    kind: str,
    columns: Sequence[str],
    output: str = "text",
) -> int:
    """Write a sheet; CSV to standard output where no file is named."""
    if path is None and output == "json":
        raise UsageError("export writes CSV to standard output", hint="name a FILE: out.csv")
    if path is not None:
        files.format_of(path, "export")
    row = KINDS[kinds_named([kind])[0]]
    names = tuple(filter(str.strip, ",".join(columns).split(",")))
    catalog = load(settings, contents=False).catalog
    table = table_of(catalog, Wanted(row, under, names))
    if path is None:
        click.echo(files.dumps(table, ".csv"), nl=False)
        return 0
    files.write(path, table)
    if output == "json":
        told = {"file": str(path), "kind": row.name, "rows": len(table.rows)}
        click.echo(document(told), nl=False)
        return 0
    click.echo(f"Wrote {clean(str(path))}: {_count(len(table.rows), row.nouns)}.")
    return 0


def _count(number: int, nouns: tuple[str, str]) -> str:
    return f"{number:,} {nouns[number != 1]}"


# --- a sheet into the catalog -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import:
    """What the command line asks of an import."""

    path: Path
    kind: str | None = None
    into: Path | None = None
    remove_missing: bool = False
    overwrite: bool = False
    dry_run: bool = False
    output: str = "text"


def import_(settings: Settings, asked: Import) -> int:
    """Edit the catalog's files as a sheet says, or say what stands against it and exit 1."""
    # What edits files is needed for this alone.
    from reconciler.refactor.files import file_in
    from reconciler.sheets.imports import Ask, edit, written

    _check_is_file(asked.path)
    into = file_in(settings.catalog, asked.into, "--into") if asked.into else ""
    try:
        table = files.read(asked.path)
    except SheetError as fault:
        row = f", row {fault.row}" if fault.row else ""
        raise UsageError(f"{asked.path}{row}: {fault.what}", hint=fault.hint) from None
    kind = _kind(asked, table)
    settings = chosen(settings)
    catalog = load(settings, contents=False).catalog
    found = compare(table, catalog, kind)
    if asked.overwrite:
        found.overwrite()
    gone = removed(found, table, catalog) if asked.remove_missing else ()
    refused = [*found.refusals, *map(_conflict, found.conflicts)]
    if not refused:
        edited = edit(found, Ask(settings.catalog, catalog, settings.env, into, gone))
        refused = list(edited.refusals)
    if refused:
        settings.found.extend(_problem(asked, item) for item in refused)
        click.echo("\n".join(_refused_lines(asked, table, refused)), err=True)
        return 1
    if not asked.dry_run:
        written(settings.catalog, edited)
    done = _Done(found, edited, len(gone))
    if asked.output == "json":
        click.echo(document(_told(settings, asked, done)), nl=False)
        return 0
    lines = _lines(settings, asked, table, done)
    click.echo("\n".join(lines))
    return 0


def _check_is_file(path: Path) -> None:
    """What a Terraform user types, `pxm import collection/rain-jacket`, is something else."""
    kind, _, key = str(path).partition("/")
    if kind in KINDS and key and not path.exists():
        raise UsageError(
            f"pxm import reads spreadsheets, and {path} is no file",
            hint=f"to take over what is in the account, write its `id:` into the entry of {path}, "
            f"or run `pxm state bind {path} ID`",
        )


def _kind(asked: Import, table: Table) -> Kind:
    """The kind of the rows: what the file says, else what the command line does."""
    named = kinds_named([asked.kind])[0] if asked.kind else None
    if table.kind is not None and table.kind not in KINDS:
        raise UsageError(f"{asked.path}: its hidden base is damaged", hint="export it again")
    if named and table.kind and named != table.kind:
        what = f"--kind {asked.kind}: {asked.path} was exported as {table.kind}"
        raise UsageError(what, hint="leave out --kind")
    return KINDS[table.kind or named or USUAL]


def _conflict(conflict: Conflict) -> Refusal:
    change = conflict.change
    sides = f"the sheet has {_shown(change.after)}, the catalog {_shown(change.before)}"
    if conflict.known:
        what = f"both were changed since the export: {sides}"
    else:
        what = f"{sides}, and the file does not say what it was when it was exported"
    hint = "make them equal, or let the sheet win with --overwrite"
    return Refusal(change.row, change.column.header, what, hint)


def _shown(text: str) -> str:
    return quoted(text) if text else "nothing"


# --- what is said of it -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of an import."""

    found: Comparison
    edited: Edited
    removed: int


def _problem(asked: Import, refusal: Refusal) -> Problem:
    """What stands against an import, at its row of the sheet."""
    message = f"{refusal.header}: {refusal.what}" if refusal.header else refusal.what
    return Problem(Place(str(asked.path), refusal.row or 1), message, refusal.hint)


def _told(settings: Settings, asked: Import, done: _Done) -> dict[str, Any]:
    """What came of it, for programs."""
    found = done.found
    return {
        "written": not asked.dry_run,
        "files": [(settings.catalog / name).as_posix() for name in sorted(done.edited.texts)],
        "changes": [_changed(change) for change in found.changes],
        "new": [{"row": item.row, "object": str(item.ref)} for item in found.new],
        "removed": done.removed,
        "newer": found.newer,
        "missing": [str(ref) for ref in found.missing],
    }


def _changed(change: Change) -> dict[str, Any]:
    return {
        "row": change.row,
        "column": change.column.header,
        "object": str(change.ref),
        "before": change.before,
        "after": change.after,
    }


def _refused_lines(asked: Import, table: Table, refused: Sequence[Refusal]) -> Iterator[str]:
    for refusal in sorted(refused, key=lambda item: item.row)[:MOST_REFUSALS]:
        yield clean(_refused_line(asked, table, refusal))
    more = len(refused) - MOST_REFUSALS
    if more > 0:
        yield f"… and {more:,} more."
    yield "Nothing was imported."


def _refused_line(asked: Import, table: Table, refusal: Refusal) -> str:
    where = [str(asked.path) if table.name == asked.path.name else f"{asked.path}, {table.name}"]
    if refusal.row:
        where.append(f"row {refusal.row}")
    if refusal.header:
        where.append(refusal.header)
    hint = f" ({refusal.hint})" if refusal.hint else ""
    return f"{', '.join(where)}: {refusal.what}{hint}"


def _lines(settings: Settings, asked: Import, table: Table, done: _Done) -> Iterator[str]:
    found = done.found
    yield from map(clean, table.notes)
    if table.base is None and found.changes:
        yield "The file does not say what it held at its export: only empty values are filled."
    yield from _change_lines(found, MOST_CHANGES if not asked.dry_run else len(found.changes))
    if found.newer:
        cells = _count(found.newer, ("cell stays", "cells stay"))
        yield f"{cells} as the catalog has it: it was changed there since the export."
    if found.missing and not asked.remove_missing:
        nouns = ("object has", "objects have")
        yield (
            f"{_count(len(found.missing), nouns)} no row any more and stays in the catalog; "
            "--remove-missing takes it out."
        )
    yield _summary(settings, asked, done)


def _change_lines(found: Comparison, most: int) -> Iterator[str]:
    for change in found.changes[:most]:
        yield clean(f"  {_change_line(change)}")
    if len(found.changes) > most:
        yield f"  … and {len(found.changes) - most:,} more"
    for item in found.new[:most]:
        yield clean(f"  row {item.row}: {item.ref} is new")
    if len(found.new) > most:
        yield f"  … and {len(found.new) - most:,} more"


def _change_line(change: Change) -> str:
    sides = f"{_shown(change.before)} → {_shown(change.after)}"
    return f"row {change.row}, {change.column.header}: {sides} ({change.ref})"


def _summary(settings: Settings, asked: Import, done: _Done) -> str:
    found = done.found
    counts = (
        (len(found.changes), ("cell changed", "cells changed")),
        (len(found.new), ("new object", "new objects")),
        (done.removed, ("object removed", "objects removed")),
    )
    said = ", ".join(_count(number, nouns) for number, nouns in counts if number)
    if not said:
        return "Nothing to import: the sheet says what the catalog says."
    names = ", ".join(clean(str(settings.catalog / name)) for name in sorted(done.edited.texts))
    if asked.dry_run:
        return f"{said}: would edit {names}. Nothing was written."
    return f"{said}; edited {names}. See `git diff`."
