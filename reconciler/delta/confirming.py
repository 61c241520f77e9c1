"""What a plan touches, asked for by id: a snapshot may not know what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.api import Session
from reconciler.delta.reading import SLACK, dated
from reconciler.kinds import KINDS
from reconciler.live import Found, read_batch, read_by_id, with_objects
from reconciler.model import Live, LiveObject, Plan
from reconciler.normalize import canon
from reconciler.plan.cost import Counts

ObjectId = tuple[str, str]
"""A kind and an id."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The account with single reads taken in.

    `differs` says that one of them is not as it was thought to be: the plan has to be made again.
    `undated` names an object that has changed without a date that says so.  Then the account does
    not date what changes, and nothing less than a full read tells what did.
    """

    live: Live
    differs: bool
    undated: str = ""


def touched(plan: Plan, live: Live) -> frozenset[ObjectId]:
    """The objects that a plan names, of kinds that may be read by date, by kind and id."""
    found = set()
    for kind, id_ in _named(plan):
        if KINDS[kind].by_date and id_ in live.of(kind):
            found.add((kind, id_))
    return frozenset(found)


def _named(plan: Plan) -> Iterator[ObjectId]:
    """What is changed, adopted or deleted, what holds that, and what may be meant by a create."""
    for change in plan.changes:
        if change.id is not None:
            yield change.ref.kind, change.id
        yield from change.beside
    for ref, ids in plan.near.items():
        for id_ in ids:
            yield ref.kind, id_


def is_too_much(wanted: frozenset[ObjectId], live: Live) -> bool:
    """Asking for each of these takes as long as reading everything."""
    counts = Counts(live)
    numbers = Counter(kind for kind, _ in wanted)
    by_id = sum(counts.read_cost(kind, number) for kind, number in numbers.items())
    return by_id > sum(map(counts.list_cost, numbers))


def confirmed(
    session: Session, live: Live, wanted: frozenset[ObjectId], read_at: float
) -> Confirmed:
    """The objects as they are now; `read_at` is when their lists were read (server's Date)."""
    found: dict[ObjectId, LiveObject | None] = {}
    for kind in sorted({kind for kind, _ in wanted}):
        ids = sorted(id_ for of, id_ in wanted if of == kind)
        found.update(read_batch(session, live, KINDS[kind], ids, live.listed(kind)))
    found.update(read_by_id(session, sorted(wanted - found.keys()), keep_raw=True))
    different = {key: item for key, item in sorted(found.items()) if _differs(live, key, item)}
    return Confirmed(with_objects(live, found), bool(different), _undated(different, read_at))


def _differs(live: Live, key: ObjectId, item: LiveObject | None) -> bool:
    kind, id_ = key
    return item is None or _shown(item.fields) != _shown(live.of(kind)[id_].fields)


def _shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What fields hold, whatever order and spelling they come in."""
    canonical = {path: canon(value) for path, value in fields.items()}
    return {path: value for path, value in canonical.items() if value is not None}


def _undated(different: Found, read_at: float) -> str:
    """The first object that is not as its list said and whose dates do not say why."""
    for (kind, _), item in different.items():
        if item is None:
            continue
        date = dated(item.raw or {})
        if date is None or date < read_at - SLACK:
            return f'{kind} "{item.label}"'
    return ""
