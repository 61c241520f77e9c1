"""The command line: wires the stages, prints once, returns the exit code.

Exit codes (contract 3): 0 done, 1 an error of any sort, 2 changes found, 3 refused by policy,
130 interrupted.  click leaves with 2 on a wrong option; here that is an error, so 1.

Each command imports what it uses: `--version`, `--help` and completion start at once.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.completion import SHELLS, categories, keys
from reconciler.cli.endings import ended
from reconciler.cli.envelope import asked, enveloped
from reconciler.cli.hints import COMMANDS
from reconciler.cli.options import (
    CONCISE,
    DRY_RUN,
    FORMAT,
    LOCK_TIMEOUT,
    REPORT_FORMAT,
    SNAPSHOT,
    STEP_SUMMARY,
    TARGET,
    YES,
)
from reconciler.cli.sandboxgroup import sandbox
from reconciler.cli.settings import (
    DEFAULT_URL,
    Settings,
    account_options,
    global_options,
    option,
)
from reconciler.cli.signals import abrupt
from reconciler.cli.stategroup import state
from reconciler.collector import patient_collector
from reconciler.errors import UsageError
from reconciler.model import GRACE

__all__ = ["DEFAULT_URL", "cli", "main"]


class _Commands(click.Group):
    """The commands; the hidden steps of the workflows are imported when they are called."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in COMMANDS and args[0] not in self.commands:
            raise UsageError(f"there is no command '{args[0]}'", hint=COMMANDS[args[0]])
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


cli.add_command(state)
cli.add_command(sandbox)


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
@REPORT_FORMAT
@STEP_SUMMARY
@CONCISE
@option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan as JSON.")
@option("--detailed-exitcode", is_flag=True, help="0 nothing to do, 2 changes, 3 refused.")
@option(
    "--refresh",
    type=click.Choice(["full", "delta"]),
    help="delta: read only what has changed since the last full read [full].",
)
@TARGET
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
@REPORT_FORMAT
@STEP_SUMMARY
@CONCISE
def show(settings: Settings, planfile: Path, output: str, step_summary: bool, concise: bool) -> int:
    """Render a saved plan again, offline."""
    from reconciler.cli import planning
    from reconciler.cli.output import Form

    return planning.show(settings, planfile, Form(output, step_summary, concise))


@cli.command()
@account_options
@click.argument("target", metavar="KIND/KEY", shell_complete=keys)
@click.option("--all", "every", is_flag=True, help="Also the fields that are as they should be.")
@FORMAT
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
@LOCK_TIMEOUT
@option("--grace", type=click.FloatRange(min=0), default=GRACE, help="Seconds that lists lag [10].")
@option("--receipt", type=click.Path(path_type=Path, dir_okay=False), help="Keep the proof.")
@SNAPSHOT
@FORMAT
@TARGET
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
@REPORT_FORMAT
@STEP_SUMMARY
@option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report there; its last lines still go to stdout.",
)
@option("--unmanaged", is_flag=True, help="Also what nobody declared.")
@SNAPSHOT
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
@REPORT_FORMAT
@STEP_SUMMARY
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
@option(
    "--format",
    "output",
    type=click.Choice(["dot", "mermaid", "json"]),
    default="dot",
    help="[dot]",
)
@TARGET
def graph(settings: Settings, output: str, targets: tuple[str, ...]) -> int:
    """Draw the objects of the catalog and their dependencies; no network."""
    from reconciler.cli import graphcommand

    return graphcommand.run(settings, output, targets)


