"""Which environment of the catalog a command works on, and what that says (contract 1.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.cli.keycache import ENVIRONMENTS, remember
from reconciler.cli.settings import HOME, SANDBOX_DB, Settings
from reconciler.errors import UsageError
from reconciler.model import EVERY_ENVIRONMENT, Environment


def declared(settings: Settings) -> Mapping[str, Environment]:
    """The environments of the catalog; CatalogError where its settings cannot be read."""
    if not (settings.catalog / "reconciler.yaml").is_file():
        return {}
    # Imported here: what works without a catalog reads none.
    from reconciler.catalog import environments

    found = environments(settings.catalog)
    remember(settings.catalog, found, ENVIRONMENTS)
    return found


def chosen(settings: Settings) -> Settings:
    """The settings with what their environment says; UsageError where it must be named.

    A command line that says more than the environment counts, and so do variables, with a warning.
    """
    if settings.resolved:
        return settings
    found = declared(settings)
    name = name_of(settings, found)
    if name is None:
        return replace(settings, resolved=True)
    given = replace(settings, env=name, resolved=True)
    if settings.sandbox:
        return _own_sandbox(given)
    return replace(
        given,
        state=_counts(given, "state", found[name].state) or None,
        base_url=_counts(given, "base_url", found[name].base_url),
    )


def name_of(
    settings: Settings, found: Mapping[str, Environment], choice: str = "one with --env NAME"
) -> str | None:
    """The environment to work on: the one named, or the only one; None where there is none."""
    if settings.env is not None:
        _check_name(settings.env, found)
        return settings.env
    if len(found) > 1 and settings.sandbox:
        return _first(settings, found)
    if len(found) > 1:
        raise UsageError(
            f"the catalog has several environments: {', '.join(found)}",
            hint=f"choose {choice}",
        )
    return next(iter(found), None)


def _first(settings: Settings, found: Mapping[str, Environment]) -> str:
    """An embedded sandbox stands for no account in particular: the first one is as good."""
    from reconciler.cli.logs import say

    name = next(iter(found))
    say(
        settings, "info", f"Environment: {name}, the first of reconciler.yaml (--env picks another)"
    )
    return name


def _check_name(name: str, found: Mapping[str, Environment]) -> None:
    if name in found:
        return
    if not found:
        raise UsageError(
            f"--env {name}: this catalog declares no environments",
            hint="declare them under `environments` in reconciler.yaml, or leave --env out",
        )
    if name == EVERY_ENVIRONMENT:
        raise UsageError(
            "--env all: this command works on one environment",
            hint=f"choose one of {', '.join(found)}; `pxm validate --env all` checks all of them",
        )
    from reconciler.suggestions import suggestion

    known = f"reconciler.yaml has {', '.join(found)}"
    guess = suggestion(name, found)
    raise UsageError(
        f"--env {name}: the catalog has no such environment",
        hint=f"{guess} {known}" if guess else known,
    )


def _own_sandbox(settings: Settings) -> Settings:
    """Each environment has an embedded sandbox of its own, unless a file is named."""
    if settings.sandbox_db != HOME / SANDBOX_DB:
        return settings
    return replace(settings, sandbox_db=settings.home / SANDBOX_DB)


def for_environment(name: str | None) -> str:
    """What a plan file was made for, in words."""
    return f"the environment {name}" if name else "a catalog without environments"


def _counts(settings: Settings, option: str, said: str) -> str:
    """What counts of an option: what was given, else what the environment says."""
    given, default = str(getattr(settings, option) or ""), getattr(_DEFAULTS, option) or ""
    if given == default or not said:
        return said or given
    if given != said and option in settings.from_variables:
        # Imported here: most commands have nothing to say.
        from reconciler.cli.logs import say

        name = f"PXM_{option.upper()}"
        words = f"{name} is set: it counts instead of the `{option}` of environment {settings.env}"
        say(settings, "warning", words)
    return given


_DEFAULTS = Settings()
