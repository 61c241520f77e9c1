"""What a report says of the whole: verdict, counts, the sentences before and behind the objects.

Decided once for the terminal, Markdown and HTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.enums import Action, DriftStatus, NoteKind, SideStatus
from reconciler.kinds import KINDS, OWN_PLACES
from reconciler.model import NEW_STATE, Change, Comparison, Cost, Drift, Note, Plan, Remedy
from reconciler.reports.values import left_words


@dataclass(frozen=True, slots=True)
class Count:
    """A number of the summary: `3 to create`; `sort` is what its objects are marked with."""

    number: int
    words: str
    sort: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The frame of a report.

    `counts` are all numbers, also those of 0, and `still` counts what is as it should be.
    `unchanged` is the sentence for the end where nothing changes, else empty; so is `cost` where
    nothing is to be sent.  `consent` says that somebody has to agree to a new state.  `read`
    says on what a plan rests that read only what has changed.
    """

    icon: str
    verdict: str
    counts: tuple[Count, ...]
    still: str
    unchanged: str = ""
    cost: str = ""
    read: str = ""
    refusals: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    opening: tuple[str, ...] = ()
    consent: bool = False
    notes: tuple[Note, ...] = ()


# --- a plan -------------------------------------------------------------------------------------

_COUNTS = (
    ("create", "to create"),
    ("recreate", "to recreate"),
    ("adopt", "to adopt"),
    ("update", "to update"),
    ("delete", "to delete"),
    ("move", "to move"),
    ("unpublish", "to unpublish"),
    ("blocked", "blocked"),
)


def plan_overview(plan: Plan) -> Overview:
    """What is said of a plan."""
    icon, verdict = _verdict(plan)
    counts = plan.summary
    return Overview(
        icon,
        verdict,
        tuple(_counts(plan)),
        f"{counts.unchanged:,} unchanged",
        unchanged=_unchanged(plan) if counts.empty else "",
        cost="" if counts.empty else _cost(plan.cost),
        read=f"Read: what has changed{_since(plan)}." if plan.since else "",
        refusals=plan.refusals,
        remedies=plan.remedies,
        # A plan that starts a new state says so first (contract 2.1).
        opening=(NEW_STATE.text,) if plan.new_state else (),
        consent=plan.needs_new_state,
        notes=tuple(note for note in plan.notes if note.kind is not NoteKind.NEW_STATE),
    )


def _counts(plan: Plan) -> Iterator[Count]:
    """Nothing is said to move where an update moves something: that counts what it moves."""
    moving = sum(map(_moves, plan.active))
    for sort, words in _COUNTS:
        number = getattr(plan.summary, sort)
        if sort == Action.UPDATE and moving:
            yield Count(number, f"{words} ({moving:,} to another place)", sort)
        elif number or sort != Action.MOVE or not moving:
            yield Count(number, words, sort)


def _moves(change: Change) -> bool:
    """An update that puts its object into another one."""
    places = {*OWN_PLACES[change.ref.kind], *KINDS[change.ref.kind].placed}
    return change.action == Action.UPDATE and any(
        item.path in places and not item.is_set for item in change.fields
    )


def _verdict(plan: Plan) -> tuple[str, str]:
    counts, number = plan.summary, len(plan.active)
    changes = f"{number:,} change{'' if number == 1 else 's'}"
    if plan.refusals:
        return "⛔", "refused, nothing would be written"
    if counts.empty:
        left = left_words(plan.left)
        return "✅", f"no changes to make; left: {left}" if left else "no changes"
    if counts.blocked:
        return "⚠️", f"{changes}, {counts.blocked:,} blocked"
    return "📝", changes


def _unchanged(plan: Plan) -> str:
    """That the two match is said only where nothing was left out."""
    left = left_words(plan.left)
    if left:
        return f"No changes to make{_since(plan)}; left: {left}."
    if plan.refusals:
        return f"No changes to make{_since(plan)}."
    if plan.since:
        return f"No changes{_since(plan)}."
    return "No changes. The catalog and the account match."


def _since(plan: Plan) -> str:
    """What a plan does not know that read only what has changed (contract 7.4)."""
    if not plan.since:
        return ""
    return f" since the full read of {plan.since}; deletions are not seen"


def _cost(cost: Cost) -> str:
    requests = f"{cost.requests:,} request{'' if cost.requests == 1 else 's'}"
    return (
        f"Cost: {requests}, at least {cost.min_seconds:,} s "
        f"at {cost.window:,} requests per {cost.per_seconds:,} s."
    )


# --- drift --------------------------------------------------------------------------------------


def drift_overview(drift: Drift) -> Overview:
    """What is said of a drift report; of unmanaged objects nothing, unless they were looked for."""
    counts = tuple(
        Count(drift.count(status), status, status)
        for status in DriftStatus
        if status != DriftStatus.UNMANAGED or drift.looked
    )
    still, notes = f"{drift.clean:,} clean", tuple(map(Note, drift.notes))
    if drift.found:
        return Overview("⚠️", "the account is not as it was left", counts, still, notes=notes)
    unmanaged = f", {drift.count(DriftStatus.UNMANAGED):,} unmanaged" if drift.looked else ""
    unchanged = f"No drift. The account is as it was left: {drift.clean:,} objects{unmanaged}."
    return Overview(
        "✅", "the account is as it was left", counts, still, unchanged=unchanged, notes=notes
    )


# --- a comparison -------------------------------------------------------------------------------


def comparison_overview(found: Comparison) -> Overview:
    """What is said of two accounts."""
    first, second = found.environments
    words = {
        SideStatus.DIFFERS: "differ",
        SideStatus.FIRST: f"only in {first}",
        SideStatus.SECOND: f"only in {second}",
    }
    counts = tuple(Count(found.count(status), said, status) for status, said in words.items())
    still, notes = f"{found.same:,} the same", tuple(map(Note, found.notes))
    if found.objects:
        verdict = f"{first} and {second} differ"
        return Overview("⚖️", verdict, counts, still, notes=notes)
    verdict = f"{first} and {second} hold the same"
    unchanged = f"No difference. {first} and {second} hold the same: {found.same:,} objects."
    return Overview("✅", verdict, counts, still, unchanged=unchanged, notes=notes)
