"""What holds for every page: machines can read it, nothing comes from elsewhere, text is text."""

import re

import httpx
import pytest

from reconciler.sandbox import Sandbox
from tests.sandbox.page.accounts import parsed, words
from tests.sandbox.page.pages import EVERY_PAGE, page


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_can_be_read_by_machines_that_read_aloud(
    reader: httpx.Client, path: str
) -> None:
    root = page(reader, path)

    assert root.get("lang") == "en"
    assert len(root.findall(".//h1")) == 1
    assert words(root.find(".//title")).endswith("· PXM sandbox")
    assert [words(link) for link in root.findall(".//a[@class='skip']")] == ["Skip to content"]
    assert root.find(".//main").get("id") == "main"
    labels = [nav.get("aria-label") or nav.get("aria-labelledby") for nav in root.iter("nav")]
    assert all(labels)
    assert len(labels) == len(set(labels))
    assert all(head.get("scope") in ("col", "row") for head in root.iter("th"))
    assert all(found.find("caption") is not None for found in root.iter("table"))
    assert all(image.get("alt") is not None for image in root.iter("img"))


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_control_has_a_label_and_every_id_is_one_of_its_kind(
    reader: httpx.Client, path: str
) -> None:
    root = page(reader, path)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    labels = {label.get("for") for label in root.iter("label")}
    wrapped = {id(inner) for label in root.iter("label") for inner in label.iter("input")}
    controls = [
        control
        for tag in ("input", "select", "textarea")
        for control in root.iter(tag)
        if control.get("type") != "hidden"
    ]

    assert len(ids) == len(set(ids))
    assert all(control.get("id") in labels or id(control) in wrapped for control in controls)
    assert {
        link.get("href")[1:] for link in root.iter("a") if link.get("href", "").startswith("#")
    } <= set(ids)


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_page_needs_anything_from_elsewhere_or_a_script(reader: httpx.Client, path: str) -> None:
    answer = reader.get(path)
    root = parsed(answer.text)
    loaded = [
        element.get("src") or element.get("href") or ""
        for tag in ("img", "link", "script")
        for element in root.iter(tag)
    ]

    assert [address for address in loaded if not address.startswith("/")] == []
    assert list(root.iter("script")) == []
    assert list(root.iter("style")) == []
    assert [
        name
        for element in root.iter()
        for name in element.attrib
        if name.startswith("on") or name == "style"
    ] == []
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_every_link_of_every_page_leads_somewhere(reader: httpx.Client) -> None:
    links = {
        link.get("href").partition("#")[0]
        for path in EVERY_PAGE
        for link in page(reader, path).iter("a")
        if link.get("href", "").startswith("/")
    }

    missing = {link for link in links if reader.get(link).status_code != 200}

    assert len(links) == 22
    assert missing <= {"/openapi.json"}


def test_the_style_sheet_is_kept_by_the_browser_until_it_changes(reader: httpx.Client) -> None:
    address = page(reader, "/").find(".//link[@rel='stylesheet']").get("href")

    answer = reader.get(address)

    assert re.fullmatch(r"/browse/style\.css\?v=[0-9a-f]{12}", address)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert "prefers-color-scheme: dark" in answer.text


def test_the_icon_is_served_here(reader: httpx.Client) -> None:
    answer = reader.get(page(reader, "/").find(".//link[@rel='icon']").get("href"))

    assert answer.headers["content-type"] == "image/svg+xml"
    assert list(parsed(answer.text).attrib) == ["xmlns", "viewbox"]


def test_reading_pages_is_no_request_to_the_api(box: Sandbox, web: httpx.Client) -> None:
    for path in EVERY_PAGE:
        web.get(path)

    assert list(box.requests) == []


def test_the_api_answers_beside_the_pages(reader: httpx.Client) -> None:
    assert reader.get("/v2.1/collection/bare").json()["name"] == "Bare Mat"
    assert reader.get("/v2.1/nothing").json()["message"] == "Not Found"
    assert reader.get("/browse").status_code == 404


# --- hostile text ---

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea></title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnirts esrever",
    "half a pair \ud800",
    "&lt;b&gt;",
    "🏔️ 🧗‍♀️",
    "سترة المطر",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_the_account_is_text_on_every_page(
    box: Sandbox, web: httpx.Client, text: str
) -> None:
    # Not put: SQLite cannot keep half a pair, a memory can hold it all the same.
    for items in box.app.store.objects.values():
        for id_, item in items.items():
            names = {
                "name",
                "label",
                "file_name",
                "description",
                "additional_title",
                "link",
                "language",
            }
            items[id_] = {**item, **dict.fromkeys(names & item.keys(), text)}
    box.app.store.objects["attribute"]["colour"]["options"][0]["label"] = text
    box.app.store.objects["collection"]["rain"]["attributes"][2]["value"] = text
    shown = text.encode(errors="replace").decode()

    for path in EVERY_PAGE[:-3]:
        root = page(web, path)
        assert list(root.iter("script")) == list(root.iter("svg")) == [], path
        assert [e.tag for e in root.iter() if any(n.startswith("on") for n in e.attrib)] == [], path
    product = page(web, "/browse/product/rain?edit")
    assert words(product.find(".//main//h1")) == " ".join(shown.split())
    assert product.find(".//input[@name='name']").get("value") == shown
    assert all(not link.get("href", "").startswith("javascript") for link in product.iter("a"))
