"""HTML: one file that works offline; counts, filter, search, folds (contract 8.2)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from reconciler.model import Change, FieldChange, Group, Place, Plan, Ref
from reconciler.reports.html import drift_html, plan_html
from tests.limits import HANG
from tests.reports import samples
from tests.reports.browser import chromium, open_page
from tests.reports.plans import EVERYTHING

ITEM = ".items > li"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as driver:
        yield driver


@pytest.fixture
def page(browser: Chrome, tmp_path: Path) -> Chrome:
    """A plan of sixty changes, open."""
    return opened(browser, tmp_path, plan_html(samples.large(60)))


def opened(driver: Chrome, folder: Path, text: str) -> Chrome:
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    open_page(driver, path)
    return driver


def texts(driver: Chrome, selector: str) -> list[str]:
    """What is seen of all elements of a sort."""
    # What is off the screen is not laid out, and has no inner text before it is.
    script = (
        "document.styleSheets[0].insertRule('* { content-visibility: visible !important }');"
        "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())"
        ".map(e => e.innerText.replace(/\\s+/g, ' ').trim())"
    )
    found: list[str] = driver.execute_script(script, selector)
    return found


def search(driver: Chrome, words: str) -> None:
    """Type into the search field, and wait for its answer."""
    field = driver.find_element(By.ID, "search")
    before = driver.find_element(By.ID, "found").text
    field.clear()
    field.send_keys(words)
    WebDriverWait(driver, HANG).until(
        lambda _: driver.find_element(By.ID, "found").text not in ("", before)
    )


def test_the_page_tells_the_story_in_its_order(page: Chrome) -> None:
    assert texts(page, "h1") == ["⚠️ Plan: 59 changes, 1 blocked"]
    assert texts(page, ".count") == [
        "1 to adopt",
        "52 to update",
        "6 to delete",
        "1 blocked",
        "1,204 unchanged",
    ]
    assert texts(page, "h2") == [
        "Deletes (6)",
        "Blocked (1)",
        "Conflicts: changed in git and in the account (1)",
        "Drift: changed in the account, will be put back (1)",
        "Adopted: they exist already (1)",
        "Notes",
        "The same change on many objects",
        "Products",
    ]
    assert texts(page, ".shelf > summary")[:3] == [
        "Categories: New in, Sale on 10 products",
        "Color: Red → Crimson on 20 variants",
        "Apparel › Jackets (6)",
    ]
    assert page.get_log("browser") == []


def test_a_search_leaves_what_has_all_words(page: Chrome) -> None:
    search(page, "moraine estonia")
    assert [text.split()[0] for text in texts(page, ITEM)] == ["Moraine", "Moraine"]
    assert texts(page, "#found") == ["2 of 70 shown"]
    search(page, "red crimson couloir shell")
    assert texts(page, ITEM) == ["Couloir Shell - L Apparel › Jackets › Couloir Shell"]
    page.execute_script(
        "const field = document.getElementById('search'); field.value = '';"
        "field.dispatchEvent(new Event('input'))"
    )
    WebDriverWait(page, HANG).until(lambda _: not page.find_element(By.ID, "found").text)
    assert len(texts(page, "h2")) == 8


def test_a_filter_leaves_what_is_of_a_sort(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "[name=sort][value=delete]").click()
    assert texts(page, "h2")[0] == "Deletes (6)"
    assert len(texts(page, ITEM)) == 6
    page.find_element(By.CSS_SELECTOR, "[name=sort][value=blocked]").click()
    assert len(texts(page, ITEM)) == 7


def test_variants_stand_below_their_product(browser: Chrome, tmp_path: Path) -> None:
    plan = Plan(
        samples.ACCOUNT, (samples.variant(0, "M", FieldChange("name", "Serac", "Serac 2")),)
    )
    page = opened(browser, tmp_path, plan_html(plan))
    search(page, "serac")
    assert texts(page, ".items .variants > li") == [
        "Nunatak Shell - M variant, changed products.yaml:11 Name: Serac → Serac 2"
    ]
    assert len(texts(page, ITEM)) == 2


def jackets(count: int) -> list[Change]:
    """Changes of as many products of one category, each of its own value."""
    numbers = range(0, count * len(samples.PATHS), len(samples.PATHS))
    return [
        samples.changed(number, FieldChange("name", f"Old {number}", f"Now {number}"))
        for number in numbers
    ]


def test_what_most_of_a_list_are_is_said_once_and_found_by_a_search(
    browser: Chrome, tmp_path: Path
) -> None:
    first, second, *rest = jackets(20)
    made = replace(first, action="create", id=None, fields=(), sent={"name": "Hat"})
    gone = replace(second, action="delete", fields=(), place=None)
    elsewhere = replace(rest[0], place=Place("others.yaml", 7))
    plan = Plan(samples.ACCOUNT, (made, gone, elsewhere, *rest[1:]))
    page = opened(browser, tmp_path, plan_html(plan))
    assert texts(page, ".usual") == [
        "Unless said otherwise: product, changed, a line of products.yaml"
    ]
    assert contrast(page, ".usual") >= 4.5
    rows = texts(page, ITEM)
    # A delete is told among what needs eyes, by itself: of one row nothing is said above it.
    assert rows[0] == f"{second.label} product, deleted in Apparel › Jackets"
    assert f"{made.label} product, new :10 Name: Hat" in rows
    assert f"{elsewhere.label} others.yaml:7 Name: Old 12 → Now 12" in rows
    assert f"{rest[1].label} :28 Name: Old 18 → Now 18" in rows
    for words, count in (
        ("product, changed", 18),
        ("product, new", 1),
        ("product", 20),
        ("products.yaml:28", 1),
        ("products.yaml", 18),
        ("others.yaml", 1),
    ):
        search(page, words)
        assert texts(page, "#found") == [f"{count} of 20 shown"], words


def test_a_list_says_where_most_of_it_is_and_each_of_the_others_says_it(
    browser: Chrome, tmp_path: Path
) -> None:
    gone = [replace(item, action="delete", fields=(), place=None) for item in jackets(8)]
    elsewhere = replace(gone[0], label="Tent", group=Group(("Camp",)), ref=Ref("collection", "t"))
    nowhere = replace(gone[0], label="Loose", group=Group(), ref=Ref("collection", "l"))
    plan = Plan(samples.ACCOUNT, (*gone, elsewhere, nowhere))
    page = opened(browser, tmp_path, plan_html(plan))
    assert texts(page, ".usual") == ["Unless said otherwise: product, deleted in Apparel › Jackets"]
    assert set(texts(page, ITEM)) == {
        *(item.label for item in gone),
        "Tent product, deleted in Camp",
        "Loose product, deleted",
    }
    search(page, "jackets deleted")
    assert texts(page, "#found") == ["8 of 10 shown"]


def test_a_list_of_many_places_says_what_most_are_and_each_row_where(
    browser: Chrome, tmp_path: Path
) -> None:
    gone = [replace(samples.changed(number), action="delete", place=None) for number in range(18)]
    page = opened(browser, tmp_path, plan_html(Plan(samples.ACCOUNT, tuple(gone))))
    assert texts(page, ".usual") == ["Unless said otherwise: product, deleted"]
    assert f"{gone[0].label} in {' › '.join(gone[0].group.categories)}" in texts(page, ITEM)
    search(page, "deleted jackets")
    assert texts(page, "#found") == ["3 of 18 shown"]


def test_a_page_of_many_changes_has_few_characters_besides_what_it_tells() -> None:
    few, many = (plan_html(Plan(samples.ACCOUNT, tuple(jackets(n)))) for n in (100, 1_100))
    told = sum(len(item.label) + len("Name: Old 1234 → Now 1234") for item in jackets(1_000))
    assert (len(many) - len(few) - told) / 1_000 < 80


def test_screen_readers_hear_what_was_removed_and_added(page: Chrome) -> None:
    script = (
        "return ['del', 'ins'].map(tag =>"
        " getComputedStyle(document.querySelector(tag), '::before').content)"
    )
    assert page.execute_script(script) == ['" removed: "', '" added: "']
    labelled = "return [...document.querySelectorAll('input')].every(e => e.labels.length === 1)"
    assert page.execute_script(labelled)
    assert page.execute_script("return document.documentElement.lang") == "en"
    assert page.find_element(By.ID, "found").get_attribute("aria-live") == "polite"
    for landmark in ("header", "main", "footer", "form[role=search]"):
        assert len(page.find_elements(By.CSS_SELECTOR, landmark)) == 1


def contrast(driver: Chrome, selector: str) -> float:
    """The ratio of a text to what it stands on, as WCAG counts."""
    script = """
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (c) => { const [r, g, b] = c.map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    let element = document.querySelector(arguments[0]);
    const text = light(rgb(getComputedStyle(element).color));
    while (rgb(getComputedStyle(element).backgroundColor)[3] === 0) element = element.parentElement;
    const back = light(rgb(getComputedStyle(element).backgroundColor));
    return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    """
    found: float = driver.execute_script(script, selector)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_in_dark(scheme: str, page: Chrome) -> None:
    emulate(page, features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        for selector in ("h1", "del", "ins", "small", "i", ".count.delete", ".items dt"):
            assert contrast(page, selector) >= 4.5, selector
    finally:
        emulate(page, features=[])


def emulate(driver: Chrome, **media: Any) -> None:
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


def test_on_a_narrow_screen_nothing_is_cut_off(page: Chrome) -> None:
    size = {"width": 320, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert page.execute_script("return document.documentElement.scrollWidth") <= 320
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_in_print_all_is_open_and_the_controls_are_gone(page: Chrome) -> None:
    page.execute_script("for (const e of document.querySelectorAll('details')) e.open = false")
    emulate(page, media="print")
    try:
        page.execute_script("dispatchEvent(new Event('beforeprint'))")
        assert all(
            page.execute_script("return [...document.querySelectorAll('details')].map(e => e.open)")
        )
        assert texts(page, "#controls") == []
    finally:
        emulate(page, media="")


def test_a_plan_without_changes_has_nothing_to_search(browser: Chrome, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, plan_html(Plan(samples.ACCOUNT, unchanged=3)))
    assert texts(page, "h1") == ["✅ Plan: no changes"]
    assert page.find_elements(By.CSS_SELECTOR, "form, h2") == []
    assert page.get_log("browser") == []


def test_every_sort_of_change_and_its_words_are_there(browser: Chrome, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, plan_html(EVERYTHING))
    assert texts(page, ".lead") == ["11 deletes, the limit is 10: pass --allow-deletes 11"]
    items = texts(page, ITEM)
    assert items[0] == "Old category, deleted Falls with it: link on resource/care"
    assert (
        items[1] == "Color attribute, changed jackets.yaml:12 "
        "Blocked: a value outside this plan holds 'Pink' Options: Teal, Pink, Red → Crimson"
    )
    assert "Was collection/cap" in items[6]
    assert "size-chart: {Chest: 90, Note: wide}" in items[8]


def test_drift_is_a_page_too(browser: Chrome, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, drift_html(samples.drift(1)))
    assert texts(page, "h1") == ["⚠️ Drift: the account is not as it was left"]
    assert texts(page, ITEM)[-1] == (
        "Nunatak Shell product, changed products.yaml:9 Name: Nunatak Shell → Nunatak Shell SALE"
    )
    assert page.get_log("browser") == []


@pytest.mark.long
def test_fifty_thousand_changes_can_be_searched(browser: Chrome, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, plan_html(samples.large(50_000)))
    search(page, "estonia")
    assert len(texts(page, "h2")) > 1
