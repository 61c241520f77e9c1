"""What a list leaves open withholds the creates that it could make doubles (contract 2.5, 7.3)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from reconciler.kinds import KINDS, Kind
from reconciler.model import Live, LiveObject, Ref, Resource, Value
from reconciler.normalize import alike, is_empty
from reconciler.plan.holders import plainly
from reconciler.wire import Names, type_of, view


def may_be_there(resource: Resource, live: Live, names: Names) -> str | None:
    """Why a create is withheld: the account may have the object, where the list does not tell."""
    kind = KINDS[resource.ref.kind]
    if kind.name in live.partial:
        return f"the list of {kind.plural} could not be read whole: it may exist already"
    for item in live.nameless_of(kind.name):
        if _could_be(kind, resource, item, names):
            return f"{plainly(item)} could be it: {_way_out(item)}"
    return None


def recognised(kind: Kind, sent: Mapping[str, Value], shown: Mapping[str, Value]) -> bool:
    """Whether an object, in the catalog's keys, has every part of the natural key that was sent."""
    parts = {name for key in kind.natural for part in key for name in part.split("|")}
    return all(alike(sent.get(name), shown.get(name)) for name in parts & sent.keys())


def seconds(
    doubtful: Iterable[Ref],
    bound: Mapping[Ref, str],
    taken: Container[tuple[str, str]],
    live: Live,
    names: Names,
) -> Iterator[str]:
    """Objects beside those whose create may have been taken twice: doubles to remove (2.6).

    `bound` are the live ids of the catalog's objects, `taken` all that is managed.
    """
    for ref in sorted(doubtful):
        item = live.of(ref.kind).get(bound.get(ref, ""))
        if item is None:
            continue
        kind = KINDS[ref.kind]
        own = view(kind, item.fields, names)
        for other in live.of(ref.kind).values():
            free = other.id != item.id and (ref.kind, other.id) not in taken
            if free and recognised(kind, own, view(kind, other.fields, names)):
                yield (
                    f"{ref}: a second object '{other.label}' ({other.id}) has turned up, since "
                    "its create was sent twice. Remove it in the web interface"
                )


def _way_out(item: LiveObject) -> str:
    if item.id:
        return f"give it a name in the web interface, or pin it with `id: {item.id}`"
    return "mend or remove it in the web interface"


def _could_be(kind: Kind, resource: Resource, item: LiveObject, names: Names) -> bool:
    """Nothing that the entry does show speaks against it, nor that it is no variant."""
    shown = view(kind, item.fields, names)
    parts = {name for key in kind.natural for part in key for name in part.split("|")}
    for name in parts:
        wanted = resource.fields.get(name)
        if is_empty(shown.get(name)):
            if kind.field(name).decisive and not is_empty(wanted):
                return False
        elif not alike(wanted, shown[name], type_of(kind, name, names)):
            return False
    return True
