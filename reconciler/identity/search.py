"""The search: desired objects and live ones, each matched once (contract 2.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from reconciler.identity.bound import MARK, NEW, Bound
from reconciler.identity.natural import (
    KeyContext,
    desired_reader,
    layers,
    live_keys,
    live_reader,
    natural_keys,
)
from reconciler.identity.roots import hidden_roots
from reconciler.kinds import KINDS, Kind, roots_of
from reconciler.model import Catalog, Entry, Live, LiveObject, Problem, Ref, Resource
from reconciler.natural import Chain, Form, Row, chain_of, own_row
from reconciler.normalize import is_empty, loosened, spelled


@dataclass
class Search:
    """What is known while the kinds are walked in order; `claimed` are (kind, id).

    `missing` are objects whose pinned id is not there, and the reason why they are blocked;
    `let_go` are keys that leave on purpose; `contested` are objects that found a live one which
    another object matches as well.
    """

    catalog: Catalog
    live: Live
    entries: Mapping[Ref, Entry]
    let_go: frozenset[Ref] = frozenset()
    bound: dict[Ref, Bound] = field(default_factory=dict)
    gone: set[Ref] = field(default_factory=set)
    processing: set[Ref] = field(default_factory=set)
    missing: dict[Ref, str] = field(default_factory=dict)
    claimed: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    unbound: dict[Ref, Resource] = field(default_factory=dict)
    contested: dict[Ref, tuple[str, Ref]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owners = {(ref.kind, entry.id): ref for ref, entry in self.entries.items()}
        self.roots = hidden_roots(self.catalog, self.live, self.entries)
        self.context = KeyContext(self.live, self.bound, self.roots)
        self.indexes: dict[tuple[Row, Form], Mapping[Hashable, Sequence[str]]] = {}

    def match(self, kind: Kind) -> None:
        """All desired objects of one kind; those that refer to their own kind after its others."""
        seeking = [item for item in self.catalog.of(kind.name) if not self._by_id(item)]
        self.indexes.clear()
        for layer in layers(seeking, self.catalog):
            self._by_natural_key(kind, layer)

    def _by_id(self, resource: Resource) -> bool:
        """Whether a pin or the state tells which object it is, or that it cannot be told."""
        return self._waits(resource) or self._pinned(resource) or self._managed(resource)

    def _waits(self, resource: Resource) -> bool:
        """A file that the service is still processing: neither there nor gone (contract 2.8)."""
        entry = self.entries.get(resource.ref)
        waits = entry is not None and (resource.ref.kind, entry.id) in self.live.processing
        if waits:
            self.processing.add(resource.ref)
        return waits

    def _pinned(self, resource: Resource) -> bool:
        if resource.id in (None, NEW):
            return False
        id_, entry = str(resource.id), self.entries.get(resource.ref)
        owner = self.owners.get((resource.ref.kind, id_))
        if entry is not None and entry.id != id_:
            self._problem(resource, f"id {id_} is pinned, but the state holds {entry.id}", _REBIND)
        elif owner not in (None, resource.ref):
            self._problem(resource, f"id {id_} is managed as {owner}", _REBIND)
        elif id_ not in self.live.of(resource.ref.kind):
            self._not_there(resource, id_)
        else:
            self._claim(resource, id_, "managed" if entry else "pinned")
        return True

    def _not_there(self, resource: Resource, id_: str) -> None:
        """It is blocked, and what depends on it: never a create, and no reason to stop the rest."""
        pinned = f"id {id_}, pinned at {resource.at('id')}, does not exist in the account"
        self.missing[resource.ref] = f"{pinned}: {_NO_ID}"
        if resource.ref in self.entries:
            self.gone.add(resource.ref)

    def _managed(self, resource: Resource) -> bool:
        entry = self.entries.get(resource.ref)
        if entry is None:
            return False
        if entry.id in self.live.of(resource.ref.kind):
            self._claim(resource, entry.id, "managed")
            return True
        self.gone.add(resource.ref)
        return False

    def _claim(self, resource: Resource, id_: str, how: str, source: Ref | None = None) -> None:
        found = Bound(id_, "external") if resource.external else Bound(id_, how, source)
        self.bound[resource.ref] = found
        self.claimed.add((resource.ref.kind, id_))

    def _problem(self, resource: Resource, message: str, hint: str) -> None:
        ref = resource.ref
        self.problems.append(Problem(resource.at("id"), f"{ref.kind} '{ref.key}': {message}", hint))

    def _by_natural_key(self, kind: Kind, layer: list[Resource]) -> None:
        """Most specific key first; what has no more specific one before what falls back on it;
        exact matches before trimmed and unescaped ones."""
        chain = chain_of(kind, self.catalog.policy)
        remaining = {resource.ref: resource for resource in layer}
        forms: tuple[Form, ...] = (str, loosened)
        for row, own, form in product(chain.rows, (True, False), forms):
            seeking = [x for x in remaining.values() if self._is_own(chain, row, x) is own]
            for ref in self._pass(chain, row, seeking, form):
                del remaining[ref]
        lent = [item for item in remaining.values() if item.external]
        for ref in self._by_what_they_say(kind, lent):
            del remaining[ref]
        self.unbound.update(remaining)
        for resource in remaining.values():
            self._must_be_there(kind, resource)

    def _by_what_they_say(self, kind: Kind, lent: Sequence[Resource]) -> list[Ref]:
        """Settle external objects that say less than a natural key: a part of it, and no place.

        They are never written, so one match by what they say is enough.
        """
        alike: dict[_Names, Mapping[Hashable, Sequence[str]]] = {}
        found: list[tuple[Resource, set[str]]] = []
        for resource in lent:
            said = _said(kind, resource)
            if said:
                names = tuple(said)
                if names not in alike:
                    alike[names] = self._by_texts(kind, names)
                found.append((resource, set(alike[names].get(tuple(said.values()), ()))))
        rivals = _rivals(found)
        return [item.ref for item, ids in found if ids and self._settle(item, ids, rivals)]

    def _by_texts(self, kind: Kind, names: _Names) -> Mapping[Hashable, Sequence[str]]:
        """The ids of live objects that are no variants by the texts of some fields."""
        found: dict[Hashable, list[str]] = defaultdict(list)
        for item in self.pool(kind.name):
            if not any(field.decisive and item.fields.get(field.name) for field in kind.fields):
                texts = (loosened(spelled(item.fields.get(name) or "")) for name in names)
                found[tuple(texts)].append(item.id)
        return found

    def _must_be_there(self, kind: Kind, resource: Resource) -> None:
        """What was not found and cannot be created is a problem."""
        if resource.external:
            self._problem(resource, "external, but no such object is in the account", _NO_EXTERNAL)
        elif kind.uploaded and resource.file is None:
            self._problem(resource, "no such file is in the account", _NO_FILE)

    def _is_own(self, chain: Chain, row: Row, resource: Resource) -> bool:
        return own_row(chain, desired_reader(self.context, resource)) == row

    def _pass(self, chain: Chain, row: Row, seeking: list[Resource], form: Form) -> list[Ref]:
        """Settle what can be told; the result does not depend on the order of the catalog."""
        found: list[tuple[Resource, set[str]]] = []
        for resource in seeking:
            keys = natural_keys(chain, row, desired_reader(self.context, resource), form)
            if keys:
                found.append((resource, self._matching(chain, row, form, keys)))
        rivals = _rivals(found)
        return [item.ref for item, ids in found if ids and self._settle(item, ids, rivals)]

    def _matching(self, chain: Chain, row: Row, form: Form, keys: Iterable[Hashable]) -> set[str]:
        """The ids of live objects that have one of the keys and are not taken."""
        if (row, form) not in self.indexes:
            self.indexes[row, form] = self._index(chain, row, form)
        index, kind = self.indexes[row, form], chain.kind.name
        ids: set[str] = set()
        for key in keys:
            ids.update(id_ for id_ in index.get(key, ()) if (kind, id_) not in self.claimed)
        return ids

    def _index(self, chain: Chain, row: Row, form: Form) -> dict[Hashable, list[str]]:
        """Ids of live objects by their keys.

        What these depend on is bound before the kind's first layer, so it serves all layers.
        """
        index: dict[Hashable, list[str]] = defaultdict(list)
        for item in self.pool(chain.kind.name):
            for key in live_keys(chain, row, live_reader(self.context, item), form):
                index[key].append(item.id)
        return index

    def pool(self, kind: str) -> Iterator[LiveObject]:
        """Live objects that may be taken: not managed, or managed under a key that has left."""
        roots = roots_of(kind, self.roots)
        for id_, item in self.live.of(kind).items():
            is_taken = (kind, id_) in self.claimed or id_ in roots
            if not is_taken and not self._is_kept(kind, id_):
                yield item

    def _is_kept(self, kind: str, id_: str) -> bool:
        """Whether an object stays with the key that the state has it under."""
        owner = self.owners.get((kind, id_))
        if owner is None:
            return False
        return owner in self.catalog.resources or owner in self.let_go or MARK in owner.key

    def unclaimed(self, kind: str) -> Iterator[LiveObject]:
        """Live objects of a kind that nobody declares and nobody manages."""
        return (item for item in self.pool(kind) if (kind, item.id) not in self.owners)

    def creates(self) -> Iterator[Resource]:
        """What would be created and has not said with `id: new` that it is new."""
        for ref, resource in self.unbound.items():
            is_there = ref in self.gone or resource.external
            if not is_there and resource.id != NEW:
                yield resource

    def _settle(
        self, resource: Resource, found: set[str], rivals: Mapping[str, Sequence[Resource]]
    ) -> bool:
        """Take the one match; say that there are several; leave what several objects match."""
        ref = resource.ref
        if len(found) > 1:
            self._ambiguous(resource, sorted(found))
            return True
        (id_,) = found
        source = self.owners.get((ref.kind, id_))
        other = next((item.ref for item in rivals[id_] if item is not resource), None)
        # One of ours whose key has left would else be deleted: the first key takes it.
        if other is not None and (source is None or other < ref):
            if resource.id != NEW:
                self.contested[ref] = (id_, other)
            return False
        self._claim(resource, id_, "moved" if source else "adopted", source)
        return True

    def _ambiguous(self, resource: Resource, ids: list[str]) -> None:
        ref = resource.ref
        message = f"{len(ids)} live objects match it: {', '.join(ids)}"
        if KINDS[ref.kind].uploaded:
            message += self._newest(ref.kind, ids)
        self._problem(resource, message, f"pin one with `id:` or `pxm state bind {ref} ID`")

    def _newest(self, kind: str, ids: list[str]) -> str:
        """Which of several objects is the newest, where one is."""
        made = {id_: spelled(self.live.of(kind)[id_].created or "") for id_ in ids}
        last = max(made.values())
        newest = [id_ for id_ in ids if made[id_] == last]
        return f"; the newest is {newest[0]}" if len(newest) == 1 else ""


_REBIND = "see `pxm state show`; `pxm state bind` gives a key another object"
_NO_ID = "correct the id, or remove it to look for the object by its natural key"
_NO_FILE = "correct its file_name, or give it a `path` to upload it from"


_Names = tuple[str, ...]


def _said(kind: Kind, resource: Resource) -> dict[str, str]:
    """The texts that an object is told by, as they are compared; none where it says a place."""
    is_placed = any(not is_empty(resource.fields.get(name)) for name in kind.placed)
    if is_placed or kind.tree:
        return {}
    texts = ((name, resource.fields.get(name)) for name in kind.near)
    return {name: loosened(spelled(text)) for name, text in texts if not is_empty(text)}


_NO_EXTERNAL = "correct its name and place, pin it with `id:`, or remove `external: true`"


def _rivals(found: Iterable[tuple[Resource, set[str]]]) -> dict[str, list[Resource]]:
    """By live id the objects that match it, the first key first; one that says `id: new` gives
    way to the others."""
    matching: dict[str, list[Resource]] = defaultdict(list)
    for item, ids in found:
        for id_ in ids:
            matching[id_].append(item)
    rivals: dict[str, list[Resource]] = {}
    for id_, items in matching.items():
        others = [item for item in items if item.id != NEW]
        rivals[id_] = sorted(others or items, key=_ref)
    return rivals


def _ref(resource: Resource) -> Ref:
    return resource.ref
