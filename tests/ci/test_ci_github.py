"""The client of GitHub's REST API, against a server on loopback."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from reconciler.api.rest import GITHUB, Rest
from reconciler.errors import BadAnswer, NotFound, StatusError, Unreachable
from tests.ci.hub import REPOSITORY, Hub, serving


@dataclass
class Script:
    """Answers in turn: status, headers, body; what was asked is kept."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    waits: list[float] = field(default_factory=list)

    def client(self) -> Rest:
        base = f"{self.url}/repos/{REPOSITORY}"
        return Rest(GITHUB, base, "t", sleep=self.waits.append, jitter=lambda: 0.5)


@pytest.fixture
def script() -> Iterator[Script]:
    made = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.asked.append(f"{self.command} {self.path}")
            status, headers, body = made.answers.pop(0)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PATCH = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


BOMB = gzip.compress(bytes(50_000_000))
BUSY = (503, {}, b"{}")
FINE = (200, {}, b'{"id": 1}')


def test_a_list_is_read_to_its_last_page() -> None:
    with serving() as hub:
        hub.tokens["t"] = {"pull-requests": "read"}
        hub.most_per_page = 2
        for number in range(5):
            hub.comment(1, f"c{number}")
        with Rest(GITHUB, f"{hub.url}/repos/{REPOSITORY}", "t") as github:
            found = [item["body"] for item in github.pages("issues/1/comments")]
        assert found == ["c0", "c1", "c2", "c3", "c4"]
        assert len(hub.calls) == 3


def test_what_may_be_repeated_is_repeated(script: Script) -> None:
    script.answers = [BUSY, (0, {}, b""), FINE]
    with script.client() as github:
        assert github.get("pulls/1") == {"id": 1}
    assert script.waits == [0.5, 1.0]


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_is_waited_out(status: int, script: Script) -> None:
    script.answers = [(status, {"Retry-After": "7"}, b"{}"), FINE]
    with script.client() as github:
        assert github.post("issues", {"title": "x"}) == {"id": 1}
    assert script.waits == [7.0]


@pytest.mark.parametrize("answer", [BUSY, (0, {}, b"")])
def test_a_post_that_may_have_been_taken_is_not_repeated(
    answer: tuple[int, dict[str, str], bytes], script: Script
) -> None:
    script.answers = [answer, FINE]
    with script.client() as github, pytest.raises((StatusError, Unreachable)):
        github.post("issues", {"title": "x"})
    assert script.asked == ["POST /repos/acme/catalog/issues"]


def test_patience_ends(script: Script) -> None:
    script.answers = [BUSY] * 20
    with script.client() as github, pytest.raises(StatusError, match="503"):
        github.patch("issues/1", {"state": "closed"})
    assert sum(script.waits) <= 90


def test_a_missing_permission_is_explained(script: Script) -> None:
    script.answers = [(403, {}, b'{"message": "Resource not accessible by integration"}')]
    with script.client() as github, pytest.raises(StatusError) as caught:
        github.get("pulls/1")
    assert caught.value.message == "403: Resource not accessible by integration"
    assert "the job needs the permission" in caught.value.hint


def test_what_is_not_there_is_not_found(script: Script) -> None:
    script.answers = [(404, {}, b"<html>")]
    with script.client() as github, pytest.raises(NotFound):
        github.get("pulls/1")


@pytest.mark.parametrize("body", [b"<html>", b'{"message": "no list"}'])
def test_what_is_no_list_is_a_bad_answer(body: bytes, script: Script) -> None:
    script.answers = [(200, {}, body)]
    with script.client() as github, pytest.raises(BadAnswer):
        list(github.pages("issues"))


def test_a_download_has_a_bound(script: Script) -> None:
    script.answers = [(200, {}, b"12345"), (200, {"Content-Encoding": "gzip"}, BOMB)]
    with script.client() as github:
        with pytest.raises(BadAnswer, match="more than the 4 bytes that were due"):
            github.download("actions/artifacts/1/zip", 4)
        with pytest.raises(BadAnswer, match="more than the 1,000,000 bytes that were due"):
            github.download("actions/artifacts/1/zip", 1_000_000)


def test_a_list_without_end_does_not_pass_for_whole(script: Script) -> None:
    script.answers = [(200, {"Link": '<http://x/>; rel="next"'}, b"[1]")] * 100
    with (
        script.client() as github,
        pytest.raises(BadAnswer, match="a list has more than 10,000 entries"),
    ):
        list(github.pages("issues"))


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"Location": "/repos/acme/catalog/x"}, b""),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
    ],
)
def test_an_answer_that_leads_nowhere_is_no_traceback(
    answer: tuple[int, dict[str, str], bytes], script: Script
) -> None:
    script.answers = [answer] * 500
    with script.client() as github, pytest.raises(Unreachable):
        github.get("x")


def test_a_download_shows_the_token_to_github_alone() -> None:
    hub: Hub
    with serving() as hub:
        hub.tokens["t"] = {"actions": "read"}
        made = hub.put_artifact(1, "a", b"content")
        with Rest(GITHUB, f"{hub.url}/repos/{REPOSITORY}", "t") as github:
            assert github.download(f"actions/artifacts/{made['id']}/zip", 100) == b"content"
