"""Somebody else's values that are empty after a write of ours (contract 2.3).

What a PUT does not carry may be gone for good where the array is replaced.  So before a write that
goes alone leaves a value out, and before one that was lost is put back, the run says so in the
state: whatever it is killed at, the next run finds what to put back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from reconciler.api import Session
from reconciler.api.retrying import Retry
from reconciler.apply.proof import Proof
from reconciler.apply.runstate import RunState, not_sent
from reconciler.apply.sending import Read, check, path, read_again, send_until_answered
from reconciler.apply.tools import Tools
from reconciler.behaviours import INHERITS, NO, YES, of
from reconciler.errors import ApiError
from reconciler.kinds import KINDS
from reconciler.live import read_one
from reconciler.model import Change, Json, Live, LiveObject
from reconciler.normalize import is_empty, texts
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.state import Intent, Run
from reconciler.wire import (
    Definition,
    Names,
    categories_above,
    definition_of,
    inherited_values,
    is_handed_down,
    value_entries,
    values_body,
    view_value,
)

KEEP = "keep"
"""A value that a write leaves out, since the account inherits: it may not get lost by that."""

PUT_BACK = "put back"
"""A value that was lost beside a write."""

KEPT = frozenset({KEEP, PUT_BACK})
"""Actions of intents that are about somebody else's values: entries of the object, by path."""

MOST = 80
"""Characters of a lost value that are shown; the receipt has the whole object."""


def intend_to_keep(run: RunState, change: Change, item: LiveObject) -> None:
    """Say durably what a write that goes alone is about to leave out."""
    if not _carries_values(change):
        return
    left = not_sent(run, change, item)
    entries = {
        id_: entry
        for id_, entry in value_entries(item.raw or {}).items()
        if is_handed_down(id_, entry.get("value"), run.seen.names, left)
    }
    if entries:
        run.ledger.intend([_intent(KEEP, change, item.id, entries)])


def _carries_values(change: Change) -> bool:
    return any(is_value(part.path) for part in change.fields)


def look_above(run: RunState, item: LiveObject) -> bool:
    """Read the categories above an object again, where a value may have gone with theirs; whether
    there was reason to."""
    if run.ledger.inherits(item.kind) != YES:
        return False
    above = categories_above(item, run.seen.of("category"))
    run.ledger.cause("read the categories above a value that is gone", len(above))
    for category in above:
        run.seen.take([read_one(run.session, category.kind, category.id)])
    return True


def put_back(run: RunState, change: Change, was: LiveObject, proof: Proof, *, alone: bool) -> str:
    """Put values back that a write has emptied; what became of each, in words.

    In a batch nothing more is written: the words have the values.  Nor is it where the write
    carried no values, or more than values was lost: an account that drops what is not sent would
    drop the rest beside them.
    """
    kind = change.ref.kind
    if run.ledger.inherits(kind) == YES:
        run.ledger.notice(of(INHERITS, kind), NO)
    lost = _entries_of(run, was, proof.emptied)
    attributes = run.seen.of("attribute")
    had = ", ".join(_in_words(*found, attributes, run.seen.names) for found in lost.items())
    values_alone = _carries_values(change) and set(proof.foreign) <= set(proof.emptied)
    if not alone or not values_alone:
        return had
    run.ledger.intend([_intent(PUT_BACK, change, was.id, lost)])
    try:
        _send(run, change, lost)
    except ApiError as error:
        return f"{had}; it could not be put back: {error.message}"
    return f"{had}; it was put back"


def _entries_of(
    run: RunState, item: LiveObject, paths: Iterable[str]
) -> dict[str, Mapping[str, Json]]:
    """The entries of some values as they were read, by attribute id."""
    ids = [run.seen.names.id("attribute", attribute_of(path)) for path in paths]
    return {id_: entry for id_, entry in value_entries(item.raw or {}).items() if id_ in ids}


