"""The pages in headless Chromium: what only a browser can show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from reconciler.sandbox import Options, Sandbox
from tests import patient
from tests.limits import HANG
from tests.reports.browser import follow
from tests.sandbox.page.accounts import put, value
from tests.sandbox.page.conftest import fill

BROWSER, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-features=OptimizationHints,MediaRouter",
    "--window-size=1280,900",
)
HOSTILE = (
    "<script>window.owned = 1</script>",
    '"><img src=x onerror="window.owned = 2">',
    "</textarea></title></style><svg onload='window.owned = 3'>",
    "' autofocus onfocus='window.owned = 4",
    "javascript:window.owned=5",
)


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    """One browser for all tests.  It logs its console and what it requests."""
    missing = [path for path in (BROWSER, DRIVER) if not Path(path).exists()]
    if missing:
        pytest.fail(f"{' and '.join(missing)} not found: run `make packages`", pytrace=False)
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(DRIVER))
    started.set_page_load_timeout(HANG)
    started.set_script_timeout(HANG)
    yield started
    started.quit()


@pytest.fixture
def shop() -> Iterator[Sandbox]:
    """The small shop, on a server of its own."""
    with Sandbox(None, Options(open_access=True)) as sandbox:
        fill(sandbox)
        yield sandbox


@pytest.fixture
def browser(driver: webdriver.Chrome, shop: Sandbox) -> Iterator[webdriver.Chrome]:
    """The browser on the shop.  No test may log a thing or ask any other host."""
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    driver.get(f"{shop.url}/")
    yield driver
    # Leaves no page of a sandbox that has ended open.
    asked = requested(driver)
    logged = driver.get_log("browser")
    driver.get("about:blank")
    assert logged == []
    assert {urlsplit(address).netloc for address in asked} == {f"127.0.0.1:{shop.port}"}


def requested(driver: webdriver.Chrome) -> list[str]:
    """The addresses that the pages asked for since the last time, `data:` aside."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [
        e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"
    ]
    return [address for address in asked if not address.startswith(("data:", "about:"))]


def link(driver: webdriver.Chrome, words: str):  # type: ignore[no-untyped-def]
    return driver.find_element(By.PARTIAL_LINK_TEXT, words)


def test_the_tree_opens_and_leads_to_a_product(browser: webdriver.Chrome) -> None:
    tree = browser.find_element(By.CSS_SELECTOR, ".tree")
    assert "Jackets" not in tree.text

    tree.find_element(By.CSS_SELECTOR, "summary").click()
    assert "Jackets" in tree.text
    follow(browser, link(browser, "Jackets"))
    assert browser.find_element(By.TAG_NAME, "h1").text == "Jackets"
    follow(browser, link(browser, "Rain Jacket"))
    assert browser.find_element(By.TAG_NAME, "h1").text == "Rain Jacket"
    assert browser.find_element(By.CSS_SELECTOR, ".tree a[aria-current]").text.split() == [
        "Jackets",
        "1",
        "products",
    ]


def test_the_form_edits_a_product_and_the_api_shows_it(
    browser: webdriver.Chrome, shop: Sandbox
) -> None:
    text = "First line.\nSecond: 5 < 6 & “so on”"
    shop.edit(
        "collection",
        "rain",
        attributes=[value("care", "x" * 90), value("colour", ["o-blue"]), value("weight", 450)],
    )
    browser.get(f"{shop.url}/browse/product/rain")
    follow(browser, link(browser, "Edit"))
    form = browser.find_element(By.CSS_SELECTOR, "form[method=post]")

    def control(name: str):  # type: ignore[no-untyped-def]
        return form.find_element(By.NAME, name)

    control("name").clear()
    control("name").send_keys("Storm Jacket")
    control("published").click()
    Select(control("value:colour")).select_by_visible_text("Red")
    control("value:care").clear()
    control("value:care").send_keys(text)
    control("value:weight").clear()
    follow(browser, form.find_element(By.CSS_SELECTOR, "button"))

    notice = browser.find_element(By.ID, "saved").text
    assert "Saved, behind git’s back" in notice
    assert "pxm drift" in notice
    with patient.client(base_url=shop.url) as api:
        shown = api.get("/v2.1/collection/rain").json()
    assert (shown["name"], shown["published"]) == ("Storm Jacket", False)
    assert [entry["value"] for entry in shown["attributes"]] == [text, ["o-red"]]


