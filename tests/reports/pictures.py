"""Pictures of reports for docs/reports.md: `python -m tests.reports.pictures docs/images`."""

import sys
import tempfile
from pathlib import Path

from selenium.webdriver import Chrome

from reconciler.catalog import read
from reconciler.cli.shopwindow import with_pictures
from reconciler.reports.html import completeness_html, plan_html, preview_pages
from reconciler.reports.markdown import plan_markdown
from reconciler.reports.preview.shop import shop_of
from tests.reports import samples
from tests.reports.browser import as_github_shows, chromium, open_page, picture

WIDE, NARROW = 900, 400
EXAMPLE = Path(__file__).parents[2] / "catalog"


def main(folder: Path) -> None:
    """A comment, the page in the dark and on a telephone, the example's completeness and preview,
    and a card of a plan."""
    plan = samples.large(60)
    example = read(EXAMPLE, environment="staging")
    shop = shop_of(example.catalog)
    shop = with_pictures(shop, shop.products)
    site = dict(preview_pages(shop, shop.products, "Preview for staging"))
    cards = plan_html(samples.family(shop), shop=shop)
    pages = (
        ("comment", as_github_shows(plan_markdown(plan)), WIDE, "light", 1250),
        ("page-dark", plan_html(plan), WIDE, "dark", 1200),
        ("page-narrow", plan_html(plan), NARROW, "light", 1000),
        ("completeness", completeness_html(example.completeness), WIDE, "light", 1250),
        ("preview", site["page-001.html"], WIDE, "light", 1100),
        ("cards", cards, WIDE, "light", 1500),
    )
    with tempfile.TemporaryDirectory() as made, chromium() as driver:
        for name, text, width, scheme, most in pages:
            path = Path(made) / "page.html"
            path.write_text(text, encoding="utf-8")
            _take(driver, path, folder / f"{name}.png", width, scheme, most)


def _take(driver: Chrome, page: Path, target: Path, width: int, scheme: str, most: int) -> None:
    driver.set_window_size(width, 900)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    open_page(driver, page)
    picture(driver, target, most=most)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
