"""Products by category: in full, by name or counted, a category each (8.1)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.reports.items import Shelf
from reconciler.reports.markdown.budget import Line, SizeBudget, listed, whole
from reconciler.reports.markdown.escaping import escaped, name_html
from reconciler.reports.markdown.items import names, path_shown, product_lines, tally
from reconciler.reports.markdown.sections import OPEN, Section
from reconciler.reports.parts import Part, heading

WEIGHT = 6
"""What products have of the room, beside 1 to 3 of the others."""


def product_part(part: Part) -> Section:
    """Products by category, each category in full where there is room.

    Where there is not, all are told by name as far as half of the room goes, then as many as
    there is room for in full; what is left is counted.
    """
    items = part.items
    folded = sum(1 + len(item.fields) for item in items) > OPEN

    def body(budget: SizeBudget) -> str:
        # Every telling begins with a blank line, which the heading above has already.
        budget.left += 1
        text = _Writer([_Place(shelf, folded) for shelf in part.shelves], budget).written()
        return text.removeprefix("\n")

    return Section(part.title, len(items), body, WEIGHT)


@dataclass(frozen=True, slots=True)
class _Place:
    """One category, and the three ways in which it is told."""

    shelf: Shelf
    folded: bool

    @property
    def title(self) -> Sequence[str]:
        return self.shelf.path or (heading("collection"),)

    @property
    def total(self) -> int:
        return len(self.shelf.items)

    @property
    def counted(self) -> str:
        """On one line: `Apparel › Jackets: 12 changed`."""
        return f"- {path_shown(self.title)}: {tally(self.shelf.items)}\n"

    @property
    def named(self) -> Iterator[Line]:
        """The same with all names."""
        shown = ", ".join(names(self.shelf.products, NAME))
        yield f"- {path_shown(self.title)} ({tally(self.shelf.items)}): {shown}\n", self.total

    @property
    def full(self) -> Iterator[Line]:
        """A product each, made one by one: most of a large plan has no room."""
        yield self._head, 0
        yield from self._products
        yield self._tail, 0

    def part(self, budget: SizeBudget) -> str:
        """As much of it as has room, saying how much that is."""
        frame = self._head + self._tail
        room = budget.part(budget.left - budget.size.measure(frame))
        return budget.take(f"{self._head}{listed(self._products, self.total, room)}{self._tail}")

    @property
    def _products(self) -> Iterator[Line]:
        return ((product_lines(product), len(product.items)) for product in self.shelf.products)

    @property
    def _tail(self) -> str:
        return "\n</details>\n" if self.folded else ""

    @property
    def _head(self) -> str:
        if not self.folded:
            return f"\n#### {path_shown(self.title)}\n\n"
        title = " › ".join(name_html(part, 60) for part in self.title)
        told = escaped(tally(self.shelf.items))
        return f"\n<details>\n<summary><b>{title}</b>: {told}</summary>\n\n"


NAME = 60
"""Characters of a name where there is room for names alone."""

WORTH = 1_000
"""Room from which a part of a place is worth showing."""

HEADS = 220
"""Kept for the headings of what is told by name and of what is counted, and for what they say of
how much they show."""


IN_FULL, BY_NAME, COUNTED = "In full", "By name", "Counted only"

Told = tuple[str, str]
"""One of these ways, and the text."""


@dataclass
class _Writer:
    """Gives each place its room: all are counted at least, and told better as far as that goes."""

    places: list[_Place]
    budget: SizeBudget

    def written(self) -> str:
        text = self._all_in_full()
        if text is not None:
            return text
        self.budget.left -= HEADS
        spare = self.budget.left - sum(self._counts())
        if spare <= 0:
            return self._together({})
        room = self.budget.part(spare)
        told = self._named(room.part(room.left // 2), {})
        room.left = spare - self._gain(told)
        told = {**told, **self._full(room, told)}
        room.left = spare - self._gain(told)
        told = {**self._named(room, told), **told}
        return self._together(told)

    def _all_in_full(self) -> str | None:
        room, texts = self.budget.part(self.budget.left), []
        for place in self.places:
            text = whole(place.full, room)
            if text is None:
                return None
            texts.append(text)
        return self.budget.take("".join(texts))

    def _counts(self) -> list[int]:
        return [self.budget.size.measure(place.counted) for place in self.places]

    def _gain(self, told: Mapping[int, Told]) -> int:
        """What telling these places better takes, beyond their counts."""
        measure = self.budget.size.measure
        sizes = (measure(text) - measure(self.places[i].counted) for i, (_, text) in told.items())
        return sum(max(0, size) for size in sizes)

    def _named(self, room: SizeBudget, told: Container[int]) -> dict[int, Told]:
        """The places that are not told yet and whose names have room."""
        found: dict[int, Told] = {}
        for index, place in enumerate(self.places):
            text = whole(place.named, room) if index not in told else None
            if text is not None:
                found[index] = BY_NAME, text
        return found

    def _full(self, room: SizeBudget, named: Container[int]) -> dict[int, Told]:
        """The first places in full, as far as that goes; of one that is too large, a part."""
        found: dict[int, Told] = {}
        for index, place in enumerate(self.places):
            text = whole(place.full, room)
            if text is None:
                if index not in named and room.left >= WORTH:
                    found[index] = IN_FULL, place.part(room)
                break
            found[index] = IN_FULL, text
        return found

    def _together(self, told: Mapping[int, Told]) -> str:
        ways: dict[str, list[tuple[_Place, str]]] = {IN_FULL: [], BY_NAME: [], COUNTED: []}
        for index, place in enumerate(self.places):
            way, text = told.get(index, (COUNTED, place.counted))
            ways[way].append((place, text))
        self.budget.left += HEADS
        full = self.budget.take("".join(text for _, text in ways[IN_FULL]))
        return full + self._block(BY_NAME, ways[BY_NAME]) + self._block(COUNTED, ways[COUNTED])

    def _block(self, title: str, found: Sequence[tuple[_Place, str]]) -> str:
        if not found:
            return ""
        changes = sum(place.total for place, _ in found)
        head = f"\n#### {title}: {changes:,} more changes\n\n"
        lines = ((text, 1) for _, text in found)
        return self.budget.take(head) + listed(lines, len(found), self.budget)
