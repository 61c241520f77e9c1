"""The script that one writes first: read the YAML, ask for each product, compare, one by one."""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.measuring import Command, Measured, clean, measure, middle
from benchmarks.session import Session

MOST = 1_000
"""Products: it takes the same for each."""


def run(session: Session) -> dict[str, Any]:
    """What it takes, and how many requests, beside what the limit makes of it for more."""
    count = min(MOST, session.sizes[-1])
    with session.world(count) as world:
        dump = json.loads(world.pxm("state", "pull").out)
        ids = world.folder / "ids.json"
        ids.write_text(json.dumps(_ids(dump)), encoding="utf-8")
        env = {**clean(), **world.server.env}
        command: Command = [sys.executable, "-m", "benchmarks.script", world.catalog, ids]

        def once(_number: int) -> Measured:
            return measure(command, world.folder, env)

        runs = session.repeat(f"{count:,} products: a call for each", once)
    return {"count": count, **middle(runs), **json.loads(runs[0].out)}


def _ids(dump: Any) -> dict[str, str]:
    """The id of each product, as such a script keeps them in a file of its own."""
    return {item["key"]: item["id"] for item in dump["entries"] if item["kind"] == "collection"}
