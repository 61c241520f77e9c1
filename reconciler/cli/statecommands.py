"""`pxm state …`: look at and mend the state; the account is never written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.applying import identity
from reconciler.cli.settings import Settings
from reconciler.cli.world import load, opened
from reconciler.errors import UsageError
from reconciler.live import read_one
from reconciler.model import Entry, Ref, State
from reconciler.plan.targets import parse_target
from reconciler.reports.text import clean
from reconciler.state import open_store


def list_entries(settings: Settings, kind: str | None) -> int:
    """Every managed object, a line each: KIND/KEY and its id."""
    with open_store(settings.state_url, root=Path.cwd()) as store:
        state = store.load()
    for ref, entry in sorted(state.entries.items()):
        if kind in (None, ref.kind):
            click.echo(f"{ref}  {clean(entry.id)}")
    return 0


def show_entry(settings: Settings, target: str) -> int:
    """What the state holds of one object."""
    ref, _ = parse_target(target)
    with open_store(settings.state_url, root=Path.cwd()) as store:
        state = store.load()
    entry = _entry(state, ref)
    click.echo(
        f"{ref}\n  id: {clean(entry.id)}\n  prevent_destroy: {str(entry.prevent_destroy).lower()}"
    )
    for path, applied in sorted(entry.applied.items()):
        shown = f", shown {clean(str(applied.shown))}" if applied.seen else ""
        click.echo(f"  {clean(path)}: sent {clean(str(applied.sent))}{shown}")
    return 0


def move(settings: Settings, source: str, target: str) -> int:
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

    return _mend(settings, mend, f"{old} is now {new}")


def remove(settings: Settings, targets: tuple[str, ...]) -> int:
    """Let objects go: they stay in the account and are no longer managed."""
    refs = [parse_target(text)[0] for text in targets]

    def mend(state: State) -> State:
        for ref in refs:
            _entry(state, ref)
        entries = {ref: item for ref, item in state.entries.items() if ref not in refs}
        return replace(state, entries=entries)

    return _mend(settings, mend, f"{len(refs)} let go")


def bind(settings: Settings, target: str, id_: str) -> int:
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

    return _mend(settings, mend, f"{ref} is bound to {id_}")


def _entry(state: State, ref: Ref) -> Entry:
    if ref not in state.entries:
        raise UsageError(f"{ref} is not in the state", hint="see `pxm state list`")
    return state.entries[ref]


def _mend(settings: Settings, change: Callable[[State], State], said: str) -> int:
    who = identity()
    with (
        open_store(settings.state_url, root=Path.cwd()) as store,
        store.lock(who.holder, who.run, who.started),
    ):
        store.save(change(store.load()))
    click.echo(clean(said))
    return 0
