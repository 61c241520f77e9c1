"""Words of other programs, and what does the same here."""

from __future__ import annotations

import click

COMMANDS = {
    "diff": "`pxm plan` shows what differs from the account, `pxm compare` two accounts",
    "destroy": "nothing empties an account: take objects out of the catalog (`pxm remove "
    "KIND/KEY`), then `pxm apply`",
    "version": "`pxm --version`",
    "refresh": "`pxm plan` reads the account each time; `pxm drift` shows what was changed there",
    "status": "`pxm plan` shows what differs, `pxm doctor` whether all is set up",
    "sync": "`pxm apply` makes the account as the catalog says, `pxm pull` writes YAML from it",
    "dump": "`pxm pull` writes YAML from the account",
    "lint": "`pxm validate`, and `pxm fmt --check` for the shape",
    "format": "`pxm fmt`",
    "list": "`pxm state list`",
    "unlock": "`pxm state unlock`",
    "taint": "what is gone is made again by itself; `pxm explain KIND/KEY` says what is done",
    "output": "`--format json` of a command",
}
"""Commands of other programs, and what does that here."""

_OPTIONS = {
    ("apply", "--dry-run"): "`pxm plan` shows what apply would do, and writes nothing",
    ("apply", "--auto-approve"): "`--yes` applies without asking",
    ("apply", "-a"): "`--yes` applies without asking",
    ("apply", "--out"): "`pxm plan --out FILE`, then `pxm apply FILE`",
    ("plan", "--destroy"): COMMANDS["destroy"],
    ("apply", "--destroy"): COMMANDS["destroy"],
    ("plan", "--dry-run"): "a plan writes nothing to the account",
    ("pull", "--dry-run"): "pull into another folder: `pxm pull DIR`",
    ("", "--json"): "`--format json`",
    ("", "-o"): "`--out FILE`, or `--format json`",
    ("", "--output"): "`--out FILE`, or `--format json`",
}


def hint(error: click.UsageError) -> str:
    """What somebody means who brings words of another program along; empty where nobody knows."""
    if not isinstance(error, click.NoSuchOption):
        return ""
    name = error.ctx.info_name if error.ctx else ""
    return _OPTIONS.get((name or "", error.option_name)) or _OPTIONS.get(
        ("", error.option_name), ""
    )
