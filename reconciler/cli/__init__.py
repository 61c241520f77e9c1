"""The command line: wires the stages, prints once, returns the exit code.

Exit codes (contract 3): 0 done, 1 an error of any sort, 2 changes found, 3 refused by policy,
130 interrupted.  click leaves with 2 on a wrong option; here that is an error, so 1.

Each command imports what it uses: `--version`, `--help` and completion start at once.
"""

from __future__ import annotations

import platform
import sys
import traceback
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.completion import SHELLS, categories, keys
from reconciler.cli.durations import seconds
from reconciler.cli.envelope import Ended, asked, enveloped
from reconciler.cli.settings import (
    DEFAULT_URL,
    Settings,
    account_options,
    global_options,
    option,
)
from reconciler.cli.signals import INTERRUPTED, abrupt
from reconciler.cli.sizes import size_in_bytes
from reconciler.collector import patient_collector
from reconciler.errors import CatalogError, PxmError, UsageError
from reconciler.model import GRACE

__all__ = ["DEFAULT_URL", "cli", "main"]

_PLAN_FORMAT = option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", help="[text]"
)
_REPORT_FORMAT = option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    help="[text]",
)
_STEP_SUMMARY = option(
    "--step-summary", is_flag=True, help="Markdown up to 1 MiB, for a GitHub step's summary."
)
_SNAPSHOT = option(
    "--snapshot", is_flag=True, help="Keep what was read for `plan --refresh delta`."
)
_CONCISE = option("--concise", is_flag=True, help="A line for each object.")
_TARGET = option(
    "--target",
    "targets",
    multiple=True,
    metavar="KIND/KEY",
    shell_complete=keys,
    help="Only this; KIND/KEY/ with content.",
)


_ELSEWHERE = {
    "diff": "`pxm plan` shows what differs from the account, `pxm compare` two accounts",
    "destroy": "nothing empties an account: take objects out of the catalog (`pxm remove "
    "KIND/KEY`), then `pxm apply`",
    "version": "`pxm --version`",
    "refresh": "`pxm plan` reads the account each time; `pxm drift` shows what was changed there",
    "status": "`pxm plan` shows what differs, `pxm doctor` whether all is set up",
    "sync": "`pxm apply` makes the account as the catalog says, `pxm pull` writes YAML from it",
    "dump": "`pxm pull` writes YAML from the account",
    "lint": "`pxm validate`, and `pxm fmt --check` for the shape",
    "format": "`pxm fmt`",
    "list": "`pxm state list`",
    "unlock": "`pxm state unlock`",
    "taint": "what is gone is made again by itself; `pxm explain KIND/KEY` says what is done",
    "output": "`--format json` of a command",
}
"""Commands of other programs, and what does that here."""

_OPTIONS = {
    ("apply", "--dry-run"): "`pxm plan` shows what apply would do, and writes nothing",
    ("apply", "--auto-approve"): "`--yes` applies without asking",
    ("apply", "-a"): "`--yes` applies without asking",
    ("apply", "--out"): "`pxm plan --out FILE`, then `pxm apply FILE`",
    ("plan", "--destroy"): _ELSEWHERE["destroy"],
    ("apply", "--destroy"): _ELSEWHERE["destroy"],
    ("plan", "--dry-run"): "a plan writes nothing to the account",
    ("pull", "--dry-run"): "pull into another folder: `pxm pull DIR`",
    ("", "--json"): "`--format json`",
    ("", "-o"): "`--out FILE`, or `--format json`",
    ("", "--output"): "`--out FILE`, or `--format json`",
}


def _hint(error: click.UsageError) -> str:
    """What somebody means who brings words of another program along; empty where nobody knows."""
    if not isinstance(error, click.NoSuchOption):
        return ""
    name = error.ctx.info_name if error.ctx else ""
    return _OPTIONS.get((name or "", error.option_name)) or _OPTIONS.get(
        ("", error.option_name), ""
    )


