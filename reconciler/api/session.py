"""Requests: one session for the whole process, with token, rate, retries and clear errors."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from reconciler.api.answers import excerpt, is_error, words_of
from reconciler.api.budget import Budget
from reconciler.api.jsontext import dumps, loads
from reconciler.api.token import Credentials, TokenSource
from reconciler.errors import (
    ApiError,
    BadAnswer,
    InDoubt,
    NotFound,
    StatusError,
    Unreachable,
    UsageError,
)
from reconciler.model import Json, Rate

TOKEN_PATH = "/v2.1/oauth/authorize"
RETRIED = frozenset({429, 500, 502, 503, 504})
POST_SECONDS = 120.0
OTHER_SECONDS = 60.0
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for logs; never with a secret.  `seconds` is how long it took."""

    kind: str
    method: str
    path: str
    status: int | None = None
    seconds: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        status = f" {self.status}" if self.status is not None else ""
        detail = f" {self.detail}" if self.detail else ""
        return f"{self.kind}: {self.method} {self.path}{status} {self.seconds:.3f} s{detail}"


def quote_id(id_: str) -> str:
    """An id as one segment of a path."""
    return quote(id_, safe="")


class _Retry(Exception):
    """This attempt failed in a way that may heal; `wait` is what the server asked for."""

    def __init__(self, error: ApiError, cause: str, wait: float | None = None) -> None:
        super().__init__(cause)
        self.error = error
        self.cause = cause
        self.wait = wait


