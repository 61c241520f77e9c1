"""What else of the account a change concerns, and when it is seen: for reports alone (8.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from reconciler.enums import Verb
from reconciler.kinds import KINDS, OWN_PLACES, PUBLICATION, PUBLISHED, VARIANT
from reconciler.model import Change, LiveObject, Reach, Value
from reconciler.normalize import boolean, instant, is_empty, spelled
from reconciler.plan.dropped_options import labels_of
from reconciler.plan.holders import Holder, Holders, Name, Owners, distinct, holders
from reconciler.plan.matched import Matched
from reconciler.wire import same_label


def with_reach(changes: Iterable[Change], known: Matched) -> tuple[Change, ...]:
    """The changes of objects that exist, each with what it concerns."""
    sight = _Sight(known)
    return tuple(sight.told(change) for change in changes)


@dataclass
class _Sight:
    """The account, and by kind who holds its objects, looked up once a change asks for it."""

    known: Matched
    _holders: dict[str, Holders] = field(default_factory=dict)

    def told(self, change: Change) -> Change:
        """The change as reports tell it."""
        if change.verb != Verb.PUT or change.blocked is not None:
            return change
        return replace(
            change,
            reach=tuple(self._reach(change)),
            publication=self._publication(change),
        )

    def _publication(self, change: Change) -> Mapping[str, Value]:
        if not any(item.path in PUBLICATION for item in change.fields):
            return {}
        item = self.known.live.of(change.ref.kind)[str(change.id)]
        found: dict[str, Value] = {}
        for name in PUBLICATION:
            value = item.fields.get(name)
            if not is_empty(value):
                found[name] = boolean(value) if name == PUBLISHED else instant(spelled(value))
        return found

    def _reach(self, change: Change) -> Iterator[Reach]:
        kind = KINDS[change.ref.kind]
        if kind.tree and any(item.path == kind.tree for item in change.fields):
            yield from _counted(kind.tree, self._below((kind.name, str(change.id))))
        if kind.defines:
            found = self._of((kind.name, str(change.id)))
            yield from _counted("", [holder.item for holder in distinct(found)])
            yield from self._renamed(change, found)

    def _renamed(self, change: Change, found: list[Holder]) -> Iterator[Reach]:
        """Who holds each option or sub-field that gets another label.

        Values are read by the definition of the catalog: an option has its new label there.
        """
        if not any(part.rename for part in change.fields):
            return
        holding: dict[str, list[Holder]] = {}
        for holder in found:
            for label in labels_of(holder, self.known.names, change.ref):
                holding.setdefault(label, []).append(holder)
        for part in change.fields:
            for old, new in part.rename:
                labels = dict.fromkeys((same_label(old), same_label(new)))
                held = chain.from_iterable(holding.get(label, ()) for label in labels)
                yield from _counted(part.path, [x.item for x in distinct(held)], old)

    def _of(self, name: Name) -> list[Holder]:
        """Who is known to stand in an object, or to have a value of it."""
        kind, id_ = name
        if kind not in self._holders:
            self._holders[kind] = holders(KINDS[kind].holds, self.known.live, Owners({}))
        return list(self._holders[kind].named.get(id_, ()))

    def _below(self, top: Name) -> list[LiveObject]:
        """All that stands in an object, and in what stands in it."""
        found: dict[Name, LiveObject] = {}
        waiting = [top]
        while waiting:
            for holder in self._of(waiting.pop()):
                if holder.name not in found and holder.name != top:
                    found[holder.name] = holder.item
                    waiting.append(holder.name)
        return list(found.values())


def _counted(path: str, items: Iterable[LiveObject], of: str = "") -> Iterator[Reach]:
    counts = Counter(map(sort_of, items))
    if counts:
        yield Reach(path, dict(sorted(counts.items())), of)


def sort_of(item: LiveObject) -> str:
    """Its kind, or `variant` for an object that is told with the one of its kind above it."""
    kind = KINDS[item.kind]
    is_below = any(not is_empty(item.fields.get(name)) for name in OWN_PLACES[kind.name])
    return VARIANT if is_below and not kind.tree else kind.name
