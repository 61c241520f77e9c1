"""Group membership is a set of pairs, declared on the group and written where the account shows
it: on the group (`attributes`), or on the attribute (`group_id`) (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.kinds import KINDS, Field, Kind
from reconciler.model import Catalog, Live, LiveObject, Ref, Resource, Value
from reconciler.normalize import is_empty, texts
from reconciler.wire import Names


def as_shown(catalog: Catalog, live: Live) -> Catalog:
    """The catalog with each membership moved to the side on which the account shows it."""
    for kind, item, mirror in _mirrored_fields(live):
        catalog = _moved(catalog, kind, item, mirror)
    return catalog


def _mirrored_fields(live: Live) -> Iterator[tuple[Kind, Field, Field]]:
    """Kinds, their fields that the account shows on the other side, and the fields there."""
    for kind in KINDS.values():
        for item in kind.fields:
            if item.mirror and is_mirrored(live, kind, item):
                yield kind, item, KINDS[item.to].field(item.mirror)


def is_mirrored(live: Live, kind: Kind, item: Field) -> bool:
    """Whether the account shows a set on the objects in it and not on the one that declares it.

    What shows elements counts first, then what shows the field at all; where neither side shows
    anything it is the declaring side.
    """
    here, there = live.of(kind.name).values(), live.of(item.to).values()
    if _is_filled(here, item.name):
        return False
    if _is_filled(there, item.mirror):
        return True
    if not here or _is_shown(here, item.name):
        return False
    return _is_shown(there, item.mirror)


def _is_filled(items: Iterable[LiveObject], name: str) -> bool:
    return any(not is_empty(item.fields.get(name)) for item in items)


def _is_shown(items: Iterable[LiveObject], name: str) -> bool:
    return any(name in item.fields for item in items)


class Mirrored:
    """The sets that the account shows on the objects in them, looked up once for all objects."""

    def __init__(self, live: Live, names: Names) -> None:
        self._names = names
        self._fields: dict[str, list[tuple[Field, Mapping[str, list[str]]]]] = {}
        for kind, field, _ in _mirrored_fields(live):
            self._fields.setdefault(kind.name, []).append((field, _members(field, live)))

    def of(self, item: LiveObject) -> dict[str, Value]:
        """Those of one object, in the catalog's keys."""
        found: dict[str, Value] = {}
        for field, members in self._fields.get(item.kind, ()):
            ids = members.get(item.id, ())
            found[field.name] = tuple(self._names.token(field.to, id_) for id_ in ids)
        return found


def _members(field: Field, live: Live) -> Mapping[str, list[str]]:
    """The ids of what is in each object, by its id."""
    found: dict[str, list[str]] = {}
    for member in live.of(field.to).values():
        for id_ in texts(member.fields.get(field.mirror)):
            found.setdefault(id_, []).append(member.id)
    return found


def _moved(catalog: Catalog, kind: Kind, item: Field, mirror: Field) -> Catalog:
    """Each owner's elements become an element of theirs."""
    resources = dict(catalog.resources)
    owners: dict[Ref, list[Resource]] = {}
    for owner in _declaring(catalog, kind, item):
        fields = dict(owner.fields)
        del fields[item.name]
        resources[owner.ref] = replace(owner, fields=fields)
        for ref in _declared(owner, item):
            owners.setdefault(ref, []).append(owner)
    for ref, found in owners.items():
        member = resources.get(ref)
        if member is not None and not member.external:
            keys = tuple(owner.ref.key for owner in found)
            fields = {**member.fields, mirror.name: keys}
            places = {**member.places, mirror.name: found[0].at(item.name)}
            resources[ref] = replace(member, fields=fields, places=places)
    return replace(catalog, resources=resources)


def _declared(owner: Resource, item: Field) -> list[Ref]:
    """The members that an owner declares."""
    return [Ref(item.to, key) for key in texts(owner.fields[item.name])]


def unwritable(catalog: Catalog, live: Live) -> Iterator[str]:
    """Memberships of external objects that this account keeps on those: a note each."""
    for kind, item, _ in _mirrored_fields(live):
        for owner in _declaring(catalog, kind, item):
            for ref in _declared(owner, item):
                member = catalog.resources.get(ref)
                if member is not None and member.external:
                    yield (
                        f"{owner.ref}: the account keeps {item.name} on the {item.to}, and {ref} "
                        "is external: it is left as it is"
                    )


def _declaring(catalog: Catalog, kind: Kind, item: Field) -> Iterator[Resource]:
    """The objects of ours that declare the set."""
    for owner in catalog.of(kind.name):
        if item.name in owner.fields and not owner.external:
            yield owner
