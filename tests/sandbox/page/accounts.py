"""Accounts made by hand, for the tests of the sandbox's page."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from reconciler.sandbox.app import App
from reconciler.sandbox.exchange import Options
from reconciler.sandbox.store import AccountStore

VOID = {"meta", "link", "input", "img", "br", "hr"}
NOON = "2026-03-01T12:00:00Z"


OPENED: list[AccountStore] = []
"""Stores to close once a test is over; a store in memory has a folder for bytes all the same."""


def app(**options: Any) -> App:
    """An empty account in memory."""
    store = AccountStore(None, seed=1)
    OPENED.append(store)
    return App(store, Options(**options))


def put(app: App, kind: str, id_: str, **fields: Any) -> str:
    """An object with the id given, as somebody in the web interface would make it."""
    blank = {**app.rules.blank(kind), "updated_date": NOON, "created_date": NOON}
    app.store.put(kind, {**blank, **fields, "id": id_})
    return id_


def options(*labels: str) -> list[dict[str, str]]:
    """Options of a pick list whose ids are `o-` and the label in small letters."""
    return [{"id": f"o-{label.lower()}", "label": label} for label in labels]


def value(id_: str, content: Any) -> dict[str, Any]:
    """A stored attribute value."""
    return {"id": id_, "value": content}


class _Parser(HTMLParser):
    """Builds a tree from HTML; AssertionError where tags are not closed as they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.builder = ElementTree.TreeBuilder()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: held or "" for name, held in attrs})
        if tag in VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}> at {self.getpos()}"
        self.builder.end(self.open.pop())

    def handle_data(self, data: str) -> None:
        if self.open:
            self.builder.data(data)


def parsed(html: str) -> ElementTree.Element:
    """A page as a tree; AssertionError where its tags do not nest."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser.builder.close()


BLOCKS = {"li", "ul", "dt", "dd", "details", "summary", "small", "b", "h2", "p"}


def words(element: ElementTree.Element | None) -> str:
    """The text of an element as it stands on the page, white space made single."""
    assert element is not None
    return " ".join("".join(_spoken(element)).split())


def _spoken(element: ElementTree.Element) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        if inner.tag in BLOCKS:
            yield " "
        yield from _spoken(inner)
        if inner.tag in BLOCKS:
            yield " "
        yield inner.tail or ""


def named(root: ElementTree.Element, path: str) -> list[str]:
    """The texts of all elements that an ElementTree path finds."""
    return [words(element) for element in root.findall(path)]


def table(root: ElementTree.Element, caption: str) -> list[list[str]]:
    """The rows of the table with that caption, head first."""
    found = next(t for t in root.iter("table") if words(t.find("caption")) == caption)
    return [[words(cell) for cell in row] for row in found.iter("tr")]
