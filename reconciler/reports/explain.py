"""Why an object changes, or does not: a table of its fields (contract 3, `explain`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reconciler.model import Origin, Place, Value
from reconciler.reports.jsontext import document
from reconciler.reports.placejson import origin_json
from reconciler.reports.values import brief, clean, logged, paint, whence

MOST = 120
"""Characters of a value that a cell shows; a table folds them."""

_HEAD = ("field", "desired", "live", "applied", "why")
_ABSENT = "-"


@dataclass(frozen=True, slots=True)
class ExplainRow:
    """One field on its three sides, where it is declared (None: nowhere), and the rule.

    `origin` says whose value it is, where the object's own entry does not say it.  `differs` are
    the fields that are told first.
    """

    path: str
    desired: Value
    live: Value
    applied: Value
    place: Place | None
    rule: str
    origin: Origin | None = None
    differs: bool = True


def explain_text(
    ref: str,
    identity: str,
    rows: Sequence[ExplainRow],
    *,
    color: bool,
    every: bool = False,
    width: int = 100,
) -> str:
    """The object and how it was found, then a table of its fields that fits the width.

    What differs comes first, and the rest only where `every` field is asked for.
    """
    telling = [row for row in rows if row.differs]
    quiet = [row for row in rows if not row.differs]
    shown = [*telling, *quiet] if every else telling
    lines = [f"{paint(clean(ref), '1', color)}: {clean(identity)}"]
    if shown:
        lines += ["", *_table(shown, width, color)]
    if quiet and not every:
        lines += ["", _not_shown(len(quiet), "more " if telling else "")]
    return logged("\n".join(lines) + "\n")


def _not_shown(number: int, more: str) -> str:
    fields = f"1 {more}field is" if number == 1 else f"{number:,} {more}fields are"
    return f"{fields} as declared, or not declared: --all shows them."


def _table(rows: Sequence[ExplainRow], width: int, color: bool) -> list[str]:
    table = Table(box=box.SIMPLE_HEAD, width=None, pad_edge=False, show_edge=False)
    for name, share in zip(_HEAD, (3, 4, 4, 4, 4), strict=True):
        table.add_column(name, overflow="fold", ratio=None, min_width=share)
    for row in rows:
        table.add_row(*map(Text, _cells(row)))
    page = StringIO()
    console = Console(
        file=page,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    console.print(table)
    return [line.rstrip() for line in page.getvalue().rstrip("\n").split("\n")]


def _cells(row: ExplainRow) -> Iterator[str]:
    yield clean(row.path)
    yield brief(row.desired, MOST) if row.place else _ABSENT
    yield brief(row.live, MOST)
    yield brief(row.applied, MOST)
    declared = _declared_at(row)
    yield clean(row.rule) + (f" ({declared})" if declared else "")


def _declared_at(row: ExplainRow) -> str:
    if row.origin is not None:
        return whence(row.origin)
    return clean(f"{row.place.file}:{row.place.line}") if row.place else ""


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
            "differs": row.differs,
            **({"origin": origin_json(row.origin)} if row.origin else {}),
        }
        for row in rows
    ]
    found = {"format_version": 1, "object": ref, "id": id_, "identity": identity}
    return document({**found, "fields": fields})
