"""Changes and policy become a plan, a value that says all that apply will do (contract 2, 3).

`build` is pure: the same catalog, live account and state give the same plan (contract 2.11).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from reconciler.behaviours import unique_kinds
from reconciler.diff import Difference, View, at_rest, compare, ignores, names_of, view_of
from reconciler.enums import Action, NoteKind
from reconciler.errors import CatalogError
from reconciler.identity import NEAR, NEW, Identity, Unsettled, by_label, identify
from reconciler.kinds import KINDS, ORDER, Kind, Type
from reconciler.model import (
    FOREIGN,
    Catalog,
    Change,
    Cost,
    Entry,
    Live,
    LiveObject,
    Note,
    Plan,
    Problem,
    Ref,
    Resource,
    Review,
    Settle,
    State,
    Value,
)
from reconciler.normalize import composed, is_empty, texts
from reconciler.ordering import dependencies, in_order, with_dependents_blocked
from reconciler.ordering.competing import bound
from reconciler.plan.cost import cut, price
from reconciler.plan.deletes import Leaving, leaving, refuse
from reconciler.plan.dropped_options import keep_held
from reconciler.plan.duplicates import duplicates, may_be_there
from reconciler.plan.holders import Owners, owners_of
from reconciler.plan.inherited import alike
from reconciler.plan.locations import Locations, labels, located
from reconciler.plan.mirrored import as_shown, unwritable
from reconciler.plan.permits import permitted
from reconciler.plan.policy import Allow, check_account, refusals, regions_missing
from reconciler.plan.renames import offers, same_content
from reconciler.plan.takeouts import (
    TakeOut,
    by_holder,
    guests,
    open_to,
    with_taken_out,
    without_vain,
)
from reconciler.plan.targets import selected
from reconciler.plan.undeletable import successor, unlinked, unlinked_by_upload
from reconciler.wire import Names

CONTENT = "content"
"""The field of a file whose change is an upload."""

__all__ = ["Allow", "Ask", "build", "check_account"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the caller asks of a plan besides its three inputs."""

    targets: tuple[str, ...] = ()
    environment: str | None = None
    allow: Allow = field(default_factory=Allow)
    reviewed: tuple[Plan, ...] | None = None
    """Plan files that permit; None where the plan is not bound to any."""
    deleted: frozenset[Ref] = frozenset()
    """What a run has just deleted: a target that names one asks for nothing more."""


def build(catalog: Catalog, live: Live, state: State, ask: Ask | None = None) -> Plan:
    """The plan.

    Raises CatalogError for objects that match none or several, Refused for another account.
    """
    ask = ask or Ask()
    check_account(state, live.account)
    catalog = _sorted(catalog)
    unwritten = tuple(unwritable(catalog, live))
    catalog = as_shown(catalog, live)
    identity = identify(catalog, live, state)
    names = names_of(catalog, live, identity)
    problems = [*identity.problems, *_unknown_regions(catalog, live)]
    if problems:
        raise CatalogError(sorted(problems))
    return _Builder(catalog, live, state, ask, identity, names, unwritten).plan()


def _sorted(catalog: Catalog) -> Catalog:
    """The order of files and lines means nothing (contract 1): the plan is the same for any."""
    return replace(catalog, resources=dict(sorted(catalog.resources.items())))


def _unknown_regions(catalog: Catalog, live: Live) -> Iterator[Problem]:
    known = {composed(text) for region in live.regions for text in (region.id, region.name)}
    for resource in catalog.resources.values():
        for name in texts(resource.fields.get("regions")):
            if composed(name) not in known:
                seen = ", ".join(sorted(region.name for region in live.regions)) or "none"
                what = (
                    f"{resource.ref.kind} '{resource.ref.key}': the account has no region '{name}'"
                )
                yield Problem(resource.at("regions"), what, f"it shows {seen}")


_NONE = Difference()


