"""Who is who, what names what, and what stands above what.

Every stage asks these; each is decided here, on the words of `wire`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeVar

from reconciler.kinds import KINDS, OWN_PLACES, Type
from reconciler.model import Catalog, Live, Ref, Resource, Value
from reconciler.normalize import texts
from reconciler.paths import attribute_of, is_value
from reconciler.wire import Definition, Names, definition_of

Node = TypeVar("Node", bound=Hashable)


# --- who is who ---------------------------------------------------------------------------------


def who_is_who(
    ids: Mapping[Ref, str],
    live: Live,
    *,
    roots: frozenset[str] = frozenset(),
    catalog: Catalog | None = None,
    declared: Mapping[str, Resource] | None = None,
) -> Names:
    """Ids and keys of what is known by a key, regions, and definitions of the live attributes.

    `roots` are the hidden root categories.  With a catalog the attributes that do not exist yet
    are defined as it declares them.  `declared` are resources by the id of their live attribute:
    its option labels are then those that pending renames will make.
    """
    keys: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for ref, id_ in ids.items():
        keys[ref.kind][id_] = ref.key
    wanted = declared or {}
    attributes = live.of("attribute").items()
    planned = catalog.of("attribute") if catalog is not None else ()
    return Names(
        keys=keys,
        ids=ids,
        regions=live.regions,
        definitions={id_: definition_of(item, wanted.get(id_)) for id_, item in attributes},
        roots=roots,
        planned={item.ref.key: planned_definition(item) for item in planned},
        objects=live.objects,
    )


def planned_definition(resource: Resource) -> Definition:
    """What a declared attribute says of its values, before it exists."""
    parts = resource.fields.get("fields")
    types: dict[str, str] = {}
    if isinstance(parts, Mapping):
        types = {label: str(type_) for label, type_ in parts.items()}
    return Definition(type=str(resource.fields.get("type") or "Text"), types=types)


# --- what names what ----------------------------------------------------------------------------


def references(kind: str, path: str, value: Value) -> Iterator[Ref]:
    """The objects that a declared value of a field names, by their keys or `id:` tokens."""
    field = KINDS[kind].field(path)
    if is_value(path):
        yield Ref("attribute", attribute_of(path))
    elif field.type in (Type.REFERENCE, Type.REFERENCES):
        yield from (Ref(field.to, key) for key in texts(value))


# --- what stands above --------------------------------------------------------------------------


def above(ref: Ref, resources: Mapping[Ref, Resource]) -> Ref | None:
    """The declared object of its own kind that one stands in; None where there is none."""
    if ref not in resources:
        return None
    for name in OWN_PLACES[ref.kind]:
        found = Ref(ref.kind, str(resources[ref].fields.get(name) or ""))
        if found in resources:
            return found
    return None


def depth(node: Node, above: Callable[[Node], Node | None], depths: dict[Node, int]) -> int:
    """How many nodes stand above one; where they stand in a circle, up to where it closes.

    `depths` remembers what has been found.
    """
    chain: dict[Node, None] = {}
    step: Node | None = node
    while step is not None and step not in depths and step not in chain:
        chain[step] = None
        step = above(step)
    base = depths.get(step, 0) + 1 if step is not None else 0
    for offset, one in enumerate(reversed(chain)):
        depths[one] = base + offset
    return depths[node]
