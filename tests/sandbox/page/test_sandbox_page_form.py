"""The form over HTTP: an edit lands in the store, and only one that this page sent."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Sandbox
from tests import patient
from tests.sandbox.page.accounts import named, parsed, put, words

PRODUCT = "/browse/product/rain"


TOKEN = re.compile(r'name="token" value="([^"]+)"')
MARK = re.compile(r'name="was:name" value="([^"]+)"')


def opened(web: httpx.Client) -> dict[str, Any]:
    """The form as a browser would send it, untouched."""
    root = parsed(web.get(f"{PRODUCT}?edit").text).find(".//form[@method='post']")
    assert root is not None
    found: dict[str, Any] = {}
    for control in root.iter("input"):
        if control.get("type") != "checkbox" or control.get("checked") is not None:
            found.setdefault(control.attrib["name"], []).append(control.get("value", ""))
    for control in root.iter("textarea"):
        found[control.attrib["name"]] = (control.text or "").removeprefix("\n")
    for control in root.iter("select"):
        chosen = [
            o.attrib["value"] for o in control.iter("option") if o.get("selected") is not None
        ]
        found[control.attrib["name"]] = chosen[0] if chosen else ""
    return found


def send(web: httpx.Client, typed: Mapping[str, Any], **headers: str) -> httpx.Response:
    return web.post(PRODUCT, data=dict(typed), headers=headers)


def test_an_edit_lands_in_the_store_and_the_api_shows_it(web: httpx.Client) -> None:
    before = web.get("/v2.1/collection/rain").json()

    answer = send(web, opened(web) | {"name": "Storm Jacket", "value:colour": "o-red"})

    after = web.get("/v2.1/collection/rain").json()
    assert answer.status_code == 200
    assert after["name"] == "Storm Jacket"
    assert [entry["value"] for entry in after["attributes"]] == [["o-red"], 450, "Wash & dry"]
    assert after["updated_date"] > before["updated_date"]
    assert {k: v for k, v in after.items() if k not in ("name", "attributes", "updated_date")} == {
        k: v for k, v in before.items() if k not in ("name", "attributes", "updated_date")
    }


def test_after_saving_the_page_says_what_changed_and_what_to_run(web: httpx.Client) -> None:
    answer = send(web, opened(web) | {"name": "Storm Jacket", "value:weight": ""})

    notice = parsed(answer.text).find(".//section[@id='saved']")
    assert notice is not None
    assert notice.get("role") == "status"
    assert named(notice, "./ul/li") == [
        "Name from Rain Jacket → to Storm Jacket",
        "Weight from 450 → to nothing",
    ]
    assert named(notice, "./dl/div") == [
        "pxm drift reports it as drift",
        "pxm plan shows what would bring it back",
        "pxm apply brings it back",
    ]
    assert re.fullmatch(rf".*{PRODUCT}\?saved=[0-9a-f]{{16}}", str(answer.url).partition("#")[0])


def test_an_edit_is_remembered_on_the_overview_and_beside_the_log(web: httpx.Client) -> None:
    send(web, opened(web) | {"name": "Storm Jacket"})

    for path in ("/", "/browse/requests"):
        root = parsed(web.get(path).text)
        assert named(root, ".//ul[@class='changes']/li") == [
            "Name from Rain Jacket → to Storm Jacket"
        ]


def test_a_form_sent_untouched_writes_nothing(box: Sandbox, web: httpx.Client) -> None:
    before = box.get("collection", "rain")

    answer = send(web, opened(web))

    assert named(parsed(answer.text), ".//section[@id='saved']/h2") == ["Nothing to save"]
    assert box.get("collection", "rain") == before


def test_what_is_wrong_is_marked_and_what_was_typed_is_kept(
    box: Sandbox, web: httpx.Client
) -> None:
    before = box.get("collection", "rain")

    answer = send(web, opened(web) | {"value:weight": "heavy", "value:care": "new words"})

    root = parsed(answer.text)
    assert answer.status_code == 422
    assert box.get("collection", "rain") == before
    assert words(root.find(".//div[@role='alert']/p")).startswith("Nothing was saved.")
    assert named(root, ".//div[@role='alert']/ul/li") == [
        "Weight: Write a number with a point, such as 450 or 12.5."
    ]
    marked = next(e for e in root.iter("input") if e.get("aria-invalid") == "true")
    assert (marked.get("name"), marked.get("value")) == ("value:weight", "heavy")
    fault = next(e for e in root.iter() if e.get("id") == marked.get("aria-describedby"))
    assert words(fault) == "Write a number with a point, such as 450 or 12.5."
    assert (
        next(e for e in root.iter("input") if e.get("name") == "value:care").get("value")
        == "new words"
    )


def test_a_second_editor_is_told_and_can_save_over_it(box: Sandbox, web: httpx.Client) -> None:
    mine = opened(web) | {"name": "Mine"}
    box.edit("collection", "rain", name="Theirs")

    refused = send(web, mine)

    assert refused.status_code == 422
    assert "Changed meanwhile: the account now says Theirs." in words(parsed(refused.text))
    again = parsed(refused.text).find(".//form[@method='post']")
    assert again is not None
    typed = {
        c.attrib["name"]: c.get("value", "")
        for c in again.iter("input")
        if c.attrib["name"].startswith("was:") or c.attrib["name"] in ("token", "name")
    }
    assert send(web, typed).status_code == 200
    assert box.get("collection", "rain")["name"] == "Mine"  # type: ignore[index]


def test_a_value_that_somebody_took_away_is_not_brought_back(
    box: Sandbox, web: httpx.Client
) -> None:
    mine = opened(web) | {"value:weight": "451"}
    box.edit("collection", "rain", attributes=[])

    answer = send(web, mine)

    assert answer.status_code == 409
    assert "somebody took a value away" in words(parsed(answer.text))
    assert box.get("collection", "rain")["attributes"] == []  # type: ignore[index]


def test_a_product_that_is_gone_cannot_be_saved(box: Sandbox, web: httpx.Client) -> None:
    mine = opened(web) | {"name": "Mine"}
    box.remove("collection", "rain")

    answer = send(web, mine)

    assert answer.status_code == 404
    assert "No product has the id rain any more." in answer.text


# --- who may send it ---


def refused(box: Sandbox, answer: httpx.Response, status: int, says: str) -> None:
    assert answer.status_code == status
    assert says in words(parsed(answer.text).find(".//main"))
    assert box.get("collection", "rain")["name"] == "Rain Jacket"  # type: ignore[index]


@pytest.mark.parametrize("token", [None, "", "wrong", "é", "\ud800"])
def test_a_form_without_the_token_is_refused(
    box: Sandbox, web: httpx.Client, token: str | None
) -> None:
    typed = opened(web) | {"name": "Theirs"}
    del typed["token"]
    if token is not None:
        typed["token"] = token.encode(errors="surrogatepass")

    refused(box, send(web, typed), 403, "does not carry the token of this sandbox")


def test_a_token_of_another_sandbox_is_refused(box: Sandbox, web: httpx.Client) -> None:
    with Sandbox() as other, patient.client(base_url=other.url) as elsewhere:
        put(other.app, "collection", "rain", name="Rain Jacket")
        foreign = opened(elsewhere)["token"]

    typed = opened(web) | {"name": "Theirs", "token": foreign}

    refused(box, send(web, typed), 403, "does not carry the token of this sandbox")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[::2]:80",
        "[",
        "",
    ],
)
def test_a_form_sent_under_another_host_is_refused(
    box: Sandbox, web: httpx.Client, host: str
) -> None:
    typed = opened(web) | {"name": "Theirs"}

    refused(box, send(web, typed, Host=host), 403, f"http://localhost:{box.port}")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8", "127.0.0.1:99", "127.8.8.8", "[::1]:7"]
)
def test_a_form_sent_under_any_name_of_loopback_is_taken(web: httpx.Client, host: str) -> None:
    typed = opened(web) | {"name": "Storm"}

    answer = web.post(PRODUCT, data=typed, headers={"Host": host}, follow_redirects=False)

    assert answer.status_code == 303
    assert web.get("/v2.1/collection/rain").json()["name"] == "Storm"


def test_a_form_larger_than_a_form_is_refused(box: Sandbox, web: httpx.Client) -> None:
    typed = opened(web) | {"name": "x" * (4 << 20)}

    refused(box, send(web, typed), 413, "larger than 4,194,304 bytes")


def test_a_body_of_too_many_fields_is_refused(box: Sandbox, web: httpx.Client) -> None:
    body = "&".join(f"f{number}=" for number in range(10_001))

    refused(box, web.post(PRODUCT, content=body), 403, "does not carry the token")


def test_only_the_last_50_edits_are_remembered(web: httpx.Client) -> None:
    for number in range(52):
        page = web.get(PRODUCT).text
        (token,), (mark,) = TOKEN.findall(page), MARK.findall(page)
        typed = {"token": token, "was:name": mark, "name": f"N {number}"}
        web.post(PRODUCT, data=typed, follow_redirects=False)

    root = parsed(web.get("/browse/requests").text)

    edits = named(root, ".//p[@class='edit']/a")
    assert edits == [f"N {number}" for number in range(51, 1, -1)]
