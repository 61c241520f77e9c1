"""What a report tells, in its order: verdict and counts, what needs eyes, then all else (8.1).

The one telling behind Markdown and HTML; the terminal has its overview and the order of the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.enums import CREATES, Action, Class, DriftStatus, NoteKind, SideStatus
from reconciler.model import Comparison, Drift, Plan
from reconciler.reports.items import (
    Bulk,
    Item,
    Titles,
    drift_items,
    fold,
    item_of,
    plan_items,
    untold,
)
from reconciler.reports.leaving import told_once
from reconciler.reports.overview import (
    Count,
    Overview,
    comparison_overview,
    drift_overview,
    plan_overview,
)
from reconciler.reports.parts import Part, parts
from reconciler.reports.showing import DOWN, LIVE, Showing, showings
from reconciler.reports.site import NOWHERE, Site


@dataclass(frozen=True, slots=True)
class Attention:
    """Objects that a reviewer looks at first; `sort` is delete, blocked, conflict, drift, …"""

    sort: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What goes live, or is taken down: `days` are objects by the day on which it happens.

    A day is empty for what happens with the plan.  `new` are objects that the plan makes, which
    are told where they are made.
    """

    sort: str
    title: str
    days: Mapping[str, tuple[Item, ...]]
    new: tuple[Item, ...] = ()

    @property
    def total(self) -> int:
        """How many objects that is."""
        return sum(map(len, self.days.values())) + len(self.new)


@dataclass(frozen=True, slots=True)
class Report:
    """A report, before it is written in any format.

    `lead` are sentences right below the counts, `notes` lists of sentences by title.
    An object is told once: among the `eyes`, or in the `parts`; a field that changes alike on
    many objects is told with the `bulks` and no more with each.  `turns` say of some of them that
    they go live or are taken down, and `defaults` which objects a changed default is for.
    """

    overview: Overview
    counts: tuple[Count, ...]
    lead: tuple[str, ...]
    eyes: tuple[Attention, ...]
    notes: tuple[tuple[str, tuple[str, ...]], ...]
    bulks: tuple[Bulk, ...]
    parts: tuple[Part, ...]
    turns: tuple[Turn, ...] = ()
    defaults: tuple[str, ...] = ()


# --- a plan -------------------------------------------------------------------------------------

AS_FILE = "Off a terminal, apply takes it as a plan file."
"""Whoever reads this in a pull request cannot pass an option."""

_EYES = (Action.DELETE, Action.UNPUBLISH, Action.ADOPT, Action.RECREATE)
"""Actions that are told whole among what needs eyes."""


def plan_report(plan: Plan, site: Site = NOWHERE) -> Report:
    """The telling of a plan; `site` is what it links to."""
    overview = plan_overview(plan)
    names = Titles(plan.names, plan.labels)
    items = tuple(map(names.item, told_once(plan_items(plan, site), plan.labels)))
    free = [item for item in items if item.blocked is None]
    bulks, rest = _changes(item for item in free if item.action not in _EYES)
    return Report(
        overview,
        tuple(item for item in overview.counts if item.number),
        (*overview.refusals, *overview.opening, *((AS_FILE,) if overview.consent else ())),
        tuple(_attention(items, free)),
        _notes(overview),
        bulks,
        parts(rest, free),
        tuple(_turns(plan, site)),
        tuple(_defaults(free)),
    )


