"""A client of the REST API of GitHub or GitLab, as far as a catalog's CI needs it.

It is here because this package alone talks HTTP; it shares waiting and errors with the PXM
client and nothing else.  What is asked is said by `cli.ci.github` and `cli.ci.gitlab`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from reconciler.api.retrying import Patience, Retry, retry_after
from reconciler.closing import Closing
from reconciler.errors import BadAnswer, NotFound, StatusError, Unreachable
from reconciler.model import Json

PAGE = 100
MOST_PAGES = 100
MOST_BYTES = 32 * 1024 * 1024
"""Bytes of any other answer; the largest lists have a hundred entries of a few KiB."""
Param = str | int | list[str]
SECONDS = 30.0
PATIENCE = 90.0
AGAIN = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a call that may be repeated is sent again."""


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server: its name, the headers that its API wants, a hint for each status."""

    name: str
    headers: Mapping[str, str]
    hints: Mapping[int, str]


GITHUB = Server(
    "GitHub",
    {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    {
        401: "pass the job's own token: `GITHUB_TOKEN: ${{ github.token }}`",
        403: "the job needs the permission; docs/ci.md lists what each job asks for",
        404: "a token that may not see a thing is told that it is not there: check `permissions:`",
    },
)
GITLAB = Server(
    "GitLab",
    {"Accept": "application/json"},
    {
        401: "PXM_GITLAB_TOKEN was revoked or has expired: make another project access token",
        403: "PXM_GITLAB_TOKEN needs the role Reporter and the scope `api` (docs/ci.md)",
        404: "a token that may not see a thing is told that it is not there: PXM_GITLAB_TOKEN is a "
        "project access token of this project, with the scope `api`",
    },
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A request by its method and path, the head of its answer, and the body."""

    request: str
    response: httpx.Response
    content: bytes


class Rest(Closing):
    """Talks to one repository; a context manager.

    `base` is the address of the repository in the API.  All calls raise ApiError.  `sleep` and
    `jitter` are there to be injected.
    """

    def __init__(
        self,
        server: Server,
        base: str,
        token: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._server = server
        self._base = base
        self._sleep, self._jitter = sleep, jitter
        self._client = httpx.Client(
            timeout=SECONDS,
            # What is kept elsewhere they redirect to; httpx leaves this header behind there, and
            # no other: GitLab's `PRIVATE-TOKEN` would be shown to the storage.
            follow_redirects=True,
            headers={
                **server.headers,
                "Authorization": f"Bearer {token}",
                "User-Agent": "pxm",
            },
        )

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def get(self, path: str, /, **params: Param) -> Json:
        """The answer to a GET below the repository, such as `pulls/7`."""
        return _json(self._call("GET", path, params=params))

    def pages(self, path: str, within: str = "", /, **params: Param) -> Iterator[dict[str, Any]]:
        """Every entry of a list, page by page; `within` names the list in its envelope."""
        for page in range(1, MOST_PAGES + 1):
            read = self._call("GET", path, params={**params, "per_page": PAGE, "page": page})
            answer = _json(read)
            found = answer.get(within) if within and isinstance(answer, Mapping) else answer
            if not isinstance(found, list):
                raise BadAnswer("a list was due, and the answer holds none", request=f"GET {path}")
            yield from (item for item in found if isinstance(item, dict))
            if "next" not in read.response.links:
                return
        # What is not read to its end must not pass for the whole of it.
        raise BadAnswer(
            f"a list has more than {MOST_PAGES * PAGE:,} entries", request=f"GET {path}"
        )

    def post(self, path: str, body: Mapping[str, Json]) -> Json:
        """Make something.  Not repeated once it may have been taken: two comments are noise."""
        return _json(self._call("POST", path, json=body))

    def patch(self, path: str, body: Mapping[str, Json]) -> Json:
        """Change something."""
        return _json(self._call("PATCH", path, json=body))

    def put(self, path: str, body: Mapping[str, Json]) -> Json:
        """Change something, as GitLab wants it said."""
        return _json(self._call("PUT", path, json=body))

    def delete(self, path: str) -> None:
        """Take something away; what is not there is gone already."""
        try:
            self._call("DELETE", path)
        except NotFound:
            return

    def download(self, path: str, most: int) -> bytes:
        """The bytes at a path, wherever it leads; BadAnswer for more than `most`."""
        return self._call("GET", path, most=most).content

    def _call(self, method: str, path: str, *, most: int = MOST_BYTES, **arguments: Any) -> Reply:
        patience = Patience(PATIENCE, self._jitter)
        while True:
            try:
                return self._once(method, path, most, **arguments)
            except Retry as retry:
                self._sleep(patience.wait(retry))

    def _once(self, method: str, path: str, most: int, **arguments: Any) -> Reply:
        request = f"{method} {path}"
        url = f"{self._base}/{path}"
        try:
            with self._client.stream(method, url, **arguments) as response:
                answer = Reply(request, response, _content(response, most, request))
        except httpx.RequestError as error:
            trouble = Unreachable(f"{self._server.name} does not answer: {error}", request=request)
            if method == "POST" and not isinstance(error, httpx.ConnectError):
                raise trouble from error
            raise Retry(trouble, "connection") from error
        if response.is_success:
            return answer
        raise _failed(answer, self._server.hints)


def _content(response: httpx.Response, most: int, request: str) -> bytes:
    """The whole of an answer, and no more than `most` bytes of it, whatever it says of itself."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > most:
            raise BadAnswer(f"more than the {most:,} bytes that were due", request=request)
    return bytes(content)


def _failed(answer: Reply, hints: Mapping[int, str]) -> Exception:
    """What to raise for an error status: Retry where waiting may heal it."""
    status, request = answer.response.status_code, answer.request
    said = _said(answer)
    words = _words(said)
    kind = NotFound if status == 404 else StatusError
    error = kind(status, words, request=request, hint=hints.get(status, ""))
    asked = retry_after(answer.response.headers.get("Retry-After"), said, time.time())
    # Above its secondary limits GitHub answers 403 with a Retry-After.
    limited = status == 429 or (status == 403 and asked is not None)
    repeatable = status in AGAIN and not request.startswith("POST")
    return Retry(error, str(status), asked=asked) if limited or repeatable else error


def _words(said: Json) -> str:
    """What the answer says went wrong; GitLab has it under one of two names."""
    if not isinstance(said, Mapping):
        return ""
    return str(said.get("message") or said.get("error") or "")


def _said(answer: Reply) -> Json:
    try:
        return _json(answer)
    except BadAnswer:
        return None


def _json(answer: Reply) -> Json:
    try:
        value: Json = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("the answer is no JSON", request=answer.request) from error
    return value
