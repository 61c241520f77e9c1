"""What leaves: deletes, what refuses them and what falls with them (contract 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.enums import Action
from reconciler.identity import Identity
from reconciler.kinds import KINDS, Type
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
from reconciler.normalize import is_empty, texts
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
    plainly,
    to_mend,
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Deletes to make (blocked ones too), entries to let go, deletes that the catalog states, and
    entries whose object is lost: gone from the account as their key is from the catalog.
    `unlinks` are entries of objects that cannot be deleted: they lose our links."""

    changes: tuple[Change, ...] = ()
    settles: tuple[Settle, ...] = ()
    notes: tuple[str, ...] = ()
    stated: frozenset[Ref] = frozenset()
    lost: frozenset[Ref] = frozenset()
    unlinks: tuple[Entry, ...] = ()


def leaving(catalog: Catalog, live: Live, identity: Identity, *, blind: bool = False) -> Leaving:
    """What becomes of the state's entries whose key has left the catalog, or is external now.

    `blind` says that the credentials see less than before: what is gone may still be there.
    """
    removed = identity.moves.removed
    found = _Found()
    for entry in _handed_over(catalog, identity):
        held = identity.moves.sources.get(entry.ref, entry.ref)
        found.settles.append(Settle(held, entry.id, drop=True))
        found.notes.append(f"{entry.ref} is external now and no longer managed")
    for ref, entry in sorted(identity.left.items()):
        step, waits = identity.moves.astray.get(ref), (ref.kind, entry.id) in live.processing
        if ref in removed and not removed[ref].destroy:
            found.let_go(ref, entry, is_gone=entry.id not in live.of(ref.kind))
        elif waits:
            found.notes.append(
                f"{ref} has left the catalog and cannot be read yet: it stays managed"
            )
        elif entry.id not in live.of(ref.kind):
            found.unseen(ref, entry, blind=blind)
        elif not KINDS[ref.kind].deletable:
            found.unlinks.append(entry)
        elif catalog.policy.prune == "never" and ref not in removed:
            found.notes.append(
                f"{ref} has left the catalog and is left in the account (prune: never)"
            )
        else:
            place = step.place if step is not None else catalog.elsewhere.get(ref)
            found.changes.append(_delete(ref, entry, live.of(ref.kind)[entry.id], place))
        if step is not None:
            found.notes.append(_astray(ref, step))
        elif ref in catalog.elsewhere:
            found.notes.append(_of_others(ref, catalog.elsewhere[ref]))
    going = {_name(change) for change in found.changes}
    changes = [_losing(change, identity.left[change.ref], live, going) for change in found.changes]
    return Leaving(
        changes=tuple(_with_dependencies(changes, live)),
        settles=tuple(found.settles),
        notes=tuple(found.notes),
        stated=frozenset(ref for ref, item in removed.items() if item.destroy),
        lost=frozenset(found.lost),
        unlinks=tuple(found.unlinks),
    )


@dataclass
class _Found:
    """The lists that grow while the entries that leave are looked at."""

    changes: list[Change] = field(default_factory=list)
    settles: list[Settle] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lost: set[Ref] = field(default_factory=set)
    unlinks: list[Entry] = field(default_factory=list)

    def let_go(self, ref: Ref, entry: Entry, *, is_gone: bool) -> None:
        """The state forgets the object."""
        self.settles.append(Settle(ref, entry.id, drop=True))
        if is_gone:
            self.notes.append(f"{ref} has left the catalog and the account; it is forgotten")
        else:
            self.notes.append(f"{ref} is let go: it stays in the account and is no longer managed")

    def unseen(self, ref: Ref, entry: Entry, *, blind: bool) -> None:
        """No list shows the object: it is forgotten only where that proves that it is gone."""
        self.lost.add(ref)
        if blind:
            self.notes.append(f"{ref} has left the catalog and is not seen: it stays managed")
        else:
            self.let_go(ref, entry, is_gone=True)


def _handed_over(catalog: Catalog, identity: Identity) -> list[Entry]:
    """Entries of objects that the catalog now declares as somebody else's."""
    foreign = {
        (ref.kind, bound.id)
        for ref, bound in identity.bound.items()
        if catalog.resources[ref].external
    }
    entries = sorted(identity.entries.items()) if foreign else []
    return [entry for ref, entry in entries if (ref.kind, entry.id) in foreign]


