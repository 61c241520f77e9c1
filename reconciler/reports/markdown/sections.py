"""The parts of a Markdown report that are given room one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from reconciler.reports.items import Bulk, Item, Shelf, fold
from reconciler.reports.markdown.budget import Line, SizeBudget, fill, least, listed
from reconciler.reports.markdown.escaping import escaped, name_html, prose
from reconciler.reports.markdown.items import (
    blocked_line,
    bulk_line,
    bulk_names,
    bulk_places,
    by_place,
    item_lines,
    path_shown,
    product_lines,
    shelf_title,
    tally,
)

OPEN = 40
"""Lines of changes up to which nothing is folded away."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a list of `total` objects; `body` writes what has room.

    One that comes `first` may take all room but what the others need to say that they are there.
    """

    title: str
    total: int
    body: Callable[[SizeBudget], str]
    first: bool = False

    @property
    def head(self) -> str:
        """The heading, with the number of what is below."""
        return f"\n### {self.title} ({self.total:,})\n\n"

    def least(self, budget: SizeBudget) -> int:
        """Room that it needs to say that it shows nothing."""
        return budget.size.measure(self.head) + least(self.total, budget.size)

    def written(self, budget: SizeBudget) -> str:
        """The heading and what has room below."""
        return budget.take(self.head) + self.body(budget)


def sentences(title: str, texts: Sequence[str]) -> Section:
    """Sentences that may hold outside text."""
    lines = ((f"- {prose(text)}\n", 1) for text in texts)
    return Section(title, len(texts), lambda budget: listed(lines, len(texts), budget))


def blocked(title: str, items: Sequence[Item]) -> Section:
    """What is left out, each with its reason."""
    lines = ((blocked_line(item), 1) for item in items)
    return Section(title, len(items), lambda budget: listed(lines, len(items), budget))


def objects(title: str, items: Sequence[Item]) -> Section:
    """Objects with their fields, what changes alike on many of them told once."""

    def body(budget: SizeBudget) -> str:
        return listed(_objects(items), len(items), budget)

    return Section(title, len(items), body)


def _objects(items: Sequence[Item]) -> Iterator[Line]:
    """Bulk edits, then objects with fields of their own, then names alone.

    An object counts on the last line that tells of it.
    """
    bulks, rest = fold(items)
    for bulk, count in zip(bulks, _told_last(bulks, items, rest), strict=True):
        yield bulk_places(bulk), count
    for item in rest:
        if _has_fields(item):
            yield "".join(item_lines(item, placed=True)), 1
    yield from by_place(item for item in items if not _has_fields(item))


def _told_last(bulks: Sequence[Bulk], items: Sequence[Item], rest: Sequence[Item]) -> list[int]:
    """How many objects each bulk edit is the last line of: those that have no other field."""
    last: dict[str, int] = {}
    for index, bulk in enumerate(bulks):
        last.update((item.token, index) for item in bulk.items)
    counts = [0] * len(bulks)
    for before, after in zip(items, rest, strict=True):
        if before.fields and not after.fields:
            counts[last[before.token]] += 1
    return counts


def _has_fields(item: Item) -> bool:
    return bool(item.fields or item.declared)


# --- bulk edits ---------------------------------------------------------------------------------


def bulk_section(bulks: Sequence[Bulk], budget: SizeBudget) -> str:
    """The same change on many objects: with their names where half of the room is enough."""
    head = "\n### The same change on many objects\n\n"
    for render in (bulk_names, bulk_places):
        text = head + "".join(map(render, bulks))
        if budget.size.measure(text) <= budget.left // 2:
            return budget.take(text)
    return budget.take(head) + listed(((bulk_line(bulk), 1) for bulk in bulks), len(bulks), budget)


# --- by category and product --------------------------------------------------------------------


def shelf_sections(shelves: Sequence[Shelf], budget: SizeBudget) -> str:
    """What changes where: in full as far as there is room, then counted by category.

    Long lists are folded, a category each.
    """
    items = chain.from_iterable(shelf.items for shelf in shelves)
    size = sum(1 + len(item.fields) for item in items)
    return _Writer([_ShelfSection(shelf) for shelf in shelves], budget, size > OPEN).written()


@dataclass(frozen=True, slots=True)
class _ShelfSection:
    shelf: Shelf

    @property
    def lines(self) -> Iterator[Line]:
        """A product each, made one by one: most of a large plan has no room."""
        return ((product_lines(part), len(part.items)) for part in self.shelf.products)

    @property
    def total(self) -> int:
        return sum(len(part.items) for part in self.shelf.products)

    @property
    def counted(self) -> str:
        """The shelf on one line."""
        return f"- {path_shown(shelf_title(self.shelf))}: {tally(self.shelf.items)}\n"

    def head(self, folded: bool) -> str:
        parts = shelf_title(self.shelf)
        if not folded:
            return f"\n#### {path_shown(parts)}\n\n"
        title = " › ".join(name_html(part, 60) for part in parts)
        told = escaped(tally(self.shelf.items))
        return f"\n<details>\n<summary><b>{title}</b>: {told}</summary>\n\n"


@dataclass
class _Writer:
    """Gives each shelf its room; what has none is counted."""

    shelves: list[_ShelfSection]
    budget: SizeBudget
    folded: bool

    def written(self) -> str:
        head = self.budget.take("\n### Changes by category\n")
        end = self.budget.part(self.budget.left)
        end.left -= ENDING
        texts, rest = self._in_full(end)
        self.budget.left = end.left + ENDING
        return head + "".join(texts) + self._counted(rest)

    def _in_full(self, budget: SizeBudget) -> tuple[list[str], list[_ShelfSection]]:
        counts = [budget.size.measure(item.counted) for item in self.shelves]
        # Half of the room is for details, even where the counts alone would fill it.
        reserve = min(sum(counts), budget.left // 2)
        texts: list[str] = []
        for index, (item, count) in enumerate(zip(self.shelves, counts, strict=True)):
            reserve = max(0, reserve - count)
            part = budget.part(budget.left - reserve)
            if part.left < WORTH:
                return texts, self.shelves[index:]
            text, whole = self._shelf(item, part)
            texts.append(budget.take(text))
            if not whole:
                return texts, self.shelves[index + 1 :]
        return texts, []

    def _shelf(self, item: _ShelfSection, part: SizeBudget) -> tuple[str, bool]:
        """As much of a shelf as has room, and whether that is all."""
        head, tail = item.head(self.folded), "\n</details>\n" if self.folded else ""
        part.left -= part.size.measure(head) + part.size.measure(tail)
        body, shown = fill(item.lines, item.total, part)
        return head + body + tail, shown == item.total

    def _counted(self, rest: Sequence[_ShelfSection]) -> str:
        if not rest:
            return ""
        changes = sum(item.total for item in rest)
        head = f"\n#### Counted only: {changes:,} more changes\n\n"
        lines = ((item.counted, 1) for item in rest)
        return self.budget.take(head) + listed(lines, len(rest), self.budget)


ENDING = 200
"""Kept for the heading of what is counted, and for saying how much of it is shown."""

WORTH = 1_000
"""Room from which a part of a category is worth showing."""


# --- deletes ------------------------------------------------------------------------------------

A_SCREEN = 60
"""Deletes up to which each has a line of its own."""

_CUTS = (80, 48, 32, 20, 12)
"""Ever shorter names, until all deletes have room."""


def deletes(title: str, items: Sequence[Item]) -> Section:
    """Every delete with its fallout; where that is too much, names; where that is, counts."""
    return Section(title, len(items), lambda budget: _deletes(items, budget), first=True)


def _deletes(items: Sequence[Item], budget: SizeBudget) -> str:
    for text in _all_deletes(items):
        if budget.fits(text):
            return budget.take(text)
    return _counted_deletes(items, budget)


def _all_deletes(items: Sequence[Item]) -> Iterator[str]:
    if len(items) <= A_SCREEN:
        yield "".join(map(_delete, items))
    falling = [item for item in items if item.fallout]
    quiet = [item for item in items if not item.fallout]
    yield "".join(map(_delete, falling)) + _by_place(quiet)
    for most in _CUTS:
        yield _by_place(items, most) + _fallout(items)
    yield _by_place(map(_placeless, items), _CUTS[-1]) + _fallout(items)


def _by_place(items: Iterable[Item], most: int = 80) -> str:
    return "".join(text for text, _ in by_place(items, most))


def _placeless(item: Item) -> Item:
    return replace(item, group=replace(item.group, categories=()))


def _delete(item: Item) -> str:
    falls = [prose(text) for text in item.fallout[:MOST_FALLOUT]]
    if len(item.fallout) > MOST_FALLOUT:
        falls.append(f"… (shown {MOST_FALLOUT} of {len(item.fallout):,})")
    above = (f"falls with it: {', '.join(falls)}",) if falls else ()
    return "".join(item_lines(replace(item, above=above), placed=True))


MOST_FALLOUT = 20
"""What falls with one delete, as far as it is named in Markdown."""


def _fallout(items: Sequence[Item]) -> str:
    """How much falls, where there is no room to say what."""
    fallen = sum(len(item.fallout) for item in items)
    return f"\n{fallen:,} values and links fall with them.\n\n" if fallen else ""


def _counted_deletes(items: Sequence[Item], budget: SizeBudget) -> str:
    """By category, and as many names as have room beside that."""
    counts = Counter(item.group.categories for item in items)
    lines = []
    for path, count in sorted(counts.items()):
        place = path_shown(path, 40) if path else "Without a category"
        lines.append((f"- {place}: {count:,}\n", count))
    text = budget.take(_fallout(items)) + budget.take("By category:\n\n")
    text += _share(lines, len(items), budget)
    text += budget.take("\nBy name:\n\n")
    return text + listed(by_place(items, 32), len(items), budget)


def _share(lines: Iterable[Line], total: int, budget: SizeBudget) -> str:
    part = budget.part(budget.left // 2)
    text = listed(lines, total, part)
    return budget.take(text)
