"""Lists and their parameters, what lies below an object, and search."""

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.sandbox import Sandbox
from reconciler.sandbox.late import Arriving
from reconciler.sandbox.lists import Lists
from reconciler.sandbox.store import AccountStore, Object
from tests.sandbox.boxes import Box, served


def names(found: Any) -> list[str]:
    return [item.get("name") or item.get("file_name") for item in found]


@pytest.fixture(scope="module")
def shop() -> Iterator[Box]:
    """Categories, a family with variants, files; its lists are only read."""
    with served() as box:
        fill(box.sandbox)
        yield box


def fill(sandbox: Sandbox) -> None:
    put = sandbox.put_object
    sandbox.ensure_region("Global", is_primary=True)
    eu = sandbox.ensure_region("EU")
    put("category", {"name": "Apparel"}, "apparel")
    put("category", {"name": "Jackets", "parent_id": "apparel"}, "jackets")
    put("category", {"name": "New in"}, "new")
    put("attribute", {"label": "Note", "value_type": "Text"}, "note")
    value = [{"id": "note", "value": "Keeps the rain out"}]
    put(
        "collection",
        {
            "name": "Belt",
            "parent_id": "apparel",
            "created_date": "2025-01-01T09:00:00Z",
            "updated_date": "2025-02-01T00:00:00Z",
        },
        "belt",
    )
    put(
        "collection",
        {
            "name": "Rain",
            "parent_id": "jackets",
            "direct_parent": ["new"],
            "collection_type": "parent",
            "attributes": value,
        },
        "rain",
    )
    put(
        "collection",
        {
            "name": "Rain M",
            "collection_type": "variant",
            "parent_topic_id": "rain",
            "additional_title": "SKU-M",
        },
        "rain-m",
    )
    put(
        "collection",
        {
            "name": "Rain L",
            "collection_type": "variant",
            "parent_topic_id": "rain",
            "region_ids": [eu],
        },
        "rain-l",
    )
    put(
        "collection",
        {
            "name": "Sun",
            "parent_id": "jackets",
            "related": [{"id": "g1", "name": "Goes with", "collections": ["belt", "gone"]}],
        },
        "sun",
    )
    put(
        "file",
        {
            "file_name": "rain-hero.jpg",
            "collections": ["rain"],
            "created_date": "2025-01-01T09:00:00Z",
            "updated_date": "2025-02-01T00:00:00Z",
        },
        "hero",
    )
    put(
        "file",
        {
            "file_name": "sun.pdf",
            "collections": ["sun", "rain"],
            "auto_label": ["beach"],
            "region_ids": [eu],
        },
        "sheet",
    )
    put("file", {"file_name": "alone.txt"}, "alone")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Belt", "Rain", "Rain M", "Rain L", "Sun"]),
        ({"ids": "sun,belt,gone"}, ["Belt", "Sun"]),
        ({"ids": "sun", "parent_id": "apparel"}, ["Sun"]),
        ({"limit": 2}, ["Belt", "Rain"]),
        ({"limit": 2, "offset": 4}, ["Sun"]),
        ({"offset": 9}, []),
        ({"limit": 0}, []),
        ({"parent_id": "jackets"}, ["Rain", "Sun"]),
        ({"parent_id": "new"}, ["Rain"]),
        ({"parent_id": "rain"}, ["Rain M", "Rain L"]),
        ({"parent_id": "apparel"}, ["Belt"]),
        ({"parent_id": "gone"}, []),
        ({"parent_id": "apparel", "folder_level": "direct"}, ["Belt"]),
        ({"parent_id": "apparel", "folder_level": "leaf"}, ["Belt", "Rain M", "Rain L", "Sun"]),
        ({"folder_level": "leaf"}, ["Belt", "Rain M", "Rain L", "Sun"]),
        ({"created_end_date": "2025-01-01"}, ["Belt"]),
        ({"created_start_date": "2025-01-02"}, ["Rain", "Rain M", "Rain L", "Sun"]),
        ({"updated_start_date": "2025-02-01T00:00:00Z", "updated_end_date": "2025-02-01"}, ["Belt"]),
        ({"collection_ids": "sun"}, ["Belt", "Rain", "Rain M", "Rain L", "Sun"]),
    ],
)  # fmt: skip
def test_collections_are_chosen_by_every_parameter(
    query: dict[str, Any], found: list[str], shop: Box
) -> None:
    assert names(shop.get("collection", **query)["collections"]) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["rain-hero.jpg", "sun.pdf", "alone.txt"]),
        ({"collection_ids": "sun"}, ["sun.pdf"]),
        ({"collection_ids": "sun,rain"}, ["rain-hero.jpg", "sun.pdf"]),
        ({"created_start_date": "2025-01-01", "created_end_date": "2025-01-01"}, ["rain-hero.jpg"]),
        ({"updated_end_date": "2025-02-01"}, ["rain-hero.jpg"]),
        ({"updated_start_date": "2025-02-02"}, ["sun.pdf", "alone.txt"]),
        ({"offset": 1, "limit": 1}, ["sun.pdf"]),
        ({"ids": "hero"}, ["rain-hero.jpg", "sun.pdf", "alone.txt"]),
    ],
)
def test_files_are_chosen_by_every_parameter(
    query: dict[str, Any], found: list[str], shop: Box
) -> None:
    assert names(shop.get("file", **query)) == found


