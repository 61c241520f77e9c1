"""Requests: one session for the whole process, with token, rate, retries and clear errors."""

from __future__ import annotations

import math
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import unquote

import httpx

from reconciler.api.address import check_way, checked, is_loopback
from reconciler.api.budget import Budget
from reconciler.api.connections import Connections
from reconciler.api.events import RequestEvent
from reconciler.api.inflight import InFlight
from reconciler.api.jsontext import dumps
from reconciler.api.lots import Lots
from reconciler.api.options import Access, Hooks, Surroundings
from reconciler.api.redaction import Redaction
from reconciler.api.responses import AnswerReader, Call, is_unsent
from reconciler.api.retrying import (
    FIRST_CONTACT,
    NEVER_SENT,
    NO_JSON,
    PAGE,
    PAGES,
    THROTTLED,
    Patience,
    Retry,
    moment_of,
)
from reconciler.api.token import TokenSource
from reconciler.closing import Closing
from reconciler.errors import ApiError, Interrupted, StatusError
from reconciler.model import Json, Rate

TOKEN_PATH = "/v2.1/oauth/authorize"
POST_SECONDS = 120.0
OTHER_SECONDS = 60.0
LOOK_UP = 0.5
"""Seconds after which whoever waits for requests sees a Ctrl-C at the latest."""
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0
"""The years 2000 and 2100: a Date beyond them is a fault of the server's clock."""

T = TypeVar("T")
Params = Mapping[str, str | int]


