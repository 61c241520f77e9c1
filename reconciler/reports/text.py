"""The plan for a terminal (contract 3, "Plan text")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.enums import Action, NoteKind
from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Plan
from reconciler.reports.bulkedits import alike
from reconciler.reports.fields import field_lines
from reconciler.reports.items import declared
from reconciler.reports.report import cost_words
from reconciler.reports.values import (
    brief,
    clean,
    left_words,
    logged,
    named,
    paint,
    path_shown,
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
}
BLOCKED = "!"
_COLORS: Mapping[str, str] = {"+": "32", "~": "33", "-": "31", "=": "36", ">": "35", "!": "1;31"}

INDENT = "    "
SHORT = 60
"""Characters of a value that a create shows."""


SCREENFUL = 50
"""Lines from which the same change on many objects is told once."""


def plan_text(plan: Plan, *, color: bool, width: int = 100) -> str:
    """The whole plan; ends with its counts and cost, and what targets left out."""
    objects = _objects(plan.changes, plan, color, width)
    if len(objects) > SCREENFUL:
        bulks, rest = _folded(plan.changes)
        objects = [line for bulk in bulks for line in _bulk(*bulk, plan, color, width)]
        objects += _objects(rest, plan, color, width)
    lines = [*_opening(plan), *objects, *_closing(plan, color)]
    if lines:
        lines.append("")
    return logged("\n".join([*lines, *_verdict(plan), *_left_out(plan)]) + "\n")


def _objects(changes: Iterable[Change], plan: Plan, color: bool, width: int) -> list[str]:
    return [line for change in changes for line in _change(change, plan, color, width)]


# --- the same change on many objects ------------------------------------------------------------


def _folded(
    changes: Sequence[Change],
) -> tuple[list[tuple[FieldChange, list[Change]]], list[Change]]:
    """Fields that updates of a kind change alike, and the changes without them."""
    updates = [item for item in changes if item.action == Action.UPDATE and item.blocked is None]
    bulks, left = alike([(item.ref.kind, item.fields) for item in updates])
    rest = {id(item): fields for item, fields in zip(updates, left, strict=True)}
    others = [
        replace(item, fields=rest.get(id(item), item.fields))
        for item in changes
        if rest.get(id(item), item.fields) or not item.fields
    ]
    return [(part, [updates[index] for index in there]) for part, there in bulks], others


def _bulk(
    item: FieldChange, changes: Sequence[Change], plan: Plan, color: bool, width: int
) -> Iterator[str]:
    """One field, and the keys of all whose change it is."""
    kind = KINDS[changes[0].ref.kind]
    sign = SIGNS["update"]
    yield paint(f"{sign} {len(changes):,} {kind.plural} alike", _COLORS[sign], color)
    yield from field_lines(kind.name, [item], plan.names, color=color, width=width)
    keys = [piece(clean(change.ref.key)) for change in changes]
    yield from flow(keys, width=width, indent=2 * INDENT, color=False)


# --- one object ---------------------------------------------------------------------------------


def _change(change: Change, plan: Plan, color: bool, width: int) -> Iterator[str]:
    sign = BLOCKED if change.blocked is not None else SIGNS[change.action]
    yield paint(f"{sign} {clean(str(change.ref))}", _COLORS[sign], color) + _aside(change)
    if change.blocked is not None:
        yield f"{INDENT}{change.action} blocked: {clean(change.blocked)}"
    yield from _declared(change, plan.names, width)
    yield from field_lines(change.ref.kind, change.fields, plan.names, color=color, width=width)
    for text in change.fallout:
        yield f"{INDENT}falls with it: {paint(clean(text), '31', color)}"


def _aside(change: Change) -> str:
    """Label, place, and what the sign does not say."""
    parts = [f'"{clean(change.label)}"']
    if change.place is not None:
        parts.append(f"({clean(change.place.file)}:{change.place.line})")
    if change.action == Action.RECREATE:
        parts.append("recreate: it is gone from the account")
    if change.source is not None:
        parts.append(f"was {clean(change.source)}")
    return "".join(f"  {part}" for part in parts)


def _declared(change: Change, names: Mapping[str, str], width: int) -> Iterator[str]:
    """The fields of a new object, side by side."""
    pieces = []
    for path, value in declared(change):
        text = brief(named(change.ref.kind, path, value, names), SHORT)
        pieces.append(piece(f"{path_shown(path, names)}: {text}"))
    return flow(pieces, width=width, indent=INDENT, color=False)


# --- what holds for the whole -------------------------------------------------------------------


def _opening(plan: Plan) -> Iterator[str]:
    """A plan that starts a new state says so first (contract 2.1)."""
    if plan.new_state:
        yield "This plan starts a new state: nothing is known of earlier runs."
    if plan.needs_new_state:
        yield "Off a terminal, apply takes it with --new-state, or as a plan file."
    if plan.new_state:
        yield ""


def _closing(plan: Plan, color: bool) -> Iterator[str]:
    for note in plan.notes:
        if note.kind not in (NoteKind.NEW_STATE, NoteKind.TARGETS):
            yield f"Note: {clean(note.text)}"
    if plan.refusals:
        yield paint("Refused, nothing would be written:", "1;31", color)
    for text in plan.refusals:
        yield f"{INDENT}{clean(text)}"


def _verdict(plan: Plan) -> Iterator[str]:
    counts = plan.summary
    if counts.empty:
        yield _unchanged(plan)
        return
    again = f"{counts.recreate:,} to recreate, " if counts.recreate else ""
    yield (
        f"Plan: {counts.create:,} to create, {again}{counts.adopt:,} to adopt, "
        f"{counts.update:,} to update, {counts.delete:,} to delete, {counts.move:,} to move, "
        f"{counts.blocked:,} blocked. {counts.unchanged:,} unchanged."
    )
    yield cost_words(plan.cost)


def _unchanged(plan: Plan) -> str:
    """That the two match is said only where nothing was left out."""
    left = left_words(plan.left)
    if left:
        return f"No changes to make; left: {left}."
    if plan.refusals:
        return "No changes to make."
    return "No changes. The catalog and the account match."


def _left_out(plan: Plan) -> Iterator[str]:
    """With targets the last line says that other changes were left out (contract 3)."""
    if plan.targets:
        said = (note.text for note in plan.notes if note.kind is NoteKind.TARGETS)
        others = f"Changes of others than {', '.join(plan.targets)} are left out (--target)."
        yield clean(next(said, others))
