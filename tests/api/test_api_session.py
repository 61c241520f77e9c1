"""What a session makes of answers and of their absence."""

import gc
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reconciler.api import RequestEvent, Session, any_error
from reconciler.api.options import Access, Surroundings
from reconciler.api.retrying import Patience, Retry
from reconciler.errors import (
    ApiError,
    BadAnswer,
    InDoubt,
    Interrupted,
    NotFound,
    StateError,
    StatusError,
    Unreachable,
)
from reconciler.model import Number, Rate
from tests.api.pretend import Clock, Server, ok, session_on
from tests.limits import HANG

PATH = "/v2.1/collection/a"
HTML = httpx.Response(200, text="<html><h1>Down for maintenance</h1></html>")
RESET = httpx.ReadError("connection reset by peer")
LATE = httpx.ReadTimeout("")
REFUSED = httpx.ConnectError("connection refused")


def status(code: int, body: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(code, json=body or {"message": f"says {code}"}, headers=headers)


def call(session: Session, method: str) -> Any:
    """One request of each method, to the same path."""
    if method in ("PUT", "POST"):
        return getattr(session, method.lower())(PATH, {"name": "x"})
    return getattr(session, method.lower())(PATH)


# --- sending ------------------------------------------------------------------------------------


def test_a_get_brings_numbers_in_their_spelling() -> None:
    server = Server([httpx.Response(200, text='{"id": 1, "value": 1.10}')])
    with session_on(server) as session:
        answer = session.get(PATH, {"ids": "a,b", "limit": 2})
    assert answer == {"id": 1, "value": Number("1.10")}
    assert str(answer["value"]) == "1.10"
    assert str(server.requests[0].url) == f"https://pxm.example{PATH}?ids=a%2Cb&limit=2"


def test_an_answer_is_let_go_of_without_looking_for_garbage() -> None:
    """A page of a list is large, and a long list has hundreds of them."""

    def answer(_: httpx.Request) -> httpx.Response:
        response = httpx.Response(200, stream=httpx.ByteStream(b"[]"))
        answers.append(weakref.ref(response))
        return response

    answers: list[weakref.ref[httpx.Response]] = []
    surroundings = Surroundings(transport=httpx.MockTransport(answer))
    gc.disable()
    try:
        with Session("http://localhost", Access(open_access=True), surroundings=surroundings) as it:
            it.get(PATH)
            it.get(PATH)
            assert [ref() for ref in answers] == [None, None]
    finally:
        gc.enable()


def test_a_body_is_sent_as_json() -> None:
    server = Server([ok({"id": "a"})])
    with session_on(server) as session:
        session.put(PATH, {"value": Number("1.10"), "name": "Größe"})
    request = server.requests[0]
    assert request.content == '{"value": 1.10, "name": "Größe"}'.encode()
    assert request.headers["content-type"] == "application/json"


def test_open_access_sends_no_token() -> None:
    server = Server([ok({"id": "a"})])
    with session_on(server) as session:
        session.get(PATH)
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(("method", "seconds"), [("POST", 120), ("PUT", 60), ("GET", 60)])
def test_a_create_is_given_more_time(method: str, seconds: float) -> None:
    server = Server([ok({"id": "a"})])
    with session_on(server) as session:
        call(session, method)
    assert server.requests[0].extensions["timeout"]["read"] == seconds


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_read_only_session_writes_nothing(method: str) -> None:
    server = Server([ok({"id": "a"})])
    with (
        session_on(server, read_only=True) as session,
        pytest.raises(ApiError, match=r"^this command never writes$"),
    ):
        call(session, method)
    assert server.requests == []


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("answer", [httpx.Response(204), httpx.Response(200)])
def test_a_write_may_be_answered_with_nothing(method: str, answer: httpx.Response) -> None:
    with session_on(Server([answer])) as session:
        assert call(session, method) is None


def test_each_write_is_asked_about_once_its_turn_has_come_and_no_read_is() -> None:
    clock, moments = Clock(), list[float]()
    script = [status(429, **{"Retry-After": "9"}), ok({"id": "a"})]
    guarded = session_on(Server(script), clock, guard=lambda: moments.append(clock()))
    with guarded as session:
        session.post(PATH, {"name": "x"})
        session.get(PATH)
        session.delete(PATH)
        session.post(PATH, {"name": "x"})
    assert moments == [0.0, 9.0, 9.0, 9.0]


def test_a_token_is_asked_for_without_a_guard() -> None:
    server = Server([ok({"access_token": "t"}), ok([])])
    options = {"guard": lambda: pytest.fail("not a write"), "open_access": False}
    with session_on(server, **options) as session:
        session.get(PATH)
    assert [request.method for request in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_what_the_guard_raises_stops_the_write(method: str) -> None:
    def refuse() -> None:
        raise StateError("the lock is lost")

    server = Server([ok({"id": "a"})])
    with session_on(server, guard=refuse) as session, pytest.raises(StateError):
        session.each([lambda: call(session, method)])
    assert server.requests == []


def test_the_servers_clock_is_remembered() -> None:
    absurd = [f"Mon, 01 Jan {year} 00:00:00 GMT" for year in (1900, 1970, 2100, 9999)]
    absurd += ["nonsense", "", "Mon, 99 Oct 2026 11:00:00 GMT"]
    script = [ok(1, date="Mon, 19 Oct 2026 11:00:00 GMT"), ok(1)]
    script += [ok(1, date=date) for date in absurd]
    with session_on(Server(script)) as session:
        assert session.server_date is None
        for _ in script:
            session.get(PATH)
        assert session.server_date == 1_792_407_600.0


# --- retries ------------------------------------------------------------------------------------


HEALS = pytest.mark.parametrize(
    "trouble",
    [status(500), status(502), status(503), status(504), status(429), HTML, RESET, LATE, REFUSED],
    ids=["500", "502", "503", "504", "429", "html", "reset", "late", "refused"],
)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@HEALS
def test_a_write_that_was_not_answered_well_is_never_sent_again_as_it_was(
    method: str, trouble: Any
) -> None:
    server, clock = Server([trouble, ok({"id": "a"})]), Clock()
    with session_on(server, clock) as session:
        with pytest.raises(Retry) as caught:
            call(session, method)
        assert len(server.requests) == 1
        assert clock.time == 0
        assert caught.value.request == f"{method} {PATH}"
        session.rest(caught.value, session.patience())
        assert session.retries.total() == 1
        assert call(session, method) == {"id": "a"}
    assert clock.time == 0.5


def test_a_write_that_is_tried_again_waits_as_long_as_a_429_says_and_so_does_everybody() -> None:
    clock = Clock()
    server = Server([status(429, **{"Retry-After": "60"}), ok({"id": "a"})])
    with session_on(server, clock) as session:
        with pytest.raises(Retry) as caught:
            session.put(PATH, {})
        session.rest(caught.value, session.patience())
        assert session.throttled == 1
        session.get("/other")
    assert clock.time == 60


def test_whoever_has_no_patience_left_with_a_write_gets_its_error() -> None:
    with session_on(Server([status(503)])) as session:
        patience = session.patience()
        with pytest.raises(Retry) as caught:
            session.delete(PATH)
        with pytest.raises(StatusError, match="503: says 503"):
            rest_for_ever(session, caught.value, patience)


def rest_for_ever(session: Session, retry: Retry, patience: Patience) -> None:
    while True:
        session.rest(retry, patience)


def test_a_read_and_a_write_in_kept_places_do_not_wait_for_the_rate_in_between() -> None:
    clock = Clock()
    times: list[tuple[str, float]] = []

    def noted(request: httpx.Request) -> httpx.Response:
        times.append((request.method, clock.time))
        return ok({"id": "a"})

    with session_on(noted, clock, rate=Rate(requests=40, per_seconds=60.0)) as session:
        session.get(PATH)
        session.get(PATH)
        with session.places(2):
            session.get(PATH)
            assert session.has_place
            session.put(PATH, {})
            assert not session.has_place
    assert [method for method, _ in times] == ["GET", "GET", "GET", "PUT"]
    first, second, read, write = (moment for _, moment in times)
    assert first == second == 0
    assert read == write > 3


def test_a_read_that_is_tried_again_gives_up_the_place_of_its_write() -> None:
    with session_on(Server([status(429), ok({"id": "a"})])) as session, session.places(2):
        session.get(PATH)
        assert not session.has_place


@HEALS
def test_what_may_heal_is_tried_again(trouble: Any) -> None:
    server = Server([trouble, trouble, ok({"id": "a"})])
    clock = Clock()
    with session_on(server, clock) as session:
        assert session.get(PATH) == {"id": "a"}
        assert len(server.requests) == 3
        assert session.sent == (1 if trouble is REFUSED else 3)
        assert session.retries.total() == 2
    assert clock.time == 1.5


def test_an_error_inside_a_good_status_counts_as_a_500() -> None:
    server = Server([ok({"error": "the shard is moving"}), ok({"id": "a"})])
    with session_on(server) as session:
        assert session.get(PATH) == {"id": "a"}
        assert session.retries == Counter({"500": 1})


def test_a_not_found_inside_a_good_status_is_a_not_found() -> None:
    server = Server([ok({"error": "Not Found", "statusCode": 404})])
    with session_on(server) as session, pytest.raises(NotFound, match="404: Not Found"):
        session.get(PATH)


def test_a_read_that_comes_back_empty_is_not_believed() -> None:
    server = Server([ok(), ok({"id": "a"})])
    with session_on(server) as session:
        assert session.get(PATH) == {"id": "a"}


def test_a_body_in_an_unreadable_encoding_is_tried_again() -> None:
    broken = httpx.DecodingError("incorrect header check")
    with session_on(Server([broken, ok({"id": "a"})])) as session:
        assert session.get(PATH) == {"id": "a"}


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        (status(503), StatusError, "503: says 503"),
        (RESET, Unreachable, "gave no whole answer (ReadError: connection reset by peer)"),
        (LATE, Unreachable, "https://pxm.example gave no whole answer (ReadTimeout)"),
        (ok({"error": "boom"}), StatusError, "500: boom"),
    ],
)
def test_patience_ends(trouble: Any, error: type[ApiError], words: str) -> None:
    clock = Clock()
    with session_on(Server([trouble]), clock) as session, pytest.raises(error) as caught:
        session.get(PATH)
    assert words in str(caught.value)
    assert caught.value.request == f"GET {PATH}"
    assert 60 < clock.time <= 120


