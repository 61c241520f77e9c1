"""What one run of apply holds: its tools, and what it knows while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reconciler.api import Session
from reconciler.apply.entries import after_change, after_confirm
from reconciler.apply.proof import Above, Inherited
from reconciler.apply.sorts import Sorts
from reconciler.behaviours import (
    BLANK,
    CLEARS_WITH,
    INHERITS,
    YES,
    Behaviours,
    noticed,
    of,
    value_of,
)
from reconciler.enums import Status
from reconciler.errors import ApiError, StatusError, Unreachable
from reconciler.model import GRACE, Change, Entry, Live, LiveObject, Outcome, Plan, Ref, State
from reconciler.state import Recorded, Store
from reconciler.wire import VALUE, Definition, Manners, Names, definition_of, inherited_values

DAY = 86_400.0
"""Seconds for which a create that may have been taken twice is remembered."""

UNREACHABLE = "the API could not be reached any more"

PLAN_AGAIN = "run `pxm plan` and look again"
APPLY_AGAIN = "run `pxm apply` again: it looks at it first"

Progress = Callable[[int, int], None]
"""Called with changes done so far and changes in all."""


def _silent(_: int, __: int) -> None:
    return None


Transfer = Callable[[str, int, int], None]
"""Called from any thread with a file's name, bytes sent so far and bytes in all."""


