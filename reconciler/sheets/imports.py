"""What a comparison asks for → edits of the catalog's files, proved before anything is written.

wishes      changed cells, and rows that have gone         here, `pull/accept`
new ones    beneath what they stand under, else in a file  here, `pull/accept/entries`
proof       the edited files are read; each cell has to be what the sheet says, and nothing else
            may have changed
written     all files or none                              files.Replaced
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from reconciler.catalog import read
from reconciler.catalog.objects import NESTS
from reconciler.catalog.order import entry_data
from reconciler.errors import CatalogError
from reconciler.files import Replaced
from reconciler.model import Account, Catalog, Live, Problem, Ref, Resource, State
from reconciler.paths import VALUES, attribute_of, is_value
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.entries import carry_out
from reconciler.pull.accept.leaving import leave_consistently
from reconciler.pull.accept.wishes import Become, Move, Remove, Stays, Wish
from reconciler.refactor.entries import put_in, under_edits
from reconciler.refactor.files import Files, catalog_texts
from reconciler.refactor.leaving import leave
from reconciler.refactor.strayed import owner_of, read_elsewhere, strayed, words_of
from reconciler.sheets.cells import Unfit, same
from reconciler.sheets.columns import KEY, columns_of
from reconciler.sheets.comparison import Change, Comparison, NewObject
from reconciler.sheets.trouble import Refusal
from reconciler.yamltext.edit import CannotEdit, SideBySide
from reconciler.yamltext.edits import DROP

DEEPEST = 20
"""Levels of new objects that stand under one another in a sheet."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The catalog that is edited, and how.

    `into` is the file for new objects that stand under nothing; `remove` are objects to take out.
    """

    folder: Path
    catalog: Catalog
    environment: str | None = None
    into: str = ""
    remove: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """The catalog's files as they would be: texts by path, or what stands against it."""

    texts: Mapping[str, str | bytes | None] = field(default_factory=dict)
    before: Mapping[str, str | bytes] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    catalog: Catalog = field(default_factory=lambda: Catalog({}))


def edit(comparison: Comparison, ask: Ask) -> Edited:
    """Edit the texts of the files and read them back; nothing is written.

    Where anything cannot be done the whole is refused, each reason at its row.
    """
    import_ = _Import(comparison, ask)
    refusals = [*import_.carry_out(), *import_.put_in()]
    if refusals:
        return Edited(refusals=tuple(refusals))
    changed = import_.changed
    reading = read(ask.folder, environment=ask.environment, edited=changed)
    errors = [item for item in reading.problems if item.severity == "error"]
    refusals = [import_.refusal_of(problem, reading.catalog) for problem in errors]
    refusals = refusals or list(import_.disproved(reading.catalog))
    refusals = refusals or list(import_.disproved_elsewhere())
    return Edited(changed, import_.before, tuple(refusals), reading.catalog)


def written(folder: Path, edited: Edited) -> None:
    """Write the files, all or none; UsageError where one cannot be written."""
    with Replaced(folder, edited.before) as replaced:
        replaced.write(edited.texts)
        replaced.keep()


