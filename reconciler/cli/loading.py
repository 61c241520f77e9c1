"""The catalog that a command works on."""

from __future__ import annotations

from reconciler.catalog import Reading
from reconciler.catalog import read as read_catalog
from reconciler.catalog.pieces import Kept
from reconciler.cli.environments import chosen
from reconciler.cli.keycache import remember
from reconciler.cli.settings import Settings
from reconciler.errors import CatalogError


def load(settings: Settings, *, contents: bool = True, kept: Kept | None = None) -> Reading:
    """The catalog of an environment; CatalogError with every problem where it has errors.

    Without `contents` the files to upload are not read.  `kept` is what earlier runs have read.
    """
    environment = chosen(settings).env
    with settings.profile.stage("catalog"):
        reading = read_catalog(
            settings.catalog, environment=environment, contents=contents, kept=kept
        )
    if any(problem.severity == "error" for problem in reading.problems):
        raise CatalogError(reading.problems)
    settings.found[:] = reading.problems
    remember(settings.catalog, map(str, reading.catalog.resources))
    return reading
