"""A plan with a line for each object, and the same change on many objects in one (contract 3)."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds import KINDS
from reconciler.model import FieldChange, Plan
from reconciler.reports.fields import Ink, field_lines
from reconciler.reports.items import Bulk, Item, bound_alone, plan_items
from reconciler.reports.overview import plan_overview
from reconciler.reports.text import (
    as_they_are_lines,
    closing,
    folded,
    last_lines,
    left_out,
    opening,
    sign_of,
)
from reconciler.reports.values import clean, logged, paint, path_shown


def plan_concise(plan: Plan, *, color: bool, width: int = 100) -> str:
    """The counts as in the whole plan; of each object its key, name and the fields that change."""
    ink, overview = Ink(plan.names, color, width), plan_overview(plan)
    adopted, others = bound_alone(plan_items(plan))
    bulks, rest = folded(others)
    lines = [*opening(overview)]
    for sort, same in adopted.items():
        lines += as_they_are_lines(sort, same, ink)
    lines += [_line(*_bulk(bulk, ink), ink) for bulk in bulks]
    lines += [_line(*_object(item, ink), ink) for item in rest]
    lines += closing(overview, color)
    if lines:
        lines.append("")
    lines += [*last_lines("Plan", overview), *left_out(plan, overview)]
    return logged("\n".join(lines) + "\n")


def _line(code: str, head: str, rest: str, ink: Ink) -> str:
    """One line of at most the width; what is cut off is told by `--format text` alone."""
    room = ink.width - len(head)
    if len(rest) > room:
        rest = f"{rest[: max(0, room - 1)]}…"
    return paint(head, code, ink.color) + rest


def _bulk(bulk: Bulk, ink: Ink) -> tuple[str, str, str]:
    sign, code = sign_of(bulk.items[0])
    kind = KINDS[bulk.items[0].ref.kind]
    # Painted text cannot be cut.
    plain = Ink(ink.names, False, 10 * ink.width)
    fields = (line.strip() for line in field_lines(kind.name, [bulk.field], plain))
    plural = kind.plural.replace("_", " ")
    return code, f"{sign} {len(bulk.items):,} {plural}", f" alike: {' '.join(fields)}"


def _object(item: Item, ink: Ink) -> tuple[str, str, str]:
    sign, code = sign_of(item)
    told = ", ".join(_changed(item, ink))
    label = f'  "{clean(item.label)}"'
    return code, f"{sign} {clean(str(item.ref))}", label + (f": {told}" if told else "")


def _changed(item: Item, ink: Ink) -> Iterator[str]:
    """What is done to it besides what the sign says."""
    if item.blocked is not None:
        yield f"blocked: {clean(item.blocked)}"
        return
    if item.source is not None:
        yield f"was {clean(item.source)}"
    yield from (_named(part, ink) for part in item.fields)
    if item.fallout:
        yield f"{len(item.fallout):,} fall with it"


def _named(part: FieldChange, ink: Ink) -> str:
    number = len(part.add) + len(part.remove)
    return path_shown(part.path, ink.names) + (f" ({number:,})" if number > 1 else "")
