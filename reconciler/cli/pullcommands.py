"""`pxm pull`: write YAML from live, a whole account or named drift (contract 3)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from reconciler.apply.tools import Tools
from reconciler.cli.applying import identity
from reconciler.cli.choices import kinds_named
from reconciler.cli.laying import ignore
from reconciler.cli.loading import load
from reconciler.cli.schemacommand import (
    CATALOG_SCHEMA,
    SETTINGS_SCHEMA,
    home_of,
    schema_from,
    write_schemas,
)
from reconciler.cli.session import World, opened, read_settled
from reconciler.cli.settings import Settings
from reconciler.drift import find_drift
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Ref, State
from reconciler.plan.policy import check_account
from reconciler.pull.accept import ALL, Accepted, Sides, accept, chosen
from reconciler.pull.folder import declared, has_catalog
from reconciler.pull.full_pull import Result, pull
from reconciler.pull.pulled import Left
from reconciler.refactor.files import file_in
from reconciler.reports.jsontext import document
from reconciler.reports.text import clean
from reconciler.starter import SETTINGS
from reconciler.starter import settings as starter_settings

SHOWN = 3
"""Examples that a line about what is left out names."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks of a pull."""

    targets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    compact: bool = False
    accept: tuple[str, ...] = ()
    into: Path | None = None
    texts_from: int | None = None
    lock_timeout: float = 0.0
    output: str = "text"


def run(settings: Settings, wanted: Wanted) -> int:
    """Pull a whole account into a folder, or accept drift into the files that are there."""
    if wanted.accept:
        return taken_over(settings, wanted)
    if wanted.into is not None:
        raise UsageError("--into goes with --accept")
    if len(wanted.targets) > 1:
        raise UsageError("pull takes one folder", hint="name objects with --accept KIND/KEY")
    return whole(settings, wanted)


# --- drift --------------------------------------------------------------------------------------


def taken_over(settings: Settings, wanted: Wanted) -> int:
    """Edit the files where drift is declared; 1 where some of it could not be taken over."""
    for option, given in (
        ("--texts-from", wanted.texts_from is not None),
        ("--compact", wanted.compact),
        ("--kind", bool(wanted.kinds)),
    ):
        if given:
            raise UsageError(f"{option} goes with a whole pull", hint="name objects with --accept")
    targets = (*wanted.accept, *wanted.targets)
    reading = load(settings)
    catalog = reading.catalog
    into = file_in(settings.catalog, wanted.into, "--into") if wanted.into else ""
    with _locked(settings, catalog, wanted.lock_timeout) as world:
        tools = Tools(world.session, world.store)
        every = KINDS if into or any(_is_foreign(x, catalog) for x in targets) else ()
        state, live = read_settled(world, catalog, tools, save=False, kinds=every)
        with settings.profile.stage("drift"):
            found = find_drift(
                catalog, live, state, unmanaged=bool(every), environment=settings.env
            )
        asked = chosen(targets, into, found, catalog, live)

        def save(after: State) -> None:
            if after != state:
                world.store.save(after, words="drift accepted into the catalog")

        sides = Sides(settings.catalog, catalog, live, state, settings.env)
        with settings.profile.stage("pull"):
            result = accept(sides, asked, save)
    for note in found.notes:
        click.echo(f"Note: {clean(note)}", err=True)
    if wanted.output == "json":
        click.echo(document(_accepted(result)), nl=False)
    else:
        click.echo("\n".join(_accepted_lines(settings.catalog, result)))
    return 1 if result.stays or result.remaining else 0


def _accepted(result: Accepted) -> dict[str, Any]:
    """What was taken over, for programs."""
    stays = [
        {"object": str(item.ref), "path": item.path, "reason": item.reason} for item in result.stays
    ]
    return {
        "taken": [str(ref) for ref in result.taken],
        "added": [str(ref) for ref in result.added],
        "files": list(result.files),
        "stays": stays,
        "remaining": [str(ref) for ref in result.remaining],
    }


def _pulled(folder: Path, result: Result) -> dict[str, Any]:
    """What was written, for programs."""
    return {
        "folder": str(folder),
        "files": dict(result.counts),
        "objects": dict(result.pulled) if result.counts else {},
        "declared": result.declared,
        "left": [
            {"kind": item.kind, "label": item.label, "what": item.what, "reason": item.reason}
            for item in result.left
        ],
        "changes_left": len(result.plan.changes) if result.plan is not None else 0,
    }


def _is_foreign(target: str, catalog: Catalog) -> bool:
    kind, _, key = target.partition("/")
    return target != ALL and Ref(kind, key.rstrip("/")) not in catalog.resources


