"""What leaves: deletes, what refuses them and what falls with them (contract 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.identity import Identity
from reconciler.kinds import KINDS, ORDER, Type
from reconciler.model import Catalog, Change, Entry, Live, LiveObject, Moved, Ref, Settle
from reconciler.normalize import is_empty, texts
from reconciler.ordering import inside
from reconciler.wire import VALUE


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
    changes, settles, notes, lost, unlinks = [], [], [], set(), []
    for entry in _handed_over(catalog, identity):
        held = identity.moves.sources.get(entry.ref, entry.ref)
        settles.append(Settle(held, entry.id, drop=True))
        notes.append(f"{entry.ref} is external now and no longer managed")
    for ref, entry in sorted(identity.left.items()):
        item = live.of(ref.kind).get(entry.id)
        let_go = ref in removed and not removed[ref].destroy
        if item is None and not let_go:
            lost.add(ref)
        if item is None and blind and not let_go:
            notes.append(f"{ref} has left the catalog and is not seen: it stays managed")
        elif item is None or let_go:
            settles.append(Settle(ref, entry.id, drop=True))
            notes.append(_let_go(ref, gone=item is None))
        elif not KINDS[ref.kind].deletable:
            unlinks.append(entry)
        elif catalog.policy.prune == "never" and ref not in removed:
            notes.append(f"{ref} has left the catalog and is left in the account (prune: never)")
        else:
            changes.append(_delete(ref, entry, item, identity.moves.astray.get(ref)))
        if ref in identity.moves.astray:
            notes.append(_astray(ref, identity.moves.astray[ref]))
    going = {(item.ref.kind, str(item.id)) for item in changes}
    changes = [_losing(item, identity.left[item.ref], live, going) for item in changes]
    ordered = _with_dependencies(changes, live)
    stated = frozenset(ref for ref, item in removed.items() if item.destroy)
    return Leaving(
        tuple(ordered), tuple(settles), tuple(notes), stated, frozenset(lost), tuple(unlinks)
    )


def _handed_over(catalog: Catalog, identity: Identity) -> list[Entry]:
    """Entries of objects that the catalog now declares as somebody else's."""
    foreign = {
        (ref.kind, bound.id)
        for ref, bound in identity.bound.items()
        if catalog.resources[ref].external
    }
    entries = sorted(identity.entries.items()) if foreign else []
    return [entry for ref, entry in entries if (ref.kind, entry.id) in foreign]


def _let_go(ref: Ref, *, gone: bool) -> str:
    if gone:
        return f"{ref} has left the catalog and the account; it is forgotten"
    return f"{ref} is let go: it stays in the account and is no longer managed"


def _astray(ref: Ref, step: Moved) -> str:
    entry = f"`moved:` at {step.place} gives it the key '{step.target}'"
    return f"{ref} has left the catalog: {entry}, which the catalog does not have"


def _delete(ref: Ref, entry: Entry, item: LiveObject, step: Moved | None) -> Change:
    blocked = "prevent_destroy is set: apply it as false first" if entry.prevent_destroy else None
    place = step.place if step is not None else None
    return Change("delete", ref, entry.id, item.label, place, blocked=blocked)


def _losing(change: Change, entry: Entry, live: Live, going: set[tuple[str, str]]) -> Change:
    """The delete with what others put on the object: it falls with it."""
    item = live.of(change.ref.kind)[entry.id]
    lost = (
        f"its {word} '{live.of(to)[id_].label}'"
        for word, to, id_ in _foreign_parts(item, entry)
        if id_ in live.of(to) and (to, id_) not in going
    )
    return replace(change, fallout=tuple(sorted(lost)))


def _foreign_parts(item: LiveObject, entry: Entry) -> Iterator[tuple[str, str, str]]:
    """(word, kind, id) of values that we never set and elements that we never sent."""
    for path, value in item.fields.items():
        field, ours = KINDS[item.kind].field(path), entry.applied.get(path)
        if field.type is Type.VALUES and ours is None and not is_empty(value):
            yield "value of", "attribute", path[len(VALUE) :]
        elif field.type is Type.REFERENCES and field.to:
            sent = texts(ours.sent) if ours else ()
            yield from ((field.to, field.to, id_) for id_ in texts(value) if id_ not in sent)


def _with_dependencies(changes: list[Change], live: Live) -> Iterator[Change]:
    """A container is deleted after what is in it."""
    by_id = {(item.ref.kind, str(item.id)): item.ref for item in changes}
    first: dict[Ref, list[Ref]] = {}
    for change in changes:
        for container in inside(live.of(change.ref.kind)[str(change.id)], by_id):
            first.setdefault(container, []).append(change.ref)
    for change in changes:
        yield replace(change, depends_on=tuple(sorted(first.get(change.ref, ()))))


@dataclass(frozen=True, slots=True)
class Holder:
    """A live object that stands in, or hangs on, one that is to be deleted."""

    item: LiveObject
    path: str
    owner: Ref | None


