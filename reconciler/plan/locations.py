"""Where a person looks for an object, and what things are called: for reports alone (8.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.enums import Verb
from reconciler.kinds import KINDS, Type, named_last, roots_of
from reconciler.known import references
from reconciler.model import FOREIGN, Catalog, Change, FieldChange, Group, Live, Ref, Value
from reconciler.normalize import is_empty, spelled, texts
from reconciler.wire import Names, view_field


@dataclass(frozen=True)
class Locations:
    """Names and category paths of desired and live objects.

    A token is a key of the catalog or the state, or `id:<id>`.  What the catalog says comes
    first: a report shows things as they will stand.
    """

    catalog: Catalog
    live: Live
    names: Names
    _paths: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def label(self, kind: str, token: str) -> str:
        """What a person calls the object; its key where nobody knows a name."""
        found = self._field(kind, token, KINDS[kind].title)
        if found:
            return spelled(found)
        return gone(kind) if token.startswith(FOREIGN) else token

    def group(self, kind: str, token: str) -> Group:
        """Where the object stands."""
        product = self._one(kind, token, "variant_of")
        if product is not None:
            above = self._categories("collection", product)
            return Group(above, product, self.label("collection", product))
        return Group(self._categories(kind, token))

    def _categories(self, kind: str, token: str) -> tuple[str, ...]:
        """Names of the categories above, the topmost first."""
        for name in ("parent", "category", "categories"):
            above = self._one(kind, token, name)
            if above is not None:
                return self._path(above)
        return ()

    def _path(self, token: str) -> tuple[str, ...]:
        """A category's own path; a tree that bites its tail ends where it began."""
        chain: dict[str, None] = {}
        step: str | None = token
        path: tuple[str, ...] = ()
        while step is not None and step not in chain:
            if step in self._paths:
                path = self._paths[step]
                break
            chain[step] = None
            step = self._one("category", step, "parent")
        for part in reversed(chain):
            path = (*path, self.label("category", part))
            self._paths[part] = path
        return path

    def _one(self, kind: str, token: str, name: str) -> str | None:
        """What the field names first, hidden roots apart; None for a kind without the field."""
        if name not in {item.name for item in KINDS[kind].fields}:
            return None
        for text in texts(self._field(kind, token, name)):
            if _id_of(text) not in roots_of(KINDS[kind].field(name).to, self.names.roots):
                return text
        return None

    def _field(self, kind: str, token: str, name: str) -> Value:
        """A field as declared, else as it is in the account, in keys."""
        ref = Ref(kind, token)
        resource = self.catalog.resources.get(ref)
        if resource is not None and not is_empty(resource.fields.get(name)):
            return resource.fields[name]
        id_ = _id_of(token) or self.names.ids.get(ref, "")
        item = self.live.of(kind).get(id_)
        if item is None or is_empty(item.fields.get(name)):
            return None
        return view_field(KINDS[kind], name, item.fields[name], self.names)[1]


def gone(kind: str) -> str:
    """What an object of the account is called that is not there any more."""
    noun = kind.replace("_", " ")
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun} that is gone"


def _id_of(token: str) -> str | None:
    """The id of an object that no key names."""
    return token.removeprefix(FOREIGN) if token.startswith(FOREIGN) else None


def located(changes: Iterable[Change], locations: Locations) -> tuple[Change, ...]:
    """The changes, each with where it stands."""
    return tuple(
        replace(change, group=locations.group(change.ref.kind, change.ref.key))
        for change in changes
    )


def labels(changes: Sequence[Change], locations: Locations) -> dict[Ref, str]:
    """The shown name of each object that the changes mention by key."""
    refs: set[Ref] = set()
    for change in changes:
        refs.update(_mentioned(change))
    return {ref: locations.label(ref.kind, ref.key) for ref in sorted(refs)}


def _mentioned(change: Change) -> Iterator[Ref]:
    yield from mentioned(change.ref.kind, change.fields)
    if change.verb == Verb.POST:
        for path, value in change.sent.items():
            yield from _by_key(change.ref.kind, path, value)
    for text in change.fallout:
        found = named_last(text)
        if found is not None:
            yield Ref(*found)


def mentioned(kind: str, fields: Iterable[FieldChange]) -> Iterator[Ref]:
    """The objects that fields of a kind name by key."""
    for item in fields:
        for value in (item.before, item.after, item.applied, item.add, item.remove):
            yield from _by_key(kind, item.path, value)


def _by_key(kind: str, path: str, value: Value) -> Iterator[Ref]:
    if KINDS[kind].field(path).type in _NAMING:
        for ref in references(kind, path, value):
            if not _foreign(ref):
                yield ref


_NAMING = frozenset({Type.REFERENCE, Type.REFERENCES, Type.VALUES})


def _foreign(ref: Ref) -> bool:
    return ref.key.startswith(FOREIGN)


def foreign_names(
    kind: str, fields: Iterable[FieldChange], locations: Locations
) -> Mapping[str, str]:
    """The shown name of each `id:<id>` element that fields of a kind mention."""
    found: dict[str, str] = {}
    for item in fields:
        for value in (item.before, item.after, item.add, item.remove):
            for ref in references(kind, item.path, value):
                if _foreign(ref):
                    found[ref.key] = locations.label(ref.kind, ref.key)
    return found
