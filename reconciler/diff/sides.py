"""One object on its three sides, all in the catalog's keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from reconciler.kinds import KINDS, Kind, Type
from reconciler.model import Applied, Entry, LiveObject, Policy, Resource, Value
from reconciler.normalize import canon, composed, texts
from reconciler.paths import attribute_of, field_of, is_value
from reconciler.wire import Definition, Names, picked, same_label, type_of, view, view_field


@dataclass(frozen=True, slots=True)
class View:
    """One object on its three sides, all in the catalog's keys."""

    kind: Kind
    resource: Resource
    live: Mapping[str, Value]
    applied: Mapping[str, Applied]
    names: Names
    policy: Policy
    ignored: Callable[[str], bool] = field(default=lambda _: False)
    relabelled: frozenset[str] = frozenset()
    """Values that the state keeps under a label that their option had before."""

    def form(self, path: str, value: Value) -> Any:
        """A value of a field as it is compared."""
        return form_of(self.kind, path, value, self.names)

    def type_(self, path: str) -> str:
        """The word by which values of a field are compared."""
        return type_of(self.kind, path, self.names)


def form_of(kind: Kind, path: str, value: Value, names: Names) -> Any:
    """A value of a field as it is compared."""
    item = kind.field(path)
    if item.type is Type.MULTIPLE:
        return bool(value)
    if item.is_set:
        return frozenset(map(composed, texts(value)))
    return canon(value, type_of(kind, path, names))


def ignored_fields(resource: Resource, policy: Policy) -> frozenset[str]:
    """The fields of an object that are left to the web interface (contract 1.3, 1.8)."""
    fields = resource.lifecycle.ignore
    for rule in policy.ignore:
        if rule.kind == resource.ref.kind and fnmatchcase(resource.ref.key, rule.match):
            fields |= rule.fields
    return fields


def ignores(resource: Resource, policy: Policy) -> Callable[[str], bool]:
    """Whether a field of an object is left to the web interface."""
    fields = ignored_fields(resource, policy)
    return lambda path: path in fields or field_of(path) in fields


def view_of(
    resource: Resource, live: LiveObject, entry: Entry | None, names: Names, policy: Policy
) -> View:
    """One bound object on its three sides."""
    kind = KINDS[resource.ref.kind]
    known = entry.applied if entry else {}
    return View(
        kind=kind,
        resource=resource,
        live=view(kind, live.fields, names),
        applied=view_applied(kind, known, names),
        relabelled=frozenset(
            view_field(kind, path, None, names)[0]
            for path, applied in known.items()
            if has_old_label(path, applied, names)
        ),
        names=names,
        policy=policy,
        ignored=ignores(resource, policy),
    )


def view_applied(kind: Kind, applied: Mapping[str, Applied], names: Names) -> dict[str, Applied]:
    """The state's fields in the catalog's keys.

    What was shown and points to no option any more counts as not seen: it is no value.
    """
    found = {}
    for path, item in applied.items():
        key_path, sent = view_field(kind, path, item.sent, names)
        seen = item.seen and not points_nowhere(path, item.shown, names)
        _, shown = view_field(kind, path, item.shown, names) if seen else ("", None)
        found[key_path] = Applied(sent, shown, seen)
    return found


def has_old_label(path: str, applied: Applied, names: Names) -> bool:
    """A pick-list value was sent under a label that its option has no more."""
    renamed = _picks(path, names).renamed
    if not renamed:
        return False
    return any(renamed.get(same_label(text), text) != text for text in texts(applied.sent))


def points_nowhere(path: str, value: Any, names: Names) -> bool:
    """A pick-list value that holds the id of an option which is no more (docs/api.md)."""
    definition = _picks(path, names)
    if not definition.labels:
        return False
    strangers = [item for item in picked(value) if item not in definition.labels]
    return not all(map(definition.knows, strangers))


def _picks(path: str, names: Names) -> Definition:
    """The definition of a pick-list value; one that says nothing for anything else."""
    definition = names.definitions.get(attribute_of(path)) if is_value(path) else None
    return definition if definition and definition.type == "Pick List" else _NONE


_NONE = Definition()

STAYS = frozenset({Type.REGIONS, Type.WORD})
"""Not cleared when the YAML drops them: regions are never emptied (contract 2.3), types stay."""


def is_exact(policy: Policy, path: str) -> bool:
    """Whether a set may hold nothing that is not ours (contract 1.8, `arrays`)."""
    if path in policy.exact:
        return True
    return "default" in policy.exact and f"!{path}" not in policy.exact
