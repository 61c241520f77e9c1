"""What holds on to an object: all that a list shows, whether or not it can be adopted (2.5, 7.3).

An entry with an id holds what its references name.  One without an id may hold whatever its
references do not exclude: nobody can ask for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.kinds import KINDS, Type
from reconciler.model import Change, Entry, Live, LiveObject, Ref
from reconciler.normalize import is_empty, texts
from reconciler.paths import attribute_of, is_value

Name = tuple[str, str]
"""A live object by kind and id."""


def name_of(change: Change) -> Name:
    """The live object that a change is about."""
    return change.ref.kind, str(change.id)


@dataclass(frozen=True, slots=True)
class Owners:
    """What is ours: managed objects by kind and id, and values by kind, id and path."""

    refs: Mapping[Name, Ref]
    values: frozenset[tuple[str, str, str]] = frozenset()

    def of(self, item: LiveObject, path: str) -> Ref | None:
        """Who answers for a field of a live object; a value that we never set is nobody's."""
        if is_value(path) and (item.kind, item.id, path) not in self.values:
            return None
        return self.refs.get((item.kind, item.id))


def owners_of(entries: Iterable[Entry], refs: Mapping[Name, Ref]) -> Owners:
    """What the state holds, and further managed objects by kind and id."""
    managed: dict[Name, Ref] = {}
    values: set[tuple[str, str, str]] = set()
    for entry in entries:
        kind, id_ = entry.ref.kind, entry.id
        managed[kind, id_] = entry.ref
        for path in entry.applied:
            if is_value(path):
                values.add((kind, id_, path))
    return Owners({**managed, **refs}, frozenset(values))


@dataclass(frozen=True, slots=True)
class Holder:
    """A list entry that stands in an object, or has a value or a link of it.

    `path` is the field that says so; empty where no field says so and none excludes it.
    """

    item: LiveObject
    path: str
    owner: Ref | None = None

    @property
    def name(self) -> Name:
        """Its kind and id."""
        return self.item.kind, self.item.id


@dataclass(frozen=True, slots=True)
class Holders:
    """The holders of objects of one kind: by the id that they name, and those that may hold any."""

    named: Mapping[str, list[Holder]]
    unsure: tuple[Holder, ...] = field(default=())

    def of(self, id_: str) -> list[Holder]:
        """All that hold an object, or may."""
        return [*self.named.get(id_, ()), *self.unsure]


def holders(fields: Iterable[tuple[str, str]], live: Live, owners: Owners) -> Holders:
    """Who holds on to objects by these (kind, field) pairs of `kinds.Kind.holds` or `.falls`."""
    named: dict[str, list[Holder]] = {}
    unsure: list[Holder] = []
    for kind, names in _by_kind(fields).items():
        for item in live.holders_of(kind):
            says = False
            for name in names:
                for path, id_ in held(item, name):
                    named.setdefault(id_, []).append(Holder(item, path, owners.of(item, path)))
                    says = True
            if not says and _may_hold(item, names):
                unsure.append(Holder(item, ""))
    return Holders(named, tuple(unsure))


def _by_kind(fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, name in fields:
        found.setdefault(kind, []).append(name)
    return found


def unread(fields: Iterable[tuple[str, str]], partial: Container[str]) -> list[str]:
    """Of the lists with these (kind, field) pairs those that could not be read whole."""
    lists = {KINDS[kind].plural for kind, _ in fields if kind in partial}
    return sorted(lists)


def held(item: LiveObject, name: str) -> Iterator[tuple[str, str]]:
    """The ids that a field of an object names, each with its path."""
    if KINDS[item.kind].field(name).type is Type.VALUES:
        for path, value in item.fields.items():
            if is_value(path) and not is_empty(value):
                yield path, attribute_of(path)
    else:
        for id_ in texts(item.fields.get(name)):
            yield name, id_


def _may_hold(item: LiveObject, names: Iterable[str]) -> bool:
    """An entry without an id, of which none of these fields says what it holds.

    Where it shows its place otherwise, a decisive field that it lacks says that it has none.
    """
    if item.id:
        return False
    kind = KINDS[item.kind]
    if all(kind.field(name).decisive for name in names):
        return not _shows_its_place(item)
    return True


def _shows_its_place(item: LiveObject) -> bool:
    for row in KINDS[item.kind].fields:
        is_place = row.type in (Type.REFERENCE, Type.REFERENCES)
        if is_place and not is_empty(item.fields.get(row.name)):
            return True
    return False


# --- in words -----------------------------------------------------------------------------------

NAMED = 3
"""Holders that are named in a reason; the rest are counted."""


def distinct(found: Iterable[Holder]) -> list[Holder]:
    """One holder for each entry."""
    entries: dict[tuple[str, str, str], Holder] = {}
    for holder in found:
        entries[*holder.name, holder.item.label] = holder
    return list(entries.values())


def in_words(found: Iterable[Holder], say: Callable[[Holder], str] | None = None) -> str:
    """The first few by name, the rest counted."""
    told = sorted(map(say or _plainly, distinct(found)))
    words = ", ".join(told[:NAMED])
    if len(told) > NAMED:
        words += f" and {len(told) - NAMED} more"
    return words


def _plainly(holder: Holder) -> str:
    return plainly(holder.item)


def plainly(item: LiveObject) -> str:
    """A live object, or an entry that cannot be adopted, as a reader finds it again."""
    if not is_nameless(item):
        return f"{item.kind} '{item.label}'"
    of_list = f"an entry of the list of {KINDS[item.kind].plural}"
    if item.id:
        return f"{of_list} without a name (its id is {item.id})"
    return f"{of_list} without an id ({item.label or 'and without a name'})"


def is_nameless(item: LiveObject) -> bool:
    """It has no id or no name, so nobody can adopt it."""
    return not item.id or not item.fields.get(KINDS[item.kind].title)


def to_mend(found: Iterable[Holder]) -> list[str]:
    """What to do about holders that cannot be adopted."""
    has_id = {bool(holder.item.id) for holder in found if is_nameless(holder.item)}
    steps: list[str] = []
    if True in has_id:
        steps.append("in the web interface, name what has no name or take it out")
    if False in has_id:
        steps.append("in the web interface, mend or remove what has no id")
    return steps
