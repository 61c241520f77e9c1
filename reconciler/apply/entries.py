"""What the state remembers after a change: ids, what was sent and what was shown (contract 2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.enums import Verb
from reconciler.kinds import KINDS, Field, Type
from reconciler.model import Applied, Change, Entry, LiveObject, Ref, Settle, Value
from reconciler.normalize import is_empty
from reconciler.plan.cost import needs_put
from reconciler.wire import Names, same_label, stored


def after_change(
    change: Change,
    entry: Entry | None,
    item: LiveObject,
    planned: LiveObject | None,
    names: Names,
    unstuck: Iterable[str],
    now: float,
) -> Entry:
    """The entry once a change is made.

    Written fields count as shown by `item`, read after the write; fields that were merely found
    equal by `planned`, the read that the plan rests on.  What did not stick is not remembered,
    and what did not go empty is not forgotten.
    """
    skipped = set(unstuck)
    sent = {path: value for path, value in change.sent.items() if path not in skipped}
    if change.verb == Verb.POST:
        # A new object has nothing of the one that its key named before.
        applied = _applied(change.ref, sent, dict.fromkeys(sent, item), names)
        applied.update(_given_regions(change, item))
    else:
        forget = [path for path in change.forget if path not in skipped]
        applied = _kept(entry, forget, names)
        found = _applied(change.ref, sent, _shown_by(change, item, planned), names)
        ordered = {part.path for part in change.fields if part.ordered}
        for path, fresh in found.items():
            row = KINDS[change.ref.kind].field(path)
            applied[path] = _beside_known(row, fresh, applied.get(path), path in ordered)
    written_at = now if change.verb else _written(entry)
    return Entry(change.ref, item.id, applied, change.prevent_destroy, written_at)


def _beside_known(field: Field, fresh: Applied, known: Applied | None, ordered: bool) -> Applied:
    """A field as it was sent and shown, beside what is remembered of it."""
    if field.type is Type.OPTIONS and not ordered:
        fresh = order_not_asked(fresh, known)
    return drifted_too(fresh, known) if field.is_set else fresh


def _shown_by(
    change: Change, item: LiveObject, planned: LiveObject | None
) -> dict[str, LiveObject | None]:
    """By path, the read that shows a field which was sent."""
    found: dict[str, LiveObject | None] = dict.fromkeys(change.sent, planned or item)
    found.update({field.path: item for field in change.fields})
    return found


def _written(entry: Entry | None) -> float:
    return entry.written if entry else 0.0


def drifted_too(now: Applied, before: Applied | None) -> Applied:
    """A set as shown, and those of its elements that the server showed once and somebody took
    out since: where drift is kept they are not written, and go on being drift."""
    if before is None or not before.seen or not now.seen:
        return now
    missing = _labels(now.sent) - _labels(now.shown)
    once = [item for item in before.shown or () if same_label(_element(item)) in missing]
    return replace(now, shown=(*(now.shown or ()), *once)) if once else now


def _labels(elements: Iterable[Any] | None) -> set[str]:
    """The elements of a set, as labels are compared."""
    return {same_label(_element(item)) for item in elements or ()}


def order_not_asked(now: Applied, before: Applied | None) -> Applied:
    """Options of which no order was sent: they count as sent in the one that the account has.

    What stood before keeps the order in which it was sent and shown, the rest comes behind it: so
    that an order which somebody changed, or which did not stick, is still known for that.
    """
    if not now.seen:
        return now
    known = before if before is not None and before.seen else Applied((), ())
    present = [*map(_element, now.shown or ())]
    sent = [*map(_element, known.sent or ()), *present]
    shown = [*map(_element, known.shown or ()), *present]
    return replace(now, sent=_sorted(now.sent, sent), shown=_sorted(now.shown, shown))


def _sorted(items: Any, order: Sequence[str]) -> Any:
    """Options in an order of labels; those that it does not have come last."""
    place: dict[str, int] = {}
    for index, label in enumerate(order):
        place.setdefault(same_label(label), index)

    def place_of(item: Any) -> int:
        return place.get(same_label(_element(item)), len(order))

    return tuple(sorted(items or (), key=place_of))


def _element(item: Any) -> str:
    """An id, or the label of an option."""
    return item if isinstance(item, str) else str(item[1])


def after_write(change: Change, entry: Entry | None, names: Names, now: float) -> Entry:
    """The entry between a PUT's answer and its proof: sent, and not looked at yet.

    What the PUT was to clear or to take out is forgotten only once a read shows it gone
    (contract 2.6).
    """
    written = {field.path for field in change.fields}
    sent = {
        path: value
        for path, value in change.sent.items()
        if path in written and not is_empty(value)
    }
    applied = dict(entry.applied) if entry else {}
    for path, fresh in _applied(change.ref, sent, dict.fromkeys(sent), names).items():
        before = applied.get(path) if KINDS[change.ref.kind].field(path).is_set else None
        applied[path] = replace(fresh, sent=_either(before, fresh)) if before else fresh
    return Entry(change.ref, str(change.id), applied, change.prevent_destroy, now)


def after_confirm(change: Change, id_: str, names: Names, now: float) -> Entry:
    """The entry of a file that was confirmed and cannot be read yet: what the confirmation took."""
    sent = {path: value for path, value in change.sent.items() if not needs_put(path)}
    applied = _applied(change.ref, sent, dict.fromkeys(sent), names)
    return Entry(change.ref, id_, applied, change.prevent_destroy, now, processing=now)


def _either(before: Applied, fresh: Applied) -> tuple[Any, ...]:
    """The elements of both, each once; those of options by label."""
    found = {_element(item): item for item in (*(fresh.sent or ()), *(before.sent or ()))}
    return tuple(found.values())


def after_settle(
    settle: Settle, entry: Entry | None, item: LiveObject | None, names: Names
) -> Entry:
    """The entry once a state-only note is taken."""
    applied = _kept(entry, settle.forget, names)
    found = _applied(settle.ref, settle.sent, dict.fromkeys(settle.sent, item), names)
    for path, fresh in found.items():
        options = KINDS[settle.ref.kind].field(path).type is Type.OPTIONS
        applied[path] = order_not_asked(fresh, applied.get(path)) if options else fresh
    return Entry(settle.ref, settle.id, applied, settle.prevent_destroy, _written(entry))


def _kept(entry: Entry | None, forget: Iterable[str], names: Names) -> dict[str, Applied]:
    kept = dict(entry.applied) if entry else {}
    for path in forget:
        kept.pop(names.id_path(path), None)
    return kept


def _applied(
    ref: Ref,
    sent: Mapping[str, Value],
    shown: Mapping[str, LiveObject | None],
    names: Names,
) -> dict[str, Applied]:
    kind = KINDS[ref.kind]
    found = {}
    for path, value in sent.items():
        id_path, id_value = stored(kind, path, value, names)
        item = shown[path]
        seen = item.fields.get(id_path) if item is not None else None
        if kind.field(path).type is Type.MULTIPLE:
            seen = bool(seen)
        found[id_path] = Applied(id_value, seen, item is not None)
    return found


def _given_regions(change: Change, item: LiveObject) -> Mapping[str, Applied]:
    """Regions that the server gave at our create count as applied (contract 2.3)."""
    given = item.fields.get("regions")
    if "regions" in change.sent or not given:
        return {}
    return {"regions": Applied(given, given, True)}
