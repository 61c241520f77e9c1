"""Problems of a catalog: for people, for programs, and as GitHub annotations (1.5, 8.3)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reconciler.model import Problem
from reconciler.reports.text import clean


def problems_text(problems: Sequence[Problem], *, prefix: str = "") -> str:
    """A line each: `catalog/jackets.yaml:12:7: error: … (did you mean …?)`."""
    return "".join(f"{clean(prefix)}{clean(str(problem))}\n" for problem in problems)


def problems_json(problems: Sequence[Problem]) -> str:
    """All of them as one document."""
    rows = [
        {
            "file": item.place.file,
            "line": item.place.line,
            "column": item.place.column,
            "severity": item.severity,
            "message": item.message,
            "hint": item.hint,
        }
        for item in problems
    ]
    return json.dumps({"format_version": 1, "problems": rows}, indent=2, ensure_ascii=False) + "\n"


def problems_github(problems: Sequence[Problem], *, prefix: str = "") -> str:
    """Workflow commands that annotate file and line."""
    return "".join(_annotation(problem, prefix) for problem in problems)


def _annotation(problem: Problem, prefix: str) -> str:
    place = problem.place
    where = f"file={_property(prefix + place.file)},line={place.line},col={place.column}"
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"::{problem.severity} {where}::{_data(problem.message + hint)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
