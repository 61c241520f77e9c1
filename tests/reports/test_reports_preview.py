"""Products as a shop would show them, in a plan's page and as a site (contract 8.5)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from reconciler.catalog import read
from reconciler.enums import Action
from reconciler.model import Catalog, FieldChange, Group, Number, Ref
from reconciler.reports.html import plan_html, preview_pages
from reconciler.reports.html.preview import LONGEST, MARK, PER_PAGE
from reconciler.reports.preview.changes import Card, cards_of
from reconciler.reports.preview.faces import MOST_VARIANTS, Face, face_of, frame_of
from reconciler.reports.preview.shop import Shop, shop_of
from reconciler.reports.preview.telling import telling
from reconciler.reports.site import Picture, Site
from tests.build import catalog, want
from tests.limits import HANG
from tests.reports import samples
from tests.reports.browser import chromium, follow, open_page
from tests.reports.hostiles import TEXTS
from tests.reports.plans import change, plan

EXAMPLE = Path(__file__).parents[2] / "catalog"


# --- the two attributes that tell most ----------------------------------------------------------


def told(rows: str, choices: str = "", others: str = "") -> tuple[str, ...]:
    """The telling attributes of variants: a line of `name=value` each."""
    variants: list[dict[str, Any]] = [
        dict(word.split("=") for word in row.split()) for row in rows.split(";")
    ]
    return telling(variants, choices.split(), others.split())


@pytest.mark.parametrize(
    ("rows", "choices", "others", "expected"),
    [
        ("size=S colour=Red; size=M colour=Red; size=L colour=Red", "size colour", "", ["size"]),
        (
            "size=S colour=Red; size=M colour=Red; size=L colour=Blue",
            "colour size",
            "",
            ["size"],
        ),
        (
            "size=S colour=Red; size=M colour=Red; size=S colour=Blue; size=L colour=Red",
            "colour size",
            "",
            ["size", "colour"],
        ),
        # What is another name of the first says nothing beside it.
        (
            "size=S fit=1 colour=A; size=M fit=2 colour=A; size=S fit=1 colour=B",
            "size fit colour",
            "",
            ["size", "colour"],
        ),
        # A barcode differs in each, and nobody chooses by it.
        (
            "size=S ean=1 colour=A; size=M ean=2 colour=A; size=S ean=3 colour=B",
            "size colour",
            "ean",
            ["size", "colour"],
        ),
        ("ean=1 tone=a; ean=2 tone=a; ean=3 tone=b", "", "tone ean", ["ean"]),
        ("size=S litres=1; size=S litres=2", "size", "litres", ["litres"]),
        ("size=S; size=S", "size", "", []),
        (f"care={'w' * 41}; care={'v' * 41}", "", "care", []),
        ("size=S; colour=Red", "size colour", "", ["size"]),
    ],
)
def test_the_telling_attributes_are_those_whose_values_differ_most(
    rows: str, choices: str, others: str, expected: list[str]
) -> None:
    assert list(told(rows, choices, others)) == expected


# --- a card -------------------------------------------------------------------------------------

OBJECTS = (
    want("attribute", "size", label="Size", type="Pick List", options=("S", "M", "L")),
    want("attribute", "colour", label="Colour", type="Pick List", options=("Blue", "Red")),
    want("attribute", "weight", label="Weight (g)", type="Number"),
    want("attribute", "care", label="Care", type="Text"),
    want("attribute_group", "copy", name="Copy", attributes=("care",)),
    want("category", "apparel", name="Apparel"),
    want("category", "jackets", name="Jackets", parent="apparel"),
    want("category", "new-in", name="New in"),
    want(
        "collection",
        "rain",
        name="Rain Jacket",
        additional_title="R-1",
        category="jackets",
        categories=("new-in", "jackets"),
        published=False,
        published_start_date="2027-01-01T00:00:00Z",
        attributes={"care": "Wash at 30 °C.", "weight": Number("410")},
    ),
    *(
        want(
            "collection",
            f"rain-{size}-{colour}".lower(),
            name=f"Rain {size} {colour}",
            variant_of="rain",
            attributes={"size": (size,), "colour": (colour,), "weight": Number("410")},
        )
        for size, colour in (("L", "Red"), ("S", "Red"), ("S", "Blue"))
    ),
    want(
        "resource", "guide", description="Care", link="https://a.example/x", collections=("rain",)
    ),
    want("resource", "bad", description="Bad", link="javascript:alert(1)", collections=("rain",)),
    replace(want("file", "hero", file_name="hero.jpg", collections=("rain",)), inside="hero.jpg"),
)
RAIN = Ref("collection", "rain")
HERO = Ref("file", "hero")


def shop(*objects: Any) -> Shop:
    return shop_of(catalog(*OBJECTS, *objects))


def at_rest(of: Shop, ref: Ref = RAIN) -> Face:
    found = face_of(of, frame_of(of, ref), of.fields)
    assert found is not None
    return found


def test_a_card_has_what_a_shop_shows() -> None:
    face = at_rest(shop())
    assert (face.name, face.title) == ("Rain Jacket", "R-1")
    assert face.notes == ("Not published", "from 2027-01-01")
    assert face.categories == ("Apparel › Jackets", "New in")
    assert face.groups == (
        ("Copy", (("Care", ("Wash at 30 °C.",)),)),
        ("Other values", (("Weight (g)", ("410",)),)),
    )
    assert face.links == (("Care", "https://a.example/x"), ("Bad", "javascript:alert(1)"))


def test_variants_stand_by_their_two_attributes_in_the_order_of_the_options() -> None:
    grid = at_rest(shop()).grid
    assert grid.corner == "Size / Colour"
    assert grid.columns == ("Blue", "Red")
    names = [(head, [[one.name for one in cell] for cell in cells]) for head, cells in grid.rows]
    assert names == [
        ("S", [["Rain S Blue"], ["Rain S Red"]]),
        ("L", [[], ["Rain L Red"]]),
    ]


def test_a_family_of_thousands_says_how_many_it_does_not_show() -> None:
    more = [
        want("collection", f"rain-{n}", name=f"Rain {n}", variant_of="rain")
        for n in range(MOST_VARIANTS)
    ]
    grid = at_rest(shop(*more)).grid
    assert grid.left == 3
    assert sum(len(cell) for _, cells in grid.rows for cell in cells) == MOST_VARIANTS


def test_what_is_somebody_elses_is_not_shown() -> None:
    assert shop(want("collection", "theirs", external=True, name="T")).products == (RAIN,)


# --- a plan -------------------------------------------------------------------------------------


def card(*changes: Any, of: Shop | None = None, **rest: Any) -> Card:
    (found,) = cards_of(plan(*changes), of or shop(), **rest).cards
    return found


RENAMED = change(
    "update",
    "collection",
    "rain",
    FieldChange("name", "Rain Coat", "Rain Jacket"),
    FieldChange("categories", add=("new-in",), remove=("apparel",), is_set=True),
    FieldChange("attributes.weight", None, Number("410")),
)


def test_a_changed_product_stands_as_it_is_beside_as_it_will_be() -> None:
    found = card(RENAMED)
    assert found.before is not None
    assert (found.before.name, found.after.name) == ("Rain Coat", "Rain Jacket")
    assert found.before.categories == ("Apparel › Jackets", "Apparel")
    assert found.after.categories == ("Apparel › Jackets", "New in")
    assert found.before.groups[1] == ("Other values", (("Weight (g)", ()),))
    assert found.after.groups[1] == ("Other values", (("Weight (g)", ("410",)),))


def test_of_several_choices_each_is_marked_on_its_own() -> None:
    parent = replace(OBJECTS[8], fields={**OBJECTS[8].fields, "attributes.colour": ("Red", "Blue")})
    edit = change(
        "update", "collection", "rain", FieldChange("attributes.colour", ("Red",), ("Red", "Blue"))
    )
    page = plan_html(plan(edit), shop=shop_of(catalog(*OBJECTS[:8], parent, *OBJECTS[9:])))
    after = re.findall(r"<dt>Colour</dt><dd>(.*?)</dd>", page, re.DOTALL)[1]
    assert re.sub(r"\s+", "", after) == "<bdi>Red</bdi><bdi>,</bdi><ins>Blue</ins>"


def test_a_product_that_says_what_tells_its_variants_apart_has_that_line_on_both_sides() -> None:
    parent = replace(OBJECTS[8], fields={**OBJECTS[8].fields, "attributes.size": ("S",)})
    objects = (*OBJECTS[:8], parent, *OBJECTS[9:])
    edit = change("update", "collection", "rain", FieldChange("attributes.size", None, ("S",)))
    page = plan_html(plan(edit), shop=shop_of(catalog(*objects)))
    assert re.search(r"<dt>Size</dt><dd>\s*<bdi>–</bdi>", page)
    assert re.search(r"<dt>Size</dt><dd>\s*<ins>S</ins>", page)


def test_a_new_product_has_nothing_beside_it() -> None:
    assert card(change("create", "collection", "rain")).before is None


def cells(face: Face | None) -> dict[str, tuple[str, tuple[Any, ...]]]:
    """By name what becomes of a variant, and what changes in it."""
    assert face is not None
    rows = [cells for _, cells in face.grid.rows]
    return {one.name: (one.mark, one.lines) for row in rows for cell in row for one in cell}


def test_a_family_is_shown_whole_where_a_variant_alone_changes() -> None:
    gone = change(
        Action.DELETE, "collection", "rain-xl", label="Rain XL", group=Group(("Apparel",), "rain")
    )
    found = card(
        change("create", "collection", "rain-s-blue"),
        change(
            "update",
            "collection",
            "rain-s-red",
            FieldChange("attributes.weight", Number("400"), Number("410")),
        ),
        gone,
    )
    assert cells(found.before) == {
        "Rain L Red": ("", ()),
        "Rain S Red": ("changed", (("Weight (g)", ("400",)),)),
        "Rain XL": ("deleted", ()),
    }
    assert cells(found.after) == {
        "Rain L Red": ("", ()),
        "Rain S Red": ("changed", (("Weight (g)", ("410",)),)),
        "Rain S Blue": ("new", ()),
    }


def test_what_the_catalog_no_longer_holds_or_wants_otherwise_has_no_card() -> None:
    gone = change("delete", "collection", "old", label="Old")
    other = change("update", "collection", "rain", FieldChange("name", "A", "Not this"))
    elsewhere = change("create", "collection", "of-another-commit")
    assert cards_of(plan(gone, other, elsewhere), shop()).cards == ()


def test_a_picture_that_the_plan_uploads_is_shown_before_and_after() -> None:
    old, new, rest = (Picture(when, "hero.jpg", f"data:{when}") for when in ("before", "after", ""))
    upload = change("update", "file", "hero", inside="hero.jpg")
    pictured = replace(shop(), pictures={HERO: rest})
    both = card(RENAMED, upload, of=pictured, site=Site(pictures={HERO: (old, new)}))
    assert both.before is not None
    assert (both.before.picture, both.after.picture) == (old, new)
    one = card(RENAMED, upload, of=pictured)
    assert one.before is not None
    assert (one.before.picture, one.after.picture) == (None, rest)
    same = card(RENAMED, of=pictured)
    assert same.before is not None
    assert (same.before.picture, same.after.picture) == (rest, rest)


def test_the_page_marks_what_differs_and_says_how_many_it_shows() -> None:
    page = plan_html(plan(RENAMED), shop=shop())
    assert re.search(r'class="name">\s*<bdi>Rain </bdi><del>Coat</del>', page)
    assert re.search(r'class="name">\s*<bdi>Rain </bdi><ins>Jacket</ins>', page)
    assert "1 product as a shop would show it" in page
    many = [want("collection", f"p-{n}", name="P") for n in range(150)]
    page = plan_html(plan(*(change("create", "collection", f"p-{n}") for n in range(150))),
                     shop=shop(*many))  # fmt: skip
    assert "(shown 100 of 150)" in page
    assert "As a shop" not in plan_html(plan(RENAMED))


VALUES = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.booleans(),
    st.just(Number("1.50")),
    st.lists(st.text(max_size=3), max_size=3).map(tuple),
    st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2),
)
PATHS = (
    *("name", "additional_title", "category", "published", "published_start_date"),
    *("attributes.size", "attributes.colour", "attributes.weight", "attributes.care"),
)
FAMILY = (8, 9, 10)
"""The product and two of its variants among the objects."""


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(FAMILY), st.sampled_from(PATHS)),
        st.tuples(VALUES, VALUES),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_changes_into_whatever_has_a_card(
    edits: dict[tuple[int, str], tuple[Any, Any]],
) -> None:
    objects = list(OBJECTS)
    fields: dict[Ref, list[FieldChange]] = {}
    for (number, path), (before, after) in edits.items():
        item = objects[number]
        objects[number] = replace(item, fields={**item.fields, path: after})
        fields.setdefault(item.ref, []).append(FieldChange(path, before, after))
    made = plan(*(change("update", *ref, *parts) for ref, parts in fields.items()))
    assert "1 product as a shop would show it" in plan_html(made, shop=shop_of(catalog(*objects)))


# --- a site -------------------------------------------------------------------------------------


def site(of: Catalog, **rest: Any) -> dict[str, str]:
    found = shop_of(of)
    return dict(preview_pages(found, found.products, "Preview", **rest))


class Links(HTMLParser):
    """What a page links to, loads, and has ids for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            {"href": self.hrefs, "src": self.loaded, "id": self.ids}.get(name, []).append(
                value or ""
            )


