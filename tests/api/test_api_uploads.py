"""Odd answers to `request-upload` and of a storage: a clear error, and nothing nonsensical sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.api.uploads import UploadPart, send, ticket
from reconciler.errors import ApiError, BadAnswer, UsageError
from tests.api.pretend import BASE, Clock, Server, ok, session_on

PUT_HERE = "https://storage.example/put?signature=s3cret"
TWO = {"path": "p", "upload_id": "u", "part_size": 6, "parts": [{"url": "/1"}, {"url": "/2"}]}


def read(answer: Any, **options: Any) -> Any:
    with session_on(Server([ok(1)]), **options) as session:
        return ticket(answer, 10, session)


def test_what_is_documented_or_seen_is_understood() -> None:
    assert read({"data": {"key": "k", "presigned_url": PUT_HERE}}).parts == (
        UploadPart(1, PUT_HERE, 0, 10),
    )
    assert read(TWO).parts == (UploadPart(1, f"{BASE}/1", 0, 6), UploadPart(2, f"{BASE}/2", 6, 10))
    assert read({**TWO, "part_size": "6", "upload_id": 7}).upload_id == "7"
    urls = read({"path": "p", "upload_id": "u", "urls": [PUT_HERE, "/2"]})
    assert urls.parts == (UploadPart(1, PUT_HERE, 0, 5), UploadPart(2, f"{BASE}/2", 5, 10))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"url": PUT_HERE}, 'names no path of the file: ["url"]'),
        ("<html>", "names no path of the file: []"),
        ({"path": "p"}, "names no URL: nothing"),
        ({"path": "p", "url": 7}, "names no URL: 7"),
        ({"path": "p", "url": "http://["}, 'names what is no URL: "http://["'),
        (
            {"path": "p", "url": "file:///etc/passwd"},
            'names a URL that is not http or https: "file:///etc/passwd"',
        ),
        ({"path": "p", "url": "s3://bucket/x?sig=s3cret"}, '"s3://bucket/x"'),
        ({"path": "p", "parts": {"1": "/1"}}, 'has parts that are no list: {"1": "/1"}'),
        ({**TWO, "upload_id": None}, "has parts and no upload_id: nothing"),
        ({**TWO, "upload_id": ""}, 'has parts and no upload_id: ""'),
        ({**TWO, "part_size": "5MB"}, 'has a part size that is no whole number: "5MB"'),
        ({**TWO, "part_size": -6}, "has a part size that is no whole number: -6"),
        ({**TWO, "part_size": 3}, "has parts that do not hold 10 bytes: [2, 3]"),
        (
            {**TWO, "parts": [{"url": "/1", "part_number": "one"}]},
            'has a part number that is no whole number: "one"',
        ),
        (
            {**TWO, "parts": [{"url": "/1", "number": 2}, {"url": "/2"}]},
            "has two parts of one number: [2, 2]",
        ),
        ({**TWO, "parts": [{"url": "/1"}, {}]}, "names no URL: nothing"),
    ],
)
def test_an_answer_of_which_no_upload_can_be_made_is_told_as_it_was_said(
    answer: Any, words: str
) -> None:
    with pytest.raises(BadAnswer) as caught:
        read(answer)
    assert f"an upload was asked for, and the answer {words}" in str(caught.value) or (
        words in str(caught.value)
    )
    assert "s3cret" not in str(caught.value)
    assert caught.value.request == "POST /v2.1/file/request-upload"
    assert "nothing was uploaded" in caught.value.hint


def test_a_permission_goes_over_plain_http_to_this_machine_alone_or_where_that_is_said() -> None:
    """The address of an upload carries its permission (contract 7.2)."""
    answer = {"path": "p", "url": "http://storage.example/put?signature=s3cret"}
    with pytest.raises(BadAnswer, match=r"storage\.example over plain http") as caught:
        read(answer)
    assert "--insecure-http" in caught.value.hint
    assert "s3cret" not in str(caught.value)
    assert read(answer, insecure_http=True).parts[0].url == answer["url"]
    assert read({"path": "p", "url": "http://127.0.0.1:9/put"}).parts


def test_a_page_instead_of_a_storages_answer_is_no_upload(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"0123456789")
    page = httpx.Response(200, html="<html>Log in</html>")
    clock = Clock()
    with session_on(Server([page]), clock) as session, pytest.raises(BadAnswer, match="web page"):
        send(session, file, UploadPart(1, PUT_HERE, 0, 10))
    assert clock.time < 10


# --- secrets over plain http --------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://pxm.example", "http://10.0.0.7:8080", "http://[::2]"])
def test_credentials_go_over_plain_http_to_another_machine_only_where_that_is_said(
    url: str,
) -> None:
    server = Server([ok(1)])
    with pytest.raises(UsageError) as caught:
        session_on(server, base_url=url, open_access=False)
    assert str(caught.value).startswith(f"{url}: over plain http everybody on the way can read")
    assert "--insecure-http" in caught.value.hint
    assert server.requests == []
    session_on(server, base_url=url, open_access=False, insecure_http=True).close()


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.9", "http://[::1]:5", "https://pxm.example"]
)
def test_credentials_go_to_this_machine_and_over_https(url: str) -> None:
    session_on(Server([ok(1)]), base_url=url, open_access=False).close()


# --- a web page instead of JSON -----------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        httpx.Response(200, html="<!DOCTYPE html><p>Please log in</p>"),
        httpx.Response(200, text="  <html><p>Please log in</p></html>"),
    ],
)
def test_a_page_where_json_is_due_is_told_within_seconds(page: httpx.Response) -> None:
    clock = Clock()
    with session_on(Server([page]), clock) as session, pytest.raises(ApiError) as caught:
        session.get("/v2.1/collection")
    assert str(caught.value) == "a web page instead of JSON: Please log in"
    assert "--base-url" in caught.value.hint
    assert clock.time < 10


def test_a_page_that_is_gone_a_moment_later_does_no_harm() -> None:
    page = httpx.Response(200, html="<p>One moment</p>")
    with session_on(Server([page, ok({"id": "a"})])) as session:
        assert session.get("/v2.1/collection/a") == {"id": "a"}
