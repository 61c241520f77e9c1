"""What `pxm init` asks on a terminal; the answers are what options say elsewhere."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.initcommand.source import origin_of, source_of
from reconciler.cli.initcommand.wanted import Wanted
from reconciler.cli.settings import Settings, credentials
from reconciler.errors import UsageError

GITHUB, GITLAB, NONE = "github", "gitlab", "none"


def asked(settings: Settings, wanted: Wanted, folder: Path, fresh: bool) -> tuple[Settings, Wanted]:
    """Settings and wishes with what a person answers; as they are off a terminal, or where
    options say something.  `fresh` says that there is no catalog yet."""
    if wanted.said or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return settings, wanted
    if fresh:
        wanted = replace(wanted, account=_start(settings))
    origin = origin_of(folder)
    service = _chosen("CI", (GITHUB, GITLAB, NONE), _service(origin))
    wanted = replace(wanted, github=service == GITHUB, gitlab=service == GITLAB)
    if service == GITHUB and not source_of("").known:
        said = click.prompt(
            "Repository of pxm's workflows, as OWNER/NAME (empty to fill it in later)",
            default="",
            show_default=False,
            err=True,
        )
        wanted = replace(wanted, repository=said.strip())
    if fresh and not settings.state and origin and service == NONE:
        settings = replace(settings, state=_state())
    rules = click.confirm("A page of rules for machine editors, AGENTS.md?", err=True)
    return settings, replace(wanted, agents=rules)


def _start(settings: Settings) -> bool:
    """Whether the catalog begins with what an account holds."""
    try:
        credentials(settings)
        default = "account"
    except UsageError:
        default = "example"
    return _chosen("Start from your account, or an example", ("account", "example"), default) == (
        "account"
    )


def _service(origin: str) -> str:
    """The service that most likely runs the CI of a repository."""
    return next((name for name in (GITHUB, GITLAB) if name in origin), NONE)


def _state() -> str | None:
    """Where the state is kept; None for a file on this machine.  A runner keeps nothing, so where
    there is CI nothing is asked."""
    words = "State on this machine (file), or in a ref of this repository (git)"
    return "git:" if _chosen(words, ("file", "git"), "file") == "git" else None


def _chosen(question: str, choices: tuple[str, ...], default: str) -> str:
    answer: str = click.prompt(question, type=click.Choice(choices), default=default, err=True)
    return answer