class Session:
    """Talks to one account.  Thread-safe; a context manager.

    `read_only` refuses every method but GET.  `open_access` sends no token (embedded sandbox).
    `clock`, `sleep`, `jitter` and `transport` are there to be injected.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        rate: Rate | None = None,
        read_only: bool = False,
        open_access: bool = False,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        cache_dir: Path | None = None,
        max_retry_seconds: float = 120.0,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        rate = rate or Rate()
        self._base = _checked(base_url)
        self._read_only = read_only
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._max_retry = max_retry_seconds
        self._on_event = on_event
        self._client = httpx.Client(
            base_url=self._base,
            transport=transport,
            timeout=OTHER_SECONDS,
            limits=httpx.Limits(max_connections=rate.concurrency + 2),
            headers={"Accept": "application/json", "User-Agent": "pxm"},
        )
        self._pool = ThreadPoolExecutor(rate.concurrency, thread_name_prefix="pxm")
        self._lock = threading.Lock()
        self.budget = Budget(rate, clock, sleep)
        self.concurrency = rate.concurrency
        self.sent = 0
        self.throttled = 0
        self.retries: Counter[str] = Counter()
        self.server_date: float | None = None
        source = TokenSource(self._base, credentials, self._ask_token, cache_dir)
        self._token = None if open_access else source

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is in flight and let go of connections and threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    # --- verbs ---

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Json:
        """A read; retried while it may heal."""
        return self._retried("GET", path, params=params)

    def put(self, path: str, body: Json) -> Json:
        """A replacing write: sending it twice is the same as once, so it is retried."""
        return self._retried("PUT", path, body=body)

    def delete(self, path: str) -> Json:
        """A delete; NotFound where it is gone already."""
        return self._retried("DELETE", path)

    def post(self, path: str, body: Json) -> Json:
        """A create, sent once: InDoubt where nobody knows whether it took effect (contract 2.6)."""
        return self._retried("POST", path, body=body)

    def each(self, calls: Sequence[Callable[[], T]]) -> list[T | ApiError]:
        """Run calls side by side; results in their order, API errors in place of results."""

        def caught(call: Callable[[], T]) -> T | ApiError:
            try:
                return call()
            except ApiError as error:
                return error

        if len(calls) == 1:
            return [caught(calls[0])]
        return list(self._pool.map(caught, calls))

    def wait_for_room(self, number: int) -> None:
        """Block until a batch of so many requests can go out without waiting half-way."""
        self.budget.wait_for_room(number)

    # --- attempts ---

    def _retried(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Json = None,
    ) -> Json:
        if self._read_only and method != "GET":
            raise ApiError("this command never writes", request=f"{method} {path}")
        started, backoff = self._clock(), FIRST_BACKOFF
        while True:
            try:
                return self._attempt(method, path, params, body)
            except _Retry as retry:
                self.retries[retry.cause] += 1
                wait = backoff * (0.5 + self._jitter()) if retry.wait is None else retry.wait
                if self._clock() - started + wait > self._max_retry:
                    raise retry.error from None
                self._event("retry", method, path, seconds=wait, detail=retry.cause)
                self._hold(retry.cause, wait)
                backoff = min(backoff * 2, LONGEST_BACKOFF)

    def _hold(self, cause: str, wait: float) -> None:
        """A 429 stops all sending, through the budget; anything else only this request."""
        if cause == "429":
            self.budget.pause(wait)
        else:
            self._sleep(wait)

    def _attempt(
        self, method: str, path: str, params: Mapping[str, str | int] | None, body: Json
    ) -> Json:
        token = self._token.get() if self._token else None
        response = self._send(method, path, params, body, token)
        if response.status_code == 401 and self._token and token:
            renewed = self._token.renew(token)
            if renewed is not None:
                response = self._send(method, path, params, body, renewed)
        return self._read(method, path, response)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: Json,
        token: str | None,
    ) -> httpx.Response:
        self.budget.take()
        with self._lock:
            self.sent += 1
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = None
        if body is not None:
            content, headers = dumps(body), {**headers, "Content-Type": "application/json"}
        timeout = POST_SECONDS if method == "POST" else OTHER_SECONDS
        started = self._clock()
        try:
            response = self._client.request(
                method, path, params=params, content=content, headers=headers, timeout=timeout
            )
        except httpx.TransportError as error:
            raise self._broken(method, path, error) from None
        self._note_date(response)
        seconds = self._clock() - started
        self._event("request", method, path, response.status_code, seconds)
        return response

    def _broken(self, method: str, path: str, error: httpx.TransportError) -> Exception:
        """No answer came.  Before a connection stood nothing was sent; after it nobody knows."""
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        request = f"{method} {path}"
        never_sent = isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout
        )
        if method == "POST" and not never_sent:
            return InDoubt(f"no answer came to a create ({what})", request=request)
        return _Retry(
            Unreachable(f"{self._base} cannot be reached ({what})", request=request, hint=_CHECK),
            "connection",
        )

    def _read(self, method: str, path: str, response: httpx.Response) -> Json:
        request, status = f"{method} {path}", response.status_code
        answer, parsed = _parsed(response)
        if status in RETRIED:
            raise self._retriable(method, request, response, answer)
        if 300 <= status < 400:
            where = response.headers.get("location", "nowhere")
            raise StatusError(
                status, f"redirected to {where}", request=request, hint="set --base-url"
            )
        if status >= 400:
            words = words_of(answer) or excerpt(response.text)
            raise _status_error(status, words, request)
        if not parsed:
            raise self._not_json(method, request, response)
        if is_error(answer):
            raise self._error_in_2xx(method, request, answer)
        return answer

    def _retriable(
        self, method: str, request: str, response: httpx.Response, answer: Json
    ) -> Exception:
        words = words_of(answer) or excerpt(response.text)
        error = StatusError(response.status_code, words, request=request)
        if response.status_code == 429:
            wait = retry_after(response.headers.get("retry-after"), answer)
            with self._lock:
                self.throttled += 1
            return _Retry(error, "429", wait)
        if method == "POST":
            return InDoubt(f"{error.message} to a create", request=request)
        return _Retry(error, str(response.status_code))

    def _not_json(self, method: str, request: str, response: httpx.Response) -> Exception:
        text = f"an answer that is no JSON: {excerpt(response.text)}"
        if method == "POST":
            return InDoubt(text, request=request)
        return _Retry(BadAnswer(text, request=request, hint=_CHECK), "no JSON")

    def _error_in_2xx(self, method: str, request: str, answer: Json) -> Exception:
        error = StatusError(500, words_of(answer), request=request)
        return error if method == "POST" else _Retry(error, "error in a 2xx")

    # --- the token's own request ---

    def _ask_token(self, credentials: Credentials) -> Json:
        """The article, option A: Basic authentication and the grant type as JSON."""
        self.budget.take()
        try:
            response = self._client.post(
                TOKEN_PATH,
                auth=(credentials.client_id, credentials.client_secret),
                json={"grant_type": "client_credentials"},
            )
        except httpx.TransportError as error:
            raise self._broken("GET", TOKEN_PATH, error) from None
        self._event("token", "POST", TOKEN_PATH, response.status_code)
        if response.status_code in RETRIED:
            answer, _ = _parsed(response)
            raise self._retriable("GET", f"POST {TOKEN_PATH}", response, answer)
        if response.status_code >= 400:
            answer, _ = _parsed(response)
            words = words_of(answer) or excerpt(response.text)
            raise StatusError(
                response.status_code,
                f"the credentials were refused: {words}",
                request=f"POST {TOKEN_PATH}",
                hint="check PXM_CLIENT_ID and PXM_CLIENT_SECRET, and that their user is active",
            )
        return _parsed(response)[0]

    def _note_date(self, response: httpx.Response) -> None:
        try:
            self.server_date = parsedate_to_datetime(response.headers["date"]).timestamp()
        except (KeyError, ValueError):
            return

    def _event(
        self,
        kind: str,
        method: str,
        path: str,
        status: int | None = None,
        seconds: float = 0.0,
        detail: str = "",
    ) -> None:
        if self._on_event is not None:
            self._on_event(Event(kind, method, path, status, seconds, detail))


_CHECK = "check the network, --base-url, and the service's status; then run the command again"


def _checked(base_url: str) -> str:
    """The base URL without a slash at its end; UsageError for what is none."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageError(f"--base-url {base_url}: not an http or https address")
    return base_url.rstrip("/")


def _parsed(response: httpx.Response) -> tuple[Json, bool]:
    """The body as JSON, and whether it is; no body is None."""
    if not response.content.strip():
        return None, True
    try:
        return loads(response.content), True
    except (ValueError, RecursionError):
        return None, False


def _status_error(status: int, words: str, request: str) -> StatusError:
    if status == 404:
        return NotFound(status, words or "Not Found", request=request)
    return StatusError(status, words, request=request, hint=_HINTS.get(status, ""))


_HINTS: Mapping[int, str] = {
    401: "the token was refused: check PXM_TOKEN, or the client id and secret",
    403: "these credentials may not do this: check the role of their user in PXM",
}


def retry_after(header: str | None, answer: Json, now: float | None = None) -> float | None:
    """Seconds to wait: header in seconds or as a date, else the body; None where neither says."""
    body = answer.get("retry_after") if isinstance(answer, Mapping) else None
    for value in (header, body):
        if value is None:
            continue
        try:
            return max(0.0, float(value))
        except ValueError:
            pass
        try:
            moment = parsedate_to_datetime(str(value)).timestamp()
            return max(0.0, moment - (time.time() if now is None else now))
        except ValueError:
            continue
    return None


def any_error(results: Sequence[Any]) -> ApiError | None:
    """The first API error among results of `Session.each`."""
    return next((item for item in results if isinstance(item, ApiError)), None)
