"""`pxm validate`: the catalog alone, without a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from reconciler.catalog import Reading, read
from reconciler.cli.environments import declared, name_of
from reconciler.cli.keycache import remember
from reconciler.cli.settings import Settings
from reconciler.completeness import Completeness
from reconciler.enums import ProblemKind
from reconciler.errors import CatalogError, UsageError
from reconciler.model import EVERY_ENVIRONMENT, Catalog, Problem
from reconciler.reports.completeness import completeness_text
from reconciler.reports.markdown.completeness import completeness_markdown
from reconciler.reports.problemfiles import problems_codequality, problems_junit
from reconciler.reports.problems import problems_github, problems_json, problems_text

_PROBLEMS = {
    "github": problems_github,
    "codequality": problems_codequality,
    "junit": problems_junit,
}
"""Formats that show the problems alone."""

Readings = Mapping[str | None, Reading]
"""The catalog as each environment has it; under None where it declares none."""


def run(settings: Settings, output: str) -> int:
    """Check the catalog offline (contract 1.5), for one environment or for all of them.

    Markdown and HTML show how complete it is by its rules.
    """
    with settings.profile.stage("catalog"):
        readings = {name: read(settings.catalog, environment=name) for name in _asked(settings)}
        found = problems(readings)
    if not _has_errors(found):
        known: set[str] = set()
        for reading in readings.values():
            known.update(map(str, reading.catalog.resources))
        remember(settings.catalog, known)
    with settings.profile.stage("report"):
        click.echo(_written(readings, found, settings, output), nl=False)
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


def completeness(readings: Readings) -> Mapping[str | None, Completeness]:
    """By environment how complete the catalog is; under None where it is so in all of them."""
    found = {name: reading.completeness for name, reading in readings.items()}
    first, *others = found.values()
    return found if any(other != first for other in others) else {None: first}


# --- written ------------------------------------------------------------------------------------


def _written(readings: Readings, found: Sequence[Problem], settings: Settings, output: str) -> str:
    prefix = f"{settings.catalog}/"
    if output == "json":
        return problems_json(found, completeness(readings))
    if output in _PROBLEMS:
        return _PROBLEMS[output](found, prefix=prefix)
    if output == "markdown":
        return completeness_markdown(completeness(readings), lead(found))
    if output == "html":
        return _page(completeness(readings), found)
    return _validated(readings, found, prefix)


def _page(by_environment: Mapping[str | None, Completeness], found: Sequence[Problem]) -> str:
    # jinja2 takes a tenth of a second to load, which most runs have no use for.
    from reconciler.reports.html import completeness_html

    if len(by_environment) > 1:
        raise UsageError(
            "the environments differ in how complete they are, and a page shows one",
            hint="name it with --env NAME",
        )
    [(environment, one)] = by_environment.items()
    return completeness_html(one, environment, lead(found))


def lead(found: Sequence[Problem]) -> str:
    """That the catalog is broken besides, so that not all of it is counted; else nothing."""
    others = [item for item in found if item.kind != ProblemKind.BREACH]
    errors = sum(item.severity == "error" for item in others)
    if not errors:
        return ""
    noun = "error" if errors == 1 else "errors"
    return (
        f"The catalog has {errors:,} {noun} besides, so perhaps not all of it is counted: "
        "`pxm validate` names them."
    )


def _validated(readings: Readings, found: Sequence[Problem], prefix: str) -> str:
    """All problems, that the catalog is valid where it is, and what the rules have found."""
    said = problems_text(found, prefix=prefix) if found else ""
    if not _has_errors(found):
        said += "".join(_valid(name, reading.catalog) for name, reading in readings.items())
    return said + completeness_text(completeness(readings))


def _valid(name: str | None, catalog: Catalog) -> str:
    counts = Counter(ref.kind for ref in catalog.resources)
    named = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    where = f" for {name}" if name else ""
    return f"The catalog is valid{where}: {named}.\n"
