"""Hooks, broken connections, and chaos: reproducible, and real on the socket."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from reconciler.sandbox import FAULTS, Answer, Options, Request, Sandbox, parse_chaos
from reconciler.sandbox.chaos import Chaos
from tests import patient
from tests.limits import HANG
from tests.sandbox.boxes import Box, served, token, until

# --- hooks ---


def test_a_hook_answers_instead(box: Box) -> None:
    def hook(request: Request) -> Answer | None:
        return Answer(503, {"message": "later"}) if request.method == "POST" else None

    box.sandbox.on_request(hook)
    answer = box.send("POST", "category", json={"name": "x"})
    assert (answer.status_code, answer.json()) == (503, {"message": "later"})
    assert box.get("category") == []
    box.sandbox.on_request(None)
    assert box.post("category", name="x")["name"] == "x"


def test_a_hook_sees_a_request_as_it_came(box: Box) -> None:
    seen: list[Request] = []
    box.sandbox.on_request(seen.append)
    before = time.time()
    box.send("PUT", "category/x?limit=3", content=b"[1]")
    [request] = seen
    assert (request.method, request.path, request.query, request.body) == (
        "PUT",
        "/v2.1/category/x",
        {"limit": "3"},
        b"[1]",
    )
    assert (request.status, request.answer, request.base) == (0, None, box.sandbox.url)
    assert before <= request.at <= time.time()
    assert request.token.startswith("Bearer ")
    assert "Bearer" not in repr(request)


def test_a_hook_on_answers_comes_after_the_effect_and_before_the_answer(box: Box) -> None:
    seen: list[tuple[int, Any, int]] = []

    def hook(request: Request) -> Answer | None:
        assert request.answer is not None
        seen.append((request.status, request.answer.body["name"], len(box.sandbox.all("category"))))
        return Answer(drop=True)

    box.sandbox.on_answer(hook)
    with pytest.raises(httpx.RemoteProtocolError, match="Server disconnected"):
        box.send("POST", "category", json={"name": "x"})
    assert seen == [(201, "x", 1)]
    assert box.sandbox.requests[-1].status == 201


def test_a_hook_may_wait_for_another_request(box: Box) -> None:
    """Requests side by side stand in hooks side by side, and the guard is free meanwhile."""
    first_is_here, second_is_here = threading.Event(), threading.Event()

    def hook(request: Request) -> Answer | None:
        if request.path.endswith("/region"):
            second_is_here.set()
            return None
        first_is_here.set()
        assert second_is_here.wait(HANG)
        box.sandbox.put_object("category", {"name": "from the hook"})
        return None

    box.sandbox.on_request(hook)
    found: list[Any] = []
    first = threading.Thread(target=lambda: found.extend(box.get("category")))
    first.start()
    assert first_is_here.wait(HANG)
    with patient.client(base_url=box.sandbox.url, headers=box.client.headers) as other:
        assert other.get("/v2.1/region").status_code == 200
    first.join()
    assert [item["name"] for item in found] == ["from the hook"]


@pytest.mark.parametrize("when", ["on_request", "on_answer"])
def test_a_hook_can_kill_its_client(when: str, box: Box) -> None:
    program = (
        "import httpx, sys; httpx.post(sys.argv[1] + '/v2.1/category', json={'name': 'x'}, timeout=None, "
        "headers={'Authorization': sys.argv[2]})"
    )
    command = [sys.executable, "-c", program, box.sandbox.url, box.client.headers["Authorization"]]
    client = subprocess.Popen(command)

    def kill(_: Request) -> Answer | None:
        client.kill()
        client.wait()
        return None

    getattr(box.sandbox, when)(kill)
    assert client.wait(HANG) == -signal.SIGKILL
    box.sandbox.on_request(None)
    box.sandbox.on_answer(None)
    # Killed before its request was handled or after: it was sent, so it takes effect.
    until(lambda: [item["name"] for item in box.sandbox.all("category")] == ["x"])


def test_hooks_see_parts_on_their_way_to_the_storage(box: Box) -> None:
    asked = box.post("file/request-upload", file_name="a.txt", size=4)
    box.sandbox.on_request(lambda request: Answer(drop=True) if request.method == "PUT" else None)
    with pytest.raises(httpx.RemoteProtocolError):
        patient.put(asked["upload_url"], content=b"aaaa")
    box.sandbox.on_request(None)
    assert patient.put(asked["upload_url"], content=b"aaaa").status_code == 200
    statuses = [(r.method, r.status, r.body) for r in box.sandbox.requests if "_storage" in r.path]
    assert statuses == [("PUT", 200, None), ("PUT", 200, None)]


def test_a_request_that_breaks_off_is_no_request(box: Box) -> None:
    with socket.create_connection((box.sandbox.host, box.sandbox.port)) as line:
        line.sendall(b"POST /v2.1/category HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    assert box.get("category") == []
    assert [request.method for request in box.sandbox.requests] == ["POST", "GET"]


def test_a_connection_is_dropped_reset_or_cut(box: Box) -> None:
    answers = iter([Answer(drop=True), Answer(reset=True), Answer(200, {"a": "b" * 100}, cut=True)])
    box.sandbox.on_request(lambda _: next(answers))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        box.get("category")
    with pytest.raises(httpx.ReadError, match="reset"):
        box.get("category")
    with pytest.raises(httpx.RemoteProtocolError, match="received 54 bytes, expected 109"):
        box.get("category")


def test_the_log_keeps_no_token(box: Box) -> None:
    box.get("category")
    assert [(r.method, r.path, r.status, r.token) for r in box.sandbox.requests] == [
        ("POST", "/v2.1/oauth/authorize", 200, ""),
        ("GET", "/v2.1/category", 200, ""),
    ]


# --- chaos ---


def test_chaos_is_read_from_a_text() -> None:
    assert parse_chaos(" 429=0.05, 502-after=0.02,") == {"429": 0.05, "502-after": 0.02}
    assert parse_chaos("") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("429", "'429' is not like 429=0.05"),
        ("429=often", "'429=often' is not like 429=0.05"),
        ("502-aftr=0.1", "unknown fault '502-aftr'; did you mean '502-after'?"),
        ("zzz=0.1", f"unknown fault 'zzz'; there are {', '.join(FAULTS)}"),
        ("429=1.5", "429=1.5 is no probability between 0 and 1"),
        ("429=nan", "429=nan is no probability between 0 and 1"),
        ("429=0.6,500=0.6", "the probabilities add up to more than 1"),
    ],
)
def test_chaos_that_makes_no_sense_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_chaos(text)
    assert str(caught.value) == words


def test_the_same_seed_draws_the_same_faults() -> None:
    shares = {"429": 0.2, "502-after": 0.2}

    def drawn(seed: int) -> list[str]:
        chaos = Chaos(shares, seed)
        return [chaos.drawn() for _ in range(200)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert {name: drawn(7).count(name) for name in ("429", "502-after", "")} == {
        "429": 35,
        "502-after": 46,
        "": 119,
    }


def test_only_some_faults_strike_the_storage() -> None:
    chaos = Chaos({"429": 1.0}, 1)
    assert [chaos.drawn(frozenset({"500"})), chaos.drawn()] == ["", "429"]


def story(seed: int) -> list[tuple[str, str, int]]:
    """What became of the same sixty requests: method, fault, status."""
    shares = dict.fromkeys(FAULTS.keys() - {"revoke", "slow"}, 0.05)
    options = Options(chaos=shares, chaos_seed=seed, rate_limit=None, open_access=True)
    with Sandbox(None, options) as sandbox, patient.client(base_url=sandbox.url) as client:
        for number in range(30):
            for method, body in (("GET", None), ("POST", {"name": f"C{number}"})):
                try:
                    client.request(method, "/v2.1/category", json=body)
                except httpx.TransportError:
                    continue
        return [(r.method, r.fault, r.status) for r in sandbox.requests]


def test_the_same_seed_and_requests_meet_the_same_faults() -> None:
    first = story(11)
    assert len(first) == 60
    assert first == story(11)
    assert first != story(12)
    assert len({fault for _, fault, _ in first if fault}) > 4


@pytest.mark.parametrize(
    ("fault", "status", "made"),
    [
        ("429", 429, 0),
        ("429-bare", 429, 0),
        ("500", 500, 0),
        ("502-before", 502, 0),
        ("502-after", 502, 1),
        ("503", 503, 0),
        ("html", 200, 1),
        ("slow", 201, 1),
        ("revoke", 401, 0),
    ],
)
def test_a_fault_that_answers_does_what_it_says(fault: str, status: int, made: int) -> None:
    with struck(fault) as box:
        begun = time.monotonic()
        answer = box.send("POST", "category", json={"name": "x"})
        taken = time.monotonic() - begun
        assert (answer.status_code, len(box.sandbox.all("category"))) == (status, made)
        assert box.sandbox.requests[-1].fault == fault
    assert ("Retry-After" in answer.headers) == (fault == "429")
    assert (answer.headers["Content-Type"] == "text/html; charset=utf-8") == (fault == "html")
    assert taken >= 0.2 or fault != "slow"


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        ("reset-before", httpx.ReadError, 0),
        ("reset-after", httpx.ReadError, 1),
        ("cut", httpx.RemoteProtocolError, 1),
    ],
)
def test_a_fault_of_the_connection_is_a_real_one(fault: str, error: Any, made: int) -> None:
    with struck(fault) as box:
        with pytest.raises(error):
            box.send("POST", "category", json={"name": "x"})
        assert len(box.sandbox.all("category")) == made


@contextmanager
def struck(fault: str) -> Iterator[Box]:
    """A sandbox where every request but the token's meets a fault."""
    with served(slow=0.2) as box:
        box.sandbox.set_chaos({fault: 1.0}, 1)
        yield box


