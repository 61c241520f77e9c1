"""What somebody else changed between the plan and the write (contract 2.7).

Each object is read again just before its write.  Where what the operation changes is no longer
as the plan saw it, the operation is not done.  Elements of sets are merged, so others may add
and remove theirs at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.enums import Verb
from reconciler.kinds import KINDS, Kind, Type
from reconciler.model import Change, FieldChange, LiveObject, Value
from reconciler.normalize import alike, canon
from reconciler.paths import attribute_of, is_value
from reconciler.wire import Definition, Names, type_of, view_field, view_value
from reconciler.wire.inherited import Inherited

_LINKS = frozenset({Type.REFERENCE, Type.REFERENCES})
"""What other operations of the same run change on an object: no sign of another hand."""


def why_stale(
    change: Change,
    item: LiveObject,
    planned: LiveObject | None,
    inherited: Inherited,
    names: Names,
    then: Names,
) -> str:
    """Why a change is not made on the object as it is now, in words; empty where it can be.

    `then` are the names as the plan knew them.
    """
    if change.verb == Verb.DELETE:
        paths = list(_edited(item, planned, inherited, names))
    else:
        paths = list(_moved_on(change, item, planned, inherited, names, then))
    if not paths:
        return ""
    return f"somebody changed {', '.join(paths)} since the plan was made"


def _edited(
    item: LiveObject, planned: LiveObject | None, inherited: Inherited, names: Names
) -> Iterator[str]:
    """Fields that differ on an object that is to be deleted."""
    kind = KINDS[item.kind]
    was = planned.fields if planned is not None else item.fields
    for path in sorted({*item.fields, *was}):
        field = kind.field(path)
        now = item.fields.get(path)
        same = field.is_set or field.type in _LINKS or canon(now) == canon(was.get(path))
        if not same and not _from_above(path, now, inherited, names):
            yield path


def _from_above(path: str, now: Any, inherited: Inherited, names: Names) -> bool:
    """What a category above shows by now, since this very run has changed it there."""
    if not is_value(path):
        return False
    id_ = attribute_of(path)
    definition = names.definitions.get(id_) or Definition()
    return canon(view_value(now, definition), definition.type) in inherited.get(id_, ())


def _moved_on(
    change: Change,
    item: LiveObject,
    planned: LiveObject | None,
    inherited: Inherited,
    names: Names,
    then: Names,
) -> Iterator[str]:
    """Fields that are neither as the plan saw them nor as it wants them."""
    kind = KINDS[change.ref.kind]
    for part in change.fields:
        raw = names.id_path(part.path)
        if part.is_set or _untouched(raw, item, planned):
            continue
        # Options that this run drops have no label any more: what held one reads as it did then.
        shown = (_shown(kind, raw, item, known) for known in (names, then))
        type_ = type_of(kind, part.path, names)
        known = any(_as_known(part, now, type_) for now in shown)
        if not known and not _from_above(raw, item.fields.get(raw), inherited, names):
            yield part.path


def _shown(kind: Kind, path: str, item: LiveObject, names: Names) -> Value:
    _, value = view_field(kind, path, item.fields.get(path), names)
    return bool(value) if kind.field(path).type is Type.MULTIPLE else value


def _untouched(path: str, item: LiveObject, planned: LiveObject | None) -> bool:
    return planned is not None and canon(item.fields.get(path)) == canon(planned.fields.get(path))


def _as_known(part: FieldChange, now: Value, type_: str) -> bool:
    # The plan has labels in the catalog's spelling.
    same = alike if type_ == "Pick List" else _equal
    return same(now, part.before, type_) or alike(now, part.after, type_)


def _equal(one: Value, other: Value, type_: str) -> bool:
    return canon(one, type_) == canon(other, type_)
