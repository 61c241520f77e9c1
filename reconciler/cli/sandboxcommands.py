"""`pxm sandbox serve`: the local PXM as a server."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.plan.targets import parse_target
from reconciler.sandbox import Options, Sandbox
from reconciler.state import open_store


def serve_sandbox(
    host: str, port: int, db: Path | None, regions: tuple[str, ...], rate_limit: int, dialect: str
) -> int:
    """Serve until SIGINT or SIGTERM; the credentials are printed first."""
    dialects = frozenset(name.strip() for name in dialect.split(",") if name.strip())
    if db is not None:
        db.parent.mkdir(parents=True, exist_ok=True)
    try:
        options = Options(dialects=dialects, rate_limit=rate_limit or None)
        sandbox = Sandbox(db, options, host=host, port=port)
    except ValueError as error:
        raise UsageError(f"--dialect: {error}") from error
    with sandbox:
        for name in regions:
            sandbox.ensure_region(name)
        click.echo(f"PXM sandbox on {sandbox.url}")
        click.echo(f"  export PXM_BASE_URL={sandbox.url}")
        click.echo(
            f"  export PXM_CLIENT_ID={options.client_id} PXM_CLIENT_SECRET={options.client_secret}"
        )
        sandbox.wait()
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
