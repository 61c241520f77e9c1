"""Values of the state as rows of tables, and back; shared by the backends that have tables."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model import Entry, Ref, State
from reconciler.state import Converged, Intent, Mark, Recorded, Run
from reconciler.state.jsonform import (
    converged_from,
    converged_json,
    mark_from,
    mark_json,
    moment_from,
    rest_json,
    state_from,
)
from reconciler.statetext import Shelf, applied_text, dumps, loads

AT_REST = "at_rest"
"""The column that tables of older versions do not have: whoever writes to them adds it.

Those versions go on reading and writing the others; what they write is not at rest.
"""

ENTRY = f"kind, key, id, applied, prevent_destroy, written, processing, {AT_REST}"
INTENT = "action, kind, key, id, natural"
RUN = "id, holder, started, catalog_commit, about"


def entry_row(entry: Entry) -> tuple[Any, ...]:
    """The columns of `ENTRY`; long texts become digests here."""
    applied = applied_text(entry.applied)
    protected = int(entry.prevent_destroy)
    rest = (entry.written, entry.processing, entry.at_rest)
    return (entry.ref.kind, entry.ref.key, entry.id, applied, protected, *rest)


def entry_from(row: tuple[Any, ...], shelf: Shelf) -> Entry:
    """An entry from the columns of `ENTRY`, its fields on the shelf."""
    kind, key, id_, applied, protected, written, processing, at_rest = row
    ref = Ref(kind, key)
    fields = shelf.fields(ref, applied, at_rest)
    moments = (moment_from(written), moment_from(processing))
    return Entry(ref, id_, fields, bool(protected), *moments, at_rest)


def selected(has_digests: bool) -> str:
    """The columns of `ENTRY` where the tables have them all, or not the digests."""
    return ENTRY if has_digests else ENTRY.replace(AT_REST, f"'' AS {AT_REST}")


def intent_row(intent: Intent) -> tuple[Any, ...]:
    """The columns of `INTENT`."""
    natural = dumps(intent.natural)
    return (intent.action, intent.ref.kind, intent.ref.key, intent.id, natural)


def intent_from(row: tuple[Any, ...]) -> Intent:
    """An intent from the columns of `INTENT`."""
    action, kind, key, id_, natural = row
    return Intent(action, Ref(kind, key), id_, loads(natural))


def intent_rows(
    run: str, intents: Iterable[Intent], after: int | None = None
) -> list[tuple[Any, ...]]:
    """A run's id, the position and the columns of `INTENT`; `after` is the last position taken."""
    first = 0 if after is None else after + 1
    return [(run, position, *intent_row(item)) for position, item in enumerate(intents, first)]


def run_row(run: Run) -> tuple[Any, ...]:
    """The columns of `RUN`."""
    return (run.id, run.holder, run.started, run.commit, run.about)


def run_from(row: tuple[Any, ...], intents: Iterable[tuple[Any, ...]]) -> Run:
    """A run from the columns of `RUN`, and those of `INTENT`."""
    id_, holder, started, commit, about = row
    intents_ = tuple(map(intent_from, intents))
    return Run(id_, holder, moment_from(started), intents_, commit, about)


def meta_rows(state: State) -> list[tuple[str, str]]:
    """All of a state but its entries, by name."""
    rest = rest_json(state)
    return [(name, json.dumps(rest.get(name))) for name in REST]


REST = ("account", "moved", "near", "doubtful", "behaviours", "refused", "shared")
"""The names of what `rest_json` makes; it leaves out what it never had."""


def state_of(meta: Mapping[str, str], entries: Iterable[tuple[Any, ...]]) -> State:
    """The state from what `meta_rows` and `entry_row` made."""
    rest = {name: json.loads(meta[name]) for name in REST if name in meta}
    shelf = Shelf()
    return state_from(rest, (entry_from(row, shelf) for row in entries))


def mark_row(mark: Mark) -> tuple[str, str]:
    """A mark by name."""
    return ("mark", json.dumps(mark_json(mark)))


def mark_of(meta: Mapping[str, str]) -> Mark:
    """The mark of a state; one that was never written has none."""
    return mark_from(json.loads(meta["mark"])) if "mark" in meta else Mark()


def converged_row(converged: Converged | None) -> tuple[str, str]:
    """The last converged run by name."""
    return ("converged", json.dumps(converged_json(converged)))


def converged_of(meta: Mapping[str, str]) -> Converged | None:
    """The last converged run."""
    return converged_from(json.loads(meta.get("converged", "null")))


def following(mark: Mark, writer: str) -> Mark:
    """The mark of the next version; a state that had none gets its lineage here."""
    return Mark(mark.lineage or uuid.uuid4().hex, mark.serial + 1, writer)


def with_account(state: State, run: Run) -> State:
    """The state with the run's account, where it had none, and with the environment of the run."""
    if state.account is None or run.account is None:
        return replace(state, account=state.account or run.account)
    return replace(state, account=state.account.seen_for(run.account.environment))


def difference(before: Mapping[Ref, Entry], after: Mapping[Ref, Entry]) -> list[Recorded]:
    """What `record` would be told to make one of the other.

    Entries are compared as objects: who changes a state takes over those that stay as they are,
    so that a hundred thousand of them need no look inside.
    """
    changed = [
        Recorded(ref, entry, done=False)
        for ref, entry in after.items()
        if before.get(ref) is not entry
    ]
    gone = [Recorded(ref, None, done=False) for ref in before if ref not in after]
    return changed + gone


def split(changes: Iterable[Recorded]) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
    """Rows to put and keys to delete; the last word on an object counts."""
    last = {item.ref: item.entry for item in changes}
    kept = [entry_row(entry) for entry in last.values() if entry is not None]
    return kept, [(ref.kind, ref.key) for ref, entry in last.items() if entry is None]


class Held:
    """The entries that the tables are known to have, and the version of which that is known.

    An apply saves its state twice: with this only what differs is written, not a hundred thousand
    rows each time.
    """

    def __init__(self) -> None:
        self._entries: dict[Ref, Entry] = {}
        self._mark: Mark | None = None

    def took(self, entries: Mapping[Ref, Entry], mark: Mark) -> None:
        """The tables have exactly these in this version."""
        self._entries, self._mark = dict(entries), mark

    def went(self, before: Mark, after: Mark) -> None:
        """A write of ours made one version of another; of anybody else's nothing is known."""
        self._mark = after if self._mark == before else None

    def recorded(self, changes: Iterable[Recorded]) -> None:
        """What `record` wrote."""
        for item in changes:
            if item.entry is None:
                self._entries.pop(item.ref, None)
            else:
                self._entries[item.ref] = item.entry

    def changes(self, entries: Mapping[Ref, Entry], mark: Mark) -> list[Recorded] | None:
        """What makes these of the tables' version; None where that version is not known."""
        return difference(self._entries, entries) if self._mark == mark else None
