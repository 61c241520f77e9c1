"""live × live → what two accounts hold differently, in the catalog's words (contract 3).

Objects are paired by their keys, where the catalog or the states know them, else by their natural
keys, from the top down: what stands in a pair can be told by its name there.  Nothing is written,
and neither side is the right one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from reconciler.diff.sides import form_of
from reconciler.enums import SideStatus
from reconciler.identity import identify
from reconciler.identity.natural import live_keys, natural_keys
from reconciler.kinds import KINDS, ORDER, Field, Kind, Type, roots_of
from reconciler.known import who_is_who
from reconciler.model import (
    FOREIGN,
    Catalog,
    Comparison,
    Drifted,
    FieldChange,
    Live,
    LiveObject,
    Ref,
    State,
    Value,
)
from reconciler.natural import Chain, KeyReader, chain_of
from reconciler.normalize import boolean, composed, is_empty, loosened, texts
from reconciler.ordering import RANK
from reconciler.paths import attribute_of, is_value
from reconciler.plan.locations import Locations, foreign_names, mentioned
from reconciler.plan.mirrored import Mirrored
from reconciler.wire import Names, view

Name = tuple[str, str]
"""A kind and a live id."""


@dataclass(slots=True)
class Side:
    """One account: what its environment's catalog says, what it holds, and who is who there.

    `tokens` are what objects are called in both accounts, by kind and id: their keys, and what
    pairs without a key share.  They grow while pairs are found.
    """

    environment: str
    catalog: Catalog
    live: Live
    roots: frozenset[str]
    tokens: dict[Name, str] = field(default_factory=dict)
    ids: dict[Ref, str] = field(default_factory=dict)
    """The other way round: what a token means here."""

    def call(self, name: Name, token: str) -> None:
        """From here on the object goes by that token."""
        self.tokens[name] = token
        self.ids[Ref(name[0], token)] = name[1]

    def objects(self, kind: Kind) -> Iterator[LiveObject]:
        """The objects of a kind, hidden roots aside."""
        roots = roots_of(kind.name, self.roots)
        return (item for id_, item in self.live.of(kind.name).items() if id_ not in roots)


def side_of(environment: str, catalog: Catalog, live: Live, state: State) -> Side:
    """An account with the keys that the catalog and the state know."""
    identity = identify(catalog, live, state)
    side = Side(environment, catalog, live, identity.roots)
    known = {ref: entry.id for ref, entry in identity.entries.items()}
    known |= {ref: bound.id for ref, bound in identity.bound.items()}
    for ref, id_ in known.items():
        if id_ in live.of(ref.kind):
            side.call((ref.kind, id_), ref.key)
    return side


def compare_accounts(first: Side, second: Side) -> Comparison:
    """What the two hold differently, in the order of kinds and names."""
    _pair(first, second)
    views = _Account(first), _Account(second)
    objects: list[Drifted] = []
    same = 0
    for kind in ORDER:
        found = list(_of_kind(kind, *views))
        same += sum(1 for item in first.objects(kind) if _is_paired(item, first, second))
        same -= sum(item.status == SideStatus.DIFFERS for item in found)
        objects += sorted(found, key=_position)
    return _comparison(objects, same, *views)


def _position(item: Drifted) -> tuple[int, str, str, str]:
    return RANK[item.ref.kind], item.label, item.ref.key, item.id


# --- who is who ---------------------------------------------------------------------------------


def _pair(first: Side, second: Side) -> None:
    """Give one token to what is the same object in both, until no more can be told."""
    found = True
    while found:
        found = False
        for kind in ORDER:
            found |= _pair_kind(kind, first, second)


def _pair_kind(kind: Kind, first: Side, second: Side) -> bool:
    """Pairs of one kind by its natural keys, the most specific first; whether any was found."""
    links = chain_of(kind, first.catalog.policy)
    found = False
    for row in links.rows:
        mine = _alone(first, second, kind, links, row, is_first=True)
        theirs = _alone(second, first, kind, links, row, is_first=False)
        for key in mine.keys() & theirs.keys():
            one, other = mine[key], theirs[key]
            if one is not None and other is not None:
                found |= _tie(kind.name, one, other, first, second)
    return found


def _tie(kind: str, one: str, other: str, first: Side, second: Side) -> bool:
    """Two live ids are one object; a key that one of them has names both."""
    names = (kind, one), (kind, other)
    mine, theirs = first.tokens.get(names[0]), second.tokens.get(names[1])
    if mine is not None and Ref(kind, mine) in second.ids:
        return False
    if theirs is not None and Ref(kind, theirs) in first.ids:
        return False
    label = first.live.of(kind)[one].label
    token = mine or theirs or _quoted(kind, label, one, first, second)
    first.call(names[0], token)
    second.call(names[1], token)
    return True


def _quoted(kind: str, label: str, id_: str, *sides: Side) -> str:
    """What a pair without a key is called: its name in quotes, which no key can have."""
    token = f"'{label}'"
    is_taken = any(Ref(kind, token) in side.ids for side in sides)
    return f"{token} ({id_})" if is_taken else token


def _alone(
    side: Side, other: Side, kind: Kind, links: Chain, row: tuple[str, ...], *, is_first: bool
) -> dict[Hashable, str | None]:
    """The ids of unpaired objects by their natural keys; None where several share one."""
    # An object with a name of its own must not be taken for one that has none.
    keys_in = natural_keys if is_first else live_keys
    found: dict[Hashable, str | None] = {}
    for item in side.objects(kind):
        if _is_paired(item, side, other):
            continue
        for key in keys_in(links, row, _reader(side, item), loosened):
            found[key] = None if key in found else item.id
    return found


def _is_paired(item: LiveObject, side: Side, other: Side) -> bool:
    token = side.tokens.get((item.kind, item.id))
    return token is not None and Ref(item.kind, token) in other.ids


def _reader(side: Side, item: LiveObject) -> KeyReader:
    """A live object's natural key, with what it stands in by token."""

    def value(path: str) -> object:
        if not is_value(path):
            return item.fields.get(path)
        id_ = side.ids.get(Ref("attribute", attribute_of(path)))
        return item.fields.get(f"attributes.{id_}") if id_ else None

    def places(row: Field, ids: Sequence[str]) -> Sequence[str | None]:
        shown = sorted(set(ids) - roots_of(row.to, side.roots))
        known = [side.tokens[row.to, id_] for id_ in shown if (row.to, id_) in side.tokens]
        return known if shown else [None]

    return KeyReader(value, places)


