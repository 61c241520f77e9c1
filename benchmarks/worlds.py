"""A catalog of any size, and an account that holds the same.

A product is as small as products come: three values, nine fields that we manage, some 220 bytes of
YAML and 1 KB of JSON.  All of it follows from its number: a world is the same each time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IN_A_FILE = 500
"""Products of a category, which has a file of its own."""

COLORS = ("Red", "Green", "Blue", "Black", "Sand", "Olive", "Navy", "Grey")
MATERIALS = ("Ripstop nylon, coated on both sides", "Aluminium", "Merino wool and cork")
ATTRIBUTES = (
    ("color", "Color", "Text"),
    ("weight", "Weight", "Number"),
    ("made", "Made of", "Text"),
)
START = "2025-01-01"
MADE = {"created_date": f"{START}T08:00:00Z", "updated_date": f"{START}T08:00:00Z"}
"""Of a seeded account: what was made today would be read again by whoever reads by date."""

UNLIMITED = "rate: {requests: 1000000, per_seconds: 60}\n"
"""Of `reconciler.yaml`: local work is measured, and nothing waits for the rate."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product; `edition` is what an edit changes."""

    number: int
    edition: int = 0

    @property
    def key(self) -> str:
        return f"p-{self.number:06d}"

    @property
    def name(self) -> str:
        return f"Trekking pole {self.number:06d}" + (f", {self.edition}" if self.edition else "")

    @property
    def title(self) -> str:
        return f"SKU-{self.number:06d}"

    @property
    def category(self) -> str:
        return f"c-{self.number // IN_A_FILE:04d}"

    @property
    def values(self) -> dict[str, str | int]:
        """By attribute."""
        return {
            "color": COLORS[self.number % len(COLORS)],
            "weight": 200 + self.number % 700,
            "made": MATERIALS[self.number % len(MATERIALS)],
        }

    def yaml(self) -> str:
        values = "".join(f"      {key}: {value}\n" for key, value in self.values.items())
        return (
            f"  - key: {self.key}\n"
            f"    name: {self.name}\n"
            f"    additional_title: {self.title}\n"
            f"    category: {self.category}\n"
            f"    published: true\n"
            f"    published_start_date: {START}\n"
            f"    attributes:\n{values}"
        )


def products(count: int) -> Iterator[Product]:
    """The products of a world of that size."""
    return map(Product, range(count))


def write_catalog(folder: Path, count: int, settings: str = UNLIMITED) -> None:
    """The files of a catalog of `count` products, a file for each category."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reconciler.yaml").write_text(settings, encoding="utf-8")
    lines = [
        f"  - {{key: {key}, label: {label}, type: {type_}}}\n" for key, label, type_ in ATTRIBUTES
    ]
    (folder / "attributes.yaml").write_text("attributes:\n" + "".join(lines), encoding="utf-8")
    for first in range(0, count, IN_A_FILE):
        write_category(folder, first, min(first + IN_A_FILE, count))


def write_category(
    folder: Path, first: int, end: int, edited: range = range(0), edition: int = 0
) -> None:
    """The file of the category that holds the products from `first` to before `end`."""
    found = [Product(n, edition if n in edited else 0) for n in range(first, end)]
    category = found[0].category
    text = f"categories:\n  - {{key: {category}, name: Poles {category}}}\ncollections:\n"
    text += "".join(product.yaml() for product in found)
    (folder / f"{category}.yaml").write_text(text, encoding="utf-8")


def edit(folder: Path, count: int, edits: int, edition: int) -> int:
    """Give that many products another name, in ten files or fewer; returns how many there were."""
    files = range(0, count, IN_A_FILE)
    files = files[:: max(1, len(files) // 10)][:10]
    each = min(IN_A_FILE, count, max(1, edits // len(files)))
    for first in files:
        end = min(first + IN_A_FILE, count)
        write_category(folder, first, end, range(first, first + each), edition)
    return each * len(files)


def seed(db: Path, count: int) -> None:
    """An account that holds what the catalog says, made without requests."""
    # Imported here: whoever measures others stays small.
    from reconciler.sandbox import Options, Sandbox

    sandbox = Sandbox(db, Options(rate_limit=None))
    try:
        region = sandbox.ensure_region("Global", is_primary=True)
        ids = {
            key: sandbox.put_object("attribute", {"label": label, "value_type": type_, **MADE})
            for key, label, type_ in ATTRIBUTES
        }
        categories: dict[str, str] = {}
        for product in products(count):
            name = product.category
            if name not in categories:
                categories[name] = sandbox.put_object("category", {"name": f"Poles {name}", **MADE})
            sandbox.put_object("collection", _stored(product, categories[name], ids, region))
    finally:
        sandbox.close()


def _stored(product: Product, category: str, ids: dict[str, str], region: str) -> dict[str, Any]:
    return {
        "name": product.name,
        "additional_title": product.title,
        "parent_id": category,
        "direct_parent": [category],
        "published": True,
        "published_start_date": f"{START}T00:00:00Z",
        "region_ids": [region],
        **MADE,
        "attributes": [{"id": ids[key], "value": value} for key, value in product.values.items()],
    }


if __name__ == "__main__":
    # In a process of its own: a large account would stay in the memory of whoever made it.
    seed(Path(sys.argv[1]), int(sys.argv[2]))