@pytest.mark.parametrize(
    ("answer", "words"),
    [(httpx.Response(200, text="{"), "{"), (ok(), "nothing at all")],
)
def test_a_good_answer_that_is_no_json_is_an_error_within_seconds(
    answer: httpx.Response, words: str
) -> None:
    clock = Clock()
    with session_on(Server([answer]), clock) as session, pytest.raises(BadAnswer) as caught:
        session.get(PATH)
    assert str(caught.value) == f"an answer that is no JSON: {words}"
    assert clock.time <= 5


def test_what_never_answered_is_given_up_sooner() -> None:
    clock = Clock()
    with session_on(Server([REFUSED]), clock) as session, pytest.raises(Unreachable) as caught:
        session.get(PATH)
    assert "cannot be reached (ConnectError: connection refused)" in str(caught.value)
    assert "--base-url" in caught.value.hint
    assert clock.time <= 20


def test_a_wrong_certificate_is_not_waited_for() -> None:
    server = Server([httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")])
    with session_on(server) as session, pytest.raises(Unreachable, match="CERTIFICATE"):
        session.get(PATH)
    assert len(server.requests) == 1


def test_a_gateway_that_says_when_is_waited_for() -> None:
    clock = Clock()
    server = Server([status(503, **{"Retry-After": "17"}), ok({"id": "a"})])
    with session_on(server, clock) as session:
        session.get(PATH)
    assert clock.time == 17


def test_waiting_for_the_rate_takes_no_patience() -> None:
    clock = Clock()
    script = [ok(1), status(500), ok(1), status(500), ok(1)]
    rate = Rate(requests=1, per_seconds=100.0)
    with session_on(Server(script), clock, rate=rate, max_retry_seconds=10.0) as session:
        assert [session.get(PATH) for _ in range(3)] == [1, 1, 1]
    assert clock.time >= 400


# --- 429 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "busy",
    [
        status(429, **{"Retry-After": "60"}),
        status(429, {"error": "Rate limit exceeded.", "retry_after": 60}),
        ok({"error": "Rate limit exceeded.", "status": 429, "retry_after": 60}),
    ],
)
def test_a_429_was_not_taken_and_is_sent_again_when_it_says(
    method: str, busy: httpx.Response
) -> None:
    clock = Clock()
    with session_on(Server([busy, ok({"id": "a"})]), clock) as session:
        assert call(session, method) == {"id": "a"}
        assert session.throttled == 1
        assert session.waited == 60
    assert clock.time == 60


def test_a_429_stops_all_sending() -> None:
    clock = Clock()
    times: list[float] = []

    def busy_once(request: httpx.Request) -> httpx.Response:
        times.append(clock.time)
        return status(429, **{"Retry-After": "30"}) if len(times) == 1 else ok(request.url.path)

    with session_on(Server([busy_once]), clock) as session:
        session.get("/first")
        session.get("/second")
    assert times == [0, 30, 30]


def test_a_429_without_end_names_the_likely_cause() -> None:
    with session_on(Server([status(429)])) as session, pytest.raises(StatusError) as caught:
        session.get(PATH)
    assert "uses up the account's rate" in caught.value.hint


# --- creates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        status(500),
        status(502),
        status(520),
        HTML,
        httpx.Response(200, text='{"id": "a'),
        RESET,
        LATE,
        httpx.WriteError("broken pipe"),
        httpx.RemoteProtocolError("server disconnected"),
        httpx.DecodingError("incorrect header check"),
        ok({"error": "boom"}),
    ],
)
def test_a_create_that_may_have_taken_effect_is_in_doubt_and_sent_once(trouble: Any) -> None:
    server = Server([trouble])
    with session_on(server) as session, pytest.raises(InDoubt) as caught:
        session.post(PATH, {"name": "x"})
    assert len(server.requests) == 1
    assert caught.value.request == f"POST {PATH}"


