"""A target for octoDNS that holds its records in a JSON file; planned against, never written."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from octodns.provider.base import BaseProvider
from octodns.record import Record


class JsonTarget(BaseProvider):  # type: ignore[misc]
    """Hands out the records of a JSON object: addresses by name."""

    SUPPORTS = frozenset({"A"})
    SUPPORTS_GEO = False

    def __init__(self, id: str, path: str, *arguments: Any, **options: Any) -> None:
        self.log = logging.getLogger(f"JsonTarget[{id}]")
        super().__init__(id, *arguments, **options)
        self._path = Path(path)

    def populate(self, zone: Any, target: bool = False, lenient: bool = False) -> bool:  # noqa: ARG002
        for name, addresses in json.loads(self._path.read_text(encoding="utf-8")).items():
            values = {"ttl": 300, "type": "A", "values": addresses}
            record = Record.new(zone, name, values, source=self, lenient=lenient)
            zone.add_record(record, lenient=lenient)
        return True

    def _apply(self, plan: Any) -> None:
        raise NotImplementedError("it is planned against, and never written")
