"""What became of everything that a run was to do (contract 2.8, 2.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from reconciler.enums import Action, Status
from reconciler.model import Change, Outcome, Review, Summary, Unstuck, Value, waits_for
from reconciler.reports.jsontext import document
from reconciler.reports.permittext import review_json
from reconciler.reports.values import (
    clean,
    left_words,
    logged,
    named,
    paint,
    path_shown,
    shown_pair,
)

_MADE = (
    Action.CREATE, Action.RECREATE, Action.ADOPT, Action.UPDATE, Action.UNPUBLISH, Action.DELETE,
    Action.MOVE,
)  # fmt: skip
_SELDOM = frozenset({Action.RECREATE, Action.MOVE, Action.UNPUBLISH})
"""Actions that are said only where there was one."""

OUTSIDE = frozenset({"blocked", "drift kept", "not targeted", "processing"})
"""Reasons in `left` whose changes are not among those to make of the plan after the run."""


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """One run.

    `remaining` counts what a plan made right after it holds; `left` says how many changes were
    rightly not tried, by reason (`blocked`, `not permitted`, …).  `causes` says what requests
    beyond the predicted ones were for.  `names` are those of the plan, for foreign elements;
    `notes` what the run saw and a reader should know.  `unblocked` changes of `remaining` were
    blocked in the run: a plan without plan files could make them.
    """

    outcomes: tuple[Outcome, ...]
    remaining: Summary
    left: Mapping[str, int] = field(default_factory=dict)
    sent: int = 0
    predicted: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    review: Review | None = None
    notes: tuple[str, ...] = ()
    unblocked: int = 0

    @property
    def open(self) -> int:
        """Changes that remain and that nothing in `left` accounts for."""
        rest = self.remaining
        remain: int = sum(getattr(rest, action) for action in Action)
        left = sum(self.left[name] for name in self.left.keys() - OUTSIDE)
        return max(0, remain - left - self.unblocked)

    @property
    def unstuck(self) -> int:
        """Fields that were sent and did not stick."""
        return sum(len(item.unstuck) for item in self.outcomes)

    @property
    def converged(self) -> bool:
        """All that was to be made is there."""
        return not self.open and not self.unstuck

    def count(self, status: str) -> int:
        """Outcomes of a status; one whose fields did not stick counts as failed."""
        return sum(_status(item) == status for item in self.outcomes)


def _status(item: Outcome) -> str:
    return "failed" if item.unstuck else item.status


def outcome_text(report: ApplyReport, *, color: bool) -> str:
    """The last lines of an apply."""
    notes = (f"Note: {clean(note)}" for note in report.notes)
    lines = [*_headline(report, color), *_details(report, color), *notes, *_proof(report, color)]
    return logged("\n".join([*lines, *_requests(report)]) + "\n")


def _headline(report: ApplyReport, color: bool) -> Iterator[str]:
    failed, missed = report.count(Status.FAILED), report.count(Status.NOT_ATTEMPTED)
    if failed or missed:
        done = f"{report.count('done'):,} done"
        text = f"Apply incomplete: {done}, {failed:,} failed, {missed:,} not attempted."
        yield paint(text, "31", color)
        return
    made = Counter(item.change.action for item in report.outcomes if item.status == Status.DONE)
    told = [action for action in _MADE if made[action] or action not in _SELDOM]
    parts = [f"{made[action]:,} {action.past}" for action in told]
    yield paint(f"Apply complete! {', '.join(parts)}.", "32", color)


# --- what did not go as planned -----------------------------------------------------------------


GROUPED, MOST = 4, 20
"""From how many changes that were left for one reason it is said once, and how many are named."""


def _details(report: ApplyReport, color: bool) -> Iterator[str]:
    alike: dict[tuple[str, str, str], list[Outcome]] = {}
    for item in report.outcomes:
        reason = _reason(item)
        if reason is not None:
            alike.setdefault(reason, []).append(item)
    for item in report.outcomes:
        reason = _reason(item)
        group: Sequence[Outcome] = alike[reason] if reason is not None else ()
        if len(group) < GROUPED:
            yield from _detail(item, report.names, color)
        elif item is group[0]:
            yield from _consequences(group)


def _reason(item: Outcome) -> tuple[str, str, str] | None:
    """Why it was left, if that is all there is to tell of it."""
    left = (Status.NOT_ATTEMPTED, Status.BLOCKED, Status.WAITS)
    if _status(item) not in left or item.respelled:
        return None
    return item.status, item.words, item.hint


def _consequences(items: Sequence[Outcome]) -> Iterator[str]:
    """Changes that were left for one reason, below it."""
    first = items[0]
    words = f": {clean(first.words)}" if first.words else ""
    yield f"  {first.status.replace('_', ' ')}: {len(items):,} changes{words}"
    if first.hint:
        yield f"    {clean(first.hint)}"
    for item in items[:MOST]:
        yield f"    {_what(item.change)}"
    if len(items) > MOST:
        yield f"    … and {len(items) - MOST:,} more: `--receipt FILE` keeps all of them"


def _detail(item: Outcome, names: Mapping[str, str], color: bool) -> Iterator[str]:
    status, what = _status(item), _what(item.change)
    words = f": {clean(item.words)}" if item.words else ""
    if status == Status.FAILED:
        yield paint(f"  failed: {what}{words}", "31", color)
    elif status in (Status.NOT_ATTEMPTED, Status.BLOCKED, Status.WAITS):
        yield f"  {status.replace('_', ' ')}: {what}{words}"
    yield from _fields(item, names)
    if item.hint:
        yield f"    {clean(item.hint)}"


def _fields(item: Outcome, names: Mapping[str, str]) -> Iterator[str]:
    for part in item.unstuck:
        path, sent, back = _sides(item.change, part, names)
        yield f"    {path} did not stick: sent {sent}, came back {back}"
    for part in item.respelled:
        path, sent, back = _sides(item.change, part, names)
        yield f"  {_what(item.change)}: {path}: {sent} stored as {back}"


def _what(change: Change) -> str:
    place = f"{clean(str(change.place))}: " if change.place else ""
    return f'{place}{change.action} {clean(str(change.ref))} "{clean(change.label)}"'


def _sides(change: Change, part: Unstuck, names: Mapping[str, str]) -> tuple[str, str, str]:
    sent, back = shown_pair(*_named(change, part, names))
    return path_shown(part.path, names), sent, back


def _named(change: Change, part: Unstuck, names: Mapping[str, str]) -> tuple[Value, Value]:
    """What was sent and what came back, with foreign elements by name."""
    kind = change.ref.kind
    return named(kind, part.path, part.sent, names), named(kind, part.path, part.shown, names)


# --- the proof ----------------------------------------------------------------------------------


def _proof(report: ApplyReport, color: bool) -> Iterator[str]:
    if not report.converged:
        yield paint(f"Not converged: {_why(report)}. Run `pxm plan` to see them.", "31", color)
        return
    left = left_words(report.left)
    made = f"all {report.count('done'):,} made; left: {left}" if left else "0 changes remain"
    yield f"Converged: {made}."


def _why(report: ApplyReport) -> str:
    parts = []
    if report.open:
        parts.append("1 change remains" if report.open == 1 else f"{report.open:,} changes remain")
    waits = waits_for(report.outcomes)
    if waits and any(map(_waits, report.outcomes)):
        parts.append(f"deletes wait for {clean(str(waits))}")
    if report.unstuck:
        fields = "1 field" if report.unstuck == 1 else f"{report.unstuck:,} fields"
        parts.append(f"{fields} did not stick")
    return ", ".join(parts)


def _waits(item: Outcome) -> bool:
    return item.change.action == Action.DELETE and item.status == Status.NOT_ATTEMPTED


def _requests(report: ApplyReport) -> Iterator[str]:
    yield f"Requests: {report.sent:,} sent, {report.predicted:,} predicted."
    for cause, count in report.causes.items():
        yield f"  {count:,} × {clean(cause)}"


# --- for programs -------------------------------------------------------------------------------


def outcome_json(report: ApplyReport) -> str:
    """The same for programs, with each deleted object's JSON as read just before."""
    return document({"format_version": 1, **outcome_value(report)})


