"""What a broken run left open, settled before anything is planned (contract 2.6).

A run that was killed has left its intents in the state.  What it was about to make is looked
for, whether or not the catalog still wants it: an object found by its natural key, and not older
than the run, is ours, of several the earliest; a field or an element found as intended counts as
applied.  Lists lag, so creates that are not found are looked for again until the grace time is
over, counted from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from reconciler.apply.emptied import KEPT
from reconciler.apply.entries import drifted_too, order_not_asked
from reconciler.apply.recent import is_heeded, is_worth_while, read_recent, with_recent
from reconciler.apply.tools import Tools
from reconciler.diff import comparison
from reconciler.enums import CREATES, Action, Verb
from reconciler.kinds import CONTENT, KINDS, Field, Kind, Type
from reconciler.live import read_kind, reconfirmed, with_listing
from reconciler.model import Applied, Change, Entry, Live, LiveObject, Ref, State, Value
from reconciler.normalize import alike, loosened, spelled, texts
from reconciler.ordering import RANK
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.plan.duplicates import by_age, is_young, recognised, telling
from reconciler.plan.undeletable import replaced
from reconciler.state import Intent, Run, Store
from reconciler.statetext import compact
from reconciler.wire import Names, definition_of, stored, type_of, view

# --- before: what a run is about to do ----------------------------------------------------------


def intent_of(change: Change, tokens: Callable[[str, str], str]) -> Intent:
    """What a change is about to make of its object, in the catalog's keys.

    `tokens` gives the word for a reference of a kind: its key, or `id:` and the id of an object
    that the state does not hold.  Long texts are kept as digests.
    """
    kind = KINDS[change.ref.kind]
    fields: Mapping[str, Value] = change.sent
    if change.verb != Verb.POST:
        # What the catalog no longer has is cleared.  What needs no write of its own, since another
        # one of the run makes it so (an option renamed), is meant all the same.
        cleared = {item.path: None for item in change.fields if item.path not in change.sent}
        fields = {**cleared, **change.sent}
    natural = {}
    for path, value in fields.items():
        word, named = _named(kind, path, value, tokens)
        natural[word] = compact(named)
    return Intent(change.action, change.ref, change.id, natural)


def _named(
    kind: Kind, path: str, value: Value, tokens: Callable[[str, str], str]
) -> tuple[str, Value]:
    if is_value(path):
        return value_path(tokens("attribute", attribute_of(path))), value
    item = kind.field(path)
    if item.type is Type.REFERENCE and value is not None:
        return path, tokens(item.to, str(value))
    if item.type is Type.REFERENCES:
        return path, tuple(tokens(item.to, key) for key in texts(value))
    return path, value


# --- the next run -------------------------------------------------------------------------------


def settle(tools: Tools, runs: Sequence[Run], live: Live, state: State) -> tuple[Settled, Live]:
    """Settle broken runs, looking for what is open until the grace time is over.

    Returns the state, not saved yet, and the account with the lists that were read again.
    """
    deadline, pause = tools.clock() + tools.grace, 0.5
    found = settled(runs, live, state, tools.now())
    while found.open and (left := deadline - tools.clock()) > 0:
        tools.sleep(min(pause, left))
        pause = min(pause * 2, 2.0)
        live = _again(tools, live, found, found.kinds, min(run.started for run in runs))
        found = settled(runs, live, state, tools.now())
    if found.open and tools.grace:
        # Everything: what the broken run has recorded as done may lag in its list too, and stand
        # in the way of what it has left to do.
        live = _again(tools, live, found, tuple(live.objects))
        found = settled(runs, live, state, tools.now())
    return found, live


def _again(
    tools: Tools,
    live: Live,
    found: Settled,
    kinds: Sequence[str],
    since: float | None = None,
) -> Live:
    """These lists once more; `since` when what is looked for was made, where that may do."""
    behaviours = found.state.behaviours
    for kind in map(KINDS.__getitem__, kinds):
        recent = None
        if since is not None and is_heeded(behaviours, kind) and is_worth_while(live, kind):
            recent = read_recent(tools.session, kind, since)
        if recent is not None:
            live = with_recent(live, kind, recent)
        else:
            live = with_listing(live, kind, read_kind(tools.session, kind))
    live, _ = reconfirmed(tools.session, live, found.state.entries, kinds, tools.now())
    return live


def close(store: Store, runs: Sequence[Run], found: Settled) -> None:
    """Keep what was settled, and then only forget what was open: a kill in between does no harm."""
    words = f"settled {len(runs)} broken runs: {found.found} creates found"
    store.save(found.state, words=words)
    for run in runs:
        store.close_run(run.id, converged=False, words=words)


# --- after: what came of it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settled:
    """The state with what was found, and what is still looked for.

    `open` are intents of which the account does not show that they were carried out; `found`
    counts the creates that were found; `kinds` are those of which a new list may bring more.
    """

    state: State
    open: tuple[Intent, ...] = ()
    found: int = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of what is open, in the order of references."""
        present = {item.ref.kind for item in self.open}
        return tuple(sorted(present, key=RANK.__getitem__))