@cli.command()
@global_options
@option(
    "--under",
    default="",
    metavar="CATEGORY",
    shell_complete=categories,
    help="Only what is in or below this category.",
)
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="preview",
    help="The folder to write, there or not [preview].",
)
@FORMAT
def preview(settings: Settings, under: str, out: Path, output: str) -> int:
    """Write the catalog as a shop would show it: pages that work offline; no network.

    Other files of the folder are left as they are, and never overwritten.
    """
    from reconciler.cli import previewcommand

    return previewcommand.run(settings, under, out, output)


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
@LOCK_TIMEOUT
@FORMAT
def pull(settings: Settings, **wanted: Any) -> int:
    """Write YAML from the account: a whole one to start with, or drift into files that exist.

    Without --accept the account is written to DIR [the catalog folder] and recorded in the state:
    a plan right after it is empty.  With it, only the lines of what drifted are edited.
    """
    from reconciler.cli import pullcommands

    return pullcommands.run(settings, pullcommands.Wanted(**wanted))


@cli.command()
@global_options
@click.argument("target", metavar="KIND/OLD", shell_complete=keys)
@click.argument("new", metavar="NEW")
@DRY_RUN
@YES
@FORMAT
def rename(settings: Settings, target: str, new: str, dry_run: bool, yes: bool, output: str) -> int:
    """Give an object another key: its own, all references, and the `moved:` entry."""
    from reconciler.cli import refactorcommands as commands

    return commands.rename(settings, target, new, commands.How(dry_run, yes, output))


@cli.command()
@global_options
@click.argument("targets", nargs=-1, required=True, metavar="KIND/KEY…", shell_complete=keys)
@click.option("--keep-live", is_flag=True, help="Let it go: it stays in the account.")
@click.option("--removed", "noted", is_flag=True, help="A `removed:` entry: outside the limits.")
@click.option("--orphans", is_flag=True, help="Also links and files of nothing else.")
@DRY_RUN
@YES
@FORMAT
def remove(settings: Settings, dry_run: bool, yes: bool, output: str, **wanted: Any) -> int:
    """Take an object out of the files, with what it contains and all references.

    The next apply deletes it in the account, or with --keep-live no longer manages it.
    """
    from reconciler.cli import refactorcommands as commands
    from reconciler.refactor.remove import Wanted

    return commands.remove(settings, Wanted(**wanted), commands.How(dry_run, yes, output))


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
@DRY_RUN
@YES
@FORMAT
def move(
    settings: Settings, targets: tuple[str, ...], to: Path, dry_run: bool, yes: bool, output: str
) -> int:
    """Put an object into another file, with its comments and what is nested in it."""
    from reconciler.cli import refactorcommands as commands

    return commands.move(settings, targets, to, commands.How(dry_run, yes, output))


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
@FORMAT
def export(
    settings: Settings,
    path: Path | None,
    under: str,
    kind: str,
    columns: tuple[str, ...],
    output: str,
) -> int:
    """Write the catalog as a spreadsheet (FILE.xlsx, FILE.csv); without FILE, CSV to stdout.

    A row is a product or variant, a column a field or an attribute. `pxm import` takes it back.
    """
    from reconciler.cli import sheetcommands

    return sheetcommands.export(settings, path, under, kind, columns, output)


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
@FORMAT
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
@FORMAT
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
@FORMAT
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
@FORMAT
def schema(settings: Settings, live: bool, watch: bool, output: str) -> int:
    """Write a schema of this catalog: editors then propose its keys and options."""
    from reconciler.cli import schemacommand

    return schemacommand.run(settings, live, watch, output)


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
@FORMAT
def doctor_(settings: Settings, output: str) -> int:
    """Say what works, and what to do about what does not; nothing is changed."""
    from reconciler.cli import doctor

    return doctor.run(settings, output)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: run a command and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command, say how it ended, and return the exit code.

    With `--format json` all that goes to standard output is one document, errors included.
    """
    words = sys.argv[1:] if arguments is None else arguments
    settings = Settings()

    def command() -> object:
        with abrupt(), patient_collector():
            return cli.main(words, prog_name="pxm", standalone_mode=False, obj=settings)

    if not asked(cli, words):
        return ended(command).code
    with redirect_stdout(StringIO()) as printed:
        how = replace(ended(command), found=settings.found)
    click.echo(enveloped(cli, words, printed.getvalue(), how), nl=False)
    return how.code
