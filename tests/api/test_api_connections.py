"""Connections to the API: kept open, few, and by the proxy that the environment names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from reconciler.api.connections import Connections, proxy_for

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def seen() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """A server's address, and the path and the client's port of each request."""
    found: list[tuple[str, int]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.append((self.path, self.client_address[1]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Nothing to standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", found
    server.shutdown()
    server.server_close()


def get(connections: Connections, path: str, params: dict[str, str | int] | None = None) -> None:
    request = connections.request(
        "GET", path, params=params, content=None, authorization="", seconds=60
    )
    assert connections.send(request).content == b"{}"


def test_what_goes_one_after_the_other_goes_over_one_connection(
    seen: tuple[str, list[tuple[str, int]]],
) -> None:
    url, found = seen
    with closing(Connections(f"{url}/pxm")) as connections:
        for number in range(5):
            get(connections, "/v2.1/file", {"offset": number, "ids": "a,b"})
    assert [path for path, _ in found] == [f"/pxm/v2.1/file?offset={n}&ids=a%2Cb" for n in range(5)]
    assert len({port for _, port in found}) == 1


def test_a_request_says_who_asks_and_what_it_brings() -> None:
    with closing(Connections("https://pxm.example", httpx.MockTransport(lambda _: None))) as made:  # type: ignore[arg-type,return-value]
        request = made.request(
            "POST", "/v2.1/file", params=None, content=b"{}", authorization="Bearer t", seconds=7
        )
    assert dict(request.headers) == {
        "host": "pxm.example",
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "connection": "keep-alive",
        "user-agent": "pxm",
        "authorization": "Bearer t",
        "content-type": "application/json",
        "content-length": "2",
    }
    assert request.extensions["timeout"] == {"connect": 7, "read": 7, "write": 7, "pool": 7}


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://pxm.example", None),
        ({"https_proxy": "http://way:3128"}, "https://pxm.example", "http://way:3128"),
        ({"https_proxy": "way:3128"}, "https://pxm.example", "http://way:3128"),
        ({"http_proxy": "http://way:3128"}, "https://pxm.example", None),
        ({"all_proxy": "http://way:3128"}, "https://pxm.example", "http://way:3128"),
        ({"https_proxy": "http://way", "no_proxy": ".example"}, "https://pxm.example", None),
        ({"https_proxy": "http://way", "no_proxy": "*"}, "https://pxm.example:8443", None),
        ({"http_proxy": "http://way"}, "http://127.0.0.1:8765", None),
    ],
)
def test_the_proxy_of_the_environment_is_used(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy
