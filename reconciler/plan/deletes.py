"""What leaves: deletes, what refuses them and what falls with them (contract 2.5)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from reconciler.enums import Action
from reconciler.identity import MARK, Identity
from reconciler.kinds import KINDS, Kind, Type
from reconciler.model import (
    Catalog,
    Change,
    Entry,
    FieldChange,
    Live,
    LiveObject,
    Moved,
    Place,
    Ref,
    Settle,
)
from reconciler.normalize import is_empty, spelled, texts
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.plan.holders import (
    Holder,
    Holders,
    Name,
    Owners,
    distinct,
    held,
    holders,
    in_words,
    is_nameless,
    name_of,
    plainly,
    to_mend,
    unread,
)

PROTECTED = "prevent_destroy is set: apply it as false first"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Deletes to make (blocked ones too), entries to let go, deletes that the catalog states, and
    entries whose object is lost: gone from the account as their key is from the catalog.
    `unlinks` are entries of objects that cannot be deleted: they lose our links.
    `unpublish` are objects to take out of sight and let go, by the place that says that they
    leave, if one does."""

    changes: tuple[Change, ...] = ()
    settles: tuple[Settle, ...] = ()
    notes: tuple[str, ...] = ()
    stated: frozenset[Ref] = frozenset()
    lost: frozenset[Ref] = frozenset()
    unlinks: tuple[Entry, ...] = ()
    unpublish: Mapping[Ref, Place | None] = field(default_factory=dict)


def leaving(catalog: Catalog, live: Live, identity: Identity, *, blind: bool) -> Leaving:
    """What becomes of the state's entries whose key has left the catalog, or is external now.

    `blind` says that the credentials see less than before: what is gone may still be there.
    """
    found = _Found(catalog, live, identity)
    for entry in _handed_over(catalog, identity):
        held = identity.moves.sources.get(entry.ref, entry.ref)
        found.settles.append(Settle(held, entry.id, drop=True))
        found.notes.append(f"{entry.ref} is external now and no longer managed")
    for ref in sorted(identity.left):
        entry = identity.left[ref]
        step = identity.moves.astray.get(ref)
        place = step.place if step is not None else catalog.elsewhere.get(ref)
        found.left(entry, place, blind=blind)
        if step is not None:
            found.notes.append(_astray(ref, step))
        elif place is not None:
            found.notes.append(_of_others(ref, place))
    removed = identity.moves.removed
    return Leaving(
        changes=tuple(_with_what_falls(found.changes, identity, live)),
        settles=tuple(found.settles),
        notes=tuple(found.notes),
        stated=frozenset(ref for ref, item in removed.items() if item.destroy),
        lost=frozenset(found.lost),
        unlinks=tuple(found.unlinks),
        unpublish=found.unpublish,
    )