def refuse(
    deletes: Iterable[Change], staying: Mapping[tuple[str, str], Change], live: Live, owners: Owners
) -> list[Change]:
    """The deletes with their reasons to refuse and their fallout, from the lists in `live`.

    `staying` are updates by (kind, id): what the plan moves out of a container does not hold it.
    Asked again by apply, on lists read just before the first delete.
    """
    changes = {change.ref: change for change in deletes}
    going = {(item.ref.kind, str(item.id)) for item in changes.values() if not item.blocked}
    for kind in ORDER[::-1]:
        if not any(ref.kind == kind.name for ref in changes):
            continue
        index = _holders(kind.holds, live, owners)
        falls = _holders(kind.falls, live, owners)
        for ref in [ref for ref in changes if ref.kind == kind.name]:
            change = changes[ref]
            holders = [
                holder
                for holder in index.get(str(change.id), ())
                if (holder.item.kind, holder.item.id) not in going
                and not _moves_out(staying.get((holder.item.kind, holder.item.id)), holder, ref)
            ]
            fallen = [*holders, *falls.get(str(change.id), ())]
            changes[ref] = _judged(change, holders, fallen, going)
            if changes[ref].blocked:
                going.discard((kind.name, str(change.id)))
    return _blocked_with_content(changes)


@dataclass(frozen=True, slots=True)
class Owners:
    """What is ours: managed objects by kind and id, and values by kind, id and path."""

    refs: Mapping[tuple[str, str], Ref]
    values: frozenset[tuple[str, str, str]] = frozenset()

    def of(self, item: LiveObject, path: str) -> Ref | None:
        """Who answers for a field of a live object; a value that we never set is nobody's."""
        if path.startswith(VALUE) and (item.kind, item.id, path) not in self.values:
            return None
        return self.refs.get((item.kind, item.id))


def owners_of(entries: Iterable[Entry], refs: Mapping[tuple[str, str], Ref]) -> Owners:
    """What the state holds, and further managed objects by kind and id."""
    known = {(entry.ref.kind, entry.id): entry for entry in entries}
    values = frozenset(
        (kind, id_, path)
        for (kind, id_), entry in known.items()
        for path in entry.applied
        if path.startswith(VALUE)
    )
    return Owners({**{name: entry.ref for name, entry in known.items()}, **refs}, values)


def _holders(
    fields: Iterable[tuple[str, str]], live: Live, owners: Owners
) -> dict[str, list[Holder]]:
    index: dict[str, list[Holder]] = {}
    for holder_kind, name in fields:
        for item in live.of(holder_kind).values():
            for path, id_ in _held(item, name):
                index.setdefault(id_, []).append(Holder(item, path, owners.of(item, path)))
    return index


def _held(item: LiveObject, name: str) -> Iterator[tuple[str, str]]:
    if KINDS[item.kind].field(name).type is Type.VALUES:
        for path, value in item.fields.items():
            if path.startswith(VALUE) and not is_empty(value):
                yield path, path[len(VALUE) :]
    else:
        yield from ((name, id_) for id_ in texts(item.fields.get(name)))


def _moves_out(update: Change | None, holder: Holder, leaving: Ref) -> bool:
    """The plan itself takes the object out of what is to be deleted, before the delete."""
    fields = update.fields if update is not None else ()
    if holder.path.startswith(VALUE):
        return any(item.path == VALUE + leaving.key for item in fields)
    return any(
        item.path == holder.path and (not item.is_set or leaving.key in item.remove)
        for item in fields
    )


def _judged(
    change: Change,
    holders: list[Holder],
    fallen: list[Holder],
    going: set[tuple[str, str]],
) -> Change:
    foreign = _distinct(holder for holder in holders if holder.owner is None)
    left = [holder for holder in _distinct(fallen) if not _is_going(holder, going)]
    falls = tuple(sorted({*change.fallout, *map(_fallout, left)}))
    if foreign and not change.blocked:
        return replace(change, blocked=_reason(foreign), fallout=falls)
    stays = [holder for holder in holders if holder.owner is not None and _encloses(holder)]
    if stays and not change.blocked:
        return replace(change, blocked=_reason(_distinct(stays)), fallout=falls)
    return replace(change, fallout=falls)


def _is_going(holder: Holder, going: set[tuple[str, str]]) -> bool:
    return (holder.item.kind, holder.item.id) in going


def _encloses(holder: Holder) -> bool:
    """The holder lies inside; a mere membership or value would only fall."""
    return KINDS[holder.item.kind].field(holder.path).type is Type.REFERENCE


def _distinct(holders: Iterable[Holder]) -> list[Holder]:
    return list({(holder.item.kind, holder.item.id): holder for holder in holders}.values())


def _reason(holders: list[Holder]) -> str:
    named = ", ".join(sorted(_held_as(holder) for holder in holders)[:3])
    more = f" and {len(holders) - 3} more" if len(holders) > 3 else ""
    return f"it still holds {named}{more}"


def _who(holder: Holder) -> str:
    if holder.owner is None:
        return f"an unmanaged {holder.item.kind} '{holder.item.label}'"
    return str(holder.owner)


def _held_as(holder: Holder) -> str:
    foreign_value = holder.path.startswith(VALUE)
    return f"a value on {holder.item.kind} '{holder.item.label}'" if foreign_value else _who(holder)


def _fallout(holder: Holder) -> str:
    word = "value" if holder.path.startswith(VALUE) else "link"
    return f"{word} on {_who(holder).removeprefix('an ')}"


def _blocked_with_content(changes: Mapping[Ref, Change]) -> list[Change]:
    """A container whose content stays cannot go either."""
    found = dict(changes)
    pending = [ref for ref, change in found.items() if change.blocked]
    while pending:
        inner = pending.pop()
        for ref, change in found.items():
            if inner in change.depends_on and not change.blocked:
                found[ref] = change.block(f"{inner} stays in it")
                pending.append(ref)
    return list(found.values())
