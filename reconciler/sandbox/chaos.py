"""Faults on purpose: which of them strikes a request, drawn from a seed.

The n-th request of a sandbox draws from (seed, n), so the same seed and the same sequence of
requests meet the same faults.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Mapping
from types import MappingProxyType

from reconciler.sandbox.exchange import Answer

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "429": "refused for the rate, with Retry-After: 1",
        "429-bare": "refused for the rate, not saying for how long",
        "500": "an error of the server, before anything took effect",
        "502-before": "a bad gateway, before anything took effect",
        "502-after": "a bad gateway, after the request took effect",
        "503": "unavailable, before anything took effect",
        "reset-before": "the connection is reset before anything took effect",
        "reset-after": "the connection is reset after the request took effect",
        "cut": "the request takes effect, half of the answer's body comes",
        "html": "the request takes effect, a web page answers with status 200",
        "twice": "the request takes effect twice, its first answer comes",
        "502-twice": "the request takes effect twice, a bad gateway answers",
        "slow": "the answer takes longer",
        "revoke": "every token given out so far stops being valid",
    }
)

PAGE = b"<!DOCTYPE html><html><title>Please wait</title><p>Please wait</p></html>"


def _failed(status: int, words: str) -> Answer:
    return Answer(status, {"error": words, "message": words})


BEFORE: Mapping[str, Answer] = MappingProxyType(
    {
        "429": Answer(
            429,
            {"error": "Rate limit exceeded.", "message": "Rate limit exceeded.", "retry_after": 1},
            {"Retry-After": "1", "X-RateLimit-Limit": "1000"},
        ),
        "429-bare": _failed(429, "Rate limit exceeded."),
        "500": _failed(500, "Internal Server Error"),
        "502-before": _failed(502, "Bad Gateway"),
        "503": _failed(503, "Service Unavailable"),
        "reset-before": Answer(reset=True),
    }
)
"""Faults that stand in for handling the request."""

AFTER: Mapping[str, Answer] = MappingProxyType(
    {
        "502-after": _failed(502, "Bad Gateway"),
        "502-twice": _failed(502, "Bad Gateway"),
        "reset-after": Answer(reset=True),
        "html": Answer(200, raw=PAGE, headers={"Content-Type": "text/html"}),
    }
)
"""Faults that take the place of the answer."""

TWICE = frozenset({"twice", "502-twice"})
"""Faults under which a create makes two objects: somewhere on the way it was sent again."""

STORAGE = frozenset({"500", "503", "reset-before", "reset-after", "cut", "slow"})
"""Faults that a file storage knows."""


def parse(text: str) -> dict[str, float]:
    """`429=0.05,502-after=0.02` as fault → probability; ValueError says what is wrong."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, share = part.partition("=")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            raise ValueError(f"'{part}' is not like 429=0.05") from None
    return checked(found)


def checked(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares; ValueError for an unknown fault and for shares that are no probabilities."""
    for name, share in shares.items():
        if name not in FAULTS:
            near = difflib.get_close_matches(name, FAULTS, 1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(FAULTS)}"
            raise ValueError(f"unknown fault '{name}'{hint}")
        if not 0 <= share <= 1:
            raise ValueError(f"{name}={share} is no probability between 0 and 1")
    if sum(shares.values()) > 1:
        raise ValueError("the probabilities add up to more than 1")
    return dict(shares)


class Chaos:
    """Draws a fault for each request."""

    def __init__(self, shares: Mapping[str, float], seed: int) -> None:
        self._shares = checked(shares)
        self._seed = seed
        self._count = 0

    def drawn(self, among: frozenset[str] | None = None) -> str:
        """The fault of the next request, "" for none; `among` narrows which can strike."""
        if not self._shares:
            return ""
        self._count += 1
        point = random.Random(f"{self._seed}:{self._count}").random()
        for name, share in self._shares.items():
            point -= share
            if point < 0:
                return name if among is None or name in among else ""
        return ""
