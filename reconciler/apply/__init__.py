"""plan → outcomes: the only module that writes to the API.

It carries out the batches of a plan and nothing else.  Each batch is read just before, written
side by side, read just after, and recorded in the state; the first change of each sort goes
alone and a surprise stops its sort (contract 2.4, 2.8, 7.5).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.api import Session, quote_id
from reconciler.api.answers import created_id, write_failed
from reconciler.apply.entries import after_change, after_settle
from reconciler.apply.proof import Proof, prove, written
from reconciler.errors import ApiError, InDoubt, NotFound, StatusError, Unreachable
from reconciler.kinds import KINDS, Kind
from reconciler.live import read_batch, read_kind, read_one, with_listing, with_mirrored
from reconciler.model import (
    Batch,
    Change,
    Entry,
    FieldChange,
    Live,
    LiveObject,
    Outcome,
    Plan,
    Ref,
    Settle,
    State,
)
from reconciler.normalize import alike, is_empty
from reconciler.plan.deletes import owners_of, refuse
from reconciler.state import Intent, Recorded, Run, Store
from reconciler.wire import (
    Definition,
    Manners,
    Names,
    create_body,
    definition_of,
    inherited_values,
    update_body,
    view,
)

OLD = 10.0
"""Seconds after which a read before a write is made again (contract 7.5)."""

GRACE = 10.0
"""Seconds for which a create without an id is looked for: lists lag (contract 2.6)."""

Progress = Callable[[int, int], None]
"""Called with changes done so far and changes in all."""


def _silent(_: int, __: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a plan: outcomes in its order, the account and the state as they are now."""

    outcomes: tuple[Outcome, ...]
    live: Live
    state: State
    sent: int
    causes: Mapping[str, int]