def _attention(items: Sequence[Item], free: Sequence[Item]) -> Iterable[Attention]:
    blocked = tuple(item for item in items if item.blocked is not None)
    conflicts, drift = _classed(free, Class.CONFLICT), _classed(free, Class.DRIFT)
    found = (
        ("delete", "Deletes", _acting(free, Action.DELETE)),
        (
            "unpublish",
            "Unpublished and let go: they have left the catalog",
            _acting(free, Action.UNPUBLISH),
        ),
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


def _classed(items: Iterable[Item], cls: Class) -> tuple[Item, ...]:
    """The items that have fields of a class, with those alone."""
    found = []
    for item in items:
        fields = tuple(part for part in item.fields if part.cls == cls)
        if fields:
            found.append(replace(item, action=Action.UPDATE, fields=fields))
    return tuple(found)


def _pending(item: Item) -> Item:
    """The pending fields; drift and conflicts of the object are told above."""
    pending = tuple(part for part in item.fields if part.cls == Class.PENDING)
    if len(pending) == len(item.fields):
        return item
    classes = dict.fromkeys(part.cls for part in item.fields)
    classes.pop(Class.PENDING, None)
    return replace(item, fields=pending, above=tuple(f"{cls} above" for cls in classes))


def _changes(items: Iterable[Item]) -> tuple[tuple[Bulk, ...], list[Item]]:
    """Bulk edits, and what they leave to tell."""
    told = [_pending(item) for item in items if not _only_classed(item)]
    bulks, rest = fold(told)
    return bulks, list(untold(told, rest))


def _only_classed(item: Item) -> bool:
    """Nothing of it is left to tell but drift and conflicts."""
    if item.action != Action.UPDATE or not item.fields:
        return False
    return all(part.cls != Class.PENDING for part in item.fields)


def _notes(overview: Overview) -> tuple[tuple[str, tuple[str, ...]], ...]:
    by_title: dict[str, list[str]] = {"Near matches": [], "Notes": []}
    for note in overview.notes:
        title = "Near matches" if note.kind is NoteKind.NEAR else "Notes"
        by_title[title].append(note.text)
    return tuple((title, tuple(texts)) for title, texts in by_title.items() if texts)


# --- what goes live, and what a default is for --------------------------------------------------


def _turns(plan: Plan, site: Site) -> Iterator[Turn]:
    found = showings(plan)
    for sort, title in ((LIVE, "Goes live"), (DOWN, "Is taken down")):
        turn = _turn(sort, title, [item for item in found if item.sort == sort], plan.web, site)
        if turn.total:
            yield turn


def _turn(sort: str, title: str, found: Sequence[Showing], web: str, site: Site) -> Turn:
    days: dict[str, list[Item]] = {}
    new: list[Item] = []
    for showing in found:
        item = item_of(showing.change, web, site)
        if showing.day or showing.change.action not in CREATES:
            days.setdefault(showing.day, []).append(item)
        else:
            new.append(item)
    return Turn(sort, title, {day: tuple(days[day]) for day in sorted(days)}, tuple(new))


def _defaults(items: Iterable[Item]) -> Iterator[str]:
    """Which defaults change, and on how many objects: each says it of one file and list."""
    found: dict[tuple[str, str], set[str]] = {}
    for item in items:
        for part in item.fields:
            if part.origin is not None and part.origin.list and part.cls == Class.PENDING:
                where = f"{part.origin.place.file}:{part.origin.place.line}"
                key = part.path, f"default of {part.origin.list}, {where}"
                found.setdefault(key, set()).add(item.token)
    for (path, whose), tokens in sorted(found.items()):
        if len(tokens) > 1:
            yield f"{path} ({whose}) changes on {len(tokens):,} objects"


# --- drift --------------------------------------------------------------------------------------


def drift_report(drift: Drift) -> Report:
    """The telling of a drift report."""
    overview = drift_overview(drift)
    names = Titles(drift.names, drift.labels)
    items = tuple(map(names.item, drift_items(drift)))
    eyes = (
        Attention("gone", "Gone from the account", _acting(items, DriftStatus.GONE)),
        Attention(
            "unmanaged",
            "Unmanaged: in the account, and nobody declared it",
            _acting(items, DriftStatus.UNMANAGED),
        ),
    )
    bulks, rest = fold(_acting(items, DriftStatus.CHANGED))
    return Report(
        overview,
        overview.counts,
        (),
        tuple(item for item in eyes if item.items),
        _notes(overview),
        bulks,
        parts([item for item in rest if item.fields]),
    )


# --- a comparison -------------------------------------------------------------------------------


def comparison_report(found: Comparison) -> Report:
    """The telling of two accounts: what only one of them has, then what both have otherwise."""
    overview = comparison_overview(found)
    names = Titles(found.names, found.labels)
    items = tuple(map(names.item, drift_items(found)))
    first, second = found.environments
    eyes = (
        Attention(SideStatus.FIRST, f"Only in {first}", _acting(items, SideStatus.FIRST)),
        Attention(SideStatus.SECOND, f"Only in {second}", _acting(items, SideStatus.SECOND)),
    )
    bulks, rest = fold(_acting(items, SideStatus.DIFFERS))
    lead = (f"What differs is shown as {first} → {second}.",) if found.objects else ()
    return Report(
        overview,
        overview.counts,
        lead,
        tuple(item for item in eyes if item.items),
        _notes(overview),
        bulks,
        parts([item for item in rest if item.fields]),
    )
