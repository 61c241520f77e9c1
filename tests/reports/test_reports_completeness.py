"""How complete a catalog is, for people and for programs (contract 1.8, 8)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from reconciler.completeness import Breach, Completeness, Rule, Shelf, Tally
from reconciler.model import Place, Ref
from reconciler.reports.completeness import completeness_text
from reconciler.reports.html import completeness_html
from reconciler.reports.markdown import COMMENT, completeness_markdown, difference_markdown
from reconciler.reports.markdown.completeness import MOST_CHANGE
from reconciler.reports.problems import problems_json
from tests.reports.browser import chromium, open_page
from tests.reports.hostiles import TEXTS, harmless
from tests.reports.test_reports_hostile import MEANT, SHAPE, check_characters, check_log, seen
from tests.reports.test_reports_html import search, texts

COLORS = Rule(
    "Color, Size", "published products under Jackets", "error", Place("reconciler.yaml", 2)
)
GTINS = Rule(
    "GTIN: matches ^[0-9]{13}$", "products", "warning", Place("reconciler.yaml", 3), "13 digits."
)
NOTHING = Rule("Collections", "files", "error", Place("reconciler.yaml", 4))
JACKETS = Shelf(
    "jackets",
    ("Apparel", "Jackets"),
    Tally(8, 4),
    {0: Tally(8, 4), 1: Tally(3, 1)},
    (
        Breach(0, Ref("collection", "parka"), "Parka", ("Size",), Place("a.yaml", 5), objects=3),
        Breach(0, Ref("collection", "cap"), "Rain | Cape", ("Color", "Size"), Place("a.yaml", 9)),
        Breach(1, Ref("collection", "cap"), "Rain | Cape", ("GTIN",), Place("a.yaml", 11), "12", "does not match '^[0-9]{13}$'"),
    ),
)  # fmt: skip
HATS = Shelf("hats", ("Hats",), Tally(2, 0), {1: Tally(2, 0)})
FOUND = Completeness((COLORS, GTINS, NOTHING), (JACKETS, HATS))


def test_a_terminal_shows_a_line_a_rule() -> None:
    assert completeness_text({None: FOUND}) == (
        "Rules: 60 % complete, 6 of 10 objects keep every one of 3 rules.\n"
        "  50 %             4 of 8  Color, Size – published products under Jackets\n"
        "  80 %             4 of 5  GTIN: matches ^[0-9]{13}$ (warning) – products\n"
        "     –             0 of 0  Collections – files\n"
    )


def test_environments_that_differ_are_told_one_after_the_other() -> None:
    both = {"staging": FOUND, "production": Completeness(FOUND.rules, (HATS,))}
    told = completeness_markdown(both)

    assert "## ⚠️ Completeness for staging: 60 %\n" in told
    assert "## ✅ Completeness for production: 100 %\n" in told
    assert completeness_text(both).count("Rules for ") == 2
    assert len(completeness_markdown({"a": many(300), "b": many(301)})) <= COMMENT.most


def test_without_rules_a_terminal_shows_nothing() -> None:
    assert completeness_text({None: Completeness()}) == ""
    assert json.loads(problems_json([], {None: Completeness()}))["completeness"] == []


def test_markdown_tells_categories_rules_and_what_is_missing() -> None:
    assert completeness_markdown({None: FOUND}, "One error besides.") == (
        "## ⚠️ Completeness: 60 %\n"
        "\n"
        "6 of 10 objects keep every one of 3 rules.\n"
        "\n"
        "One error besides.\n"
        "\n"
        "| Category | Complete | | Missing |\n"
        "| --- | ---: | ---: | --- |\n"
        "| Apparel › Jackets | 50 % | 4 of 8 | Size (4); Color (1); GTIN: matches `^[0-9]{13}$` (1) |\n"
        "| Hats | 100 % | 2 of 2 |  |\n"
        "\n"
        "| Rule | For | Level | Complete | |\n"
        "| --- | --- | --- | ---: | ---: |\n"
        "| Color, Size | published products under Jackets | error | 50 % | 4 of 8 |\n"
        "| GTIN: matches `^[0-9]{13}$` – 13 digits. | products | warning | 80 % | 4 of 5 |\n"
        "| Collections | files | error | – | nothing to look at |\n"
        "\n"
        "### What is missing\n"
        "\n"
        "**Apparel › Jackets** (4 objects)\n"
        "\n"
        "- Parka (3 variants): lacks Size `a.yaml:5`\n"
        "- `Rain | Cape`: lacks Color, Size `a.yaml:9`\n"
        "- `Rain | Cape`: GTIN `12` does not match `'^[0-9]{13}$'` `a.yaml:11`\n"
    )


def test_programs_are_told_all_of_it() -> None:
    told = json.loads(problems_json([], {"staging": FOUND}))["completeness"][0]

    assert told["environment"] == "staging"
    assert (told["looked_at"], told["complete"], told["percent"]) == (10, 6, 60)
    assert told["rules"][1]["message"] == "13 digits."
    assert told["categories"][0]["key"] == "jackets"
    assert told["categories"][0]["rules"][1] == {
        "rule": 1,
        "looked_at": 3,
        "complete": 2,
        "percent": 66,
    }
    assert told["categories"][0]["missing"][2] == {
        "rule": 1, "kind": "collection", "key": "cap", "label": "Rain | Cape",
        "lacks": "GTIN 12 does not match '^[0-9]{13}$'", "objects": 1, "file": "a.yaml", "line": 11,
    }  # fmt: skip


def test_what_a_change_makes_of_it() -> None:
    better = Shelf("jackets", ("Apparel", "Jackets"), Tally(8, 1))
    sock = Breach(0, Ref("collection", "sock"), "Sock", ("Color",), Place("b.yaml", 2), objects=5)
    socks = Shelf("socks", (), Tally(5, 5), {0: Tally(5, 5)}, (sock,))
    after = Completeness(FOUND.rules, (better, socks))

    assert difference_markdown(FOUND, after) == (
        "### ⚠️ Completeness: 60 % → 53 %\n"
        "\n"
        "7 of 13 objects keep every one of 3 rules.\n"
        "\n"
        "| Category | Before | | After | |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| Apparel › Jackets | 50 % | 4 of 8 | 87 % | 7 of 8 |\n"
        "| Without a category | – |  | 0 % | 0 of 5 |\n"
        "| Hats | 100 % | 2 of 2 | – |  |\n"
        "\n"
        "**Missing since this change**\n"
        "\n"
        "- Sock (5 variants): lacks Color `b.yaml:2`\n"
    )
    assert difference_markdown(FOUND, FOUND) == (
        "### ⚠️ Completeness: 60 %, as before\n\n6 of 10 objects keep every one of 3 rules.\n"
    )
    assert difference_markdown(None, FOUND, "The base cannot be read.") == (
        "### ⚠️ Completeness: 60 %\n\n"
        "6 of 10 objects keep every one of 3 rules. The base cannot be read.\n"
    )


def many(count: int) -> Completeness:
    """Many categories, each with much that is missing."""
    breaches = tuple(
        Breach(0, Ref("collection", f"k{i}"), f"Product {i}", ("Color",), Place("a.yaml", i + 1))
        for i in range(50)
    )
    shelves = [
        Shelf(f"c{i}", ("Top", f"Category {i}"), Tally(50, 50), {0: Tally(50, 50)}, breaches)
        for i in range(count)
    ]
    return Completeness((COLORS,), tuple(shelves))


@pytest.mark.parametrize("count", [1, 40, 3_000])
def test_markdown_has_room_whatever_is_missing(count: int) -> None:
    text = completeness_markdown({None: many(count)})

    assert len(text) <= COMMENT.most
    assert ("… shown" in text or "more categories" in text) == (count > 1)
    assert len(difference_markdown(Completeness(), many(count))) <= MOST_CHANGE


# --- text is data -------------------------------------------------------------------------------


def hostile(text: str) -> Completeness:
    """The text wherever a catalog can say one."""
    place = Place(text, 3)
    rule = Rule(f"{text}: matches {text}", f"products under {text} › {text}", "error", place, text)
    shelf = Shelf(
        "a",
        (text, text),
        Tally(2, 1),
        {0: Tally(2, 1)},
        (
            Breach(0, Ref("collection", "a"), text, (text, text), place),
            Breach(0, Ref("collection", "a"), text, (text,), place, text, f"does not match {text}"),
        ),
    )
    return Completeness((rule,), (shelf,))


every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


@every_text
def test_nothing_in_markdown_means_anything(text: str) -> None:
    for made, other in (
        (
            completeness_markdown({text: hostile(text)}),
            completeness_markdown({harmless(text): hostile(harmless(text))}),
        ),
        (
            difference_markdown(Completeness(), hostile(text), text),
            difference_markdown(Completeness(), hostile(harmless(text)), harmless(text)),
        ),
    ):
        page = seen(made)
        assert page.shape == seen(other).shape
        for said in page.plain:
            assert not [what for what, sign in MEANT.items() if re.search(sign, said)]
        check_log(made.replace("&lrm;", ""))


@every_text
def test_terminals_and_programs_are_told_text(text: str) -> None:
    check_log(completeness_text({text: hostile(text)}))
    check_log(problems_json([], {text: hostile(text)}))


# --- the page -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as driver:
        yield driver


def test_the_page_is_read_searched_and_opened(browser: Chrome, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(completeness_html(FOUND, None, "One error besides."), encoding="utf-8")
    open_page(browser, path)

    assert texts(browser, "h1") == ["⚠️ Completeness: 60 %"]
    assert texts(browser, "section:first-of-type tbody tr")[0].startswith(
        "Apparel › Jackets 50 % 4 of 8 Size (4)"
    )
    assert texts(browser, ".items > li") == [
        "Parka (3 variants) lacks Size a.yaml:5",
        "Rain | Cape lacks Color, Size a.yaml:9",
        "Rain | Cape GTIN 12 does not match '^[0-9]{13}$' a.yaml:11",
    ]
    search(browser, "parka size")
    assert texts(browser, ".items > li") == ["Parka (3 variants) lacks Size a.yaml:5"]
    assert browser.find_element(By.CSS_SELECTOR, "rect.part").get_attribute("width") == "50"


@every_text
def test_a_browser_builds_the_page_of_a_harmless_text(
    text: str, browser: Chrome, tmp_path: Path
) -> None:
    page, path = completeness_html(hostile(text), text), tmp_path / "page.html"
    check_characters(page)
    path.write_text(page, encoding="utf-8")
    open_page(browser, path)

    assert browser.get_log("browser") == []
    assert browser.execute_script("return window.pwned ?? null") is None
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    same = completeness_html(hostile(harmless(text)), harmless(text))
    assert browser.execute_script(SHAPE, page) == browser.execute_script(SHAPE, same)


def test_a_page_holds_so_many_lines_and_says_so() -> None:
    page = completeness_html(many(3_000))

    assert page.count("<li data-sort=") == 3 * 3_000
    assert page.count("… shown 3 of 50") == 3_000


def test_the_page_of_a_catalog_without_rules_says_how_to_begin() -> None:
    page = completeness_html(Completeness())

    assert "this catalog has no rules" in page
    assert "<table>" not in page
