"""`pxm validate`: the catalog alone, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.catalog import read
from reconciler.cli.settings import Settings
from reconciler.model import Catalog, Problem
from reconciler.reports.problems import problems_github, problems_json, problems_text


def run(settings: Settings, output: str) -> int:
    """Check the catalog offline (contract 1.5)."""
    reading = read(settings.catalog)
    problems = reading.problems
    if output == "json":
        click.echo(problems_json(problems), nl=False)
    elif output == "github":
        click.echo(problems_github(problems, prefix=f"{settings.catalog}/"), nl=False)
    else:
        click.echo(_validated(reading.catalog, problems, settings), nl=False)
    return 1 if any(item.severity == "error" for item in problems) else 0


def _validated(catalog: Catalog, problems: Sequence[Problem], settings: Settings) -> str:
    if any(problem.severity == "error" for problem in problems):
        return problems_text(problems, prefix=f"{settings.catalog}/")
    counts: dict[str, int] = {}
    for ref in catalog.resources:
        counts[ref.kind] = counts.get(ref.kind, 0) + 1
    named = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    warnings = problems_text(problems, prefix=f"{settings.catalog}/") if problems else ""
    return f"{warnings}The catalog is valid: {named}.\n"
