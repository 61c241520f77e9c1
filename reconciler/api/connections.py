"""Connections to the API that are kept open, and the requests that go over them.

A request of a session is simple: no cookies, no redirects, no login of httpx's own.  So it is built
here and handed to a transport, without the client around that.  Each transport has one connection;
of those that are idle the one that was used last is taken, so there are no more than needed.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping

import httpx

from reconciler.api.address import is_loopback
from reconciler.closing import Closing

IDLE_SECONDS = 2.0
"""A connection idle for longer is not used again: servers close theirs after five seconds or
so, and a create that meets the closing one is in doubt."""

_LIMITS = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS
)
_HEADERS = (
    (b"Accept", b"application/json"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"pxm"),
)
_JSON = (b"Content-Type", b"application/json")


class Connections(Closing):
    """Sends requests to one address.  Thread-safe.

    `transport` is used in place of connections (tests).
    """

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._base_url = base_url
        self._given = transport
        self._proxy = proxy_for(base_url)
        # Reading the certificates takes long, and one context serves all.
        is_tls = base_url.startswith("https:") and transport is None
        self._context = httpx.create_ssl_context() if is_tls else False
        self._open: list[httpx.BaseTransport] = []
        self._idle: list[httpx.BaseTransport] = []
        self._urls: dict[str, httpx.URL] = {}

    def close(self) -> None:
        """Let go of all connections."""
        for transport in self._open:
            transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None,
        content: bytes | None,
        authorization: str,
        seconds: float,
    ) -> httpx.Request:
        """A request to a path of the API; `seconds` is how long each step of it may take."""
        headers = [*_HEADERS]
        if authorization:
            headers.append((b"Authorization", authorization.encode("ascii")))
        if content is not None:
            headers.append(_JSON)
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        url, extensions = self._url(path, once=method != "POST"), {"timeout": timeout}
        return httpx.Request(
            method, url, params=params, headers=headers, content=content, extensions=extensions
        )

    def send(self, request: httpx.Request) -> httpx.Response:
        """The whole answer; raises httpx.RequestError."""
        transport = self._taken()
        try:
            response = transport.handle_request(request)
            try:
                response.read()
            finally:
                response.close()
        finally:
            self._idle.append(transport)
        return response

    def _url(self, path: str, *, once: bool) -> httpx.URL:
        """The URL of a path; those of creates come again and again."""
        known = self._urls.get(path)
        if known is None:
            known = httpx.URL(f"{self._base_url}{path}")
            if not once:
                self._urls[path] = known
        return known

    def _taken(self) -> httpx.BaseTransport:
        try:
            return self._idle.pop()
        except IndexError:
            return self._made()

    def _made(self) -> httpx.BaseTransport:
        if self._given is not None:
            return self._given
        made = httpx.HTTPTransport(
            verify=self._context, trust_env=False, limits=_LIMITS, proxy=self._proxy
        )
        self._open.append(made)
        return made


def proxy_for(base_url: str) -> str | None:
    """The proxy that the environment names for an address; None to connect directly."""
    if is_loopback(base_url):
        return None
    url = httpx.URL(base_url)
    found = urllib.request.getproxies()
    proxy = found.get(url.scheme) or found.get("all")
    if proxy is None or urllib.request.proxy_bypass(url.netloc.decode("ascii")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
