"""What each page shows."""

import io
import json

import httpx
import pytest
from PIL import Image

from reconciler.sandbox import Sandbox
from tests import patient
from tests.sandbox.page.accounts import named, parsed, put, table, value, words
from tests.sandbox.page.pages import page, values


def test_the_tree_has_the_categories_with_their_counts(reader: httpx.Client) -> None:
    root = page(reader, "/browse/category/jackets")
    tree = root.find(".//ul[@class='tree']")

    assert named(tree, "./li/a") == ["Apparel 1 products", "New in 1 products"]
    assert named(tree, "./li/details/ul/li/a") == ["Jackets 1 products"]
    assert tree.find("./li/details").get("open") is not None
    assert [words(a) for a in tree.iter("a") if a.get("aria-current")] == ["Jackets 1 products"]
    assert named(root, ".//p[@class='loose']") == ["In no category 1"]


def test_the_overview_counts_and_shows_what_changed_last(box: Sandbox, web: httpx.Client) -> None:
    box.edit("collection", "bare", name="Bare Mat II")

    root = page(web, "/")

    assert named(root, ".//ul[@class='tiles']/li") == [
        "3 categories",
        "4 products and variants",
        "5 attributes",
        "1 attribute groups",
        "1 resources",
        "2 files",
        "2 regions",
    ]
    assert table(root, "Products changed last")[1][:4] == ["Bare Mat II", "", "", "Not published"]


def test_an_empty_account_says_how_to_fill_it() -> None:
    with Sandbox() as sandbox, patient.client(base_url=sandbox.url) as web:
        root = page(web, "/")

    assert words(root.find(".//pre")) == (
        f"pxm sandbox serve --seed catalog export PXM_BASE_URL={sandbox.url} pxm apply"
    )
    assert named(root, ".//nav[@id='categories']/p") == ["No categories yet."]


def test_a_category_shows_what_is_below_and_what_is_in_it(reader: httpx.Client) -> None:
    apparel, jackets = (
        page(reader, "/browse/category/apparel"),
        page(reader, "/browse/category/jackets"),
    )

    assert named(apparel, ".//ul[@class='cards']/li") == ["Jackets"]
    assert "No product is in this category itself." in words(apparel.find(".//main"))
    assert table(jackets, "Products in Jackets") == [
        ["Name", "Additional title", "Variants", "Status", "Updated"],
        ["Rain Jacket", "QF-1", "2", "Published", "2026-03-01 12:00"],
    ]
    assert named(jackets, ".//nav[@class='here']/ol/li") == ["Apparel"]


def test_a_category_of_300_products_comes_in_pages_of_50(box: Sandbox, web: httpx.Client) -> None:
    for number in range(300):
        put(box.app, "collection", f"n{number}", name=f"N {number:03}", parent_id="new")

    first, last = page(web, "/browse/category/new"), page(web, "/browse/category/new?page=7")

    assert len(table(first, "Products in New in")) == 51
    assert named(first, ".//nav[@class='pages']/p") == ["1–50 of 301 products"]
    assert named(first, ".//nav[@class='pages']/ul/li") == ["Page 1 of 7", "Next"]
    assert first.find(".//a[@rel='next']").get("href") == "/browse/category/new?page=2"
    assert named(last, ".//nav[@class='pages']/ul/li") == ["Previous", "Page 7 of 7"]
    assert len(table(last, "Products in New in")) == 2


@pytest.mark.parametrize(
    ("asked", "shown"), [("0", 1), ("-1", 1), ("x", 1), ("٣", 1), ("99", 2), ("9" * 99, 1)]
)
def test_a_page_number_that_is_none_leads_to_one_that_is(
    box: Sandbox, web: httpx.Client, asked: str, shown: int
) -> None:
    for number in range(60):
        put(box.app, "collection", f"n{number}", name=f"N {number:03}", parent_id="new")

    root = page(web, f"/browse/category/new?page={asked}")

    assert named(root, ".//nav[@class='pages']/ul/li[@aria-current]") == [f"Page {shown} of 2"]


