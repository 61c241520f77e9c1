"""Values of the state as rows of tables, and back; shared by the backends that have tables."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reconciler.model import Account, Entry, Ref, State
from reconciler.state import Intent
from reconciler.state.encoding import applied_from, applied_text, dumps, loads

ENTRY = "kind, key, id, applied, prevent_destroy, written"
PUT_ENTRY = f"INSERT OR REPLACE INTO entries ({ENTRY}) VALUES (?, ?, ?, ?, ?, ?)"
INTENT = "action, kind, key, id, natural"


def entry_row(entry: Entry) -> tuple[Any, ...]:
    """The columns of `ENTRY`; long texts become digests here."""
    applied = applied_text(entry.applied)
    protected = int(entry.prevent_destroy)
    return (entry.ref.kind, entry.ref.key, entry.id, applied, protected, entry.written)


def entry_from(row: tuple[Any, ...]) -> Entry:
    """An entry from the columns of `ENTRY`."""
    kind, key, id_, applied, protected, written = row
    return Entry(Ref(kind, key), id_, applied_from(applied), bool(protected), written)


def intent_row(intent: Intent) -> tuple[Any, ...]:
    """The columns of `INTENT`."""
    natural = dumps(intent.natural)
    return (intent.action, intent.ref.kind, intent.ref.key, intent.id, natural)


def intent_from(row: tuple[Any, ...]) -> Intent:
    """An intent from the columns of `INTENT`."""
    action, kind, key, id_, natural = row
    return Intent(action, Ref(kind, key), id_, loads(natural))


def meta_rows(state: State) -> list[tuple[str, str]]:
    """All of a state but its entries, by name."""
    near = [[ref.kind, ref.key, ids] for ref, ids in sorted(state.near.items())]
    return [
        ("account", dumps(_account_json(state.account))),
        ("moved", dumps(sorted(state.moved))),
        ("near", dumps(near)),
    ]


def state_from(meta: Mapping[str, str], entries: Iterable[tuple[Any, ...]]) -> State:
    """The state from what `meta_rows` and `entry_row` made."""
    with _no_collection():
        found = {entry.ref: entry for entry in map(entry_from, entries)}
    return State(
        account=_account(loads(meta.get("account", "null"))),
        entries=found,
        moved=frozenset(loads(meta.get("moved", "[]"))),
        near={Ref(kind, key): ids for kind, key, ids in loads(meta.get("near", "[]"))},
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing of what is built here is garbage: looking for it takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _account_json(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    return {
        "base_url": account.base_url,
        "regions": sorted(account.regions),
        "client_id": account.client_id,
    }


def _account(value: Mapping[str, Any] | None) -> Account | None:
    if value is None:
        return None
    return Account(value["base_url"], frozenset(value["regions"]), value["client_id"])
