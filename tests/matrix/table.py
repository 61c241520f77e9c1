"""The table of docs/dialects.md: read from it, and written anew from runs.

python -m tests.matrix.table        tells the story under every dialect and writes the table
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.sandbox.dialects import DIALECTS
from tests.matrix.story import STEPS

DOC = Path(__file__).parents[2] / "docs" / "dialects.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.*) \|$", re.MULTILINE)
DEFAULT = "default"


def expected() -> dict[str, dict[str, str]]:
    """By dialect, the outcome of each step that the docs promise."""
    rows = ROW.findall(DOC.read_text(encoding="utf-8"))
    return {name: dict(zip(STEPS, _cells(cells)[1:], strict=True)) for name, cells in rows}


def _cells(text: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text)]


def lines(outcomes: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The table as Markdown."""
    yield f"| dialect | does | {' | '.join(STEPS)} |"
    yield f"|{' --- |' * (len(STEPS) + 2)}"
    for name, steps in outcomes.items():
        cells = (steps[step].replace("|", "\\|") for step in STEPS)
        yield f"| `{name}` | {DIALECTS.get(name, 'the article, else what was observed')} | {' | '.join(cells)} |"