class _Commands(click.Group):
    """The commands; the hidden steps of the workflows are imported when they are called."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in _ELSEWHERE and args[0] not in self.commands:
            raise UsageError(f"there is no command '{args[0]}'", hint=_ELSEWHERE[args[0]])
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "ci":
            return super().get_command(ctx, cmd_name)
        from reconciler.cli.ci import ci

        return ci


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pxm")
@global_options
def cli(settings: Settings) -> None:
    """GitOps for a product catalog: YAML in git, reconciled with a PXM account."""


@cli.command()
@global_options
@option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "github", "codequality", "junit", "markdown", "html"]),
    default="text",
    help="[text]",
)
def validate(settings: Settings, output: str) -> int:
    """Check the catalog, and how complete it is by its own rules; no network.

    `--env all` checks it for every environment.
    """
    from reconciler.cli import validatecommand

    return validatecommand.run(settings, output)


@cli.command()
@account_options
@_REPORT_FORMAT
@_STEP_SUMMARY
@_CONCISE
@option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan as JSON.")
@option("--detailed-exitcode", is_flag=True, help="0 nothing to do, 2 changes, 3 refused.")
@option(
    "--refresh",
    type=click.Choice(["full", "delta"]),
    help="delta: read only what has changed since the last full read [full].",
)
@_TARGET
def plan(
    settings: Settings,
    output: str,
    step_summary: bool,
    concise: bool,
    out: Path | None,
    detailed_exitcode: bool,
    refresh: str | None,
    targets: tuple[str, ...],
) -> int:
    """Show what apply would do; writes nothing to the account."""
    from reconciler.cli import planning
    from reconciler.cli.output import Form

    form = Form(output, step_summary, concise)
    return planning.plan(settings, form, out, detailed_exitcode, targets, refresh)


@cli.command()
@global_options
@click.argument("planfile", type=click.Path(path_type=Path))
@_REPORT_FORMAT
@_STEP_SUMMARY
@_CONCISE
def show(settings: Settings, planfile: Path, output: str, step_summary: bool, concise: bool) -> int:
    """Render a saved plan again, offline."""
    from reconciler.cli import planning
    from reconciler.cli.output import Form

    return planning.show(settings, planfile, Form(output, step_summary, concise))


@cli.command()
@account_options
@click.argument("target", metavar="KIND/KEY", shell_complete=keys)
@click.option("--all", "every", is_flag=True, help="Also the fields that are as they should be.")
@_PLAN_FORMAT
def explain(settings: Settings, target: str, every: bool, output: str) -> int:
    """Say why an object changes, or does not: each field desired, live and applied."""
    from reconciler.cli import planning

    return planning.explain_one(settings, target, output, every)


@cli.command()
@account_options
@click.argument("planfiles", nargs=-1, type=click.Path(path_type=Path), metavar="[PLANFILE]…")
@option("--yes", is_flag=True, help="Do not ask.")
@option("--new-state", is_flag=True, help="Start a new state beside what is there, off a terminal.")
@option("--allow-deletes", type=click.IntRange(min=0), help="Instead of the catalog's limits.")
@option("--allow-clears", type=click.IntRange(min=0), help="Instead of the catalog's limit.")
@option("--allow-recreate", type=click.IntRange(min=0), help="Recreate this many gone objects.")
@option("--fail-on-conflict", is_flag=True, help="Refuse where git and the account both changed.")
@option("--lock-timeout", type=click.FloatRange(min=0), default=0.0, help="Seconds to wait [0].")
@option("--grace", type=click.FloatRange(min=0), default=GRACE, help="Seconds that lists lag [10].")
@option("--receipt", type=click.Path(path_type=Path, dir_okay=False), help="Keep the proof.")
@_SNAPSHOT
@_PLAN_FORMAT
@_TARGET
def apply(
    settings: Settings,
    allow_deletes: int | None,
    allow_clears: int | None,
    allow_recreate: int | None,
    fail_on_conflict: bool,
    **wish: Any,
) -> int:
    """Make the account as the catalog says, and prove it.

    With plan files it makes what they permit, and nothing else.
    """
    from reconciler.cli import applying
    from reconciler.plan.policy import Allow

    allow = Allow(allow_deletes, allow_clears, allow_recreate, fail_on_conflict)
    return applying.apply(settings, applying.Wish(allow=allow, **wish))


@cli.command()
@account_options
@_REPORT_FORMAT
@_STEP_SUMMARY
@option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report there; its last lines still go to stdout.",
)
@option("--unmanaged", is_flag=True, help="Also what nobody declared.")
@_SNAPSHOT
def drift(
    settings: Settings,
    output: str,
    step_summary: bool,
    out: Path | None,
    unmanaged: bool,
    snapshot: bool,
) -> int:
    """Show what was changed in the account behind git's back; exit 2 where something was."""
    from reconciler.cli import driftcommand
    from reconciler.cli.output import Form

    return driftcommand.run(settings, Form(output, step_summary), out, unmanaged, snapshot)


