"""The floor: what any program in Python spends that reads these files and these pages.

The events of PyYAML's C parser over the same files, the decoding of the same pages, and a digest
of each object; nothing is compared, nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import Command, Measured, clean, measure, middle
from benchmarks.session import Session, World


def run(session: Session) -> dict[str, Any]:
    """By number of products what it takes, in a process of its own."""
    found = {}
    for count in session.sizes:
        with session.world(count) as world:
            pages = _kept_pages(world)
        command: Command = [sys.executable, "-m", "benchmarks.parts.floor", world.catalog, pages]

        def once(_number: int, command: Command = command) -> Measured:
            return measure(command, session.work, clean())

        runs = session.repeat(f"{count:,} products: the floor", once)
        parts = sorted((json.loads(run.out) for run in runs), key=lambda part: sum(part.values()))
        found[str(count)] = {
            **middle(runs),
            "parts": parts[len(parts) // 2],
            "yaml_bytes": sum(path.stat().st_size for path in world.catalog.glob("*.yaml")),
            "json_bytes": sum(path.stat().st_size for path in pages.glob("*.json")),
        }
    return {"sizes": found}


def _kept_pages(world: World) -> Path:
    folder = world.folder / "pages"
    folder.mkdir(exist_ok=True)
    for number, page in enumerate(world.server.pages("/v2.1/collection")):
        (folder / f"{number:05d}.json").write_bytes(page)
    return folder


def floor(catalog: Path, pages: Path) -> dict[str, float]:
    """Seconds of CPU by what they were spent on."""
    import yaml

    start = time.process_time()
    for path in sorted(catalog.rglob("*.yaml")):
        with path.open("rb") as stream:
            for _event in yaml.parse(stream, Loader=yaml.CSafeLoader):
                pass
    parsed = time.process_time()
    decoded, digested = 0.0, 0.0
    for path in sorted(pages.glob("*.json")):
        before = time.process_time()
        page = json.loads(path.read_bytes())
        between = time.process_time()
        for item in page if isinstance(page, list) else next(iter(page.values())):
            hashlib.blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=16).digest()
        decoded += between - before
        digested += time.process_time() - between
    return {"events": parsed - start, "decoding": decoded, "digests": digested}


if __name__ == "__main__":
    print(json.dumps(floor(Path(sys.argv[1]), Path(sys.argv[2]))))
