"""Values that go back as an object's own though a category above shows them (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.behaviours import INHERITS, Behaviours, of, value_of
from reconciler.enums import Verb
from reconciler.model import Change, Entry, Live, LiveObject, Ref
from reconciler.paths import is_value, value_path
from reconciler.wire import Names, inherited_values, is_handed_down


def alike(
    changes: Iterable[Change],
    entries: Mapping[Ref, Entry],
    live: Live,
    names: Names,
    behaviours: Behaviours,
) -> Iterator[str]:
    """A note that counts them, while nobody has seen whether the account inherits.

    `entries` are those of the state: a value of ours was set on the object itself.
    """
    number = 0
    for change in changes:
        if _is_unknown(change.ref.kind, behaviours) and _sends_values(change):
            item = live.of(change.ref.kind)[str(change.id)]
            entry = entries.get(change.ref)
            number += len(list(_alike(item, change, entry, live, names)))
    if number == 1:
        yield "1 value equal to its category's goes back as the product's own"
    elif number:
        yield f"{number:,} values equal to their category's go back as the products' own"


def _is_unknown(kind: str, behaviours: Behaviours) -> bool:
    return value_of(behaviours, of(INHERITS, kind)) is None


def _sends_values(change: Change) -> bool:
    if change.verb != Verb.PUT or change.blocked is not None:
        return False
    return any(is_value(part.path) for part in change.fields)


def _alike(
    item: LiveObject, change: Change, entry: Entry | None, live: Live, names: Names
) -> Iterator[str]:
    known = entry.applied if entry is not None else {}
    written = {part.path for part in change.fields} | change.sent.keys()
    shown = inherited_values(item, live.of("category"), names)
    for id_ in shown:
        path = value_path(id_)
        if path in known or value_path(names.token("attribute", id_)) in written:
            continue
        if is_handed_down(id_, item.fields.get(path), names, shown):
            yield id_
