"""`pxm sandbox serve`: the local PXM as a server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.applying import Wish, apply
from reconciler.cli.environments import chosen
from reconciler.cli.session import make_folder_of, open_state
from reconciler.cli.settings import Settings, state_beside
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.plan.targets import parse_target
from reconciler.sandbox import Options, Sandbox, checked_dialects, parse_chaos


def sandbox_options(
    rate_limit: int,
    dialect: str,
    chaos: str,
    chaos_seed: int,
    multipart_from: int,
    refused: tuple[str, ...] = (),
) -> Options:
    """The settings that the options of `sandbox serve` say.  UsageError names what is wrong."""
    dialects = frozenset(name.strip() for name in dialect.split(",") if name.strip())
    try:
        checked_dialects(dialects)
    except ValueError as error:
        raise UsageError(f"--dialect: {error}") from error
    try:
        faults = parse_chaos(chaos)
    except ValueError as error:
        raise UsageError(f"--chaos: {error}") from error
    return Options(
        dialects=dialects,
        rate_limit=rate_limit or None,
        chaos=faults,
        chaos_seed=chaos_seed,
        refused=refused,
        multipart_threshold=multipart_from,
        # So that what goes in parts has more than one.
        part_size=min(Options().part_size, max(1, multipart_from // 2)),
    )


def seeded(settings: Settings, folder: Path, db: Path | None) -> Settings:
    """Fill a sandbox's database from a catalog; returns the settings that say which, and for what
    environment.

    What the catalog names and does not own is made first; then it is applied as `pxm apply`
    does, so that its state is there too.
    """
    settings = replace(settings, catalog=folder, sandbox=True, hurried=True)
    settings = chosen(settings if db is None else replace(settings, sandbox_db=db))
    code = apply(settings, Wish(yes=True, new_state=True, output="quiet"))
    if code != 0:
        raise UsageError(f"the sandbox could not be filled from {folder}", hint="see above")
    return settings


def serve_sandbox(
    host: str,
    port: int,
    db: Path | None,
    regions: tuple[str, ...],
    options: Options,
    environment: str | None = None,
) -> int:
    """Serve until SIGINT or SIGTERM; the credentials are printed first, and the environment that
    it was filled for."""
    if db is not None:
        make_folder_of(db, "--db")
    with _serving(_opened(db, options, host, port)) as sandbox:
        for name in regions:
            sandbox.ensure_region(name)
        sandbox.heed_signals()
        click.echo(f"PXM sandbox on {sandbox.url}")
        click.echo(f"  export PXM_BASE_URL={sandbox.url}")
        click.echo(
            f"  export PXM_CLIENT_ID={options.client_id} PXM_CLIENT_SECRET={options.client_secret}"
        )
        if environment is not None:
            click.echo(f"  export PXM_ENV={environment}")
        state = state_beside(db) if db is not None else None
        if state is not None and Path(state.removeprefix("file:")).is_file():
            click.echo(f"  export PXM_STATE={state}")
        click.echo(f"A page to look through it: {sandbox.url}/")
        sandbox.wait()
    return 0


def _opened(db: Path | None, options: Options, host: str = "", port: int = 0) -> Sandbox:
    try:
        return Sandbox(db, options, host=host, port=port)
    except ValueError as error:
        raise UsageError(
            str(error), hint="pass --db PATH, a new file or one that a sandbox keeps"
        ) from error


@contextmanager
def _serving(sandbox: Sandbox) -> Iterator[Sandbox]:
    try:
        sandbox.start()
    except OSError as error:
        sandbox.close()
        where = f"{sandbox.host}:{sandbox.port}"
        raise UsageError(
            f"the sandbox cannot listen on {where}: {os.strerror(error.errno or 0)}",
            hint="choose another --port; 0 takes any free one",
        ) from error
    try:
        yield sandbox
    finally:
        sandbox.stop()


def dump_account(db: Path | None) -> int:
    """Write the account that a sandbox's database holds as JSON on stdout."""
    if db is None or not db.is_file():
        raise UsageError(
            f"there is no sandbox database at {db}" if db else "--dump needs a database",
            hint="pass --db PATH, the file that `pxm sandbox serve --db` keeps",
        )
    with contextlib.closing(_opened(db, Options())) as sandbox:
        click.echo(sandbox.dump_json())
    return 0


def edit(settings: Settings, target: str, field: str, value: str) -> int:
    """Write one text field of a managed object straight into the embedded sandbox."""
    ref, _ = parse_target(target)
    if not settings.sandbox:
        raise UsageError("only the embedded sandbox can be edited", hint="pass --sandbox-db PATH")
    with open_state(settings) as store:
        entry = store.load().entries.get(ref)
    if entry is None:
        raise UsageError(f"{ref} is not in the state", hint="run `pxm apply --sandbox` first")
    names = {item.name: item.wire[0] for item in KINDS[ref.kind].fields}
    if field not in names:
        raise UsageError(f"{ref.kind} has no field '{field}'", hint=f"it has {', '.join(names)}")
    with _opened(settings.sandbox_db, Options(open_access=True)) as sandbox:
        sandbox.edit(ref.kind, entry.id, **{names[field]: value})
    return 0