def test_a_product_shows_its_fields_values_and_links_by_name(reader: httpx.Client) -> None:
    root = page(reader, "/browse/product/rain")
    main = root.find(".//main")

    assert words(main.find(".//h1")) == "Rain Jacket"
    assert named(main, "./nav/ol/li") == ["Apparel", "Jackets"]
    assert named(main, ".//section[@class='group']/h3") == ["Looks", "Without a group"]
    shown = values(main)
    assert {
        name: shown[name]
        for name in ("Colour", "Care", "Weight", "Regions", "Type", "Starts", "Ends")
    } == {
        "Colour": "Blue",
        "Care": "Wash & dry",
        "Weight": "450",
        "Regions": "Europe",
        "Type": "parent",
        "Starts": "2025-01-01 00:00",
        "Ends": "–",
    }
    aside = words(main.find(".//aside"))
    assert "Apparel Jackets primary New in" in aside
    assert "sheet.pdf document, 999 bytes" in aside
    assert main.find(".//a[@href='https://example.com/care.pdf']").get("rel") == "noreferrer"
    assert named(main, ".//ul[@class='pictures']/li") == ["image hero.jpg"]


def test_variants_stand_in_a_table_of_what_differs(reader: httpx.Client) -> None:
    root = page(reader, "/browse/product/rain")

    assert table(root, "Variants, with the values that differ between them") == [
        ["Name", "Additional title", "Colour", "SKU", "Status"],
        ["Rain Jacket M", "", "Blue", "K-M", "Not published"],
        ["Rain Jacket S", "", "Red", "K-S", "Not published"],
    ]
    assert named(root, ".//p[@class='shared']") == ["The same on all: Care Wash"]


def test_a_variant_leads_to_its_parent(reader: httpx.Client) -> None:
    root = page(reader, "/browse/product/rain-s")

    assert "variant of Rain Jacket, one of 2" in words(root.find(".//p[@class='facts']"))
    assert "Its own: none." in words(root.find(".//aside"))


def test_a_product_without_anything_says_so(reader: httpx.Client) -> None:
    root = page(reader, "/browse/product/bare")

    assert "No attribute has a value here." in words(root.find(".//main"))
    assert "In no category." in words(root.find(".//aside"))
    assert root.find(".//table") is None


def test_the_json_is_what_the_api_answers(reader: httpx.Client) -> None:
    for kind, name in (("collection", "product"), ("category", "category"), ("file", "file")):
        id_ = {"collection": "rain", "category": "jackets", "file": "hero"}[kind]
        shown = words(page(reader, f"/browse/{name}/{id_}").find(".//details[@class='json']/pre"))

        assert json.loads(shown) == reader.get(f"/v2.1/{kind}/{id_}").json()


@pytest.mark.parametrize(
    ("fields", "words_"),
    [
        ({"published": False}, "Not published"),
        ({"published": True}, "Published"),
        ({"published": True, "published_start_date": "2999-01-01T00:00:00Z"}, "Scheduled"),
        ({"published": True, "published_end_date": "2001-01-01T00:00:00Z"}, "Ended"),
        ({"published": True, "published_end_date": "2001-01-01"}, "Published"),
        ({"published": "true"}, "Not published"),
    ],
)
def test_a_status_says_whether_a_product_is_published_now(
    box: Sandbox, web: httpx.Client, fields: dict[str, object], words_: str
) -> None:
    box.edit("collection", "bare", **fields)

    assert named(page(web, "/browse/product/bare"), ".//p[@class='facts']/span") == [words_]


def test_attributes_show_type_options_groups_and_use(box: Sandbox, web: httpx.Client) -> None:
    many = [{"id": str(n), "label": f"Option {n}"} for n in range(17)]
    put(box.app, "attribute", "many", label="Many", value_type="Pick List", options=many, maximum=5)

    rows = table(page(web, "/browse/attributes"), "Attributes with their types and options")

    assert rows == [
        ["Label", "Type", "Options or sub-fields", "Groups", "Values"],
        ["Care", "Text", "", "", "3"],
        ["Colour", "Pick List", "Blue Red", "Looks", "3"],
        [
            "Many",
            "Pick List several",
            " ".join(["17 options", *(f"Option {n}" for n in range(17))]),
            "",
            "0",
        ],
        ["Size chart", "List", "Chest Number", "", "0"],
        ["SKU", "Text", "", "Looks", "2"],
        ["Weight", "Number", "", "", "1"],
    ]