def _send(run: RunState, change: Change, lost: Mapping[str, Json]) -> None:
    run.ledger.cause("put back what was lost beside a write", 2)

    def look() -> Read | None:
        read = read_again(run, change)
        return read if read is not None and _missing(read.item, lost) else None

    def send(item: LiveObject) -> None:
        body = values_body(item.raw or {}, _missing(item, lost), run.seen.names)
        check(run.session.put(path(KINDS[item.kind], item.id), body))

    send_until_answered(run, None, look, send)


def _in_words(id_: str, entry: Json, attributes: Mapping[str, LiveObject], names: Names) -> str:
    """`Care had 'Wash'`."""
    item = attributes.get(id_)
    definition = names.definitions.get(id_) or Definition()
    shown = ", ".join(texts(view_value(entry.get("value"), definition)))
    short = f"{shown[:MOST]}…" if len(shown) > MOST else shown
    return f"{item.label if item else id_} had '{short}'"


def _intent(action: str, change: Change, id_: str, entries: Mapping[str, Json]) -> Intent:
    found = {value_path(attribute): entry for attribute, entry in entries.items()}
    return Intent(action, change.ref, id_, found)


def _missing(item: LiveObject, lost: Mapping[str, Json]) -> dict[str, Json]:
    return {id_: x for id_, x in lost.items() if is_empty(item.fields.get(value_path(id_)))}


# --- what a killed run has left -----------------------------------------------------------------


def put_back_lost(tools: Tools, runs: Sequence[Run], live: Live) -> tuple[str, ...]:
    """Put back what broken runs have lost beside a write; notes of what became of it."""
    late = _Late(tools.session, live)
    intents = chain.from_iterable(run.intents for run in runs)
    kept = [intent for intent in intents if intent.action in KEPT]
    return tuple(chain.from_iterable(map(late.settle, kept)))


@dataclass(frozen=True, slots=True)
class _Late:
    session: Session
    live: Live

    def settle(self, intent: Intent) -> Iterator[str]:
        entries = {attribute_of(path): entry for path, entry in intent.natural.items()}
        had = f"{intent.ref}: a broken run lost {', '.join(map(self._had, entries.items()))}"
        try:
            put = self._put(intent, entries)
        except ApiError as error:
            yield f"{had}; it could not be put back: {error}"
        else:
            if put:
                yield f"{had}; it was put back"

    def _had(self, entry: tuple[str, Json]) -> str:
        return _in_words(*entry, self.live.of("attribute"), self._names())

    def _put(self, intent: Intent, entries: Mapping[str, Json]) -> bool:
        """Whether anything had to be put back."""
        patience = self.session.patience()
        while True:
            try:
                with self.session.places(2):
                    return self._put_once(intent, entries)
            except Retry as retry:
                self.session.rest(retry, patience)

    def _put_once(self, intent: Intent, entries: Mapping[str, Json]) -> bool:
        kind = KINDS[intent.ref.kind]
        item = read_one(self.session, kind.name, str(intent.id), keep_raw=True)
        if item is None:
            return False
        lost = _missing(item, self._to_keep(intent, item, entries))
        if not lost:
            return False
        body = values_body(item.raw or {}, lost, self._names())
        check(self.session.put(path(kind, item.id), body))
        return True

    def _to_keep(
        self, intent: Intent, item: LiveObject, entries: Mapping[str, Json]
    ) -> Mapping[str, Json]:
        """What was left out comes back only where a category above still shows it: what came from
        a category that the object has left went with it."""
        if intent.action == PUT_BACK:
            return entries
        names = self._names()
        shows = inherited_values(item, self.live.of("category"), names)
        return {
            id_: entry
            for id_, entry in entries.items()
            if is_handed_down(id_, entry.get("value"), names, shows)
        }

    def _names(self) -> Names:
        found = {id_: definition_of(item) for id_, item in self.live.of("attribute").items()}
        return Names(definitions=found)
