"""Addresses: the base URL as given, and ids as segments of a path."""

from __future__ import annotations

import re
from urllib.parse import quote

import httpx

from reconciler.errors import ApiError, UsageError

_HINT = "such as https://entapi.amplifi.io"
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")


def checked(base_url: str) -> str:
    """The base URL, without a slash or a version at its end; UsageError for what is none.

    The article writes it with the version, the paths of this program have it too.
    """
    try:
        url = httpx.URL(base_url.strip())
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    if url.userinfo or "@" in base_url:
        # Not repeated: it holds a password.
        raise UsageError(
            "--base-url: credentials do not belong in the address",
            hint="set PXM_CLIENT_ID and PXM_CLIENT_SECRET",
        )
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise UsageError(f"--base-url {base_url}: not an http or https address", hint=_HINT)
    return re.sub(r"(/v\d+(\.\d+)?)?/*$", "", str(url).rstrip("/"))


def is_loopback(base_url: str) -> bool:
    """This machine: no proxy of the environment can know the way there."""
    return bool(_LOOPBACK.fullmatch(httpx.URL(base_url).host))


def check_way(base_url: str, *, insecure: bool) -> None:
    """UsageError where a secret would go over plain http to another machine (contract 7.2).

    `insecure` is what `--insecure-http` says.
    """
    if not (insecure or is_safe(base_url)):
        raise UsageError(
            f"{base_url}: over plain http everybody on the way can read the credentials; "
            "nothing was sent",
            hint="use https, or pass --insecure-http where you trust the whole way",
        )


def is_safe(url: str) -> bool:
    """Whether a secret may go to an address: over https, or to this machine."""
    return httpx.URL(url).scheme == "https" or is_loopback(url)


def quote_id(id_: str) -> str:
    """An id as one segment of a path.

    ApiError for what would address something else: no id, or a step up (`DELETE /collection/`).
    """
    if id_ in ("", ".", ".."):
        raise ApiError(f"{id_!r} is no id")
    return quote(id_, safe="", errors="surrogatepass")
