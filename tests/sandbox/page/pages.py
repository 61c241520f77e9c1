"""Pages as trees, and the paths of all of them."""

import httpx

from tests.sandbox.page.accounts import parsed, words

EVERY_PAGE = (
    "/",
    "/browse/products",
    "/browse/products?in=none",
    "/browse/category/apparel",
    "/browse/category/jackets",
    "/browse/product/rain",
    "/browse/product/rain?edit",
    "/browse/product/rain-s",
    "/browse/product/bare",
    "/browse/attributes",
    "/browse/groups",
    "/browse/resources",
    "/browse/files",
    "/browse/file/hero",
    "/browse/file/sheet",
    "/browse/regions",
    "/browse/search",
    "/browse/search?q=rain",
    "/browse/search?q=nothing-has-this",
    "/browse/requests",
    "/browse/nowhere",
    "/browse/product/nobody",
)


def page(web: httpx.Client, path: str):  # type: ignore[no-untyped-def]
    return parsed(web.get(path).text)


def values(root, element="dl"):  # type: ignore[no-untyped-def]
    """The pairs of every description list of a page."""
    return {
        words(pair.find("dt")): words(pair.find("dd")) for pair in root.findall(f".//{element}/div")
    }
