"""The token: given, cached or requested (contract 7.1, the article: Authentication)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import BadAnswer, StatusError, UsageError
from reconciler.files import replaced_at_once
from reconciler.model import Json

EARLY = 300.0
"""Seconds before its expiry from which a token is replaced; a tenth of its life if that is less."""

DEFAULT_LIFE = 3600.0
"""Seconds for which a token is kept that does not say how long it lives."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What to log in with; `token` is PXM_TOKEN.  Secrets never show in a repr."""

    client_id: str = ""
    client_secret: str = field(repr=False, default="")
    token: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and from when on (seconds since 1970) it is to be replaced."""

    text: str = field(repr=False)
    until: float = math.inf


class TokenSource:
    """Hands out one token to many threads, and renews it once for all of them.

    `request` asks the API for a new one and answers its JSON; `learn` is told every token, so
    that it can be kept out of what is shown.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        request: Callable[[], Json],
        *,
        learn: Callable[[str], None],
        cache_dir: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._request = request
        self._learn = learn
        self._now = now
        self._cache = _Cache(base_url, credentials.client_id, cache_dir)
        self._lock = threading.Lock()
        self._refusal: StatusError | None = None
        self._token = _given(credentials.token.strip())
        if self._token is not None:
            learn(self._token.text)

    def get(self) -> str:
        """The token; UsageError where there is nothing to get one with."""
        with self._lock:
            if self._token is None:
                self._token = self._cached() or self._fresh()
            elif self._token.until <= self._now():
                self._token = self._fresh()
            return self._token.text

    def renew(self, refused: str) -> str | None:
        """Another token after a 401; None where it was given and cannot be renewed."""
        if self._credentials.token:
            return None
        with self._lock:
            # Somebody else may have renewed it since that request was sent.
            if self._token is None or self._token.text == refused:
                self._token = self._fresh()
            return self._token.text

    def _cached(self) -> Token | None:
        token = self._cache.read()
        if token is None or token.until <= self._now():
            return None
        self._learn(token.text)
        return token

    def _fresh(self) -> Token:
        if not (self._credentials.client_id and self._credentials.client_secret):
            raise UsageError(
                "no credentials: PXM_CLIENT_ID and PXM_CLIENT_SECRET (or PXM_TOKEN) are not set",
                hint="make them in PXM under Settings, Integrations, API",
            )
        token = self._asked()
        self._learn(token.text)
        self._cache.write(token)
        return token

    def _asked(self) -> Token:
        if self._refusal is not None:
            # What was refused once is refused to every thread, without asking again for each.
            raise self._refusal
        try:
            answer = self._request()
        except StatusError as error:
            self._refusal = error
            raise
        return _token_in(answer, self._now())


def _given(token: str) -> Token | None:
    """PXM_TOKEN; UsageError where it cannot stand in a header, which would repeat it."""
    if token and not _fits_header(token):
        raise UsageError(
            "PXM_TOKEN is no token: it holds a space, a line break or a letter beyond ASCII",
            hint="copy it again, without quotes",
        )
    return Token(token) if token else None


def _token_in(answer: Json, now: float) -> Token:
    """The token of an answer; its `expires_in` is a text, a number or missing (docs/api.md)."""
    text = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not _fits_header(text):
        raise BadAnswer("the token endpoint answered without an access_token")
    life = _life(answer.get("expires_in"))
    return Token(text, now + life - min(EARLY, life / 10))


def _fits_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token and token != ""


def _life(value: Json) -> float:
    try:
        life = float(str(value))
    except ValueError:
        return DEFAULT_LIFE
    return life if math.isfinite(life) and life > 0 else DEFAULT_LIFE


def cache_file(base_url: str, client_id: str, folder: Path) -> Path:
    """Where the token of an account and a client is kept."""
    name = hashlib.sha256(f"{base_url}\n{client_id}".encode()).hexdigest()[:32]
    return folder / f"token-{name}.json"


class _Cache:
    """One file for each base URL and client id, for the user's eyes alone.

    What cannot be read counts as no cache, and what cannot be written is no error: the next
    run asks again.
    """

    def __init__(self, base_url: str, client_id: str, folder: Path | None) -> None:
        self._path = cache_file(base_url, client_id, folder) if folder else None

    def read(self) -> Token | None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
            token, until = kept["token"], float(kept["until"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return Token(token, until) if isinstance(token, str) and _fits_header(token) else None

    def write(self, token: Token) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replaced_at_once(self._path, json.dumps({"token": token.text, "until": token.until}))
