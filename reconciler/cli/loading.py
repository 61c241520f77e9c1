"""The catalog that a command works on."""

from __future__ import annotations

from reconciler.catalog import Reading
from reconciler.catalog import read as read_catalog
from reconciler.cli.settings import Settings
from reconciler.errors import CatalogError, UsageError


def load(settings: Settings) -> Reading:
    """The catalog; CatalogError with every problem where it has errors."""
    require_one_environment(settings)
    reading = read_catalog(settings.catalog, contents=True)
    if any(problem.severity == "error" for problem in reading.problems):
        raise CatalogError(reading.problems)
    return reading


def require_one_environment(settings: Settings) -> None:
    """`--env` names environments of later releases; a wrong name must not pass silently."""
    if settings.env:
        raise UsageError(
            f"--env {settings.env}: this catalog declares no environments",
            hint="`environments` in catalog/reconciler.yaml is not supported yet",
        )
