"""Global options: one frozen value, from the command line and the environment (contract 3)."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from reconciler.cli.completion import environments
from reconciler.cli.profile import Profile
from reconciler.errors import CatalogError, UsageError
from reconciler.model import Environment, Problem

DEFAULT_URL = "https://entapi.amplifi.io"
HOME = Path(".reconciler")
SANDBOX_DB, UNSAVED = "sandbox.db", "unsaved.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every command.  Credentials come from the environment only."""

    catalog: Path = Path("catalog")
    env: str | None = None
    state: str | None = None
    sandbox: bool = False
    sandbox_db: Path = HOME / SANDBOX_DB
    base_url: str = DEFAULT_URL
    insecure_http: bool = False
    verbose: int = 0
    log_format: str = "text"
    no_color: bool = False
    hurried: bool = False
    """No rate between this program and a sandbox of its own: to fill one."""
    from_variables: frozenset[str] = frozenset()
    """Which of these the environment variables say, and not the command line."""
    resolved: bool = False
    """What the chosen environment says is in it already."""
    profile: Profile = field(default_factory=Profile, compare=False, repr=False)
    """Where stages book what they take."""
    found: list[Problem] = field(default_factory=list, compare=False, repr=False)
    """What is wrong with the files that were read, for the envelope of `--format json`."""

    @property
    def color(self) -> bool:
        """Colour on standard output: FORCE_COLOR, NO_COLOR and CI decide before the terminal."""
        if self.no_color or os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()

    @property
    def bars(self) -> bool:
        """Progress bars: on a terminal, not in CI."""
        return sys.stderr.isatty() and not os.environ.get("CI")

    @property
    def pages(self) -> bool:
        """Whoever reads standard output sits at it, and can turn pages (`PAGER`)."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")

    @property
    def by_hand(self) -> bool:
        """Whoever reads what is said can run the command again with other options."""
        return not os.environ.get("CI")

    @property
    def state_url(self) -> str:
        """Where the state is; an embedded sandbox keeps one of its own beside its database."""
        if self.state:
            return self.state
        return state_beside(self.sandbox_db) if self.sandbox else f"file:{self.home / 'state.db'}"

    @property
    def home(self) -> Path:
        """What is kept on this machine, by environment (contract 2.12)."""
        return HOME / self.env if self.env else HOME

    @property
    def unsaved(self) -> Path:
        """Where a run leaves what it could not save."""
        return self.home / UNSAVED


def state_beside(db: Path) -> str:
    """The state that an embedded sandbox keeps beside its database (contract 2.12)."""
    return f"file:{db}.state"


class Option(click.Option):
    """An option that also reads PXM_<NAME>; guards pass `envvar=None` (contract 3)."""

    def __init__(self, *args: Any, **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        if self.envvar is None and self.name not in GUARDS:
            self.envvar = f"PXM_{(self.name or '').upper()}"


GUARDS = frozenset(
    {
        "yes",
        "allow_deletes",
        "allow_clears",
        "allow_recreate",
        "new_state",
        "overwrite",
        "remove_missing",
        "insecure_http",
        "version",
        "help",
    }
)
"""Options that disarm a guard are never read from the environment."""

option = functools.partial(click.option, cls=Option)

_GLOBAL = (
    option("--catalog", type=click.Path(path_type=Path), help="Catalog folder [catalog]."),
    option(
        "--env",
        metavar="NAME",
        shell_complete=environments,
        help="Environment of catalog/reconciler.yaml.",
    ),
    option(
        "--state",
        metavar="URL",
        help="State: file:PATH, git:[REMOTE][#REF] or postgresql://… [file:.reconciler/state.db].",
    ),
    option("--sandbox", is_flag=True, default=None, help="Use the embedded sandbox."),
    option("--sandbox-db", type=click.Path(path_type=Path), help="Its file; implies --sandbox."),
    option("--base-url", metavar="URL", help=f"The API [{DEFAULT_URL}]."),
    option(
        "--insecure-http",
        is_flag=True,
        default=None,
        help="Send secrets over plain http, too.",
    ),
    option(
        "-v",
        "--verbose",
        count=True,
        default=None,
        help="Say more; -vv every request and a profile.",
    ),
    option("--log-format", type=click.Choice(["text", "json"]), help="Of logs on stderr."),
    option("--no-color", is_flag=True, default=None, help="No colour."),
)

F = TypeVar("F", bound=Callable[..., Any])


def global_options(function: F) -> F:
    """Give a command the global options; they may stand before or after its name."""

    @functools.wraps(function)
    @click.pass_context
    def wrapped(context: click.Context, /, **values: Any) -> Any:
        base = context.obj if isinstance(context.obj, Settings) else Settings()
        names = {item.name for item in fields(Settings)}
        given = {name: values.pop(name) for name in names & values.keys()}
        given = {name: value for name, value in given.items() if _says(context, name, value)}
        from_variables = (base.from_variables - given.keys()) | _ambient(context, given)
        settings = replace(base, **given, from_variables=from_variables)
        if "sandbox_db" in given:
            settings = replace(settings, sandbox=True)
        context.obj = settings
        # click would take colours out wherever there is no terminal, FORCE_COLOR or not.
        context.color = settings.color
        try:
            return function(settings, **values)
        except CatalogError as error:
            raise CatalogError(error.problems, f"{settings.catalog}/", hint=error.hint) from None
        finally:
            if settings.verbose > 1 and not isinstance(context.command, click.Group):
                # Imported here: logs are told of settings, too.
                from reconciler.cli.logs import say_profile

                say_profile(settings)

    decorated: Any = wrapped
    for decorate in reversed(_GLOBAL):
        decorated = decorate(decorated)
    return decorated  # type: ignore[no-any-return]


def _says(context: click.Context, name: str, value: object) -> bool:
    """An option that was given; `pxm` itself has read the variables for its commands."""
    return bool(value) and not (_is_ambient(context, name) and context.parent is not None)


def _ambient(context: click.Context, given: Mapping[str, object]) -> frozenset[str]:
    """The options that variables say, and not the command line."""
    return frozenset(name for name in given if _is_ambient(context, name))


def _is_ambient(context: click.Context, name: str) -> bool:
    """A variable says it, and not the command line."""
    return context.get_parameter_source(name) is ParameterSource.ENVIRONMENT


def account_options(function: F) -> F:
    """The global options, with what the chosen environment says of the account (contract 1.8)."""

    @functools.wraps(function)
    def wrapped(settings: Settings, /, **values: Any) -> Any:
        # Imported here: `--help` reads no catalog.
        from reconciler.cli.environments import chosen

        return function(chosen(settings), **values)

    return global_options(wrapped)  # type: ignore[return-value]


def credentials(settings: Settings) -> tuple[str, str, str]:
    """Client id, client secret and token; UsageError where there is nothing to log in with.

    Of an environment's own variables and the plain ones one set counts, never parts of both.
    """
    names = variables_of_credentials(settings.env)
    client_id, secret, token = (os.environ.get(name, "") for name in names)
    if not token and not (client_id and secret):
        id_name, secret_name, token_name = names
        own = f", for this environment {_own(settings.env)[0]} and so on" if settings.env else ""
        raise UsageError(
            f"no credentials: {id_name} and {secret_name} (or {token_name}) are not set",
            hint=f"make them in PXM under Settings, API{own}; or try `--sandbox`",
        )
    return client_id, secret, token


_CREDENTIALS = ("CLIENT_ID", "CLIENT_SECRET", "TOKEN")


def variables_of_credentials(environment: str | None) -> tuple[str, ...]:
    """The names that count: those of the environment where one of them is set, else the plain."""
    plain = tuple(f"PXM_{name}" for name in _CREDENTIALS)
    if environment is None:
        return plain
    own = _own(environment)
    return own if any(os.environ.get(name) for name in own) else plain


def _own(environment: str) -> tuple[str, ...]:
    return tuple(f"PXM_{Environment(environment).variable}_{name}" for name in _CREDENTIALS)
