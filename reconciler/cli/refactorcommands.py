"""`pxm rename`, `pxm remove`, `pxm move`: edits across files, shown before they are made."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from reconciler.cli.settings import Settings
from reconciler.errors import Refused
from reconciler.model import Ref
from reconciler.refactor.move import move as moved
from reconciler.refactor.remove import Removal, Wanted
from reconciler.refactor.remove import remove as removed
from reconciler.refactor.rename import rename as renamed
from reconciler.refactor.work import NOTHING, Patch
from reconciler.reports.jsontext import document
from reconciler.reports.patch import patch_text
from reconciler.reports.text import clean

SHOWN = 5
"""Keys that a line about several objects names."""


@dataclass(frozen=True, slots=True)
class How:
    """Whether the edits are only shown, or made without asking, and how they are told."""

    dry_run: bool = False
    yes: bool = False
    output: str = "text"

    @property
    def asks(self) -> bool:
        """Somebody is there to answer, and reads what is asked about."""
        return self.output == "text" and sys.stdin.isatty()


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
    notes = (*notes, *patch.notes)
    if how.output == "text":
        _show(settings, patch, notes)
    writes = bool(patch.after) and not how.dry_run
    if writes:
        _write(patch, how, question)
    if how.output == "json":
        click.echo(document(_told(settings, patch, notes, writes)), nl=False)
    return 0


def _write(patch: Patch, how: How, question: str) -> None:
    if not how.yes:
        _confirm(how, question)
    patch.write()
    files = "1 file" if len(patch.after) == 1 else f"{len(patch.after):,} files"
    click.echo(f"Edited {files}. See `git diff`, then `pxm plan`.", err=True)


def _confirm(how: How, question: str) -> None:
    """Refused where nobody says yes, or nobody can be asked."""
    if not how.asks:
        raise Refused(
            f"{NOTHING}: there is no terminal to ask on",
            hint="pass --yes to make these edits, or --dry-run to look at them",
        )
    if not click.confirm(question, default=False, err=True):
        raise Refused(NOTHING)


def _show(settings: Settings, patch: Patch, notes: Sequence[str]) -> None:
    if not patch.after:
        click.echo("Nothing to edit.")
        return
    click.echo(_patch(settings, patch, color=settings.color), nl=False)
    for note in notes:
        click.echo(clean(note), err=True)


def _told(settings: Settings, patch: Patch, notes: Sequence[str], written: bool) -> dict[str, Any]:
    """The edits, for programs."""
    return {
        "written": written,
        "files": [(settings.catalog / name).as_posix() for name in sorted(patch.after)],
        "patch": _patch(settings, patch, color=False),
        "notes": list(notes),
    }


def _patch(settings: Settings, patch: Patch, *, color: bool) -> str:
    parts = []
    for name, text in sorted(patch.after.items()):
        path = (settings.catalog / name).as_posix().lstrip("/")
        parts.append(patch_text(path, patch.before.get(name), text, color=color))
    return "".join(parts)
