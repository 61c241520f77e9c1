"""What a report tells, in its order: verdict and counts, what needs eyes, then all else (8.1).

The one telling behind Markdown and HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.enums import Action, Class, DriftStatus, NoteKind
from reconciler.model import Cost, Drift, Plan
from reconciler.reports.items import (
    Bulk,
    Item,
    Shelf,
    drift_items,
    fold,
    plan_items,
    shelves,
)
from reconciler.reports.values import left_words


@dataclass(frozen=True, slots=True)
class Attention:
    """Objects that a reviewer looks at first; `sort` is delete, blocked, conflict, drift, …"""

    sort: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A number of the summary: `3 to create`; `sort` is what its objects are marked with."""

    number: int
    words: str
    sort: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report, before it is written in any format.

    `lead` are sentences right below the counts, `notes` lists of sentences by title.
    An object is told once: among the `eyes`, or on the `shelves`; a field that changes alike on
    many objects is told with the `bulks` and no more with each.
    """

    icon: str
    verdict: str
    counts: tuple[Count, ...]
    still: str
    lead: tuple[str, ...]
    eyes: tuple[Attention, ...]
    notes: tuple[tuple[str, tuple[str, ...]], ...]
    bulks: tuple[Bulk, ...]
    shelves: tuple[Shelf, ...]


# --- a plan -------------------------------------------------------------------------------------

_COUNTS = (
    ("create", "to create"),
    ("recreate", "to recreate"),
    ("adopt", "to adopt"),
    ("update", "to update"),
    ("delete", "to delete"),
    ("move", "to move"),
    ("blocked", "blocked"),
)
_EYES = ("delete", "adopt", "recreate")
"""Actions that are told whole among what needs eyes."""


def plan_report(plan: Plan) -> Report:
    """The telling of a plan."""
    items = plan_items(plan)
    free = [item for item in items if item.blocked is None]
    bulks, rest = _changes(item for item in free if item.action not in _EYES)
    icon, verdict = _verdict(plan)
    counts = plan.summary
    numbers = [Count(getattr(counts, sort), words, sort) for sort, words in _COUNTS]
    return Report(
        icon,
        verdict,
        tuple(item for item in numbers if item.number),
        f"{counts.unchanged:,} unchanged",
        tuple(_lead(plan)),
        tuple(_attention(items, free)),
        _notes(plan),
        bulks,
        rest,
    )


def cost_words(cost: Cost) -> str:
    """What a plan costs, as a sentence."""
    requests = f"{cost.requests:,} request{'' if cost.requests == 1 else 's'}"
    return (
        f"Cost: {requests}, at least {cost.min_seconds:,} s "
        f"at {cost.window:,} requests per {cost.per_seconds:,} s."
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


def _lead(plan: Plan) -> Iterable[str]:
    """A plan that starts a new state says so first (contract 2.1)."""
    yield from plan.refusals
    if plan.new_state:
        yield "This plan starts a new state: nothing is known of earlier runs."
    if plan.needs_new_state:
        yield "Off a terminal, apply takes it with `--new-state`, or as a plan file."


def _attention(items: Sequence[Item], free: Sequence[Item]) -> Iterable[Attention]:
    blocked = tuple(item for item in items if item.blocked is not None)
    conflicts, drift = _classed(free, Class.CONFLICT), _classed(free, Class.DRIFT)
    found = (
        ("delete", "Deletes", _acting(free, Action.DELETE)),
        ("blocked", "Blocked", blocked),
        ("conflict", "Conflicts: changed in git and in the account", conflicts),
        ("drift", "Drift: changed in the account, will be put back", drift),
        ("recreate", "Gone from the account, will be made again", _acting(free, Action.RECREATE)),
        ("adopt", "Adopted: they exist already", _acting(free, Action.ADOPT)),
    )
    return (Attention(*parts) for parts in found if parts[2])


def _acting(items: Iterable[Item], action: str) -> tuple[Item, ...]:
    """The items of an action, without what drift and conflicts tell of them."""
    return tuple(_pending(item) for item in items if item.action == action)


def _classed(items: Iterable[Item], cls: str) -> tuple[Item, ...]:
    """The items that have fields of a class, with those alone."""
    return tuple(
        replace(
            item,
            action=Action.UPDATE,
            fields=tuple(part for part in item.fields if part.cls == cls),
        )
        for item in items
        if any(part.cls == cls for part in item.fields)
    )


def _pending(item: Item) -> Item:
    """The pending fields; drift and conflicts of the object are told above."""
    above = dict.fromkeys(part.cls for part in item.fields if part.cls != Class.PENDING)
    if not above:
        return item
    fields = tuple(part for part in item.fields if part.cls == Class.PENDING)
    return replace(item, fields=fields, above=tuple(f"{cls} above" for cls in above))


def _changes(items: Iterable[Item]) -> tuple[tuple[Bulk, ...], tuple[Shelf, ...]]:
    """Bulk edits, and by category and product what they leave to tell."""
    told = [_pending(item) for item in items if not _only_classed(item)]
    bulks, rest = fold(told)
    left = (new for new, old in zip(rest, told, strict=True) if new.fields or not old.fields)
    return bulks, shelves(left)


def _only_classed(item: Item) -> bool:
    """Nothing of it is left to tell but drift and conflicts."""
    fields = item.action == Action.UPDATE and bool(item.fields)
    return fields and all(part.cls != Class.PENDING for part in item.fields)


def _notes(plan: Plan) -> tuple[tuple[str, tuple[str, ...]], ...]:
    near = tuple(note.text for note in plan.notes if note.kind is NoteKind.NEAR)
    others = (NoteKind.OTHER, NoteKind.TARGETS)
    rest = tuple(note.text for note in plan.notes if note.kind in others)
    found = (("Near matches", near), ("Notes", rest))
    return tuple((title, texts) for title, texts in found if texts)


# --- drift --------------------------------------------------------------------------------------


def drift_report(drift: Drift) -> Report:
    """The telling of a drift report."""
    items = drift_items(drift)
    changed = tuple(item for item in items if item.action == "changed")
    bulks, rest = fold(changed)
    gone = tuple(item for item in items if item.action == "gone")
    unmanaged = tuple(item for item in items if item.action == "unmanaged")
    eyes = (
        Attention("gone", "Gone from the account", gone),
        Attention("unmanaged", "Unmanaged: in the account, and nobody declared it", unmanaged),
    )
    return Report(
        "⚠️" if drift.found else "✅",
        "the account is not as it was left" if drift.found else "the account is as it was left",
        tuple(_drift_counts(drift)),
        f"{drift.clean:,} clean",
        (),
        tuple(item for item in eyes if item.items),
        (("Notes", drift.notes),) if drift.notes else (),
        bulks,
        shelves(item for item in rest if item.fields),
    )


def _drift_counts(drift: Drift) -> Iterable[Count]:
    for status in DriftStatus:
        if status != DriftStatus.UNMANAGED or drift.looked:
            yield Count(drift.count(status), status, status)