@cli.command()
@global_options
@click.argument("first", metavar="ENV")
@click.argument("second", metavar="ENV")
@_REPORT_FORMAT
@_STEP_SUMMARY
@option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the report there.")
def compare(
    settings: Settings, first: str, second: str, output: str, step_summary: bool, out: Path | None
) -> int:
    """Show what the accounts of two environments hold differently; exit 2 where something is."""
    from reconciler.cli import comparecommand
    from reconciler.cli.output import Form

    return comparecommand.run(settings, (first, second), Form(output, step_summary), out)


@cli.command()
@account_options
@option("--format", "output", type=click.Choice(["dot", "mermaid"]), default="dot", help="[dot]")
@_TARGET
def graph(settings: Settings, output: str, targets: tuple[str, ...]) -> int:
    """Draw the objects of the catalog and their dependencies; no network."""
    from reconciler.cli import graphcommand

    return graphcommand.run(settings, output, targets)


@cli.command()
@global_options
@option("--under", default="", metavar="CATEGORY", help="Only what is in or below this category.")
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="preview",
    help="The folder to write, there or not [preview].",
)
def preview(settings: Settings, under: str, out: Path) -> int:
    """Write the catalog as a shop would show it: pages that work offline; no network.

    Other files of the folder are left as they are, and never overwritten.
    """
    from reconciler.cli import previewcommand

    return previewcommand.run(settings, under, out)


@cli.command()
@account_options
@click.argument("targets", nargs=-1, metavar="[DIR]")
@option("--kind", "kinds", multiple=True, help="Only objects of this kind; may be repeated.")
@option(
    "--compact",
    is_flag=True,
    help="Write what entries share once, as `defaults` and `inherit`.",
)
@option(
    "--accept",
    multiple=True,
    metavar="KIND/KEY",
    shell_complete=keys,
    help="Take this object's drift over into the files; `all` for everything.",
)
@option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where unmanaged objects (--accept KIND/ID) are written.",
)
@option(
    "--texts-from",
    type=click.IntRange(min=0),
    metavar="N",
    help="Texts of more than N characters go to files beside the YAML.",
)
@option("--lock-timeout", type=click.FloatRange(min=0), default=0.0, help="Seconds to wait [0].")
@_PLAN_FORMAT
def pull(settings: Settings, **wanted: Any) -> int:
    """Write YAML from the account: a whole one to start with, or drift into files that exist.

    Without --accept the account is written to DIR [the catalog folder] and recorded in the state:
    a plan right after it is empty.  With it, only the lines of what drifted are edited.
    """
    from reconciler.cli import pullcommands

    return pullcommands.run(settings, pullcommands.Wanted(**wanted))


_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show the edits and write nothing.")
_YES = option("--yes", is_flag=True, help="Do not ask.")


