"""Text from a catalog or the API is data, whatever it says, in every report (contract 8.3)."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from reconciler.cli.planread import plan_from_json
from reconciler.model import Number, Outcome, Place, Problem, Review, Summary, Unstuck
from reconciler.reports.driftjson import drift_json
from reconciler.reports.drifttext import drift_text
from reconciler.reports.explain import ExplainRow, explain_json, explain_text
from reconciler.reports.graph import graph_dot, graph_mermaid
from reconciler.reports.html import drift_html, plan_html
from reconciler.reports.markdown import (
    COMMENT,
    drift_markdown,
    drift_marker,
    plan_markdown,
    plan_marker,
)
from reconciler.reports.outcome import ApplyReport, outcome_json, outcome_text
from reconciler.reports.permittext import review_text
from reconciler.reports.planjson import plan_json
from reconciler.reports.problems import problems_github, problems_json, problems_text
from reconciler.reports.text import plan_text
from reconciler.reports.values import clean
from tests.build import catalog, want
from tests.reports.browser import chromium, gfm, open_page
from tests.reports.hostiles import TEXTS, drift_of, harmless, plan_of
from tests.reports.svg import text_svg

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


# --- Markdown -----------------------------------------------------------------------------------

TAGS = {"h2", "h3", "h4", "p", "ul", "li", "code", "strong", "em", "b", "del", "ins", "div"} | {
    "details",
    "summary",
    "hr",
    "pre",
}
MEANT = {
    "a mention": r"(?<![\w.])@\w",
    "an issue": r"(?<![\w&])#\d|\bGH-\d",
    "a commit": r"\b[0-9a-f]{7,40}\b",
    "an emoji": r":[a-z0-9_+-]+:",
    "an address": r"\w://|\bwww\.|\w@\w",
    "mathematics": r"\$",
    "an expression": r"\{\{",
    "a footnote": r"\[\^",
}
"""What GitHub makes of text outside of code once the page is made."""


@dataclass
class Seen(HTMLParser):
    """A page as a tree walk: tags, attributes, comments, and the text in and out of code."""

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        (self.code if "code" in self.open else self.plain).append(data)

    @property
    def shape(self) -> list[str]:
        """The tags, but for code: a harmless word needs none."""
        return [tag for tag in self.tags if tag not in ("code", "/code")]


def seen(markdown: str) -> Seen:
    """What a reader's browser is given of a comment."""
    found = Seen()
    found.feed(gfm().render(markdown))
    found.close()
    assert found.open == []
    return found


def check_markdown(markdown: str, same: str, marker: str) -> None:
    """It has the shape of the harmless one, and nothing in it means anything."""
    page, other = seen(markdown), seen(same)
    assert page.shape == other.shape
    assert set(page.tags) <= TAGS | {f"/{tag}" for tag in TAGS}
    assert set(page.attributes) <= {("class", "language-diff")}
    first, *others = (f"<!--{text}-->" for text in page.comments)
    assert first == marker
    # A line of the task list of drift has the digest of what it is about.
    assert all(re.fullmatch("<!-- [0-9a-f]{8} -->", text) for text in others)
    for text in page.plain:
        for what, pattern in MEANT.items():
            assert not re.search(pattern, text), (what, text)
    assert not re.search(r"(?m)##\[|^\s*::", markdown)
    check_characters(markdown.replace("&lrm;", ""))
    assert len(markdown) <= COMMENT.most


@every_text
def test_nothing_in_a_plan_in_markdown_means_anything(text: str) -> None:
    made, other = plan_of(text), plan_of(harmless(text))
    check_markdown(plan_markdown(made), plan_markdown(other), plan_marker(made.environment))


@every_text
def test_nothing_in_drift_in_markdown_means_anything(text: str) -> None:
    made, other = drift_of(text), drift_of(harmless(text))
    check_markdown(drift_markdown(made), drift_markdown(other), drift_marker(made.environment))


