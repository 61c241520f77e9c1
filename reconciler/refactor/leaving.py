"""What names objects that go, taken out of the files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.catalog import SETTINGS, Named, read_keys
from reconciler.catalog.mentions import KEY
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Moved, Ref, Resource, Value
from reconciler.normalize import texts
from reconciler.paths import attribute_of, is_value
from reconciler.refactor.cutting import Cut, carry_out
from reconciler.refactor.files import Files, uneditable
from reconciler.refactor.history import entry_of, stale_moves
from reconciler.refactor.places import position, standings
from reconciler.refactor.strayed import alike
from reconciler.yamltext.edit import CannotEdit

ROUNDS = 10
"""Edits that touch one another are made one after the other; more rounds than this there are
none."""


def leave(files: Files, catalog: Catalog, gone: Collection[Ref]) -> dict[Ref, list[str]]:
    """Take out what names objects that go; returns the objects that did, and in which fields.

    What other environments alone have stays as it is: whoever reads them finds what they lack.
    CatalogError with every place that cannot be edited.
    """
    if not gone:
        return {}

    def read() -> Iterator[Named]:
        _, keys = read_keys(files.folder, files.edited)
        return (item for item in keys if item.owner not in catalog.elsewhere)

    cut_out(files, read, gone)
    cut_moves(files, catalog, gone)
    return _fields_lost(catalog, gone)


def cut_out(files: Files, read: Callable[[], Iterable[Named]], gone: Collection[Ref]) -> None:
    """Take objects out of the files, where they still stand there, and what names them.

    `read` gives the places of all keys in the texts as they are then.  CatalogError with every
    place that cannot be edited.
    """
    for _ in range(ROUNDS):
        named = [item for item in read() if _leaves(item, gone)]
        if not named:
            return
        files.load({item.place.file for item in named})
        edit_each(by_file(named), lambda file, some: _cut_file(files, file, some))


def _leaves(item: Named, gone: Collection[Ref]) -> bool:
    """Whether a key goes; what an object that goes says of others goes with it."""
    return item.ref in gone and (item.field == KEY or item.owner not in gone)


def edit_each(
    places: Iterable[tuple[str, list[Named]]], edit: Callable[[str, list[Named]], None]
) -> None:
    """Edit file by file; CatalogError with every place that cannot be edited."""
    faults: list[tuple[str, CannotEdit]] = []
    for file, some in places:
        try:
            edit(file, some)
        except CannotEdit as fault:
            faults.append((file, fault))
    if faults:
        raise uneditable(faults)


def by_file(keys: Iterable[Named]) -> Iterator[tuple[str, list[Named]]]:
    """Places by their file, in the order of the files."""
    found: dict[str, list[Named]] = {}
    for item in keys:
        found.setdefault(item.place.file, []).append(item)
    yield from sorted(found.items())


def _cut_file(files: Files, file: str, named: Sequence[Named]) -> None:
    """One round of edits of one file; a file that would be empty goes."""
    on = files.outline(file)
    found = standings(on, {position(item.place) for item in named})
    cut = Cut(on, settings=file == SETTINGS)
    for item in named:
        steps = found[position(item.place)].steps
        # The object is what its key stands in.
        cut.drop(steps[:-1] if item.field == KEY else steps)
    carry_out(files, file, cut)


def cut_moves(files: Files, catalog: Catalog, gone: Collection[Ref]) -> None:
    """Take out the entries of `moved:` that led to objects that go, and to no `removed:`."""
    stale: dict[str, list[Moved]] = {}
    for entry in stale_moves(catalog, gone):
        stale.setdefault(entry.place.file, []).append(entry)
    for file, entries in stale.items():
        files.load([file])
        cut = Cut(files.outline(file))
        for entry in entries:
            _, steps = entry_of(cut.on, entry)
            cut.drop(steps)
        carry_out(files, file, cut)


# --- the catalog that is meant ------------------------------------------------------------------


def _fields_lost(catalog: Catalog, gone: Collection[Ref]) -> dict[Ref, list[str]]:
    found: dict[Ref, list[str]] = {}
    for ref, resource in catalog.resources.items():
        rest = without(resource, gone)
        if rest is not None and not alike(rest, resource):
            paths = resource.fields.items()
            found[ref] = [path for path, value in paths if rest.fields.get(path) != value]
    return found


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
