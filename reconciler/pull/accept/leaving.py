"""Entries that go: nothing in the files names them, and nothing nested in them is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.catalog.objects import NESTS
from reconciler.kinds import KINDS, Field
from reconciler.model import Catalog, Ref, Resource
from reconciler.normalize import spelled, texts
from reconciler.paths import attribute_of, is_value
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.wishes import Become, Elements, Move, Remove
from reconciler.yamltext.edits import DROP


def leave_consistently(context: Context) -> None:
    """Keep the entries that something stands under, and drop what names those that go."""
    wishes = context.wishes
    gone, moved = wishes.refs(Remove), wishes.refs(Move)
    for ref, inner in _shells(context.catalog, gone, moved).items():
        gone.remove(ref)
        wishes.withdraw(Remove(ref))
        context.stay(ref, "", f"it is gone, but {inner}, which stands under it, is not")
    for ref, resource in (*context.catalog.resources.items(), *context.catalog.defaults.items()):
        if ref not in gone:
            _drop_names_of(context, resource, gone)
            _drop_handed_on(context, resource, gone)


def _shells(catalog: Catalog, gone: Collection[Ref], moved: Collection[Ref]) -> dict[Ref, Ref]:
    """Entries of gone objects that stay for as long as something in them is still in the
    account, each with the object that it stays for."""
    kept: dict[Ref, Ref] = {}
    for ref in catalog.resources:
        if ref in gone or ref in moved:
            continue
        for above in _chain_above(catalog, ref):
            if above not in gone or above in kept:
                break
            kept[above] = ref
    return kept


def _chain_above(catalog: Catalog, ref: Ref) -> Iterator[Ref]:
    """What an object stands under, the nearest first, and last one that nobody declares."""
    nest = NESTS.get(ref.kind)
    while nest is not None and ref in catalog.resources:
        above = catalog.resources[ref].fields.get(nest.field)
        ref = Ref(ref.kind, spelled(above or ""))
        yield ref


def _drop_names_of(context: Context, resource: Resource, gone: Collection[Ref]) -> None:
    """Take out of an object's fields what names objects that go."""
    kind, nest = KINDS[resource.ref.kind], NESTS.get(resource.ref.kind)
    for path, value in resource.fields.items():
        field = kind.field(path)
        if nest and path == nest.field:
            continue  # it has moved, or the entry that it stands in would not go
        if is_value(path):
            if Ref(field.to, attribute_of(path)) in gone:
                context.become(resource.ref, path, DROP)
        elif field.to:
            lost = [key for key in texts(value) if Ref(field.to, key) in gone]
            if lost:
                _drop_references(context, resource, field, lost)


def _drop_handed_on(context: Context, resource: Resource, gone: Collection[Ref]) -> None:
    """Take attributes that go out of what a product hands to its variants."""
    lost = tuple(key for key in resource.inherit if Ref("attribute", key) in gone)
    if lost and "inherit" not in resource.origins:
        rest = tuple(key for key in resource.inherit if key not in lost)
        context.wishes.add(Elements(resource.ref, ("inherit",), lost, (), rest))


def _drop_references(
    context: Context, resource: Resource, field: Field, lost: Collection[str]
) -> None:
    if not field.is_set:
        wish = Become(resource.ref, (field.name,), DROP)
        # What drifted itself says what takes its place.
        if not context.wishes.has(wish):
            context.wishes.add(wish)
        return
    primary = KINDS[resource.ref.kind].primary
    if primary is not None and field.name == primary.among:
        written_elsewhere = resource.fields.get(primary.name)
    else:
        written_elsewhere = None
    drop = tuple(key for key in lost if key != written_elsewhere)
    if drop:
        rest = tuple(key for key in texts(resource.fields[field.name]) if key not in lost)
        context.wishes.add(Elements(resource.ref, (field.name,), drop, (), rest))
