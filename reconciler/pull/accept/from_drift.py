"""Drift → what the files should say instead, object by object.

sets         elements that came and went                         sets.py
labels       of options and sub-fields, and values that hold them  labels.py
scalars      scalar fields and attribute values                  scalars.py
shells       entries that stay for what stands under them        leaving.py
links        said at the other end                               links.py
elsewhere    values that stand in defaults, or at a parent        elsewhere.py
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.enums import DriftStatus
from reconciler.kinds import KINDS, Type
from reconciler.model import Catalog, Drifted, FieldChange, Live, State
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.elsewhere import settle_elsewhere
from reconciler.pull.accept.leaving import leave_consistently
from reconciler.pull.accept.links import settle_links
from reconciler.pull.accept.scalars import accept_scalar, accept_value
from reconciler.pull.accept.sets import accept_mirrored, accept_set
from reconciler.pull.accept.wishes import Remove, Wishes
from reconciler.pull.pulled import Inexpressible


def wishes(objects: Iterable[Drifted], catalog: Catalog, live: Live, state: State) -> Wishes:
    """What the files should say for these objects to be as they are in the account."""
    context = Context(catalog, live, state)
    for item in objects:
        if item.ref not in catalog.resources:
            context.stay(item.ref, "", "the catalog does not declare it any more")
        elif item.status == DriftStatus.GONE:
            context.wishes.add(Remove(item.ref))
        else:
            for change in item.fields:
                _accept_change(context, item, change)
    leave_consistently(context)
    settle_links(context)
    settle_elsewhere(context)
    return context.wishes


def _accept_change(context: Context, item: Drifted, change: FieldChange) -> None:
    field = KINDS[item.ref.kind].field(change.path)
    is_mirrored = bool(field.to) and not field.yaml
    if field.type is Type.CONTENT:
        reason = "the account has other bytes; put them at its path, or take the path out"
        context.stay(item.ref, change.path, reason)
        return
    if not is_mirrored and change.path not in context.declared(item.ref):
        reason = "the catalog does not declare it: a plan lets it go"
        context.stay(item.ref, change.path, reason)
        return
    try:
        if is_mirrored:
            accept_mirrored(context, item, field, change)
        elif field.is_set:
            accept_set(context, item, field, change)
        elif field.type is Type.VALUES:
            accept_value(context, item.ref, change)
        else:
            accept_scalar(context, item, field, change)
    except Inexpressible as why:
        context.stay(item.ref, change.path, str(why))
