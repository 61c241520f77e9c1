"""`pxm drift`: what was changed behind git's back."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.apply.tools import Tools
from reconciler.cli import outfiles
from reconciler.cli.output import Form, paged, written_drift
from reconciler.cli.planning import CHANGES, warn
from reconciler.cli.session import World, opened, read_settled
from reconciler.cli.settings import Settings
from reconciler.cli.snapshots import keep_snapshot, load_kept
from reconciler.drift import find_drift, require_state
from reconciler.kinds import ORDER
from reconciler.live import read_kind, with_listing
from reconciler.model import Drift, Live
from reconciler.reports.drifttext import drift_verdict


def run(
    settings: Settings, form: Form, out: Path | None, unmanaged: bool, snapshot: bool = False
) -> int:
    """Say what was changed behind git's back; 2 where something was, else 0."""
    reading = load_kept(settings, wanted=snapshot)
    warn(reading.problems, settings)
    with opened(settings, reading.catalog, read_only=True) as world:
        require_state(world.store.load())
        tools = Tools(world.session, world.store)
        # What a broken run has made is ours, not drift.
        state, live = read_settled(world, reading.catalog, tools, save=False)
        live = _with_all_kinds(world, live) if unmanaged else live
    keep_snapshot(world, live, wanted=snapshot)
    with settings.profile.stage("drift"):
        found = find_drift(
            reading.catalog, live, state, unmanaged=unmanaged, environment=settings.env
        )
    with settings.profile.stage("report"):
        _print(found, form, out, settings)
    return CHANGES if found.found else 0


def _with_all_kinds(world: World, live: Live) -> Live:
    """Lists that neither catalog nor state needs: what is in them nobody declared."""
    for kind in ORDER:
        if kind.name not in live.objects:
            live = with_listing(live, kind, read_kind(world.session, kind, progress=world.report))
    return live


def _print(found: Drift, form: Form, out: Path | None, settings: Settings) -> None:
    """The report; in a file, where one is named, and then its last lines here."""
    if out is None:
        paged(written_drift(found, form, color=settings.color), settings)
        return
    outfiles.write(out, written_drift(found, form, color=False), "--out")
    click.echo("\n".join(drift_verdict(found)))