class _Import:
    """The files of a catalog with the edits of one sheet."""

    def __init__(self, comparison: Comparison, ask: Ask) -> None:
        self.comparison, self.ask = comparison, ask
        self.files = Files(catalog_texts(ask.folder, ask.catalog, ask.into), ask.folder)
        self.changes = {
            (change.ref, ".".join(_steps(change))): change for change in comparison.changes
        }
        self.touched: set[Ref] = set()

    @property
    def changed(self) -> dict[str, str | bytes | None]:
        """The files that are others now, texts beside the YAML too."""
        return {**self.files.changed, **self.files.prose}

    @property
    def before(self) -> dict[str, str | bytes]:
        """What the files held."""
        return {**self.files.before, **self.files.prose_before}

    # --- objects that are there ---

    def carry_out(self) -> Iterator[Refusal]:
        """Make the edits of objects that are there; yields what cannot be made."""
        context = Context(self.ask.catalog, Live(Account("")), State())
        for change in self.comparison.changes:
            try:
                context.wishes.add(self._wish(change))
            except Unfit as why:
                yield Refusal(change.row, change.column.header, why.what, why.hint)
        for ref in self.ask.remove:
            context.wishes.add(Remove(ref))
        if self.ask.remove:
            leave_consistently(context)
        for stays in context.wishes.stays:
            what = f"{stays.ref} has no row any more: {stays.reason}"
            yield Refusal(0, "", what, "keep its row, or take out the rows of what it holds too")
        found = context.wishes.found.values()
        self.touched = {wish.ref for wish in found}
        stay = list(carry_out(self.files, self.ask.catalog, found))
        yield from map(self._stays, stay)
        gone = {*self.ask.remove} - {stays.ref for stays in (*stay, *context.wishes.stays)}
        try:
            self.touched |= leave(self.files, self.ask.catalog, gone).keys()
        except CatalogError as error:
            yield from (self.refusal_of(problem, self.ask.catalog) for problem in error.problems)

    def _wish(self, change: Change) -> Wish:
        """What the file should say for a cell."""
        column, ref = change.column, change.ref
        if change.data is None and column.field.required:
            raise Unfit(f"it is empty, and needs a {column.name}", "type it")
        if column.name == _nest_field(ref):
            return Move(ref, (column.path,), self._place(change))
        if change.data is not None:
            return Become(ref, _steps(change), change.data)
        # What the entry does not say itself is not gone with a line of it.
        is_own = column.path not in self.ask.catalog.resources[ref].origins
        return Become(ref, _steps(change), DROP if is_own else None)

    def _place(self, change: Change) -> str | None:
        """What an object comes to stand under."""
        if change.data is None:
            return None
        ref = Ref(change.ref.kind, str(change.data))
        if ref not in self.ask.catalog.resources:
            hint = "import new rows first, then move objects under them"
            raise Unfit(f"the catalog has no {ref} yet", hint)
        return ref.key

    def _stays(self, stays: Stays) -> Refusal:
        change = self.changes.get((stays.ref, stays.path))
        row, header = (change.row, change.column.header) if change else (0, "")
        where = f"{self.ask.folder}/{stays.place}"
        return Refusal(row, header, f"{stays.reason} ({where})", "edit it there by hand")

    # --- objects that are new ---

    def put_in(self) -> Iterator[Refusal]:
        """Make the entries of new objects; yields the rows that have no place."""
        family = _Family(self.comparison.new)
        for item in family.lost():
            yield Refusal(item.row, "", f"{item.ref} stands under itself, or too deep")
        under: dict[Ref, list[NewObject]] = {}
        at_top: list[NewObject] = []
        for item in family.tops():
            above = self._above(item)
            if above is None:
                at_top.append(item)
            else:
                under.setdefault(above, []).append(item)
        at_top += self._put_under(under, family)
        if at_top:
            yield from self._put_at_top(at_top, family)

    def _above(self, item: NewObject) -> Ref | None:
        """The object of the catalog under which a new one comes to stand."""
        ref = Ref(item.ref.kind, item.text_of(_nest_field(item.ref)))
        return ref if ref in self.ask.catalog.resources else None

    def _put_under(self, under: Mapping[Ref, list[NewObject]], family: _Family) -> list[NewObject]:
        """Entries in the lists of what they stand under; returns those that cannot stand there."""
        pending, left = dict(under), list[NewObject]()
        while pending:
            edits: dict[str, SideBySide] = {}
            for above, items in list(pending.items()):
                file = self.ask.catalog.resources[above].place.file
                spot = self.files.spot(file, above)
                entries = [family.entry(item, nested=True) for item in items]
                try:
                    found = under_edits(self.files, spot, above.kind, entries)
                except CannotEdit:
                    left += pending.pop(above)
                    continue
                if edits.setdefault(file, SideBySide()).take(found):
                    del pending[above]
            for file, taken in edits.items():
                self.files.edit(file, taken.edits)
        return left

    def _put_at_top(self, items: Sequence[NewObject], family: _Family) -> Iterator[Refusal]:
        noun, into = self.comparison.kind.nouns[0], self.ask.into
        try:
            if into:
                entries = [family.entry(item, nested=False) for item in items]
                put_in(self.files, into, {self.comparison.kind.plural: entries})
                return
            what, hint = f"a new {noun} needs a file to stand in", "name one with --into FILE"
        except CannotEdit as fault:
            what, hint = f"--into {into}: {fault}", "name another file"
        for item in items:
            yield Refusal(item.row, "", what, hint)

    # --- the proof ---

    def refusal_of(self, problem: Problem, catalog: Catalog) -> Refusal:
        """A problem of the edited files, at the row that it comes from."""
        ref = owner_of(catalog, problem.place)
        row = self.comparison.rows.get(ref, 0)
        header = self._header_at(problem, catalog.resources.get(ref))
        where = "" if row else f" ({self.ask.folder}/{problem.place.file})"
        return Refusal(row, header, problem.message + where, problem.hint)

    def _header_at(self, problem: Problem, resource: Resource | None) -> str:
        """The header of the column whose field a problem is in; empty where none is."""
        if resource is None:
            return ""
        paths = [path for path, place in resource.places.items() if place == problem.place]
        columns = columns_of(self.ask.catalog, self.comparison.kind)
        return next((column.header for column in columns if column.path in paths), "")

    def disproved(self, now: Catalog) -> Iterator[Refusal]:
        """Cells that do not hold what the sheet says, and objects that were not meant."""
        for change in self.comparison.changes:
            found = now.resources.get(change.ref)
            value = change.column.value(found) if found else None
            if not same(value, change.value, change.column.shape):
                what = "it cannot be edited from a sheet"
                place = self.ask.catalog.resources[change.ref].at(change.column.path)
                hint = f"edit it by hand: {self.ask.folder}/{place}"
                yield Refusal(change.row, change.column.header, what, hint)
        yield from self._strayed(self.ask.catalog, now)

    def _strayed(self, before: Catalog, now: Catalog) -> Iterator[Refusal]:
        beside = strayed(before, now, self._touched(now))
        if beside:
            yield Refusal(0, "", f"the edit {words_of(beside)}", "edit the files by hand")

    def disproved_elsewhere(self) -> Iterator[Refusal]:
        """What the edits would break or change of what only other environments have."""
        for before, reading in read_elsewhere(self.ask.folder, self.ask.catalog, self.changed):
            errors = [item for item in reading.problems if item.severity == "error"]
            yield from (self.refusal_of(problem, reading.catalog) for problem in errors)
            yield from self._strayed(before, reading.catalog)

    def _touched(self, now: Catalog) -> set[Ref]:
        """The objects that may be others now."""
        found = self.touched | {item.ref for item in self.comparison.new}
        return found | set(_heirs(now, found))


