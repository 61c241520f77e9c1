"""Real connections on loopback: what a pretend transport cannot do."""

import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from reconciler.api import Session
from reconciler.errors import InDoubt, Unreachable
from reconciler.model import Rate
from tests.api.pretend import Clock, session_with
from tests.limits import HANG, until

PATH = "/v2.1/collection"
Play = Callable[[BaseHTTPRequestHandler], None]


def good(request: BaseHTTPRequestHandler) -> None:
    body = b'{"id": "a"}'
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def reset(request: BaseHTTPRequestHandler) -> None:
    """Close with RST, as a balancer that lost its backend does."""
    linger = struct.pack("ii", 1, 0)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RD)


def cut(request: BaseHTTPRequestHandler) -> None:
    """Promise more than is sent."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"id": "a"')
    request.close_connection = True


def good_and_gone(request: BaseHTTPRequestHandler) -> None:
    """Answer, and close without having said so."""
    good(request)
    request.close_connection = True


@contextmanager
def serving(
    *script: Play, closed: threading.Event | None = None
) -> Iterator[tuple[str, list[str]]]:
    """A server that plays each entry once and the last one for ever; its URL and what it got.

    `closed` is set once it has closed a connection.
    """
    got: list[str] = []

    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _play(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            got.append(f"{self.command} {self.path}")
            script[min(len(got), len(script)) - 1](self)

        do_GET = do_PUT = do_POST = do_DELETE = _play  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Silence."""

    class Server(ThreadingHTTPServer):
        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            if closed is not None:
                closed.set()

    with Server(("127.0.0.1", 0), Request) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            server.shutdown()
            thread.join()


def session_on(url: str, **options: Any) -> Session:
    return session_with(base_url=url, sleep=Clock().sleep, **options)


@pytest.mark.parametrize("trouble", [reset, cut])
def test_a_broken_connection_is_tried_again_for_a_read(trouble: Play) -> None:
    with serving(trouble, trouble, good) as (url, got), session_on(url) as session:
        assert session.get(PATH) == {"id": "a"}
        assert session.retries == {"broken connection": 2}
        assert session.sent == 3
    assert got == [f"GET {PATH}"] * 3


@pytest.mark.parametrize("trouble", [reset, cut])
def test_a_broken_connection_leaves_a_create_in_doubt(trouble: Play) -> None:
    with serving(trouble) as (url, got), session_on(url) as session:
        with pytest.raises(InDoubt):
            session.post(PATH, {"name": "x"})
        assert session.sent == 1
    assert got == [f"POST {PATH}"]


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with session_on(f"http://127.0.0.1:{port}") as session:
        with pytest.raises(Unreachable, match="cannot be reached"):
            session.post(PATH, {"name": "x"})
        assert session.sent == 0
        assert set(session.retries) == {"no connection"}


def test_a_create_does_not_use_a_connection_that_the_server_closed() -> None:
    closed = threading.Event()
    with serving(good_and_gone, closed=closed) as (url, got), session_on(url) as session:
        session.get(PATH)
        assert closed.wait(HANG)
        assert session.post(PATH, {"name": "x"}) == {"id": "a"}
    assert len(got) == 2


def test_this_machine_is_reached_without_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(good) as (url, _), session_on(url) as session:
        assert session.get(PATH) == {"id": "a"}


def test_eight_threads_share_their_connections() -> None:
    with serving(good) as (url, got), session_on(url, rate=Rate(concurrency=8)) as session:
        assert session.each([lambda: session.get(PATH)] * 200) == [{"id": "a"}] * 200
        assert session.sent == 200
    assert len(got) == 200


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell that runs this in its background has SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_finishes_and_records_what_is_in_flight_and_sends_no_more() -> None:
    recorded: list[str] = []

    def interrupting(request: BaseHTTPRequestHandler) -> None:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        until(lambda: session._stopping.is_set())
        good(request)

    def create() -> None:
        recorded.append(session.post(PATH, {"name": "x"})["id"])

    with serving(interrupting, good) as (url, got):
        with (
            pytest.raises(KeyboardInterrupt),
            session_on(url, rate=Rate(concurrency=1)) as session,
        ):
            session.each([create] * 5)
        assert recorded == ["a"]
    assert got == [f"POST {PATH}"]