def test_regions_choose_collections_and_files(shop: Box) -> None:
    eu = next(item["id"] for item in shop.get("region") if item["name"] == "EU")
    assert names(shop.get("collection", region_ids=eu)["collections"]) == ["Rain L"]
    assert names(shop.get("file", region_ids=f"x,{eu}")) == ["sun.pdf"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"limit": "many"}, "limit must be a whole number"),
        ({"limit": "-1"}, "limit must be a whole number"),
        ({"offset": "²"}, "offset must be a whole number"),
        ({"offset": "9" * 16}, "offset must be a whole number"),
        ({"folder_level": "top"}, "folder_level must be direct or leaf"),
        ({"minified": "maybe"}, "minified must be true or false"),
        ({"created_start_date": "soon"}, "a date must look like YYYY-MM-DD, not 'soon'"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(
    query: dict[str, str], words: str, shop: Box
) -> None:
    assert shop.refused("GET", "collection", params=query) == (400, words)


@pytest.mark.parametrize("spelled", ["ids={0},{1}", "ids={0}&ids={1}", "ids={0}&ids={1},{0}"])
def test_several_ids_are_taken_by_comma_and_by_repeating(spelled: str, box: Box) -> None:
    ids = [box.sandbox.put_object("collection", {"name": name}) for name in "abc"]
    found = box.send("GET", "collection?" + spelled.format(*ids)).json()["collections"]
    assert [item["name"] for item in found] == ["a", "b"]


def test_arrays_of_every_list_may_be_repeated(box: Box) -> None:
    regions = [box.sandbox.ensure_region(name) for name in ("EU", "US", "UK")]
    for region in regions:
        box.sandbox.put_object("collection", {"name": region, "region_ids": [region]})
        box.sandbox.put_file("a.txt", b"x", region_ids=[region])
    wanted = "&".join(f"region_ids={region}" for region in regions[:2])
    found = box.send("GET", f"collection?{wanted}").json()["collections"]
    assert [item["name"] for item in found] == regions[:2]
    files = box.send("GET", f"file?{wanted}").json()
    assert [item["region_ids"] for item in files] == [[region] for region in regions[:2]]


@pytest.mark.parametrize("name", ["limit", "offset", "parent_id", "updated_start_date", "minified"])
def test_what_is_no_array_cannot_be_given_twice(name: str, shared: Box) -> None:
    words = f"{name} is given more than once"
    assert shared.refused("GET", f"collection?{name}=1&{name}=2") == (400, words)


def test_under_v2_lists_are_arrays(shop: Box) -> None:
    wrapped = shop.get("collection")
    assert shop.client.get("/v2/collection").json() == wrapped["collections"]


def test_a_branch_that_moves_takes_its_collections_along(box: Box) -> None:
    put = box.sandbox.put_object
    top, inner = put("category", {"name": "Top"}), put("category", {"name": "Inner"})
    put("collection", {"name": "One", "parent_id": inner})
    query = {"parent_id": top, "folder_level": "leaf"}
    assert box.get("collection", **query)["collections"] == []
    box.put(f"category/{inner}", parent_id=top)
    assert names(box.get("collection", **query)["collections"]) == ["One"]


def test_a_list_holds_twenty_unless_asked_for_more(box: Box) -> None:
    for number in range(25):
        box.sandbox.put_object("category", {"name": f"C{number:02}"})
    assert names(box.get("category")) == [f"C{number:02}" for number in range(20)]
    assert len(box.get("category", limit=100)) == 25


def test_minified_leaves_attributes_and_update_dates(shop: Box) -> None:
    [rain] = shop.get("collection", ids="rain", minified="true")["collections"]
    assert rain["attributes"][0]["value"] == "Keeps the rain out"
    assert "updated_date" in rain
    assert "created_date" not in rain
    hero = shop.get("file", minified="true")[0]
    assert "ocr_text" not in hero
    assert hero["collections"] == [{"id": "rain"}]


def test_metaonly_leaves_attribute_values_out(shop: Box) -> None:
    [rain] = shop.get("collection", ids="rain", metaonly="true")["collections"]
    assert "attributes" not in rain
    assert rain["name"] == "Rain"


def test_a_list_read_twice_is_the_same_and_sees_what_changed(box: Box) -> None:
    top = box.post("category", name="Top")["id"]
    one = box.post("collection", name="One", parent_id=top)["id"]
    query = {"parent_id": top}
    first = box.get("collection", **query)
    assert names(first["collections"]) == ["One"]
    assert box.get("collection", **query) == first
    box.post("collection", name="Two", parent_id=top)
    assert names(box.get("collection", **query)["collections"]) == ["One", "Two"]
    box.put(f"collection/{one}", parent_id=None)
    assert names(box.get("collection", **query)["collections"]) == ["Two"]
    box.delete(f"collection/{one}")
    assert names(box.get("collection")["collections"]) == ["Two"]


def test_the_answers_that_are_remembered_are_bounded(box: Box) -> None:
    box.sandbox.put_object("collection", {"name": "One", "created_date": "2025-01-01T00:00:00Z"})
    for day in range(1, 41):
        box.get("collection", created_start_date=f"2025-02-{day:02}")
    assert len(box.sandbox.app.lists._found) == 32
    assert names(box.get("collection", created_start_date="2025-01-01")["collections"]) == ["One"]


# --- below an object ---


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("collection/rain/files", {}, ["rain-hero.jpg", "sun.pdf"]),
        ("collection/rain/files", {"limit": 1, "offset": 1}, ["sun.pdf"]),
        ("collection/belt/files", {}, []),
        ("category/jackets/files", {}, ["rain-hero.jpg", "sun.pdf"]),
        ("category/new/files", {}, ["rain-hero.jpg", "sun.pdf"]),
        ("category/apparel/files", {}, []),
        ("file/search/RAIN", {}, ["rain-hero.jpg"]),
        ("file/search/nothing", {}, []),
    ],
)
def test_files_are_found_by_place_and_by_name(
    path: str, query: dict[str, Any], found: list[str], shop: Box
) -> None:
    assert names(shop.get(path, **query)) == found


