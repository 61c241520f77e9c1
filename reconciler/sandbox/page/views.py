"""What each page shows: plain functions from a visit to a template and what it is filled with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.sandbox.page import log
from reconciler.sandbox.page.account import Account, by_name, ids, member_ids, title
from reconciler.sandbox.page.edit import Edit, Field, fields
from reconciler.sandbox.page.files import asset
from reconciler.sandbox.page.values import (
    entries,
    option_labels,
    picked,
    sections,
    table,
    values_of,
)
from reconciler.sandbox.page.visit import (
    PER_PAGE,
    View,
    Visit,
    existing,
    json_of,
    listed,
    paged,
    status,
)
from reconciler.sandbox.store import Object

RECENT = 8
KINDS = ("category", "collection", "attribute", "attribute_group", "resource", "file", "region")


def home(visit: Visit) -> View:
    """Counts, the top categories, what changed last."""
    account = visit.account
    products = account.store.of("collection").values()
    recent = sorted(products, key=lambda item: str(item.get("updated_date") or ""), reverse=True)
    context = {
        "counts": {kind: len(account.store.of(kind)) for kind in KINDS},
        "recent": [listed(visit, item) for item in recent[:RECENT]],
        "edits": visit.edits[:3],
    }
    return View("home.html", "Overview", context, section="home")


def category(visit: Visit) -> View:
    """A category: what lies below it and what is in it."""
    item = existing(visit, "category")
    account = visit.account
    page = paged(account.members.get(item["id"], ()), visit)
    context = {
        "item": item,
        "path": account.path(item["id"])[:-1],
        "inner": account.inner.get(item["id"], ()),
        "page": page,
        "products": [listed(visit, product) for product in page.items],
        "status": status(item, visit.now),
        "regions": _regions(account, item),
        "sections": sections(account, values_of(account, item)),
        "json": json_of(visit, "category", item),
    }
    return View("category.html", title("category", item), context, item["id"], "catalog")


def products(visit: Visit) -> View:
    """All products that are no variants; with `in=none` those that no category shows."""
    account, only_loose = visit.account, visit.query.get("in") == "none"
    page = paged(account.loose if only_loose else account.products, visit)
    heading = "In no category" if only_loose else "All products"
    context = {"page": page, "products": [listed(visit, item) for item in page.items]}
    return View("products.html", heading, context, section="loose" if only_loose else "products")


def product(visit: Visit) -> View:
    """A product, whole, with its form closed."""
    item = existing(visit, "collection")
    return product_view(visit, item, fields(visit.account, item), opened="edit" in visit.query)


def product_view(
    visit: Visit,
    item: Object,
    form: Sequence[Field],
    *,
    opened: bool,
    refused: str = "",
    status_code: int = 200,
) -> View:
    """A product with its form filled as given; `refused` says why a form was not saved."""
    account, id_ = visit.account, item["id"]
    files = [asset(visit.reader, file) for file in account.files.get(id_, ())]
    parent = account.get("collection", item.get("parent_topic_id") or "")
    memberships = account.memberships(item)
    context = {
        "item": item,
        "path": account.path(memberships[0]["id"]) if memberships else (),
        "paths": [account.path(found["id"]) for found in memberships],
        "unknown_categories": [i for i in member_ids(item) if not account.get("category", i)],
        "parent": parent,
        "siblings": len(account.variants.get(parent["id"], ())) if parent else 0,
        "status": status(item, visit.now),
        "regions": _regions(account, item),
        "sections": sections(account, values_of(account, item)),
        "table": table(account, account.variants.get(id_, ())),
        "moment": visit.now,
        "images": [file for file in files if file.type == "image"],
        "files": [file for file in files if file.type != "image"],
        "resources": account.resources.get(id_, ()),
        "json": json_of(visit, "collection", item),
        "form": form,
        "marks": {shown.name: shown.mark for shown in fields(account, item)},
        "opened": opened,
        "refused": refused,
        "saved": _saved(visit),
    }
    current = memberships[0]["id"] if memberships else ""
    heading = title("collection", item)
    return View("product.html", heading, context, current, "catalog", status_code)


def _saved(visit: Visit) -> Edit | None:
    asked = visit.query.get("saved", "")
    return next((e for e in visit.edits if e.id == asked and e.product == visit.id), None)


def _regions(account: Account, item: Object) -> tuple[str, ...]:
    return tuple(sorted(account.name("region", id_) for id_ in ids(item.get("region_ids"))))


def attributes(visit: Visit) -> View:
    """Every attribute: type, options, groups, and how many values it has."""
    account = visit.account
    used = _uses(account)
    page = paged(by_name("attribute", list(account.store.of("attribute").values())), visit)
    rows = [
        {
            "item": item,
            "name": title("attribute", item),
            "options": tuple(option_labels(item).values()),
            "sub_fields": _sub_fields(item),
            "groups": account.groups.get(item["id"], ()),
            "several": str(item.get("maximum") or 1) != "1",
            "used": used.get(item["id"], 0),
        }
        for item in page.items
    ]
    return View("attributes.html", "Attributes", {"page": page, "rows": rows}, section="attribute")


def _sub_fields(item: Object) -> tuple[tuple[str, str], ...]:
    if item.get("value_type") != "List":
        return ()
    held = item.get("options") or ()
    return tuple((str(o.get("label")), str(o.get("value_type"))) for o in held)


def _uses(account: Account) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for kind in ("category", "collection", "file"):
        for item in account.store.of(kind).values():
            for entry in entries(item):
                found[str(entry.get("id"))] = found.get(str(entry.get("id")), 0) + 1
    return found


def groups(visit: Visit) -> View:
    """Every attribute group with its attributes."""
    account = visit.account
    rows = [
        {
            "name": title("attribute_group", item),
            "attributes": sorted(
                (account.name("attribute", id_) for id_ in ids(item.get("attributes"))),
                key=str.casefold,
            ),
        }
        for item in by_name("attribute_group", list(account.store.of("attribute_group").values()))
    ]
    return View("groups.html", "Attribute groups", {"rows": rows}, section="attribute_group")


def resources(visit: Visit) -> View:
    """Every resource link with where it hangs."""
    account = visit.account
    page = paged(by_name("resource", list(account.store.of("resource").values())), visit)
    rows = [
        {
            "item": item,
            "name": title("resource", item),
            "category": account.get("category", item.get("category_id") or ""),
            "products": _linked(account, item),
        }
        for item in page.items
    ]
    return View("resources.html", "Resources", {"page": page, "rows": rows}, section="resource")


def _linked(account: Account, item: Object) -> tuple[Object, ...]:
    found = (account.get("collection", id_) for id_ in ids(item.get("collections")))
    return by_name("collection", [product for product in found if product is not None])


def files(visit: Visit) -> View:
    """Every file, with a thumbnail where it has one."""
    account = visit.account
    page = paged(by_name("file", list(account.store.of("file").values())), visit)
    rows = [
        {"asset": asset(visit.reader, item), "products": len(_linked(account, item))}
        for item in page.items
    ]
    return View("files.html", "Files", {"page": page, "rows": rows}, section="file")


def file(visit: Visit) -> View:
    """One file: its picture, its renditions, its products."""
    item = existing(visit, "file")
    account = visit.account
    context = {
        "item": item,
        "asset": asset(visit.reader, item),
        "status": status(item, visit.now),
        "regions": _regions(account, item),
        "products": _linked(account, item),
        "sections": sections(account, values_of(account, item)),
        "json": json_of(visit, "file", item),
    }
    return View("file.html", title("file", item), context, section="file")


def regions(visit: Visit) -> View:
    """Every region, and how many objects of each kind are in it."""
    store = visit.account.store
    rows = [
        {
            "item": item,
            "name": title("region", item),
            "categories": sum(1 for _ in store.holding("category", "region_ids", item["id"])),
            "products": sum(1 for _ in store.holding("collection", "region_ids", item["id"])),
            "files": sum(1 for _ in store.holding("file", "region_ids", item["id"])),
        }
        for item in by_name("region", list(store.of("region").values()))
    ]
    return View("regions.html", "Regions", {"rows": rows}, section="region")


def search(visit: Visit) -> View:
    """Categories and products whose name, additional title, SKU or id has the words asked for."""
    account, asked = visit.account, visit.query.get("q", "").strip()
    word = asked.casefold()
    skus = {i["id"] for i in account.store.of("attribute").values() if _is_sku(i)}
    found = {
        kind: [
            item
            for item in account.store.of(kind).values()
            if word and any(word in text.casefold() for text in _searched(account, item, skus))
        ]
        for kind in ("category", "collection")
    }
    page = paged(by_name("collection", found["collection"]), visit)
    context = {
        "asked": asked,
        "categories": by_name("category", found["category"])[:PER_PAGE],
        "page": page,
        "products": [listed(visit, item) for item in page.items],
    }
    return View("search.html", f"Search: {asked}" if asked else "Search", context)


def _is_sku(definition: Object) -> bool:
    return str(definition.get("label") or "").strip().casefold() == "sku"


def _searched(account: Account, item: Object, skus: set[str]) -> Iterable[str]:
    yield str(item.get("name") or "")
    yield str(item.get("additional_title") or "")
    yield str(item["id"])
    for entry in entries(item) if skus else ():
        if entry.get("id") in skus:
            definition = account.store.of("attribute")[entry["id"]]
            labels = option_labels(definition)
            yield from (labels.get(text, text) for text in picked(entry["value"]))


def requests(visit: Visit) -> View:
    """The request log, newest first, and what was edited on these pages."""
    context = {"lines": log.lines(visit.app, visit.account), "edits": visit.edits}
    return View("requests.html", "Requests", context, section="requests")


VIEWS: Mapping[str, Callable[[Visit], View]] = {
    "/": home,
    "/browse/category/{id:path}": category,
    "/browse/product/{id:path}": product,
    "/browse/file/{id:path}": file,
    "/browse/products": products,
    "/browse/attributes": attributes,
    "/browse/groups": groups,
    "/browse/resources": resources,
    "/browse/files": files,
    "/browse/regions": regions,
    "/browse/search": search,
    "/browse/requests": requests,
}
"""Every address that answers GET, and what it shows."""
