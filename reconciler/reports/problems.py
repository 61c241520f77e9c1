"""Problems of a catalog: for people, for programs, and as GitHub annotations (1.5, 8.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.completeness import Completeness
from reconciler.model import Place, Problem
from reconciler.reports.completeness import completeness_json
from reconciler.reports.jsontext import document
from reconciler.reports.values import clean, logged


def problems_text(problems: Sequence[Problem], *, prefix: str = "") -> str:
    """A line each: `catalog/jackets.yaml:12:7: error: … (did you mean …?)`.

    `prefix` goes before the file, which is relative to the catalog folder.
    """
    return logged("".join(f"{clean(problem.line(prefix))}\n" for problem in problems))


def problems_json(
    problems: Sequence[Problem], completeness: Mapping[str | None, Completeness] | None = None
) -> str:
    """All of them, with counts, as one document; with how complete each environment is."""
    counts = Counter(problem.severity for problem in problems)
    rows = [
        {
            **_place(item.place),
            "severity": item.severity,
            "message": item.message,
            "hint": item.advice(),
            "also": _place(item.also) if item.also else None,
        }
        for item in problems
    ]
    summary = {"errors": counts["error"], "warnings": counts["warning"]}
    found = completeness_json(completeness or {})
    return document(
        {"format_version": 1, "summary": summary, "problems": rows, "completeness": found}
    )


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column}


def problems_github(problems: Sequence[Problem], *, prefix: str = "") -> str:
    """Workflow commands that annotate file and line; their text is inert."""
    return "".join(_annotation(problem, prefix) for problem in problems)


def _annotation(problem: Problem, prefix: str) -> str:
    place = problem.place
    word = "warning" if problem.severity == "warning" else "error"
    where = f"file={_property(prefix + place.file)},line={place.line},col={place.column}"
    hint = f" ({problem.advice(prefix)})" if problem.hint else ""
    return f"::{word} {where}::{_message(problem.message + hint)}\n"


def _message(text: str) -> str:
    """Escaped as the runner undoes it: `%` first, or the other escapes would be escaped too.

    The runner shows line breaks; what else a terminal would obey is spelled out.
    """
    return clean(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    """As a message, and `:` and `,`, which the runner undoes in properties alone."""
    return _message(text).replace(":", "%3A").replace(",", "%2C")
