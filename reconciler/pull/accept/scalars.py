"""Drift of a scalar field or an attribute value → what stands in the files instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.kinds import START, Field, Type
from reconciler.model import Drifted, FieldChange, Ref, Value
from reconciler.normalize import is_empty, spelled, texts
from reconciler.paths import attribute_of
from reconciler.pull import values
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.labels import live_labels, need_label, shape_of
from reconciler.pull.accept.wishes import Elements, Move
from reconciler.pull.pulled import Inexpressible
from reconciler.pull.values import AttributeShape
from reconciler.wire import as_spelled, known_as
from reconciler.yamltext.edits import DROP


def accept_scalar(context: Context, item: Drifted, field: Field, change: FieldChange) -> None:
    """A field becomes what the account has, and an object stands where it stands there."""
    nest = NESTS.get(item.ref.kind)
    if nest and field.name == nest.field:
        to = None if is_empty(change.after) else values.key_of(change.after, field.to)
        context.wishes.add(Move(item.ref, (field.name,), to))
    elif field.derived:
        reason = "its type follows from where it stands in the files"
        context.stay(item.ref, field.name, reason)
    elif not is_empty(change.after):
        context.become(item.ref, field.name, _spelled_as(field, change.after))
        _add_start(context, item, field)
    elif field.required:
        raise Inexpressible(f"it has no {field.name} any more, and the files need one")
    else:
        context.become(item.ref, field.name, DROP)
    if field.among:
        _follow_primary(context, item, field, change.after)


def _spelled_as(field: Field, value: Value) -> Any:
    if field.type is Type.REFERENCE:
        return values.key_of(value, field.to)
    return _SCALARS[field.type](value)


_SCALARS: Mapping[Type, Any] = {
    Type.TEXT: values.text,
    Type.WORD: values.text,
    Type.BOOLEAN: values.truth,
    Type.MULTIPLE: values.truth,
    Type.INSTANT: values.moment,
}


def _follow_primary(context: Context, item: Drifted, field: Field, primary: Value) -> None:
    """The former primary one is said among the others, if it is one of them still, and the new
    one no longer."""
    declared = context.declared(item.ref)
    shown = context.live_object(item.ref.kind, item.id).fields.get(field.among) or ()
    former = spelled(declared.get(field.name))
    entry = context.state.entries.get(Ref(field.to, former))
    whole = [key for key in texts(declared.get(field.among)) if key != primary]
    add: tuple[str, ...] = ()
    if entry is not None and entry.id in shown and former != primary:
        add = (former,)
    else:
        whole = [key for key in whole if key != former]
    drop = tuple(texts(primary))
    context.wishes.add(Elements(item.ref, (field.among,), drop, add, tuple(whole)))


def _add_start(context: Context, item: Drifted, field: Field) -> None:
    """`published: true` asks for a start date, which may never have been declared."""
    if field.name != "published" or not is_empty(context.declared(item.ref).get(START.name)):
        return
    shown = context.live_object(item.ref.kind, item.id).fields
    if shown.get("published") and not is_empty(shown.get(START.name)):
        context.become(item.ref, START.name, values.moment(shown[START.name]))


# --- attribute values ---------------------------------------------------------------------------


def accept_value(context: Context, ref: Ref, change: FieldChange) -> None:
    """A value becomes what the account has, and its attribute lists the labels that it holds."""
    attribute = Ref("attribute", attribute_of(change.path))
    shape = shape_of(context, attribute)
    value = change.after
    if is_empty(value) or _is_all_stale(context, shape, attribute, value):
        context.become(ref, change.path, DROP)
        return
    if shape.type in ("Pick List", "List"):
        listed = shape.parts if shape.type == "List" else shape.options
        value = _as_listed(value, listed or ())
        labels = tuple(value) if isinstance(value, Mapping) else texts(value)
        for label in labels:
            need_label(context, attribute, label, shape)
        shape = shape_of(context, attribute)
    context.become(ref, change.path, values.value_of(value, shape))


def _is_all_stale(context: Context, shape: AttributeShape, attribute: Ref, value: Value) -> bool:
    """What is left of a value whose options were all deleted."""
    if shape.type != "Pick List" or shape.options is None:
        return False
    present = {*live_labels(context, attribute), *shape.options}
    return not any(values.as_listed(label, present) for label in texts(value))


def _as_listed(value: Value, listed: Collection[str]) -> Value:
    """A value with its labels as the files spell them, where the account trims or escapes."""
    if isinstance(value, Mapping):
        return {known_as(label, listed) or label: part for label, part in value.items()}
    return as_spelled(texts(value), listed)
