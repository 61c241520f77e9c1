"""The few calls of GitHub's REST API that a catalog's CI needs: pulls, comments, issues, artifacts.

It is here because this package alone talks HTTP; it shares waiting and errors with the PXM
client and nothing else.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from reconciler.api.retrying import Patience, Retry, retry_after
from reconciler.closing import Closing
from reconciler.errors import BadAnswer, NotFound, StatusError, Unreachable
from reconciler.model import Json

PAGE = 100
MOST_PAGES = 100
SECONDS = 30.0
PATIENCE = 90.0
AGAIN = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a call that may be repeated is sent again."""

_HINTS = {
    401: "pass the job's own token: `GITHUB_TOKEN: ${{ github.token }}`",
    403: "the job needs the permission; docs/ci.md lists what each job asks for",
    404: "a token that may not see a thing is told that it is not there: check `permissions:`",
}


class GitHub(Closing):
    """Talks to one repository; a context manager.

    `api_url` is the server's (`https://api.github.com`), `repository` is `owner/name`.  All calls
    raise ApiError.  `sleep` and `jitter` are there to be injected.
    """

    def __init__(
        self,
        api_url: str,
        repository: str,
        token: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.repository = repository
        self._base = f"{api_url.rstrip('/')}/repos/{repository}"
        self._sleep, self._jitter = sleep, jitter
        self._client = httpx.Client(
            timeout=SECONDS,
            # What GitHub keeps elsewhere it redirects to; httpx leaves the token behind there.
            follow_redirects=True,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "User-Agent": "pxm",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def get(self, path: str, /, **params: str | int) -> Json:
        """The answer to a GET below the repository, such as `pulls/7`."""
        return _json(self._call("GET", path, params=params))

    def pages(
        self, path: str, within: str = "", /, **params: str | int
    ) -> Iterator[dict[str, Any]]:
        """Every entry of a list, page by page; `within` names the list in its envelope."""
        for page in range(1, MOST_PAGES + 1):
            response = self._call("GET", path, params={**params, "per_page": PAGE, "page": page})
            answer = _json(response)
            found = answer.get(within) if within and isinstance(answer, Mapping) else answer
            if not isinstance(found, list):
                raise BadAnswer("a list was due, and the answer holds none", request=f"GET {path}")
            yield from (item for item in found if isinstance(item, dict))
            if "next" not in response.links:
                return

    def post(self, path: str, body: Mapping[str, Json]) -> Json:
        """Make something.  Not repeated once it may have been taken: two comments are noise."""
        return _json(self._call("POST", path, json=body))

    def patch(self, path: str, body: Mapping[str, Json]) -> Json:
        """Change something."""
        return _json(self._call("PATCH", path, json=body))

    def download(self, path: str, most: int) -> bytes:
        """The bytes at a path, wherever it leads; BadAnswer for more than `most`."""
        content = self._call("GET", path).content
        if len(content) > most:
            raise BadAnswer(f"{len(content):,} bytes, at most {most:,} were due", request=path)
        return content

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        patience = Patience(PATIENCE, self._jitter)
        while True:
            try:
                return self._once(method, path, **arguments)
            except Retry as retry:
                self._sleep(patience.wait(retry))

    def _once(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        request = f"{method} {path}"
        try:
            response = self._client.request(method, f"{self._base}/{path}", **arguments)
        except httpx.TransportError as error:
            trouble = Unreachable(f"GitHub does not answer: {error}", request=request)
            if method == "POST" and not isinstance(error, httpx.ConnectError):
                raise trouble from error
            raise Retry(trouble, "connection") from error
        if response.is_success:
            return response
        raise _failed(response, request)


def _failed(response: httpx.Response, request: str) -> Exception:
    """What to raise for an error status: Retry where waiting may heal it."""
    status = response.status_code
    answer = _said(response)
    words = str(answer.get("message", "")) if isinstance(answer, Mapping) else ""
    kind = NotFound if status == 404 else StatusError
    error = kind(status, words, request=request, hint=_HINTS.get(status, ""))
    asked = retry_after(response.headers.get("Retry-After"), answer, time.time())
    # Above its secondary limits GitHub answers 403 with a Retry-After.
    limited = status == 429 or (status == 403 and asked is not None)
    repeatable = status in AGAIN and not request.startswith("POST")
    return Retry(error, str(status), asked=asked) if limited or repeatable else error


def _said(response: httpx.Response) -> Json:
    try:
        answer: Json = response.json()
    except ValueError:
        return None
    return answer


def _json(response: httpx.Response) -> Json:
    try:
        answer: Json = response.json()
    except ValueError as error:
        where = f"{response.request.method} {response.request.url.path}"
        raise BadAnswer("GitHub answers with something that is no JSON", request=where) from error
    return answer
