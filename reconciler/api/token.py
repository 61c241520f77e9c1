"""The token: given, cached or requested (contract 7.1, the article: Authentication)."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.errors import BadAnswer, UsageError
from reconciler.normalize import number

EARLY = 300.0
"""Seconds before its expiry from which a token is replaced."""

DEFAULT_LIFE = 3600.0
"""Seconds for which a token is kept that does not say how long it lives."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What to log in with.  Secrets never show in a repr."""

    client_id: str = ""
    client_secret: str = field(repr=False, default="")
    token: str = field(repr=False, default="")


class TokenSource:
    """Hands out one token to many threads, and renews it once for all of them.

    `request` asks the API for a new one and answers its JSON.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        request: Callable[[Credentials], Any],
        cache_dir: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._request = request
        self._now = now
        name = hashlib.sha256(f"{base_url}\n{credentials.client_id}".encode()).hexdigest()[:32]
        self._path = cache_dir / f"token-{name}.json" if cache_dir else None
        self._lock = threading.Lock()
        self._token: str | None = credentials.token or None

    def get(self) -> str:
        """The token; UsageError where there is nothing to get one with."""
        with self._lock:
            if self._token is None:
                self._token = self._cached() or self._fresh()
            return self._token

    def renew(self, refused: str) -> str | None:
        """A new token after a 401; None where it was given and cannot be renewed."""
        if self._credentials.token:
            return None
        with self._lock:
            if self._token == refused:
                self._token = self._fresh()
            return self._token

    def _fresh(self) -> str:
        if not (self._credentials.client_id and self._credentials.client_secret):
            raise UsageError(
                "no credentials: PXM_CLIENT_ID and PXM_CLIENT_SECRET (or PXM_TOKEN) are not set",
                hint="make them in PXM under Settings, API",
            )
        answer = self._request(self._credentials)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not token:
            raise BadAnswer("the token endpoint answered without an access_token")
        life = number(answer.get("expires_in"))
        self._keep(str(token), self._now() + (float(life) if life is not None else DEFAULT_LIFE))
        return str(token)

    def _cached(self) -> str | None:
        """A token that is still good; anything unreadable counts as no cache."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
            good = float(kept["expires"]) - EARLY > self._now()
            return str(kept["token"]) if good else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, token: str, expires: float) -> None:
        """Written whole or not at all, for the user alone; a cache that fails is no error."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"token": token, "expires": expires}, file)
            Path(name).chmod(0o600)
            Path(name).replace(self._path)
        except OSError:
            return