@cli.command()
@global_options
@click.argument("target", metavar="KIND/OLD", shell_complete=keys)
@click.argument("new", metavar="NEW")
@_DRY_RUN
@_YES
def rename(settings: Settings, target: str, new: str, dry_run: bool, yes: bool) -> int:
    """Give an object another key: its own, all references, and the `moved:` entry."""
    from reconciler.cli import refactorcommands as commands

    return commands.rename(settings, target, new, commands.How(dry_run, yes))


@cli.command()
@global_options
@click.argument("targets", nargs=-1, required=True, metavar="KIND/KEY…", shell_complete=keys)
@click.option("--keep-live", is_flag=True, help="Let it go: it stays in the account.")
@click.option("--removed", "noted", is_flag=True, help="A `removed:` entry: outside the limits.")
@click.option("--orphans", is_flag=True, help="Also links and files of nothing else.")
@_DRY_RUN
@_YES
def remove(settings: Settings, dry_run: bool, yes: bool, **wanted: Any) -> int:
    """Take an object out of the files, with what it contains and all references.

    The next apply deletes it in the account, or with --keep-live no longer manages it.
    """
    from reconciler.cli import refactorcommands as commands
    from reconciler.refactor.remove import Wanted

    return commands.remove(settings, Wanted(**wanted), commands.How(dry_run, yes))


@cli.command()
@global_options
@click.argument("targets", nargs=-1, required=True, metavar="KIND/KEY…", shell_complete=keys)
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A file of the catalog, there or not.",
)
@_DRY_RUN
@_YES
def move(settings: Settings, targets: tuple[str, ...], to: Path, dry_run: bool, yes: bool) -> int:
    """Put an object into another file, with its comments and what is nested in it."""
    from reconciler.cli import refactorcommands as commands

    return commands.move(settings, targets, to, commands.How(dry_run, yes))


@cli.command()
@global_options
@click.argument("path", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@option(
    "--under",
    default="",
    metavar="CATEGORY",
    shell_complete=categories,
    help="Only what is in or below this category.",
)
@option("--kind", default="collection", help="Of which kind a row is [collection].")
@option("--columns", multiple=True, metavar="A,B", help="These and no others: fields, attributes.")
def export(
    settings: Settings, path: Path | None, under: str, kind: str, columns: tuple[str, ...]
) -> int:
    """Write the catalog as a spreadsheet (FILE.xlsx, FILE.csv); without FILE, CSV to stdout.

    A row is a product or variant, a column a field or an attribute. `pxm import` takes it back.
    """
    from reconciler.cli import sheetcommands

    return sheetcommands.export(settings, path, under, kind, columns)


@cli.command("import")
@global_options
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@option("--dry-run", is_flag=True, help="Say what would be edited, and write nothing.")
@option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where new rows are written that stand under nothing.",
)
@option("--kind", help="Of which kind a row is, where FILE does not say [collection].")
@option("--remove-missing", is_flag=True, help="Take out exported objects without a row.")
@option("--overwrite", is_flag=True, help="Where the catalog was changed too, the sheet wins.")
def import_(settings: Settings, **asked: Any) -> int:
    """Edit the catalog's files as a spreadsheet says: the cells that changed since its export.

    All of it is imported, or nothing: what cannot be is listed by row and column.
    """
    from reconciler.cli import sheetcommands

    return sheetcommands.import_(settings, sheetcommands.Import(**asked))


@cli.command()
@global_options
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]…")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something would.")
@click.option("--diff", is_flag=True, help="The same, and show what would change.")
@_PLAN_FORMAT
def fmt(settings: Settings, paths: tuple[Path, ...], check: bool, diff: bool, output: str) -> int:
    """Bring catalog files into canonical order and shape; comments stay.

    `-` is standard input, formatted to standard output.
    """
    from reconciler.cli import fmtcommand

    return fmtcommand.run(settings, paths, fmtcommand.Mode(check, diff, output))


