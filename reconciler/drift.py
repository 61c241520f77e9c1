"""applied × live → drift: what somebody changed behind git's back (contract 3).

The catalog decides nothing here but what is left to the web interface, which sets are `exact`,
and what things are called.  An element that others added to a set of ours is no drift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from reconciler.diff import comparison, ignores, is_exact, view_applied
from reconciler.enums import Class, DriftStatus
from reconciler.errors import UsageError
from reconciler.identity import Identity, identify
from reconciler.kinds import KINDS, Field, Kind, Type, roots_of
from reconciler.known import who_is_who
from reconciler.merge import Sides, live_as_applied, merge_sets, order_class
from reconciler.model import (
    FOREIGN,
    Applied,
    Catalog,
    Drift,
    Drifted,
    Entry,
    FieldChange,
    Live,
    LiveObject,
    Place,
    Policy,
    Ref,
    Resource,
    State,
    Value,
)
from reconciler.normalize import canon, texts
from reconciler.ordering import RANK
from reconciler.plan.locations import Locations, foreign_names, mentioned
from reconciler.plan.mirrored import Mirrored
from reconciler.plan.policy import check_account, regions_missing
from reconciler.wire import Names, as_spelled, type_of, view


def find_drift(
    catalog: Catalog,
    live: Live,
    state: State,
    *,
    unmanaged: bool = False,
    environment: str | None = None,
) -> Drift:
    """Managed objects that were changed or are gone and, if asked, what nobody declared.

    Raises UsageError where the state is new, Refused for another account.
    """
    require_state(state)
    check_account(state, live.account)
    return _Finder(catalog, live, state, identify(catalog, live, state)).drift(
        unmanaged, environment
    )


def require_state(state: State) -> None:
    """Refuse a new state: without one nothing is known to have been changed."""
    if state.new:
        raise UsageError(
            "there is no state to compare the account with: nothing was applied yet",
            hint="run `pxm apply` first, or name the right state with --state",
        )


class _Finder:
    """One comparison: its inputs, and who is who."""

    def __init__(self, catalog: Catalog, live: Live, state: State, identity: Identity) -> None:
        self.catalog, self.live, self.state, self.identity = catalog, live, state, identity
        self.names = _names(catalog, live, state, identity)
        self.locations = Locations(catalog, live, self.names)
        self.mirrored = Mirrored(live, self.names)

    def drift(self, unmanaged: bool, environment: str | None) -> Drift:
        """The whole report, in the order of kinds and keys."""
        managed = list(chain.from_iterable(map(self._managed, self._entries())))
        strangers = sorted(self._strangers(), key=self._position) if unmanaged else []
        objects = (*managed, *strangers)
        names: dict[str, str] = {}
        refs: set[Ref] = set()
        for item in objects:
            names |= foreign_names(item.ref.kind, item.fields, self.locations)
            refs.update(mentioned(item.ref.kind, item.fields))
        return Drift(
            self.live.account,
            objects,
            clean=len(self.identity.entries) - len(managed),
            notes=tuple(self._notes()),
            environment=environment,
            looked=unmanaged,
            names=names,
            labels={ref: self.locations.label(ref.kind, ref.key) for ref in sorted(refs)},
        )

    def _entries(self) -> list[Entry]:
        entries = self.identity.entries.values()
        return sorted(entries, key=lambda entry: (RANK[entry.ref.kind], entry.ref.key))

    # --- managed objects ---

    def _managed(self, entry: Entry) -> Iterator[Drifted]:
        item = self.live.of(entry.ref.kind).get(entry.id)
        if (entry.ref.kind, entry.id) in self.live.processing:
            return
        if item is None:
            yield self._drifted(DriftStatus.GONE, entry, self._last_label(entry))
            return
        fields = tuple(self._with_origin(entry.ref, self._changes(entry, item)))
        if fields:
            drifted = self._drifted(DriftStatus.CHANGED, entry, self._last_label(entry))
            yield replace(drifted, fields=fields)

    def _drifted(self, status: DriftStatus, entry: Entry, label: str) -> Drifted:
        ref = entry.ref
        resource = self.catalog.resources.get(ref)
        place: Place | None = resource.place if resource else None
        group = self.locations.group(ref.kind, ref.key)
        return Drifted(status, ref, entry.id, label, place, group=group)

    def _last_label(self, entry: Entry) -> str:
        """The name that we gave it: git's people know it by that one."""
        ref = entry.ref
        applied = entry.applied.get(KINDS[ref.kind].title)
        known = applied.sent if applied else None
        return known if isinstance(known, str) else self.locations.label(ref.kind, ref.key)

    def _changes(self, entry: Entry, item: LiveObject) -> Iterator[FieldChange]:
        kind, ignored = KINDS[entry.ref.kind], self._ignored(entry.ref)
        now = view(kind, item.fields, self.names)
        now |= self.mirrored.of(item)
        found = view_applied(kind, entry.applied, self.names)
        for path in kind.in_order(found):
            if not ignored(path):
                yield from self._change(entry.ref, kind, path, now.get(path), found[path])

    def _with_origin(self, ref: Ref, changes: Iterable[FieldChange]) -> Iterator[FieldChange]:
        """Where the catalog has the value from, where the object's own entry does not say it."""
        resource = self.catalog.resources.get(ref)
        for change in changes:
            origin = resource.origins.get(change.path) if resource else None
            yield replace(change, origin=origin) if origin else change

    def _ignored(self, ref: Ref) -> Callable[[str], bool]:
        """Fields left to the web interface; rules of the settings outlive the object's block."""
        blank = Resource(ref, {}, Place(""))
        return ignores(self.catalog.resources.get(ref, blank), self.catalog.policy)

    def _change(
        self, ref: Ref, kind: Kind, path: str, live: Value, applied: Applied
    ) -> Iterator[FieldChange]:
        if kind.field(path).is_set:
            yield from _set_drift(kind.field(path), live, applied, self.catalog.policy)
            return
        type_ = type_of(kind, path, self.names)
        if kind.field(path).type is Type.MULTIPLE:
            live, applied = bool(live), _as_booleans(applied)
        if not live_as_applied(Sides(True, None, live, applied, type_)):
            before = self._in_full(ref, path, applied.sent, type_)
            yield FieldChange(path, before, live, before, cls=Class.DRIFT)

    def _in_full(self, ref: Ref, path: str, sent: Value, type_: str) -> Value:
        """A long text of which the state has a digest, from the catalog if that still says it."""
        resource = self.catalog.resources.get(ref)
        declared = resource.fields.get(path) if resource else None
        return declared if canon(declared, type_) == canon(sent, type_) else sent

    # --- what nobody declared ---

    def _strangers(self) -> Iterator[Drifted]:
        known = {(ref.kind, bound.id) for ref, bound in self.identity.bound.items()}
        known |= {(ref.kind, entry.id) for ref, entry in self.identity.entries.items()}
        for kind in KINDS:
            roots = roots_of(kind, self.names.roots)
            for id_, item in self.live.of(kind).items():
                if (kind, id_) not in known and id_ not in roots:
                    group = self.locations.group(kind, FOREIGN + id_)
                    yield Drifted(
                        DriftStatus.UNMANAGED, Ref(kind, ""), id_, item.label, group=group
                    )

    def _position(self, item: Drifted) -> tuple[Any, ...]:
        """By kind, place and name; the id decides only where all else is the same."""
        content = sorted(map(str, self.live.of(item.ref.kind)[item.id].fields.items()))
        group = (item.group.categories, item.group.product_label)
        return (RANK[item.ref.kind], *group, item.label, content, item.id)

    # --- what is said ---

    def _notes(self) -> Iterator[str]:
        yield from self.live.notes
        if self.live.processing:
            number = len(self.live.processing)
            yield f"files uploaded within a day that cannot be read yet: {number}"
        if regions_missing(self.state, self.live):
            yield (
                "some of the state's regions are no longer seen with these credentials: "
                "what counts as gone may only be hidden"
            )


