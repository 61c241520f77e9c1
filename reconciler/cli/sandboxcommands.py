"""`pxm sandbox serve`: the local PXM as a server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.plan.targets import parse_target
from reconciler.sandbox import Options, Sandbox, checked_dialects, parse_chaos
from reconciler.state import open_store


def sandbox_options(rate_limit: int, dialect: str, chaos: str, chaos_seed: int) -> Options:
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
        dialects=dialects, rate_limit=rate_limit or None, chaos=faults, chaos_seed=chaos_seed
    )


def serve_sandbox(
    host: str, port: int, db: Path | None, regions: tuple[str, ...], options: Options
) -> int:
    """Serve until SIGINT or SIGTERM; the credentials are printed first."""
    if db is not None:
        db.parent.mkdir(parents=True, exist_ok=True)
    with _opened(Sandbox(db, options, host=host, port=port)) as sandbox:
        for name in regions:
            sandbox.ensure_region(name)
        sandbox.heed_signals()
        click.echo(f"PXM sandbox on {sandbox.url}")
        click.echo(f"  export PXM_BASE_URL={sandbox.url}")
        click.echo(
            f"  export PXM_CLIENT_ID={options.client_id} PXM_CLIENT_SECRET={options.client_secret}"
        )
        sandbox.wait()
    return 0


@contextmanager
def _opened(sandbox: Sandbox) -> Iterator[Sandbox]:
    try:
        sandbox.start()
    except OSError as error:
        sandbox.close()
        where = f"{sandbox.host}:{sandbox.port}"
        raise UsageError(
            f"the sandbox cannot listen on {where}: {error.strerror or error}",
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
    with contextlib.closing(Sandbox(db, Options())) as sandbox:
        click.echo(sandbox.dump_json())
    return 0


def edit(settings: Settings, target: str, field: str, value: str) -> int:
    """Write one text field of a managed object straight into the embedded sandbox."""
    ref, _ = parse_target(target)
    if not settings.sandbox:
        raise UsageError("only the embedded sandbox can be edited", hint="pass --sandbox-db PATH")
    with open_store(settings.state_url, root=Path.cwd()) as store:
        entry = store.load().entries.get(ref)
    if entry is None:
        raise UsageError(f"{ref} is not in the state", hint="run `pxm apply --sandbox` first")
    names = {item.name: item.wire[0] for item in KINDS[ref.kind].fields}
    if field not in names:
        raise UsageError(f"{ref.kind} has no field '{field}'", hint=f"it has {', '.join(names)}")
    with Sandbox(settings.sandbox_db, Options(open_access=True)) as sandbox:
        sandbox.edit(ref.kind, entry.id, **{names[field]: value})
    return 0
