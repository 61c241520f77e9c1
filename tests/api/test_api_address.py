"""Base URLs as people write them, and ids that must stay one segment."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api import quote_id
from reconciler.api.address import checked, is_loopback
from reconciler.errors import ApiError, UsageError


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://entapi.amplifi.io", "https://entapi.amplifi.io"),
        ("https://entapi.amplifi.io/", "https://entapi.amplifi.io"),
        ("https://entapi.amplifi.io/v2.1", "https://entapi.amplifi.io"),
        ("https://entapi.amplifi.io/v3//", "https://entapi.amplifi.io"),
        (" http://127.0.0.1:8080/pxm/ ", "http://127.0.0.1:8080/pxm"),
        ("HTTPS://Entapi.Amplifi.IO", "https://entapi.amplifi.io"),
    ],
)
def test_a_base_url_is_taken_as_people_write_it(given_url: str, expected: str) -> None:
    assert checked(given_url) == expected


@pytest.mark.parametrize(
    "url", ["", "entapi.amplifi.io", "ftp://x", "https://", "https://x?y=1", "https://x:port"]
)
def test_what_is_no_address_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https address"):
        checked(url)


@pytest.mark.parametrize("url", ["https://me:pa55word@x", "https://me:pa55word@x:port"])
def test_a_password_in_the_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(url)
    assert "pa55word" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_an_id_that_would_address_something_else_is_refused(id_: str) -> None:
    with pytest.raises(ApiError, match="is no id"):
        quote_id(id_)


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_an_id_stays_one_segment_of_the_path(id_: str) -> None:
    url = httpx.URL(f"https://x/v2.1/collection/{quote_id(id_)}")
    assert url.raw_path.count(b"/") == 3
    assert url.path == f"/v2.1/collection/{id_}"


def test_only_this_machine_is_loopback() -> None:
    urls = ["http://localhost:1", "http://127.0.0.1", "http://[::1]:80", "http://127.0.0.1.x.io"]
    assert [is_loopback(url) for url in urls] == [True, True, True, False]
