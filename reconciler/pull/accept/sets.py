"""Drift of a set → elements that its list loses and gets."""

from __future__ import annotations

from typing import Any

from reconciler.kinds import KINDS, LABELLED, Field, Type
from reconciler.model import Drifted, FieldChange, Ref, Value
from reconciler.normalize import composed, spelled, texts
from reconciler.pull import values
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.labels import relabel, relabelled, unlabel
from reconciler.pull.accept.wishes import Elements
from reconciler.pull.pulled import Inexpressible
from reconciler.yamltext import Flow


def accept_mirrored(context: Context, item: Drifted, field: Field, change: FieldChange) -> None:
    """Membership is declared on the other side: its list loses this object."""
    owner = KINDS[field.to]
    for other in owner.fields:
        if other.mirror == field.name and other.to == item.ref.kind:
            for key in change.remove:
                wish = Elements(Ref(owner.name, key), (other.name,), drop=(item.ref.key,))
                context.wishes.add(wish)


def accept_set(context: Context, item: Drifted, field: Field, change: FieldChange) -> None:
    """The list loses and gets what the account's has lost and got.

    Inexpressible where an element cannot stand in the files, and the set then stays as a whole.
    """
    declared = context.declared(item.ref)[field.name]
    drop = list(change.remove)
    add = [_element(context, item, field, label) for label in change.add]
    if field.type in LABELLED:
        drop, add = _without_relabelled(context, item, field, drop, add)
        for label in drop:
            unlabel(context, item.ref, label)
    elif field.type is Type.REGIONS:
        drop = [_region_as_declared(context, name, declared) for name in drop]
        if not add and set(drop) >= set(texts(declared)):
            add = _regions_now(context, item)
    else:
        drop = _without_primary(context, item, field, drop)
    if change.order:
        reason = f"the account has them in another order: {', '.join(change.order)}"
        context.stay(item.ref, field.name, reason)
    if drop or add:
        whole = (*_without(declared, drop), *map(spelled, add))
        context.wishes.add(Elements(item.ref, (field.name,), tuple(drop), tuple(add), whole))


def _without_relabelled(
    context: Context, item: Drifted, field: Field, drop: list[str], add: list[Any]
) -> tuple[list[str], list[Any]]:
    """What goes and comes but for the labels that only changed, which are relabelled."""
    new_labels = relabelled(context, item, field, drop)
    for old, new in new_labels.items():
        relabel(context, item.ref, field, old, new)
    still_drop = [label for label in drop if label not in new_labels]
    still_add = [element for element in add if element not in new_labels.values()]
    return still_drop, still_add


def _without(declared: Value, drop: list[str]) -> list[str]:
    gone = set(map(composed, drop))
    return [label for label in texts(declared) if composed(label) not in gone]


def _element(context: Context, item: Drifted, field: Field, label: str) -> Any:
    """An element as the files write it."""
    if field.type is Type.SUBFIELDS:
        return Flow(label=label, type=_part_type(context, item.id, label))
    if field.type is Type.REFERENCES:
        return values.key_of(label, field.to)
    return values.text(label)


def _part_type(context: Context, id_: str, label: str) -> str:
    parts = context.live_object("attribute", id_).fields.get("fields") or ()
    for _, name, type_ in parts:
        if name == label and type_:
            return str(type_)
    return "Text"


def _without_primary(context: Context, item: Drifted, field: Field, drop: list[str]) -> list[str]:
    """The primary one is written elsewhere, and has drifted itself or cannot be lost."""
    primary = KINDS[item.ref.kind].primary
    if primary is None or field.name != primary.among:
        return drop
    key = context.declared(item.ref).get(primary.name)
    has_drifted = any(change.path == primary.name for change in item.fields)
    if key in drop and not has_drifted:
        reason = f"it is no longer in '{key}', which is still its primary {primary.to}"
        context.stay(item.ref, field.name, reason)
    return [label for label in drop if label != key]


# --- regions ------------------------------------------------------------------------------------


def _region_as_declared(context: Context, name: str, declared: Value) -> str:
    """A region may stand in the files by its id."""
    known = texts(declared)
    if name not in known:
        for region in context.live.regions:
            if region.name == name and region.id in known:
                return region.id
    return name


def _regions_now(context: Context, item: Drifted) -> list[Any]:
    """The regions that took the place of all of ours: the field cannot be emptied."""
    regions = {region.id: region for region in context.live.regions}
    names = [region.name for region in context.live.regions]
    found: list[Any] = []
    for id_ in context.live_object(item.ref.kind, item.id).fields.get("regions") or ():
        if id_ in regions:
            name = regions[id_].name
            found.append(name if names.count(name) == 1 else id_)
    if not found:
        raise Inexpressible("it is in no region any more that these credentials see")
    return found
