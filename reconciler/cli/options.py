"""Options that several commands have."""

from __future__ import annotations

import click

from reconciler.cli.completion import keys
from reconciler.cli.settings import option

FORMAT = option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", help="[text]"
)
REPORT_FORMAT = option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    help="[text]",
)
STEP_SUMMARY = option(
    "--step-summary", is_flag=True, help="Markdown up to 1 MiB, for a GitHub step's summary."
)
SNAPSHOT = option("--snapshot", is_flag=True, help="Keep what was read for `plan --refresh delta`.")
CONCISE = option("--concise", is_flag=True, help="A line for each object.")
TARGET = option(
    "--target",
    "targets",
    multiple=True,
    metavar="KIND/KEY",
    shell_complete=keys,
    help="Only this; KIND/KEY/ with content.",
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show the edits and write nothing.")
YES = option("--yes", is_flag=True, help="Do not ask.")
LOCK_TIMEOUT = option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Seconds to wait for a locked state [0].",
)