@pytest.mark.parametrize(
    "trouble", [REFUSED, httpx.ConnectTimeout(""), httpx.PoolTimeout(""), httpx.ProxyError("")]
)
def test_a_create_that_never_left_is_sent_again(trouble: Exception) -> None:
    with session_on(Server([trouble, ok({"id": "a"})])) as session:
        assert session.post(PATH, {"name": "x"}) == {"id": "a"}


@pytest.mark.parametrize("refusal", [status(409), ok({"error": "no name", "status": 400})])
def test_a_refused_create_is_not_in_doubt(refusal: httpx.Response) -> None:
    with session_on(Server([refusal])) as session, pytest.raises(StatusError):
        session.post(PATH, {"name": "x"})


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 418])
def test_a_refusal_is_not_retried_and_says_what_the_api_said(method: str, code: int) -> None:
    server = Server([status(code)])
    with session_on(server) as session, pytest.raises(StatusError) as caught:
        call(session, method)
    assert str(caught.value) == f"{code}: says {code}"
    assert (caught.value.status, caught.value.words) == (code, f"says {code}")
    assert isinstance(caught.value, NotFound) == (code == 404)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(404), "404: Not Found"),
        (httpx.Response(400, text="<h1>Bad</h1> <p>request"), "400: Bad request"),
        (httpx.Response(400, text='{"code": 7}'), '400: {"code": 7}'),
        (httpx.Response(400), "400"),
    ],
)
def test_a_refusal_without_words_says_what_it_can(answer: httpx.Response, words: str) -> None:
    with session_on(Server([answer])) as session, pytest.raises(StatusError) as caught:
        session.get(PATH)
    assert str(caught.value) == words


