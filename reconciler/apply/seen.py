"""What a run has seen of the account: from the read that the plan rests on, it grows here alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from reconciler.behaviours import BLANK, CLEARS_WITH, Behaviours, shuffled_kinds, value_of
from reconciler.known import who_is_who
from reconciler.model import Live, LiveObject, Plan, Ref
from reconciler.plan.cost import Counts
from reconciler.wire import Manners, Names, inherited_values
from reconciler.wire.inherited import Inherited

ObjectId = tuple[str, str]
"""A kind and an id."""


class Seen:
    """The account as far as this run knows it.

    `planned` is the read that the plan rests on, with the lists that are read once more before
    something may be lost.  `gone` are ids that answered 404, `processing` files that the service
    cannot show yet.  `ids` are the ids of all that exists, what this run has made among it.
    `names` say who is who as of the last `learn_names`, `names_planned` as the plan knew it.
    `manners` are how this account says things, `counts` where the plan saw each object in its list.
    """

    def __init__(self, plan: Plan, live: Live, behaviours: Behaviours) -> None:
        self._planned = live
        self._roots = plan.roots
        self._objects = {kind: dict(items) for kind, items in live.objects.items()}
        self._gone = set(live.gone)
        self._processing = set(live.processing)
        self._ids = dict(plan.ids)
        self._manners = _manners_of(live, plan, behaviours)
        self._names = self.names_planned = self._names_now()
        self.counts = Counts(live, shuffled=shuffled_kinds(behaviours))

    # --- looked at ---

    @property
    def planned(self) -> Live:
        """The read that the plan rests on."""
        return self._planned

    @property
    def objects(self) -> Mapping[str, Mapping[str, LiveObject]]:
        """The objects of each kind that was read, by id, as they were read last."""
        return self._objects

    def of(self, kind: str) -> Mapping[str, LiveObject]:
        """The objects of a kind by id; empty where it was not read."""
        return self._objects.get(kind, {})

    @property
    def gone(self) -> Set[ObjectId]:
        """What answered 404."""
        return self._gone

    @property
    def processing(self) -> Set[ObjectId]:
        """Files that were confirmed and cannot be read yet (contract 2.8)."""
        return self._processing

    def is_processing(self, ref: Ref) -> bool:
        """The service is still processing that object."""
        return (ref.kind, self._ids.get(ref, "")) in self._processing

    @property
    def ids(self) -> Mapping[Ref, str]:
        """The ids of all that exists, what this run has made among it."""
        return self._ids

    @property
    def names(self) -> Names:
        """Who is who, as of the last `learn_names`."""
        return self._names

    @property
    def manners(self) -> Manners:
        """How this account says that a field is empty, the top level and a List's sub-fields."""
        return self._manners

    def live(self) -> Live:
        """The account as this run has left it, as far as it looked."""
        late = frozenset(self._processing)
        return replace(self._planned, objects=self._objects, gone=frozenset(), processing=late)

    def shown_above(self, item: LiveObject) -> Inherited:
        """By attribute id, the values that the categories above an object show by now."""
        return inherited_values(item, self.of("category"), self._names)

    def shown_above_then(self, item: LiveObject) -> Inherited:
        """The same, as those categories were when the plan was made."""
        return inherited_values(item, self._planned.of("category"), self._names)

    # --- grown ---

    def take(self, items: Iterable[LiveObject | None]) -> None:
        """Objects as just read."""
        for item in items:
            if item is not None:
                self._objects.setdefault(item.kind, {})[item.id] = replace(item, raw=None)

    def take_lists(self, live: Live, kinds: Iterable[str]) -> None:
        """Whole lists as just read, and what did not fit together or has no name in them."""
        self._planned = replace(self._planned, nameless=live.nameless, partial=live.partial)
        self._objects.update({kind: dict(live.of(kind)) for kind in kinds})

    def take_out(self, kind: str, id_: str) -> LiveObject | None:
        """An object leaves what is known of its kind; returns it as it was read last."""
        return self._objects.get(kind, {}).pop(id_, None)

    def lose(self, found: Iterable[ObjectId]) -> None:
        """These have answered 404."""
        self._gone.update(found)

    def wait_for(self, ref: Ref, id_: str) -> None:
        """A file that was confirmed and cannot be read yet."""
        self._processing.add((ref.kind, id_))

    def know(self, ids: Mapping[Ref, str]) -> None:
        """The ids of what was just made."""
        self._ids.update(ids)

    def clear_with(self, word: str | None) -> None:
        """What empties a scalar field here: null, or a blank text."""
        self._manners = replace(self._manners, clear=word)

    def learn_names(self) -> None:
        """Who is who, with the ids and the definitions that were seen since."""
        self._names = self._names_now()

    def _names_now(self) -> Names:
        return who_is_who(self._ids, self.live(), roots=self._roots)


def _manners_of(live: Live, plan: Plan, behaviours: Behaviours) -> Manners:
    root = min(plan.roots, default=None)
    blank = "" if "top-blank" in live.hints else None
    return Manners(
        clear="" if value_of(behaviours, CLEARS_WITH) == BLANK else None,
        top=root or blank,
        top_known=root is not None or blank is not None,
        list_wire="fields" if "list-fields" in live.hints else "options",
    )
