"""`pxm validate`: the catalog alone, without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from reconciler.catalog import Reading, read
from reconciler.cli.environments import declared, name_of
from reconciler.cli.settings import Settings
from reconciler.errors import CatalogError
from reconciler.model import EVERY_ENVIRONMENT, Catalog, Problem
from reconciler.reports.problems import problems_github, problems_json, problems_text

Readings = Mapping[str | None, Reading]
"""The catalog as each environment has it; under None where it declares none."""


def run(settings: Settings, output: str) -> int:
    """Check the catalog offline (contract 1.5), for one environment or for all of them."""
    readings = {name: read(settings.catalog, environment=name) for name in _asked(settings)}
    found = problems(readings)
    if output == "json":
        click.echo(problems_json(found), nl=False)
    elif output == "github":
        click.echo(problems_github(found, prefix=f"{settings.catalog}/"), nl=False)
    else:
        click.echo(_validated(readings, found, settings), nl=False)
    return 1 if _has_errors(found) else 0


def _asked(settings: Settings) -> Sequence[str | None]:
    """The environments to check the catalog for."""
    try:
        found = declared(settings)
    except CatalogError:
        # The settings cannot be read: the reading says why, with all that is wrong besides.
        return [None]
    if settings.env == EVERY_ENVIRONMENT:
        return list(found) or [None]
    return [name_of(settings, found, f"one with --env NAME, or all with --env {EVERY_ENVIRONMENT}")]


def problems(readings: Readings) -> Sequence[Problem]:
    """Every problem once; one that only some environments have says which."""
    having: dict[Problem, list[str]] = {}
    for name, reading in readings.items():
        for problem in reading.problems:
            having.setdefault(problem, []).append(str(name))
    return sorted(
        problem if len(names) == len(readings) else _in(problem, names)
        for problem, names in having.items()
    )


def _in(problem: Problem, names: Sequence[str]) -> Problem:
    return replace(problem, message=f"{problem.message}, in {' and '.join(names)}")


def _has_errors(found: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in found)


def _validated(readings: Readings, found: Sequence[Problem], settings: Settings) -> str:
    said = problems_text(found, prefix=f"{settings.catalog}/") if found else ""
    if _has_errors(found):
        return said
    return said + "".join(_valid(name, reading.catalog) for name, reading in readings.items())


def _valid(name: str | None, catalog: Catalog) -> str:
    counts = Counter(ref.kind for ref in catalog.resources)
    named = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    where = f" for {name}" if name else ""
    return f"The catalog is valid{where}: {named}.\n"