@dataclass
class _Found:
    """The lists that grow while the entries that leave are looked at."""

    catalog: Catalog
    live: Live
    identity: Identity
    changes: list[Change] = field(default_factory=list)
    settles: list[Settle] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lost: set[Ref] = field(default_factory=set)
    unlinks: list[Entry] = field(default_factory=list)
    unpublish: dict[Ref, Place | None] = field(default_factory=dict)

    def left(self, entry: Entry, place: Place | None, *, blind: bool) -> None:
        """What becomes of one entry; `place` is where the catalog says that it leaves."""
        ref = entry.ref
        removed = self.identity.moves.removed.get(ref)
        item = self.live.of(ref.kind).get(entry.id)
        if removed is not None and not removed.destroy:
            self._let_go(entry, is_gone=item is None)
        elif (ref.kind, entry.id) in self.live.processing:
            self.notes.append(
                f"{ref} has left the catalog and cannot be read yet: it stays managed"
            )
        elif item is None:
            self._unseen(entry, blind=blind)
        elif self._unpublishes(ref):
            self._take_out_of_sight(ref, place)
        elif not KINDS[ref.kind].deletable:
            self.unlinks.append(entry)
        elif self.catalog.policy.prune == "never" and removed is None:
            self.notes.append(
                f"{ref} has left the catalog and is left in the account (prune: never)"
            )
        else:
            self.changes.append(_delete(entry, item, place))

    def _unpublishes(self, ref: Ref) -> bool:
        """`prune: unpublish` speaks of it: no `removed` does, and it is not what an upload has
        replaced."""
        is_stated = ref in self.identity.moves.removed
        return self.catalog.policy.prune == "unpublish" and not is_stated and MARK not in ref.key

    def _take_out_of_sight(self, ref: Ref, place: Place | None) -> None:
        """The object is to be unpublished, if its kind can be."""
        if KINDS[ref.kind].publishable:
            self.unpublish[ref] = place
            return
        kind, _ = KINDS[ref.kind].nouns
        self.notes.append(
            f"{ref} has left the catalog and stays in the account, managed: no {kind} can be "
            "unpublished (`removed:` deletes it or lets it go)"
        )

    def _let_go(self, entry: Entry, *, is_gone: bool) -> None:
        """The state forgets the object."""
        ref = entry.ref
        self.settles.append(Settle(ref, entry.id, drop=True))
        if is_gone:
            self.notes.append(f"{ref} has left the catalog and the account; it is forgotten")
        else:
            self.notes.append(f"{ref} is let go: it stays in the account and is no longer managed")

    def _unseen(self, entry: Entry, *, blind: bool) -> None:
        """No list shows the object: it is forgotten only where that proves that it is gone."""
        ref = entry.ref
        self.lost.add(ref)
        if blind:
            self.notes.append(f"{ref} has left the catalog and is not seen: it stays managed")
        else:
            self._let_go(entry, is_gone=True)


def _handed_over(catalog: Catalog, identity: Identity) -> list[Entry]:
    """Entries of objects that the catalog now declares as somebody else's."""
    foreign: set[Name] = set()
    for ref, bound in identity.bound.items():
        if catalog.resources[ref].external:
            foreign.add((ref.kind, bound.id))
    if not foreign:
        return []
    entries = (identity.entries[ref] for ref in sorted(identity.entries))
    return [entry for entry in entries if (entry.ref.kind, entry.id) in foreign]


def _astray(ref: Ref, step: Moved) -> str:
    entry = f"`moved:` at {step.place} gives it the key '{step.target}'"
    return f"{ref} has left the catalog: {entry}, which the catalog does not have"


def _of_others(ref: Ref, place: Place) -> str:
    return f"{ref} is not for this environment: `only` at {place} names others"


def _delete(entry: Entry, item: LiveObject, place: Place | None) -> Change:
    blocked = PROTECTED if entry.prevent_destroy else None
    return Change(Action.DELETE, entry.ref, entry.id, item.label, place, blocked=blocked)


def _with_what_falls(changes: list[Change], identity: Identity, live: Live) -> Iterator[Change]:
    """The deletes with what falls with them, each after what is in its object."""
    going = {name_of(change) for change in changes}
    first = _deleted_first(changes, live)
    for change in changes:
        item = live.of(change.ref.kind)[str(change.id)]
        lost: list[str] = []
        beside: list[Name] = []
        for word, to, id_ in _foreign_parts(item, identity.left[change.ref]):
            if id_ in live.of(to) and (to, id_) not in going:
                lost.append(f"its {word} '{live.of(to)[id_].label}'")
                beside.append((to, id_))
        yield replace(
            change,
            fallout=tuple(sorted(lost)),
            beside=tuple(sorted(beside)),
            depends_on=tuple(sorted(first.get(change.ref, ()))),
        )


def _foreign_parts(item: LiveObject, entry: Entry) -> Iterator[tuple[str, str, str]]:
    """(word, kind, id) of values that we never set and elements that we never sent."""
    for path, value in item.fields.items():
        row, ours = KINDS[item.kind].field(path), entry.applied.get(path)
        if row.type is Type.VALUES:
            if ours is None and not is_empty(value):
                yield "value of", "attribute", attribute_of(path)
        elif row.type is Type.REFERENCES:
            sent = texts(ours.sent) if ours is not None else ()
            for id_ in texts(value):
                if id_ not in sent:
                    yield row.to, row.to, id_


