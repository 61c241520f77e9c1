"""What changes, in the order of reading: products before what they stand on (8.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
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
    rest = [item for item in items if item.action not in CREATES]
    if not new:
        return (), rest
    tops = {path: _top(path, new) for path in new}
    below = _below(new, tops)
    counts = _counts(every, tops)
    grown = [
        Grown(new[top], tuple(those), counts.get(top, {})) for top, those in sorted(below.items())
    ]
    return tuple(grown), rest


def _below(new: Mapping[Path, Item], tops: Mapping[Path, Path]) -> dict[Path, list[Item]]:
    """The new categories below each of the topmost ones."""
    found: dict[Path, list[Item]] = {top: [] for top in tops.values()}
    for path, top in tops.items():
        if path != top:
            found[top].append(new[path])
    return found


def _path(item: Item) -> Path:
    return (*item.group.categories, item.label)


def _top(path: Path, new: Container[Path]) -> Path:
    """The topmost of the new categories above a path, itself included."""
    while path[:-1] in new:
        path = path[:-1]
    return path


def _counts(every: Iterable[Item], tops: Mapping[Path, Path]) -> dict[Path, Counter[str]]:
    """By topmost new category, how many new objects of each sort are in it."""
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