def test_a_redirect_is_not_followed_and_says_where_to() -> None:
    server = Server([httpx.Response(308, headers={"Location": "https://new.example/v2.1"})])
    with session_on(server) as session, pytest.raises(StatusError) as caught:
        session.put(PATH, {})
    assert "redirected to https://new.example/v2.1, which is not followed" in str(caught.value)
    assert len(server.requests) == 1


# --- side by side -------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_calls_with_errors_in_their_places() -> None:
    def by_path(request: httpx.Request) -> httpx.Response:
        return status(404) if request.url.path == "/3" else ok(request.url.path)

    def getter(session: Session, number: int) -> Callable[[], Any]:
        return lambda: session.get(f"/{number}")

    with session_on(by_path) as session:
        results = session.each([getter(session, number) for number in range(20)])
    error = any_error(results)
    assert isinstance(error, NotFound)
    assert results == [error if number == 3 else f"/{number}" for number in range(20)]


def test_calls_run_side_by_side_up_to_the_configured_number() -> None:
    together = threading.Barrier(4)
    running: list[int] = []

    def meet(_: httpx.Request) -> httpx.Response:
        running.append(together.wait(timeout=HANG))
        return ok(1)

    with session_on(meet, rate=Rate(concurrency=4)) as session:
        session.each([lambda: session.get(PATH)] * 8)
    assert sorted(running) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_calls_inside_calls_do_not_wait_for_themselves() -> None:
    with session_on(Server([ok(1)]), rate=Rate(concurrency=2)) as session:
        inner = [lambda: session.get(PATH)] * 3
        assert session.each([lambda: session.each(inner)] * 5) == [[1, 1, 1]] * 5