def _deleted_first(changes: list[Change], live: Live) -> dict[Ref, set[Ref]]:
    """By what is deleted, what is in it or has a value of it and so is deleted before it."""
    by_id = {name_of(change): change.ref for change in changes}
    first: dict[Ref, set[Ref]] = {}
    for change in changes:
        item = live.of(change.ref.kind)[str(change.id)]
        for name in _stands_in(item):
            if name in by_id:
                first.setdefault(by_id[name], set()).add(change.ref)
    return first


def _stands_in(item: LiveObject) -> Iterator[Name]:
    """The objects that a live object stands in or has a value of."""
    for kind in KINDS.values():
        for holder, name in kind.holds:
            if holder == item.kind:
                for _, id_ in held(item, name):
                    yield kind.name, id_


# --- what refuses -------------------------------------------------------------------------------


def refuse(
    deletes: Iterable[Change], staying: Mapping[Name, Change], live: Live, owners: Owners
) -> list[Change]:
    """The deletes with their reasons to refuse and their fallout, from the lists in `live`.

    `staying` are updates by (kind, id): what the plan moves out of a container does not hold it.
    Asked again by apply, on lists read just before the first delete (contract 2.5).
    """
    every = list(deletes)
    kinds = {change.ref.kind for change in every}
    sight = _Sight(
        staying,
        live.partial,
        {kind: holders(KINDS[kind].holds, live, owners) for kind in kinds},
        {kind: holders(KINDS[kind].falls, live, owners) for kind in kinds},
    )
    reasons = _reasons(every, sight)
    going = {name_of(change) for change in every if change.ref not in reasons}
    return [sight.judged(change, reasons.get(change.ref), going) for change in every]


def _reasons(deletes: Sequence[Change], sight: _Sight) -> dict[Ref, str]:
    """Why deletes are refused; what stays holds what it stands in, so one may bring the next."""
    reasons = {change.ref: change.blocked for change in deletes if change.blocked}
    judged = [change for change in deletes if change.ref not in reasons]
    going = {name_of(change) for change in judged}
    held_by = _held_by(judged, sight, going)
    while judged:
        refused: list[Change] = []
        for change in judged:
            reason = sight.reason(change, going)
            if reason is not None:
                reasons[change.ref] = reason
                refused.append(change)
        going.difference_update(map(name_of, refused))
        again = chain.from_iterable(held_by.get(name_of(change), ()) for change in refused)
        waiting = {change.ref: change for change in again if change.ref not in reasons}
        judged = list(waiting.values())
    return reasons


def _held_by(
    deletes: Iterable[Change], sight: _Sight, going: Container[Name]
) -> Mapping[Name, list[Change]]:
    """By an object that leaves, the deletes of what it stands in."""
    found: dict[Name, list[Change]] = {}
    for change in deletes:
        for holder in sight.holds[change.ref.kind].named.get(str(change.id), ()):
            if holder.name in going:
                found.setdefault(holder.name, []).append(change)
    return found


Leaves = frozenset[tuple[str, Ref]]
"""What a change takes its object out of, each with the field that names it."""


def taken_out(kind: Kind, fields: Iterable[FieldChange]) -> Leaves:
    """What changes of fields take an object out of, and what they drop its values of."""
    return frozenset(chain.from_iterable(_emptied(kind, item) for item in fields))