def settled(runs: Sequence[Run], live: Live, state: State, now: float) -> Settled:
    """Settle the intents of broken runs against the account as it was read.

    `now` is in seconds since 1970.
    """
    search = _Search(live, state, now)
    left = tuple(chain.from_iterable(map(search.settle, runs)))
    creates = {intent.ref for intent in left if intent.action in CREATES}
    doubtful = {**state.doubtful, **dict.fromkeys(sorted(creates | search.doubtful), now)}
    return Settled(replace(state, entries=search.entries, doubtful=doubtful), left, search.found)


@dataclass
class _Search:
    """What is known while intents are settled one after the other, containers first."""

    live: Live
    state: State
    now: float
    found: int = 0

    def __post_init__(self) -> None:
        self.entries = dict(self.state.entries)
        self.owners = {(ref.kind, entry.id): ref for ref, entry in self.entries.items()}
        self.titles = _by_title(self.live)
        attributes = self.live.of("attribute").items()
        self.definitions = {id_: definition_of(item) for id_, item in attributes}
        self.keys: dict[str, dict[str, str]] = {}
        self.ids: dict[Ref, str] = {}
        self.doubtful: set[Ref] = set()
        for ref, entry in self.entries.items():
            self._know(ref, entry.id)

    def _know(self, ref: Ref, id_: str) -> None:
        self.keys.setdefault(ref.kind, {})[id_] = ref.key
        self.ids[ref] = id_

    @property
    def names(self) -> Names:
        """Who is who by now."""
        return Names(self.keys, self.ids, self.live.regions, self.definitions)

    def settle(self, run: Run) -> list[Intent]:
        """All intents of a run; returns those that are still open.

        What one depends on may come after it, so as long as something is found all are tried
        again.
        """
        self._carry_moves(run)
        ours = (item for item in run.intents if item.action not in KEPT)
        left = sorted(ours, key=_place)
        while True:
            before = len(left)
            left = [intent for intent in left if not self._settle(intent, run.started)]
            if len(left) in (0, before):
                return left

    def _carry_moves(self, run: Run) -> None:
        """Entries under the keys that the run moved them to, where it could not save that."""
        moved = {}
        for intent in run.intents:
            owner = self.owners.get((intent.ref.kind, str(intent.id)))
            if intent.action == Action.MOVE and owner is not None:
                moved[owner] = intent.ref
        taken = {target: self.entries.pop(source) for source, target in moved.items()}
        for ref, entry in taken.items():
            self._hold(replace(entry, ref=ref))

    def _hold(self, entry: Entry) -> None:
        """Its object is ours, under the key that the entry has."""
        self.entries[entry.ref] = entry
        self.owners[entry.ref.kind, entry.id] = entry.ref
        self._know(entry.ref, entry.id)

    def _settle(self, intent: Intent, started: float) -> bool:
        """One intent: whether the account shows that it was carried out."""
        item = self._object(intent, started)
        if intent.action == Action.DELETE:
            if item is None:
                self.entries.pop(intent.ref, None)
            return item is None
        if item is None:
            # Gone: whoever deleted it, there is nothing to settle.
            return not _makes(intent) or self._waits(intent)
        whole = self._take(intent, item)
        return whole or _makes(intent)

    def _object(self, intent: Intent, started: float) -> LiveObject | None:
        item = self._recorded(intent)
        if item is not None or not _makes(intent) or self._waits(intent):
            return item
        found = by_age(one for one in self._candidates(intent) if is_young(one, started))
        if len(found) > 1:
            self.doubtful.add(intent.ref)
        return found[0] if found else None

    def _recorded(self, intent: Intent) -> LiveObject | None:
        """The object that the state or the intent names."""
        live, entry = self.live.of(intent.ref.kind), self.entries.get(intent.ref)
        known = entry.id if entry is not None else ""
        if not _uploads(intent):
            return live.get(intent.id or known)
        # An upload makes a new object in place of the one that the intent names.
        return live.get(known) if known != intent.id else None

    def _waits(self, intent: Intent) -> bool:
        """The file that the intent made is known, and the service is still processing it."""
        entry = self.entries.get(intent.ref)
        return entry is not None and (entry.ref.kind, entry.id) in self.live.processing

    def _candidates(self, intent: Intent) -> Iterator[LiveObject]:
        kind, names = KINDS[intent.ref.kind], self.names
        title = loosened(spelled(intent.natural.get(kind.title) or ""))
        for item in self.titles.get((kind.name, title), ()):
            free = (item.kind, item.id) not in self.owners
            if free and recognised(kind, intent.natural, view(kind, item.fields, names)):
                yield item

    def _take(self, intent: Intent, item: LiveObject) -> bool:
        """Remember an object as far as it is as intended; whether it is so as a whole."""
        entry = self.entries.get(intent.ref)
        known = entry if entry is not None and entry.id == item.id else None
        applied = dict(known.applied) if known is not None else {}
        found = list(_as_intended(intent, item, self.names, applied))
        applied.update({part.id_path: part.applied for part in found})
        applied.update(_given_regions(intent, item))
        if _uploads(intent) and intent.id not in (None, item.id):
            self._leave_behind(intent, str(intent.id))
        protected = entry is not None and entry.prevent_destroy
        self._hold(Entry(intent.ref, item.id, applied, protected, self.now))
        self.found += known is None
        return {part.path for part in found if part.whole} == intent.natural.keys()

    def _leave_behind(self, intent: Intent, id_: str) -> None:
        """What an upload took the place of goes on under a key of its own."""
        old, entry = replaced(intent.ref, id_), self.entries.get(intent.ref)
        if entry is None or entry.id != id_:
            entry = self.entries.get(old) or Entry(old, id_)
        self.entries[old] = replace(entry, ref=old)


