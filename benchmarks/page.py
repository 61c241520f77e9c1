"""docs/benchmarks.md, whole, from what was measured: the prose is in `page.md.jinja`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

from benchmarks import plots
from benchmarks.parts import PARTS
from benchmarks.parts.throughput import busiest_minute
from benchmarks.wanted import Results, against_octodns, over_floor, wanted

FACTS = ("date", "commit", "python", "system", "cores", "cpu")


def write(results: Path, docs: Path) -> Iterator[Path]:
    """Write the page and its plots; yields what was written."""
    found = read(results)
    images = docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    yield from plots.draw(found, images)
    page = docs / "benchmarks.md"
    page.write_text(text(found), encoding="utf-8")
    yield page


def read(folder: Path) -> dict[str, Any]:
    """What the parts have left, by name."""
    found = {}
    for name in PARTS:
        path = folder / f"{name}.json"
        if path.exists():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def text(results: Results) -> str:
    """The page."""
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # it is Markdown, of numbers and of words of this program
    )
    template.filters.update(n=_count, s=_seconds, mib=_mib)
    parts = {name: results.get(name, {"missing": "it was not measured"}) for name in PARTS}
    rows = wanted(results)
    return template.get_template("page.md.jinja").render(
        **parts,
        wanted=rows,
        met=sum(row.met is True for row in rows),
        not_met=[row for row in rows if row.met is False],
        machines=machines(results),
        over_floor=_or_none(over_floor, results),
        against_octodns=_or_none(against_octodns, results),
        busiest_minute=busiest_minute,
    )


def machines(results: Results) -> list[tuple[list[str], dict[str, Any]]]:
    """On what each part was measured: one row where it was one session."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for name, result in results.items():
        facts = tuple(result["machine"][fact] for fact in FACTS if fact != "date")
        found.setdefault((result["machine"]["date"][:10], *facts), []).append(name)
    return [(names, dict(zip(FACTS, facts, strict=True))) for facts, names in found.items()]


def _or_none(function: Any, results: Results) -> Any:
    """A ratio; None where a part of it was not measured."""
    try:
        return function(results)
    except (KeyError, ZeroDivisionError):
        return None


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _seconds(value: float) -> str:
    """Seconds to three figures or so."""
    digits = 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f} s"


def _mib(value: float) -> str:
    return f"{value:,.0f} MiB" if value >= 10 else f"{value:,.1f} MiB"
