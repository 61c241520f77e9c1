"""The plan for a terminal (contract 3, "Plan text")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from reconciler.enums import Action, NoteKind
from reconciler.kinds import KINDS
from reconciler.model import Plan
from reconciler.reports.fields import Ink, field_lines
from reconciler.reports.items import (
    NAMED,
    Bulk,
    Item,
    as_they_are,
    bound_alone,
    fold,
    plan_items,
    untold,
)
from reconciler.reports.overview import Count, Overview, plan_overview
from reconciler.reports.remedies import remedies_text
from reconciler.reports.values import (
    brief,
    clean,
    logged,
    named,
    paint,
    path_shown,
    whose,
)
from reconciler.reports.wrapping import flow, piece

__all__ = ["SIGNS", "clean", "plan_text"]

SIGNS: Mapping[str, str] = {
    "create": "+",
    "recreate": "+",
    "update": "~",
    "delete": "-",
    "adopt": "=",
    "move": ">",
    "unpublish": "x",
}
BLOCKED = "!"
_COLORS: Mapping[str, str] = {
    "+": "32",
    "~": "33",
    "-": "31",
    "=": "36",
    ">": "35",
    "x": "31",
    "!": "1;31",
}

INDENT = "    "
SHORT = 60
"""Characters of a value that a create shows."""


SCREENFUL = 50
"""Lines from which the same change on many objects is told once."""


def plan_text(plan: Plan, *, color: bool, width: int = 100) -> str:
    """The whole plan; ends with its counts and cost, and what targets left out."""
    ink, overview = Ink(plan.names, color, width), plan_overview(plan)
    lines = [*opening(overview), *_objects(plan_items(plan), ink), *closing(overview, color)]
    if lines:
        lines.append("")
    lines += [*last_lines("Plan", overview), *left_out(plan, overview)]
    return logged("\n".join(lines) + "\n")


def _objects(items: Sequence[Item], ink: Ink) -> list[str]:
    """Object by object, or, where that is more than a screenful, the same change told once."""
    lines = [*islice(_each(items, ink), SCREENFUL + 1)]
    if len(lines) <= SCREENFUL:
        return lines
    adopted, others = bound_alone(items)
    bulks, rest = folded(others)
    lines = []
    for sort, same in adopted.items():
        lines += as_they_are_lines(sort, same, ink)
    for bulk in bulks:
        lines += _bulk(bulk, ink)
    return [*lines, *_each(rest, ink)]


def as_they_are_lines(sort: str, items: Sequence[Item], ink: Ink) -> Iterator[str]:
    """What is adopted as it is: so many, and the first keys."""
    sign = SIGNS[Action.ADOPT]
    yield paint(f"{sign} {as_they_are(sort, items)}", _COLORS[sign], ink.color)
    keys = [piece(clean(item.ref.key)) for item in items[:NAMED]]
    yield from flow(keys, width=ink.width, indent=2 * INDENT, color=False)


def _each(items: Iterable[Item], ink: Ink) -> Iterator[str]:
    for item in items:
        yield from _item(item, ink)


# --- the same change on many objects ------------------------------------------------------------


def folded(items: Sequence[Item]) -> tuple[Sequence[Bulk], Iterable[Item]]:
    """Fields that updates, or adoptions, of a kind change alike, and in the plan's order what else
    changes."""
    writes = [item for item in items if _is_plain_write(item)]
    bulks, rest = fold(writes, by=lambda item: f"{item.action} {item.ref.kind}", factors=False)
    written = iter(rest)
    left = [next(written) if _is_plain_write(item) else item for item in items]
    return bulks, untold(items, left)


def _is_plain_write(item: Item) -> bool:
    return item.action in (Action.UPDATE, Action.ADOPT) and item.blocked is None


def _bulk(bulk: Bulk, ink: Ink) -> Iterator[str]:
    """One field, and the keys of all whose change it is."""
    first = bulk.items[0]
    kind, sign = KINDS[first.ref.kind], SIGNS[first.action]
    yield paint(f"{sign} {len(bulk.items):,} {kind.plural} alike", _COLORS[sign], ink.color)
    yield from field_lines(kind.name, [bulk.field], ink)
    keys = [piece(clean(item.ref.key)) for item in bulk.items]
    yield from flow(keys, width=ink.width, indent=2 * INDENT, color=False)


# --- one object ---------------------------------------------------------------------------------


def sign_of(item: Item) -> tuple[str, str]:
    """The sign of what is done to an object, and its colour."""
    sign = BLOCKED if item.blocked is not None else SIGNS[item.action]
    return sign, _COLORS[sign]


def _item(item: Item, ink: Ink) -> Iterator[str]:
    sign, code = sign_of(item)
    yield paint(f"{sign} {clean(str(item.ref))}", code, ink.color) + _aside(item)
    if item.blocked is not None:
        yield f"{INDENT}{item.action} blocked: {clean(item.blocked)}"
    yield from _declared(item, ink)
    yield from field_lines(item.ref.kind, item.fields, ink)
    for text in item.concerns:
        yield f"{INDENT}{clean(text)}"
    for text in item.fallout:
        yield f"{INDENT}falls with it: {paint(clean(text), '31', ink.color)}"


def _aside(item: Item) -> str:
    """Label, place, and what the sign does not say."""
    said = []
    if item.action == Action.RECREATE:
        said.append("recreate: it is gone from the account")
    if item.action == Action.UNPUBLISH:
        said.append("unpublish: it has left the catalog, and is let go then")
    if item.source is not None:
        said.append(f"was {clean(item.source)}")
    return aside(item, said)


def aside(item: Item, said: Iterable[str]) -> str:
    """What stands behind an object's key: its label, its place, and what is said of it."""
    parts = [f'"{clean(item.label)}"']
    if item.place is not None:
        parts.append(f"({clean(item.place.file)}:{item.place.line})")
    return "".join(f"  {part}" for part in (*parts, *said))


