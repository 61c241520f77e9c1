"""Whose a cache is, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import platformdirs


@dataclass(frozen=True, slots=True)
class Owner:
    """The account and the client that a cache belongs to (contract 2.12).

    The secret seals it: without one there is no cache.
    """

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)


def sealed_folder() -> Path:
    """Where caches lie, apart from the token, which is not sealed: CI keeps this folder alone."""
    return Path(platformdirs.user_cache_dir("pxm")) / "sealed"
