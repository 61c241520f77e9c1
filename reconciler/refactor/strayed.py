"""What an edit of the files changed beside what it was meant to, and whose a problem is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from reconciler.catalog import Reading, environments, read
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Place, Ref, Resource
from reconciler.normalize import spelled


def strayed(old: Catalog, new: Catalog, touched: Collection[Ref]) -> list[Ref]:
    """Objects that are not as they were, but for those that were meant."""
    before, now = old.resources, new.resources
    others = {*before, *now} - {*touched}
    return sorted(ref for ref in others if not alike(before.get(ref), now.get(ref)))


def read_elsewhere(
    folder: Path, catalog: Catalog, edited: Mapping[str, str | bytes | None]
) -> Iterator[tuple[Catalog, Reading]]:
    """What each environment has now, and once the files are edited, where there are objects that
    the one at hand has not."""
    if catalog.elsewhere:
        for name in environments(folder):
            before = read(folder, environment=name).catalog
            yield before, read(folder, environment=name, edited=edited)


def words_of(beside: Collection[Ref]) -> str:
    """What an edit would have done to them, for a message."""
    return f"would have changed {', '.join(map(spelled, list(beside)[:3]))} too"


def alike(one: Resource | None, other: Resource | None) -> bool:
    """Whether two objects declare the same, wherever they say so; None is one that is not there."""
    if one is None or other is None:
        return one is other
    return _told(one) == _told(other)


def _told(resource: Resource) -> tuple[object, ...]:
    """What an object says, without fields that follow from others, such as a product's type from
    whether it has variants; a set without elements is none."""
    kind = KINDS[resource.ref.kind]
    fields = {
        path: value
        for path, value in resource.fields.items()
        if value != () and not kind.field(path).derived
    }
    beside = (resource.id, resource.external, resource.lifecycle, resource.renames, resource.file)
    return (fields, *beside)


def owner_of(catalog: Catalog, place: Place) -> Ref:
    """The object that a place is of: the last one that begins before it in its file; one without
    a key where there is none."""
    above = [x for x in catalog.resources.values() if x.place.file == place.file]
    return max((x for x in above if x.place <= place), key=lambda x: x.place, default=_NOBODY).ref


_NOBODY = Resource(Ref("", ""), {}, Place(""))