@dataclass
class Applier:
    """One run of apply.  `clock` is monotonic, `now` seconds since 1970, both injected."""

    plan: Plan
    live: Live
    state: State
    session: Session
    store: Store
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    progress: Progress = _silent
    grace: float = GRACE
    outcomes: dict[Ref, Outcome] = field(default_factory=dict)
    stopped: dict[tuple[str, str], str] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    unreachable: str = ""

    def __post_init__(self) -> None:
        self.objects: dict[str, dict[str, LiveObject]] = {
            kind: dict(items) for kind, items in self.live.objects.items()
        }
        self.entries = dict(self.state.entries)
        self.ids = dict(self.plan.ids)
        self.changes = {change.ref: change for change in self.plan.changes}
        self.manners = manners_of(self.live, self.plan)
        self.names = self._names()

    # --- the run ---

    def run(self, run_id: str, holder: str) -> Result:
        """Carry out the plan.  Errors of single changes become outcomes; others are raised."""
        start = self.session.sent
        self.store.begin(Run(run_id, holder, self.now(), tuple(map(_intent, self.plan.active))))
        self._settle_state()
        for batch in self.plan.batches:
            self._batch(batch)
            self.progress(len(self.outcomes), len(self.changes))
        self._blocked()
        outcomes = tuple(self.outcomes[ref] for ref in self.changes)
        clean = all(item.status == "done" and not item.unstuck for item in outcomes)
        self.store.close_run(run_id, converged=clean)
        return Result(
            outcomes, self._live(), self._state(), self.session.sent - start, dict(self.causes)
        )

    def _live(self) -> Live:
        return replace(self.live, objects=self.objects, gone=frozenset())

    def _state(self) -> State:
        return replace(
            self.state,
            account=self.state.account or self.plan.account,
            entries=self.entries,
            moved=self.plan.moved,
            near={**self.state.near, **self.plan.near},
        )

    def _names(self) -> Names:
        keys: dict[str, dict[str, str]] = {}
        for ref, id_ in self.ids.items():
            keys.setdefault(ref.kind, {})[id_] = ref.key
        definitions: dict[str, Definition] = {
            id_: definition_of(item) for id_, item in self.objects.get("attribute", {}).items()
        }
        return Names(keys, self.ids, self.live.regions, definitions, self.plan.roots)

    # --- the state alone ---

    def _settle_state(self) -> None:
        """Everything that takes no request: who the account is, moves, adoptions, notes."""
        for settle in self.plan.settles:
            self._settle(settle)
        moves = [item for item in self.plan.active if item.source and item.action != "delete"]
        sources = {Ref(item.ref.kind, str(item.source).partition("/")[2]): item for item in moves}
        taken = {source: self.entries.pop(source) for source in sources if source in self.entries}
        for source, change in sources.items():
            if source in taken:
                self.entries[change.ref] = replace(taken[source], ref=change.ref)
        for change in self.plan.active:
            if change.verb is None:
                self._remember(change, self.objects[change.ref.kind][str(change.id)], ())
                self.outcomes[change.ref] = Outcome(change, "done", change.id)
        self.store.save(self._state())

    def _settle(self, settle: Settle) -> None:
        entry = self.entries.get(settle.ref)
        if settle.drop:
            self.entries.pop(settle.ref, None)
            return
        item = self.objects[settle.ref.kind].get(settle.id)
        self.entries[settle.ref] = after_settle(settle, entry, item, self.names)

    def _remember(self, change: Change, item: LiveObject, unstuck: Iterable[str]) -> Entry:
        planned = self.live.of(change.ref.kind).get(item.id)
        entry = self.entries.get(change.ref)
        entry = after_change(change, entry, item, planned, self.names, unstuck, self.now())
        self.entries[change.ref] = entry
        return entry

    # --- one batch ---

    def _batch(self, batch: Batch) -> None:
        if batch.verb == "DELETE" and not self._may_delete(batch):
            return
        todo = [change for ref in batch.refs if (change := self._attempted(ref)) is not None]
        if not todo:
            return
        self.session.wait_for_room(batch.requests)
        before = {} if batch.verb == "POST" else self._read_before(batch, todo)
        todo = [change for change in todo if change.ref not in self.outcomes]
        mark = self._mark()
        calls = [self._call(batch, change, before, mark) for change in todo]
        results = self.session.each(calls)
        made = {
            change.ref: (change, result)
            for change, result in zip(todo, results, strict=True)
            if not self._failed(change, result)
        }
        self._after(batch, made, before)

    def _attempted(self, ref: Ref) -> Change | None:
        """The change, unless something that it needs was not made."""
        change = self.changes[ref]
        if ref in self.outcomes:
            return None
        needs = next((item for item in change.depends_on if not self._made(item)), None)
        reason = self.stopped.get((ref.kind, change.sort)) or self.unreachable
        if needs is not None:
            reason = f"it depends on {needs}, which was not made"
        if reason:
            self.outcomes[ref] = Outcome(change, "not_attempted", change.id, reason)
            return None
        return change

    def _made(self, ref: Ref) -> bool:
        outcome = self.outcomes.get(ref)
        return outcome is not None and outcome.status == "done"

    def _mark(self) -> tuple[float, int]:
        return self.clock(), self.session.throttled

    def _read_before(self, batch: Batch, todo: Sequence[Change]) -> dict[Ref, LiveObject]:
        """The objects as they are now; what the answer lacks is asked for by id."""
        found = self._read(batch, [str(change.id) for change in todo])
        before = {}
        for change in todo:
            item = found.get(str(change.id))
            if item is not None:
                before[change.ref] = item
            elif change.verb != "DELETE":
                words = "it is gone: somebody deleted it since the plan"
                self.outcomes[change.ref] = Outcome(change, "failed", change.id, words, PLAN_AGAIN)
        return before

    def _read(self, batch: Batch, ids: Sequence[str]) -> dict[str, LiveObject | None]:
        kind = KINDS[batch.kind]
        if batch.first:
            return {id_: read_one(self.session, kind.name, id_, keep_raw=True) for id_ in ids}
        # As the plan counted: what this batch has just made is in the list too.
        known = self.objects.get(kind.name, {})
        made = 0 if batch.verb != "POST" else sum(id_ not in known for id_ in ids)
        count = len(known) + made
        found = dict(read_batch(self.session, self.live, kind, ids, count))
        return {id_: found.get((kind.name, id_)) for id_ in ids}

    def _call(
        self,
        batch: Batch,
        change: Change,
        before: Mapping[Ref, LiveObject],
        mark: tuple[float, int],
    ) -> Callable[[], str | None]:
        """The write of one change; it answers the object's id, None where the API did not say."""
        kind = KINDS[batch.kind]
        if batch.verb == "POST":
            return lambda: self._post(kind, change)
        if batch.verb == "PUT":
            return lambda: self._put(kind, change, before[change.ref], mark)
        return lambda: self._delete(kind, change)

    def _post(self, kind: Kind, change: Change) -> str | None:
        body = create_body(kind, change.sent, self.names, self.manners)
        answer = self.session.post(f"/v2.1/{kind.path}", body)
        _check(answer)
        id_ = created_id(answer, (kind.name, *kind.lists))
        if id_ is not None:
            self.store.record([Recorded(change.ref, Entry(change.ref, id_, written=self.now()))])
        return id_

    def _put(
        self, kind: Kind, change: Change, item: LiveObject, mark: tuple[float, int]
    ) -> str | None:
        item = self._fresh(item, mark)
        body = update_body(
            kind, change.fields, item.raw or {}, self.names, self.manners, self._inherited(item)
        )
        _check(self.session.put(_path(kind, str(change.id)), body))
        return change.id

    def _fresh(self, item: LiveObject, mark: tuple[float, int]) -> LiveObject:
        """A read older than 10 s, or from before a 429, is made again."""
        read_at, throttled = mark
        if self.clock() - read_at <= OLD and self.session.throttled == throttled:
            return item
        self._cause("read again before a write")
        again = read_one(self.session, item.kind, item.id, keep_raw=True)
        if again is None:
            raise StatusError(404, "it was deleted by somebody else", hint=PLAN_AGAIN)
        return again

    def _inherited(self, item: LiveObject) -> Mapping[str, frozenset[object]]:
        if item.kind == "category":
            above = {**self.objects.get("category", {})}
            above.pop(item.id, None)
            return inherited_values(item, above, self.names)
        return inherited_values(item, self.objects.get("category", {}), self.names)

    def _delete(self, kind: Kind, change: Change) -> str | None:
        # Somebody was faster: gone is what was wanted.
        with contextlib.suppress(NotFound):
            _check(self.session.delete(_path(kind, str(change.id))))
        self.store.record([Recorded(change.ref, None)])
        return change.id

    def _cause(self, name: str, number: int = 1) -> None:
        self.causes[name] = self.causes.get(name, 0) + number

    # --- what came of it ---

    def _failed(self, change: Change, result: str | ApiError | None) -> bool:
        """Book an error; a create in doubt is looked for first."""
        if not isinstance(result, ApiError) or isinstance(result, InDoubt):
            return False
        if isinstance(result, Unreachable):
            self.unreachable = "the API could not be reached any more"
        self.outcomes[change.ref] = _failure(change, result)
        self._stop_first(change, result.message)
        return True

    def _stop_first(self, change: Change, reason: str) -> None:
        """A failure of the first of its sort stops the sort (contract 2.4)."""
        if any(batch.first and batch.refs == (change.ref,) for batch in self.plan.batches):
            words = f"the first {change.sort} of a {change.ref.kind} went wrong: {reason}"
            self.stopped[change.ref.kind, change.sort] = words

    def _after(
        self,
        batch: Batch,
        made: Mapping[Ref, tuple[Change, str | ApiError | None]],
        before: Mapping[Ref, LiveObject],
    ) -> None:
        if batch.verb == "DELETE":
            self._after_delete(batch, [change for change, _ in made.values()], before)
            return
        ids = {ref: result for ref, (_, result) in made.items() if isinstance(result, str)}
        lost = {ref: made[ref] for ref in made if ref not in ids}
        ids.update(self._look_for(KINDS[batch.kind], lost))
        self.ids.update(ids)
        if ids:
            shown = self._read(batch, list(ids.values()))
            if batch.kind == "attribute":
                self._take(shown.values())
            self.names = self._names()
            for ref, id_ in ids.items():
                self._conclude(made[ref][0], id_, shown.get(id_), before.get(ref))

    def _take(self, items: Iterable[LiveObject | None]) -> None:
        for item in items:
            if item is not None:
                self.objects.setdefault(item.kind, {})[item.id] = replace(item, raw=None)

    def _conclude(
        self, change: Change, id_: str, item: LiveObject | None, before: LiveObject | None
    ) -> None:
        """Prove one write; what a batch lacks or shows otherwise is read by id before it counts."""
        proof = prove(change, before, item, self.names) if item is not None else None
        if proof is None or not proof.holds:
            item, proof = self._by_id(change, id_, before)
        if item is None or proof is None:
            words = "it was written, and reads back as not there"
            self.outcomes[change.ref] = Outcome(change, "failed", id_, words, PLAN_AGAIN)
            self._stop_first(change, words)
            return
        item, proof = self._cleared(change, item, proof, before)
        self._take([item])
        entry = self._remember(change, item, [field.path for field in proof.unstuck])
        self.store.record([Recorded(change.ref, entry)])
        self.outcomes[change.ref] = _outcome(change, id_, proof)
        if not proof.holds:
            self._stop_first(change, _surprise(proof))

    def _by_id(
        self, change: Change, id_: str, before: LiveObject | None
    ) -> tuple[LiveObject | None, Proof | None]:
        self._cause("read by id: a list lacked it or showed it otherwise")
        item = read_one(self.session, change.ref.kind, id_, keep_raw=True)
        if item is not None and change.ref.kind == "attribute":
            self._take([item])
            self.names = self._names()
        if item is None:
            return None, None
        proof = prove(change, before, item, self.names)
        kind = KINDS[change.ref.kind]
        if any(kind.field(part.path).mirror for part in proof.unstuck):
            self._cause("looked for a set on the other side")
            item = with_mirrored(self.session, item)
            proof = prove(change, before, item, self.names)
        return item, proof

    def _cleared(
        self, change: Change, item: LiveObject, proof: Proof, before: LiveObject | None
    ) -> tuple[LiveObject, Proof]:
        """null did nothing: clear with "" and, where that works, go on so (contract 2.3)."""
        paths = {entry.path for entry in proof.unstuck}
        fields = [part for part in change.fields if part.path in paths and _clears_scalar(part)]
        if not fields or self.manners.clear == "":
            return item, proof
        kind, blank = KINDS[change.ref.kind], replace(self.manners, clear="", top_known=False)
        self._cause('clear again with ""', 2)
        body = update_body(kind, fields, item.raw or {}, self.names, blank)
        self.session.put(_path(kind, item.id), body)
        again = read_one(self.session, kind.name, item.id, keep_raw=True) or item
        better = prove(change, before, again, self.names)
        if len(better.unstuck) < len(proof.unstuck):
            self.manners = replace(self.manners, clear="")
        return again, better

    # --- creates whose id nobody said ---

    def _look_for(
        self, kind: Kind, lost: Mapping[Ref, tuple[Change, str | ApiError | None]]
    ) -> dict[Ref, str]:
        """Creates of a kind that answered no id are looked for together, for a while (2.6)."""
        found: dict[Ref, str] = {}
        deadline, pause = self.clock() + self.grace, 0.25
        while lost.keys() - found.keys():
            self._cause("looked for a create that answered no id")
            listing = read_kind(self.session, kind)
            fresh = with_listing(Live(self.live.account), kind, listing).of(kind.name)
            new = {id_: item for id_, item in fresh.items() if not self._known(kind, id_)}
            for ref, (change, _) in lost.items():
                matches = [id_ for id_, item in new.items() if self._is_it(kind, change, item)]
                if ref not in found and len(matches) == 1:
                    found[ref] = matches[0]
            if self.clock() + pause > deadline:
                break
            if lost.keys() - found.keys():
                self.sleep(pause)
                pause = min(pause * 2, 2.0)
        for ref in lost.keys() - found.keys():
            change, result = lost[ref]
            self.outcomes[ref] = _in_doubt(change, result)
            self._stop_first(change, "nobody knows whether it was made")
        return found

    def _known(self, kind: Kind, id_: str) -> bool:
        return id_ in self.objects.get(kind.name, {}) or id_ in self.names.keys.get(kind.name, {})

    def _is_it(self, kind: Kind, change: Change, item: LiveObject) -> bool:
        shown = view(kind, item.fields, self.names)
        parts = {name for key in kind.natural for part in key for name in part.split("|")}
        return all(
            alike(change.sent.get(name), shown.get(name)) for name in parts & change.sent.keys()
        )

    # --- deletes ---

    def _may_delete(self, batch: Batch) -> bool:
        """Deletes come last, only when everything before them succeeded (contract 2.4)."""
        failed = next(
            (item for item in self.outcomes.values() if item.status in ("failed", "not_attempted")),
            None,
        )
        early = failed is not None and failed.change.action != "delete"
        if early:
            words = "deletes come last, and something before them was not made"
            for ref in batch.refs:
                self.outcomes[ref] = Outcome(self.changes[ref], "not_attempted", words=words)
            return False
        if batch.reads:
            self._look_again(batch.reads)
        return True

    def _look_again(self, kinds: Sequence[str]) -> None:
        """Read once more the lists on which refusals rest, and refuse what they now forbid."""
        live = self._live()
        for name in kinds:
            expected = len(self.objects.get(name, {}))
            live = with_listing(
                live, KINDS[name], read_kind(self.session, KINDS[name], expected=expected)
            )
        self.objects.update({name: dict(live.of(name)) for name in kinds})
        managed = {(ref.kind, id_): ref for ref, id_ in self.ids.items() if ref in self.entries}
        owners = owners_of(self.entries.values(), managed)
        deletes = [change for change in self.plan.active if change.verb == "DELETE"]
        for change in refuse(deletes, {}, self._live(), owners):
            if change.blocked:
                self.changes[change.ref] = change
                self.outcomes[change.ref] = Outcome(change, "blocked", change.id, change.blocked)

    def _after_delete(
        self, batch: Batch, changes: Sequence[Change], before: Mapping[Ref, LiveObject]
    ) -> None:
        if not changes:
            return
        for change in changes:
            self.objects.get(batch.kind, {}).pop(str(change.id), None)
        shown = self._read(batch, [str(change.id) for change in changes])
        for change in changes:
            if shown.get(str(change.id)) is not None:
                self._still_there(change)
                continue
            self.entries.pop(change.ref, None)
            item = before.get(change.ref)
            raw = item.raw if item is not None else None
            self.outcomes[change.ref] = Outcome(change, "done", change.id, before=raw)

    def _still_there(self, change: Change) -> None:
        self._cause("read by id: a list still showed it")
        item = read_one(self.session, change.ref.kind, str(change.id))
        if item is None:
            self.entries.pop(change.ref, None)
            self.outcomes[change.ref] = Outcome(change, "done", change.id)
            return
        self._take([item])
        entry = self.entries[change.ref]
        self.store.record([Recorded(change.ref, entry)])
        words = "the API said that it was deleted, and it is still there"
        self.outcomes[change.ref] = Outcome(change, "failed", change.id, words)
        self._stop_first(change, words)

    def _blocked(self) -> None:
        for ref, change in self.changes.items():
            if ref not in self.outcomes:
                self.outcomes[ref] = Outcome(change, "blocked", change.id, change.blocked or "")


