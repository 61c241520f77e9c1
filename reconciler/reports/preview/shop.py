"""What a catalog has on its shelves: products with their variants, pictures and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.kinds import ATTRIBUTE, ATTRIBUTE_GROUP, CATEGORY, COLLECTION, FILE, RESOURCE
from reconciler.model import Catalog, Ref, Resource, Value
from reconciler.paths import value_path
from reconciler.reports.preview.words import spoken
from reconciler.reports.site import Picture

OTHERS = "Other values"
"""What the attributes are called that are in no group."""

CHOICE = "Pick List"

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
"""Names of files that browsers show as pictures and that cannot hold a script."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A catalog, looked up as its products are shown.

    `groups` are names with the paths of their attributes, each attribute once, those without a
    group last; `choices` are the paths of pick lists with their options in order, `others` those
    of all other attributes.  `variants`, `files` (pictures) and `links` are by the key of a
    product; `products` are all that are no variant, in the order of the files.  `pictures` are
    small ones of files, as far as the shell hands them in, with `data:` addresses.
    """

    resources: Mapping[Ref, Resource]
    products: tuple[Ref, ...]
    variants: Mapping[str, tuple[Ref, ...]]
    files: Mapping[str, tuple[Ref, ...]]
    links: Mapping[str, tuple[Ref, ...]]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    labels: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...]
    pictures: Mapping[Ref, Picture] = field(default_factory=dict)

    def fields(self, ref: Ref) -> Mapping[str, Value]:
        """What is declared of an object; nothing where it is not in the catalog."""
        found = self.resources.get(ref)
        return found.fields if found else {}

    def path(self, category: str) -> tuple[str, ...]:
        """The names of a category and of those above it, the topmost first."""
        keys = self._above(category)
        return tuple(spoken(self.fields(_category(key)).get("name")) or key for key in keys)

    def _above(self, category: str) -> tuple[str, ...]:
        """A category below those that it stands in; the catalog has been checked for circles."""
        keys: list[str] = []
        while category:
            keys.append(category)
            category = spoken(self.fields(_category(category)).get("parent"))
        return tuple(reversed(keys))

    def in_order(self, found: Iterable[str]) -> list[str]:
        """Categories in the order of the tree, each before what is in it."""
        numbers = {ref: number for number, ref in enumerate(self.resources)}

        def position(key: str) -> list[int]:
            return [numbers.get(_category(above), len(numbers)) for above in self._above(key)]

        return sorted(found, key=lambda key: (not key, position(key)))

    def pictured(self, ref: Ref) -> Iterator[Ref]:
        """The pictures of a product, and then those of its variants."""
        for item in (ref, *self.variants.get(ref.key, ())):
            yield from self.files.get(item.key, ())

    def shelf(self, ref: Ref) -> str:
        """The key of the category where a product is looked for first; empty for none."""
        return next(iter(categories(self.fields(ref))), "")


def _category(key: str) -> Ref:
    return Ref(CATEGORY.name, key)


def categories(fields: Mapping[str, Value]) -> tuple[str, ...]:
    """The keys of a product's categories, its primary one first."""
    among = fields.get("categories") or ()
    several = map(spoken, among) if isinstance(among, tuple) else ()
    first = spoken(fields.get("category"))
    return tuple(dict.fromkeys(filter(None, (first, *several))))


def shop_of(catalog: Catalog) -> Shop:
    """The shop of a catalog; objects that are `external` are somebody else's and not shown."""
    attributes = list(catalog.of(ATTRIBUTE.name))
    paths = [value_path(item.ref.key) for item in attributes]
    choices = {
        value_path(item.ref.key): _words(item.fields.get("options"))
        for item in attributes
        if item.fields.get("type") == CHOICE
    }
    products, variants = _families(catalog)
    pictures = (item for item in catalog.of(FILE.name) if item.inside.lower().endswith(PICTURES))
    return Shop(
        resources=catalog.resources,
        products=products,
        variants=variants,
        files=_by_product(pictures),
        links=_by_product(catalog.of(RESOURCE.name)),
        groups=tuple(_groups(catalog, paths)),
        labels={value_path(item.ref.key): spoken(item.fields.get("label")) for item in attributes},
        choices=choices,
        others=tuple(path for path in paths if path not in choices),
    )


def _families(catalog: Catalog) -> tuple[tuple[Ref, ...], Mapping[str, tuple[Ref, ...]]]:
    """The products that are no variants, and the variants by the key of their product."""
    products: list[Ref] = []
    variants: dict[str, list[Ref]] = {}
    for item in catalog.of(COLLECTION.name):
        family = spoken(item.fields.get("variant_of"))
        if family:
            variants.setdefault(family, []).append(item.ref)
        elif not item.external:
            products.append(item.ref)
    return tuple(products), {key: tuple(refs) for key, refs in variants.items()}


def _words(value: Value) -> tuple[str, ...]:
    return tuple(map(spoken, value)) if isinstance(value, tuple) else ()


def _by_product(items: Iterable[Resource]) -> Mapping[str, tuple[Ref, ...]]:
    found: dict[str, list[Ref]] = {}
    for item in items:
        for key in _words(item.fields.get("collections")):
            found.setdefault(key, []).append(item.ref)
    return {key: tuple(refs) for key, refs in found.items()}


def _groups(catalog: Catalog, paths: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each attribute in the first group that has it."""
    left = dict.fromkeys(paths)
    for group in catalog.of(ATTRIBUTE_GROUP.name):
        members = map(value_path, _words(group.fields.get("attributes")))
        here = tuple(path for path in members if path in left)
        for path in here:
            del left[path]
        if here:
            yield spoken(group.fields.get("name")) or group.ref.key, here
    if left:
        yield OTHERS, tuple(left)
