"""How a command ends: its exit code, and what is said of an error (contract 3)."""

from __future__ import annotations

import platform
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli.envelope import Ended
from reconciler.cli.hints import hint as meant
from reconciler.cli.signals import INTERRUPTED
from reconciler.errors import CatalogError, PxmError


def ended(command: Callable[[], object]) -> Ended:
    """Run a command: the one boundary that prints errors."""
    try:
        result = command()
        return Ended(result if isinstance(result, int) else 0)
    except click.exceptions.Exit as error:
        return Ended(error.exit_code)
    except click.ClickException as error:
        error.show()
        hint = meant(error) if isinstance(error, click.UsageError) else ""
        if hint:
            click.echo(f"  {hint}", err=True)
        return Ended(1, error, hint)
    except (click.Abort, KeyboardInterrupt) as error:
        return _interrupted(error)
    except CatalogError as error:
        from reconciler.reports.problems import problems_text

        click.echo(problems_text(error.problems, prefix=error.folder), err=True, nl=False)
        if error.hint:
            click.echo(error.hint, err=True)
        return Ended(error.exit_code, error)
    except PxmError as error:
        _say(error)
        return Ended(error.exit_code, error)
    except BrokenPipeError:
        sys.stdout = None
        return Ended(1)
    except Exception as error:
        return _unexpected(error)


def _interrupted(error: BaseException) -> Ended:
    # click makes an `Abort` of a Ctrl-C.
    cause = error.__cause__ if isinstance(error, click.Abort) else error
    stand = f" at {cause.args[0]}" if cause is not None and cause.args else ""
    words = f"Interrupted{stand}. What was done is recorded; run the command again."
    click.echo(words, err=True)
    return Ended(INTERRUPTED, error, words)


def _say(error: PxmError) -> None:
    from reconciler.reports.values import clean

    request = getattr(error, "request", "")
    where = f" ({request})" if request else ""
    click.echo(f"Error: {clean(error.message)}{clean(where)}", err=True)
    if error.hint:
        click.echo(f"  {clean(error.hint)}", err=True)


def _unexpected(error: Exception) -> Ended:
    """A fault of this program: keep the traceback in a file, not on the screen."""
    from reconciler.reports.values import clean

    path = Path(".reconciler/crash.log")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        versions = f"pxm {__version__}, Python {platform.python_version()}, {sys.platform}\n"
        path.write_text(versions + "".join(traceback.format_exception(error)), encoding="utf-8")
        kept = f"the details are in {path}"
    except OSError:
        kept = "the details could not be kept"
    click.echo(
        f"Error: unexpected {type(error).__name__}: {clean(str(error))[:200]}; {kept}", err=True
    )
    hint = "This is a fault of pxm. Please report it with that file."
    click.echo(f"  {hint}", err=True)
    return Ended(1, error, hint)
