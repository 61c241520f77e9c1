"""httpx as the tests use it: whoever answers slowly is waited for (its own limit is 5 s)."""

from __future__ import annotations

from typing import Any

import httpx

from tests.limits import HANG


def client(**options: Any) -> httpx.Client:
    """A client that goes straight to where it is told."""
    return httpx.Client(**{"timeout": HANG, "trust_env": False, **options})


def get(url: str, **options: Any) -> httpx.Response:
    """One GET."""
    return httpx.get(url, **{"timeout": HANG, "trust_env": False, **options})


def post(url: str, **options: Any) -> httpx.Response:
    """One POST."""
    return httpx.post(url, **{"timeout": HANG, "trust_env": False, **options})


def put(url: str, **options: Any) -> httpx.Response:
    """One PUT."""
    return httpx.put(url, **{"timeout": HANG, "trust_env": False, **options})