def outcome_value(report: ApplyReport) -> dict[str, Any]:
    """What `outcome_json` and the receipt say alike."""
    counts = ("done", "failed", "not_attempted", "blocked")
    return {
        "summary": {status: report.count(status) for status in counts},
        "converged": report.converged,
        "outcomes": [_outcome(item, report.names) for item in report.outcomes],
        "remaining": asdict(report.remaining),
        "left": dict(report.left),
        "review": review_json(report.review),
        "notes": list(report.notes),
        "requests": {
            "sent": report.sent,
            "predicted": report.predicted,
            "causes": dict(report.causes),
        },
    }


def _outcome(item: Outcome, names: Mapping[str, str]) -> dict[str, Any]:
    change = item.change
    place = change.place
    found: dict[str, Any] = {
        "action": change.action,
        "kind": change.ref.kind,
        "key": change.ref.key,
        "id": item.id,
        "label": change.label,
        "source": {"file": place.file, "line": place.line} if place else None,
        "status": item.status,
        "words": item.words,
        "hint": item.hint,
        "unstuck": [_part(change, part, names) for part in item.unstuck],
        "respelled": [_part(change, part, names) for part in item.respelled],
    }
    return {**found, "before": item.before} if item.before is not None else found


def _part(change: Change, part: Unstuck, names: Mapping[str, str]) -> dict[str, Any]:
    sent, back = _named(change, part, names)
    return {"path": part.path, "sent": sent, "shown": back}