def test_text_of_the_account_executes_nothing(browser: webdriver.Chrome, shop: Sandbox) -> None:
    for number, text in enumerate(HOSTILE):
        put(shop.app, "category", f"c{number}", name=text)
        put(shop.app, "attribute", f"a{number}", label=text, value_type="Text")
        held = {"name": text, "additional_title": text, "parent_id": f"c{number}"}
        put(
            shop.app,
            "collection",
            f"p{number}",
            **held,
            attributes=[value(f"a{number}", text * 20)],
        )
        put(
            shop.app,
            "resource",
            f"r{number}",
            description=text,
            link=text,
            collections=[f"p{number}"],
        )
        put(
            shop.app, "file", f"f{number}", file_name=text, type="image", collections=[f"p{number}"]
        )
    paths = ["", "browse/attributes", "browse/resources", "browse/files", "browse/products"]
    paths += [f"browse/product/p{number}?edit" for number in range(len(HOSTILE))]

    for path in paths:
        browser.get(f"{shop.url}/{path}")
        assert browser.execute_script("return window.owned") is None, path
    titles = [element.text for element in browser.find_elements(By.TAG_NAME, "h1")]
    assert titles == [HOSTILE[-1]]


PAST_THE_EDGE = """
  const page = document.documentElement;
  return page.scrollWidth - page.clientWidth
"""
WIDEST = """
  return [...document.querySelectorAll('body *')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter(e => !e.closest('.scroll, .sections, .side, .quiet, pre'))
    .map(e => e.outerHTML.slice(0, 80)).slice(0, 3)
"""


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_is_wider_than_the_screen(
    browser: webdriver.Chrome, shop: Sandbox, width: int
) -> None:
    long = "Donaudampfschifffahrtsgesellschaft" * 6
    options = [{"id": "o", "label": long}]
    put(shop.app, "attribute", "long", label=long, value_type="Pick List", options=options)
    shop.edit(
        "collection", "rain", name=long, additional_title=long, attributes=[value("long", ["o"])]
    )
    shop.edit("category", "jackets", name=long)
    shop.edit("resource", "guide", link=f"https://example.com/{long}")
    shop.edit("file", "hero", file_name=f"{long}.jpg")
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    wide = {}
    for path in (
        "",
        "browse/product/rain?edit",
        "browse/category/jackets",
        "browse/resources",
        "browse/files",
        "browse/requests",
        "browse/attributes",
    ):
        browser.get(f"{shop.url}/{path}")
        wide[path] = (
            browser.execute_script(PAST_THE_EDGE),
            browser.execute_script(WIDEST),
        )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert wide == dict.fromkeys(wide, (0, []))


CONTRAST = """
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
  };
  return [...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length)
    .map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 90)];
    })
    .filter(([ratio]) => ratio < 4.5)
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    browser: webdriver.Chrome, shop: Sandbox, scheme: str
) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    shop.edit("collection", "rain", published_start_date="2999-01-01T00:00:00Z")
    grounds = set()

    for path in (
        "browse/product/rain?edit",
        "browse/requests",
        "browse/attributes",
        "browse/files",
    ):
        browser.get(f"{shop.url}/{path}")
        assert browser.execute_script(CONTRAST) == [], path
        grounds.add(
            browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    assert grounds == {{"light": "rgb(247, 247, 245)", "dark": "rgb(19, 22, 20)"}[scheme]}


def test_the_keyboard_reaches_the_content_first(browser: webdriver.Chrome) -> None:
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to content"

    browser.switch_to.active_element.send_keys(Keys.ENTER)

    assert browser.switch_to.active_element.get_attribute("id") == "main"