def test_related_collections_come_in_their_groups(shop: Box) -> None:
    assert shop.get("collection/sun/relationships/related") == [
        {"id": "g1", "name": "Goes with", "collections": [{"id": "belt", "name": "Belt"}]}
    ]
    assert shop.get("collection/rain/relationships/related") == []
    assert "related" not in shop.get("collection/sun")


@pytest.mark.parametrize("rest", ["files", "image-stacks", "relationships/related", "attribute"])
def test_below_what_is_not_there_nothing_is_found(rest: str, shop: Box) -> None:
    assert shop.refused("GET", f"collection/gone/{rest}") == (404, "Not Found")


# --- search ---


@pytest.mark.parametrize(
    ("entity", "keyword", "found"),
    [
        ("folder", "rain", ["Rain", "Rain M", "Rain L"]),
        ("folder", "RAIN keeps", ["Rain"]),
        ("folder", "sku-m", ["Rain M"]),
        ("folder", "jackets", ["Jackets"]),
        ("file", "beach", ["sun.pdf"]),
        ("file", "rain", ["rain-hero.jpg"]),
        ("file", "jackets", []),
    ],
)
def test_search_finds_all_words_anywhere(
    entity: str, keyword: str, found: list[str], shop: Box
) -> None:
    shop.v = "/v3"
    answer = shop.get(f"{entity}/search", keyword=keyword)
    shop.v = "/v2"
    older = shop.get(f"{entity}/search", keyword=keyword)
    shop.v = "/v2.1"
    assert names(answer["hits"]) == found
    assert (list(answer), answer["total"]) == (["hits", "total"], len(found))
    assert older == {"hits": answer["hits"]}


def test_search_comes_in_pages_and_says_how_many_there_are(shop: Box) -> None:
    answer = shop.client.get(
        "/v3/folder/search", params={"keyword": "rain", "limit": 1, "offset": 1}
    )
    assert (names(answer.json()["hits"]), answer.json()["total"]) == (["Rain M"], 3)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v3/folder/search", 400, "keyword is required"),
        ("/v3/folder/search?keyword=%20", 400, "keyword is required"),
        ("/v3/collection/search?keyword=x", 404, "Not Found"),
    ],
)
def test_a_search_for_nothing_is_refused(path: str, status: int, words: str, shop: Box) -> None:
    answer = shop.client.get(path)
    assert (answer.status_code, answer.json()["message"]) == (status, words)


# --- speed ---


class CountingStore(AccountStore):
    """Counts how often all objects of a kind are gone through."""

    count = 0

    def of(self, kind: str) -> dict[str, Object]:
        self.count += 1
        return super().of(kind)


def test_paging_and_ids_do_not_look_at_everything() -> None:
    """A page of a large account costs what a page of a small one costs."""
    store = CountingStore(None)
    for number in range(1000):
        item = {"id": f"c{number}", "created_date": "2025-01-01T00:00:00Z"}
        store.put("collection", {**item, "parent_id": f"p{number % 7}", "direct_parent": []})
    lists = Lists(store, frozenset(), 1.0, Arriving(0, 0.0))

    def paged(**query: str) -> list[str]:
        pages = (
            lists.page("collection", {**query, "limit": "10", "offset": str(offset)})[0]
            for offset in range(0, 1000, 10)
        )
        return [item["id"] for page in pages for item in page]

    assert paged() == [f"c{number}" for number in range(1000)]
    assert paged(ids="c9,c7")[:2] == ["c7", "c9"]
    assert paged(parent_id="p3") == [f"c{number}" for number in range(3, 1000, 7)]
    assert store.count == 0
    assert len(paged(created_start_date="2025-01-01")) == 1000
    assert store.count == 1
    store.close()
