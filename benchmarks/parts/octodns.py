"""octoDNS, which does for DNS what pxm does for products, planning as many records.

A zone of as many records as there are products, each an A record of three addresses (a product has
three values), in a YAML file; the target holds the same records and hands them out decoded from one
JSON text (`benchmarks/target.py`), so that nothing is charged to octoDNS for a network.  What is
run is `octodns-sync` without `--doit`: it reads both, compares, and finds nothing to do.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measuring import clean, measure, middle
from benchmarks.session import Session

MOST = 10_000
"""Records: with ten times as many it would take minutes."""

CONFIG = """
providers:
  config: {class: octodns.provider.yaml.YamlProvider, directory: ./zones, default_ttl: 300}
  account: {class: benchmarks.target.JsonTarget, path: ./account.json}
zones:
  example.com.: {sources: [config], targets: [account]}
"""


def run(session: Session) -> dict[str, Any]:
    """By number of records what a plan takes that finds nothing."""
    if importlib.util.find_spec("octodns") is None:
        session.say("octoDNS: not installed")
        return {"missing": "octoDNS was not installed"}
    found = {}
    for count in sorted({min(size, MOST) for size in session.sizes}):
        folder = session.work / f"octodns-{count}"
        write(folder, count)
        command = [Path(sys.executable).with_name("octodns-sync"), "--config-file", "config.yaml"]
        runs = session.repeat(
            f"{count:,} records: octoDNS",
            lambda _, folder=folder, command=command: measure(command, folder, clean()),
        )
        assert "No changes were planned" in runs[0].out + runs[0].err, runs[0].err
        found[str(count)] = middle(runs)
    return {"sizes": found, "version": version("octodns")}


def write(folder: Path, count: int) -> None:
    """The configuration, the zone and what the target holds."""
    (folder / "zones").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    records = {f"p-{number:06d}": _addresses(number) for number in range(count)}
    lines = []
    for name, addresses in records.items():
        listed = "".join(f"  - {address}\n" for address in addresses)
        lines.append(f"{name}:\n  ttl: 300\n  type: A\n  values:\n{listed}")
    (folder / "zones" / "example.com.yaml").write_text("---\n" + "".join(lines), encoding="utf-8")
    (folder / "account.json").write_text(json.dumps(records), encoding="utf-8")


def _addresses(number: int) -> list[str]:
    return [
        f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "10.255.0.1",
        "10.255.0.2",
    ]