def _heirs(catalog: Catalog, parents: set[Ref]) -> Iterator[Ref]:
    """The objects that have a value from one of these."""
    for ref, item in catalog.resources.items():
        if any(origin.owner in parents for origin in item.origins.values()):
            yield ref


def _steps(change: Change) -> tuple[str, ...]:
    """The way to a column's entry in the YAML of an object."""
    path = change.column.path
    return (VALUES, attribute_of(path)) if is_value(path) else (path,)


def _nest_field(ref: Ref) -> str:
    """The field that says under what an object stands; empty where its kind has none."""
    nest = NESTS.get(ref.kind)
    return nest.field if nest else ""


class _Family:
    """New objects with the new ones that stand under them."""

    def __init__(self, items: Sequence[NewObject]) -> None:
        self.items = {item.ref: item for item in items}
        self.below: dict[Ref, list[NewObject]] = {}
        for item in items:
            self.below.setdefault(self._above(item), []).append(item)

    def _above(self, item: NewObject) -> Ref:
        return Ref(item.ref.kind, item.text_of(_nest_field(item.ref)))

    def tops(self) -> list[NewObject]:
        """Those that stand under none of the others."""
        return [item for item in self.items.values() if self._above(item) not in self.items]

    def lost(self) -> list[NewObject]:
        """Those that stand under themselves, by way of others, or too deep."""
        level, left = self.tops(), dict(self.items)
        for _ in range(DEEPEST):
            for item in level:
                left.pop(item.ref, None)
            below = [self.below.get(item.ref, ()) for item in level]
            level = list(chain.from_iterable(below))
        return list(left.values())

    def entry(self, item: NewObject, *, nested: bool) -> dict[str, Any]:
        """The entry of an object; a nested one does not say what it stands under."""
        fields: dict[str, Any] = {KEY: item.ref.key}
        for column, data in item.values.items():
            if not (nested and column.path == _nest_field(item.ref)):
                fields[column.path] = data
        below = [self.entry(inner, nested=True) for inner in self.below.get(item.ref, ())]
        return entry_data(item.ref.kind, fields, below)
