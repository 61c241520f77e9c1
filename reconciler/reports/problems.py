"""Problems of a catalog: for people, for programs, and as GitHub annotations (1.5, 8.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.completeness import Completeness
from reconciler.model import Place, Problem, Ref
from reconciler.reports.completeness import completeness_json
from reconciler.reports.jsontext import document
from reconciler.reports.values import clean, logged

GROUPED = 4
"""Problems with one cause that are told under one head."""


def problems_text(problems: Sequence[Problem], *, prefix: str = "") -> str:
    """A line each: `catalog/jackets.yaml:12:7: error: … (did you mean …?)`.

    `prefix` goes before the file, which is relative to the catalog folder.  What many places name
    and is not there has a head of its own, above them.
    """
    lines: list[str] = []
    told: set[Ref] = set()
    together = _together(problems)
    for problem in problems:
        group = together.get(problem.missing) if problem.missing else None
        if problem.missing is None or group is None:
            lines.append(problem.line(prefix))
        elif problem.missing not in told:
            told.add(problem.missing)
            lines += _group(problem.missing, group, prefix)
    return logged("".join(f"{clean(line)}\n" for line in lines))


def _together(problems: Sequence[Problem]) -> dict[Ref, list[Problem]]:
    """The problems that have one cause, where they are many."""
    found: dict[Ref, list[Problem]] = {}
    for problem in problems:
        if problem.missing is not None:
            found.setdefault(problem.missing, []).append(problem)
    return {ref: group for ref, group in found.items() if len(group) >= GROUPED}


def _group(missing: Ref, problems: Sequence[Problem], prefix: str) -> Iterator[str]:
    first = problems[0]
    advice = first.advice(prefix) or (
        f"bring it back, or take it out with all that names it: `pxm remove {missing}`"
    )
    what = f"{missing} is not in the catalog, and {len(problems):,} places name it"
    yield f"{prefix}{first.place}: {first.severity}: {what} ({advice})"
    for problem in problems:
        yield f"  {replace(problem, hint='', also=None).line(prefix)}"


def problems_json(
    problems: Sequence[Problem], completeness: Mapping[str | None, Completeness] | None = None
) -> str:
    """All of them, with counts, as one document; with how complete each environment is."""
    counts = Counter(problem.severity for problem in problems)
    rows = problem_rows(problems)
    summary = {"errors": counts["error"], "warnings": counts["warning"]}
    found = completeness_json(completeness or {})
    return document(
        {"format_version": 1, "summary": summary, "problems": rows, "completeness": found}
    )


def problem_rows(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Each with its place, what it is, and what to do."""
    return [
        {
            **_place(item.place),
            "severity": item.severity,
            "code": item.kind,
            "message": item.message,
            "hint": item.advice(),
            "also": _place(item.also) if item.also else None,
        }
        for item in problems
    ]


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