@dataclass(frozen=True)
class _Builder:
    catalog: Catalog
    live: Live
    state: State
    ask: Ask
    identity: Identity
    names: Names
    unwritten: tuple[str, ...] = ()

    def plan(self) -> Plan:
        """All parts, each made by one method."""
        differences = {ref: self._difference(ref) for ref in self.identity.bound}
        blind = regions_missing(self.state, self.live)
        leave = leaving(self.catalog, self.live, self.identity, blind=blind)
        taken_out = self._taken_out(differences, leave)
        differences |= self._emptied(differences, taken_out)
        near, near_blocks = self._near()
        upserts = [*self._upserts(differences, near_blocks), *self._unlinks(leave)]
        changes = self._refused([*upserts, *leave.changes], leave, taken_out)
        changes = self._linked(keep_held(changes, self.live, self.names))
        targeted = self._targeted(changes, taken_out)
        held, review = self._permitted(targeted)
        # A value that is written outside of what was targeted or permitted holds its option too.
        held = with_dependents_blocked(keep_held(held, self.live, self.names))
        locations = Locations(self.catalog, self.live, self.names)
        shown = located(in_order(self._settled(held, leave, taken_out)), locations)
        creates = [self.catalog.resources[item.ref] for item in changes if _is_create(item)]
        active = [item for item in shown if item.blocked is None]
        rate = self.catalog.policy.rate
        batches = cut(active, self.live, self.names, self.state.refused, rate=rate)
        beside = self._beside(active) if self.state.new else ()
        adopts = any(item.action == Action.ADOPT for item in active)
        return Plan(
            account=self.live.account,
            changes=shown,
            batches=batches,
            settles=() if self.ask.targets else self._settles(differences, changes, leave),
            near=dict(self._to_settle(near, near_blocks, changes)),
            moved=self._carried(shown, leave),
            unchanged=self._unchanged(differences, changes),
            notes=(
                *self._first_notes(beside),
                *self._notes(differences, leave, near, creates, changes, targeted),
            ),
            refusals=(
                *(review.differs if review else ()),
                *refusals(self.catalog, self.identity, shown, leave, self.ask.allow),
            ),
            new_state=self.state.new,
            needs_new_state=self.state.new and (adopts or bool(near or beside)),
            targets=self.ask.targets,
            environment=self.ask.environment,
            cost=price(batches, self.catalog.policy.rate) if batches else self._no_cost(),
            names=dict(self._foreign_names(shown)),
            ids=self.names.ids,
            roots=self.identity.roots,
            labels=labels(shown, locations),
            left=_left(differences, self.live, len(changes) - len(targeted), review),
            review=review,
        )

    def _no_cost(self) -> Cost:
        return price((), self.catalog.policy.rate)

    # --- what is in the catalog ---

    def _difference(self, ref: Ref) -> Difference:
        bound, resource = self.identity.bound[ref], self.catalog.resources[ref]
        item, entry = self.live.of(ref.kind)[bound.id], self._entry(ref)
        policy = self.catalog.policy
        if bound.how == "external" or at_rest(resource, item, entry, self.names, policy):
            return _NONE
        return compare(view_of(resource, item, entry, self.names, policy))

    def _entry(self, ref: Ref) -> Entry | None:
        """The state's entry of a bound object, under the key that it had."""
        bound = self.identity.bound[ref]
        entry = self.identity.entries.get(bound.source or ref)
        return entry if entry is not None and entry.id == bound.id else None

    def _upserts(
        self, differences: Mapping[Ref, Difference], near_blocks: Mapping[Ref, str]
    ) -> Iterator[Change]:
        for ref, resource in self.catalog.resources.items():
            if ref in differences:
                change = self._of_bound(ref, resource, differences[ref])
                if change is not None:
                    yield change
                    yield from self._replaced(change)
            elif ref in self.identity.missing:
                yield self._missing(ref, resource)
            elif not resource.external and ref not in self.identity.processing:
                yield self._create(ref, resource, near_blocks.get(ref))

    def _missing(self, ref: Ref, resource: Resource) -> Change:
        """What its `id:` names is not there; nothing but a person's correction helps."""
        action = Action.UPDATE if ref in self.identity.entries else Action.ADOPT
        reason = self.identity.missing[ref]
        return Change(action, ref, None, _title(resource), resource.place, blocked=reason)

    def _create(self, ref: Ref, resource: Resource, blocked: str | None) -> Change:
        gone, source = ref in self.identity.gone, self._moved_from(ref)
        if gone and regions_missing(self.state, self.live):
            blocked = "it is gone, but so are regions of the account: these credentials see less"
        blocked = blocked or may_be_there(resource, self.live, self.names)
        return Change(
            Action.RECREATE if gone else Action.CREATE,
            ref,
            None,
            _title(resource),
            resource.place,
            sent=resource.fields,
            blocked=blocked,
            source=str(source) if source else None,
            upload=resource.file,
            prevent_destroy=resource.lifecycle.prevent_destroy,
        )

    def _of_bound(self, ref: Ref, resource: Resource, difference: Difference) -> Change | None:
        bound = self.identity.bound[ref]
        source = self._moved_from(ref) if bound.how != "external" else None
        adopts = bound.how in ("adopted", "pinned")
        action = Action.ADOPT if adopts else Action.MOVE if source else Action.UPDATE
        if action == Action.UPDATE and not difference.fields and not difference.blocked:
            return None
        uploads = any(item.path == CONTENT for item in difference.fields)
        return Change(
            action,
            ref,
            bound.id,
            _title(resource),
            resource.place,
            fields=difference.fields,
            cls=difference.cls,
            blocked=difference.blocked,
            source=str(source) if source else None,
            # An upload makes a new object, which gets all that is declared.
            sent=resource.fields if uploads else self._sent(ref, resource, difference),
            upload=resource.file if uploads else None,
            forget=(*difference.forget, *_cleared(resource, difference)),
            prevent_destroy=resource.lifecycle.prevent_destroy,
        )

    def _replaced(self, change: Change) -> Iterator[Change]:
        """What an upload replaces loses our links, once the new object has them."""
        if change.upload is None or change.blocked is not None:
            return
        item = self.live.of(change.ref.kind)[str(change.id)]
        entry = self._entry(change.ref)
        applied = entry.applied if entry else {}
        found = unlinked_by_upload(change.ref, item, applied, change.sent, self.names)
        if found is not None:
            yield found

    def _unlinks(self, leave: Leaving) -> Iterator[Change]:
        """Files that have left the catalog: they cannot be deleted."""
        for entry in leave.unlinks:
            item = self.live.of(entry.ref.kind)[entry.id]
            found = unlinked(entry.ref, entry, item, self.names)
            # It keeps our links until the one in its place can take them.
            waits = successor(entry.ref) in self.identity.processing
            if found is not None and not waits and self.catalog.policy.prune != "never":
                yield found

    def _moved_from(self, ref: Ref) -> Ref | None:
        """The key that the state holds for it, where that is another one."""
        bound = self.identity.bound.get(ref)
        source = bound.source if bound is not None else None
        return source or self.identity.moves.sources.get(ref)

    def _carried(
        self, changes: Iterable[Change], leave: Leaving
    ) -> frozenset[tuple[str, str, str]]:
        """The `moved:` entries that are carried out once the changes are made (contract 1.1)."""
        active = {change.ref: change for change in changes if change.blocked is None}
        dropped = {settle.ref for settle in leave.settles if settle.drop}

        def is_made(source: Ref, end: Ref) -> bool:
            if source == end or source in dropped:
                return True
            change = active.get(end if end in self.catalog.resources else source)
            return change is not None and (
                change.action == Action.DELETE or change.source == str(source)
            )

        return self.state.moved | self.identity.moves.carried(is_made)

    def _sent(self, ref: Ref, resource: Resource, difference: Difference) -> dict[str, Value]:
        """The declared fields that count as sent once the change is made."""
        adopts = self._entry(ref) is None
        ignored = ignores(resource, self.catalog.policy)
        written = {*(item.path for item in difference.fields), *difference.settled}
        kept = {item.path for item in difference.kept} - written
        return {
            path: value
            for path, value in resource.fields.items()
            if path not in kept and (path in written or (adopts and not ignored(path)))
        }

    # --- what leaves ---

    def _taken_out(
        self, differences: Mapping[Ref, Difference], leave: Leaving
    ) -> tuple[TakeOut, ...]:
        """What others put into containers that leave and the plan may take out of them."""
        if self.catalog.policy.drift == "keep" or not leave.changes:
            return ()
        declared = {
            (ref.kind, bound.id): ref
            for ref, bound in self.identity.bound.items()
            if not self._is_external(ref)
        }
        objects = chain.from_iterable(items.values() for items in self.live.objects.values())
        found = guests(leave.changes, declared, objects)
        return tuple(
            item
            for item in found
            if open_to(item, differences[item.holder], self._view(item.holder))
        )

    def _emptied(
        self, differences: Mapping[Ref, Difference], taken_out: Sequence[TakeOut]
    ) -> dict[Ref, Difference]:
        """The differences of the objects that are taken out of something."""
        return {
            ref: with_taken_out(differences[ref], items, self._view(ref))
            for ref, items in by_holder(taken_out).items()
        }

    def _view(self, ref: Ref) -> View:
        live = self.live.of(ref.kind)[self.identity.bound[ref].id]
        resource = self.catalog.resources[ref]
        return view_of(resource, live, self._entry(ref), self.names, self.catalog.policy)

    def _refused(
        self, changes: Sequence[Change], leave: Leaving, taken_out: Sequence[TakeOut]
    ) -> list[Change]:
        """The changes, their deletes judged by what the others really take away before them, and
        without what is taken out of something that stays.

        Asked again once it is known which of the others are blocked or not targeted.
        """
        blocked = {change.ref: change.blocked for change in changes}
        stays = [change for change in changes if change.action != Action.DELETE]
        deletes = [
            replace(
                item,
                depends_on=tuple(filter(blocked.__contains__, item.depends_on)),
                blocked=item.blocked or blocked[item.ref],
            )
            for item in leave.changes
            if item.ref in blocked
        ]
        writes = {
            (item.ref.kind, str(item.id)): item
            for item in stays
            if item.fields and item.blocked is None
        }
        judged = refuse(deletes, writes, self.live, self._owners()) if deletes else []
        return without_vain([*stays, *judged], taken_out)

    def _settled(
        self, changes: Sequence[Change], leave: Leaving, taken_out: Sequence[TakeOut]
    ) -> Sequence[Change]:
        """What is blocked stays where it is, and so may block a delete; a delete that is blocked
        frees no name, and so may block who takes it."""
        while True:
            found = with_dependents_blocked(self._refused(changes, leave, taken_out))
            if _unblocked(found) == _unblocked(changes):
                return found
            changes = found

    def _owners(self) -> Owners:
        owners = {(ref.kind, bound.id): ref for ref, bound in self.identity.bound.items()}
        owners.update({(ref.kind, entry.id): ref for ref, entry in self.identity.left.items()})
        foreign = {name for name, ref in owners.items() if self._is_external(ref)}
        managed = {name: ref for name, ref in owners.items() if name not in foreign}
        # A value on what the catalog declares and the plan does not clear was let go: it is theirs.
        return owners_of(self.identity.left.values(), managed)

    def _is_external(self, ref: Ref) -> bool:
        return ref in self.catalog.resources and self.catalog.resources[ref].external

    # --- near matches ---

    def _near(self) -> tuple[dict[Ref, tuple[str, ...]], dict[Ref, str]]:
        """Near matches by natural key, and by content (contract 2.1)."""
        near, blocked = dict(self.identity.near), dict(self.identity.blocked)
        unsettled = Unsettled(self.state)
        wanted = [
            item
            for ref, item in self.catalog.resources.items()
            if ref not in self.identity.bound and ref not in near and item.id != NEW
            if ref not in self.identity.missing and ref not in self.identity.processing
        ]
        for ref, items in same_content(wanted, self._strangers(wanted), self.names).items():
            if items and ref not in self.identity.gone:
                near[ref] = by_label(self.live, ref.kind, (item.id for item in items))
                if unsettled.holds_up(ref, near[ref]):
                    blocked[ref] = NEAR
        return near, blocked

    def _to_settle(
        self,
        near: Mapping[Ref, tuple[str, ...]],
        blocked: Mapping[Ref, str],
        changes: Iterable[Change],
    ) -> Iterator[tuple[Ref, tuple[str, ...]]]:
        """Near matches that the state keeps: those that block, and creates that could not be
        judged while their kind's state is new, since what they depend on is blocked."""
        unsettled = Unsettled(self.state)
        for change in changes:
            if (
                change.action == Action.CREATE
                and change.blocked
                and not unsettled.is_judged(change.ref)
            ):
                yield change.ref, ()
        yield from ((ref, near[ref]) for ref in blocked if ref in near)

    def _strangers(self, wanted: Sequence[Resource]) -> Iterator[LiveObject]:
        yield from self._unclaimed({item.ref.kind for item in wanted})

    def _unclaimed(self, kinds: Collection[str]) -> Iterator[LiveObject]:
        """Live objects that nobody declares or manages; hidden roots are not among them."""
        owners = self._owners().refs if kinds else {}
        bound = {(ref.kind, item.id) for ref, item in self.identity.bound.items()}
        for kind in kinds:
            for id_, item in self.live.of(kind).items():
                known = (kind, id_) in owners or (kind, id_) in bound
                if not known and id_ not in self.identity.roots:
                    yield item

    # --- how they hang together ---

    def _linked(self, changes: list[Change]) -> list[Change]:
        by_ref = {change.ref: change for change in changes}
        linked = [
            change
            if change.action == Action.DELETE
            else replace(
                change,
                depends_on=(
                    *change.depends_on,
                    *dependencies(change, by_ref, self.catalog.resources),
                ),
            )
            for change in changes
        ]
        unique = unique_kinds(self.state.behaviours)
        return with_dependents_blocked(bound(linked, self.live, self.names, unique))

    def _targeted(self, changes: list[Change], taken_out: Sequence[TakeOut]) -> list[Change]:
        if not self.ask.targets:
            return changes
        return with_dependents_blocked(self._selected(changes, taken_out))

    def _selected(self, changes: list[Change], taken_out: Sequence[TakeOut]) -> list[Change]:
        gone = {f"{ref}" for ref in self.ask.deleted}
        targets = [text for text in self.ask.targets if text.rstrip("/") not in gone]
        return selected(targets, self.catalog, changes, taken_out)

    def _permitted(self, changes: list[Change]) -> tuple[list[Change], Review | None]:
        if self.ask.reviewed is None:
            return changes, None
        names = dict(self._foreign_names(changes))
        return permitted(changes, self.ask.reviewed, self.catalog.resources, names)

    def _settles(
        self, differences: Mapping[Ref, Difference], changes: Iterable[Change], leave: Leaving
    ) -> tuple[Settle, ...]:
        """State-only notes, of objects that no change speaks of and of those that are let go."""
        spoken = {change.ref for change in changes}
        silent = (ref for ref in differences if ref not in spoken)
        return (
            *filter(None, (self._noted(ref, differences[ref]) for ref in silent)),
            *leave.settles,
        )

    def _noted(self, ref: Ref, difference: Difference) -> Settle | None:
        resource, entry = self.catalog.resources[ref], self._entry(ref)
        protect = resource.lifecycle.prevent_destroy
        turned = entry is not None and entry.prevent_destroy != protect
        if resource.external or not (difference.settled or difference.forget or turned):
            return None
        sent = {path: resource.fields[path] for path in difference.settled}
        id_ = self.identity.bound[ref].id
        return Settle(ref, id_, sent, difference.forget, prevent_destroy=protect)

    def _unchanged(self, differences: Mapping[Ref, Difference], changes: Iterable[Change]) -> int:
        spoken = {change.ref for change in changes}
        resources = self.catalog.resources
        return sum(ref not in spoken and not resources[ref].external for ref in differences)

    # --- what is said ---

    def _notes(
        self,
        differences: Mapping[Ref, Difference],
        leave: Leaving,
        near: Mapping[Ref, tuple[str, ...]],
        creates: Sequence[Resource],
        changes: Sequence[Change],
        targeted: Sequence[Change],
    ) -> Iterator[Note]:
        yield from map(Note, self.live.notes)
        yield from map(Note, self.unwritten)
        yield from () if self.ask.targets else map(Note, leave.notes)
        yield from (Note(text, NoteKind.NEAR) for text in self._near_notes(near))
        ids = {ref: bound.id for ref, bound in self.identity.bound.items()}
        taken = self._owners().refs
        repeated = duplicates(self.state.doubtful, ids, taken, self.live, self.names)
        yield from map(Note, repeated)
        for ref, difference in sorted(differences.items(), key=lambda item: item[0]):
            for path in difference.released:
                yield Note(f"{ref}: {path} was changed in the account and is no longer ours")
            for item in difference.kept:
                yield Note(f"{ref}: {item.path} drifted and is kept (drift: keep)")
        deletes = [change for change in changes if change.action == Action.DELETE]
        renames = offers(creates, deletes, self.catalog.resources, self.live, self.names)
        yield from map(Note, renames)
        entries, behaviours = self.identity.entries, self.state.behaviours
        inherited = alike(targeted, entries, self.live, self.names, behaviours)
        yield from map(Note, inherited)
        left = len(changes) - len(targeted)
        if left:
            yield Note(f"{left} other changes were left out (--target).", NoteKind.TARGETS)

    def _first_notes(self, beside: Sequence[str]) -> Iterator[Note]:
        if self.state.new:
            text = "This plan starts a new state: nothing is known of earlier runs."
            yield Note(text, NoteKind.NEW_STATE)
        yield from map(Note, beside)

    def _beside(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """Creates of kinds of which the account holds what nobody declares, both counted."""
        creates = Counter(item.ref.kind for item in changes if _is_create(item))
        beside: dict[str, list[LiveObject]] = {}
        for item in self._unclaimed(creates):
            beside.setdefault(item.kind, []).append(item)
        return tuple(
            _count(kind, creates[kind.name], beside[kind.name])
            for kind in ORDER
            if kind.name in beside
        )

    def _near_notes(self, near: Mapping[Ref, tuple[str, ...]]) -> Iterator[str]:
        for ref, ids in sorted(near.items()):
            items = (self.live.of(ref.kind).get(id_) for id_ in ids)
            named = ", ".join(self._near_words(ref, item) for item in items if item)
            yield f"{ref}: near match {named}. Pin it with `id:`, or say `id: new` to create."

    def _near_words(self, ref: Ref, item: LiveObject) -> str:
        reason = self.identity.reasons.get(ref, {}).get(item.id)
        return f"'{item.label}' ({item.id}{f': {reason}' if reason else ''})"

    def _foreign_names(self, changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
        for change in changes:
            for item in change.fields:
                to = KINDS[change.ref.kind].field(item.path)
                tokens = (*item.add, *item.remove, *texts(item.before), *texts(item.applied))
                if to.type in (Type.REFERENCE, Type.REFERENCES):
                    yield from self._named(to.to, tokens)

    def _named(self, kind: str, tokens: Iterable[str]) -> Iterator[tuple[str, str]]:
        for token in tokens:
            if token.startswith(FOREIGN):
                item = self.live.of(kind).get(token.removeprefix(FOREIGN))
                yield token, item.label if item else f"a {kind} that is gone"


def _cleared(resource: Resource, difference: Difference) -> Iterator[str]:
    """Fields that the YAML no longer has: once they are cleared they are no longer ours."""
    return (item.path for item in difference.fields if item.path not in resource.fields)


def _left(
    differences: Mapping[Ref, Difference], live: Live, not_targeted: int, review: Review | None
) -> dict[str, int]:
    """How many objects are rightly not brought to what the catalog says, by reason."""
    kept = sum(bool(difference.kept) for difference in differences.values())
    not_permitted = review.left_objects if review else 0
    found = {
        "drift kept": kept,
        "not targeted": not_targeted,
        "not permitted": not_permitted,
        "processing": len(live.processing),
    }
    return {reason: number for reason, number in found.items() if number}


def _title(resource: Resource) -> str:
    return str(resource.fields.get(KINDS[resource.ref.kind].title) or resource.ref.key)


def _unblocked(changes: Iterable[Change]) -> list[Ref]:
    return [change.ref for change in changes if change.blocked is None]


def _count(kind: Kind, creates: int, unclaimed: Sequence[LiveObject]) -> str:
    """Of products that nobody declares, their variants are not counted besides."""
    alone = [item for item in unclaimed if is_empty(item.fields.get("variant_of"))] or unclaimed
    noun = kind.nouns[len(alone) != 1]
    return f"{creates:,} to create beside {len(alone):,} {noun} that nobody declares"


def _is_create(change: Change) -> bool:
    return change.action == Action.CREATE