def _still(_: str, __: int, ___: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run works with.

    `clock` is monotonic, `now` is seconds since 1970, `grace` seconds; all injected.
    """

    session: Session
    store: Store
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    progress: Progress = _silent
    transfer: Transfer = _still
    grace: float = GRACE


@dataclass
class Work:
    """A run that goes on.

    `outcomes` of the changes that are through with; `sorts` what is known to work by now;
    `halted` why nothing at all is sent any more; `causes` counts requests beyond the predicted
    ones.  `gone` are ids that answered 404.  `doubts` counts creates in
    doubt in a row, `doubtful` are those that may have been taken twice, and when (seconds since
    1970).  `unproved` are entries of what was sent and not yet read back; `started` is when the
    run began, by the server's clock.
    `again` are those that are tried once more after a name was given up, and their refusals.
    `names_then` are the names as the plan knew them.
    `behaviours` are what the account was seen to do by now, `notes` what the report shall say.
    """

    plan: Plan
    live: Live
    state: State
    tools: Tools
    outcomes: dict[Ref, Outcome] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    gone: set[tuple[str, str]] = field(default_factory=set)
    halted: str = ""
    doubts: int = 0
    doubtful: dict[Ref, float] = field(default_factory=dict)
    unproved: dict[Ref, Entry] = field(default_factory=dict)
    started: float = 0.0
    again: dict[Ref, StatusError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.objects: dict[str, dict[str, LiveObject]] = {
            kind: dict(items) for kind, items in self.live.objects.items()
        }
        self.entries = {ref: self._read(entry) for ref, entry in self.state.entries.items()}
        self.processing = set(self.live.processing)
        self.sorts = Sorts(self.state.refused)
        self.behaviours: Behaviours = dict(self.state.behaviours)
        self.notes: list[str] = []
        self.ids = dict(self.plan.ids)
        self.changes = {change.ref: change for change in self.plan.changes}
        self.manners = manners_of(self.live, self.plan, self.behaviours)
        self.gone |= self.live.gone
        self.names = self.names_then = self.names_now()

    @property
    def session(self) -> Session:
        """The session on the account."""
        return self.tools.session

    def _read(self, entry: Entry) -> Entry:
        """A file's first answer ends that it counts as processing (contract 2.8)."""
        there = entry.processing and entry.id in self.live.of(entry.ref.kind)
        return replace(entry, processing=0.0) if there else entry

    def names_now(self) -> Names:
        """Who is who, with the ids that this run has made so far."""
        keys: dict[str, dict[str, str]] = {}
        for ref, id_ in self.ids.items():
            keys.setdefault(ref.kind, {})[id_] = ref.key
        definitions: dict[str, Definition] = {
            id_: definition_of(item) for id_, item in self.objects.get("attribute", {}).items()
        }
        return Names(keys, self.ids, self.live.regions, definitions, self.plan.roots)

    def live_now(self) -> Live:
        """The account as this run has left it, as far as it looked."""
        late = frozenset(self.processing)
        return replace(self.live, objects=self.objects, gone=frozenset(), processing=late)

    def state_now(self) -> State:
        """The state as it is to be kept."""
        return replace(
            self.state,
            account=self.state.account or self.plan.account,
            entries={**self.entries, **self.unproved},
            moved=self.plan.moved,
            near=self._near_now(),
            doubtful=self._doubtful_now(),
            behaviours=self.behaviours,
            refused=self._refused_now(),
        )

    def _near_now(self) -> dict[Ref, tuple[str, ...]]:
        """Near matches that nobody has settled yet: what is managed now, has been."""
        known = {**self.state.near, **self.plan.near}
        return {ref: ids for ref, ids in known.items() if ref not in self.entries}

    def notice(self, name: str, value: str) -> None:
        """The account was seen to behave so: kept durably, with the day (contract 10)."""
        day = datetime.fromtimestamp(self.tools.now(), UTC).strftime("%Y-%m-%d")
        found, note = noticed(self.behaviours, name, value, day)
        if found == self.behaviours:
            return
        self.behaviours = found
        if note:
            self.notes.append(note)
        self.tools.store.save(self.state_now())

    def _doubtful_now(self) -> dict[Ref, float]:
        """A second object that turns up within a day is reported (contract 2.6)."""
        known = {**self.state.doubtful, **self.doubtful}
        return {ref: at for ref, at in known.items() if self.tools.now() - at < DAY}

    def _refused_now(self) -> frozenset[Ref]:
        """What was refused and is still to be made: it comes last in the next run (2.4)."""
        whole = not self.plan.targets and not (self.plan.review and self.plan.review.not_permitted)
        refused = self.sorts.refused
        return frozenset(refused & self.changes.keys() if whole else refused)

    def inherits(self, kind: str) -> str | None:
        """Whether objects of a kind were seen to show values of the categories above them."""
        return value_of(self.behaviours, of(INHERITS, kind))

    def above(self, change: Change, was: LiveObject | None, item: LiveObject) -> Above:
        """What the categories above an object show by now, for its proof."""
        before = self.inherited(was) if was is not None else {}
        ours, kind = self._ours(change), change.ref.kind
        return Above(before, self.inherited(item), ours, self.inherits(kind))

    def inherited(self, item: LiveObject) -> Inherited:
        """By attribute id, the values that the categories above an object show by now."""
        return _shown_above(item, self.objects.get("category", {}), self.names)

    def _ours(self, change: Change) -> frozenset[str]:
        """The attributes of which an object has a value of ours, set on the object itself."""
        entry = self.entries.get(change.ref)
        ours = {path[len(VALUE) :] for path in (entry.applied if entry else ())}
        ours |= {
            self.names.id("attribute", path[len(VALUE) :])
            for path in change.sent
            if path.startswith(VALUE)
        }
        return frozenset(ours)

    def not_sent(self, change: Change, item: LiveObject) -> Inherited:
        """Values that are not sent back: on an account that was seen to inherit, those that are
        not ours and that a category above shows (contract 2.3)."""
        if self.inherits(change.ref.kind) != YES:
            return {}
        ours = self._ours(change)
        return {id_: forms for id_, forms in self.inherited(item).items() if id_ not in ours}

    def shown_since(self, item: LiveObject) -> Inherited:
        """Values that an object may show by now without anybody having set them there.

        While it is unknown whether the account inherits: what this very run has put above it.
        """
        inherits, now = self.inherits(item.kind), self.inherited(item)
        if inherits is not None:
            return now if inherits == YES else {}
        then = _shown_above(item, self.live.of("category"), self.names)
        return {id_: forms - then.get(id_, frozenset()) for id_, forms in now.items()}

    def take(self, items: Iterable[LiveObject | None]) -> None:
        """Objects as just read."""
        for item in items:
            if item is not None:
                self.objects.setdefault(item.kind, {})[item.id] = replace(item, raw=None)

    def remember(self, change: Change, item: LiveObject, unstuck: Iterable[str] = ()) -> Entry:
        """The state's entry of a change that was made and read back as `item`."""
        planned = self.live.of(change.ref.kind).get(item.id)
        known = self.entries.get(change.ref)
        entry = after_change(change, known, item, planned, self.names, unstuck, self.tools.now())
        self.entries[change.ref] = entry
        return entry

    def check_state(self) -> None:
        """When the state cannot be saved, nothing more is sent (contract 5)."""
        failure = self.tools.store.failure
        if failure is not None:
            raise failure

    def record(self, ref: Ref, entry: Entry | None, *, done: bool = True) -> None:
        """Keep what came of one operation, durably; without `done` its intent stays open."""
        self.record_all([Recorded(ref, entry, done)])

    def record_all(self, changes: Sequence[Recorded]) -> None:
        """The same of several objects, in one transaction."""
        for item in changes:
            if item.done or item.entry is None:
                self.unproved.pop(item.ref, None)
            else:
                self.unproved[item.ref] = item.entry
        self.tools.store.record(changes)

    def cause(self, name: str, number: int = 1) -> None:
        """Book requests that the plan did not count."""
        if number:
            self.causes[name] = self.causes.get(name, 0) + number

    @property
    def left(self) -> list[Change]:
        """The changes that are to be made and not through yet."""
        changes = self.changes.values()
        return [x for x in changes if x.ref not in self.outcomes and x.blocked is None]

    @property
    def made_changes(self) -> list[Change]:
        """The changes that are done."""
        return [x.change for x in self.outcomes.values() if x.status == Status.DONE]

    def made(self, ref: Ref) -> bool:
        """The change of that object is done."""
        outcome = self.outcomes.get(ref)
        return outcome is not None and outcome.status == Status.DONE

    def book(
        self, change: Change, status: Status, words: str, hint: str = "", id_: str | None = None
    ) -> None:
        """Book what became of a change."""
        self.outcomes[change.ref] = Outcome(change, status, id_ or change.id, words, hint)

    def still_processing(self, change: Change, id_: str) -> None:
        """A file that was confirmed and cannot be read yet: it was made, and its links wait.

        That stops nothing, and says nothing against its sort (contract 2.8).
        """
        entry = after_confirm(change, id_, self.names, self.tools.now())
        self.entries[change.ref] = entry
        self.record(change.ref, entry)
        self.processing.add((change.ref.kind, id_))
        self.book(change, Status.DONE, "", "", id_)
        self.sorts.took(change)
        self.notes.append(
            f"{change.ref}: the file was uploaded and cannot be read yet: what the service has to "
            "process first is linked by a later `pxm apply`"
        )

    def is_processing(self, ref: Ref) -> bool:
        """The service is still processing that object."""
        return (ref.kind, self.ids.get(ref, "")) in self.processing

    def skip(self, change: Change, words: str, hint: str = "") -> None:
        """Book a change that is not attempted."""
        self.book(change, Status.NOT_ATTEMPTED, words, hint)

    def unproved_write(self, change: Change, error: ApiError, id_: str) -> None:
        """Book a write that could not be proved: its own outcome, never the run's (2.8)."""
        if isinstance(error, Unreachable):
            self.halted = UNREACHABLE
        words = f"it was written, and could not be proved: {error.message}"
        self.fail(change, words, error.hint or APPLY_AGAIN, id_)

    def fail(self, change: Change, words: str, hint: str = "", id_: str | None = None) -> None:
        """Book a failure; that of the first of its sort stops the sort (contract 2.4)."""
        self.book(change, Status.FAILED, words, hint, id_)
        self.sorts.surprise(change, words)


def _shown_above(item: LiveObject, categories: Mapping[str, LiveObject], names: Names) -> Inherited:
    if item.kind == "category":
        categories = {id_: other for id_, other in categories.items() if id_ != item.id}
    return inherited_values(item, categories, names)


def looks(tools: Tools) -> Iterator[None]:
    """The moments at which to look for something that a service may show late: at once, then ever
    more seldom, and last when the grace time is over (contract 2.6)."""
    deadline, pause = tools.clock() + tools.grace, 0.25
    while True:
        yield
        left = deadline - tools.clock()
        if left <= 0:
            return
        tools.sleep(min(pause, left))
        pause = min(pause * 2, 2.0)


def manners_of(live: Live, plan: Plan, behaviours: Behaviours) -> Manners:
    """How this account says that a field is empty, the top level and a List's sub-fields."""
    root = min(plan.roots, default=None)
    blank = "" if "top-blank" in live.hints else None
    return Manners(
        clear="" if value_of(behaviours, CLEARS_WITH) == BLANK else None,
        top=root or blank,
        top_known=root is not None or blank is not None,
        list_wire="fields" if "list-fields" in live.hints else "options",
    )


def owners(work: Work) -> Mapping[tuple[str, str], Ref]:
    """Managed objects by kind and id, as they are now."""
    return {(ref.kind, id_): ref for ref, id_ in work.ids.items() if ref in work.entries}
