"""`pxm completion`: commands, options and keys for a shell (contract 3, 9)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VARIABLE = "_PXM_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


def keys(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """What KIND/KEY may be, by the catalog as it was last read."""
    return _items(_proposals(context, begun))


def categories(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """What the key of a category may be."""
    prefix = "category/"
    found = _proposals(context, f"{prefix}{begun}")
    return _items([key.removeprefix(prefix) for key in found])


def environments(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """What the name of an environment may be, by the settings as they were last read."""
    from reconciler.cli.keycache import environments as known

    return _items(known(_catalog(context), begun))


def _items(texts: list[str]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(text) for text in texts]


def _proposals(context: click.Context, begun: str) -> list[str]:
    from reconciler.cli.keycache import proposals

    return proposals(_catalog(context), begun)


def _catalog(context: click.Context) -> Path:
    """The folder that the command line names, wherever on it, or a variable."""
    step: click.Context | None = context
    while step is not None:
        if step.params.get("catalog"):
            return Path(step.params["catalog"])
        step = step.parent
    return Path(os.environ.get("PXM_CATALOG") or "catalog")


def script(shell: str, program: click.Command) -> str:
    """What a shell has to run to complete `pxm`."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, shell
    made = found(program, {}, "pxm", VARIABLE)
    # Not `source()`: it starts a bash to ask for its version, and another one may read this.
    return made.source_template % made.source_vars()
