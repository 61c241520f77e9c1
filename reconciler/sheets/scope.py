"""Which objects are the rows of a sheet: those of a kind, or those below a category."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.errors import UsageError
from reconciler.kinds import CATEGORY, KINDS, ORDER, Kind
from reconciler.model import Catalog, Ref, Resource
from reconciler.normalize import texts
from reconciler.suggestions import suggestion


def objects_in(catalog: Catalog, kind: Kind, under: str) -> Iterator[Resource]:
    """The objects of a kind that are ours, in the order of the files.

    `under` is the key of a category, empty for all; UsageError where there is none such.
    """
    below = _below(catalog, under) if under else None
    for item in catalog.of(kind.name):
        if not item.external and (below is None or item.ref in below):
            yield item


def _below(catalog: Catalog, key: str) -> Collection[Ref]:
    """A category, and all that names it or what is below it."""
    top = Ref(CATEGORY.name, key)
    if top not in catalog.resources:
        hint = suggestion(key, [item.ref.key for item in catalog.of(top.kind)])
        raise UsageError(f"--under {key}: there is no such category", hint=hint)
    found = {top}
    # Each kind names those before it, and some their own: those are few levels deep.
    for kind in ORDER:
        while _grow(catalog, kind, found):
            pass
    return found


def _grow(catalog: Catalog, kind: Kind, found: set[Ref]) -> bool:
    """Add the objects of a kind that name one of those found; False where there are no more."""
    before = len(found)
    found.update(item.ref for item in catalog.of(kind.name) if _names_any(item, found))
    return len(found) > before


def _names_any(resource: Resource, found: Collection[Ref]) -> bool:
    for field in KINDS[resource.ref.kind].fields:
        if field.to and field.yaml:
            keys = texts(resource.fields.get(field.name))
            if any(Ref(field.to, key) in found for key in keys):
                return True
    return False
