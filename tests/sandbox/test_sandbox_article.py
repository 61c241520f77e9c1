"""The documented client works: what the vendor's article shows in Python, against the sandbox.

Each of its examples is written anew here.  Where the article lies beside the project, its own
text is run as well, as it stands but for the line breaks that it lost.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from reconciler.sandbox import Answer, Request
from tests.limits import HANG
from tests.sandbox.boxes import JSON, Box, picture, served, until

ARTICLE = Path(__file__).parents[3] / "shared" / "pxm-api-article.txt"
LOGIN = ("sandbox", "sandbox")
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def headers(box: Box) -> dict[str, str]:
    return {"Authorization": box.client.headers["Authorization"]}


# --- written anew ---


def basic() -> str:
    return base64.b64encode(":".join(LOGIN).encode()).decode()


@pytest.mark.parametrize(
    "login",
    [
        {"auth": LOGIN},
        {"headers": {"Authorization": f"Basic {basic()}", "Content-Type": "application/json"}},
    ],
    ids=["auth", "header"],
)
def test_a_token_is_had_in_both_ways(login: JSON, box: Box) -> None:
    url = f"{box.sandbox.url}/v2.1"
    answer = requests.post(f"{url}/oauth/authorize", json=GRANT, timeout=HANG, **login)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert requests.get(f"{url}/region", headers=bearer, timeout=HANG).status_code == 200


def items_of(page: Any) -> list[JSON]:
    """The items of a page in any envelope."""
    if isinstance(page, list):
        return page
    for key in ("collections", "files", "items", "data"):
        if page.get(key):
            return list(page[key])
    return []


def paged(url: str, headers: JSON, limit: int) -> Iterator[JSON]:
    """Every item of a list: up to a page that is not full."""
    offset, count = 0, limit
    while count == limit:
        query = {"limit": limit, "offset": offset}
        items = items_of(requests.get(url, headers=headers, params=query, timeout=HANG).json())
        yield from items
        offset, count = offset + limit, len(items)


@pytest.mark.parametrize("dialect", ["", "lists-raw", "lists-wrapped", "lists-data", "lists-items"])
def test_a_defensive_reader_pages_through_every_envelope(dialect: str) -> None:
    with served(*filter(None, [dialect])) as box:
        for number in range(25):
            box.sandbox.put_object("collection", {"name": f"C{number}"})
            box.sandbox.put_object("file", {"file_name": f"f{number}"})
        token = {"Authorization": box.client.headers["Authorization"]}
        for kind, name in (("collection", "name"), ("file", "file_name")):
            found = [item[name] for item in paged(f"{box.sandbox.url}/v2.1/{kind}", token, 10)]
            assert len(found) == len(set(found)) == 25


def test_a_safe_update_keeps_what_was_there(box: Box, headers: JSON) -> None:
    old, new = (box.sandbox.put_object("category", {"name": name}) for name in "ab")
    id_ = box.sandbox.put_object("collection", {"name": "x", "direct_parent": [old]})
    url = f"{box.sandbox.url}/v2.1/collection/{id_}"
    parents = requests.get(url, headers=headers, timeout=HANG).json()["direct_parent"]
    requests.put(url, headers=headers, json={"direct_parent": [*parents, new]}, timeout=HANG)
    assert box.get(f"collection/{id_}")["direct_parent"] == [old, new]


def patient(method: str, url: str, slept: list[float], **options: Any) -> requests.Response:
    """A request that waits as a 429 says, three times at most."""
    for _ in range(3):
        answer = requests.request(method, url, timeout=HANG, **options)
        if answer.status_code != 429:
            answer.raise_for_status()
            return answer
        slept.append(float(answer.headers.get("Retry-After", 60)))
        time.sleep(min(slept[-1], 1.1))
    raise RuntimeError("still refused")


def test_a_client_that_waits_as_told_gets_through() -> None:
    with served(rate_limit=2, rate_period=1.0) as box:
        headers = {"Authorization": box.client.headers["Authorization"]}
        slept: list[float] = []
        answers = [
            patient("GET", f"{box.sandbox.url}/v2.1/category", slept, headers=headers)
            for _ in range(4)
        ]
        assert [answer.json() for answer in answers] == [[]] * 4
        assert slept == [1.0]


def test_a_delta_brings_only_what_changed(box: Box, headers: JSON) -> None:
    old = {"created_date": "2025-01-01T00:00:00Z", "updated_date": "2025-01-01T00:00:00Z"}
    box.sandbox.put_object("collection", {"name": "old", **old})
    box.sandbox.put_object("collection", {"name": "new"})
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"updated_start_date": yesterday, "limit": 100, "offset": 0}
    answer = requests.get(
        f"{box.sandbox.url}/v2.1/collection", headers=headers, params=query, timeout=HANG
    )
    assert [item["name"] for item in answer.json()["collections"]] == ["new"]


@pytest.mark.parametrize("parted", [False, True])
def test_a_file_goes_up_and_becomes_available(parted: bool) -> None:
    content = picture()
    options = {"multipart_threshold": 1000, "part_size": 1000} if parted else {}
    with served(processing=1.0, **options) as box:
        url = f"{box.sandbox.url}/v2.1/file"
        headers = {"Authorization": box.client.headers["Authorization"]}
        region = box.get("region")[0]["id"]
        names = {"filename": "hero.jpg", "file_name": "hero.jpg"}
        ask = {**names, "mime_type": "image/jpeg", "size": len(content)}
        asked = requests.post(
            f"{url}/request-upload", json=ask, headers=headers, timeout=HANG
        ).json()
        body: JSON = {
            "file_path": asked["file_path"],
            "file_name": "hero.jpg",
            "file_size": len(content),
            "metadata": {
                "published": True,
                "published_start_date": "2025-01-01T00:00:00Z",
                "region_ids": [region],
            },
        }
        assert asked["upload_type"] == ("multipart" if parted else "standard")
        if parted:
            body["upload_id"] = asked["upload_id"]
            body["multipart"] = []
            for part in asked["parts"]:
                start = (part["part_number"] - 1) * 1000
                sent = requests.put(
                    part["upload_url"], data=content[start : start + 1000], timeout=HANG
                )
                body["multipart"].append(
                    {"part_number": part["part_number"], "etag": sent.headers["ETag"]}
                )
        else:
            requests.put(asked["upload_url"], data=content, timeout=HANG).raise_for_status()
        made = requests.post(f"{url}/confirm-upload", json=body, headers=headers, timeout=HANG)
        assert (made.status_code, made.json()["is_converting"]) == (201, True)

        def available() -> Any:
            item = requests.get(f"{url}/{made.json()['id']}", headers=headers, timeout=HANG).json()
            return None if item["is_converting"] else item

        item = until(available)
        assert (item["file_size"], item["file_dimension"]) == (len(content), "640px x 480px")
        assert (item["region_ids"], item["published"]) == ([region], True)
        assert (
            requests.get(item["variants"]["thumb"], timeout=HANG).headers["Content-Type"]
            == "image/jpeg"
        )


@pytest.mark.parametrize(
    ("cause", "status", "retry"),
    [
        ("a missing field", 400, False),
        ("no token", 401, False),
        ("no permission", 403, False),
        ("an unknown id", 404, False),
        ("too many requests", 429, True),
        ("a server error", 500, True),
        ("a bad gateway", 502, True),
        ("an outage", 503, True),
    ],
)
def test_every_documented_error_can_be_had(cause: str, status: int, retry: bool) -> None:
    faults = {429: "429", 500: "500", 502: "502-before", 503: "503"}
    dialects = ["writes-forbidden"] if status == 403 else []
    with served(*dialects) as box:
        headers = {"Authorization": "" if status == 401 else box.client.headers["Authorization"]}
        if status in faults:
            box.sandbox.set_chaos({faults[status]: 1.0})
        path = "category/gone" if status == 404 else "category"
        method = "GET" if status == 404 else "POST"
        answer = requests.request(
            method, f"{box.sandbox.url}/v2.1/{path}", json={}, headers=headers, timeout=HANG
        )
        assert answer.status_code == status, cause
        assert set(answer.json()) >= {"error", "message"}
        assert (status in (429, 500, 502, 503)) == retry


# --- the article's own text ---


def reflowed(start: str, *lines: str, end: str) -> str:
    """An example as code: blocks kept their indents, the line breaks before `lines` are lost."""
    text = ARTICLE.read_text(encoding="utf-8")
    begin = text.index(start)
    code = text[begin : text.index(end, begin) + len(end)]
    code = re.sub(r"(?<=\S)( {4,})(?=\S)", r"\n\1", code)
    for line in lines:
        code = code.replace(line, f"\n{line}")
    return code


def ran(code: str, box: Box, **known: Any) -> dict[str, Any]:
    """The names that an example leaves, run against the sandbox."""
    names = {"client_id": "sandbox", "client_secret": "sandbox", "requests": requests, **known}
    exec(code.replace("https://entapi.amplifi.io", box.sandbox.url), names)
    return names


there = pytest.mark.skipif(not ARTICLE.is_file(), reason="the vendor's article is not here")


@there
@pytest.mark.parametrize(
    ("start", "lines"),
    [
        (
            "import requestsAUTH_URL",
            ("AUTH_URL  =", "BASE_URL  =", "resp =", "token =", "headers ="),
        ),
        ("import requests, base64credentials", ("credentials =", "resp =", "token =")),
    ],
)
def test_the_article_gets_a_token(start: str, lines: tuple[str, ...], box: Box) -> None:
    code = reflowed(start, *lines, end='["access_token"]')
    token = ran(code, box)["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    url = f"{box.sandbox.url}/v2.1/category"
    assert requests.get(url, headers=bearer, timeout=HANG).json() == []


@there
@pytest.mark.parametrize("dialect", ["", "lists-raw", "lists-wrapped", "lists-data", "lists-items"])
def test_the_article_reads_every_page_shape(dialect: str) -> None:
    code = reflowed(
        "page = resp.json()if isinstance",
        "if isinstance(page, list)",
        "elif isinstance",
        "else:",
        end="else:    items = []",
    )
    with served(*filter(None, [dialect])) as box:
        box.sandbox.put_object("collection", {"name": "x"})
        resp = box.send("GET", "collection")
        assert [item["name"] for item in ran(code, box, resp=resp)["items"]] == ["x"]


@there
def test_the_article_updates_safely(box: Box, headers: JSON) -> None:
    old = box.sandbox.put_object("category", {"name": "old"})
    box.sandbox.put_object("category", {"name": "new"}, "new-category-uuid")
    id_ = box.sandbox.put_object("collection", {"name": "x", "direct_parent": [old]})
    code = reflowed(
        "# 1. GET the current state", "current =", "# 2.", "existing_parents =", "new_parents =",
        "# 3.", "payload =", "requests.put", end="json=payload)",
    )  # fmt: skip
    ran(code, box, BASE_URL=box.sandbox.url, id=id_, headers=headers)
    assert box.get(f"collection/{id_}")["direct_parent"] == [old, "new-category-uuid"]


@there
def test_the_article_retries(box: Box, headers: JSON, capsys: pytest.CaptureFixture[str]) -> None:
    code = reflowed("import time, requestsdef api_request_with_retry", "def api", end='exceeded")')
    answers = iter([Answer(429, {}, {"Retry-After": "0"}), None])

    def hook(_: Request) -> Answer | None:
        return next(answers)

    box.sandbox.on_request(hook)
    send = ran(code, box)["api_request_with_retry"]
    assert send("GET", f"{box.sandbox.url}/v2.1/category", headers=headers).json() == []
    assert capsys.readouterr().out == "Rate limited. Waiting 0s...\n"


@there
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_the_article_fetches_what_changed(box: Box, headers: JSON) -> None:
    old = {"created_date": "2025-01-01T00:00:00Z", "updated_date": "2025-01-01T00:00:00Z"}
    box.sandbox.put_object("collection", {"name": "old", **old})
    box.sandbox.put_object("collection", {"name": "new"})
    code = reflowed(
        "from datetime import datetime, timedeltayesterday", "yesterday =", "# Fetch only", "payload =",
        end="}).json()",
    )  # fmt: skip
    found = ran(code, box, BASE_URL=box.sandbox.url, headers=headers)["payload"]
    assert [item["name"] for item in found["collections"]] == ["new"]


@there
def test_the_article_caches_its_token(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = reflowed(
        "import os, requestsTOKEN_FILE", "TOKEN_FILE =", "def get_token", end="return token"
    )
    get = ran(code, box, CLIENT_ID="sandbox", CLIENT_SECRET="sandbox")["get_token"]
    assert get() == get() == (tmp_path / ".pxm_token").read_text()
    assert len([r for r in box.sandbox.requests if r.path.endswith("authorize")]) == 2
