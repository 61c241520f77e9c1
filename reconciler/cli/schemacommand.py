"""`pxm schema`: schemas with what this catalog holds, for editors (contract 1.5)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from reconciler.catalog import read
from reconciler.catalog.editor import EditorSchema, editor_schema, settings_schema
from reconciler.cli.environments import chosen
from reconciler.cli.session import open_session, regions_of
from reconciler.cli.settings import HOME, Settings
from reconciler.errors import UsageError
from reconciler.files import replace_file
from reconciler.kinds import KINDS
from reconciler.live import read_regions
from reconciler.model import Catalog
from reconciler.normalize import distinct
from reconciler.reports.jsontext import document
from reconciler.reports.text import clean

CATALOG_SCHEMA = "catalog.schema.json"
SETTINGS_SCHEMA = "settings.schema.json"
LOOKS = 1.0
"""Seconds between two looks at the files."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where the schema of catalog files was written, and what it had to leave out."""

    path: Path
    schema: EditorSchema


def run(settings: Settings, live: bool, watch: bool, output: str = "text") -> int:
    """Write the schemas; with `live` the account is asked for its regions, with `watch` they are
    written again whenever a file of the catalog changes, until Ctrl-C."""
    if watch and output == "json":
        raise UsageError("--watch ends with Ctrl-C alone", hint="leave it out, or --format json")
    regions = _live_regions(settings) if live else ()
    seen = _stamps(settings.catalog)
    _write(settings, regions, output)
    if not watch:
        return 0
    click.echo("Watching the catalog; Ctrl-C ends it.")
    try:
        while True:
            time.sleep(LOOKS)
            now = _stamps(settings.catalog)
            if now != seen:
                seen = now
                _write(settings, regions)
    except KeyboardInterrupt:
        return 0


def write_schemas(folder: Path, catalog: Catalog, regions: Iterable[str]) -> Written:
    """Write the schemas of a catalog and of its settings into `home_of(folder)`.

    `regions` are the account's; those that the catalog names are proposed in any case.
    """
    home = home_of(folder)
    own = regions_of(catalog)
    schema = editor_schema(catalog, distinct((*regions, *own)))
    replace_file(home / CATALOG_SCHEMA, document(schema.document))
    replace_file(home / SETTINGS_SCHEMA, document(settings_schema(catalog, own)))
    # Git sees nothing of the folder, wherever it is.
    if not (home / ".gitignore").exists():
        replace_file(home / ".gitignore", "*\n")
    return Written(home / CATALOG_SCHEMA, schema)


def home_of(folder: Path) -> Path:
    """`.reconciler` beside the catalog folder; in it where pxm was started there."""
    full = folder.resolve()
    return (full if full == Path.cwd() else full.parent) / HOME


def schema_from(folder: Path) -> str:
    """The path of the schema from the catalog folder, as its files name it."""
    return Path(os.path.relpath(home_of(folder) / CATALOG_SCHEMA, folder.resolve())).as_posix()


def from_here(path: Path) -> str:
    """A path as whoever started pxm would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _write(settings: Settings, regions: Iterable[str], output: str = "text") -> None:
    """What could be read counts: whoever is at work on a catalog has problems in it."""
    reading = read(settings.catalog, environment=settings.env)
    settings.found[:] = reading.problems
    written = write_schemas(settings.catalog, reading.catalog, regions)
    if output == "json":
        click.echo(document(_told(written, schema_from(settings.catalog))), nl=False)
        return
    for line in _lines(written, len(reading.problems), schema_from(settings.catalog)):
        click.echo(clean(line))


def _live_regions(settings: Settings) -> tuple[str, ...]:
    settings = chosen(settings)
    catalog = read(settings.catalog, environment=settings.env).catalog
    with ExitStack() as stack:
        session, *_ = open_session(settings, catalog, True, stack)
        return tuple(region.name for region in read_regions(session))


def _stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """When each catalog file was last changed, and its size."""
    found = {}
    for path in folder.rglob("*.y*ml"):
        try:
            status = path.stat()
        except OSError:
            continue
        found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found


def _told(written: Written, named: str) -> dict[str, Any]:
    """What was written, for programs; `named` is how catalog files name the schema."""
    return {
        "catalog": from_here(written.path),
        "settings": from_here(written.path.with_name(SETTINGS_SCHEMA)),
        "named": named,
        "left_out": dict(written.schema.left_out),
    }


def _lines(written: Written, problems: int, named: str) -> Iterator[str]:
    yield f"Wrote {from_here(written.path)}."
    for kind, number in written.schema.left_out.items():
        plural = KINDS[kind].plural.replace("_", " ")
        yield f"The keys of {number:,} {plural} are too many to be proposed, and left out."
    if problems:
        yield f"{problems} problem(s) in the catalog; see `pxm validate`."
    yield f"Files name it in their first line: # yaml-language-server: $schema={named}"
