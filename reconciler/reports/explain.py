"""Why an object changes, or does not, field by field (contract 3, explain)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.model import Place, Value
from reconciler.reports.text import clean, paint, shown


@dataclass(frozen=True, slots=True)
class ExplainRow:
    """One field on its three sides, and the rule that decided."""

    path: str
    desired: Value
    live: Value
    applied: Value
    place: Place | None
    rule: str


def explain_text(ref: str, identity: str, rows: Sequence[ExplainRow], *, color: bool) -> str:
    """The object, then each field with its sides beneath."""
    lines = [paint(clean(ref), "1", color), f"  {clean(identity)}"]
    lines += [line for row in rows for line in _row(row)]
    return "\n".join(lines) + "\n"


def _row(row: ExplainRow) -> Iterator[str]:
    place = f"  ({row.place.file}:{row.place.line})" if row.place else ""
    yield f"  {clean(row.path)}: {clean(row.rule)}{clean(place)}"
    for name, value in (("desired", row.desired), ("live", row.live), ("applied", row.applied)):
        yield f"      {name:8} {shown(value)}"


def explain_json(ref: str, identity: str, id_: str | None, rows: Sequence[ExplainRow]) -> str:
    """The same for programs; values as a person reads them."""
    fields = [
        {
            "path": row.path,
            "desired": shown(row.desired),
            "live": shown(row.live),
            "applied": shown(row.applied),
            "source": {"file": row.place.file, "line": row.place.line} if row.place else None,
            "rule": row.rule,
        }
        for row in rows
    ]
    document = {"format_version": 1, "object": ref, "id": id_, "identity": identity}
    return json.dumps({**document, "fields": fields}, indent=2, ensure_ascii=False) + "\n"