def test_chaos_strikes_uploads_too() -> None:
    with served() as box:
        asked = box.post("file/request-upload", file_name="a.txt", size=4)
        box.sandbox.set_chaos({"503": 1.0}, 1)
        assert patient.put(asked["upload_url"], content=b"aaaa").status_code == 503
        box.sandbox.set_chaos({"429": 1.0}, 1)
        assert patient.put(asked["upload_url"], content=b"aaaa").status_code == 200


# --- creates that come late ---


def test_a_slow_create_is_dropped_and_takes_effect_later() -> None:
    with served("slow-create", create_wait=0.05, create_delay=0.3) as box:
        begun = time.monotonic()
        with pytest.raises(httpx.RemoteProtocolError):
            box.send("POST", "category", json={"name": "x"})
        assert time.monotonic() - begun >= 0.05
        until(lambda: [item["name"] for item in box.get("category")] == ["x"])


def test_a_slow_create_waits_until_its_client_gives_up() -> None:
    with served("slow-create", create_wait=HANG, create_delay=0.05) as box:
        impatient = httpx.Timeout(HANG, read=0.2)
        with pytest.raises(httpx.ReadTimeout):
            box.send("POST", "category", json={"name": "x"}, timeout=impatient)
        until(lambda: len(box.sandbox.all("category")) == 1)


