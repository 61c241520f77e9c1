"""`pxm sandbox`: its commands and their options."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.completion import keys
from reconciler.cli.settings import Settings, account_options, global_options, option
from reconciler.cli.sizes import size_in_bytes


@click.group()
def sandbox() -> None:
    """A PXM on this machine, to try things out."""


@sandbox.command("serve")
@global_options
@option("--host", default="127.0.0.1", help="[127.0.0.1]")
@option("--port", type=click.IntRange(0, 65535), default=8765, help="[8765]")
@option("--db", type=click.Path(path_type=Path, dir_okay=False), help="SQLite file [in memory].")
@option("--region", "regions", multiple=True, help="A region to make; may be repeated.")
@option("--rate-limit", type=click.IntRange(min=0), default=1000, help="Per 60 s; 0 = none [1000].")
@option("--dialect", default="", metavar="A,B", help="Behaviours that the live API may have.")
@option("--chaos", default="", metavar="FAULT=P,…", help="Faults: 429=0.05,502-after=0.02.")
@option("--chaos-seed", type=int, default=0, help="The same seed, the same faults [0].")
@option("--refuse", "refused", multiple=True, metavar="NAME", help="An object not to be written.")
@option(
    "--multipart-from",
    callback=size_in_bytes,
    default="100MiB",
    metavar="SIZE",
    help="Uploads of this size go in parts: 64KiB, 5MiB [100MiB].",
)
@option("--dump", is_flag=True, help="Write the account of --db as JSON and exit.")
@option(
    "--seed",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Fill it from a catalog first, and keep the state beside the database.",
)
def sandbox_serve(
    settings: Settings,
    host: str,
    port: int,
    db: Path | None,
    regions: tuple[str, ...],
    rate_limit: int,
    dialect: str,
    chaos: str,
    chaos_seed: int,
    refused: tuple[str, ...],
    multipart_from: int,
    dump: bool,
    seed: Path | None,
) -> int:
    """Serve a sandbox over HTTP until interrupted."""
    from reconciler.cli import sandboxcommands

    environment = None
    if seed is not None:
        filled = sandboxcommands.seeded(settings, seed, db)
        db, environment = filled.sandbox_db, filled.env
    if dump:
        return sandboxcommands.dump_account(db)
    options = sandboxcommands.sandbox_options(
        rate_limit, dialect, chaos, chaos_seed, multipart_from, refused
    )
    return sandboxcommands.serve_sandbox(host, port, db, regions, options, environment)


@sandbox.command("edit")
@account_options
@click.argument("target", metavar="KIND/KEY", shell_complete=keys)
@click.argument("field")
@click.argument("value")
def sandbox_edit(settings: Settings, target: str, field: str, value: str) -> int:
    """Change a text of an object in the embedded sandbox, as somebody else would."""
    from reconciler.cli import sandboxcommands

    return sandboxcommands.edit(settings, target, field, value)
