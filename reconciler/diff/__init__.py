"""desired × live × applied → changes of single objects (contract 2.2).

Resting    the common case: nothing to do, told by a digest of the state   resting.py
at_rest    the same where there is none: fields as sent, and as shown      rest.py
view_of    one object on its three sides, in the catalog's keys            sides.py
compare    the fields that differ, each judged by the truth table          this file
           of `merge`: scalars here, sets in sets.py, types in retyped.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.diff.judged import Judged, Mark
from reconciler.diff.rest import at_rest
from reconciler.diff.resting import Resting
from reconciler.diff.retyped import blocked_change
from reconciler.diff.sets import by_name, comparison, is_ordered, judge_set
from reconciler.diff.sides import STAYS, View, ignores, is_exact, view_applied, view_of
from reconciler.enums import WORST, Class
from reconciler.identity import Identity
from reconciler.kinds import ATTRIBUTE, Type
from reconciler.known import who_is_who
from reconciler.merge import WRITES, Sides, classify
from reconciler.model import Catalog, FieldChange, Live, Resource, Value
from reconciler.normalize import is_empty
from reconciler.wire import Names

__all__ = [
    "Difference",
    "Resting",
    "View",
    "at_rest",
    "by_name",
    "compare",
    "comparison",
    "ignores",
    "is_exact",
    "names_of",
    "view_applied",
    "view_of",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs on one object.

    `fields` are to be written; `kept` differ and are left (drift that policy keeps); `released`
    are no longer ours; `settled` count as sent from now on; `forget` paths leave the state.
    `blocked` is a reason why the object cannot be changed as declared.
    """

    fields: tuple[FieldChange, ...] = ()
    kept: tuple[FieldChange, ...] = ()
    released: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    blocked: str | None = None

    @property
    def cls(self) -> Class:
        """The worst class of its fields."""
        return max((item.cls for item in self.fields), key=WORST.index, default=Class.PENDING)


def names_of(catalog: Catalog, live: Live, identity: Identity) -> Names:
    """Who is who, with option labels as they will be once pending renames are made."""
    ids = {ref: entry.id for ref, entry in identity.left.items()}
    declared: dict[str, Resource] = {}
    for ref, bound in identity.bound.items():
        ids[ref] = bound.id
        if ref.kind == ATTRIBUTE.name:
            declared[bound.id] = catalog.resources[ref]
    return who_is_who(ids, live, roots=identity.roots, catalog=catalog, declared=declared)


def compare(sides: View) -> Difference:
    """What differs on one object, field by field."""
    fields: list[FieldChange] = []
    kept: list[FieldChange] = []
    marked: dict[Mark, list[str]] = {mark: [] for mark in Mark}
    for path in _paths(sides):
        judged = _judge(sides, path)
        marked[judged.mark].append(path)
        for change in _with_origin(sides, judged.changes):
            is_kept = sides.policy.drift == "keep" and change.cls != Class.PENDING
            (kept if is_kept else fields).append(change)
    return Difference(
        fields=tuple(fields),
        kept=tuple(kept),
        released=tuple(marked[Mark.RELEASED]),
        settled=tuple(marked[Mark.SETTLED]),
        forget=(*marked[Mark.FORGOTTEN], *marked[Mark.RELEASED]),
        blocked=blocked_change(sides),
    )


def _with_origin(sides: View, changes: Iterable[FieldChange]) -> Iterator[FieldChange]:
    """Where the catalog has the value from, where the object's own entry does not say it (1.9)."""
    origins = sides.resource.origins
    for change in changes:
        yield replace(change, origin=origins[change.path]) if change.path in origins else change


def _paths(sides: View) -> list[str]:
    """Fields to look at, in their order: those that differ, those whose applied value says
    something else, and those that the YAML no longer has."""
    declared = sides.resource.fields
    found = [path for path in sides.applied if path not in declared]
    for path, value in declared.items():
        wanted = sides.form(path, value)
        differs = wanted != sides.form(path, sides.live.get(path))
        looked_at = differs or _is_unsettled(sides, path, wanted) or is_ordered(sides, path)
        if looked_at and not sides.ignored(path):
            found.append(path)
    return sides.kind.in_order(found)


def _is_unsettled(sides: View, path: str, form: Any) -> bool:
    """What was last sent for a field is not what the catalog says, in canonical form."""
    applied = sides.applied.get(path)
    if applied is None or path in sides.relabelled:
        return True
    return bool(sides.form(path, applied.sent) != form)


def _judge(sides: View, path: str) -> Judged:
    if path not in sides.resource.fields:
        return _judge_dropped(sides, path)
    item = sides.kind.field(path)
    judged = judge_set(sides, item, True) if item.is_set else _judge_scalar(sides, path)
    if judged.mark is not Mark.UNCHANGED:
        return judged
    settles = _is_unsettled(sides, path, sides.form(path, sides.resource.fields[path]))
    return Judged(mark=Mark.SETTLED if settles else Mark.NONE)


def _judge_dropped(sides: View, path: str) -> Judged:
    """A field that we have written and that the YAML no longer has."""
    item = sides.kind.field(path)
    if sides.ignored(path):
        return Judged(mark=Mark.FORGOTTEN)
    # A multi-select that is dropped is blocked (`retyped`).
    if item.type in STAYS or item.type is Type.MULTIPLE:
        return Judged()
    return judge_set(sides, item, False) if item.is_set else _judge_scalar(sides, path)


def _judge_scalar(sides: View, path: str) -> Judged:
    item = sides.kind.field(path)
    declared = path in sides.resource.fields
    desired, live = sides.resource.fields.get(path), sides.live.get(path)
    applied = sides.applied.get(path)
    if item.type is Type.MULTIPLE:
        desired, live = bool(desired), bool(live)
    cls = classify(Sides(declared, desired, live, applied, sides.type_(path)))
    if cls not in WRITES:
        return Judged(mark=_MARKS[cls])
    change = FieldChange(
        path,
        before=_orderly(live),
        after=desired,
        applied=applied.sent if applied is not None else None,
        cls=cls,
        # A move to the top level loses nothing.
        clears=is_empty(desired) and not is_empty(live) and not item.structural,
    )
    return Judged((change,))


_MARKS = {
    Class.UNCHANGED: Mark.UNCHANGED,
    Class.RELEASED: Mark.RELEASED,
    Class.NOT_OURS: Mark.FORGOTTEN,
}


def _orderly(value: Value) -> Value:
    """A value of several parts in an order of its own: the server's may be another each time."""
    if isinstance(value, tuple):
        return tuple(sorted(value, key=str))
    if isinstance(value, Mapping):
        return dict(sorted(value.items()))
    return value
