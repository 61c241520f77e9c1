"""The token: where it comes from, when it is renewed, and that nobody ever sees it."""

import json
import logging
import stat
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.api import Credentials, Session
from reconciler.api.session import TOKEN_PATH
from reconciler.errors import ApiError, BadAnswer, PxmError, StatusError, Unreachable, UsageError
from reconciler.model import Rate
from tests.api.pretend import LOGIN, Clock, ok, session_on
from tests.limits import HANG

PATH = "/v2.1/collection/a"


class Account:
    """An API that hands out numbered tokens and knows which of them are good."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.asked: list[httpx.Request] = []
        self.good: str | None = None
        self.paths: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            if request.url.path == TOKEN_PATH:
                return self._token(request)
            self.paths.append(request.url.path)
            if request.headers["authorization"] == f"Bearer {self.good}":
                return ok({"id": "a"})
            return httpx.Response(401, json={"message": "Unauthorized"})

    def _token(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.good = f"t0ken-{len(self.asked)}"
        return ok({"access_token": self.good, "token_type": "Bearer", **self.answer})


def logged_in(server: Any, **options: Any) -> Session:
    return session_on(server, **({"open_access": False} | options))


# --- where it comes from ------------------------------------------------------------------------


def test_the_token_is_asked_for_as_the_article_says_and_used_for_all() -> None:
    account = Account(expires_in="31536000")
    with logged_in(account) as session:
        session.get(PATH)
        session.get(PATH)
        assert (session.sent, session.token_requests) == (2, 1)
    request = account.asked[0]
    basic = b64encode(b"client-7:s3cret-of-client-7").decode()
    assert request.method == "POST"
    assert request.headers["authorization"] == f"Basic {basic}"
    assert json.loads(request.content) == {"grant_type": "client_credentials"}


def test_a_read_only_session_may_ask_for_its_token() -> None:
    with logged_in(Account(), read_only=True) as session:
        assert session.get(PATH) == {"id": "a"}


def test_a_given_token_is_used_and_never_asked_for(tmp_path: Path) -> None:
    account = Account()
    account.good = "given-token"
    given = Credentials("client-7", "s3cret", token=" given-token\n")
    with logged_in(account, credentials=given, cache_dir=tmp_path) as session:
        session.get(PATH)
    assert account.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_given_token_that_is_refused_is_not_renewed() -> None:
    account = Account()
    with (
        logged_in(account, credentials=Credentials("c", "s", token="given-token")) as session,
        pytest.raises(StatusError) as caught,
    ):
        session.get(PATH)
    assert "PXM_TOKEN" in caught.value.hint
    assert account.asked == []


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "käse", "tab\tbed"])
def test_a_given_token_that_cannot_be_sent_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(UsageError, match="PXM_TOKEN is no token") as caught:
        logged_in(Account(), credentials=Credentials(token=token))
    assert token not in str(caught.value)


@pytest.mark.parametrize("credentials", [Credentials(), Credentials("id"), Credentials("", "s")])
def test_without_credentials_the_error_says_which_are_missing(credentials: Credentials) -> None:
    account = Account()
    with (
        logged_in(account, credentials=credentials) as session,
        pytest.raises(UsageError, match="PXM_CLIENT_ID and PXM_CLIENT_SECRET") as caught,
    ):
        session.get(PATH)
    assert "Settings" in caught.value.hint
    assert account.asked == account.paths == []


@pytest.mark.parametrize("code", [400, 401, 403])
def test_a_wrong_secret_is_named_and_asked_about_once_for_all_threads(code: int) -> None:
    asked = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(code, json={"error": "invalid_client"})

    with logged_in(refuse) as session:
        results = session.each([lambda: session.get(PATH)] * 12)
    for error in results:
        assert isinstance(error, StatusError)
        assert str(error) == f"{code}: the credentials were refused: invalid_client"
        assert "PXM_CLIENT_ID and PXM_CLIENT_SECRET" in error.hint
    assert asked == [TOKEN_PATH]


def test_a_token_endpoint_in_trouble_is_tried_again_even_for_a_create() -> None:
    account = Account()
    trouble: Iterator[Any] = iter(
        [
            httpx.Response(503),
            httpx.Response(200, text="<p>one moment</p>"),
            httpx.Response(429, headers={"Retry-After": "3"}),
            httpx.ReadError("reset"),
        ]
    )

    def server(request: httpx.Request) -> httpx.Response:
        answer = next(trouble, None) if request.url.path == TOKEN_PATH else None
        if isinstance(answer, Exception):
            raise answer
        return answer or account(request)

    with logged_in(server) as session:
        assert session.post("/v2.1/collection", {}) == {"id": "a"}
        assert (session.sent, session.token_requests) == (1, 5)
    assert account.paths == ["/v2.1/collection"]


def test_a_wrong_base_url_is_not_taken_for_a_wrong_secret() -> None:
    with (
        logged_in(lambda _: httpx.Response(404)) as session,
        pytest.raises(StatusError) as caught,
    ):
        session.get(PATH)
    assert str(caught.value) == "404: Not Found"
    assert caught.value.request == f"POST {TOKEN_PATH}"


@pytest.mark.parametrize(
    "answer", [{}, {"access_token": ""}, {"access_token": "a b"}, ["t"], {"access_token": 7}]
)
def test_an_answer_without_a_usable_token_is_a_bad_answer(answer: Any) -> None:
    with (
        logged_in(lambda _: ok(answer)) as session,
        pytest.raises(BadAnswer, match="without an access_token"),
    ):
        session.get(PATH)


# --- renewal ------------------------------------------------------------------------------------


def test_a_refused_token_is_renewed_once_for_many_threads() -> None:
    account = Account()
    together = threading.Barrier(8)

    def meeting(request: httpx.Request) -> httpx.Response:
        answer = account(request)
        if answer.status_code == 401:
            together.wait(timeout=HANG)
        return answer

    with logged_in(meeting, rate=Rate(concurrency=8)) as session:
        session.get(PATH)
        account.good = "revoked"
        results = session.each([lambda: session.get(PATH)] * 8)
        assert session.retries["401"] == 8
        assert session.sent == 1 + 8 + 8
    assert results == [{"id": "a"}] * 8
    assert len(account.asked) == 2


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_write_with_a_refused_token_is_sent_again(method: str) -> None:
    account = Account()
    with logged_in(account) as session:
        session.get(PATH)
        account.good = "revoked"
        assert getattr(session, method)(PATH, {}) == {"id": "a"}


def test_a_token_that_is_always_refused_ends_in_an_error() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            return ok({"access_token": "t0ken"})
        return httpx.Response(401, json={"message": "Unauthorized"})

    with logged_in(never) as session, pytest.raises(StatusError, match="401: Unauthorized"):
        session.get(PATH)


@pytest.mark.parametrize(
    ("expires_in", "asked_again_after"),
    [
        ("31536000", 31_536_000 - 300),
        (1000, 900),
        (600.5, 540.45),
        (None, 3300),
        ("soon", 3300),
        (-1, 3300),
        ("Infinity", 3300),
        ({}, 3300),
    ],
)
def test_a_token_is_replaced_before_it_expires(expires_in: Any, asked_again_after: float) -> None:
    account, wall = Account(expires_in=expires_in), Clock(1_000_000.0)
    with logged_in(account, now=wall) as session:
        session.get(PATH)
        wall.time += asked_again_after - 1
        session.get(PATH)
        assert len(account.asked) == 1
        wall.time += 2
        session.get(PATH)
    assert len(account.asked) == 2


# --- the cache ----------------------------------------------------------------------------------


def test_the_next_run_uses_the_cached_token(tmp_path: Path) -> None:
    account = Account(expires_in="31536000")
    for _ in range(3):
        with logged_in(account, cache_dir=tmp_path / "pxm") as session:
            session.get(PATH)
    assert len(account.asked) == 1


def test_the_cache_is_for_its_user_alone_and_named_without_saying_whose(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "pxm"
    with logged_in(Account(), cache_dir=folder) as session:
        session.get(PATH)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "client-7" not in file.name
    assert "s3cret" not in file.read_text()


@pytest.mark.parametrize(
    "options",
    [{"base_url": "https://other.example"}, {"credentials": Credentials("client-8", "other")}],
)
def test_each_account_and_client_has_a_cache_of_its_own(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    account = Account()
    for more in ({}, options):
        with logged_in(account, cache_dir=tmp_path, **more) as session:
            session.get(PATH)
    assert len(account.asked) == len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"token": "t", "until": "x"}',
        '{"token": 7, "until": 9e9}',
        '{"token": "a\\nb", "until": 9e9}',
        '{"token": "expired", "until": 0}',
        "[" * 100_000,
        b"\xff",
    ],
)
def test_a_cache_that_cannot_be_used_is_no_cache(tmp_path: Path, text: str | bytes) -> None:
    account = Account()
    with logged_in(account, cache_dir=tmp_path) as session:
        session.get(PATH)
    (file,) = tmp_path.iterdir()
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with logged_in(account, cache_dir=tmp_path) as session:
        assert session.get(PATH) == {"id": "a"}
    assert len(account.asked) == 2
    assert json.loads(file.read_text())["token"] == "t0ken-2"


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with logged_in(Account(), cache_dir=blocked) as session:
        assert session.get(PATH) == {"id": "a"}


def test_a_write_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    with logged_in(Account(), cache_dir=tmp_path) as session:
        session.get(PATH)
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    with logged_in(Account(), cache_dir=tmp_path) as session:
        assert session.get(PATH) == {"id": "a"}
    assert list(tmp_path.iterdir()) == [file]


def test_a_cached_token_that_is_refused_is_replaced(tmp_path: Path) -> None:
    account = Account()
    for _ in range(2):
        with logged_in(account, cache_dir=tmp_path) as session:
            session.get(PATH)
        account.good = "revoked"
    assert len(account.asked) == 2


# --- secrets ------------------------------------------------------------------------------------

SECRET, GIVEN, ISSUED = LOGIN.client_secret, "given-t0ken-of-mine", "issued-t0ken-of-mine"
BASIC = b64encode(f"{LOGIN.client_id}:{SECRET}".encode()).decode()
SECRETS = (SECRET, GIVEN, ISSUED, BASIC)


def echo(request: httpx.Request) -> str:
    """What a server in debug mode writes into its error page."""
    return f"<h1>Error</h1> {SECRET} {BASIC} {GIVEN} {ISSUED} {dict(request.headers)}"


Trouble = Callable[[httpx.Request], httpx.Response]


def raising(error: type[httpx.RequestError]) -> Trouble:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error(echo(request), request=request)

    return fail


def answering(code: int, *, as_json: bool) -> Trouble:
    def answer(request: httpx.Request) -> httpx.Response:
        if as_json:
            return httpx.Response(code, json={"error": {"message": echo(request)}})
        return httpx.Response(code, text=echo(request), headers={"Location": echo(request)})

    return answer


TROUBLES = [
    *(answering(code, as_json=True) for code in (200, 400, 401, 403, 404, 429, 500)),
    *(answering(code, as_json=False) for code in (200, 302, 400, 401, 403, 500)),
    *map(raising, (httpx.ConnectError, httpx.ReadError, httpx.LocalProtocolError)),
]


@pytest.mark.parametrize("credentials", [LOGIN, replace(LOGIN, token=GIVEN)])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_secret_is_shown_anywhere(
    credentials: Credentials,
    method: str,
    late: bool,
    trouble: Trouble,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    def server(request: httpx.Request) -> httpx.Response:
        if late and request.url.path == TOKEN_PATH:
            return ok({"access_token": ISSUED})
        return trouble(request)

    seen: list[Any] = [credentials]
    with logged_in(server, credentials=credentials, on_event=seen.append) as session:
        seen.append(session)
        with pytest.raises(PxmError) as caught:
            session.get(PATH) if method == "GET" else session.post(PATH, {})
    error = caught.value
    seen += [error, error.args, error.hint, vars(error), *caplog.messages]
    known = [item for item in SECRETS if item not in _never_heard_of(credentials, late)]
    for item in seen:
        for secret in known:
            # Nor a part: a text that is cut short could show the first half of one.
            assert secret[:8] not in f"{item!s} {item!r}"


@pytest.mark.parametrize("length", range(100, 170, 7))
def test_a_text_that_is_cut_inside_a_secret_shows_no_part_of_it(length: int) -> None:
    server = answering_with("x" * length + " " + SECRET)
    with logged_in(server) as session, pytest.raises(ApiError) as caught:
        session.get(PATH)
    assert SECRET[:3] not in str(caught.value)


def answering_with(text: str) -> Trouble:
    return lambda _: httpx.Response(400, text=text)


def _never_heard_of(credentials: Credentials, late: bool) -> set[str]:
    """Tokens that this session never had: it cannot know that they are secrets."""
    unknown = set() if credentials.token else {GIVEN}
    return unknown if late and not credentials.token else {*unknown, ISSUED}


def test_a_cached_token_is_kept_out_of_errors_too(tmp_path: Path) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            return ok({"access_token": ISSUED})
        return httpx.Response(400, text=echo(request))

    for _ in range(2):
        with (
            logged_in(server, cache_dir=tmp_path) as session,
            pytest.raises(ApiError) as caught,
        ):
            session.get(PATH)
        assert ISSUED not in str(caught.value)
        assert "[secret]" in str(caught.value)


def test_a_header_that_cannot_be_sent_is_not_retried() -> None:
    sent = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.LocalProtocolError("Illegal header value")

    with logged_in(refuse, open_access=True) as session, pytest.raises(Unreachable):
        session.post(PATH, {})
    assert len(sent) == 1