def _emptied(kind: Kind, item: FieldChange) -> Iterator[tuple[str, Ref]]:
    row = kind.field(item.path)
    if not row.to:
        return
    if row.type is Type.VALUES:
        yield item.path, Ref(row.to, attribute_of(item.path))
    elif item.is_set:
        for key in item.remove:
            yield item.path, Ref(row.to, key)
    elif item.before is not None:
        yield item.path, Ref(row.to, spelled(item.before))


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the account shows around the deletes of one plan; `holds` and `falls` by kind."""

    staying: Mapping[Name, Change]
    partial: frozenset[str]
    holds: Mapping[str, Holders]
    falls: Mapping[str, Holders]
    leaves: dict[Name, Leaves] = field(default_factory=dict)
    """What `staying` take their objects out of, looked up once for each."""

    def reason(self, change: Change, going: set[Name]) -> str | None:
        """Why a delete is refused where only the objects of `going` leave; None where it is not."""
        kind = KINDS[change.ref.kind]
        if kind.name in self.partial:
            return f"the list of {kind.name} objects could not be read whole"
        hidden = unread(kind.holds, self.partial)
        if hidden:
            lists = ", ".join(hidden)
            return f"the list of {lists} could not be read whole, and may hide what it holds"
        found = self.holds[kind.name].of(str(change.id))
        left = self._left(found, change.ref, going)
        blocking = [holder for holder in left if not _only_falls(holder)]
        return _reason(blocking) if blocking else None

    def _left(self, found: Iterable[Holder], leaving: Ref, going: set[Name]) -> list[Holder]:
        """The holders that live on and that the plan does not take out."""
        return [
            holder
            for holder in found
            if holder.name not in going and not self._moves_out(holder, leaving)
        ]

    def _moves_out(self, holder: Holder, leaving: Ref) -> bool:
        """Whether the plan takes a holder out of what leaves, or drops its value of it."""
        if holder.name not in self.staying:
            return False
        if holder.name not in self.leaves:
            update = self.staying[holder.name]
            self.leaves[holder.name] = taken_out(KINDS[update.ref.kind], update.fields)
        path = value_path(leaving.key) if _is_value(holder) else holder.path
        return (path, leaving) in self.leaves[holder.name]

    def judged(self, change: Change, reason: str | None, going: set[Name]) -> Change:
        """The delete with its reason, what falls with it, and who must outlive it."""
        kind, id_ = KINDS[change.ref.kind], str(change.id)
        holding, falling = self.holds[kind.name].of(id_), self.falls[kind.name].of(id_)
        left = distinct(self._left([*holding, *falling], change.ref, going))
        fallout = {*change.fallout, *map(_fallout, left)}
        for lists in unread(kind.falls, self.partial):
            fallout.add(f"links that the list of {lists} does not show")
        containing = [holder for holder in holding if not _is_value(holder)]
        beside = {holder.name for holder in (*left, *containing) if holder.item.id}
        return replace(
            change,
            blocked=reason,
            fallout=tuple(sorted(fallout)),
            beside=tuple(sorted({*change.beside, *(beside - going)})),
        )


def _is_value(holder: Holder) -> bool:
    return is_value(holder.path)


def _only_falls(holder: Holder) -> bool:
    """A value of ours on an object that has left the catalog and stays: it is given up with it."""
    return _is_value(holder) and holder.owner is not None


# --- in words -----------------------------------------------------------------------------------


def _reason(blocking: list[Holder]) -> str:
    """Others' objects alone where there are any: ours go where the catalog puts them."""
    foreign = [holder for holder in blocking if holder.owner is None]
    found = distinct(foreign or blocking)
    parts: list[str] = []
    for verb, is_sure in (("it still holds", True), ("it may hold", False)):
        holding = [holder for holder in found if bool(holder.path) == is_sure]
        if holding:
            parts.append(f"{verb} {in_words(holding, _held_as)}")
    parts.extend(to_mend(found))
    return "; ".join(parts)


def _held_as(holder: Holder) -> str:
    if _is_value(holder):
        return f"a value on {plainly(holder.item)}"
    return _who(holder)


def _who(holder: Holder) -> str:
    if holder.owner is not None:
        return str(holder.owner)
    words = plainly(holder.item)
    return words if is_nameless(holder.item) else f"an unmanaged {words}"


def _fallout(holder: Holder) -> str:
    word = "value" if _is_value(holder) else "link"
    perhaps = "" if holder.path else "perhaps a "
    return f"{perhaps}{word} on {_who(holder).removeprefix('an ')}"
