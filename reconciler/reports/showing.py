"""What goes live and what is taken down, by the day of the plan (8.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.enums import CREATES, Verb
from reconciler.kinds import END, KINDS, PUBLICATION, PUBLISHED, START
from reconciler.model import Change, Plan, Value

LIVE, DOWN = "live", "down"
NOW = ""
"""The day of what happens once the plan is applied."""


@dataclass(frozen=True, slots=True)
class Showing:
    """An object that comes into sight or goes out of it: `live` or `down`, and on what day."""

    sort: str
    day: str
    change: Change


def showings(plan: Plan) -> list[Showing]:
    """What the plan shows or hides; nothing where nobody says what day it is.

    What a delete or `prune: unpublish` takes down is told as such.
    """
    found: list[Showing] = []
    for change in plan.active if plan.day else ():
        if KINDS[change.ref.kind].publishable and _is_told(change):
            found += _of(change, plan.day)
    return found


def _is_told(change: Change) -> bool:
    """A new object, or one whose change touches what decides it."""
    if change.action in CREATES:
        return True
    return change.verb == Verb.PUT and any(item.path in PUBLICATION for item in change.fields)


def _of(change: Change, today: str) -> Iterable[Showing]:
    was = _is_seen(change.publication, today)
    will = _is_seen(_after(change), today)
    if will != was:
        yield Showing(LIVE if will else DOWN, NOW, change)
    yield from _to_come_down(change) if will else _to_go_live(change, today)


def _to_go_live(change: Change, today: str) -> Iterable[Showing]:
    """What is out of sight until a day to come."""
    after = _after(change)
    start = _date(after, START.name)
    if after.get(PUBLISHED) is True and start[:10] > today:
        yield Showing(LIVE, start[:10], change)


def _to_come_down(change: Change) -> Iterable[Showing]:
    """What is in sight until a day that the plan sets."""
    end = _date(_after(change), END.name)
    is_new = change.action in CREATES or end != _date(change.publication, END.name)
    if end and is_new:
        yield Showing(DOWN, end[:10], change)


def _after(change: Change) -> Mapping[str, Value]:
    if change.action in CREATES:
        return change.sent
    written = {item.path: item.after for item in change.fields if item.path in PUBLICATION}
    return {**change.publication, **written}


def _is_seen(fields: Mapping[str, Value], today: str) -> bool:
    start, end = _date(fields, START.name), _date(fields, END.name)
    begun, ended = start[:10] <= today, bool(end) and end <= f"{today}T00:00:00Z"
    return fields.get(PUBLISHED) is True and begun and not ended


def _date(fields: Mapping[str, Value], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