def _astray(ref: Ref, step: Moved) -> str:
    entry = f"`moved:` at {step.place} gives it the key '{step.target}'"
    return f"{ref} has left the catalog: {entry}, which the catalog does not have"


def _of_others(ref: Ref, place: Place) -> str:
    return f"{ref} is not for this environment: `only` at {place} names others"


def _delete(ref: Ref, entry: Entry, item: LiveObject, place: Place | None) -> Change:
    blocked = "prevent_destroy is set: apply it as false first" if entry.prevent_destroy else None
    return Change(Action.DELETE, ref, entry.id, item.label, place, blocked=blocked)


def _losing(change: Change, entry: Entry, live: Live, going: set[Name]) -> Change:
    """The delete with what others put on the object: it falls with it."""
    item = live.of(change.ref.kind)[entry.id]
    lost, beside = [], []
    for word, to, id_ in _foreign_parts(item, entry):
        if id_ in live.of(to) and (to, id_) not in going:
            lost.append(f"its {word} '{live.of(to)[id_].label}'")
            beside.append((to, id_))
    return replace(change, fallout=tuple(sorted(lost)), beside=tuple(sorted(beside)))


def _foreign_parts(item: LiveObject, entry: Entry) -> Iterator[tuple[str, str, str]]:
    """(word, kind, id) of values that we never set and elements that we never sent."""
    for path, value in item.fields.items():
        row, ours = KINDS[item.kind].field(path), entry.applied.get(path)
        if row.type is Type.VALUES and ours is None and not is_empty(value):
            yield "value of", "attribute", attribute_of(path)
        elif row.type is Type.REFERENCES and row.to:
            sent = texts(ours.sent) if ours else ()
            for id_ in texts(value):
                if id_ not in sent:
                    yield row.to, row.to, id_


def _with_dependencies(changes: list[Change], live: Live) -> Iterator[Change]:
    """What holds others is deleted after what is in it, or has a value of it."""
    by_id = {_name(change): change.ref for change in changes}
    first: dict[Ref, set[Ref]] = {}
    for change in changes:
        for container in _held_by(live.of(change.ref.kind)[str(change.id)], by_id):
            first.setdefault(container, set()).add(change.ref)
    for change in changes:
        yield replace(change, depends_on=tuple(sorted(first.get(change.ref, ()))))


def _held_by(item: LiveObject, refs: Mapping[Name, Ref]) -> Iterator[Ref]:
    """The objects of `refs` that a live object stands in or has a value of."""
    for kind in KINDS.values():
        names = [name for holder, name in kind.holds if holder == item.kind]
        for name in names:
            for _, id_ in held(item, name):
                if (kind.name, id_) in refs:
                    yield refs[kind.name, id_]


# --- what refuses -------------------------------------------------------------------------------


def refuse(
    deletes: Iterable[Change], staying: Mapping[Name, Change], live: Live, owners: Owners
) -> list[Change]:
    """The deletes with their reasons to refuse and their fallout, from the lists in `live`.

    `staying` are updates by (kind, id): what the plan moves out of a container does not hold it.
    Asked again by apply, on lists read just before the first delete (contract 2.5).
    """
    changes = {change.ref: change for change in deletes}
    kinds = {ref.kind for ref in changes}
    sight = _Sight(
        staying,
        live.partial,
        {kind: holders(KINDS[kind].holds, live, owners) for kind in kinds},
        {kind: holders(KINDS[kind].falls, live, owners) for kind in kinds},
    )
    reasons = _reasons(changes, sight)
    going = {_name(change) for ref, change in changes.items() if ref not in reasons}
    return [sight.judged(item, reasons.get(ref), going) for ref, item in changes.items()]


def _reasons(changes: Mapping[Ref, Change], sight: _Sight) -> dict[Ref, str]:
    """Why deletes are refused; what stays holds what it stands in, so one may bring the next."""
    reasons = {ref: change.blocked for ref, change in changes.items() if change.blocked}
    while True:
        left = [change for ref, change in changes.items() if ref not in reasons]
        going = {_name(change) for change in left}
        known = len(reasons)
        for change in left:
            reason = sight.reason(change, going)
            if reason is not None:
                reasons[change.ref] = reason
        if len(reasons) == known:
            return reasons


