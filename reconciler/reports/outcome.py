"""What became of everything (contract 2.8, 2.10)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model import Outcome, Summary, Unstuck
from reconciler.reports.text import clean, paint, shown


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """One run: outcomes, what a plan right after it finds, and requests sent and predicted."""

    outcomes: tuple[Outcome, ...]
    remaining: Summary
    left: Mapping[str, int] = field(default_factory=dict)
    sent: int = 0
    predicted: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """Changes that a plan right after the run still wants to make."""
        rest = self.remaining
        return rest.create + rest.adopt + rest.update + rest.delete + rest.move + rest.recreate


_DONE = (
    ("create", "created"),
    ("recreate", "recreated"),
    ("adopt", "adopted"),
    ("update", "updated"),
    ("delete", "deleted"),
    ("move", "moved"),
)


def outcome_text(report: ApplyReport, *, color: bool) -> str:
    """The last lines of an apply."""
    return "\n".join([*_headline(report, color), *_details(report, color), *_proof(report)]) + "\n"


def _headline(report: ApplyReport, color: bool) -> Iterator[str]:
    statuses = Counter(item.status for item in report.outcomes)
    if statuses["failed"] or statuses["not_attempted"]:
        counts = f"{statuses['done']:,} done, {statuses['failed']:,} failed"
        text = f"Apply incomplete: {counts}, {statuses['not_attempted']:,} not attempted."
        yield paint(text, "31", color)
        return
    done = Counter(item.change.action for item in report.outcomes if item.status == "done")
    always = ("create", "adopt", "update", "delete")
    parts = [f"{done[name]:,} {word}" for name, word in _DONE if done[name] or name in always]
    yield paint(f"Apply complete! {', '.join(parts)}.", "32", color)


def _details(report: ApplyReport, color: bool) -> Iterator[str]:
    for item in report.outcomes:
        place = f"{item.change.place}: " if item.change.place else ""
        what = f"{clean(place)}{item.change.action} {item.change.ref}"
        if item.status == "failed":
            yield paint(f"  failed: {what}: {clean(item.words)}", "31", color)
            if item.hint:
                yield f"    {clean(item.hint)}"
        elif item.status in ("not_attempted", "blocked"):
            yield f"  {item.status.replace('_', ' ')}: {what}: {clean(item.words)}"
        yield from (f"  did not stick: {what}: {_pair(part)}" for part in item.unstuck)
        yield from (f"  stored as: {item.change.ref}: {_pair(part)}" for part in item.respelled)


def _pair(part: Unstuck) -> str:
    return f"{clean(part.path)}: sent {shown(part.sent)}, reads {shown(part.shown)}"


def _proof(report: ApplyReport) -> Iterator[str]:
    made = sum(item.status == "done" for item in report.outcomes)
    left = ", ".join(f"{number} {what}" for what, number in report.left.items() if number)
    if report.open:
        yield f"Not converged: {report.open:,} changes remain. Run `pxm plan` to see them."
    elif left:
        yield f"Converged: all {made:,} made; left: {left}."
    else:
        yield "Converged: 0 changes remain."
    extra = "".join(f"; {clean(cause)}: {number}" for cause, number in report.causes.items())
    yield f"Requests: {report.sent:,} sent, {report.predicted:,} predicted{extra}."


def outcome_json(report: ApplyReport) -> str:
    """The same for programs."""
    rows = [
        {
            "action": item.change.action,
            "kind": item.change.ref.kind,
            "key": item.change.ref.key,
            "id": item.id,
            "status": item.status,
            "words": item.words,
            "hint": item.hint,
            "unstuck": [part.path for part in item.unstuck],
        }
        for item in report.outcomes
    ]
    document = {
        "format_version": 1,
        "outcomes": rows,
        "remaining": report.open,
        "left": dict(report.left),
        "requests": {
            "sent": report.sent,
            "predicted": report.predicted,
            "causes": dict(report.causes),
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
