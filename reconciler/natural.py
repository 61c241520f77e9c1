"""Natural keys by the rows of `Kind.natural` (contract 2.1): one engine for desired objects, live
ones and the checks of a catalog, which differ in how a field is read and in what names a place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import product

from reconciler.kinds import Field, Kind, Type
from reconciler.model import Policy
from reconciler.normalize import is_empty, spelled
from reconciler.paths import value_path

Row = tuple[str, ...]
Form = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Chain:
    """A kind's natural keys, the most specific first.

    An object has a specific one where it has a value for it; the last one is there for all.
    `decisive` are the fields that set objects apart by having a value.
    """

    kind: Kind
    rows: tuple[Row, ...]
    decisive: tuple[str, ...]

    @property
    def specific(self) -> tuple[Row, ...]:
        """All but the last."""
        return self.rows[:-1]


def chain_of(kind: Kind, policy: Policy) -> Chain:
    """The chain of a kind, with the configured key (`attribute:KEY`) before the kind's own."""
    configured = policy.natural_keys.get(kind.name, "")
    _, is_attribute, attribute = configured.partition(":")
    own = ((value_path(attribute),),) if is_attribute else ()
    decisive = tuple(item.name for item in kind.fields if item.decisive)
    return Chain(kind, (*own, *kind.natural), decisive)


@dataclass(frozen=True, slots=True)
class KeyReader:
    """How one object is read: `value` gives a field's value by its path, `places` turns what a
    reference names into what is compared, and is empty where that is not known yet."""

    value: Callable[[str], object]
    places: Callable[[Field, Sequence[str]], Sequence[str | None]]


def keys_of(chain: Chain, row: Row, item: KeyReader, form: Form) -> list[Hashable]:
    """All forms of one natural key: an object has one for each of the places it stands in."""
    if row in chain.specific and is_empty(item.value(row[-1])):
        return []
    # A variant and a collection that is none never match: `parent_topic_id` tells them apart.
    sort = tuple(not is_empty(item.value(name)) for name in chain.decisive)
    parts = [_forms(chain.kind, part, item, form) for part in row]
    return [(row, sort, *values) for values in product(*parts)]


def has_specific(chain: Chain, item: KeyReader) -> tuple[bool, ...]:
    """Which of the specific keys an object has."""
    return tuple(not is_empty(item.value(row[-1])) for row in chain.specific)


def own_row(chain: Chain, item: KeyReader) -> Row:
    """The most specific key that an object has; on the others it falls back."""
    for row, has in zip(chain.specific, has_specific(chain, item), strict=True):
        if has:
            return row
    return chain.rows[-1]


def field_that_counts(part: str, value: Callable[[str], object]) -> str:
    """Of the alternatives of a part (`variant_of|category`) the first that has a value."""
    names = part.split("|")
    for name in names:
        if not is_empty(value(name)):
            return name
    return names[-1]


def _forms(kind: Kind, part: str, item: KeyReader, form: Form) -> Sequence[str | None]:
    name = field_that_counts(part, item.value)
    field = kind.field(name)
    if field.type is Type.REFERENCE:
        named = _named(kind, field, item)
        return item.places(field, named) if named else [None]
    value = item.value(name)
    return [None if is_empty(value) else form(spelled(value))]


def _named(kind: Kind, field: Field, item: KeyReader) -> list[str]:
    """What a reference names, with the set beside it: any category tells where a collection is,
    not the primary one alone."""
    found: dict[str, None] = {}
    value = item.value(field.name)
    if not is_empty(value):
        found[str(value)] = None
    for companion in map(kind.field, field.companions):
        elements = item.value(companion.name)
        if companion.type is Type.REFERENCES and isinstance(elements, tuple | list | frozenset):
            found.update(dict.fromkeys(map(str, elements)))
    return list(found)
