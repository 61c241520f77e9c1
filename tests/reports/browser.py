"""Headless Chromium, as Debian packages it, and Markdown as GitHub shows it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from markdown_it import MarkdownIt
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.limits import HANG

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>comment</title><style>
:root {{ color-scheme: light dark; --line: #d1d9e0; --soft: #f0f2f4; --text: #1f2328; --back: #fff; }}
@media (prefers-color-scheme: dark) {{ :root {{ --line: #3d444d; --soft: #262c36; --text: #f0f6fc; --back: #0d1117; }} }}
body {{ margin: 0; padding: 24px; background: var(--back); color: var(--text); font: 14px/1.5 system-ui, sans-serif; }}
main {{ max-width: 820px; border: 1px solid var(--line); border-radius: 6px; padding: 16px; overflow-wrap: break-word; }}
h2 {{ font-size: 1.5em; border-bottom: 1px solid var(--line); padding-bottom: .3em; }} h3 {{ font-size: 1.25em; }} h4 {{ font-size: 1em; }}
h2, h3, h4 {{ margin: 20px 0 12px; }} p, ul, details {{ margin: 0 0 12px; }} ul {{ padding-left: 2em; }} li ul {{ margin: 0; }}
code {{ background: var(--soft); border-radius: 6px; padding: .2em .4em; font: 85% ui-monospace, monospace; white-space: break-spaces; }}
summary {{ cursor: pointer; }} hr {{ border: 0; height: 4px; background: var(--line); }}
</style><main>{}</main></html>"""


def gfm() -> MarkdownIt:
    """CommonMark with GitHub's tables, strikethrough and links of bare addresses."""
    return MarkdownIt("gfm-like", {"html": True, "linkify": True})


def as_github_shows(markdown: str) -> str:
    """A page with a comment on it."""
    return PAGE.format(gfm().render(markdown))


@contextmanager
def chromium(*arguments: str, width: int = 1000, height: int = 900) -> Iterator[Chrome]:
    """A browser without a window; nothing of it outlives the block."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", *arguments):
        options.add_argument(argument)
    options.add_argument(f"--window-size={width},{height}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    driver.set_page_load_timeout(HANG)
    driver.set_script_timeout(HANG)
    try:
        yield driver
    finally:
        driver.quit()


def open_page(driver: Chrome, path: Path) -> None:
    """A file of this machine."""
    driver.get(path.resolve().as_uri())


def follow(driver: Chrome, element: WebElement) -> None:
    """Click what leads to another page, and wait until that one is there."""
    before = driver.find_element(By.TAG_NAME, "html")
    element.click()
    WebDriverWait(driver, HANG).until(staleness_of(before))


def picture(driver: Chrome, path: Path, *, most: int = 4000) -> None:
    """The whole page as a PNG, `most` pixels high at most."""
    height = driver.execute_script("return document.documentElement.scrollHeight")
    width = driver.get_window_size()["width"]
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": min(height, most), "deviceScaleFactor": 1, "mobile": False},
    )
    driver.save_screenshot(str(path))