# --- what differs -------------------------------------------------------------------------------


class _Account:
    """One side, once all pairs are known: its objects in the words that both share."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.names: Names = who_is_who(side.ids, side.live, roots=side.roots)
        self.locations = Locations(Catalog({}), side.live, self.names)
        self.mirrored = Mirrored(side.live, self.names)

    def token(self, item: LiveObject) -> str:
        """A key, what a pair shares, or `id:<id>`."""
        return self.names.token(item.kind, item.id)

    def view(self, kind: Kind, item: LiveObject) -> Mapping[str, Value]:
        """Its fields, as far as a catalog can say them or a file's size tells them."""
        shown = view(kind, item.fields, self.names)
        shown |= self.mirrored.of(item)
        return {path: value for path, value in shown.items() if _is_told(kind, path)}

    def object(
        self, status: SideStatus, item: LiveObject, fields: tuple[FieldChange, ...] = ()
    ) -> Drifted:
        """An object of the report."""
        token = self.token(item)
        ref = Ref(item.kind, token if is_key(token) else "")
        resource = self.side.catalog.resources.get(ref)
        place = resource.place if resource else None
        group = self.locations.group(item.kind, token)
        return Drifted(status, ref, item.id, item.label, place, fields, group)


def is_key(token: str) -> bool:
    """A key of the catalog or of a state, and no other name."""
    return not token.startswith((FOREIGN, "'"))


def _is_told(kind: Kind, path: str) -> bool:
    item = kind.field(path)
    return item.yaml or item.type is Type.CONTENT


def _of_kind(kind: Kind, first: _Account, second: _Account) -> Iterator[Drifted]:
    for item in first.side.objects(kind):
        other = _counterpart(item, first, second)
        if other is None:
            yield first.object(SideStatus.FIRST, item)
            continue
        fields = tuple(_differences(kind, item, other, first, second))
        if fields:
            yield first.object(SideStatus.DIFFERS, item, fields)
    for item in second.side.objects(kind):
        if _counterpart(item, second, first) is None:
            yield second.object(SideStatus.SECOND, item)


def _counterpart(item: LiveObject, account: _Account, other: _Account) -> LiveObject | None:
    id_ = other.side.ids.get(Ref(item.kind, account.token(item)))
    return other.side.live.of(item.kind).get(id_) if id_ is not None else None


def _differences(
    kind: Kind, item: LiveObject, other: LiveObject, first: _Account, second: _Account
) -> Iterator[FieldChange]:
    mine, theirs = first.view(kind, item), second.view(kind, other)
    for path in kind.in_order(mine.keys() | theirs.keys()):
        one, two = mine.get(path), theirs.get(path)
        if kind.field(path).is_set:
            yield from _set_difference(path, texts(one), texts(two))
        elif _form(kind, path, one, first.names) != _form(kind, path, two, second.names):
            yield FieldChange(path, one, two)


def _form(kind: Kind, path: str, value: Value, names: Names) -> object:
    """A value as it is compared: nothing, and what is off, are one."""
    item = kind.field(path)
    if item.type is Type.BOOLEAN:
        return bool(boolean(value))
    return None if is_empty(value) else form_of(kind, path, value, names)


def _set_difference(path: str, one: Sequence[str], two: Sequence[str]) -> Iterator[FieldChange]:
    mine, theirs = set(map(composed, one)), set(map(composed, two))
    add = tuple(text for text in two if composed(text) not in mine)
    remove = tuple(text for text in one if composed(text) not in theirs)
    if add or remove:
        yield FieldChange(path, add=add, remove=remove, is_set=True)


# --- the report -----------------------------------------------------------------------------------


def _comparison(
    objects: Sequence[Drifted], same: int, first: _Account, second: _Account
) -> Comparison:
    names: dict[str, str] = {}
    refs: set[Ref] = set()
    for item in objects:
        for account in (second, first):
            names |= _known_names(item, account)
        refs.update(mentioned(item.ref.kind, item.fields))
    notes = chain.from_iterable(_notes(account) for account in (first, second))
    return Comparison(
        (first.side.environment, second.side.environment),
        (first.side.live.account, second.side.live.account),
        tuple(objects),
        same,
        tuple(notes),
        names,
        {ref: _label(ref, first, second) for ref in sorted(refs)},
    )


def _known_names(item: Drifted, account: _Account) -> Mapping[str, str]:
    """What the elements without a key are called that this account has."""
    found = foreign_names(item.ref.kind, item.fields, account.locations)
    return {token: name for token, name in found.items() if _has(account, token)}


def _has(account: _Account, token: str) -> bool:
    id_ = token.removeprefix(FOREIGN)
    return any(id_ in account.side.live.of(kind) for kind in KINDS)


def _label(ref: Ref, first: _Account, second: _Account) -> str:
    account = first if ref in first.side.ids else second
    return account.locations.label(ref.kind, ref.key)


def _notes(account: _Account) -> Iterable[str]:
    return (f"{account.side.environment}: {note}" for note in account.side.live.notes)