def test_every_link_of_a_site_leads_somewhere_and_nothing_is_loaded() -> None:
    pages = site(read(EXAMPLE, environment="staging").catalog)
    ids = {name: set(Links(text).ids) for name, text in pages.items()}
    assert list(pages) == ["index.html", "page-001.html"]
    assert len(Links(pages["index.html"]).hrefs) == 71
    for name, text in pages.items():
        assert text.startswith(MARK)
        found = Links(text)
        assert found.loaded == []
        assert not found.tags & {"link", "iframe", "object", "base"}
        for href in found.hrefs:
            if not href.startswith("https://"):
                page, _, anchor = href.partition("#")
                assert not anchor or anchor in ids[page or name], href


def test_categories_stand_in_the_order_of_the_tree_and_pages_have_room_for_some_products() -> None:
    many = [want("collection", f"p-{n}", name=f"P {n}", category="apparel") for n in range(130)]
    loose = want("collection", "loose", name="Loose")
    pages = site(catalog(*OBJECTS, loose, *many))
    heads = re.findall(r"<h2><bdi>(.*?)</bdi></h2>", pages["index.html"])
    assert heads == ["Apparel", "Apparel › Jackets", "Without a category"]
    assert [len(re.findall("<article", text)) for text in pages.values()] == [0, PER_PAGE, 32]
    assert 'href="page-002.html" rel="next"' in pages["page-001.html"]
    assert 'href="page-001.html" rel="prev"' in pages["page-002.html"]