class Session(Closing):
    """Talks to one account.  Thread-safe; a context manager.

    `read_only` refuses every method but GET.  A request is tried again for at most
    `max_retry_seconds`.  Raises UsageError where secrets would go over plain http.

    `sent` are the requests that really went out, repeats included, those for tokens apart in
    `token_requests`; `retries` counts repeats by cause, `throttled` answers of 429.
    `server_date` is the last Date header in seconds since 1970, `page_limit` how large a page
    this account lets one ask for; `limits` are the headers that last spoke of a rate limit.
    """

    def __init__(
        self,
        base_url: str,
        access: Access,
        *,
        rate: Rate | None = None,
        read_only: bool = False,
        max_retry_seconds: float = 120.0,
        hooks: Hooks | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        rate = rate or Rate()
        self.base_url = checked(base_url)
        if not access.open_access:
            check_way(self.base_url, insecure=access.insecure_http)
        self.insecure_http = access.insecure_http
        self.concurrency = max(1, rate.concurrency)
        self.sent = self.token_requests = self.throttled = 0
        self.retries: Counter[str] = Counter()
        self.server_date: float | None = None
        self.page_limit = 250
        self.limits: Mapping[str, str] = {}
        self._read_only = read_only
        self._max_retry = max_retry_seconds
        self._hooks = hooks or Hooks()
        self._outside = surroundings or Surroundings()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = _Thread()
        self._in_flight = InFlight()
        giver, clock = self._hooks.giver, self._outside.clock
        self._lots = Lots(giver, rate, clock) if giver is not None else None
        self.budget = Budget(rate, clock, self._sleep, on_wait=self._waiting, lots=self._lots)
        login = access.credentials
        redaction = Redaction()
        redaction.learn_login(login.client_id, login.client_secret)
        self._reader = AnswerReader(self.base_url, redaction, self._outside.now)
        self._login = _basic(login.client_id, login.client_secret)
        source = TokenSource(
            self.base_url,
            login,
            self._ask_token,
            learn=redaction.learn,
            cache_dir=access.cache_dir,
            now=self._outside.now,
        )
        self._token = None if access.open_access else source
        transport = self._outside.transport
        self._connections = Connections(self.base_url, transport)
        self._storage = httpx.Client(
            transport=transport, trust_env=not is_loopback(self.base_url), follow_redirects=False
        )
        self._pool = ThreadPoolExecutor(
            self.concurrency, thread_name_prefix="pxm", initializer=self._mark_worker
        )

    def stop(self) -> None:
        """Send nothing more: who waits or begins gets Interrupted, what is in flight goes on."""
        self._stopping.set()

    def close(self) -> None:
        """Finish the requests that are in flight, send no more, let go of all connections."""
        self.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._in_flight.wait()
        self._connections.close()
        self._storage.close()
        if self._lots is not None:
            self._lots.close()

    @property
    def waited(self) -> float:
        """Seconds for which sending stood still, for the rate or after a 429."""
        return self.budget.waited

    @property
    def pace(self) -> float:
        """The share of the configured rate that is sent at now: less than 1 after a 429."""
        return self.budget.pace

    # --- verbs ---

    def get(self, path: str, params: Params | None = None) -> Json:
        """A read; retried while it may heal."""
        return self._retried(Call("GET", path), params, None)

    def put(self, path: str, body: Json) -> Json:
        """A replacing write, sent once (contract 7.2).

        Raises Retry where it was not answered well: the same bytes would overwrite what others
        wrote meanwhile, so whoever sent it reads again, waits by `rest` and builds a new body.
        """
        return self._attempt(self._writing("PUT", path), None, dumps(body))

    def delete(self, path: str) -> Json:
        """A delete, sent once like a `put`; NotFound where the object is gone."""
        return self._attempt(self._writing("DELETE", path), None, None)

    def post(self, path: str, body: Json) -> Json:
        """A create, sent once: InDoubt where nobody knows whether it took effect (contract 2.6)."""
        return self._retried(self._writing("POST", path, once=True), None, body)

    def ask(self, path: str, body: Json) -> Json:
        """A POST that makes nothing that lasts: asked again like a read."""
        return self._retried(self._writing("POST", path), None, body)

    @contextmanager
    def places(self, number: int) -> Iterator[None]:
        """Wait until so many requests may go out, and keep their places for this thread.

        What is sent inside does not wait for the rate any more: a write goes out right after the
        read that it rests on.  A place that is not used is lost; a request that is tried again
        gives the kept ones up (`has_place`).
        """
        self.budget.take(number)
        # What the guard has to do takes time too, and is done before the read.
        self._ask_guard()
        self._stop_if_closing()
        self._thread.places = number
        try:
            yield
        finally:
            self._thread.places = 0

    @property
    def has_place(self) -> bool:
        """This thread can send without waiting for the rate."""
        return self._thread.places > 0

    # --- beside the API ---

    @property
    def storage(self) -> httpx.Client:
        """What talks to the storage of files: no token, no rate (see `uploads`)."""
        return self._storage

    # --- trying again ---

    def patience(self) -> Patience:
        """How long one request goes on trying."""
        return Patience(self._max_retry, self._outside.jitter)

    def rest(self, retry: Retry, patience: Patience) -> None:
        """Wait before a request is tried again; raises its error where patience is over.

        A 429 stops all sending, through the budget; anything else only this request.
        """
        self._stop_if_closing()
        self._thread.places = 0
        wait = patience.wait(retry, self._most_for(retry))
        self._count(retry.cause)
        method, _, path = retry.request.partition(" ")
        self._tell(RequestEvent("retry", method, path, seconds=wait, detail=retry.message))
        if retry.cause == THROTTLED:
            self.budget.pause(wait)
        else:
            self._sleep(wait)

    # --- side by side ---

    def each(self, calls: Sequence[Callable[[], T]]) -> list[T | ApiError]:
        """Run calls side by side; results in their order, API errors in place of results.

        Even a single call runs in the pool: Ctrl-C meets the caller, not the request.  Calls
        that call `each` run theirs one by one, or a full pool would wait for itself.
        """

        if self._thread.is_worker:
            return [_caught(call) for call in calls]
        futures = [self._pool.submit(self._counted, call) for call in calls]
        # All end before an interruption is told: what was in flight has been recorded by then.
        try:
            # A signal that comes just before a lock is waited for is seen when the wait ends.
            while wait(futures, timeout=LOOK_UP).not_done:
                pass
        except BaseException:
            # Ctrl-C: what has not begun must not begin before the session is closed.
            self.stop()
            raise
        return [future.result() for future in futures]

    def _counted(self, call: Callable[[], T]) -> T | ApiError:
        with self._in_flight:
            return _caught(call)

    # --- attempts ---

    def _retried(self, call: Call, params: Params | None, body: Json) -> Json:
        content = None if body is None else dumps(body)
        patience = self.patience()
        while True:
            try:
                return self._attempt(call, params, content)
            except Retry as retry:
                self.rest(retry, patience)

    def _writing(self, method: str, path: str, *, once: bool = False) -> Call:
        call = Call(method, path, once)
        if self._read_only:
            raise ApiError("this command never writes", request=str(call))
        return call

    def _most_for(self, retry: Retry) -> float:
        """Less patience with what never could be connected to, and with what is no JSON."""
        if retry.cause in (PAGE, NO_JSON):
            return PAGES
        unmet = retry.cause == NEVER_SENT and self.sent + self.token_requests == 0
        return FIRST_CONTACT if unmet else math.inf

    def _count(self, cause: str) -> None:
        with self._lock:
            self.retries[cause] += 1
            self.throttled += cause == THROTTLED

    def _attempt(self, call: Call, params: Params | None, content: bytes | None) -> Json:
        token = self._token.get() if self._token else None
        response, seconds = self._send(call, params, content, token)
        if response.status_code == 401 and self._token and token:
            renewed = self._token.renew(token)
            if renewed is not None:
                self._count("401")
                response, seconds = self._send(call, params, content, renewed)
        return self._reader.read(call, response, seconds)

    def _send(
        self, call: Call, params: Params | None, content: bytes | None, token: str | None
    ) -> tuple[httpx.Response, float]:
        request = self._connections.request(
            call.method,
            call.path,
            params=params,
            content=content,
            authorization=f"Bearer {token}" if token else "",
            seconds=POST_SECONDS if call.once else OTHER_SECONDS,
        )
        return self._exchange(call, request, "request")

    def _exchange(
        self, call: Call, request: httpx.Request, kind: str
    ) -> tuple[httpx.Response, float]:
        """Send one request when the rate allows it; the answer, and the seconds it took."""
        if kind == "request" and self._thread.places:
            self._thread.places -= 1
        else:
            self.budget.take()
        # Waiting for the rate may have taken long: who may still write is asked after it.
        if kind == "request" and call.method != "GET":
            self._ask_guard()
        self._stop_if_closing()
        started = self._outside.clock()
        try:
            response = self._connections.send(request)
        except httpx.RequestError as error:
            if not is_unsent(error):
                self._count_sent(kind)
            raise self._reader.broken(call, error, self._outside.clock() - started) from None
        seconds = self._outside.clock() - started
        # A response and its stream hold each other: a page would stay until garbage is looked for.
        response.stream = httpx.ByteStream(b"")
        self._count_sent(kind)
        self.server_date = _date_in(response.headers) or self.server_date
        self.limits = _limits_in(response.headers) or self.limits
        query = request.url.query.decode("ascii")
        query = self._reader.clean(unquote(query)) if query else ""
        status = response.status_code
        self._tell(RequestEvent(kind, call.method, call.path, query, status, seconds))
        return response, seconds

    def _ask_guard(self) -> None:
        if self._hooks.guard is not None:
            self._hooks.guard()

    def _count_sent(self, kind: str) -> None:
        with self._lock:
            self.sent += kind == "request"
            self.token_requests += kind == "token"

    # --- the token's own request ---

    def _ask_token(self) -> Json:
        """The article, option A: Basic authentication and the grant type as JSON."""
        # Asking twice does no harm, so it is not a call that may be sent `once`.
        call = Call("POST", TOKEN_PATH)
        request = self._connections.request(
            "POST",
            TOKEN_PATH,
            params=None,
            content=dumps({"grant_type": "client_credentials"}),
            authorization=self._login,
            seconds=OTHER_SECONDS,
        )
        response, seconds = self._exchange(call, request, "token")
        try:
            return self._reader.read(call, response, seconds)
        except StatusError as error:
            raise _refused_login(error) from None

    # --- waiting and telling ---

    def _sleep(self, seconds: float) -> None:
        if self._outside.sleep is None:
            self._stopping.wait(seconds)
        else:
            self._outside.sleep(seconds)
        self._stop_if_closing()

    def _stop_if_closing(self) -> None:
        if self._stopping.is_set():
            raise Interrupted("interrupted before a request was sent")

    def _mark_worker(self) -> None:
        self._thread.is_worker = True

    def _waiting(self, seconds: float) -> None:
        self._tell(RequestEvent("wait", seconds=seconds, detail="for the rate"))

    def _tell(self, event: RequestEvent) -> None:
        if self._hooks.on_event is not None:
            self._hooks.on_event(event)


class _Thread(threading.local):
    """What the session knows of each thread: places kept for it, and whether the pool runs it."""

    places = 0
    is_worker = False


def _date_in(headers: httpx.Headers) -> float | None:
    """The Date of an answer; None for one that no clock of this century says."""
    date = moment_of(headers.get("date", ""))
    return date if date is not None and EARLIEST <= date < LATEST else None


def _limits_in(headers: httpx.Headers) -> dict[str, str]:
    return {name: text for name, text in headers.items() if "ratelimit" in name.replace("-", "")}


def _caught(call: Callable[[], T]) -> T | ApiError:
    try:
        return call()
    except ApiError as error:
        return error


def _basic(client_id: str, secret: str) -> str:
    """The header of Basic authentication."""
    return f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode('ascii')}"


def _refused_login(error: StatusError) -> StatusError:
    if error.status not in (400, 401, 403):
        return error
    return StatusError(
        error.status,
        f"the credentials were refused: {error.words}",
        request=error.request,
        hint="check PXM_CLIENT_ID and PXM_CLIENT_SECRET, and that their user is active",
    )


def any_error(results: Sequence[Any]) -> ApiError | None:
    """The first API error among results of `Session.each`."""
    return next((item for item in results if isinstance(item, ApiError)), None)