def test_a_slow_create_that_is_refused_is_refused_at_once() -> None:
    with served("slow-create", create_wait=HANG) as box:
        assert box.refused("POST", "category", json={}) == (400, "name is required")


def test_what_a_late_create_needs_can_have_gone_meanwhile() -> None:
    with served("slow-create", create_wait=0.0, create_delay=HANG) as box:
        top = box.sandbox.put_object("category", {"name": "Top"})
        with pytest.raises(httpx.RemoteProtocolError):
            box.send("POST", "category", json={"name": "x", "parent_id": top})
        box.sandbox.remove("category", top)
        box.sandbox.app.late.flush()
        assert box.sandbox.all("category") == []


def test_a_late_create_is_not_forgotten_when_the_sandbox_stops(tmp_path: Any) -> None:
    db = tmp_path / "pxm.db"
    with served("slow-create", db=db, create_wait=0.0, create_delay=HANG) as box:
        with pytest.raises(httpx.RemoteProtocolError):
            box.send("POST", "category", json={"name": "x"})
        until(lambda: box.sandbox.app.late._waiting)
    with served(db=db) as box:
        assert [item["name"] for item in box.get("category")] == ["x"]


def test_a_wait_can_be_told_as_a_date() -> None:
    with served("retry-date", rate_limit=1) as box:
        begun = time.time()
        box.get("category")
        answer = box.send("GET", "category")
        date = parsedate_to_datetime(answer.headers["Retry-After"]).timestamp()
        assert begun + 59 <= date <= time.time() + 62


def test_a_token_can_be_had_while_chaos_reigns() -> None:
    options = Options(chaos={"500": 0.5}, chaos_seed=3)
    with Sandbox(None, options) as sandbox, patient.client(base_url=sandbox.url) as client:

        def found() -> str | None:
            try:
                return token(client)
            except KeyError:
                return None

        assert len(until(found)) == 32