def _declared(item: Item, ink: Ink) -> Iterator[str]:
    """The fields of a new object, side by side."""
    pieces = []
    for path, value in item.declared:
        text = brief(named(item.ref.kind, path, value, ink.names), SHORT)
        pieces.append(piece(f"{path_shown(path, ink.names)}: {text}"))
    yield from flow(pieces, width=ink.width, indent=INDENT, color=False)
    for head, places in _from_elsewhere(item).items():
        told = [f"{path_shown(path, ink.names)} ({place})" for path, place in places.items()]
        told[0] = f"{head}: {told[0]}"
        yield from flow(map(piece, told), width=ink.width, indent=INDENT, color=False)


def _from_elsewhere(item: Item) -> dict[str, dict[str, str]]:
    """The fields of a new object that its entry does not say, and their places, by whose they
    are."""
    found: dict[str, dict[str, str]] = {}
    for path, _ in item.declared:
        if path in item.origins:
            origin = item.origins[path]
            place = clean(f"{origin.place.file}:{origin.place.line}")
            found.setdefault(whose(origin), {})[path] = place
    return found


# --- what holds for the whole -------------------------------------------------------------------


def opening(overview: Overview) -> Iterator[str]:
    """What is said first."""
    yield from overview.opening
    if overview.consent:
        yield "Off a terminal, apply takes it with --new-state, or as a plan file."
    if overview.opening:
        yield ""


def closing(overview: Overview, color: bool) -> Iterator[str]:
    """Notes, and why nothing would be written."""
    for note in overview.notes:
        if note.kind is not NoteKind.TARGETS:
            yield f"Note: {clean(note.text)}"
    if overview.refusals:
        yield paint(f"{overview.verdict.capitalize()}:", "1;31", color)
    for text in overview.refusals:
        yield f"{INDENT}{clean(text)}"
    yield from remedies_text(overview.remedies, INDENT)


def last_lines(what: str, overview: Overview) -> Iterator[str]:
    """The counts and the cost, or that nothing changes."""
    if overview.unchanged:
        yield overview.unchanged
        return
    counts = [f"{item.number:,} {item.words}" for item in overview.counts if _is_told(item)]
    yield f"{what}: {', '.join(counts)}. {overview.still}."
    yield from filter(None, (overview.cost, overview.read))


def _is_told(count: Count) -> bool:
    """A zero is told too, but of what is rare."""
    return count.number > 0 or count.sort not in (Action.RECREATE, Action.UNPUBLISH)


def left_out(plan: Plan, overview: Overview) -> Iterator[str]:
    """With targets the last line says that other changes were left out (contract 3)."""
    if plan.targets:
        said = (note.text for note in overview.notes if note.kind is NoteKind.TARGETS)
        others = f"Changes of others than {', '.join(plan.targets)} are left out (--target)."
        yield clean(next(said, others))
