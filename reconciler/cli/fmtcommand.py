"""`pxm fmt`: files in canonical order and shape (contract 1.7)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.files import replace_file
from reconciler.fmt import formatted, is_settings, sources
from reconciler.model import Problem
from reconciler.reports.problems import problems_text
from reconciler.reports.text import clean
from reconciler.yamlfile import DEFAULT_MAX_BYTES


def run(settings: Settings, paths: Sequence[Path], check: bool) -> int:
    """Format files, or with `check` name those that are not in shape; 1 where there are any, or
    where a file has problems."""
    files = list(sources(paths or (settings.catalog,)))
    changed: list[Path] = []
    problems: list[Problem] = []
    for path in files:
        data = _read(path)
        found = formatted(data, str(path), settings=is_settings(path))
        problems += found.problems
        if not found.problems and found.text.encode("utf-8") != data:
            changed.append(path)
            if not check:
                replace_file(path, found.text)
    if problems:
        click.echo(problems_text(problems), err=True, nl=False)
    click.echo("\n".join(_lines(changed, len(files) - len(changed), check)))
    return 1 if problems or (check and changed) else 0


def _read(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        what = "does not exist" if not path.exists() else "is no regular file"
        raise UsageError(f"{path} {what}", hint="name a YAML file or a folder")
    try:
        with path.open("rb") as stream:
            return stream.read(DEFAULT_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _lines(changed: Sequence[Path], others: int, check: bool) -> list[str]:
    said = "would be changed" if check else "formatted"
    lines = [f"{clean(str(path))}: {said}" for path in changed]
    number = "1 file" if len(changed) == 1 else f"{len(changed):,} files"
    return [*lines, f"{number} {said}, {others:,} left as they are."]