def test_groups_show_their_attributes(box: Sandbox, web: httpx.Client) -> None:
    put(box.app, "attribute_group", "none", name="Empty")

    root = page(web, "/browse/groups")

    assert named(root, ".//section/h2") == ["Empty", "Looks"]
    assert named(root, ".//section/ul/li") == ["Colour", "SKU"]


def test_resources_show_where_they_hang(box: Sandbox, web: httpx.Client) -> None:
    for number in range(4):
        put(box.app, "collection", f"n{number}", name=f"N {number}")
    links = [f"n{number}" for number in range(4)]
    put(
        box.app,
        "resource",
        "inert",
        description="Inert",
        link="javascript:alert(1)",
        collections=links,
    )
    put(box.app, "resource", "odd", description="Odd", link="http://[", collections=["gone"])

    root = page(web, "/browse/resources")

    assert table(root, "Resource links and where they hang")[1:] == [
        ["Care guide", "https://example.com/care.pdf", "Jackets", "Rain Jacket"],
        ["Inert", "javascript:alert(1)", "", "N 0, N 1, N 2 and 1 more N 3"],
        ["Odd", "http://[", "", ""],
    ]
    outside = [
        link.get("href")
        for link in root.iter("a")
        if not link.get("href", "").startswith(("/", "#"))
    ]
    assert outside == ["https://example.com/care.pdf"]


def test_files_show_size_and_products(reader: httpx.Client) -> None:
    assert named(page(reader, "/browse/files"), ".//ul[@class='gallery']/li") == [
        "image hero.jpg image, 123.5 kB, 1 product",
        "document sheet.pdf document, 999 bytes, 1 product",
    ]
    root = page(reader, "/browse/file/hero")
    assert "No picture of it." in words(root.find(".//main"))
    assert named(root, ".//aside/section/ul/li") == ["Rain Jacket"]


def test_pictures_come_from_the_renditions(box: Sandbox, web: httpx.Client) -> None:
    box.remove("file", "hero")
    id_ = box.put_file("hero.png", picture(), collections=["rain"])

    shown = {
        path: page(web, path).find(".//main//img").attrib
        for path in (
            f"/browse/file/{id_}",
            "/browse/files",
            "/browse/product/rain",
            "/browse/products",
        )
    }

    files = f"/_storage/files/{id_}"
    lazy = {"loading": "lazy"}
    assert shown == {
        f"/browse/file/{id_}": {
            "class": "thumb large",
            "src": f"{files}/preview",
            "alt": "hero.png",
            **lazy,
        },
        "/browse/files": {
            "class": "thumb medium",
            "src": f"{files}/small",
            "alt": "hero.png",
            **lazy,
        },
        "/browse/product/rain": {
            "class": "thumb medium",
            "src": f"{files}/small",
            "alt": "hero.png",
            **lazy,
        },
        "/browse/products": {"class": "thumb small", "src": f"{files}/thumb", "alt": "", **lazy},
    }
    assert all(
        web.get(found["src"]).headers["content-type"] == "image/jpeg" for found in shown.values()
    )
    root = page(web, f"/browse/file/{id_}")
    assert named(root, ".//ul[@class='chips']/li") == [
        "preview",
        "large",
        "medium",
        "small",
        "thumb",
    ]
    assert named(root, ".//p[@class='facts']/span")[1:] == [
        "image",
        "1.9 kB",
        "640px x 480px",
    ]


def picture() -> bytes:
    """A small PNG in one colour."""
    found = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(found, "PNG")
    return found.getvalue()


def test_regions_show_how_much_is_in_them(reader: httpx.Client) -> None:
    rows = table(page(reader, "/browse/regions"), "Regions and how much is in each")

    assert [row[:5] for row in rows[1:]] == [
        ["Europe", "en", "0", "1", "0"],
        ["Global primary", "en", "0", "0", "0"],
    ]