@cli.command()
@global_options
@click.argument("folder", default=".", type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--account", is_flag=True, help="Start from what your account holds (`pxm pull`).")
@click.option("--github", is_flag=True, help="Also workflows for GitHub.")
@click.option("--gitlab", is_flag=True, help="Also a pipeline for GitLab.")
@click.option(
    "--repository",
    default="",
    metavar="OWNER/NAME[@REF]",
    help="Where pxm's workflows are [where it was installed from].",
)
@click.option("--agents", is_flag=True, help="Also AGENTS.md, rules for machine editors.")
@click.option(
    "--force",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write over this file; may be repeated.",
)
def init(settings: Settings, folder: Path, **asked: Any) -> int:
    """Make a repository that works: a catalog with its settings and schema, CI, `.gitignore`.

    On a terminal it asks; with options it does not. What is there already is left as it is:
    workflows are written beside a catalog, and no file that says something else is overwritten
    unless --force names it. --state is written into the settings of a new catalog.
    """
    from reconciler.cli import initcommand
    from reconciler.cli.initcommand.wanted import Wanted

    return initcommand.run(settings, folder, Wanted(**asked))


@cli.command()
@global_options
@option("--live", is_flag=True, help="Ask the account for its regions.")
@click.option("--watch", is_flag=True, help="Write it again whenever a file changes.")
def schema(settings: Settings, live: bool, watch: bool) -> int:
    """Write a schema of this catalog: editors then propose its keys and options."""
    from reconciler.cli import schemacommand

    return schemacommand.run(settings, live, watch)


@cli.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_(shell: str) -> int:
    """Write what a shell runs to complete commands, options and keys.

    Keys are those of the catalog when a command last read it.

    \b
    bash  eval "$(pxm completion bash)"                                   in ~/.bashrc
    zsh   eval "$(pxm completion zsh)"                                    in ~/.zshrc
    fish  pxm completion fish > ~/.config/fish/completions/pxm.fish       once
    """
    from reconciler.cli.completion import script

    click.echo(script(shell, cli))
    return 0


@cli.command("doctor")
@global_options
@option("--format", "output", type=click.Choice(["text", "json"]), default="text", help="[text]")
def doctor_(settings: Settings, output: str) -> int:
    """Say what works, and what to do about what does not; nothing is changed."""
    from reconciler.cli import doctor

    return doctor.run(settings, output)


@cli.group()
def state() -> None:
    """Look at and mend the state."""


@state.command("list")
@account_options
@click.argument("kind", required=False)
@_PLAN_FORMAT
def state_list(settings: Settings, kind: str | None, output: str) -> int:
    """Every managed object and its id."""
    from reconciler.cli import statecommands

    return statecommands.list_entries(settings, kind, output)


_LOCK_TIMEOUT = option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Seconds to wait for a locked state [0].",
)


@state.command("show")
@account_options
@click.argument("target", metavar="[KIND/KEY]", required=False, shell_complete=keys)
@option("--format", "output", type=click.Choice(["text", "json"]), default="text", help="[text]")
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
@_LOCK_TIMEOUT
def state_mv(settings: Settings, source: str, target: str, lock_timeout: float) -> int:
    """Give an object another key."""
    from reconciler.cli import statecommands

    return statecommands.move(settings, source, target, lock_timeout)


@state.command("rm")
@account_options
@click.argument("targets", nargs=-1, required=True, metavar="KIND/KEY…", shell_complete=keys)
@_LOCK_TIMEOUT
def state_rm(settings: Settings, targets: tuple[str, ...], lock_timeout: float) -> int:
    """Let objects go: they stay in the account."""
    from reconciler.cli import statecommands

    return statecommands.remove(settings, targets, lock_timeout)


@state.command("bind")
@account_options
@click.argument("target", metavar="KIND/KEY", shell_complete=keys)
@click.argument("id_", metavar="ID")
@_LOCK_TIMEOUT
def state_bind(settings: Settings, target: str, id_: str, lock_timeout: float) -> int:
    """Tie a key to a live object."""
    from reconciler.cli import statecommands

    return statecommands.bind(settings, target, id_, lock_timeout)