def _as_booleans(applied: Applied) -> Applied:
    """Absent and false are one on what takes several options or one."""
    return Applied(bool(applied.sent), bool(applied.shown), applied.seen)


# --- one set ------------------------------------------------------------------------------------


def _set_drift(item: Field, live: Value, applied: Applied, policy: Policy) -> Iterator[FieldChange]:
    """Our elements that are gone and, under `exact`, those that somebody put in and the order
    that somebody gave to options."""
    sent, now = texts(applied.sent), texts(live)
    shown = texts(applied.shown) if applied.seen else None
    exact = is_exact(policy, item.name)
    same = comparison(item, sent, now)
    merge = merge_sets(sent, now, sent, shown, exact=exact, same=same)
    order: tuple[str, ...] = ()
    if exact and item.type is Type.OPTIONS and _is_moved(sent, now, shown):
        order = tuple(label for label in as_spelled(now, sent) if label in sent)
    if merge.restored or merge.foreign or order:
        yield FieldChange(
            item.name,
            add=merge.foreign,
            remove=merge.restored,
            is_set=True,
            cls=Class.DRIFT,
            order=order,
        )


def _is_moved(sent: tuple[str, ...], now: tuple[str, ...], shown: tuple[str, ...] | None) -> bool:
    seen = None if shown is None else as_spelled(shown, sent)
    return order_class(sent, as_spelled(now, sent), sent, seen) is Class.DRIFT


# --- who is who ---------------------------------------------------------------------------------


def _names(catalog: Catalog, live: Live, state: State, identity: Identity) -> Names:
    """Ids and keys of all that the catalog and the state know; option labels as they are now."""
    ids = {ref: entry.id for ref, entry in state.entries.items()}
    ids |= {ref: entry.id for ref, entry in identity.entries.items()}
    ids |= {ref: bound.id for ref, bound in identity.bound.items()}
    return who_is_who(ids, live, roots=identity.roots, catalog=catalog)