@pytest.mark.parametrize(
    ("asked", "categories", "products"),
    [
        (
            "RAIN",
            [],
            [
                "Rain Jacket",
                "Rain Jacket M variant of Rain Jacket",
                "Rain Jacket S variant of Rain Jacket",
            ],
        ),
        (
            "jack",
            ["Apparel Jackets"],
            [
                "Rain Jacket",
                "Rain Jacket M variant of Rain Jacket",
                "Rain Jacket S variant of Rain Jacket",
            ],
        ),
        ("qf-1", [], ["Rain Jacket"]),
        ("k-s", [], ["Rain Jacket S variant of Rain Jacket"]),
        ("rain-m", [], ["Rain Jacket M variant of Rain Jacket"]),
        (" bare ", [], ["Bare Mat"]),
        ("zzz", [], []),
        ("", [], []),
    ],
)
def test_search_finds_names_additional_titles_skus_and_ids(
    reader: httpx.Client, asked: str, categories: list[str], products: list[str]
) -> None:
    root = parsed(reader.get("/browse/search", params={"q": asked}).text)

    assert named(root, ".//ul[@class='found']/li") == categories
    found = table(root, "Products found")[1:] if products else []
    assert [row[0] for row in found] == products
    assert root.find(".//input[@id='q']").get("value") == asked


def test_pages_of_a_search_keep_what_was_asked_for(box: Sandbox, web: httpx.Client) -> None:
    for number in range(60):
        put(box.app, "collection", f"n{number}", name=f"A & B {number:03}")

    link = parsed(web.get("/browse/search", params={"q": "a & b"}).text).find(".//a[@rel='next']")

    assert link.get("href") == "/browse/search?q=a%20%26%20b&page=2"
    assert len(table(page(web, link.get("href")), "Products found")) == 11


def test_a_sku_of_options_is_found_by_its_label(box: Sandbox, web: httpx.Client) -> None:
    options = [{"id": "o1", "label": "X-77"}]
    put(box.app, "attribute", "sku2", label=" sku ", value_type="Pick List", options=options)
    box.edit("collection", "bare", attributes=[value("sku2", ["o1"])])

    root = parsed(web.get("/browse/search", params={"q": "x-77"}).text)

    assert [row[0] for row in table(root, "Products found")[1:]] == ["Bare Mat"]


def test_the_request_log_shows_what_was_written_and_the_budget(web: httpx.Client) -> None:
    web.put("/v2.1/collection/bare", json={"name": "Mat", "direct_parent": ["new"]})
    web.get("/v2.1/collection/gone")

    root = page(web, "/browse/requests")
    rows = table(root, "The last requests to the API, newest first")

    assert [row[1:] for row in rows[1:]] == [
        ["GET", "/v2.1/collection/gone", "404", ""],
        [
            "PUT",
            "/v2.1/collection/bare",
            "200",
            "Mat name Mat direct_parent New in",
        ],
    ]
    assert words(root.find(".//div[@class='gauge']")) == "2 of 1,000 requests in 60 s"
    assert root.find(".//div[@class='gauge']/meter").attrib | {} == {
        "min": "0",
        "max": "1000",
        "high": "800.0",
        "optimum": "0",
        "value": "2",
        "aria-label": "Rate budget used",
    }


@pytest.mark.parametrize(
    "path",
    ["/browse/nowhere", "/browse/product/nobody", "/browse/category/nobody", "/browse/file/nobody"],
)
def test_what_is_not_there_is_a_page_that_says_so(reader: httpx.Client, path: str) -> None:
    answer = reader.get(path)

    assert answer.status_code == 404
    assert named(parsed(answer.text), ".//main/h1") == ["Not found"]
    assert ("nobody" in path) == ("has the id nobody" in answer.text)


def test_a_date_that_is_none_shows_as_it_is(box: Sandbox, web: httpx.Client) -> None:
    put(box.app, "collection", "odd", name="Odd", published_end_date="next spring")

    assert values(page(web, "/browse/product/odd").find(".//main"))["Ends"] == "next spring"


def test_an_id_with_a_slash_or_a_question_mark_has_a_page(box: Sandbox, web: httpx.Client) -> None:
    put(box.app, "collection", "EXT/1?x=#2 é", name="Pinned", parent_id="new")

    listed = page(web, "/browse/category/new").iter("a")
    link = next(found for found in listed if words(found) == "Pinned")

    assert link.get("href") == "/browse/product/EXT%2F1%3Fx%3D%232%20%C3%A9"
    assert named(page(web, link.get("href")), ".//main//h1") == ["Pinned"]
