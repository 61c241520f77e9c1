"""A sandbox with an account that has something of everything, and a client on its pages."""

from collections.abc import Iterator

import httpx
import pytest

from reconciler.sandbox import Options, Sandbox
from tests import patient
from tests.sandbox.page import accounts
from tests.sandbox.page.accounts import options, put, value


@pytest.fixture(autouse=True)
def _stores_are_closed() -> Iterator[None]:
    yield
    while accounts.OPENED:
        accounts.OPENED.pop().close()


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A small shop: two products, one of them with variants, in a tree of categories."""
    with Sandbox(None, Options(open_access=True)) as sandbox:
        fill(sandbox)
        yield sandbox


@pytest.fixture(scope="module")
def reader() -> Iterator[httpx.Client]:
    """A browser without a screen on a shop that no test may change."""
    with Sandbox(None, Options(open_access=True)) as sandbox:
        fill(sandbox)
        with patient.client(base_url=sandbox.url, follow_redirects=True) as client:
            yield client


@pytest.fixture
def web(box: Sandbox) -> Iterator[httpx.Client]:
    """A browser without a screen on the shop of `box`."""
    with patient.client(base_url=box.url, follow_redirects=True) as client:
        yield client


def fill(sandbox: Sandbox) -> None:
    """Put the shop into an account."""
    app = sandbox.app
    put(app, "category", "apparel", name="Apparel")
    put(app, "category", "jackets", name="Jackets", parent_id="apparel")
    put(app, "category", "new", name="New in")
    colours = {"value_type": "Pick List", "options": options("Blue", "Red")}
    put(app, "attribute", "colour", label="Colour", **colours)
    put(app, "attribute", "weight", label="Weight", value_type="Number")
    put(app, "attribute", "care", label="Care", value_type="Text")
    put(app, "attribute", "sku", label="SKU", value_type="Text")
    chest = [{"id": "chest", "label": "Chest", "value_type": "Number"}]
    put(app, "attribute", "chart", label="Size chart", value_type="List", options=chest)
    put(app, "attribute_group", "looks", name="Looks", attributes=["colour", "sku"])
    put(
        app,
        "collection",
        "rain",
        name="Rain Jacket",
        additional_title="QF-1",
        collection_type="parent",
        parent_id="jackets",
        direct_parent=["new", "jackets"],
        published=True,
        published_start_date="2025-01-01T00:00:00Z",
        region_ids=[sandbox.ensure_region("Europe")],
        attributes=[value("colour", ["o-blue"]), value("weight", 450), value("care", "Wash & dry")],
    )
    for size, colour in (("S", "o-red"), ("M", "o-blue")):
        put(
            app,
            "collection",
            f"rain-{size.lower()}",
            name=f"Rain Jacket {size}",
            collection_type="variant",
            parent_topic_id="rain",
            attributes=[
                value("colour", [colour]),
                value("care", "Wash"),
                value("sku", f"K-{size}"),
            ],
        )
    put(app, "collection", "bare", name="Bare Mat")
    put(
        app,
        "resource",
        "guide",
        description="Care guide",
        link="https://example.com/care.pdf",
        category_id="jackets",
        collections=["rain"],
    )
    put(
        app,
        "file",
        "hero",
        file_name="hero.jpg",
        type="image",
        file_size=123456,
        collections=["rain"],
    )
    put(
        app,
        "file",
        "sheet",
        file_name="sheet.pdf",
        type="document",
        file_size=999,
        collections=["rain"],
    )
