"""Snapshots of the account: kept by full reads, and plans on top of them (contract 7.4)."""

from __future__ import annotations

import time

from reconciler.apply.tools import Tools
from reconciler.cache import Cache, Owner, Unusable, sealed_folder
from reconciler.catalog import Reading
from reconciler.catalog.kept import Pieces
from reconciler.cli.environments import chosen
from reconciler.cli.loading import load
from reconciler.cli.logs import say
from reconciler.cli.session import World, read_settled
from reconciler.cli.settings import Settings, credentials
from reconciler.delta import SHELF, Delta, confirmed, is_too_much, keep, touched
from reconciler.errors import CatalogError, Refused, UsageError
from reconciler.model import Catalog, Live, Plan, State
from reconciler.plan import Ask, build
from reconciler.reports.text import clean

FULL, DELTA = "full", "delta"
"""What `plan --refresh` takes."""

ROUNDS = 5
"""Times that a plan is made again because what it touches is not as it was thought to be."""


class _Unsure(Exception):
    """Only a full read tells; the text says why."""


def keep_snapshot(world: World, live: Live, *, wanted: bool) -> None:
    """Keep a full read where that is asked for, or where an earlier one is kept."""
    cache, why = _cache(world.settings)
    if cache is None:
        if wanted:
            _say(world.settings, f"no snapshot is kept: {why}")
        return
    try:
        if not wanted and not cache.holds(SHELF):
            return
        kept = keep(cache, live)
    except Unusable as error:
        _say(world.settings, f"the snapshot cannot be kept in {cache.path}: {error}")
        return
    if wanted and not kept:
        _say(world.settings, "no snapshot is kept: nothing was read that can be read by date later")


def load_kept(settings: Settings, *, wanted: bool, use: bool = False) -> Reading:
    """The catalog, as `load` reads it, whose files are kept where that is `wanted`.

    With `use` only files are read that are not as an earlier run has kept them.
    """
    kept = _pieces(settings, use=use) if wanted else None
    if kept is None:
        return load(settings)
    try:
        reading = load(settings, kept=kept)
        kept.save()
    except Unusable as error:
        _say(settings, f"the files of the catalog cannot be kept: {error}")
        return load(settings)
    return reading


def _pieces(settings: Settings, *, use: bool) -> Pieces | None:
    found = chosen(settings)
    try:
        cache, _ = _cache(found)
    except UsageError:
        # Without credentials nothing can be planned, which is said once the catalog has been read.
        return None
    return None if cache is None else Pieces(cache, found.env, use=use)


def _cache(settings: Settings) -> tuple[Cache | None, str]:
    """The cache of the account and client; None, and why, where nothing can seal it."""
    if settings.sandbox:
        return None, "an embedded sandbox has no client secret to seal it with"
    client_id, secret, token = credentials(settings)
    if token:
        return None, "with PXM_TOKEN there is no client secret to seal it with"
    return Cache(sealed_folder(), Owner(settings.base_url, client_id, secret)), ""


def _say(settings: Settings, text: str) -> None:
    say(settings, "warning", clean(text))


# --- plans --------------------------------------------------------------------------------------


def plan_of(world: World, catalog: Catalog, ask: Ask, refresh: str | None) -> Plan:
    """The plan, of a full read or, with `delta`, of what has changed since the last one.

    Where that does not tell enough the account is read in full, and a line says why.
    """
    delta = _delta(world) if refresh == DELTA else None
    tools = Tools(world.session, world.store)
    state, live = read_settled(world, catalog, tools, save=False, delta=delta)
    if delta is not None and delta.used is not None:
        try:
            return _confirmed(world, catalog, ask, state, live, delta)
        except _Unsure as error:
            _say(world.settings, f"everything is read in full: {error}")
        state, live = read_settled(world, catalog, tools, save=False)
    keep_snapshot(world, live, wanted=refresh is not None)
    with world.settings.profile.stage("plan"):
        return build(catalog, live, state, ask)


def _delta(world: World) -> Delta | None:
    cache, why = _cache(world.settings)
    if cache is None:
        _say(world.settings, f"everything is read in full: {why}")
        return None
    return Delta(cache, lambda text: _say(world.settings, text), time.time())


def _confirmed(
    world: World, catalog: Catalog, ask: Ask, state: State, live: Live, delta: Delta
) -> Plan:
    """The plan, made again until all that it touches is as it thinks.

    Raises _Unsure where that cannot be.
    """
    known: set[tuple[str, str]] = set()
    for kind, ids in delta.fresh.items():
        known.update((kind, id_) for id_ in ids)
    for _ in range(ROUNDS):
        made = _built(world, catalog, ask, state, live)
        wanted = touched(made, live) - known
        if not wanted:
            return made
        if is_too_much(wanted, live):
            raise _Unsure("the plan touches so much that asking for it takes as long")
        with world.settings.profile.stage("account"), world.at_work():
            found = confirmed(world.session, live, wanted, delta.read_at)
        if found.undated:
            raise _Unsure(f"{found.undated} has changed, and its dates do not say so")
        if not found.differs:
            return made
        live = found.live
        known |= wanted
    raise _Unsure("what the plan touches changes while it is read")


def _built(world: World, catalog: Catalog, ask: Ask, state: State, live: Live) -> Plan:
    try:
        with world.settings.profile.stage("plan"):
            return build(catalog, live, state, ask)
    except (CatalogError, Refused):
        # An object that is ambiguous, say, may have been deleted since.
        raise _Unsure("a plan of what has changed cannot be made") from None
