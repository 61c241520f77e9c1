"""An option that a value outside the plan holds is not dropped (contract 2.3, 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.enums import Verb
from reconciler.kinds import ATTRIBUTE, KINDS, LABELLED
from reconciler.model import Change, Live, Ref
from reconciler.normalize import texts
from reconciler.paths import value_path
from reconciler.plan.holders import Holder, Holders, Name, Owners, holders, in_words, to_mend
from reconciler.wire import Names, same_label, view_value


def keep_held(changes: Iterable[Change], live: Live, names: Names) -> list[Change]:
    """The changes; one that drops an option or sub-field still in use, or that an entry which
    nobody could read may use, is blocked."""
    found = list(changes)
    if not any(dropped_by(change) for change in found):
        return found
    made = {(item.ref.kind, str(item.id)): item for item in found if item.blocked is None}
    sight = _Sight(holders(ATTRIBUTE.holds, live, Owners({})), live.partial, names, made)
    for number, change in enumerate(found):
        reason = sight.reason(change) if change.blocked is None else None
        if reason is not None:
            found[number] = change.block(reason)
    return found


@dataclass(frozen=True, slots=True)
class _Sight:
    """Who has values, which lists are not whole, and the changes that are made, by kind and id."""

    everywhere: Holders
    partial: frozenset[str]
    names: Names
    made: Mapping[Name, Change]

    def reason(self, change: Change) -> str | None:
        """Why a change cannot be made for what it drops; None where it can."""
        dropped = dropped_by(change)
        if not dropped:
            return None
        labels = ", ".join(f"'{label}'" for label in sorted(dropped))
        drops = f"it drops {labels}"
        unread = [KINDS[kind].plural for kind, _ in ATTRIBUTE.holds if kind in self.partial]
        if unread:
            lists = ", ".join(sorted(unread))
            return f"{drops}, and the list of {lists} could not be read whole"
        found = [x for x in self.everywhere.of(str(change.id)) if self._keeps(x, change, dropped)]
        if not found:
            return None
        mend = "".join(f"; {words}" for words in to_mend(found))
        return f"{drops}, which this plan leaves on {in_words(found)}{mend}"

    def _keeps(self, holder: Holder, change: Change, dropped: Iterable[str]) -> bool:
        """Whether it has a value that is dropped, and still has it after the plan."""
        if not _holds(holder, dropped, self.names, change.ref):
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


def _holds(holder: Holder, dropped: Iterable[str], names: Names, attribute: Ref) -> bool:
    """One that shows no values and has no id may hold any."""
    if not holder.path:
        return True
    shown = view_value(holder.item.fields[holder.path], names.definition(attribute.key))
    used = set(map(same_label, texts(shown)))
    return not used.isdisjoint(map(same_label, dropped))


def _rewrites(change: Change, path: str) -> bool:
    """The plan writes that value anew, without the option: the catalog has it no more."""
    return change.verb == Verb.DELETE or any(item.path == path for item in change.fields)
