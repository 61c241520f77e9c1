"""`pxm state pull` and `push`: the state as a file, out of one backend and into another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from reconciler.cli.applying import identity
from reconciler.cli.progress import progress
from reconciler.cli.session import open_state
from reconciler.cli.settings import Settings
from reconciler.errors import Refused, UsageError
from reconciler.model import Account
from reconciler.plan.policy import same_account
from reconciler.reports.jsontext import document
from reconciler.reports.text import clean
from reconciler.schema import check
from reconciler.state import Mark, Snapshot
from reconciler.state.document import no_state, parsed, snapshot_from, snapshot_text
from reconciler.state.guarded import Guarded
from reconciler.state.jsonform import Parsed
from reconciler.state.unsaved import Unsaved, brought, is_unsaved, unsaved_from

_STDOUT = Path("-")
_FORCE = "look at both with `pxm state show`; --force overwrites"


def pull(settings: Settings, path: Path | None, output: str) -> int:
    """The whole state as JSON, on standard output or in a file."""
    with open_state(settings) as store:
        snapshot = store.snapshot()
    text = snapshot_text(snapshot)
    if path in (None, _STDOUT):
        click.echo(text, nl=False)
        return 0
    try:
        Path(str(path)).write_text(text, encoding="ascii")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error
    count, serial = len(snapshot.state.entries), snapshot.mark.serial
    if output == "json":
        told = {"file": str(path), "objects": count, "serial": serial}
        click.echo(document(told), nl=False)
    click.echo(f"{count:,} objects, serial {serial}, are in {clean(str(path))}", err=True)
    return 0


def push(
    settings: Settings, path: Path | None, *, force: bool, lock_timeout: float, output: str
) -> int:
    """Bring a pulled state, or what a run could not save, into the state of `--state`."""
    source = path or settings.unsaved
    text = _read(source, named=path is not None)
    value = parsed(text, str(source))
    _check(value, source)
    with open_state(settings) as store:
        if is_unsaved(value):
            unsaved = unsaved_from(text, str(source))
            with _locked(settings, store.lock_for_push, lock_timeout):
                said = _bring(store, unsaved, force=force)
            source.unlink(missing_ok=True)
            said = f"{said} {source} is removed."
        else:
            snapshot = snapshot_from(text, str(source))
            with _locked(settings, store.lock, lock_timeout):
                said = _replace(store, snapshot, force=force)
        told = _told(store, source) if output == "json" else {}
    click.echo(document(told) if told else f"{clean(said)}\n", nl=False)
    return 0


def _told(store: Guarded, source: Path) -> dict[str, Any]:
    """What the state is now, for programs."""
    now = store.snapshot()
    return {"file": str(source), "objects": len(now.state.entries), "serial": now.mark.serial}


def _check(value: Parsed, path: Path) -> None:
    """StateError with the place where the schema of states finds something wrong."""
    for finding in check(value, "state"):
        raise no_state(str(path), finding.message)


def _read(path: Path, *, named: bool) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if named:
            raise UsageError(f"{path}: no such file") from error
        raise UsageError(
            f"nothing to push: there is no {path}",
            hint="pxm state push FILE takes what `pxm state pull FILE` wrote",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


@contextmanager
def _locked(
    settings: Settings, lock: Callable[..., AbstractContextManager[None]], timeout: float
) -> Iterator[None]:
    who = identity()
    with (
        progress(settings) as report,
        lock(who.holder, who.run, who.started, timeout=timeout, waits=report.waits),
    ):
        report.rest()
        yield


def _bring(store: Guarded, unsaved: Unsaved, *, force: bool) -> str:
    """What a run could not save, on top of the very state that it knew."""
    current = store.snapshot()
    own = current.mark.writer == unsaved.run.id != ""
    if not force:
        _check_account(current, unsaved.state.account)
        _check_lineage(current.mark, unsaved.base)
        if current.mark.serial != unsaved.base.serial and not own:
            raise Refused(
                f"nothing was pushed: the run knew serial {unsaved.base.serial}, the state has "
                f"{current.mark.serial}",
                hint=_FORCE,
            )
    made = brought(current, unsaved)
    _restore(store, made, current.mark, f"push of what run {unsaved.run.id} could not save")
    return f"Brought back: {len(unsaved.entries):,} objects of run {unsaved.run.id}."


def _replace(store: Guarded, snapshot: Snapshot, *, force: bool) -> str:
    """A whole state in place of another."""
    current = store.snapshot()
    if not force and current.mark.serial:
        _check_account(current, snapshot.state.account)
        _check_lineage(current.mark, snapshot.mark)
        if current.mark.serial > snapshot.mark.serial:
            raise Refused(
                f"nothing was pushed: the state is newer, serial {current.mark.serial}, "
                f"than the file, serial {snapshot.mark.serial}",
                hint=_FORCE,
            )
    _restore(store, snapshot, current.mark, "push")
    return f"Pushed: the state holds {len(snapshot.state.entries):,} objects."


def _check_account(current: Snapshot, account: Account | None) -> None:
    known = current.state.account
    if known is not None and account is not None and not same_account(known, account):
        raise Refused(
            f"nothing was pushed: the state is of another account ({known.base_url}) "
            f"than the file ({account.base_url})",
            hint="check --state; --force overwrites",
        )


def _check_lineage(current: Mark, given: Mark) -> None:
    if current.lineage and current.lineage != given.lineage:
        raise Refused(
            "nothing was pushed: the file does not come from this state "
            f"(lineage {given.lineage or 'none'}, here {current.lineage})",
            hint=_FORCE,
        )


def _restore(store: Guarded, snapshot: Snapshot, current: Mark, words: str) -> None:
    mark = snapshot.mark
    after = Mark(mark.lineage or current.lineage, max(mark.serial, current.serial) + 1, "")
    store.restore(replace(snapshot, mark=after), words=words)
