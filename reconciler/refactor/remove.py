"""An object goes, with what it contains and all that names it (contract 1.10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from reconciler.catalog.objects import NESTS
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.known import references
from reconciler.model import Catalog, Ref, Resource
from reconciler.paths import is_value
from reconciler.refactor.history import note_removals
from reconciler.refactor.leaving import cut_moves, cut_out, without
from reconciler.refactor.work import NOTHING, Patch, Work


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
    cut_out(work.files, work.named, gone)
    if not is_noted:
        cut_moves(work.files, work.catalog, gone)
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


def _orphans(catalog: Catalog, gone: Set[Ref]) -> Iterator[Ref]:
    """What hung on objects that go, and names nothing else: a link, a file, a group."""
    hanging: set[str] = set()
    for ref in gone:
        hanging.update(kind for kind, _ in KINDS[ref.kind].falls)
    for ref, resource in catalog.resources.items():
        if ref.kind in hanging and ref not in gone and not resource.external:
            named = _references(resource)
            if named and named <= gone:
                yield ref


def _references(resource: Resource) -> set[Ref]:
    """What an object names, but for the attributes of its values."""
    found: set[Ref] = set()
    for path, value in resource.fields.items():
        if not is_value(path):
            found.update(references(resource.ref.kind, path, value))
    return found