def test_an_empty_catalog_is_a_page_that_says_so() -> None:
    pages = site(catalog())
    assert list(pages) == ["index.html"]
    assert "0 products, 0 categories" in pages["index.html"]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_of_the_catalog_is_data_in_a_preview(text: str) -> None:
    objects = (
        want("attribute", "a", label=text, type="Text"),
        want("attribute_group", "g", name=text, attributes=("a",)),
        want("category", "c", name=text),
        want("collection", "p", name=text, additional_title=text, category="c", attributes={"a": text}),
        want("collection", "v", name=text, variant_of="p", attributes={"a": text[:30]}),
        want("collection", "w", name=text, variant_of="p", attributes={"a": "other"}),
        want("resource", "r", description=text, link=text, collections=("p",)),
    )  # fmt: skip
    edit = change("update", "collection", "p", FieldChange("name", f"{text} old", text))
    shop_ = shop_of(catalog(*objects))
    pages = [*site(catalog(*objects)).values(), plan_html(plan(edit), shop=shop_)]
    for page in pages:
        page.encode("utf-8")
        found = Links(page)
        assert not found.tags & {"img", "svg", "iframe", "object"}
        assert len(re.findall("<h1", page)) == 1
        assert all(re.match(r"https?://|#|page-|index", href) for href in found.hrefs)
        assert len(re.findall("<script", page)) == 1


