"""Global options: one frozen value, from the command line and the environment (contract 3)."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from reconciler.errors import CatalogError, UsageError

DEFAULT_URL = "https://entapi.amplifi.io"


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every command.  Credentials come from the environment only."""

    catalog: Path = Path("catalog")
    env: str | None = None
    state: str | None = None
    sandbox: bool = False
    sandbox_db: Path = Path(".reconciler/sandbox.db")
    base_url: str = DEFAULT_URL
    insecure_http: bool = False
    verbose: int = 0
    log_format: str = "text"
    no_color: bool = False
    hurried: bool = False
    """No rate between this program and a sandbox of its own: to fill one."""

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
    def by_hand(self) -> bool:
        """Whoever reads what is said can run the command again with other options."""
        return not os.environ.get("CI")

    @property
    def state_url(self) -> str:
        """Where the state is; an embedded sandbox keeps one of its own beside its database."""
        if self.state:
            return self.state
        return state_beside(self.sandbox_db) if self.sandbox else "file:.reconciler/state.db"


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
        "insecure_http",
        "version",
        "help",
    }
)
"""Options that disarm a guard are never read from the environment."""

option = functools.partial(click.option, cls=Option)

_GLOBAL = (
    option("--catalog", type=click.Path(path_type=Path), help="Catalog folder [catalog]."),
    option("--env", help="Environment of catalog/reconciler.yaml."),
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
    option("-v", "--verbose", count=True, default=None, help="Say more; -vv every request."),
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
        settings = replace(base, **given)
        if "sandbox_db" in given:
            settings = replace(settings, sandbox=True)
        context.obj = settings
        # click would take colours out wherever there is no terminal, FORCE_COLOR or not.
        context.color = settings.color
        try:
            return function(settings, **values)
        except CatalogError as error:
            raise CatalogError(error.problems, f"{settings.catalog}/") from None

    decorated: Any = wrapped
    for decorate in reversed(_GLOBAL):
        decorated = decorate(decorated)
    return decorated  # type: ignore[no-any-return]


def _says(context: click.Context, name: str, value: object) -> bool:
    """An option that was given; `pxm` itself has read the environment for its commands."""
    inherited = context.get_parameter_source(name) is ParameterSource.ENVIRONMENT
    return bool(value) and not (inherited and context.parent is not None)


def credentials_from_environment() -> tuple[str, str, str]:
    """Client id, client secret and token; UsageError where there is nothing to log in with."""
    client_id = os.environ.get("PXM_CLIENT_ID", "")
    secret = os.environ.get("PXM_CLIENT_SECRET", "")
    token = os.environ.get("PXM_TOKEN", "")
    if not token and not (client_id and secret):
        raise UsageError(
            "no credentials: PXM_CLIENT_ID and PXM_CLIENT_SECRET (or PXM_TOKEN) are not set",
            hint="make them in PXM under Settings, API; or try `--sandbox`",
        )
    return client_id, secret, token
