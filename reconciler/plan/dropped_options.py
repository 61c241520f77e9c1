"""An option that a value outside the plan holds is not dropped (contract 2.3, 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from reconciler.enums import Verb
from reconciler.kinds import ATTRIBUTE, KINDS, LABELLED
from reconciler.model import Change, Live, Ref
from reconciler.normalize import texts
from reconciler.paths import value_path
from reconciler.plan.holders import (
    Holder,
    Holders,
    Name,
    Owners,
    holders,
    in_words,
    name_of,
    to_mend,
    unread,
)
from reconciler.wire import Names, same_label, view_value


def keep_held(changes: Iterable[Change], live: Live, names: Names) -> list[Change]:
    """The changes; one that drops an option or sub-field still in use, or that an entry which
    nobody could read may use, is blocked."""
    found = list(changes)
    dropping = [change for change in found if dropped_by(change) and change.blocked is None]
    if not dropping:
        return found
    made = {name_of(change): change for change in found if change.blocked is None}
    sight = _Sight(holders(ATTRIBUTE.holds, live, Owners({})), live.partial, names, made)
    reasons = {change.ref: sight.reason(change) for change in dropping}
    return [_unless(change, reasons.get(change.ref)) for change in found]


def _unless(change: Change, reason: str | None) -> Change:
    return change if reason is None else change.block(reason)


@dataclass(frozen=True, slots=True)
class _Sight:
    """Who has values, which lists are not whole, and the changes that are made, by kind and id."""

    everywhere: Holders
    partial: frozenset[str]
    names: Names
    made: Mapping[Name, Change]

    def reason(self, change: Change) -> str | None:
        """Why a change cannot be made for what it drops; None where it can."""
        labels = ", ".join(f"'{label}'" for label in sorted(dropped_by(change)))
        drops = f"it drops {labels}"
        hidden = unread(ATTRIBUTE.holds, self.partial)
        if hidden:
            return f"{drops}, and the list of {', '.join(hidden)} could not be read whole"
        dropped = set(map(same_label, dropped_by(change)))
        found = [x for x in self.everywhere.of(str(change.id)) if self._keeps(x, change, dropped)]
        if not found:
            return None
        left_on = f"which this plan leaves on {in_words(found)}"
        return "; ".join([f"{drops}, {left_on}", *to_mend(found)])

    def _keeps(self, holder: Holder, change: Change, dropped: Set[str]) -> bool:
        """Whether it has a value that is dropped, and still has it after the plan.

        One that shows no values and has no id may have any.
        """
        if holder.path and dropped.isdisjoint(labels_of(holder, self.names, change.ref)):
            return False
        made = self.made.get(holder.name)
        return made is None or not _rewrites(made, value_path(change.ref.key))


def dropped_by(change: Change) -> tuple[str, ...]:
    """The labels of the options and sub-fields that a change drops."""
    kind = KINDS[change.ref.kind]
    dropped: list[str] = []
    for item in change.fields:
        if kind.field(item.path).type in LABELLED:
            dropped.extend(item.remove)
    return tuple(dropped)


def labels_of(holder: Holder, names: Names, attribute: Ref) -> set[str]:
    """The options or sub-fields of the attribute that a value has, as `same_label` has them."""
    shown = view_value(holder.item.fields[holder.path], names.definition(attribute.key))
    return set(map(same_label, texts(shown)))


def _rewrites(change: Change, path: str) -> bool:
    """The plan writes that value anew, without the option: the catalog has it no more."""
    return change.verb == Verb.DELETE or any(item.path == path for item in change.fields)
