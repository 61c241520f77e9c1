"""Why an object changes, or does not: a table of its fields (contract 3, `explain`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from reconciler.model import Origin, Place, Value
from reconciler.reports.jsontext import document
from reconciler.reports.placejson import origin_json
from reconciler.reports.values import brief, clean, logged, paint, whence
from reconciler.reports.wrapping import padded

MOST = 36
"""Characters of a value that a cell shows."""

_HEAD = ("field", "desired", "live", "applied", "declared at", "rule")
_ABSENT = "-"


@dataclass(frozen=True, slots=True)
class ExplainRow:
    """One field on its three sides, where it is declared (None: nowhere), and the rule.

    `origin` says whose value it is, where the object's own entry does not say it.
    """

    path: str
    desired: Value
    live: Value
    applied: Value
    place: Place | None
    rule: str
    origin: Origin | None = None


def explain_text(ref: str, identity: str, rows: Sequence[ExplainRow], *, color: bool) -> str:
    """The object and how it was found, then a table with a row for each field."""
    cells = [_HEAD, *(tuple(_cells(row)) for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    head = [f"{paint(clean(ref), '1', color)}: {clean(identity)}", ""]
    return logged("\n".join([*head, paint(lines[0], "1", color), *lines[1:]]) + "\n")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(map(padded, cells, widths)).rstrip()


def _cells(row: ExplainRow) -> Iterator[str]:
    yield clean(row.path)
    yield brief(row.desired, MOST) if row.place else _ABSENT
    yield brief(row.live, MOST)
    yield brief(row.applied, MOST)
    yield _declared_at(row)
    yield clean(row.rule)


def _declared_at(row: ExplainRow) -> str:
    if row.origin is not None:
        return whence(row.origin)
    return clean(f"{row.place.file}:{row.place.line}") if row.place else _ABSENT


def explain_json(ref: str, identity: str, id_: str | None, rows: Sequence[ExplainRow]) -> str:
    """The same for programs."""
    fields: list[dict[str, Any]] = [
        {
            "path": row.path,
            "desired": row.desired,
            "live": row.live,
            "applied": row.applied,
            "source": {"file": row.place.file, "line": row.place.line} if row.place else None,
            "rule": row.rule,
            **({"origin": origin_json(row.origin)} if row.origin else {}),
        }
        for row in rows
    ]
    found = {"format_version": 1, "object": ref, "id": id_, "identity": identity}
    return document({**found, "fields": fields})
