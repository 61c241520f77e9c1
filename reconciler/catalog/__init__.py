"""Files → desired resources and problems (contract 1).

find_files         the files, read in the order of their paths    files.py
judged             each by its JSON Schema, without what is wrong  forms.py
unpack             or what an earlier run has kept of a file       pieces.py, kept.py
taken              or other processes have read of it beside this  ahead.py, crew.py, helper.py
read_document      objects under their keys, nested ones too      objects.py, fields.py
read_settings      reconciler.yaml → Policy                       settings.py
ValueReader        attribute values, once their types are known   values.py
fill, hand_on      `defaults` and `inherit`: what entries leave out  defaults.py
join               links said at products and categories          links.py
checks             what has to hold between objects               checks.py, natural.py, moves.py
rules              what the catalog asks of itself                rules/
named              where each key stands, for those that edit it  mentions.py
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from reconciler.catalog import checks, defaults, links, objects, rules, settings
from reconciler.catalog.ahead import Helpers, Taken, taken, usual
from reconciler.catalog.draft import Book, Findings
from reconciler.catalog.files import (
    SETTINGS,
    Folder,
    Lost,
    Source,
    find_files,
    note_nothing,
    read_settings_alone,
    read_settings_file,
    source_of,
)
from reconciler.catalog.forms import judged
from reconciler.catalog.mentions import Named, named
from reconciler.catalog.pieces import Kept, packed, start, unpack
from reconciler.catalog.values import ValueReader
from reconciler.collector import keep_what_is_there
from reconciler.completeness import Completeness
from reconciler.errors import CatalogError
from reconciler.model import Catalog, Environment, Problem
from reconciler.yamlfile import DEFAULT_MAX_BYTES

__all__ = ["SETTINGS", "Named", "Reading", "environments", "load", "read", "read_keys"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A catalog as far as it could be read, and all that is wrong with it, sorted by place.

    `completeness` is what its rules have found; without rules it is empty.
    """

    catalog: Catalog
    problems: tuple[Problem, ...] = ()
    completeness: Completeness = field(default_factory=Completeness)


def read(
    folder: Path,
    *,
    environment: str | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    contents: bool = False,
    edited: Mapping[str, str | bytes | None] = MappingProxyType({}),
    kept: Kept | None = None,
    helpers: Helpers | None = None,
) -> Reading:
    """Read a catalog folder; a bad catalog is a list of problems, never an exception.

    `environment` picks the ids that are given by environment; with `contents` the files to
    upload are read for their digests.  `edited` are texts by path that count instead of what
    stands there, None a file that is gone: how a catalog would read.  Of files that `kept` has,
    what is kept of them is taken; it gets what is read.  `helpers` read beside this process where
    there is much; None are the usual ones.  UsageError where there is no such folder.
    """
    found = find_files(folder, max_bytes=max_bytes, edited=edited)
    book = Book(Findings(), found.lost, environment, folder, contents, edited)
    completeness = _read(found, book, kept, helpers)
    return _reading(book, completeness)


def read_keys(
    folder: Path, edited: Mapping[str, str | bytes | None] = MappingProxyType({})
) -> tuple[Reading, tuple[Named, ...]]:
    """Read a catalog folder for all its environments, and every place where a key stands.

    `edited` is as in `read`.
    """
    found = find_files(folder, max_bytes=DEFAULT_MAX_BYTES, edited=edited)
    book = Book(Findings(), found.lost, folder=folder, edited=edited)
    completeness = _read(found, book)
    names = tuple(named(book))
    return _reading(book, completeness), names


def _read(
    found: Folder, book: Book, kept: Kept | None = None, helpers: Helpers | None = None
) -> Completeness:
    """All that a folder declares, into the book; what its own rules say of it."""
    policy = _read_settings(book, read_settings_file(found))
    values = ValueReader(book)
    _read_files(book, values, found, kept, helpers or usual())
    for problem in found.problems:
        book.findings.add(problem)
    values.read_rest()
    defaults.fill(book)
    links.join(book)
    objects.complete(book)
    defaults.hand_on(book)
    checks.run(book)
    for problem in settings.faults(book, policy):
        book.findings.add(problem)
    return rules.judge(book, policy.rules)


def _reading(book: Book, completeness: Completeness) -> Reading:
    return Reading(_catalog(book), book.findings.all(), completeness)


def environments(folder: Path) -> Mapping[str, Environment]:
    """The environments that the settings of a catalog declare; none where there are no settings.

    CatalogError with all problems of the settings where one of them is an error.
    """
    source = read_settings_alone(folder)
    book = Book(Findings(), Lost(), folder=folder)
    _read_settings(book, source)
    problems = book.findings.all()
    if any(problem.severity == "error" for problem in problems):
        raise CatalogError(problems)
    return book.environments


def load(
    folder: Path, *, environment: str | None = None, max_bytes: int = DEFAULT_MAX_BYTES
) -> Catalog:
    """Read a catalog folder; CatalogError with all problems where one of them is an error."""
    reading = read(folder, environment=environment, max_bytes=max_bytes)
    if any(problem.severity == "error" for problem in reading.problems):
        raise CatalogError(reading.problems)
    return reading.catalog


def _read_settings(book: Book, source: Source | None) -> settings.Settings:
    if source is None:
        return settings.Settings()
    root = judged(book, source, "settings")
    found = settings.read_settings(book, root) if root else settings.Settings()
    book.policy = found.policy
    return found


_MANY = 10_000
"""Objects that make it worth telling the collector that they stay."""


def _read_files(
    book: Book, values: ValueReader, found: Folder, kept: Kept | None, helpers: Helpers
) -> None:
    some, settled = False, 0
    with closing(taken(found, kept, book.environment, helpers)) as files:
        for file in files:
            before = len(book.drafts)
            some = _read_file(book, found, kept, file) or some
            values.read_known(book.drafts[before:])
            if len(book.drafts) - settled >= _MANY:
                keep_what_is_there()
                settled = len(book.drafts)
    if not some:
        note_nothing(found)


def _read_file(book: Book, found: Folder, kept: Kept | None, file: Taken) -> bool:
    """Read a file into the book, or what was read of it; whether anything stands in it."""
    if file.piece is None:
        return _read_anew(book, found, kept, file)
    unpack(book, file.file, file.piece)
    if kept and not file.is_kept:
        kept.put(file.file, file.raw, file.piece)
    return True


def _read_anew(book: Book, found: Folder, kept: Kept | None, file: Taken) -> bool:
    since = start(book)
    source = source_of(found, file.file, file.raw)
    root = judged(book, source, "catalog")
    if root is not None:
        objects.read_document(book, root)
        piece = packed(book, since) if kept else None
        if kept and piece is not None:
            kept.put(file.file, file.raw, piece)
    return source.root is not None or bool(source.problems)


def _catalog(book: Book) -> Catalog:
    """What the book holds; each draft goes as its resource comes, or both would be held at once."""
    book.drafts.clear()
    resources = {ref: book.index.pop(ref).resource() for ref in list(book.index)}
    return Catalog(
        resources=resources,
        moved=tuple(move.entry for move in book.moves),
        removed=tuple(removed for removed, _ in book.removed),
        policy=book.policy,
        defaults={ref: item.resource() for ref, item in book.defaults.items()},
        elsewhere=book.elsewhere,
        text_files=book.text_files,
    )
