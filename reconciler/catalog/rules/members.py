"""What rules see of a catalog: whose it is, who is whose variant, where it stands, what it says.

What a parent says and its variant does not, the variant has: values of attributes, categories,
regions, dates.  Texts that name an object (a name, an SKU) are its own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from reconciler.catalog.draft import Book, Draft
from reconciler.kinds import KINDS, Field, Kind, Type, names_place
from reconciler.model import Ref, Value
from reconciler.paths import field_of

FAMILIES = {"collection": "variant_of"}
"""Kinds whose objects have variants, and the field by which a variant names its parent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that a rule speaks of: as the rule names it, as people call it, and its type.

    `type` is an attribute's, or the nearest to a field's own; `options` those of a Pick List, as
    far as they are known; `lent`: a parent's value counts for its variants too.
    """

    path: str
    name: str
    label: str
    type: str
    canon: str
    options: tuple[str, ...] = ()
    lent: bool = True


class Members:
    """The objects of a catalog as rules look at them; external ones are not judged."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._of: dict[str, list[Draft]] = {}
        # By the identity of drafts: the hash of a reference is that of two texts.
        self._parents: dict[int, Draft] = {}
        self._with_variants: set[int] = set()
        self._places: dict[int, tuple[str, ...]] = {}
        for kind, field in FAMILIES.items():
            for draft in book.of(kind):
                self._join_family(draft, field)

    def _join_family(self, draft: Draft, field: str) -> None:
        key = draft.fields.get(field)
        parent = self.book.index.get(Ref(draft.ref.kind, key)) if isinstance(key, str) else None
        if parent is not None:
            self._parents[id(draft)] = parent
            self._with_variants.add(id(parent))

    def of(self, kind: str) -> list[Draft]:
        """All objects of a kind that are ours."""
        if kind not in self._of:
            self._of[kind] = [draft for draft in self.book.of(kind) if not draft.external]
        return self._of[kind]

    def parent(self, draft: Draft) -> Draft | None:
        """The product that it is a variant of; None where it is none."""
        return self._parents.get(id(draft))

    def has_variants(self, draft: Draft) -> bool:
        """Somebody names it as parent."""
        return id(draft) in self._with_variants

    def is_parent(self, draft: Draft) -> bool:
        """It has variants, or says that it will."""
        return self.has_variants(draft) or draft.fields.get("type") == "parent"

    # --- what an object says --------------------------------------------------------------------

    def has(self, draft: Draft, asked: Asked) -> bool:
        """Whether it has a value there, of its own or of its parent's."""
        own = _says(draft, asked.path)
        if own is None and asked.lent and id(draft) in self._parents:
            own = _says(self._parents[id(draft)], asked.path)
        return bool(own)

    def lacks(self, draft: Draft, asked: Asked) -> bool:
        """Whether a value is missing that is not left to the web interface (contract 1.3)."""
        if self.has(draft, asked):
            return False
        parent = self.parent(draft) if asked.lent else None
        owners = [draft] if parent is None else [draft, parent]
        return not any(self.book.left_alone(owner, asked.path) for owner in owners)

    def own(self, draft: Draft, path: str) -> Value:
        """A value that is its own: not one that its parent hands on and is judged for."""
        value = draft.fields.get(path)
        if draft.origins and path in draft.origins:
            parent = self.parent(draft)
            if parent is not None and draft.origins[path].owner == parent.ref:
                return value if parent.external else None
        return value

    def value(self, draft: Draft, path: str) -> Value:
        """The value of a field that parents lend: its own where it says one."""
        parent = self.parent(draft)
        owner = draft if parent is None or draft.has(path) else parent
        return owner.fields.get(path)

    # --- where it stands ------------------------------------------------------------------------

    def places(self, draft: Draft) -> tuple[str, ...]:
        """Keys of the categories that it is in, the primary one first; a variant's parent's too."""
        found = self._places.get(id(draft))
        if found is None:
            parent = self.parent(draft)
            found = _places(draft) if parent is None else _places(draft) + self.places(parent)
            self._places[id(draft)] = found
        return found

    def home(self, draft: Draft) -> str:
        """The category in which it is counted; empty where it stands in none."""
        places = self.places(draft)
        return places[0] if places else ""

    def below(self, keys: Collection[str]) -> frozenset[str]:
        """These categories and all that lie below them."""
        children: dict[str, list[str]] = {}
        for draft in self.book.of("category"):
            children.setdefault(str(draft.fields.get("parent")), []).append(draft.ref.key)
        found: set[str] = set()
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += children.get(key, ())
        return frozenset(found)

    def path(self, category: str) -> tuple[str, ...]:
        """The names that lead to a category, from the top."""
        names: list[str] = []
        done: set[str] = set()
        step: Value = category
        while isinstance(step, str) and step and step not in done:
            done.add(step)
            draft = self.book.index.get(Ref("category", step))
            names.append(label(draft) if draft else step)
            step = draft.fields.get("parent") if draft else None
        return tuple(reversed(names))


def label(draft: Draft) -> str:
    """What people call an object; its key where it has no name."""
    return str(draft.fields.get(draft.kind.title) or draft.ref.key)


def stands(kind: Kind) -> bool:
    """Whether objects of a kind stand in categories."""
    return bool(kind.tree) or any(map(names_place, kind.fields))


def lent(field: Field) -> bool:
    """Whether a parent's value of a field counts for its variants: not what names an object."""
    return field.type is not Type.TEXT


def _places(draft: Draft) -> tuple[str, ...]:
    """A category stands in itself: a rule for what is below it is for it as well."""
    if draft.kind.tree:
        return (draft.ref.key,)
    for name in _PLACES[draft.ref.kind]:
        value = draft.fields.get(name)
        if value:
            return value if isinstance(value, tuple) else (str(value),)  # type: ignore[return-value]
    return ()


def _place_fields(kind: Kind) -> tuple[str, ...]:
    """The fields that name places; of the primary and the set that holds it too, the set first."""
    named = sorted(filter(names_place, kind.fields), key=lambda field: not field.is_set)
    return tuple(field.name for field in named)


_PLACES = {name: _place_fields(kind) for name, kind in KINDS.items()}


def _says(draft: Draft, path: str) -> bool | None:
    """Whether a value stands there, or could not be read; None where nothing does."""
    if path in draft.fields:
        return _is_filled(draft.fields[path])
    broken = draft.broken
    return True if broken and (path in broken or field_of(path) in broken) else None


def _is_filled(value: Value) -> bool:
    """False and 0 are values; a text of blanks is none."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value != () and value != {}