def _accepted_lines(folder: Path, result: Accepted) -> Iterator[str]:
    for ref in result.taken:
        yield f"  {ref}: taken over"
    for ref in result.added:
        yield f"  {ref}: written, and managed now"
    for item in result.told:
        what = f"{item.ref} {item.path}".rstrip()
        yield clean(f"  {what}: {item.words} ({folder}/{item.place})")
    yield from _lines_of_what_stays(folder, result)
    done = len(result.taken) + len(result.added)
    if not done and not result.stays and not result.remaining:
        yield "Nothing to accept: what was named is as it was left."
        return
    objects = "1 object" if done == 1 else f"{done:,} objects"
    files = ", ".join(clean(str(folder / name)) for name in result.files)
    yield f"Accepted {objects}; " + (f"edited {files}. See `git diff`." if files else "no edit.")


def _lines_of_what_stays(folder: Path, result: Accepted) -> Iterator[str]:
    for item in result.stays:
        path = f" {item.path}" if item.path else ""
        where = f" ({folder}/{item.place})" if item.place else ""
        yield clean(f"Left: {item.ref}{path}: {item.reason}{where}")
    yield from _left_lines(result.left)
    said = {item.ref for item in result.stays}
    for ref in result.remaining:
        if ref not in said:
            yield f"Left: {ref} still differs from the account; see `pxm explain {ref}`"


# --- a whole account ----------------------------------------------------------------------------


def whole(settings: Settings, wanted: Wanted) -> int:
    """Write what the folder does not declare yet; a plan of it is empty then."""
    folder = Path(wanted.targets[0]) if wanted.targets else settings.catalog
    # Another folder has other settings: what is an environment here may be none there.
    environment = settings.env if folder == settings.catalog else None
    base = declared(folder, environment)
    kinds = kinds_named(wanted.kinds)
    with _locked(settings, base, wanted.lock_timeout) as world:
        tools = Tools(world.session, world.store)
        state, live = read_settled(world, base, tools, save=False, kinds=kinds or KINDS)
        check_account(state, live.account)

        def save(after: State) -> None:
            world.store.save(after, words=f"pulled into {folder}")

        schema = schema_from(folder)
        with settings.profile.stage("pull"):
            result = pull(
                folder,
                live,
                state,
                save,
                kinds=kinds,
                environment=environment,
                schema=schema,
                longest=wanted.texts_from,
                compact=wanted.compact,
                beside=_settings_beside(folder, schema),
            )
    if result.counts:
        ignore(home_of(folder).parent)
    if result.catalog is not None:
        write_schemas(folder, result.catalog, (region.name for region in live.regions))
    for note in live.notes:
        click.echo(f"Note: {clean(note)}", err=True)
    if wanted.output == "json":
        click.echo(document(_pulled(folder, result)), nl=False)
    else:
        click.echo("\n".join(_lines(folder, result)))
    return 0


def _settings_beside(folder: Path, schema: str) -> dict[str, str]:
    """Settings with their limits for a folder that is empty (contract 3)."""
    if has_catalog(folder) or os.path.lexists(folder / SETTINGS):
        return {}
    return {SETTINGS: starter_settings(schema.replace(CATALOG_SCHEMA, SETTINGS_SCHEMA))}


@contextmanager
def _locked(settings: Settings, catalog: Catalog, timeout: float) -> Iterator[World]:
    """The account to read, and the state for this run alone."""
    who = identity()
    with (
        opened(settings, catalog, read_only=True) as world,
        world.store.lock(
            who.holder,
            who.run,
            who.started,
            timeout=timeout,
            date=world.date,
            waits=world.report.waits,
        ),
    ):
        world.report.rest()
        yield world


def _lines(folder: Path, result: Result) -> Iterator[str]:
    yield from (f"  {clean(str(folder / name))}: {n:,}" for name, n in result.counts.items())
    yield from _left_lines(result.left)
    if result.declared:
        yield (
            f"{result.declared:,} objects are declared in {clean(str(folder))} already and stay "
            "as they are; `pxm pull --accept all` takes their drift over."
        )
    if not result.counts:
        yield "Nothing to write."
        return
    named = ", ".join(f"{n:,} {KINDS[kind].plural}" for kind, n in result.pulled.items() if n)
    files = "1 file" if len(result.counts) == 1 else f"{len(result.counts):,} files"
    yield f"Wrote {files}: {named.replace('_', ' ')}. They are managed now."
    plan = result.plan
    if plan is not None and not plan.summary.empty:
        changes = len(plan.changes)
        yield f"A plan still has {changes:,} changes; see `pxm plan`."


def _left_lines(left: Sequence[Left]) -> Iterator[str]:
    """One line for each reason, with a few of the objects that it is about."""
    groups: dict[tuple[str, str, bool], list[Left]] = {}
    for item in left:
        groups.setdefault((item.kind, item.reason, not item.what), []).append(item)
    for (kind, reason, whole_object), items in sorted(groups.items()):
        plural = KINDS[kind].plural.replace("_", " ")
        what = plural if whole_object else f"values of {plural}"
        yield f"Left out: {len(items):,} {what}: {reason} ({_examples(items)})"


def _examples(items: Sequence[Left]) -> str:
    named = Counter(
        clean(f"'{item.label}'" + (f" {item.what}" if item.what else "")) for item in items
    )
    shown = ", ".join(list(named)[:SHOWN])
    return shown + (", …" if len(named) > SHOWN else "")
