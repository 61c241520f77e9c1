"""`pxm state`: its commands and their options."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.completion import keys
from reconciler.cli.durations import seconds
from reconciler.cli.options import FORMAT, LOCK_TIMEOUT
from reconciler.cli.settings import Settings, account_options, option


@click.group()
def state() -> None:
    """Look at and mend the state."""


@state.command("list")
@account_options
@click.argument("kind", required=False)
@FORMAT
def state_list(settings: Settings, kind: str | None, output: str) -> int:
    """Every managed object and its id."""
    from reconciler.cli import statecommands

    return statecommands.list_entries(settings, kind, output)


@state.command("show")
@account_options
@click.argument("target", metavar="[KIND/KEY]", required=False, shell_complete=keys)
@FORMAT
def state_show(settings: Settings, target: str | None, output: str) -> int:
    """What the state holds of one object; without one, an overview."""
    from reconciler.cli import statecommands

    if target is None:
        return statecommands.overview(settings, output)
    return statecommands.show_entry(settings, target, output)


@state.command("mv")
@account_options
@click.argument("source", metavar="KIND/OLD", shell_complete=keys)
@click.argument("target", metavar="KIND/NEW")
@LOCK_TIMEOUT
@FORMAT
def state_mv(settings: Settings, source: str, target: str, lock_timeout: float, output: str) -> int:
    """Give an object another key."""
    from reconciler.cli import statecommands

    return statecommands.move(settings, source, target, statecommands.How(lock_timeout, output))


@state.command("rm")
@account_options
@click.argument("targets", nargs=-1, required=True, metavar="KIND/KEY…", shell_complete=keys)
@LOCK_TIMEOUT
@FORMAT
def state_rm(settings: Settings, targets: tuple[str, ...], lock_timeout: float, output: str) -> int:
    """Let objects go: they stay in the account."""
    from reconciler.cli import statecommands

    return statecommands.remove(settings, targets, statecommands.How(lock_timeout, output))


@state.command("bind")
@account_options
@click.argument("target", metavar="KIND/KEY", shell_complete=keys)
@click.argument("id_", metavar="ID")
@LOCK_TIMEOUT
@FORMAT
def state_bind(settings: Settings, target: str, id_: str, lock_timeout: float, output: str) -> int:
    """Tie a key to a live object."""
    from reconciler.cli import statecommands

    return statecommands.bind(settings, target, id_, statecommands.How(lock_timeout, output))


@state.command("pull")
@account_options
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@FORMAT
def state_pull(settings: Settings, path: Path | None, output: str) -> int:
    """Write the whole state as JSON, to a file or to standard output."""
    from reconciler.cli import statefiles

    return statefiles.pull(settings, path, output)


@state.command("push")
@account_options
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite a newer state, or another account's.")
@LOCK_TIMEOUT
@FORMAT
def state_push(
    settings: Settings, path: Path | None, force: bool, lock_timeout: float, output: str
) -> int:
    """Bring a pulled state in; without FILE, what a run could not save."""
    from reconciler.cli import statefiles

    return statefiles.push(settings, path, force=force, lock_timeout=lock_timeout, output=output)


@state.command("unlock")
@account_options
@option("--if-older", callback=seconds, default="0s", metavar="TIME", help="Such as 1h [0s].")
@FORMAT
def state_unlock(settings: Settings, if_older: float, output: str) -> int:
    """Release the lock that a dead run has left."""
    from reconciler.cli import statecommands

    return statecommands.unlock(settings, if_older, output)