PLAN_AGAIN = "run `pxm plan` and look again"


def manners_of(live: Live, plan: Plan) -> Manners:
    """How this account says the top level and a List's sub-fields."""
    root = min(plan.roots, default=None)
    blank = "" if "top-blank" in live.hints else None
    return Manners(
        top=root or blank,
        top_known=root is not None or blank is not None,
        list_wire="fields" if "list-fields" in live.hints else "options",
    )


def _path(kind: Kind, id_: str) -> str:
    return f"/v2.1/{kind.path}/{quote_id(id_)}"


def _check(answer: object) -> None:
    """A write result that counts errors is an error (docs/api.md)."""
    words = write_failed(answer)
    if words is not None:
        raise StatusError(400, words)


def _intent(change: Change) -> Intent:
    kind = KINDS[change.ref.kind]
    natural = {
        name: change.sent.get(name)
        for key in kind.natural
        for part in key
        for name in part.split("|")
        if not is_empty(change.sent.get(name))
    }
    return Intent(change.action, change.ref, change.id, natural)


def _failure(change: Change, error: ApiError) -> Outcome:
    return Outcome(change, "failed", change.id, error.message, error.hint)


def _in_doubt(change: Change, result: str | ApiError | None) -> Outcome:
    said = f": {result.message}" if isinstance(result, ApiError) else ""
    words = f"nobody knows whether it was made{said}"
    hint = "run `pxm plan`: if it exists it will be adopted"
    return Outcome(change, "failed", None, words, hint)


def _outcome(change: Change, id_: str, proof: Proof) -> Outcome:
    words = _surprise(proof) if proof.foreign else ""
    status = "failed" if proof.foreign else "done"
    hint = "look at the object in the web interface; nothing more of this sort was sent"
    return Outcome(
        change, status, id_, words, hint if words else "", proof.unstuck, proof.respelled
    )


def _surprise(proof: Proof) -> str:
    if proof.foreign:
        return f"what is not ours changed beside the write: {', '.join(proof.foreign)}"
    return f"did not stick: {', '.join(item.path for item in proof.unstuck)}"


def _clears_scalar(item: FieldChange) -> bool:
    return not item.is_set and item.after is None and not item.path.startswith("attributes.")


__all__ = ["Applier", "Result", "written"]
