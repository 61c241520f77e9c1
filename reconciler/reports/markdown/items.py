"""Objects in Markdown lists: products with their variants, and bulk edits on one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from reconciler.reports.items import Bulk, Item, Product, families
from reconciler.reports.markdown.budget import Line
from reconciler.reports.markdown.escaping import between, code, cut, escaped, linked, name, prose
from reconciler.reports.markdown.fields import declared, field_lines, is_block
from reconciler.reports.parts import CATEGORY, Grown, heading
from reconciler.reports.site import Picture
from reconciler.reports.values import shown

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


def bold(item: Item) -> str:
    """An object's name, which leads to its YAML line, and the way to its page in the account."""
    found = f"**{linked(name(item.label), item.link)}**"
    return f"{found} {linked('↗', item.web)}" if item.web else found


def headline(item: Item, *, placed: bool = False) -> str:
    """An object's name and what it is; of a product or variant that changes the name alone."""
    source = code(cut(item.source or "", 200))
    said = MADE.get(item.action, "{}").format(item.noun(), source)
    if placed:
        return f"{bold(item)} ({said}{where(item)})"
    plain = item.action not in MADE and item.sort in ("collection", "variant")
    return bold(item) if plain else f"{bold(item)} ({said})"


def item_lines(item: Item, indent: str = "", *, placed: bool = False) -> Iterator[str]:
    """An object as an item of a list: one line where one will do; `placed` says where it is."""
    head = f"{indent}- {headline(item, placed=placed)}"
    tail = "".join(f"; {text}" for text in (*map(prose, item.concerns), *item.above))
    if item.declared:
        yield f"{head}: {_declared(item)}{tail}\n"
    elif len(item.fields) == 1 and not is_block(item.fields[0]):
        yield f"{head}: {field_lines(item.fields[0])}{tail}\n"
    else:
        yield f"{head}{tail}\n"
        for part in item.fields:
            yield f"{indent}{STEP}- {field_lines(part, indent + 2 * STEP)}\n"
    if item.pictures:
        yield f"{indent}{STEP}<div>{' → '.join(map(_thumbnail, item.pictures))}</div>\n"


def _thumbnail(picture: Picture) -> str:
    """A picture small, which leads to it in full."""
    alt = escaped(f"{picture.when}: {picture.name}")
    source = escaped(picture.src)
    return f'<a href="{source}"><img src="{source}" height="96" alt="{alt}"></a>'


def _declared(item: Item) -> str:
    fields = [declared(*pair) for pair in item.declared[:MOST_DECLARED]]
    if len(item.declared) > MOST_DECLARED:
        fields.append(f"… (shown {MOST_DECLARED} of {len(item.declared)} fields)")
    return " · ".join(fields)


def product_lines(product: Product, *, placed: bool = False) -> str:
    """A product with the variants of it that change."""
    head = product.item
    lines = [*item_lines(head, placed=placed)] if head else [f"- **{name(product.label)}**\n"]
    for variant in product.variants:
        lines += item_lines(variant, STEP)
    return "".join(lines)


def grown_line(grown: Grown) -> str:
    """A new subtree: `Wingfoiling (19 new categories, 240 products)`."""
    said = []
    counts = {CATEGORY: 1 + len(grown.below), **grown.counts}
    for sort, (one, many) in _GROWN.items():
        count = counts.get(sort, 0)
        if count:
            said.append(f"{count:,} {one if count == 1 else many}")
    return f"- {bold(grown.item)}{where(grown.item)}: {', '.join(said)}\n"


_GROWN: Mapping[str, tuple[str, str]] = {
    CATEGORY: ("new category", "new categories"),
    "collection": ("product", "products"),
    "variant": ("variant", "variants"),
    "resource": ("resource link", "resource links"),
}


def by_place(items: Iterable[Item], most: int = 80, title: str = "") -> Iterator[Line]:
    """Names alone, by category: `Apparel › Jackets: A, B`; `most` cuts long names.

    `title` is the heading under which they stand already.
    """
    placed: dict[tuple[tuple[str, ...], str], list[Item]] = {}
    for item in items:
        path = item.group.categories
        placed.setdefault((path, "" if path else heading(item.ref.kind)), []).append(item)
    for (path, kind), there in sorted(placed.items(), key=lambda pair: pair[0]):
        head = path_shown(path, most) if path else kind
        lead = f"{head}: " if head != title else ""
        found = list(families(there))
        for start in range(0, len(found), A_LINE):
            part = found[start : start + A_LINE]
            count = sum(len(product.items) for product in part)
            yield f"- {lead}{', '.join(names(part, most))}\n", count


A_LINE = 20
"""Names on one line."""


def names(products: Iterable[Product], most: int = 80) -> Iterator[str]:
    """Names of products; variants behind their product: `Rain Jacket (M, L)`, or counted."""
    for product in products:
        head, variants = product.item, product.variants
        if head is None:
            shorts = ", ".join(_name(item, item.short, most) for item in variants)
            yield f"{name(product.label, most)} ({shorts})"
        else:
            yield _name(head, head.label, most) + with_variants(product)


def _name(item: Item, text: str, most: int) -> str:
    return linked(name(text, most), item.link)


def with_variants(product: Product) -> str:
    """` and its 15 variants`, behind the name of a product that is told with them."""
    count = len(product.variants)
    return f" and its {count:,} {product.variants[0].noun(count)}" if count else ""


def bulk_line(bulk: Bulk) -> str:
    """`Color: Red → Crimson on 214 variants`, `Price: +10 % on 96 variants`."""
    first, count = bulk.items[0], len(bulk.items)
    on = f"**on {count:,} {first.noun(count)}**"
    if bulk.factor:
        return f"- {name(bulk.field.path)}: **{bulk.factor}** {on}, {_range(bulk)}\n"
    if is_block(bulk.field):
        head, _, rest = field_lines(bulk.field, STEP).partition("\n")
        return f"- {head} {on}\n{rest}\n"
    return f"- {field_lines(bulk.field)} {on}\n"


def _range(bulk: Bulk) -> str:
    """The smallest and the largest of numbers that grow by one factor."""
    by_size = sorted(bulk.fields, key=lambda part: Decimal(str(part.before)))
    ends = [
        between(code(shown(part.before)), code(shown(part.after)), "")
        for part in (by_size[0], by_size[-1])
    ]
    return f"from {ends[0]} to {ends[1]}"


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


def bulk_places(bulk: Bulk) -> str:
    """The bulk edit, and how many of its objects stand where."""
    counts = Counter(item.group.categories for item in bulk.items)
    shown = []
    for path in sorted(counts)[:MOST_PLACES]:
        place = path_shown(path) if path else heading(bulk.items[0].ref.kind).lower()
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
        f"- {bold(item)} ({item.noun()}{where(item)}), {item.action}: {prose(item.blocked or '')}\n"
    )
