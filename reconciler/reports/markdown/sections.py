"""The parts of a Markdown report, each written into the room that it is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from reconciler.reports.items import (
    NAMED,
    Bulk,
    Item,
    Product,
    as_they_are,
    bound_alone,
    families,
    fold,
)
from reconciler.reports.markdown.budget import Line, SizeBudget, least, listed, whole
from reconciler.reports.markdown.escaping import name, prose
from reconciler.reports.markdown.items import (
    blocked_line,
    bold,
    bulk_line,
    bulk_names,
    bulk_places,
    by_place,
    grown_line,
    headline,
    item_lines,
    path_shown,
    with_variants,
)
from reconciler.reports.parts import Part, heading
from reconciler.reports.report import Turn

OPEN = 40
"""Lines of changes up to which nothing is folded away."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a list of `total` objects; `body` writes what has room.

    One that comes `first` may take all room but what the others need to say that they are there;
    these share what is left by their `weight`.
    """

    title: str
    total: int
    body: Callable[[SizeBudget], str]
    weight: int = 2
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
    lines = [(f"- {prose(text)}\n", 1) for text in texts]
    return Section(title, len(texts), lambda budget: listed(lines, len(texts), budget), weight=1)


def blocked(title: str, items: Sequence[Item]) -> Section:
    """What is left out, each with its reason."""

    def body(budget: SizeBudget) -> str:
        return listed(((blocked_line(item), 1) for item in items), len(items), budget)

    return Section(title, len(items), body)


def objects(title: str, items: Sequence[Item]) -> Section:
    """Objects with their fields, what changes alike on many of them told once."""

    def body(budget: SizeBudget) -> str:
        return listed(_objects(items), len(items), budget)

    return Section(title, len(items), body)


def adopted(title: str, items: Sequence[Item]) -> Section:
    """What exists already: many that are adopted as they are on one line, all others each."""

    def lines() -> Iterator[Line]:
        found, others = bound_alone(items)
        for sort, same in found.items():
            told = [name(item.label) for item in same[:NAMED]]
            yield f"- {as_they_are(sort, same)}: {', '.join(told)}\n", len(same)
        yield from _objects(others)

    return Section(title, len(items), lambda budget: listed(lines(), len(items), budget))


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


# --- what goes live, and bulk edits --------------------------------------------------------------


def turns(turn: Turn) -> Section:
    """What goes live or is taken down, by day; what is new is counted, and told elsewhere."""

    def body(budget: SizeBudget) -> str:
        return listed(_turns(turn), turn.total, budget)

    return Section(turn.title, turn.total, body)


def _turns(turn: Turn) -> Iterator[Line]:
    for day, items in turn.days.items():
        lines = list(by_place(items))
        when = f"on {day}" if day else "with this plan"
        for text, count in lines:
            yield f"- **{when}**: {text.removeprefix('- ')}", count
    if turn.new:
        counts = Counter(item.sort for item in turn.new)
        shown = [
            f"{count:,} {_one_of(turn.new, sort).noun(count)}" for sort, count in counts.items()
        ]
        yield f"- **with this plan**: new {', '.join(shown)}\n", len(turn.new)


def _one_of(items: Iterable[Item], sort: str) -> Item:
    return next(item for item in items if item.sort == sort)


def bulk_section(bulks: Sequence[Bulk]) -> Section:
    """The same change on many objects: with their names where there is room for them."""

    def body(budget: SizeBudget) -> str:
        # One by one: what is too large is not written to its end.
        levels = (_bulks(bulks, render) for render in (bulk_names, bulk_places, bulk_line))
        return _best(levels, len(bulks), budget)

    return Section("The same change on many objects", len(bulks), body, weight=3)


def _bulks(bulks: Sequence[Bulk], render: Callable[[Bulk], str]) -> Iterator[Line]:
    return ((render(bulk), 1) for bulk in bulks)


def _best(levels: Iterable[Iterator[Line]], total: int, budget: SizeBudget) -> str:
    """The first telling that has room as a whole; of the last one as much as has."""
    told: list[Line] = []
    lines: Iterator[Line] = iter(())
    for lines in levels:
        told = []
        text = whole(_noted(lines, told), budget)
        if text is not None:
            return text
    return listed(chain(told, lines), total, budget)


def _noted(lines: Iterator[Line], told: list[Line]) -> Iterator[Line]:
    """The lines; those that were asked for are noted, so that none is made twice."""
    for line in lines:
        told.append(line)
        yield line


# --- deletes ------------------------------------------------------------------------------------

A_SCREEN = 60
"""Deletes up to which each family has a line of its own."""

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
    found = list(families(items))
    if len(found) <= A_SCREEN:
        yield "".join(map(_delete, found))
    falling = [product for product in found if _falling(product)]
    quiet = [product for product in found if not _falling(product)]
    yield "".join(map(_delete, falling)) + _by_place(_items(quiet))
    for most in _CUTS:
        yield _by_place(items, most) + _fallout(items)
    yield _by_place(map(_placeless, items), _CUTS[-1]) + _fallout(items)


def _items(products: Iterable[Product]) -> list[Item]:
    found: list[Item] = []
    for product in products:
        found += product.items
    return found


def _by_place(items: Iterable[Item], most: int = 80) -> str:
    return "".join(text for text, _ in by_place(items, most))


def _placeless(item: Item) -> Item:
    return replace(item, group=replace(item.group, categories=()))


def _falling(product: Product) -> list[str]:
    """What falls with a family, each once."""
    fallout: dict[str, None] = {}
    for item in product.items:
        fallout.update(dict.fromkeys(item.fallout))
    return list(fallout)


def _delete(product: Product) -> str:
    """A family on one line: `Gobi Tee and its 15 variants`."""
    head, fallout = product.item, _falling(product)
    falls = [prose(text) for text in fallout[:MOST_FALLOUT]]
    if len(fallout) > MOST_FALLOUT:
        falls.append(f"… (shown {MOST_FALLOUT} of {len(fallout):,})")
    tail = f"; falls with it: {', '.join(falls)}" if falls else ""
    if head is None:
        alone = (replace(product, item=item, variants=()) for item in product.variants)
        return "".join(map(_delete, alone))
    said = headline(head, placed=True).removeprefix(bold(head))
    return f"- {bold(head)}{with_variants(product)}{said}{tail}\n"


MOST_FALLOUT = 20
"""What falls with one delete, as far as it is named in Markdown."""


def _fallout(items: Sequence[Item]) -> str:
    """How much falls, where there is no room to say what."""
    fallen = sum(len(item.fallout) for item in items)
    return f"\n{fallen:,} values and links fall with them.\n\n" if fallen else ""


def _counted_deletes(items: Sequence[Item], budget: SizeBudget) -> str:
    """By category, and as many names as have room beside that."""
    counts = Counter(
        (item.group.categories, "" if item.group.categories else heading(item.ref.kind))
        for item in items
    )
    lines = []
    for (path, title), count in sorted(counts.items()):
        lines.append((f"- {path_shown(path, 40) if path else title}: {count:,}\n", count))
    text = budget.take(_fallout(items)) + budget.take("By category:\n\n")
    text += _share(lines, len(items), budget)
    text += budget.take("\nBy name:\n\n")
    return text + listed(by_place(items, 32), len(items), budget)


def _share(lines: Iterable[Line], total: int, budget: SizeBudget) -> str:
    part = budget.part(budget.left // 2)
    text = listed(lines, total, part)
    return budget.take(text)


# --- what is no product -------------------------------------------------------------------------


def plain_part(part: Part, weight: int) -> Section:
    """Categories, files, attributes and links: in full, by name, or as many names as have room.

    A new subtree is one line; long lists are folded.
    """
    total = len(part.items)

    def body(budget: SizeBudget) -> str:
        if _lines_of(part) <= OPEN:
            return _best((_full(part), _by_name(part)), total, budget)
        head, tail = "<details>\n<summary>show</summary>\n\n", "\n</details>\n"
        room = budget.part(budget.left - budget.size.measure(head + tail))
        text = _best((_full(part), _by_name(part)), total, room)
        return budget.take(f"{head}{text}{tail}")

    return Section(part.title, total, body, weight)


def _lines_of(part: Part) -> int:
    number = len(part.grown)
    for shelf in part.shelves:
        number += sum(1 + len(item.fields) for item in shelf.items)
    return number


def _full(part: Part) -> Iterator[Line]:
    yield from _grown(part)
    for shelf in part.shelves:
        for item in shelf.items:
            yield "".join(item_lines(item, placed=bool(item.group.categories))), 1


def _by_name(part: Part) -> Iterator[Line]:
    yield from _grown(part)
    for shelf in part.shelves:
        yield from by_place(shelf.items, title=part.title)


def _grown(part: Part) -> Iterator[Line]:
    """A subtree counts with all that is new below it."""
    for subtree in part.grown:
        if subtree.below or subtree.counts:
            yield grown_line(subtree), 1 + len(subtree.below)
        else:
            yield "".join(item_lines(subtree.item, placed=True)), 1
