"""The three inputs of a plan, matched: who is who among them, and what is ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.diff import Resting, View, names_of, view_of
from reconciler.identity import Identity, identify
from reconciler.kinds import roots_of
from reconciler.model import Catalog, Entry, Live, LiveObject, Ref, Resource, State
from reconciler.plan.holders import Name, Owners, owners_of
from reconciler.plan.mirrored import as_shown, unwritable
from reconciler.wire import Names


@dataclass(frozen=True, slots=True)
class Matched:
    """Catalog, account and state, and what identity makes of them.

    `catalog` has each membership on the side on which the account shows it; `unwritten` are notes
    on those that cannot be moved there.  `resting` tells what is at rest by the state's digests.
    """

    catalog: Catalog
    live: Live
    state: State
    identity: Identity
    names: Names
    owners: Owners
    resting: Resting
    unwritten: tuple[str, ...] = ()

    def entry(self, ref: Ref) -> Entry | None:
        """The state's entry of a bound object, under the key that it had."""
        bound = self.identity.bound[ref]
        entry = self.identity.entries.get(bound.source or ref)
        if entry is None or entry.id != bound.id:
            return None
        return entry

    def view(self, ref: Ref) -> View:
        """A bound object on its three sides."""
        item = self.live.of(ref.kind)[self.identity.bound[ref].id]
        resource = self.catalog.resources[ref]
        return view_of(resource, item, self.entry(ref), self.names, self.catalog.policy)

    def moved_from(self, ref: Ref) -> Ref | None:
        """The key that the state holds for it, where that is another one."""
        bound = self.identity.bound.get(ref)
        if bound is not None and bound.source is not None:
            return bound.source
        return self.identity.moves.sources.get(ref)

    def unclaimed(self, kinds: Iterable[str]) -> Iterator[LiveObject]:
        """Live objects that nobody declares or manages; hidden roots are not among them."""
        bound = self.identity.bound.items()
        claimed = {(ref.kind, match.id) for ref, match in bound} | self.owners.refs.keys()
        for kind in kinds:
            roots = roots_of(kind, self.identity.roots)
            for id_, item in self.live.of(kind).items():
                if id_ in roots or (kind, id_) in claimed:
                    continue
                yield item


def matched(catalog: Catalog, live: Live, state: State) -> Matched:
    """The inputs with who is who.  Problems of identity are in it, not raised.

    The order of files and lines means nothing (contract 1): the result is the same for any.
    """
    catalog = replace(catalog, resources=dict(sorted(catalog.resources.items(), key=_position)))
    unwritten = tuple(unwritable(catalog, live))
    catalog = as_shown(catalog, live)
    identity = identify(catalog, live, state)
    names = names_of(catalog, live, identity)
    owners = _owners(catalog, identity)
    resting = Resting(names, catalog.policy, state.shared)
    return Matched(catalog, live, state, identity, names, owners, resting, unwritten)


def _position(item: tuple[Ref, Resource]) -> tuple[str, str]:
    """As refs are ordered, compared by C."""
    ref, _ = item
    return ref.kind, ref.key


def _owners(catalog: Catalog, identity: Identity) -> Owners:
    """What is managed: objects of the catalog that are not external, and those that leave.

    A value on what the catalog declares and the plan does not clear was let go: it is theirs.
    """
    managed: dict[Name, Ref] = {}
    for ref, bound in identity.bound.items():
        if not is_external(catalog, ref):
            managed[ref.kind, bound.id] = ref
    return owners_of(identity.left.values(), managed)


def is_external(catalog: Catalog, ref: Ref) -> bool:
    """The catalog declares the object as somebody else's."""
    return ref in catalog.resources and catalog.resources[ref].external
