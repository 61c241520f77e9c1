"""Who is who in the API's ids and the catalog's keys, and what attributes say of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.kinds import Kind
from reconciler.model import FOREIGN, LiveObject, Ref, Region
from reconciler.normalize import composed, loosened, spelled
from reconciler.paths import attribute_of, is_value, value_path


@dataclass(frozen=True, slots=True)
class Definition:
    """What an attribute's values look like.

    `labels` maps option or sub-field ids to labels (the catalog's where it declares them, the
    new one where a rename is pending), `types` sub-field labels to their types, `renamed` labels
    that an option has or had in the account, as `same_label` compares them, to the catalog's.
    """

    type: str = "Text"
    labels: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Ids by label, and by label as `same_label` compares it: asked for each value."""
    _known: set[str] = field(default_factory=set, repr=False, compare=False)
    """Labels that options have or had, as `same_label` compares them."""

    def id_of(self, label: str) -> str | None:
        """The id of an option or sub-field by its label, exact first."""
        if not self._ids:
            for id_, known in self.labels.items():
                self._ids.setdefault(known, id_)
            for id_, known in self.labels.items():
                self._ids.setdefault(same_label(known), id_)
        return self._ids.get(label) or self._ids.get(same_label(label))

    def knows(self, label: str) -> bool:
        """Whether an option or sub-field has that label, or had it."""
        if not self._known:
            self._known.update(map(same_label, (*self.labels.values(), *self.renamed)))
        return same_label(label) in self._known

    def type_of_part(self, label: str) -> str | None:
        """The type of a sub-field by its label; None where there is none such."""
        known = known_as(label, self.types)
        return self.types[known] if known is not None else None


@dataclass(frozen=True, slots=True)
class Names:
    """Who is who: ids and keys of each kind, regions, attribute definitions by attribute id.

    `roots` are hidden categories above the top level (contract 2.3).
    """

    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ids: Mapping[Ref, str] = field(default_factory=dict)
    regions: Sequence[Region] = ()
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    planned: Mapping[str, Definition] = field(default_factory=dict)
    """Definitions by attribute key, for attributes that do not exist yet."""
    objects: Mapping[str, Mapping[str, LiveObject]] = field(default_factory=dict)
    """The live objects by kind and id, for the names of those that no key names."""
    by_token: dict[str, Definition] = field(default_factory=dict, repr=False, compare=False)
    """What `definition` has answered: it is asked for each value of each object."""

    def token(self, kind: str, id_: str) -> str:
        """The key of a live id, or `id:<id>` where the catalog does not know it."""
        return self.keys.get(kind, {}).get(id_) or FOREIGN + id_

    def label(self, kind: str, token: str) -> str:
        """What a person knows a foreign element by; its id where it is not there."""
        id_ = token.removeprefix(FOREIGN)
        item = self.objects.get(kind, {}).get(id_)
        return item.label if item else id_

    def id(self, kind: str, token: str) -> str:
        """The live id of a key or `id:` token; KeyError where it does not exist yet."""
        if token.startswith(FOREIGN):
            return token.removeprefix(FOREIGN)
        return self.ids[Ref(kind, token)]

    def id_path(self, path: str) -> str:
        """A field's path in ids; of an attribute that does not exist yet its own."""
        if not is_value(path):
            return path
        try:
            return value_path(self.id("attribute", attribute_of(path)))
        except KeyError:
            return path

    def region_token(self, id_: str) -> str:
        """A region's name where only one has it, else its id."""
        names = {region.id: region.name for region in self.regions}
        name = names.get(id_)
        is_told = name and list(names.values()).count(name) == 1
        return name if name and is_told else id_

    def region_id(self, token: str) -> str | None:
        """The id of a region by name or id; None where the account has none such."""
        for region in self.regions:
            if token == region.id or same_text(token, region.name):
                return region.id
        return None

    def definition(self, token: str) -> Definition:
        """The definition of an attribute by key or token."""
        known = self.by_token.get(token) or self._definition(token)
        if known is None:
            return _PLAIN
        self.by_token[token] = known
        return known

    def _definition(self, token: str) -> Definition | None:
        try:
            known = self.definitions.get(self.id("attribute", token))
        except KeyError:
            known = None
        return known or self.planned.get(token)


_PLAIN = Definition()
"""An attribute of which nothing is known."""


def type_of(kind: Kind, path: str, names: Names) -> str:
    """The word by which `normalize.canon` knows a field's type."""
    if is_value(path):
        return names.definition(attribute_of(path)).type
    return kind.field(path).type.value


def same_label(text: Any) -> str:
    """An element's text as sets compare it where a server may trim or escape it."""
    return loosened(spelled(text))


def as_live(by_label: Mapping[str, str], live: Collection[str]) -> dict[str, str]:
    """A mapping by label, by the live labels that are meant: exact first, else as sets compare."""
    alike = {same_label(label): label for label in live}
    found: dict[str, str] = {}
    for label, value in by_label.items():
        meant = label if label in live else alike.get(same_label(label))
        if meant is not None:
            found[meant] = value
    return found


def known_as(label: str, known: Collection[str]) -> str | None:
    """Which of the known labels one names: the very same, else one that a server may have made
    of it by trimming or escaping (contract 2.3); None where there is none."""
    return next(iter(as_live({label: label}, known)), None)


def as_spelled(labels: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """The labels, those that the known ones name in the spelling of these."""
    exact = set(known)
    loose = {same_label(label): label for label in known}
    return tuple(
        label if label in exact else loose.get(same_label(label), label) for label in labels
    )


def label_key(*sides: Iterable[str]) -> Callable[[str], str]:
    """What labels of several sides are compared by: loosely, but to the character where one of
    the sides has several that differ in trimming or escaping alone."""
    several: set[str] = set()
    for side in sides:
        counts = Counter(map(same_label, set(side)))
        several |= {loose for loose, number in counts.items() if number > 1}
    if not several:
        return same_label
    return lambda text: text if same_label(text) in several else same_label(text)


def same_text(one: str, other: str) -> bool:
    """Two texts that nothing trims or escapes, equal but for Unicode's spellings."""
    return composed(one) == composed(other)
