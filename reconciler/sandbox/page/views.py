"""What each page shows: plain functions from a visit to a template and what it is filled with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.sandbox.page import log
from reconciler.sandbox.page.account import AccountMaps, by_name, ids, member_ids, title
from reconciler.sandbox.page.edit import Control, SavedForm, fields
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
    PageView,
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


def _all(account: AccountMaps, kind: str) -> tuple[Object, ...]:
    return by_name(kind, list(account.store.of(kind).values()))


def home(visit: Visit) -> PageView:
    """Counts, the top categories, what changed last."""
    account = visit.account
    products = account.store.of("collection").values()
    recent = sorted(products, key=lambda item: str(item.get("updated_date") or ""), reverse=True)
    context = {
        "counts": {kind: len(account.store.of(kind)) for kind in KINDS},
        "recent": [listed(visit, item) for item in recent[:RECENT]],
        "edits": visit.edits[:3],
    }
    return PageView("home.html", "Overview", context, section="home")


def category(visit: Visit) -> PageView:
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
    return PageView("category.html", title("category", item), context, item["id"], "catalog")


def products(visit: Visit) -> PageView:
    """All products that are no variants; with `in=none` those that no category shows."""
    account, only_loose = visit.account, visit.query.get("in") == "none"
    page = paged(account.loose if only_loose else account.products, visit)
    heading = "In no category" if only_loose else "All products"
    context = {"page": page, "products": [listed(visit, item) for item in page.items]}
    return PageView(
        "products.html", heading, context, section="loose" if only_loose else "products"
    )


def product(visit: Visit) -> PageView:
    """A product, whole, with its form closed."""
    item = existing(visit, "collection")
    return product_view(visit, item, fields(visit.account, item), opened="edit" in visit.query)


def product_view(
    visit: Visit,
    item: Object,
    form: Sequence[Control],
    *,
    opened: bool,
    refused: str = "",
    status_code: int = 200,
) -> PageView:
    """A product with its form filled as given; `refused` says why a form was not saved."""
    account, id_ = visit.account, item["id"]
    current = next((found["id"] for found in account.memberships(item)), "")
    context = {
        "item": item,
        **_places(account, item, current),
        **_assets(visit, id_),
        "status": status(item, visit.now),
        "regions": _regions(account, item),
        "sections": sections(account, values_of(account, item)),
        "table": table(account, account.variants.get(id_, ())),
        "moment": visit.now,
        "resources": account.resources.get(id_, ()),
        "json": json_of(visit, "collection", item),
        "form": form,
        "marks": {shown.name: shown.mark for shown in fields(account, item)},
        "opened": opened,
        "refused": refused,
        "saved": _saved(visit),
    }
    heading = title("collection", item)
    return PageView("product.html", heading, context, current, "catalog", status_code)


def _places(account: AccountMaps, item: Object, current: str) -> dict[str, object]:
    """Where a product stands: its categories, the first of them `current`, and its parent."""
    parent = account.get("collection", item.get("parent_topic_id") or "")
    siblings = account.variants.get(parent["id"], ()) if parent else ()
    return {
        "path": account.path(current),
        "paths": [account.path(found["id"]) for found in account.memberships(item)],
        "unknown_categories": [i for i in member_ids(item) if not account.get("category", i)],
        "parent": parent,
        "siblings": len(siblings),
    }


def _assets(visit: Visit, id_: str) -> dict[str, object]:
    found = [asset(visit.presenter, file) for file in visit.account.files.get(id_, ())]
    return {
        "images": [file for file in found if file.type == "image"],
        "files": [file for file in found if file.type != "image"],
    }


def _saved(visit: Visit) -> SavedForm | None:
    asked = visit.query.get("saved", "")
    return next((e for e in visit.edits if e.id == asked and e.product == visit.id), None)


def _regions(account: AccountMaps, item: Object) -> tuple[str, ...]:
    return tuple(sorted(account.name("region", id_) for id_ in ids(item.get("region_ids"))))


def attributes(visit: Visit) -> PageView:
    """Every attribute: type, options, groups, and how many values it has."""
    account = visit.account
    used = _uses(account)
    page = paged(_all(account, "attribute"), visit)
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
    return PageView(
        "attributes.html", "Attributes", {"page": page, "rows": rows}, section="attribute"
    )


def _sub_fields(item: Object) -> tuple[tuple[str, str], ...]:
    if item.get("value_type") != "List":
        return ()
    held = item.get("options") or ()
    return tuple((str(o.get("label")), str(o.get("value_type"))) for o in held)


def _uses(account: AccountMaps) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for kind in ("category", "collection", "file"):
        for item in account.store.of(kind).values():
            for entry in entries(item):
                found[str(entry.get("id"))] = found.get(str(entry.get("id")), 0) + 1
    return found


def groups(visit: Visit) -> PageView:
    """Every attribute group with its attributes."""
    account = visit.account
    rows = []
    for item in _all(account, "attribute_group"):
        names = [account.name("attribute", id_) for id_ in ids(item.get("attributes"))]
        names.sort(key=str.casefold)
        rows.append({"name": title("attribute_group", item), "attributes": names})
    return PageView("groups.html", "Attribute groups", {"rows": rows}, section="attribute_group")


def resources(visit: Visit) -> PageView:
    """Every resource link with where it hangs."""
    account = visit.account
    page = paged(_all(account, "resource"), visit)
    rows = [
        {
            "item": item,
            "name": title("resource", item),
            "category": account.get("category", item.get("category_id") or ""),
            "products": _linked(account, item),
        }
        for item in page.items
    ]
    return PageView("resources.html", "Resources", {"page": page, "rows": rows}, section="resource")


def _linked(account: AccountMaps, item: Object) -> tuple[Object, ...]:
    found = (account.get("collection", id_) for id_ in ids(item.get("collections")))
    return by_name("collection", [product for product in found if product is not None])


def files(visit: Visit) -> PageView:
    """Every file, with a thumbnail where it has one."""
    account = visit.account
    page = paged(_all(account, "file"), visit)
    rows = [
        {"asset": asset(visit.presenter, item), "products": len(_linked(account, item))}
        for item in page.items
    ]
    return PageView("files.html", "Files", {"page": page, "rows": rows}, section="file")


def file(visit: Visit) -> PageView:
    """One file: its picture, its renditions, its products."""
    item = existing(visit, "file")
    account = visit.account
    context = {
        "item": item,
        "asset": asset(visit.presenter, item),
        "status": status(item, visit.now),
        "regions": _regions(account, item),
        "products": _linked(account, item),
        "sections": sections(account, values_of(account, item)),
        "json": json_of(visit, "file", item),
    }
    return PageView("file.html", title("file", item), context, section="file")


def regions(visit: Visit) -> PageView:
    """Every region, and how many objects of each kind are in it."""
    store = visit.account.store
    rows = [
        {
            "item": item,
            "name": title("region", item),
            "categories": len(store.holding("category", "region_ids", item["id"])),
            "products": len(store.holding("collection", "region_ids", item["id"])),
            "files": len(store.holding("file", "region_ids", item["id"])),
        }
        for item in _all(visit.account, "region")
    ]
    return PageView("regions.html", "Regions", {"rows": rows}, section="region")


def search(visit: Visit) -> PageView:
    """Categories and products whose name, additional title, SKU or id has the words asked for."""
    account, asked = visit.account, visit.query.get("q", "").strip()
    page = paged(_found(account, "collection", asked), visit)
    context = {
        "asked": asked,
        "categories": _found(account, "category", asked)[:PER_PAGE],
        "page": page,
        "products": [listed(visit, item) for item in page.items],
    }
    return PageView("search.html", f"Search: {asked}" if asked else "Search", context)


def _found(account: AccountMaps, kind: str, asked: str) -> tuple[Object, ...]:
    """The objects of a kind that have the words in one of their texts; none for no words."""
    if not asked:
        return ()
    word = asked.casefold()
    skus = {item["id"] for item in account.store.of("attribute").values() if _is_sku(item)}
    found = []
    for item in account.store.of(kind).values():
        texts = _searched(account, item, skus)
        if any(word in text.casefold() for text in texts):
            found.append(item)
    return by_name(kind, found)


def _is_sku(definition: Object) -> bool:
    return str(definition.get("label") or "").strip().casefold() == "sku"


def _searched(account: AccountMaps, item: Object, skus: set[str]) -> Iterable[str]:
    yield str(item.get("name") or "")
    yield str(item.get("additional_title") or "")
    yield str(item["id"])
    for entry in entries(item) if skus else ():
        if entry.get("id") in skus:
            definition = account.store.of("attribute")[entry["id"]]
            labels = option_labels(definition)
            yield from (labels.get(text, text) for text in picked(entry["value"]))


def requests(visit: Visit) -> PageView:
    """The request log, newest first, and what was edited on these pages."""
    context = {"lines": log.lines(visit.app, visit.account), "edits": visit.edits}
    return PageView("requests.html", "Requests", context, section="requests")


VIEWS: Mapping[str, Callable[[Visit], PageView]] = {
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