@state.command("pull")
@account_options
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
def state_pull(settings: Settings, path: Path | None) -> int:
    """Write the whole state as JSON, to a file or to standard output."""
    from reconciler.cli import statefiles

    return statefiles.pull(settings, path)


@state.command("push")
@account_options
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite a newer state, or another account's.")
@_LOCK_TIMEOUT
def state_push(settings: Settings, path: Path | None, force: bool, lock_timeout: float) -> int:
    """Bring a pulled state in; without FILE, what a run could not save."""
    from reconciler.cli import statefiles

    return statefiles.push(settings, path, force=force, lock_timeout=lock_timeout)


@state.command("unlock")
@account_options
@option("--if-older", callback=seconds, default="0s", metavar="TIME", help="Such as 1h [0s].")
def state_unlock(settings: Settings, if_older: float) -> int:
    """Release the lock that a dead run has left."""
    from reconciler.cli import statecommands

    return statecommands.unlock(settings, if_older)


@cli.group()
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


def main(arguments: list[str] | None = None) -> None:
    """Entry point: run a command and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command, say how it ended, and return the exit code.

    With `--format json` all that goes to standard output is one document, errors included.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if not asked(words):
        return _ended(words).code
    with redirect_stdout(StringIO()) as printed:
        ended = _ended(words)
    click.echo(enveloped(words, printed.getvalue(), ended), nl=False)
    return ended.code


def _ended(arguments: list[str]) -> Ended:
    """The one boundary that prints errors."""
    try:
        with abrupt(), patient_collector():
            result = cli.main(arguments, prog_name="pxm", standalone_mode=False)
        return Ended(result if isinstance(result, int) else 0)
    except click.exceptions.Exit as error:
        return Ended(error.exit_code)
    except click.ClickException as error:
        error.show()
        hint = _hint(error) if isinstance(error, click.UsageError) else ""
        if hint:
            click.echo(f"  {hint}", err=True)
        return Ended(1, error, hint)
    except (click.Abort, KeyboardInterrupt) as error:
        return _interrupted(error)
    except CatalogError as error:
        from reconciler.reports.problems import problems_text

        click.echo(problems_text(error.problems, prefix=error.folder), err=True, nl=False)
        if error.hint:
            click.echo(error.hint, err=True)
        return Ended(error.exit_code, error)
    except PxmError as error:
        _say(error)
        return Ended(error.exit_code, error)
    except BrokenPipeError:
        sys.stdout = None
        return Ended(1)
    except Exception as error:
        return _unexpected(error)


def _interrupted(error: BaseException) -> Ended:
    # click makes an `Abort` of a Ctrl-C.
    cause = error.__cause__ if isinstance(error, click.Abort) else error
    stand = f" at {cause.args[0]}" if cause is not None and cause.args else ""
    words = f"Interrupted{stand}. What was done is recorded; run the command again."
    click.echo(words, err=True)
    return Ended(INTERRUPTED, error, words)


def _say(error: PxmError) -> None:
    from reconciler.reports.values import clean

    request = getattr(error, "request", "")
    where = f" ({request})" if request else ""
    click.echo(f"Error: {clean(error.message)}{clean(where)}", err=True)
    if error.hint:
        click.echo(f"  {clean(error.hint)}", err=True)


def _unexpected(error: Exception) -> Ended:
    """A fault of this program: keep the traceback in a file, not on the screen."""
    from reconciler.reports.values import clean

    path = Path(".reconciler/crash.log")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        versions = f"pxm {__version__}, Python {platform.python_version()}, {sys.platform}\n"
        path.write_text(versions + "".join(traceback.format_exception(error)), encoding="utf-8")
        kept = f"the details are in {path}"
    except OSError:
        kept = "the details could not be kept"
    click.echo(
        f"Error: unexpected {type(error).__name__}: {clean(str(error))[:200]}; {kept}", err=True
    )
    hint = "This is a fault of pxm. Please report it with that file."
    click.echo(f"  {hint}", err=True)
    return Ended(1, error, hint)
