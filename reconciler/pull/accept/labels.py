"""Labels of options and sub-fields that drifted, and the values that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.kinds import PART_TYPES, Field
from reconciler.model import Drifted, Ref, Value
from reconciler.normalize import spelled, texts
from reconciler.paths import value_path
from reconciler.pull import values
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.wishes import Elements, Relabel
from reconciler.pull.pulled import Inexpressible
from reconciler.pull.values import AttributeShape
from reconciler.wire import definition_of, known_as, view_value
from reconciler.yamltext import Flow, fits_key
from reconciler.yamltext.edits import DROP


def relabelled(
    context: Context, item: Drifted, field: Field, gone: Iterable[str]
) -> dict[str, str]:
    """Of the labels that are gone those whose id stayed, with the label that it has now."""
    applied = context.state.entries[item.ref].applied[field.name]
    shown_before = applied.shown if applied.seen else ()
    shown_now = context.live_object("attribute", item.id).fields.get(field.name)
    ids_before = {label: id_ for id_, label in _parts(shown_before)}
    labels_now = dict(_parts(shown_now))
    found: dict[str, str] = {}
    for label in gone:
        before = known_as(label, ids_before) or ""
        now = labels_now.get(ids_before.get(before, ""))
        if now and now != before:
            found[label] = now
    return found


def _parts(shown: Any) -> Iterator[tuple[str, str]]:
    """Options or sub-fields by id and label, of those that have an id."""
    for part in shown or ():
        if not isinstance(part, str):
            yield part[0], part[1]


def relabel(context: Context, attribute: Ref, field: Field, old: str, new: str) -> None:
    """The label, and the values that hold it: in the account they have changed with it."""
    context.wishes.add(Relabel(attribute, (field.name,), old, values.text(new)))
    types = _types(context.declared(attribute).get("fields"))
    default = "Text" if types is not None else ""
    context.new_labels.setdefault(attribute, {})[new] = (types or {}).get(old, default)
    for owner, held in _holders(context, attribute, old):
        swapped: Any
        if isinstance(held, Mapping):
            swapped = Flow({new if label == old else label: held[label] for label in held})
        else:
            swapped = _picks([new if label == old else label for label in map(spelled, held)])
        context.become(owner, value_path(attribute.key), swapped, due=True)


def unlabel(context: Context, attribute: Ref, label: str) -> None:
    """Values that hold an option or sub-field that is no more: in the account they hold an id
    that means nothing."""
    path = value_path(attribute.key)
    for owner, held in _holders(context, attribute, label):
        if isinstance(held, Mapping):
            record = {name: part for name, part in held.items() if name != label}
            context.become(owner, path, Flow(record) if record else DROP, due=True)
            if _is_shown(context, owner, attribute, label):
                reason = f"it holds '{label}', which the attribute no longer has"
                context.stay(owner, path, f"{reason}: a plan takes it out")
        else:
            rest = [text for text in map(spelled, held) if text != label]
            context.become(owner, path, _picks(rest), due=True)


def _holders(
    context: Context, attribute: Ref, label: str
) -> Iterator[tuple[Ref, tuple[Any, ...] | Mapping[str, Any]]]:
    """The objects with a declared value that holds an option or sub-field, and the value."""
    catalog = context.catalog
    for owner, resource in (*catalog.resources.items(), *catalog.defaults.items()):
        held = resource.fields.get(value_path(attribute.key))
        if isinstance(held, tuple | Mapping) and label in held:
            yield owner, held


def _picks(labels: list[str]) -> Any:
    """One option stands alone, several in a list; without any the value goes."""
    if not labels:
        return DROP
    return labels if len(labels) > 1 else labels[0]


def _is_shown(context: Context, owner: Ref, attribute: Ref, label: str) -> bool:
    """A record keeps the labels of its own parts: what the definition has lost may be there."""
    entry = context.state.entries.get(attribute)
    holder = context.state.entries.get(owner)
    if entry is None or holder is None:
        return False
    value = context.live_object(owner.kind, holder.id).fields.get(value_path(entry.id))
    shown = view_value(value, definition_of(context.live_attribute(attribute)))
    return isinstance(shown, Mapping) and label in shown


# --- what values may hold -----------------------------------------------------------------------


def shape_of(context: Context, attribute: Ref) -> AttributeShape:
    """What the values of an attribute may be once the wishes are carried out.

    Inexpressible where the files do not have the attribute.
    """
    resource = context.catalog.resources.get(attribute)
    if resource is None:
        raise Inexpressible("it is of an attribute that the files do not have")
    fields, new_labels = resource.fields, context.new_labels.get(attribute, {})
    options: frozenset[str] | None = frozenset((*texts(fields.get("options")), *new_labels))
    types = _types(fields.get("fields"))
    parts: Mapping[str, str] | None = (types or {}) | new_labels
    # What is external may leave out what it is made of: anything fits then.
    if resource.external and "options" not in fields:
        options = None
    if resource.external and fields.get("fields") is None:
        parts = None
    return AttributeShape(
        type=spelled(fields.get("type")),
        options=options,
        parts=parts,
        multiple=bool(fields.get("multiple")),
    )


def _types(parts: Value) -> dict[str, str] | None:
    """The types of declared sub-fields by label; None where an attribute has none."""
    if not isinstance(parts, Mapping):
        return None
    return {label: spelled(type_) for label, type_ in parts.items()}


def live_labels(context: Context, attribute: Ref) -> Mapping[str, str]:
    """Labels of the options or sub-fields that the account has, with types."""
    fields = context.live_attribute(attribute).fields
    found = fields.get("options") or fields.get("fields") or ()
    return {label: type_ or "Text" for _, label, type_ in found}


def need_label(context: Context, attribute: Ref, label: str, shape: AttributeShape) -> None:
    """A value that has an option or sub-field of somebody else's: the files list it too."""
    name = "fields" if shape.type == "List" else "options"
    listed = shape.parts if shape.type == "List" else shape.options
    type_ = live_labels(context, attribute).get(label)
    if listed is None or type_ is None or values.as_listed(label, listed) is not None:
        return
    new: Any
    if shape.type != "List":
        new = values.text(label)
    elif type_ in PART_TYPES and fits_key(label):
        new = Flow(label=label, type=type_)
    else:
        return
    whole = (*texts(context.declared(attribute).get(name)), label)
    context.wishes.add(Elements(attribute, (name,), add=(new,), whole=whole))
    context.new_labels.setdefault(attribute, {})[label] = type_
