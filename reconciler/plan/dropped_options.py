"""An option that a value outside the plan holds is not dropped (contract 2.3, 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

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
    going = {(item.ref.kind, str(item.id)): item for item in found if item.blocked is None}
    everywhere = holders(ATTRIBUTE.holds, live, Owners({}))
    unread = sorted(KINDS[name].plural for name, _ in ATTRIBUTE.holds if name in live.partial)
    return [_judged(change, everywhere, unread, names, going) for change in found]


def _judged(
    change: Change,
    everywhere: Holders,
    unread: list[str],
    names: Names,
    going: Mapping[Name, Change],
) -> Change:
    dropped = dropped_by(change)
    if not dropped or change.blocked:
        return change
    labels = ", ".join(f"'{label}'" for label in sorted(dropped))
    drops = f"it drops {labels}"
    if unread:
        lists = ", ".join(unread)
        return change.block(f"{drops}, and the list of {lists} could not be read whole")
    found = [
        holder
        for holder in everywhere.of(str(change.id))
        if _holds(holder, dropped, names, change.ref)
        and not _rewritten(going.get(holder.name), value_path(change.ref.key))
    ]
    if not found:
        return change
    mend = "".join(f"; {words}" for words in to_mend(found))
    return change.block(f"{drops}, which this plan leaves on {in_words(found)}{mend}")


def dropped_by(change: Change) -> tuple[str, ...]:
    """The labels of the options and sub-fields that a change drops."""
    kind = KINDS[change.ref.kind]
    removed = (item.remove for item in change.fields if kind.field(item.path).type in LABELLED)
    return tuple(chain.from_iterable(removed))


def _holds(holder: Holder, dropped: Iterable[str], names: Names, attribute: Ref) -> bool:
    """One that shows no values and has no id may hold any."""
    if not holder.path:
        return True
    shown = view_value(holder.item.fields[holder.path], names.definition(attribute.key))
    return not {same_label(label) for label in dropped}.isdisjoint(map(same_label, texts(shown)))


def _rewritten(change: Change | None, path: str) -> bool:
    """The plan writes that value anew, without the option: the catalog has it no more."""
    if change is None:
        return False
    return change.verb == Verb.DELETE or any(item.path == path for item in change.fields)
