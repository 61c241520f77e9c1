"""What axe-core, which accessibility audits are made with, finds in the pages (contract 8.2)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from reconciler.catalog import read
from reconciler.cli.shopwindow import with_pictures
from reconciler.reports.html import completeness_html, drift_html, plan_html, preview_pages
from reconciler.reports.preview.shop import shop_of
from tests.reports import samples
from tests.reports.browser import chromium, open_page
from tests.reports.plans import EVERYTHING

EXAMPLE = read(Path(__file__).parents[2] / "catalog", environment="staging")
AXE = Path(os.environ.get("AXE_CORE", "")).absolute() if os.environ.get("AXE_CORE") else None

pytestmark = pytest.mark.skipif(
    not AXE,
    reason="no axe-core: `npm ci --prefix .ci/axe`, and name its axe.min.js in AXE_CORE",
)

AUDIT = """
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then(
  (found) => done(found.violations.map((item) => [
    item.impact, item.id, item.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
  ])),
  (error) => done([["critical", String(error), []]]),
);
"""

# What is off the screen is not laid out, and axe looks at what is.
LAID_OUT = """
document.styleSheets[0].insertRule('* { content-visibility: visible !important }');
for (const fold of document.querySelectorAll('details')) fold.open = true;
"""


def pages() -> dict[str, str]:
    shop = shop_of(EXAMPLE.catalog)
    shop = with_pictures(shop, shop.products)
    site = dict(preview_pages(shop, shop.products, "Preview"))
    return {
        "contents": site["index.html"],
        "products": site["page-001.html"],
        "cards": plan_html(samples.family(shop), shop=shop),
        "everything": plan_html(EVERYTHING),
        "large": plan_html(samples.large(60)),
        "drift": drift_html(samples.drift(3)),
        "completeness": completeness_html(EXAMPLE.completeness),
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as driver:
        yield driver


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", pages() if AXE else ["any"])
def test_axe_finds_nothing_serious(name: str, scheme: str, browser: Chrome, tmp_path: Path) -> None:
    assert AXE is not None
    path = tmp_path / "page.html"
    path.write_text(pages()[name], encoding="utf-8")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    open_page(browser, path)
    browser.execute_script(LAID_OUT)
    # By the protocol of the browser: the page's own policy allows no script but its own.
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    found: list[list[Any]] = browser.execute_async_script(AUDIT)
    assert [item for item in found if item[0] in ("serious", "critical")] == []
    assert [item[:2] for item in found] == []
