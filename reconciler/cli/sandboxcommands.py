"""`pxm sandbox serve`: the local PXM as a server."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.errors import UsageError
from reconciler.sandbox import Options, Sandbox


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
