"""How many requests writes take, against the contract's ideal and against a call for each."""

from __future__ import annotations

import json
from math import ceil
from pathlib import Path
from typing import Any

from benchmarks.session import Session, World
from benchmarks.worlds import write_catalog

COUNTS = (10, 50, 100, 500, 2_000)
BATCH = 100
KINDS = {
    "category": "categories:\n",
    "resource": "resources:\n",
}
"""Kinds whose lists do not take `ids=`: what a file of theirs begins with."""


def run(session: Session) -> dict[str, Any]:
    """Creates and updates of products by number, and of kinds that are read back by their lists."""
    most = session.creates
    counts = sorted({min(count, most) for count in COUNTS})
    products = [_products(session, count) for count in counts]
    others = [_others(session, kind, min(1_000, most)) for kind in KINDS]
    return {"products": products, "others": others}


def ideal_updates(count: int) -> int:
    """K updates of collections (contract 9), without the first of its sort."""
    return count + 2 * ceil(count / BATCH)


def ideal_creates(count: int) -> int:
    """K creates of collections (contract 9), without the first of its sort."""
    return count + ceil(count / BATCH)


def _products(session: Session, count: int) -> dict[str, Any]:
    with session.empty_world() as world:
        write_catalog(world.catalog, count)
        created = _apply(world)
        for path in world.catalog.glob("c-*.yaml"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("Trekking pole", "Walking stick"), encoding="utf-8")
        updated = _apply(world)
    session.say(
        f"{count:,} products: {created['all']:,} requests to make, {updated['all']:,} to change"
    )
    # Attributes and categories are made beside them: theirs are subtracted.
    return {
        "count": count,
        "created": created["collection"],
        "created_predicted": created["predicted"] == created["all"],
        "created_ideal": ideal_creates(count),
        "updated": updated["all"],
        "updated_predicted": updated["predicted"] == updated["all"],
        "updated_ideal": ideal_updates(count),
        "a_call_each": 3 * count,
    }


def _others(session: Session, kind: str, count: int) -> dict[str, Any]:
    """Creates and updates of a kind that is read back otherwise."""
    with session.empty_world() as world:
        (world.catalog / "attributes.yaml").unlink()
        path = world.catalog / "others.yaml"
        path.write_text(_entries(kind, count, "first"), encoding="utf-8")
        created = _apply(world)
        path.write_text(_entries(kind, count, "second"), encoding="utf-8")
        updated = _apply(world)
    session.say(
        f"{count:,} of {kind}: {created['all']:,} requests to make, {updated['all']:,} to change"
    )
    return {"kind": kind, "count": count, "created": created["all"], "updated": updated["all"]}


def _entries(kind: str, count: int, word: str) -> str:
    lines = [KINDS[kind]]
    for number in range(count):
        if kind == "category":
            lines.append(f"  - {{key: k{number}, name: The {word} {number}}}\n")
        else:
            link = f"https://example.com/{word}/{number}"
            lines.append(f"  - {{key: k{number}, description: Sheet {number}, link: '{link}'}}\n")
    return "".join(lines)


def _apply(world: World) -> dict[str, int]:
    """The requests of an apply after its own planning, as its receipt has them."""
    receipt = Path("receipt.json")
    run = world.pxm(
        "apply", "--yes", "--new-state", "--receipt", receipt, "-vv", "--log-format", "json"
    )
    found = json.loads((world.folder / receipt).read_text(encoding="utf-8"))["requests"]
    lines = [line for line in run.log if line.get("event") == "request"]
    # What planning read was sent before the first write.
    first = next((n for n, line in enumerate(lines) if line["method"] != "GET"), len(lines))
    path = "/v2.1/collection"
    own = sum(line["path"].startswith(path) for line in lines[first:])
    return {"all": found["sent"], "predicted": found["predicted"], "collection": own}
