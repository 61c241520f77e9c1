"""`pxm rename`, `pxm remove`, `pxm move`: edits across files, shown before they are made."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from reconciler.cli.settings import Settings
from reconciler.errors import Refused
from reconciler.model import Ref
from reconciler.refactor.move import move as moved
from reconciler.refactor.remove import Removal, Wanted
from reconciler.refactor.remove import remove as removed
from reconciler.refactor.rename import rename as renamed
from reconciler.refactor.work import NOTHING, Patch
from reconciler.reports.patch import patch_text
from reconciler.reports.text import clean

SHOWN = 5
"""Keys that a line about several objects names."""


@dataclass(frozen=True, slots=True)
class How:
    """Whether the edits are only shown, or made without asking."""

    dry_run: bool = False
    yes: bool = False


def rename(settings: Settings, target: str, new: str, how: How) -> int:
    """Give an object another key, in all files."""
    patch = renamed(settings.catalog, target, new)
    return _carry_out(settings, patch, how, "Rename it?")


def remove(settings: Settings, wanted: Wanted, how: How) -> int:
    """Take objects out of the catalog, and all that names them."""
    removal = removed(settings.catalog, wanted)
    notes = tuple(_removal_lines(removal, keep_live=wanted.keep_live))
    count = len(removal.all)
    question = "Remove it?" if count == 1 else f"Remove these {count:,} objects?"
    return _carry_out(settings, removal.patch, how, question, notes)


def move(settings: Settings, targets: Sequence[str], to: Path, how: How) -> int:
    """Put objects into another file."""
    patch = moved(settings.catalog, targets, to)
    return _carry_out(settings, patch, how, "Move it?" if len(targets) == 1 else "Move them?")


def _removal_lines(removal: Removal, *, keep_live: bool) -> Iterator[str]:
    """What goes besides what was named, and what somebody should know of it."""
    if removal.contained:
        yield f"They contain, and take along: {_named(removal.contained)}"
    if removal.orphans:
        yield f"Linked to nothing else, and taken along: {_named(removal.orphans)}"
    if removal.left:
        yield f"Linked to nothing any more: {_named(removal.left)}; --orphans takes them along"
    if removal.unnamed:
        yield f"Named by nothing any more, and left where they are: {_listed(removal.unnamed)}"
    for ref in removal.protected if not keep_live else ():
        yield f"Note: {ref} has `prevent_destroy`: a plan that deletes it is refused"


def _named(refs: Sequence[Ref]) -> str:
    return _listed([str(ref) for ref in refs])


def _listed(names: Sequence[str]) -> str:
    shown, more = ", ".join(names[:SHOWN]), len(names) - SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


# --- show, ask, write ---------------------------------------------------------------------------


def _carry_out(
    settings: Settings, patch: Patch, how: How, question: str, notes: Sequence[str] = ()
) -> int:
    """Show the edits and make them, where that is wanted (contract 1.10)."""
    if not patch.after:
        click.echo("Nothing to edit.")
        return 0
    click.echo(_shown(settings, patch), nl=False)
    for note in (*notes, *patch.notes):
        click.echo(clean(note), err=True)
    if how.dry_run:
        return 0
    if not how.yes and not sys.stdin.isatty():
        raise Refused(
            f"{NOTHING}: there is no terminal to ask on",
            hint="pass --yes to make these edits, or --dry-run to look at them",
        )
    if not how.yes and not click.confirm(question, default=False, err=True):
        raise Refused(NOTHING)
    patch.write()
    files = "1 file" if len(patch.after) == 1 else f"{len(patch.after):,} files"
    click.echo(f"Edited {files}. See `git diff`, then `pxm plan`.", err=True)
    return 0


def _shown(settings: Settings, patch: Patch) -> str:
    parts = []
    for name, text in sorted(patch.after.items()):
        path = (settings.catalog / name).as_posix().lstrip("/")
        parts.append(patch_text(path, patch.before.get(name), text, color=settings.color))
    return "".join(parts)
