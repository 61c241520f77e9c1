"""An object goes, with what it contains and all that names it (contract 1.10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.catalog import SETTINGS, Named
from reconciler.catalog.mentions import KEY
from reconciler.catalog.objects import NESTS
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.known import references
from reconciler.model import Catalog, Moved, Ref, Resource, Value
from reconciler.normalize import texts
from reconciler.paths import attribute_of, is_value
from reconciler.refactor.cutting import Cut, carry_out
from reconciler.refactor.history import cut_moves, note_removals, stale_moves
from reconciler.refactor.places import position, standings
from reconciler.refactor.work import NOTHING, Patch, Work, by_file, uneditable
from reconciler.yamltext.edit import CannotEdit

ROUNDS = 10
"""Edits that touch one another are made one after the other; more rounds than this there are
none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks of a removal.

    `keep_live` lets the objects go instead of having them deleted; `noted` says so of the delete
    under `removed:`; `orphans` takes out what hangs on nothing else, too.
    """

    targets: tuple[str, ...]
    keep_live: bool = False
    noted: bool = False
    orphans: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """The edits, and the objects that go: those asked for, what they contain, what hung on them.

    `left` hangs on nothing any more and stays; `protected` are objects of `prevent_destroy`;
    `unnamed` are files of the folder that nothing names any more.
    """

    patch: Patch
    targets: tuple[Ref, ...]
    contained: tuple[Ref, ...]
    orphans: tuple[Ref, ...]
    left: tuple[Ref, ...]
    protected: tuple[Ref, ...]
    unnamed: tuple[str, ...]

    @property
    def all(self) -> tuple[Ref, ...]:
        """Every object that goes."""
        return (*self.targets, *self.contained, *self.orphans)


def remove(folder: Path, wanted: Wanted) -> Removal:
    """The edits by which objects go.

    UsageError for a key that is not there; CatalogError where a place cannot be edited.
    """
    work = Work.on(folder)
    targets = tuple(dict.fromkeys(map(work.known, wanted.targets)))
    contained = tuple(_contained(work.catalog, targets))
    hung = tuple(_orphans(work.catalog, {*targets, *contained}))
    orphans = hung if wanted.orphans else ()
    all_gone = (*targets, *contained, *orphans)
    gone = frozenset(all_gone)
    if len(gone) == len(work.catalog.resources):
        raise UsageError(
            f"{NOTHING}: nothing would be left of the catalog",
            hint="a folder without objects is taken for a mistake, never for an order to delete",
        )
    is_noted = wanted.keep_live or wanted.noted
    if is_noted:
        note_removals(work, all_gone, destroy=not wanted.keep_live)
    cut_out(work, gone)
    if not is_noted:
        _cut_moves(work, gone)
    patch = work.proved(lambda resource: without(resource, gone))
    return Removal(
        patch,
        targets,
        contained,
        orphans,
        left=() if wanted.orphans else hung,
        protected=tuple(filter(work.is_protected, all_gone)),
        unnamed=tuple(sorted(_beside(folder, work.catalog) - _beside(folder, work.now.catalog))),
    )


def _beside(folder: Path, catalog: Catalog) -> set[str]:
    """The files beside the YAML that a catalog names: texts, and what is uploaded."""
    uploads = (resource.file for resource in catalog.resources.values() if resource.file)
    texts = (str(folder / name) for name in catalog.text_files.values())
    return {Path(name).as_posix() for name in (*uploads, *texts)}


def _contained(catalog: Catalog, targets: Iterable[Ref]) -> Iterator[Ref]:
    """What stands in objects, at any depth: children and variants, nested and flat ones."""
    below: dict[Ref, list[Ref]] = {}
    for ref, resource in catalog.resources.items():
        nest = NESTS.get(ref.kind)
        above = resource.fields.get(nest.field) if nest else None
        if above is not None:
            below.setdefault(Ref(ref.kind, str(above)), []).append(ref)
    seen = set(targets)
    queue = list(targets)
    while queue:
        for ref in below.get(queue.pop(0), ()):
            if ref not in seen:
                seen.add(ref)
                queue.append(ref)
                yield ref


def _orphans(catalog: Catalog, gone: Collection[Ref]) -> Iterator[Ref]:
    """What hung on objects that go, and names nothing else: a link, a file, a group."""
    kinds = {kind for ref in gone for kind, _ in KINDS[ref.kind].falls}
    for ref, resource in catalog.resources.items():
        if ref.kind in kinds and ref not in gone and not resource.external:
            named = _references(resource)
            if named and all(other in gone for other in named):
                yield ref


def _references(resource: Resource) -> list[Ref]:
    found: list[Ref] = []
    for path, value in resource.fields.items():
        if not is_value(path):
            found += references(resource.ref.kind, path, value)
    return found


# --- out of the files ---------------------------------------------------------------------------


def cut_out(work: Work, gone: Collection[Ref]) -> None:
    """Take objects out of the files, and what names them there.

    CatalogError with every place that cannot be edited.
    """
    for _ in range(ROUNDS):
        named = [x for x in work.keys if x.ref in gone and (x.field == KEY or x.owner not in gone)]
        if not named:
            break
        work.files.load({item.place.file for item in named})
        faults: list[tuple[str, CannotEdit]] = []
        for file, some in by_file(named):
            try:
                _cut_file(work, file, some)
            except CannotEdit as fault:
                faults.append((file, fault))
        if faults:
            raise uneditable(faults)
        work.read_again()


def _cut_file(work: Work, file: str, named: Sequence[Named]) -> None:
    """One round of edits of one file; a file that would be empty goes."""
    on = work.files.outline(file)
    found = standings(on, {position(item.place) for item in named})
    cut = Cut(on, settings=file == SETTINGS)
    for item in named:
        steps = found[position(item.place)].steps
        # The object is what its key stands in.
        cut.drop(steps[:-1] if item.field == KEY else steps)
    carry_out(work.files, file, cut)


def _cut_moves(work: Work, gone: Collection[Ref]) -> None:
    stale: dict[str, list[Moved]] = {}
    for entry in stale_moves(work, gone):
        stale.setdefault(entry.place.file, []).append(entry)
    for file, entries in stale.items():
        work.files.load([file])
        cut = Cut(work.files.outline(file))
        cut_moves(cut, entries)
        carry_out(work.files, file, cut)


def without(resource: Resource, gone: Collection[Ref]) -> Resource | None:
    """An object as it is to be once others have gone; None where it goes itself."""
    if resource.ref in gone:
        return None
    fields = dict(_fields_without(resource, gone))
    ignore = [path for path in resource.lifecycle.ignore if not _is_of(path, gone)]
    lifecycle = replace(resource.lifecycle, ignore=frozenset(ignore))
    return replace(resource, fields=fields, lifecycle=lifecycle)


def _fields_without(resource: Resource, gone: Collection[Ref]) -> Iterator[tuple[str, Value]]:
    kind = KINDS[resource.ref.kind]
    for path, value in resource.fields.items():
        field = kind.field(path)
        if is_value(path):
            if not _is_of(path, gone):
                yield path, value
        elif isinstance(value, tuple) and field.to:
            yield path, tuple(key for key in texts(value) if Ref(field.to, key) not in gone)
        elif not field.to or Ref(field.to, str(value)) not in gone:
            yield path, value


def _is_of(path: str, gone: Collection[Ref]) -> bool:
    return is_value(path) and Ref("attribute", attribute_of(path)) in gone
