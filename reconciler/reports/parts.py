"""What changes, in the order of reading: products before what they stand on (8.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.enums import CREATES
from reconciler.reports.items import Item, Product, Shelf, families, shelves

PRODUCTS = "Products"
CATEGORY = "category"

_KINDS: Mapping[str, str] = {
    "collection": PRODUCTS,
    CATEGORY: "Categories",
    "file": "Files",
    "attribute": "Attributes",
    "attribute_group": "Attribute groups",
    "resource": "Resource links",
}
"""The heading of each kind, in the order of reading."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grown:
    """A new category with the categories below it, all of them new.

    `counts` are what else is new in it, by its sort: products, variants, links.
    """

    item: Item
    below: tuple[Item, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """Changed objects under one heading; products by their places, all else on one shelf."""

    title: str
    shelves: tuple[Shelf, ...]
    grown: tuple[Grown, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything in it."""
        found: list[Item] = []
        for subtree in self.grown:
            found += [subtree.item, *subtree.below]
        for shelf in self.shelves:
            found += shelf.items
        return tuple(found)

    @property
    def placed(self) -> bool:
        """Its shelves are the places of its objects."""
        return self.title == PRODUCTS


def heading(kind: str) -> str:
    """The heading of objects of a kind that stand in no category."""
    return "Without a category" if _KINDS[kind] == PRODUCTS else _KINDS[kind]


def parts(items: Sequence[Item], every: Iterable[Item] = ()) -> tuple[Part, ...]:
    """The items by heading.  `every` are all of the report: what is in new categories is counted
    among them, wherever it is told."""
    by_title: dict[str, list[Item]] = {title: [] for title in _KINDS.values()}
    for item in items:
        by_title[_KINDS[item.ref.kind]].append(item)
    found = []
    for title, those in by_title.items():
        if those:
            found.append(_part(title, those, every))
    return tuple(found)


def _part(title: str, items: Sequence[Item], every: Iterable[Item]) -> Part:
    if title == PRODUCTS:
        return Part(title, shelves(items))
    if title == _KINDS[CATEGORY]:
        grown, rest = _grown(items, every)
        return Part(title, _one_shelf(rest), grown)
    return Part(title, _one_shelf(items))


def _one_shelf(items: Iterable[Item]) -> tuple[Shelf, ...]:
    products: tuple[Product, ...] = tuple(families(items))
    return (Shelf((), products),) if products else ()


# --- new subtrees -------------------------------------------------------------------------------


def _grown(items: Sequence[Item], every: Iterable[Item]) -> tuple[tuple[Grown, ...], list[Item]]:
    """The topmost new categories with what is new in them, and the other categories."""
    new = {_path(item): item for item in items if item.action in CREATES}
    tops = [path for path in new if path[:-1] not in new]
    if not tops:
        return (), list(items)
    counts = _counts(every, new.keys())
    below: dict[Path, list[Item]] = {top: [] for top in tops}
    for path, item in new.items():
        top = _top(path, new.keys())
        if path != top:
            below[top].append(item)
    grown = [Grown(new[top], tuple(below[top]), counts.get(top, {})) for top in sorted(tops)]
    rest = [item for item in items if item.action not in CREATES]
    return tuple(grown), rest


def _path(item: Item) -> Path:
    return (*item.group.categories, item.label)


def _top(path: Path, new: Iterable[Path]) -> Path:
    """The topmost of the new categories above a path, itself included."""
    known = frozenset(new)
    while path[:-1] in known:
        path = path[:-1]
    return path


def _counts(every: Iterable[Item], new: Iterable[Path]) -> dict[Path, Counter[str]]:
    """By topmost new category, how many new objects of each sort are in it."""
    known = frozenset(new)
    tops = {path: _top(path, known) for path in known}
    found: dict[Path, Counter[str]] = {}
    for item in _created(every):
        top = tops.get(item.group.categories)
        if top is not None:
            found.setdefault(top, Counter())[item.sort] += 1
    return found


def _created(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        if item.action in CREATES and item.blocked is None and item.ref.kind != CATEGORY:
            yield item
