"""Objects in Markdown lists: products with their variants, and bulk edits on one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.reports.items import Bulk, Item, Product, Shelf
from reconciler.reports.markdown.budget import Line
from reconciler.reports.markdown.escaping import code, cut, name, prose
from reconciler.reports.markdown.fields import declared, field_lines, is_block

STEP = "  "
"""By how much a list inside a list is indented."""

MOST_DECLARED = 12
"""Fields of a create that are shown."""

MADE: Mapping[str, str] = {
    "create": "new {}",
    "recreate": "{}, made again: it is gone from the account",
    "adopt": "{} that exists already",
    "move": "{} with a new key, was {}",
    "delete": "{}",
    "unpublish": "{}",
    "gone": "{}",
    "unmanaged": "{}",
    "only_first": "{}",
    "only_second": "{}",
}
"""What is said of an object behind its name."""


def path_shown(path: Iterable[str], most: int = 60) -> str:
    """`Apparel › Jackets`."""
    return " › ".join(name(part, most) for part in path)


def where(item: Item, most: int = 60) -> str:
    """Where an object stands: its categories and, of a variant, its product."""
    parts = [*item.group.categories]
    if item.group.product:
        parts.append(item.group.product_label)
    return f" in {path_shown(parts, most)}" if parts else ""


def headline(item: Item, *, placed: bool = False) -> str:
    """An object's name and what it is; of a product or variant that changes the name alone."""
    bold = f"**{name(item.label)}**"
    source = code(cut(item.source or "", 200))
    said = MADE.get(item.action, "{}").format(item.noun(), source)
    if placed:
        return f"{bold} ({said}{where(item)})"
    plain = item.action not in MADE and item.sort in ("collection", "variant")
    return bold if plain else f"{bold} ({said})"


def item_lines(item: Item, indent: str = "", *, placed: bool = False) -> Iterator[str]:
    """An object as an item of a list: one line where one will do; `placed` says where it is."""
    head = f"{indent}- {headline(item, placed=placed)}"
    tail = "".join(f"; {text}" for text in item.above)
    if item.declared:
        yield f"{head}: {_declared(item)}{tail}\n"
    elif len(item.fields) == 1 and not is_block(item.fields[0]):
        yield f"{head}: {field_lines(item.fields[0])}{tail}\n"
    else:
        yield f"{head}{tail}\n"
        for part in item.fields:
            yield f"{indent}{STEP}- {field_lines(part, indent + 2 * STEP)}\n"


def _declared(item: Item) -> str:
    fields = [declared(*pair) for pair in item.declared[:MOST_DECLARED]]
    if len(item.declared) > MOST_DECLARED:
        fields.append(f"… (shown {MOST_DECLARED} of {len(item.declared)} fields)")
    return " · ".join(fields)


def product_lines(product: Product) -> str:
    """A product with the variants of it that change."""
    lines = [*item_lines(product.item)] if product.item else [f"- **{name(product.label)}**\n"]
    for variant in product.variants:
        lines += item_lines(variant, STEP)
    return "".join(lines)


def by_place(items: Iterable[Item], most: int = 80) -> Iterator[Line]:
    """Names alone, by category: `Apparel › Jackets: A, B`; `most` cuts long names."""
    placed: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        placed.setdefault(item.group.categories, []).append(item)
    for path, there in sorted(placed.items(), key=lambda pair: pair[0]):
        head = path_shown(path, most) if path else "Without a category"
        for start in range(0, len(there), A_LINE):
            part = there[start : start + A_LINE]
            yield f"- {head}: {names(part, most)}\n", len(part)


A_LINE = 20
"""Names on one line."""


def names(items: Iterable[Item], most: int = 80) -> str:
    """Names one after the other; variants behind their product: `Rain Jacket (M, L)`."""
    variants: dict[tuple[str, str], list[str]] = {}
    shown: list[str | tuple[str, str]] = []
    for item in items:
        key = item.group.product, item.group.product_label
        if not item.group.product:
            shown.append(name(item.label, most))
            continue
        if key not in variants:
            shown.append(key)
        variants.setdefault(key, []).append(name(item.short, most))
    texts = []
    for item_or_key in shown:
        if isinstance(item_or_key, str):
            texts.append(item_or_key)
        else:
            _, product = item_or_key
            texts.append(f"{name(product, most)} ({', '.join(variants[item_or_key])})")
    return ", ".join(texts)


def bulk_line(bulk: Bulk) -> str:
    """`Color: Red → Crimson on 214 variants`."""
    first, count = bulk.items[0], len(bulk.items)
    on = f"**on {count:,} {first.noun(count)}**"
    if is_block(bulk.field):
        head, _, rest = field_lines(bulk.field, STEP).partition("\n")
        return f"- {head} {on}\n{rest}\n"
    return f"- {field_lines(bulk.field)} {on}\n"


DONE: Mapping[str, str] = {
    "create": "new",
    "recreate": "made again",
    "update": "changed",
    "move": "moved",
    "adopt": "adopted",
    "delete": "deleted",
    "unpublish": "unpublished",
    "changed": "changed",
    "gone": "gone",
    "unmanaged": "unmanaged",
    "differs": "different",
    "only_first": "only there",
    "only_second": "only there",
}


def tally(items: Sequence[Item]) -> str:
    """`3 new, 12 changed`."""
    counts = Counter(item.action for item in items)
    parts = [f"{counts[key]:,} {word}" for key, word in DONE.items() if counts[key]]
    return ", ".join(parts)


def shelf_title(shelf: Shelf) -> tuple[str, ...]:
    """The heading's parts: names of categories, or one of our own."""
    return shelf.path or (shelf.title,)


def bulk_places(bulk: Bulk) -> str:
    """The bulk edit, and how many of its objects stand where."""
    counts = Counter(item.group.categories for item in bulk.items)
    shown = []
    for path in sorted(counts)[:MOST_PLACES]:
        place = path_shown(path) if path else "without a category"
        shown.append(f"{place} ({counts[path]:,})")
    if len(counts) > MOST_PLACES:
        shown.append(f"… (shown {MOST_PLACES} of {len(counts):,} places)")
    return f"{bulk_line(bulk)}{STEP}- {', '.join(shown)}\n"


MOST_PLACES = 10
"""Categories that are counted below a bulk edit."""


def bulk_names(bulk: Bulk) -> str:
    """The bulk edit, and the names of all its objects in a fold."""
    lines = "".join(f"{STEP}{text}" for text, _ in by_place(bulk.items))
    summary = f"{STEP}<details><summary>which {bulk.items[0].noun(2)}</summary>\n\n"
    return f"{bulk_line(bulk)}{summary}{lines}\n{STEP}</details>\n"


def blocked_line(item: Item) -> str:
    """What is left out, and why."""
    return (
        f"- **{name(item.label)}** ({item.noun()}{where(item)}), {item.action}: "
        f"{prose(item.blocked or '')}\n"
    )
