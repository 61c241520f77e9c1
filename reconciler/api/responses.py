"""What an answer, or none, means: JSON, an error, or a reason to try again (contract 7.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from reconciler.api.envelopes import error_status, excerpt, shortened, words_of
from reconciler.api.retrying import NEVER_SENT, NO_JSON, PAGE, THROTTLED, Retry, retry_after
from reconciler.errors import ApiError, BadAnswer, InDoubt, NotFound, StatusError, Unreachable
from reconciler.jsontext import loads
from reconciler.model import Json

RETRIED = frozenset({500, 502, 503, 504})

CHECK = "check the network, --base-url and the service's status, then run the command again"
PROXY = (
    "a proxy, or another server at --base-url, answers in the API's place: look at that page in a "
    "browser, then run the command again"
)
HINTS: Mapping[int, str] = {
    401: "the token was refused: check PXM_TOKEN, or PXM_CLIENT_ID and PXM_CLIENT_SECRET",
    403: "these credentials may not do this: check the role of their user in PXM",
    429: "something else uses up the account's rate: wait, or lower `rate` in the settings",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request as errors name it.  `once` says that a second one would make a second object."""

    method: str
    path: str
    once: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads answers.  `clean` takes secrets out of a text, `now` is seconds since 1970."""

    base_url: str
    clean: Callable[[str], str]
    now: Callable[[], float]

    def read(self, call: Call, response: httpx.Response, seconds: float) -> Json:
        """The JSON of a good answer; None where it has no body.

        Raises Retry for what may heal, an ApiError for what will not.
        """
        status = response.status_code
        answer, is_json = _parsed(call, response)
        if 300 <= status < 400:
            raise self._redirected(call, response)
        if status >= 400:
            raise self._refused(call, status, response, answer, seconds)
        if not is_json:
            raise self._no_json(call, response, seconds)
        meant = error_status(answer, reading=call.method == "GET")
        if meant is not None:
            raise self._refused(call, meant, response, answer, seconds)
        return answer

    def broken(self, call: Call, error: httpx.RequestError, seconds: float) -> Exception:
        """No answer came.  Before a connection stood nothing was sent; after it nobody knows."""
        what = shortened(self.clean(f"{type(error).__name__}: {error}".rstrip(": ")))
        if call.once and not is_unsent(error):
            return InDoubt(f"no whole answer came to a create ({what})", request=str(call))
        happened = "cannot be reached" if is_unsent(error) else "gave no whole answer"
        unreachable = Unreachable(
            f"{self.base_url} {happened} ({what})", request=str(call), hint=CHECK
        )
        if _is_hopeless(error):
            return unreachable
        cause = NEVER_SENT if is_unsent(error) else "broken connection"
        return Retry(unreachable, cause, seconds=seconds)

    def _refused(
        self, call: Call, status: int, response: httpx.Response, answer: Json, seconds: float
    ) -> Exception:
        words = shortened(self.clean(words_of(answer))) or self._excerpt(response.text)
        error = _status_error(status, words, call)
        asked = retry_after(response.headers.get("retry-after"), answer, self.now())
        if status == 429:
            return Retry(error, THROTTLED, asked=asked, seconds=seconds)
        if call.once and status >= 500:
            return InDoubt(f"a create was answered {error.message}", request=str(call))
        if status in RETRIED:
            return Retry(error, str(status), asked=asked, seconds=seconds)
        return error

    def _no_json(self, call: Call, response: httpx.Response, seconds: float) -> Exception:
        text = self._excerpt(response.text) or "nothing at all"
        page = is_page(response)
        what = "a web page instead of JSON" if page else "an answer that is no JSON"
        message = f"{what}: {text}"
        if call.once:
            return InDoubt(f"a create got {message}", request=str(call), hint=PROXY if page else "")
        if page:
            answer = BadAnswer(message, request=str(call), hint=PROXY)
            return Retry(answer, PAGE, seconds=seconds)
        return Retry(BadAnswer(message, request=str(call), hint=CHECK), NO_JSON, seconds=seconds)

    def _redirected(self, call: Call, response: httpx.Response) -> ApiError:
        where = self._excerpt(response.headers.get("location", "nowhere"))
        return StatusError(
            response.status_code,
            f"redirected to {where}, which is not followed",
            request=str(call),
            hint="set --base-url to where the API is",
        )

    def _excerpt(self, text: str) -> str:
        return excerpt(self.clean(text))


def is_page(response: httpx.Response) -> bool:
    """A web page, whatever its status says."""
    said = str(response.headers.get("content-type", ""))
    return "html" in said or response.content.lstrip()[:1] == b"<"


_HOPELESS = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def is_unsent(error: httpx.RequestError) -> bool:
    """It failed before anything of the request went out."""
    return isinstance(error, (*_UNSENT, *_HOPELESS))


def _is_hopeless(error: httpx.RequestError) -> bool:
    """The same request will fail the same way: no time heals a wrong certificate."""
    return isinstance(error, _HOPELESS) or "CERTIFICATE_VERIFY_FAILED" in str(error)


def _parsed(call: Call, response: httpx.Response) -> tuple[Json, bool]:
    """The body as JSON, and whether it is.

    Writes may be answered with an empty body.  A read may not, unless it says so (204): a list
    whose body got lost on the way would read as an empty one.
    """
    if not response.content.strip():
        return None, call.method != "GET" or response.status_code == 204
    try:
        return loads(response.content), True
    except ValueError:
        return None, False


def _status_error(status: int, words: str, call: Call) -> StatusError:
    if status == 404:
        return NotFound(status, words or "Not Found", request=str(call))
    return StatusError(status, words, request=str(call), hint=HINTS.get(status, ""))
