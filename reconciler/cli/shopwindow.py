"""The shop that reports show products of, with small pictures of the catalog's files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from reconciler.catalog import read
from reconciler.cli.thumbnails import thumbnails
from reconciler.errors import PxmError
from reconciler.model import Catalog, Plan, Ref
from reconciler.reports.preview.changes import concerned
from reconciler.reports.preview.shop import Shop, shop_of


def with_pictures(shop: Shop, products: Iterable[Ref]) -> Shop:
    """The shop with a thumbnail for each product that has a picture."""
    files: dict[Ref, Path] = {}
    for product in products:
        first = next(shop.pictured(product), None)
        path = shop.resources[first].file if first else None
        if first and path:
            files[first] = Path(path)
    return replace(shop, pictures=thumbnails(files)) if files else shop


def shop_for(plan: Plan, catalog: Catalog) -> Shop:
    """The shop that a plan's page shows cards of."""
    shop = shop_of(catalog)
    return with_pictures(shop, concerned(plan, shop))


def shop_beside(plan: Plan, folder: Path) -> Shop | None:
    """The same for a plan that was saved; None where the catalog is not there or has errors."""
    try:
        reading = read(folder, environment=plan.environment, contents=False)
    except (PxmError, OSError):
        return None
    if any(problem.severity == "error" for problem in reading.problems):
        return None
    return shop_for(plan, reading.catalog)
