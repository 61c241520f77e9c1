"""Whether an object is at rest, told by a digest that the state keeps: no field is looked at.

Nearly all objects are at rest: declared, shown and remembered as they were when a plan last found
nothing to do about them.  Apply keeps a digest of each of these in the state, made of

    what is declared     fields, with the ids behind their keys, what is ignored, `was` labels
    what is shown        the part of the answer that fields are read from, in the API's spelling
    what is remembered   the entry's fields, as the state keeps them

and once, not in each entry, digests of what objects share (`shared`): the canonical form, drift
and arrays of the settings, regions, hidden roots, and the definition of each attribute by its id.
Where one of those differs, the objects that it concerns are judged again, and no entry changes for
it: a new option is one line in the history of a state, not a hundred thousand.

So an equal digest says that a judgement would be made of the same, and it was: nothing.  A digest
that differs, or is not there, says nothing, and fields are compared.  A digest can make a plan
slower, never another one (contract 7.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from reconciler import __version__
from reconciler.diff.sides import ignored_fields
from reconciler.jsontext import canonical
from reconciler.kinds import KINDS, Type
from reconciler.model import Entry, LiveObject, Policy, Resource, Value
from reconciler.paths import attribute_of, is_value
from reconciler.statetext import applied_digest
from reconciler.wire import Definition, Names, wire_text

FORM = 1
"""Goes up when values compare otherwise than before: all objects are then judged again."""

MOST_KNOWN = 10_000
"""Ids behind keys that are remembered: a hundred thousand products stand in a few categories."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What a digest needs of a field besides its value: the kind that it names objects of, or the
    id of its attribute; neither for most."""

    to: str = ""
    attribute: str = ""


class Resting:
    """The digests of one plan.

    `shared` are the digests of what objects share, by name; `before` are those that the state
    keeps, under which its entries were found at rest.
    """

    def __init__(self, names: Names, policy: Policy, before: Mapping[str, str]) -> None:
        self.shared = dict(_shared(names, policy))
        self._changed = {name for name, digest in self.shared.items() if before.get(name) != digest}
        self._names = names
        self._policy = policy
        self._parts: dict[str, dict[str, _Part]] = {kind: {} for kind in KINDS}
        self._ids: dict[tuple[str, str], str] = {}

    def holds(self, resource: Resource, live: LiveObject, entry: Entry | None) -> bool:
        """The object was found at rest, and nothing that a judgement reads has changed since."""
        if entry is None or not entry.at_rest or ALL in self._changed:
            return False
        if self.digest(resource, live, entry) != entry.at_rest:
            return False
        return not (self._changed and self._is_concerned(resource))

    def _is_concerned(self, resource: Resource) -> bool:
        """An attribute that it has a value of says something else of its values than before."""
        parts = (self._part(resource.ref.kind, path) for path in resource.fields)
        return any(_named(part.attribute) in self._changed for part in parts if part.attribute)

    def digest(self, resource: Resource, live: LiveObject, entry: Entry) -> str:
        """The digest of an object; empty where a key of it names nothing yet."""
        try:
            ids = self._ids_behind(resource)
        except KeyError:
            return ""
        ignored = sorted(ignored_fields(resource, self._policy))
        renames = sorted(resource.renames.items())
        head = (live.kind, live.id, resource.fields, ids, ignored, renames)
        sides = (canonical(head), wire_text(live.fields), applied_digest(entry.applied))
        return _digest("\n".join(sides))

    def _ids_behind(self, resource: Resource) -> dict[str, Any]:
        """The ids of attributes, and of what references name, by the fields."""
        kind = resource.ref.kind
        found: dict[str, Any] = {}
        for path, value in resource.fields.items():
            part = self._part(kind, path)
            if part.attribute:
                found[path] = part.attribute
            elif part.to:
                found[path] = self._ids_of(part.to, value)
        return found

    def _part(self, kind: str, path: str) -> _Part:
        parts = self._parts[kind]
        if path not in parts:
            parts[path] = self._part_of(kind, path)
        return parts[path]

    def _part_of(self, kind: str, path: str) -> _Part:
        if is_value(path):
            return _Part(attribute=self._id("attribute", attribute_of(path)))
        field = KINDS[kind].field(path)
        is_named = field.type in (Type.REFERENCE, Type.REFERENCES)
        return _Part(to=field.to) if is_named else _PLAIN

    def _ids_of(self, to: str, value: Value) -> str | list[str] | None:
        if value is None:
            return None
        if isinstance(value, str):
            return self._id(to, value)
        return [self._id(to, str(key)) for key in value] if isinstance(value, tuple) else None

    def _id(self, to: str, key: str) -> str:
        """The id behind a key; KeyError where it names nothing, or is not the id's only key."""
        known = self._ids.get((to, key))
        if known is None:
            known = self._names.id(to, key)
            if self._names.token(to, known) != key:
                raise KeyError(key)
            if len(self._ids) >= MOST_KNOWN:
                self._ids.clear()
            self._ids[to, key] = known
        return known


ALL = "all"
"""The name of what concerns every object."""

_PLAIN = _Part()


def _named(attribute: str) -> str:
    """The name of what concerns the objects with a value of an attribute."""
    return f"attribute {attribute}"


def _shared(names: Names, policy: Policy) -> Iterator[tuple[str, str]]:
    regions = [(region.id, region.name) for region in names.regions]
    settings = (policy.drift, sorted(policy.exact))
    yield ALL, _digest(canonical((__version__, FORM, settings, regions, sorted(names.roots))))
    for id_, definition in names.definitions.items():
        yield _named(id_), _digest(canonical(_said(definition)))


def _said(definition: Definition) -> tuple[Any, ...]:
    """What a definition says of values."""
    return definition.type, definition.labels, definition.types, definition.renamed


def _digest(text: str) -> str:
    return blake2b(text.encode("ascii"), digest_size=12).hexdigest()