def test_an_unexpected_error_is_not_swallowed() -> None:
    with session_on(Server([ok(1)])) as session, pytest.raises(ZeroDivisionError):
        session.each([lambda: 1 // 0])


def test_nothing_to_do_is_no_results() -> None:
    with session_on(Server([ok(1)])) as session:
        assert session.each([]) == []


# --- stopping and telling -----------------------------------------------------------------------


def test_a_closed_session_sends_nothing_more() -> None:
    server = Server([ok(1)])
    session = session_on(server)
    session.close()
    with pytest.raises(Interrupted):
        session.get(PATH)
    assert server.requests == []


def test_stopping_ends_waits_at_once_and_finishes_what_is_in_flight() -> None:
    in_flight, answered = threading.Event(), threading.Event()

    def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/slow":
            in_flight.set()
            assert answered.wait(timeout=HANG)
            return ok("done")
        return status(503, **{"Retry-After": "100"})

    session = session_on(slow, clock=Clock(), sleep=None, rate=Rate(concurrency=2))
    results: list[Any] = []

    def run(path: str) -> None:
        try:
            results.append(session.get(path))
        except Interrupted as error:
            results.append(type(error))

    threads = [threading.Thread(target=run, args=(path,)) for path in ("/slow", "/busy")]
    for thread in threads:
        thread.start()
    assert in_flight.wait(timeout=HANG)
    session.stop()
    threads[1].join(timeout=HANG)
    answered.set()
    threads[0].join(timeout=HANG)
    session.close()
    assert results == [Interrupted, "done"]


def test_events_tell_of_requests_retries_and_waits() -> None:
    events: list[RequestEvent] = []
    clock = Clock()
    script = [status(500), status(429, **{"Retry-After": "9"}), ok({"id": "a"})]
    with session_on(Server(script), clock, on_event=events.append) as session:
        session.get(PATH, {"limit": 5})
    assert [str(event) for event in events] == [
        f"request: GET {PATH}?limit=5 500 0.000 s",
        f"retry: GET {PATH} 0.500 s 500: says 500",
        f"request: GET {PATH}?limit=5 429 0.000 s",
        f"retry: GET {PATH} 9.000 s 429: says 429",
        "wait: 9.000 s for the rate",
        f"request: GET {PATH}?limit=5 200 0.000 s",
    ]
