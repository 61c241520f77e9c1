"""`pxm fmt`: files in canonical order and shape (contract 1.7)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.files import replace_file
from reconciler.fmt import formatted, sources
from reconciler.model import Problem
from reconciler.reports.jsontext import document
from reconciler.reports.patch import patch_text
from reconciler.reports.problems import problem_rows, problems_text
from reconciler.reports.text import clean
from reconciler.yamlfile import DEFAULT_MAX_BYTES

PIPE = Path("-")
PIPED = "<stdin>"
"""What standard input is called in messages."""


@dataclass(frozen=True, slots=True)
class Mode:
    """`check` names the files that are not in shape, `diff` shows what would change; both write
    nothing."""

    check: bool = False
    diff: bool = False
    output: str = "text"

    @property
    def writes(self) -> bool:
        return not (self.check or self.diff)


def run(settings: Settings, paths: Sequence[Path], mode: Mode) -> int:
    """Format files; 1 where a file has problems, or is not in shape and nothing is written."""
    if PIPE in paths:
        return _piped(settings, paths, mode)
    files = list(sources(paths or (settings.catalog,)))
    changed: list[Path] = []
    problems: list[Problem] = []
    for path in files:
        data = _read(path)
        found = formatted(data, str(path))
        problems += found.problems
        if not found.problems and found.text.encode("utf-8") != data:
            changed.append(path)
            _shape(settings, path, data, found.text, mode)
    if problems:
        click.echo(problems_text(problems), err=True, nl=False)
    _tell(changed, len(files) - len(changed), problems, mode)
    return 1 if problems or (changed and not mode.writes) else 0


def _shape(settings: Settings, path: Path, data: bytes, text: str, mode: Mode) -> None:
    """Show or write what a file becomes, as the mode says."""
    if mode.diff and mode.output == "text":
        _show(settings, path.as_posix().lstrip("/"), data, text)
    if mode.writes:
        replace_file(path, text)


def _tell(changed: Sequence[Path], kept: int, problems: Sequence[Problem], mode: Mode) -> None:
    """Say which files changed or would, and how many did not."""
    if mode.output == "json":
        names = [path.as_posix() for path in changed]
        told = {"written": mode.writes, "changed": names, "kept": kept}
        click.echo(document({**told, "problems": problem_rows(problems)}), nl=False)
        return
    # A patch stands alone on standard output.
    click.echo("\n".join(_lines(changed, kept, mode)), err=mode.diff)


def _piped(settings: Settings, paths: Sequence[Path], mode: Mode) -> int:
    """Format standard input to standard output; nothing is written there where it has problems."""
    if len(paths) > 1:
        raise UsageError("fmt - takes standard input alone", hint="name the files without the -")
    if mode.output == "json":
        raise UsageError("fmt - writes YAML to standard output", hint="leave --format out")
    data = sys.stdin.buffer.read(DEFAULT_MAX_BYTES + 1)
    found = formatted(data, PIPED)
    if found.problems:
        click.echo(problems_text(found.problems), err=True, nl=False)
        return 1
    text = found.text.encode("utf-8")
    if mode.writes:
        sys.stdout.buffer.write(text)
        return 0
    if mode.diff:
        _show(settings, PIPED, data, found.text)
    return 1 if text != data else 0


def _show(settings: Settings, path: str, data: bytes, text: str) -> None:
    before = data.decode("utf-8")
    click.echo(patch_text(path, before, text, color=settings.color), nl=False)


def _read(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        what = "does not exist" if not path.exists() else "is no regular file"
        raise UsageError(f"{path} {what}", hint="name a YAML file or a folder")
    try:
        with path.open("rb") as stream:
            return stream.read(DEFAULT_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _lines(changed: Sequence[Path], others: int, mode: Mode) -> list[str]:
    said = "formatted" if mode.writes else "would be changed"
    lines = [f"{clean(str(path))}: {said}" for path in changed]
    number = "1 file" if len(changed) == 1 else f"{len(changed):,} files"
    return [*lines, f"{number} {said}, {others:,} left as they are."]
