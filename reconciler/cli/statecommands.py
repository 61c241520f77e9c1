"""`pxm state …`: look at and mend the state; the account is never written."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import click

from reconciler.cli.applying import identity
from reconciler.cli.loading import load
from reconciler.cli.progress import progress
from reconciler.cli.session import open_state, opened
from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.live import read_one
from reconciler.model import Entry, Ref, State
from reconciler.plan.targets import parse_target
from reconciler.reports.jsontext import document
from reconciler.reports.text import clean
from reconciler.state import Lock, Snapshot, Store
from reconciler.state.jsonform import account_json, converged_json, entry_text
from reconciler.state.lockmessages import instant, lock_words


def list_entries(settings: Settings, kind: str | None, output: str) -> int:
    """Every managed object, a line each: KIND/KEY and its id."""
    with open_state(settings) as store:
        state = store.load()
    found = [item for item in sorted(state.entries.items()) if kind in (None, item[0].kind)]
    if output == "json":
        rows = [{"kind": ref.kind, "key": ref.key, "id": entry.id} for ref, entry in found]
        click.echo(document({"objects": rows}), nl=False)
        return 0
    for ref, entry in found:
        click.echo(f"{ref}  {clean(entry.id)}")
    return 0


def show_entry(settings: Settings, target: str, output: str) -> int:
    """What the state holds of one object."""
    ref, _ = parse_target(target)
    with open_state(settings) as store:
        state = store.load()
    entry = _entry(state, ref)
    if output == "json":
        click.echo(entry_text(entry))
        return 0
    click.echo(
        f"{ref}\n  id: {clean(entry.id)}\n  prevent_destroy: {str(entry.prevent_destroy).lower()}"
    )
    for path, applied in sorted(entry.applied.items()):
        shown = f", shown {clean(str(applied.shown))}" if applied.seen else ""
        click.echo(f"  {clean(path)}: sent {clean(str(applied.sent))}{shown}")
    return 0


@dataclass(frozen=True, slots=True)
class How:
    """How long a locked state is waited for, and how it is told what was done."""

    lock_timeout: float = 0.0
    output: str = "text"


def move(settings: Settings, source: str, target: str, how: How) -> int:
    """Give an object another key, as `moved:` in the catalog would."""
    old, new = parse_target(source)[0], parse_target(target)[0]
    if old.kind != new.kind:
        raise UsageError(f"{old} and {new} are of two kinds")

    def mend(state: State) -> State:
        entry = _entry(state, old)
        if new in state.entries:
            raise UsageError(f"{new} is already in the state", hint=f"`pxm state rm {new}` first")
        entries = {ref: item for ref, item in state.entries.items() if ref != old}
        return replace(state, entries={**entries, new: replace(entry, ref=new)})

    told = {"from": str(old), "to": str(new)}
    return _mend(settings, mend, f"{old} is now {new}", told, how)


def remove(settings: Settings, targets: tuple[str, ...], how: How) -> int:
    """Let objects go: they stay in the account and are no longer managed."""
    refs = [parse_target(text)[0] for text in targets]

    def mend(state: State) -> State:
        for ref in refs:
            _entry(state, ref)
        entries = {ref: item for ref, item in state.entries.items() if ref not in refs}
        return replace(state, entries=entries)

    return _mend(settings, mend, f"{len(refs)} let go", {"let_go": list(map(str, refs))}, how)


def bind(settings: Settings, target: str, id_: str, how: How) -> int:
    """Tie a key to a live object by its id, and settle a near match with that."""
    ref, _ = parse_target(target)
    reading = load(settings)
    with opened(settings, reading.catalog, read_only=True) as world:
        if read_one(world.session, ref.kind, id_) is None:
            raise UsageError(f"{ref.kind} {id_} does not exist in the account")
        live = world.read(reading.catalog, world.store.load())

    def mend(state: State) -> State:
        owner = next(
            (r for r, e in state.entries.items() if r.kind == ref.kind and e.id == id_), ref
        )
        if owner != ref:
            raise UsageError(f"{id_} is already managed as {owner}")
        near = {known: ids for known, ids in state.near.items() if known != ref}
        account = state.account or live.account
        return replace(
            state, account=account, near=near, entries={**state.entries, ref: Entry(ref, id_)}
        )

    told = {"object": str(ref), "id": id_}
    return _mend(settings, mend, f"{ref} is bound to {id_}", told, how)


def _entry(state: State, ref: Ref) -> Entry:
    if ref not in state.entries:
        raise UsageError(f"{ref} is not in the state", hint="see `pxm state list`")
    return state.entries[ref]


def _mend(
    settings: Settings,
    change: Callable[[State], State],
    said: str,
    told: dict[str, Any],
    how: How,
) -> int:
    """Save what `change` makes of the state; `said` for people, `told` for programs."""
    who = identity()
    with (
        progress(settings) as report,
        open_state(settings) as store,
        store.lock(who.holder, who.run, who.started, timeout=how.lock_timeout, waits=report.waits),
    ):
        report.rest()
        store.save(change(store.load()), words=said)
    if how.output == "json":
        click.echo(document(told), nl=False)
    else:
        click.echo(clean(said))
    return 0


def overview(settings: Settings, output: str) -> int:
    """Whose state it is, how much it holds, the last converged run, open runs and the lock."""
    with open_state(settings) as store:
        snapshot, lock = store.snapshot(), store.locked()
    if output == "json":
        click.echo(json.dumps(_overview_json(snapshot, lock), indent=2))
    else:
        click.echo("\n".join(map(clean, _overview_lines(snapshot, lock))))
    return 0


def _overview_json(snapshot: Snapshot, lock: Lock | None) -> dict[str, Any]:
    return {
        "account": account_json(snapshot.state.account),
        "lineage": snapshot.mark.lineage,
        "serial": snapshot.mark.serial,
        "entries": _counts(snapshot),
        "converged": converged_json(snapshot.converged),
        "open_runs": [
            {"id": run.id, "holder": run.holder, "started": run.started, "commit": run.commit,
             "open_intents": len(run.intents)}
            for run in snapshot.runs
        ],
        "lock": None if lock is None else _lock_json(lock),
    }  # fmt: skip


def _lock_json(lock: Lock) -> dict[str, Any]:
    beat = {} if lock.beat is None else {"beat": lock.beat}
    return {"holder": lock.holder, "run": lock.run, "since": lock.since, **beat}


def _counts(snapshot: Snapshot) -> dict[str, int]:
    return dict(sorted(Counter(ref.kind for ref in snapshot.state.entries).items()))


def _overview_lines(snapshot: Snapshot, lock: Lock | None) -> Iterator[str]:
    account, last = snapshot.state.account, snapshot.converged
    yield f"account: {account.base_url if account else 'none yet'}"
    held = ", ".join(f"{number:,} {kind}" for kind, number in _counts(snapshot).items())
    yield f"objects: {held or 'none'}"
    yield f"serial: {snapshot.mark.serial}"
    if last is not None:
        commit = f", commit {last.commit}" if last.commit else ""
        yield f"last converged: run {last.run}{commit}, {instant(last.at)}"
    for run in snapshot.runs:
        since, left = instant(run.started), len(run.intents)
        yield f"open: run {run.id} of {run.holder}, since {since}, {left:,} not done"
    yield f"lock: {lock_words(lock) if lock else 'free'}"


def unlock(settings: Settings, older: float, output: str) -> int:
    """Break the lock of a dead run, if it has not shown itself for so many seconds."""
    with open_state(settings) as store:
        outcome, lock = _unlocked(store, older)
    if output == "json":
        held = None if lock is None else _lock_json(lock)
        click.echo(document({"outcome": outcome, "lock": held}), nl=False)
    else:
        click.echo(_UNLOCKED[outcome].format(lock=clean(lock_words(lock))))
    return 0


_UNLOCKED = {
    "young": "Left as it is, not old enough: the lock of {lock}.",
    "released": "Released: the lock of {lock}.",
    "changed": "Nothing was released: the lock has changed hands meanwhile.",
    "alive": "Nothing to release: the lock of {lock} ends with its process.",
    "free": "The state is not locked.",
}
"""What may come of an unlock, and how people are told."""


def _unlocked(store: Store, older: float) -> tuple[str, Lock | None]:
    """What came of it, and the lock that it is about.  One that beats meanwhile is judged again,
    by that beat."""
    lock = store.locked()
    while lock is not None:
        if time.time() - lock.seen < older:
            return "young", lock
        # Without an age it does not matter whether the run is alive.
        if store.unlock(lock if older else replace(lock, beat=None)):
            return "released", lock
        before, lock = lock, store.locked()
        if lock != before:
            return "changed", lock
        if lock is None or lock.beat == before.beat or not older:
            return "alive", lock
    return "free", None
