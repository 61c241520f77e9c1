"""A plan or a drift report as people look at it: objects by name, place and product (8.1).

Text, Markdown and HTML render the same items, so that they never tell two stories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from reconciler.enums import CREATES, Action, Class
from reconciler.kinds import KINDS, ORDER
from reconciler.model import (
    FOREIGN,
    Change,
    Comparison,
    Drift,
    Drifted,
    FieldChange,
    Group,
    Origin,
    Place,
    Plan,
    Ref,
    Value,
)
from reconciler.reports.bulkedits import alike
from reconciler.reports.fieldshapes import with_names
from reconciler.reports.site import NOWHERE, Picture, Site, web_address
from reconciler.reports.values import named

NOUNS: Mapping[str, tuple[str, str]] = {
    "category": ("category", "categories"),
    "attribute": ("attribute", "attributes"),
    "attribute_group": ("attribute group", "attribute groups"),
    "collection": ("product", "products"),
    "variant": ("variant", "variants"),
    "resource": ("resource", "resources"),
    "file": ("file", "files"),
}
"""What people call an object of a kind, one and several; a collection below another a variant."""

_PLAIN_TITLES: Mapping[str, str] = {
    "collection": "Products without a category",
    "attribute": "Attributes",
    "attribute_group": "Attribute groups",
    "resource": "Resources",
    "file": "Files",
}
"""Headings of what stands in no category."""

_RANK: Mapping[str, int] = {
    **{kind.name: index + 1 for index, kind in enumerate(ORDER)},
    "category": 0,
}
"""Within a category its own change comes first."""


@dataclass(frozen=True, slots=True)
class Titles:
    """What things are called: `id:<id>` elements by `names`, objects of the catalog by `labels`."""

    names: Mapping[str, str]
    labels: Mapping[Ref, str]

    def field(self, path: str) -> str:
        """A field's name: `Color`, `Published start date`."""
        head, dot, key = path.partition(".")
        if not dot:
            return head.replace("_", " ").capitalize()
        if key.startswith(FOREIGN):
            return self.names.get(key, "an unmanaged attribute")
        return self.labels.get(Ref("attribute", key), key)

    def value(self, kind: str, path: str, value: Value) -> Value:
        """A value with objects by name, never by key or id."""
        return named(kind, path, value, self.names, self.labels)

    def change(self, kind: str, item: FieldChange) -> FieldChange:
        """All sides of a field by name; `path` becomes the field's name."""
        name = self.field(item.path)
        return with_names(item, name, lambda value: self.value(kind, item.path, value))

    def item(self, item: Item) -> Item:
        """An object with its fields by name."""
        kind = item.ref.kind
        return replace(
            item,
            fields=tuple(self.change(kind, part) for part in item.fields),
            declared=tuple(
                (self.field(path), self.value(kind, path, value)) for path, value in item.declared
            ),
            origins={self.field(path): origin for path, origin in item.origins.items()},
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One object as reports show it.

    `action` is a change's, or changed, gone, unmanaged.  `declared` are a create's fields; these
    and `fields` go by path and key, until `Titles` gives them names; `origins` has those of the
    declared ones that its entry does not say itself.  `above` says what else of it is told
    elsewhere.
    `concerns` says what else of the account it concerns; `link` is the address of its YAML line,
    `web` that of its page in the account, empty where there is none.
    `token` is its key, or `id:<id>` where it has none: to tell objects apart, never shown.
    """

    action: str
    ref: Ref
    token: str
    label: str
    group: Group
    fields: tuple[FieldChange, ...] = ()
    declared: tuple[tuple[str, Value], ...] = ()
    place: Place | None = None
    blocked: str | None = None
    fallout: tuple[str, ...] = ()
    source: str | None = None
    above: tuple[str, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)
    concerns: tuple[str, ...] = ()
    link: str = ""
    web: str = ""
    pictures: tuple[Picture, ...] = ()

    @property
    def sort(self) -> str:
        """The row of `NOUNS` that it belongs to."""
        return "variant" if self.group.product else self.ref.kind

    @property
    def short(self) -> str:
        """Its name behind that of its product: of `Rain Jacket - M` the `M`."""
        rest = self.label.removeprefix(self.group.product_label)
        short = rest.lstrip(" -–—:,/|·")
        return short if rest != self.label and short != rest and short else self.label

    def noun(self, count: int = 1) -> str:
        """What `count` of its sort are called."""
        return NOUNS[self.sort][count != 1]


def plan_items(plan: Plan, site: Site = NOWHERE) -> tuple[Item, ...]:
    """The changes of a plan, in its order."""
    return tuple(item_of(change, plan.web, site) for change in plan.changes)


def item_of(change: Change, web: str = "", site: Site = NOWHERE) -> Item:
    """One change; `web` is the pattern of a plan."""
    return Item(
        change.action,
        change.ref,
        change.ref.key,
        change.label,
        change.group,
        change.fields,
        tuple(_declared(change)),
        change.place,
        change.blocked,
        change.fallout,
        change.source,
        origins=change.origins,
        concerns=tuple(concerns(change)),
        link=site.line(change.place),
        web=web_address(web, change.ref.kind, change.id),
        pictures=site.pictures.get(change.ref, ()),
    )


def concerns(change: Change) -> Iterator[str]:
    """What else of the account a change concerns: what goes with it, who holds an option of it."""
    tree = KINDS[change.ref.kind].tree
    for item in change.reach:
        if item.of:
            yield f"'{item.of}' is held by {_counted(item.counts)}"
        elif item.path and item.path == tree:
            yield f"{_counted(item.counts)} go with it"
        else:
            number = sum(item.counts.values())
            yield f"{number:,} value{'' if number == 1 else 's'}, on {_counted(item.counts)}"


def _counted(counts: Mapping[str, int]) -> str:
    """`4 categories, 50 products and 734 variants`."""
    rows = [(sort, counts[sort]) for sort in NOUNS if counts.get(sort)]
    *told, last = [f"{count:,} {NOUNS[sort][count != 1]}" for sort, count in rows] or ["nothing"]
    return f"{', '.join(told)} and {last}" if told else last


def _declared(change: Change) -> Iterator[tuple[str, Value]]:
    """The fields of a new object but its name, which is its label, and what changes.

    Of one that an upload puts in the place of another they are those of that one.
    """
    if change.action not in CREATES:
        return
    title = KINDS[change.ref.kind].title
    told = {item.path for item in change.fields}
    for path, value in change.sent.items():
        if path not in told and (path != title or value != change.label):
            yield path, value


MANY = 50
"""Objects that are adopted as they are: more than so many are counted, and the first ones named."""

NAMED = 5
"""How many of them are named, of each sort."""


def bound_alone(items: Iterable[Item]) -> tuple[Mapping[str, Sequence[Item]], Sequence[Item]]:
    """Of many objects those that are adopted as they are, by their sort, and all others.

    The state gets their ids and nothing of them is written.  Where they are few all are others.
    """
    found: dict[str, list[Item]] = {}
    others: list[Item] = []
    every = list(items)
    for item in every:
        as_it_is = item.action == Action.ADOPT and item.blocked is None and not item.fields
        (found.setdefault(item.sort, []) if as_it_is and not item.above else others).append(item)
    if len(every) - len(others) <= MANY:
        return {}, every
    return found, others


def as_they_are(sort: str, items: Sequence[Item]) -> str:
    """`100,000 products exist already and are adopted as they are (shown 5 of 100,000)`."""
    count = len(items)
    one = count == 1
    words = "exists already and is adopted as it is" if one else _AS_THEY_ARE
    return f"{count:,} {NOUNS[sort][not one]} {words} (shown {min(count, NAMED)} of {count:,})"


_AS_THEY_ARE = "exist already and are adopted as they are"


def drift_items(report: Drift | Comparison) -> tuple[Item, ...]:
    """The objects of a drift report or a comparison, in its order."""
    return tuple(map(_of_drifted, report.objects))


def _of_drifted(item: Drifted) -> Item:
    fields = tuple(replace(part, cls=Class.PENDING) for part in item.fields)
    token = item.ref.key or FOREIGN + item.id
    return Item(item.status, item.ref, token, item.label, item.group, fields, place=item.place)


# --- the same change on many objects ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bulk:
    """One field that changes alike on several objects of one sort.

    Where numbers grow by one `factor` (`+10 %`), `fields` are the change of each of the items.
    """

    field: FieldChange
    items: tuple[Item, ...]
    factor: str = ""
    fields: tuple[FieldChange, ...] = ()


def _sort(item: Item) -> str:
    return item.sort


def fold(
    items: Sequence[Item], by: Callable[[Item], str] = _sort, *, factors: bool = True
) -> tuple[tuple[Bulk, ...], tuple[Item, ...]]:
    """What changes alike on many objects of a sort, and the items without those fields.

    With `factors` numbers that change by the same per cent are alike.
    An item whose fields are all told so has none left; it is still there.
    """
    found, left = alike([(by(item), item.fields) for item in items], factors=factors)
    bulks = []
    for part in found:
        there = tuple(items[index] for index in part.objects)
        bulks.append(Bulk(part.field, there, part.factor, part.fields))
    rest = tuple(
        item if len(fields) == len(item.fields) else replace(item, fields=fields)
        for item, fields in zip(items, left, strict=True)
    )
    return tuple(bulks), rest


def untold(items: Iterable[Item], rest: Iterable[Item]) -> Iterator[Item]:
    """Of the rest of a fold what is left to tell: not the items that lost all of their fields."""
    for before, after in zip(items, rest, strict=True):
        if after.fields or not before.fields:
            yield after


# --- by category and product --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Product:
    """An object with its variants.  `item` is None where only variants change."""

    label: str
    item: Item | None
    variants: tuple[Item, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        """The object, if it changes, and its variants."""
        return (self.item, *self.variants) if self.item else self.variants


@dataclass(frozen=True, slots=True)
class Shelf:
    """What stands in one category, or in none.  `path` are names, the topmost first."""

    path: tuple[str, ...]
    products: tuple[Product, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything on it."""
        return tuple(chain.from_iterable(product.items for product in self.products))


def shelves(items: Iterable[Item]) -> tuple[Shelf, ...]:
    """The items by place: what stands in no category first, then categories by path."""
    placed: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        placed.setdefault(item.group.categories, []).append(item)
    return tuple(Shelf(path, tuple(families(placed[path]))) for path in sorted(placed))


def families(items: Iterable[Item]) -> Iterator[Product]:
    """Objects by name, each with the variants below it."""
    heads: dict[Ref, Item] = {}
    below: dict[Ref, list[Item]] = {}
    for item in items:
        if item.group.product:
            below.setdefault(Ref("collection", item.group.product), []).append(item)
        else:
            heads[Ref(item.ref.kind, item.token)] = item
    found = [
        (_position(ref, heads.get(ref), below.get(ref, [])), ref)
        for ref in dict.fromkeys([*heads, *below])
    ]
    for (_, label, _), ref in sorted(found, key=lambda pair: pair[0]):
        variants = sorted(below.get(ref, ()), key=lambda item: (item.label, item.ref.key))
        yield Product(label, heads.get(ref), tuple(variants))


def _position(ref: Ref, head: Item | None, below: Sequence[Item]) -> tuple[int, str, str]:
    label = head.label if head else below[0].group.product_label
    return _RANK[ref.kind], label, ref.key