@pytest.mark.parametrize(
    ("link", "followed"),
    [
        ("https://a.example/x?y=1", True),
        ("HTTP://a.example", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example/x", False),
        ("https:", False),
        ("https://[", False),
        ("https://a.example/\u202egpj", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_addresses_of_the_web_can_be_followed(link: str, followed: bool) -> None:
    objects = (
        want("collection", "p", name="P"),
        want("resource", "r", description="Words", link=link, collections=("p",)),
    )
    hrefs = Links(site(catalog(*objects))["page-001.html"]).hrefs
    assert len(hrefs) == (4 if followed else 3)


def test_a_long_text_says_how_long_it_is() -> None:
    objects = (
        want("attribute", "a", label="A", type="Text"),
        want("collection", "p", name="P", attributes={"a": "word\n" * LONGEST}),
    )
    page = site(catalog(*objects))["page-001.html"]
    assert "(20,000 characters)" in page
    assert len(page) < 40_000


# --- seen in a browser --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as driver:
        yield driver


def example() -> dict[str, str]:
    """The example catalog's preview, and the page of a plan for it."""
    found = shop_of(read(EXAMPLE, environment="staging").catalog)
    pages = dict(preview_pages(found, found.products, "Preview"))
    return {**pages, "plan.html": plan_html(samples.family(found), shop=found)}


def write(folder: Path) -> list[Path]:
    paths = []
    for name, text in example().items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def test_on_a_narrow_screen_and_in_print_nothing_is_cut_off(
    browser: Chrome, tmp_path: Path
) -> None:
    size = {"width": 320, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for path in write(tmp_path):
            open_page(browser, path)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
            assert browser.get_log("browser") == []
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        shown = "return getComputedStyle(document.querySelector(arguments[0])).display"
        open_page(browser, tmp_path / "page-001.html")
        assert browser.execute_script(shown, "nav.turn") == "none"
        assert browser.execute_script(shown, ".card") == "block"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_contents_can_be_searched_and_lead_to_the_card(browser: Chrome, tmp_path: Path) -> None:
    write(tmp_path)
    open_page(browser, tmp_path / "index.html")
    browser.find_element(By.ID, "search").send_keys("stormcuff")
    WebDriverWait(browser, HANG).until(lambda _: browser.find_element(By.ID, "found").text)
    assert browser.find_element(By.ID, "found").text == "1 of 70 shown"
    follow(browser, browser.find_element(By.LINK_TEXT, "Stormcuff Mitts"))
    head = browser.execute_script("return document.querySelector(':target h3').textContent")
    assert head == "Stormcuff Mitts"