@every_text
def test_a_short_text_is_there_to_be_read(text: str) -> None:
    page = seen(plan_markdown(plan_of(text)))
    if len(clean(text)) <= 60:
        said = "".join([*page.plain, *page.code])
        assert clean(text) in said


def test_an_arrow_between_words_that_run_from_the_right_still_points_to_the_right() -> None:
    assert "`שלום` &lrm;→&lrm; `שלום!`" in plan_markdown(plan_of("שלום"))
    assert "&lrm;" not in plan_markdown(plan_of("Peace"))


# --- terminals and logs -------------------------------------------------------------------------

COLOR = re.compile(r"\x1b\[[0-9;]*m")
JOINERS = {"\u200c", "\u200d"}


def check_characters(report: str) -> None:
    """Nothing that a terminal obeys, that cannot be seen, or that turns the line around."""
    bad = {
        char
        for char in set(report) - {"\n", *JOINERS}
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    assert bad == set()
    report.encode("utf-8")


def check_log(report: str) -> None:
    """Nor anything that the log of a runner takes for a command."""
    check_characters(COLOR.sub("", report))
    assert not any(line.lstrip().startswith("::") for line in report.splitlines())
    assert "##[" not in report


def outcomes_of(text: str) -> ApplyReport:
    """A run of which each part says the text."""
    made = plan_of(text)
    return ApplyReport(
        tuple(
            Outcome(
                item,
                status,
                "id",
                text,
                text,
                (Unstuck("name", text, Number("1")),),
                (),
                {text: text},
            )
            for item, status in zip(
                made.changes[2:], ["done", "failed", "not_attempted", "blocked"], strict=False
            )
        ),
        Summary(update=1),
        left={text: 1},
        causes={text: 2},
        names=made.names,
    )


def rows_of(text: str) -> list[ExplainRow]:
    return [ExplainRow(text, text, (text,), {text: text}, Place(text), text)]


@every_text
@pytest.mark.parametrize("color", [False, True])
def test_no_report_for_a_terminal_says_more_than_text(text: str, color: bool) -> None:
    check_log(plan_text(plan_of(text), color=color))
    check_log(drift_text(drift_of(text), color=color))
    check_log(outcome_text(outcomes_of(text), color=color))
    check_log(explain_text(text, text, rows_of(text), color=color))
    check_log(problems_text([Problem(Place(text), text, text)], prefix=text))
    check_log(review_text(Review((text,), (text,), (text,), (text,), (text,))))


@every_text
def test_no_report_for_programs_says_more_than_text(text: str) -> None:
    plan, drift = plan_json(plan_of(text), "1"), drift_json(drift_of(text), "1")
    for report in (
        plan,
        drift,
        outcome_json(outcomes_of(text)),
        explain_json(text, text, text, rows_of(text)),
    ):
        check_log(report)
        json.loads(report)
    check_log(problems_json([Problem(Place(text), text, text)]))
    assert json.loads(plan)["environment"] == text
    assert json.loads(drift)["notes"] == [text]


@every_text
def test_a_plan_read_again_reads_the_same_in_markdown_and_html(text: str) -> None:
    made = plan_of(text)
    read = plan_from_json(plan_json(made, "1"), "plan.json")
    assert plan_markdown(read) == plan_markdown(made)
    assert plan_html(read) == plan_html(made)


@every_text
def test_an_annotation_is_one_command_that_says_the_text(text: str) -> None:
    line = problems_github([Problem(Place(text, 3, 4), text)])
    check_characters(line)
    assert line.count("\n") == 1
    head, _, message = line.removeprefix("::error ").rstrip("\n").partition("::")
    properties = [part.partition("=") for part in head.split(",")]
    assert [name for name, _, _ in properties] == ["file", "line", "col"]
    said = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    # Line breaks are the runner's to show; all else that is not seen is spelled out.
    shown = "".join(part if part in "\r\n" else clean(part) for part in re.split(r"([\r\n])", text))
    assert said == shown


# --- graphs -------------------------------------------------------------------------------------


def graph_of(text: str) -> tuple[str, str]:
    """A catalog of things that are called by the text, drawn."""
    made = catalog(
        want("category", "a", name=text),
        want("attribute", "b", label=text, type="Text"),
        want("attribute_group", "c", name=text, attributes=("b",)),
        want("collection", "d", name=text, category="a", attributes={"b": text}),
        want("resource", "e", description=text, link=text, collections=("d",)),
    )
    return graph_dot(made), graph_mermaid(made)


DOT = re.compile(
    r'  n\d+ \[label="(?:[^"\\]|\\.)*", shape=[a-z]+, fillcolor="#[0-9a-f]{6}"(?:, peripheries=2)?\];'
    r"|  n\d+ -> n\d+;|digraph catalog \{|  rankdir=RL;|  (?:node|edge) \[.*\];|\}"
)
MERMAID = re.compile(
    r'  n\d+(?:\[\["|\(\["|\{\{"|\["|>")(?:[^\W_]|[ .,/-]|#\d+;|<br/>)*(?:"\]\]|"\]\)|"\}\}|"\]):::[a-z_]+'
    r"|  n\d+ --> n\d+|flowchart RL|  classDef [a-z_]+ [a-z0-9:#,]+;"
)


@every_text
def test_a_graph_has_its_boxes_and_arrows_and_nothing_else(text: str) -> None:
    for drawn, grammar, same in zip(
        graph_of(text), (DOT, MERMAID), graph_of(harmless(text)), strict=True
    ):
        check_characters(drawn)
        lines, others = drawn.splitlines(), same.splitlines()
        assert len(lines) == len(others)
        assert [line for line in lines if not grammar.fullmatch(line)] == []


# --- a browser ----------------------------------------------------------------------------------

SHAPE = """
const page = new DOMParser().parseFromString(arguments[0], "text/html");
return [...page.querySelectorAll("*")].map((element) =>
  [element.tagName, ...element.getAttributeNames(), element.id, element.className].join(" "))
"""
STATE = """
return [window.pwned ?? null, location.href, performance.getEntriesByType("resource").length,
  document.querySelectorAll("a:not(.skip), img, iframe, object, svg, base, [onerror]").length]
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as driver:
        yield driver


def check_page(driver: Chrome, path: Path, page: str, same: str) -> None:
    """A browser builds of it what it builds of a harmless one, and runs nothing but its script."""
    check_characters(page)
    path.write_text(page, encoding="utf-8")
    open_page(driver, path)
    assert driver.execute_script(STATE) == [None, path.as_uri(), 0, 0]
    assert driver.get_log("browser") == []
    assert driver.execute_script(SHAPE, page) == driver.execute_script(SHAPE, same)


@every_text
def test_a_browser_builds_the_page_of_a_harmless_text(
    text: str, browser: Chrome, tmp_path: Path
) -> None:
    path, other = tmp_path / "report.html", harmless(text)
    check_page(browser, path, plan_html(plan_of(text)), plan_html(plan_of(other)))
    check_page(browser, path, drift_html(drift_of(text)), drift_html(drift_of(other)))


def test_a_picture_of_a_terminal_is_well_formed_whatever_it_shows(
    browser: Chrome, tmp_path: Path
) -> None:
    short = [text for text in TEXTS.values() if len(text) < 1_000]
    shown = "".join(explain_text(text, text, rows_of(text), color=True) for text in short)
    path = tmp_path / "explain.svg"
    path.write_text(text_svg(shown, " ".join(map(clean, short))), encoding="utf-8")
    open_page(browser, path)
    assert browser.execute_script(
        "return [document.documentElement.tagName, window.pwned ?? null, "
        "document.querySelectorAll('parsererror, script, a, image').length]"
    ) == ["svg", None, 0]
