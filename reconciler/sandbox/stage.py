"""What is to happen at a certain request: a fault, and what somebody does just after it.

    Incident("PUT", "collection/.*", fault="503", then=lambda: sandbox.edit(...))

The first PUT of a collection is answered 503; before it comes again somebody has edited it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.sandbox.chaos import FAULTS
from reconciler.sandbox.exchange import Request


@dataclass(frozen=True, slots=True, eq=False)
class Incident:
    """At the `nth` request that matches, and at as many as `times` says from there on.

    `method` and `path` are regular expressions, the path without its version.  `fault` is one of
    chaos; with "" the request is answered as ever.  `then` is done once it took effect, or did
    not, and before the answer goes out.  ValueError for an unknown fault.
    """

    method: str
    path: str = ".*"
    fault: str = ""
    then: Callable[[], object] = lambda: None
    nth: int = 1
    times: int = 1

    def __post_init__(self) -> None:
        if self.fault and self.fault not in FAULTS:
            raise ValueError(f"unknown fault '{self.fault}'; there are {', '.join(FAULTS)}")

    def meets(self, request: Request) -> bool:
        """The request is one of those that are counted."""
        path = re.sub(r"^/v\d[.\d]*/", "", request.path)
        return bool(re.fullmatch(self.method, request.method) and re.fullmatch(self.path, path))


class Stage:
    """Incidents to come, each with how many requests it has counted."""

    def __init__(self) -> None:
        self._incidents: list[Incident] = []
        self._counts: Counter[Incident] = Counter()

    def add(self, *incidents: Incident) -> None:
        """Wait for these, too."""
        self._incidents += incidents

    def met(self, request: Request) -> Incident | None:
        """The incident that happens at this request: the first that was added."""
        met = [incident for incident in self._incidents if incident.meets(request)]
        self._counts.update(met)
        for incident in met:
            if incident.nth <= self._counts[incident] < incident.nth + incident.times:
                return incident
        return None
