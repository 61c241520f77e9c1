"""`pxm compare`: what two accounts hold differently."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from reconciler.apply.tools import Tools
from reconciler.cli import outfiles
from reconciler.cli.environments import chosen
from reconciler.cli.loading import load
from reconciler.cli.output import Form, written_comparison
from reconciler.cli.planning import CHANGES
from reconciler.cli.session import opened, read_settled
from reconciler.cli.settings import Settings
from reconciler.compare import Side, compare_accounts, side_of
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.plan.policy import check_account, same_account


def run(settings: Settings, names: tuple[str, str], form: Form, out: Path | None) -> int:
    """Say what the accounts of two environments hold differently; 2 where something is."""
    _check(settings, names)
    first, second = (_side(settings, name) for name in names)
    if same_account(first.live.account, second.live.account):
        raise UsageError(
            f"{names[0]} and {names[1]} are one account",
            hint="check their base_url and their credentials (PXM_NAME_CLIENT_ID and so on)",
        )
    with settings.profile.stage("compare"):
        found = compare_accounts(first, second)
    with settings.profile.stage("report"):
        if out is None:
            click.echo(written_comparison(found, form, color=settings.color), nl=False)
        else:
            outfiles.write(out, written_comparison(found, form, color=False), "--out")
    return CHANGES if found.objects else 0


def _check(settings: Settings, names: tuple[str, str]) -> None:
    """Options that speak of one account cannot be meant for two."""
    if names[0] == names[1]:
        raise UsageError(f"{names[0]} is compared with itself", hint="name two environments")
    plain = Settings()
    for option in ("state", "sandbox_db"):
        if getattr(settings, option) != getattr(plain, option):
            flag = "--" + option.replace("_", "-")
            raise UsageError(
                f"{flag} speaks of one account, and two are compared",
                hint=f"leave it out (PXM_{option.upper()} too): the environments say theirs",
            )


def _side(settings: Settings, name: str) -> Side:
    """The account of an environment as it is now; nothing is written or kept."""
    settings = chosen(replace(settings, env=name))
    catalog = load(settings).catalog
    with opened(settings, catalog, read_only=True) as world:
        tools = Tools(world.session, world.store)
        state, live = read_settled(world, catalog, tools, save=False, kinds=KINDS)
    check_account(state, live.account)
    return side_of(name, catalog, live, state)
