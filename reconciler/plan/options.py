"""An option that a value outside the plan holds is not dropped (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.kinds import KINDS, Type
from reconciler.model import Change, FieldChange, Live, LiveObject, Ref
from reconciler.normalize import is_empty, texts
from reconciler.wire import VALUE, Names, same_label, view_value

NAMED = 3
"""Holders that are named in the reason; the rest are counted."""


def keep_held(changes: Iterable[Change], live: Live, names: Names) -> list[Change]:
    """The changes; one that drops an option or sub-field still in use is blocked."""
    found = list(changes)
    going = {(item.ref.kind, str(item.id)): item for item in found if item.blocked is None}
    return [_judged(change, live, names, going) for change in found]


def _judged(
    change: Change, live: Live, names: Names, going: Mapping[tuple[str, str], Change]
) -> Change:
    dropped = frozenset(same_label(label) for label in _dropped(change))
    if not dropped or change.blocked:
        return change
    path = VALUE + str(change.id)
    written = VALUE + change.ref.key
    holders = [
        item
        for item in _with_value(live, path)
        if dropped & frozenset(_held(item, path, names, change.ref))
        and not _rewritten(going.get((item.kind, item.id)), written)
    ]
    if not holders:
        return change
    return change.block(_reason(change, holders))


def _dropped(change: Change) -> Iterator[str]:
    for item in change.fields:
        if KINDS[change.ref.kind].field(item.path).type in (Type.OPTIONS, Type.SUBFIELDS):
            yield from item.remove


def _with_value(live: Live, path: str) -> Iterator[LiveObject]:
    for kind in KINDS.values():
        if any(item.type is Type.VALUES for item in kind.fields):
            for item in live.of(kind.name).values():
                if not is_empty(item.fields.get(path)):
                    yield item


def _held(item: LiveObject, path: str, names: Names, attribute: Ref) -> Iterator[str]:
    shown = view_value(item.fields[path], names.definition(attribute.key))
    return (same_label(label) for label in texts(shown))


def _rewritten(change: Change | None, path: str) -> bool:
    """The plan writes that value anew, without the option: the catalog has it no more."""
    if change is None:
        return False
    return change.verb == "DELETE" or any(_same(item, path) for item in change.fields)


def _same(item: FieldChange, path: str) -> bool:
    return item.path == path


def _reason(change: Change, holders: list[LiveObject]) -> str:
    labels = ", ".join(f"'{label}'" for label in sorted(_dropped(change)))
    named = ", ".join(sorted(f"{item.kind} '{item.label}'" for item in holders)[:NAMED])
    more = f" and {len(holders) - NAMED} more" if len(holders) > NAMED else ""
    return f"it drops {labels}, which this plan leaves on {named}{more}"