def _name(change: Change) -> Name:
    return change.ref.kind, str(change.id)


def takes_out(change: Change, item: FieldChange, leaving: Ref) -> bool:
    """A field's change takes its object out of one that leaves, or drops its value of it."""
    row = KINDS[change.ref.kind].field(item.path)
    if row.to != leaving.kind:
        return False
    if row.type is Type.VALUES:
        return item.path == value_path(leaving.key)
    return leaving.key in item.remove if item.is_set else item.before == leaving.key


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the account shows around the deletes of one plan; `holds` and `falls` by kind."""

    staying: Mapping[Name, Change]
    partial: frozenset[str]
    holds: Mapping[str, Holders]
    falls: Mapping[str, Holders]

    def reason(self, change: Change, going: set[Name]) -> str | None:
        """Why a delete is refused where only the objects of `going` leave; None where it is not."""
        kind = KINDS[change.ref.kind]
        if kind.name in self.partial:
            return f"the list of {kind.name} objects could not be read whole"
        unread = self.partial & {holder for holder, _ in kind.holds}
        if unread:
            lists = ", ".join(sorted(KINDS[name].plural for name in unread))
            return f"the list of {lists} could not be read whole, and may hide what it holds"
        found = self.holds[kind.name].of(str(change.id))
        left = self._left(found, change.ref, going)
        blocking = [item for item in left if not _only_falls(item)]
        return _reason(blocking) if blocking else None

    def _left(self, found: Iterable[Holder], leaving: Ref, going: set[Name]) -> list[Holder]:
        """The holders that live on and that the plan does not take out."""
        return [x for x in found if x.name not in going and not self._moves_out(x, leaving)]

    def _moves_out(self, holder: Holder, leaving: Ref) -> bool:
        update = self.staying.get(holder.name)
        if update is None:
            return False
        return any(
            (item.path == holder.path or _is_value(holder)) and takes_out(update, item, leaving)
            for item in update.fields
        )

    def judged(self, change: Change, reason: str | None, going: set[Name]) -> Change:
        """The delete with its reason, what falls with it, and who must outlive it."""
        kind, id_ = KINDS[change.ref.kind], str(change.id)
        found = [*self.holds[kind.name].of(id_), *self.falls[kind.name].of(id_)]
        left = distinct(self._left(found, change.ref, going))
        unread = self.partial & {holder for holder, _ in kind.falls}
        hidden = {f"links that the list of {KINDS[name].plural} does not show" for name in unread}
        containing = (item for item in self.holds[kind.name].of(id_) if not _is_value(item))
        beside = {item.name for item in (*left, *containing) if item.item.id} - going
        return replace(
            change,
            blocked=reason,
            fallout=tuple(sorted({*change.fallout, *map(_fallout, left), *hidden})),
            beside=tuple(sorted({*change.beside, *beside})),
        )


def _is_value(holder: Holder) -> bool:
    return is_value(holder.path)


def _only_falls(holder: Holder) -> bool:
    """A value of ours on an object that has left the catalog and stays: it is given up with it."""
    return _is_value(holder) and holder.owner is not None


# --- in words -----------------------------------------------------------------------------------


def _reason(blocking: list[Holder]) -> str:
    foreign = [item for item in blocking if item.owner is None]
    found = distinct(foreign or blocking)
    sure = [item for item in found if item.path]
    unsure = [item for item in found if not item.path]
    parts = [f"it still holds {in_words(sure, _held_as)}"] if sure else []
    parts += [f"it may hold {in_words(unsure, _held_as)}"] if unsure else []
    return "; ".join([*parts, *to_mend(found)])


def _held_as(holder: Holder) -> str:
    return f"a value on {plainly(holder.item)}" if _is_value(holder) else _who(holder)


def _who(holder: Holder) -> str:
    if holder.owner is not None:
        return str(holder.owner)
    unnamed = is_nameless(holder.item)
    return plainly(holder.item) if unnamed else f"an unmanaged {plainly(holder.item)}"


def _fallout(holder: Holder) -> str:
    word = "value" if _is_value(holder) else "link"
    perhaps = "" if holder.path else "perhaps a "
    return f"{perhaps}{word} on {_who(holder).removeprefix('an ')}"