def _place(intent: Intent) -> tuple[int, int]:
    """Containers first, and of a kind first what says most of its natural key."""
    return RANK[intent.ref.kind], -telling(KINDS[intent.ref.kind], intent.natural)


def _uploads(intent: Intent) -> bool:
    return CONTENT in intent.natural


def _makes(intent: Intent) -> bool:
    """The intent creates an object, so an unrecorded one may exist."""
    return intent.action in CREATES or _uploads(intent)


def _by_title(live: Live) -> dict[tuple[str, str], list[LiveObject]]:
    found: dict[tuple[str, str], list[LiveObject]] = {}
    for kind, items in live.objects.items():
        for item in items.values():
            title = loosened(spelled(item.fields.get(KINDS[kind].title) or ""))
            found.setdefault((kind, title), []).append(item)
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """A field that is as a run meant it, or as far as it is so.

    `path` is in the catalog's keys; `whole` says that nothing of it is missing.
    """

    path: str
    whole: bool
    id_path: str
    applied: Applied


def _as_intended(
    intent: Intent, item: LiveObject, names: Names, known: Mapping[str, Applied]
) -> Iterator[_Part]:
    """Fields that are as the run meant them, and elements of sets that are there."""
    kind = KINDS[item.kind]
    shown = view(kind, item.fields, names)
    for path, value in intent.natural.items():
        field, now, sent, whole = kind.field(path), shown.get(path), value, True
        if field.is_set:
            sent = _elements(kind, path, texts(value), texts(now), known.get(path), names)
            whole = _is_whole(field, value, now, sent)
        elif not alike(value, now, type_of(kind, path, names)):
            continue
        try:
            id_path, id_value = stored(kind, path, sent, names)
        except KeyError:
            continue
        fresh, before = Applied(id_value, item.fields.get(id_path), True), known.get(id_path)
        if field.type is Type.OPTIONS:
            fresh = order_not_asked(fresh, before)
        if field.is_set:
            fresh = drifted_too(fresh, before)
        yield _Part(path, whole, id_path, fresh)


def _is_whole(field: Field, meant: Value, live: Value, sent: Sequence[str]) -> bool:
    """All elements that were meant are there, and no other one counts as sent."""
    same = comparison(field)
    wanted = set(map(same, texts(meant)))
    return set(map(same, sent)) == wanted and wanted <= set(map(same, texts(live)))


def _elements(
    kind: Kind,
    path: str,
    wanted: Sequence[str],
    live: Sequence[str],
    known: Applied | None,
    names: Names,
) -> tuple[str, ...]:
    """What counts as sent of a set: what is there as meant, and what we sent before.

    But not what the run meant to take out and is gone, nor what was sent and nobody saw yet.
    """
    same = comparison(kind.field(path))
    before = texts(view(kind, {path: known.sent}, names).get(path)) if known else ()
    present = set(map(same, live))
    stays = {*present, *(map(same, wanted) if known and known.seen else ())}
    kept = [text for text in before if same(text) in stays]
    found = [*kept, *(text for text in wanted if same(text) in present)]
    return tuple({same(text): text for text in found}.values())


def _given_regions(intent: Intent, item: LiveObject) -> dict[str, Applied]:
    """Regions that the server gave at our create count as applied (contract 2.3)."""
    given = item.fields.get("regions")
    if not given or not _makes(intent) or "regions" in intent.natural:
        return {}
    return {"regions": Applied(given, given, True)}
