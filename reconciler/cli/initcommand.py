"""`pxm init`: a starter catalog (contract 3).

What it writes are the files of `reconciler/starter`, as they stand there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from reconciler.catalog import read
from reconciler.cli.schemacommand import from_here, write_schemas
from reconciler.cli.settings import Settings
from reconciler.errors import UsageError
from reconciler.pull.folder import new_files
from reconciler.reports.text import clean
from reconciler.starter import REF, REPOSITORY, github_workflows

IGNORED = ".reconciler/"
"""What git should not see: state, sandbox and caches on this machine."""


def run(_: Settings, folder: Path, github: bool) -> int:
    """Write the starter files; UsageError where one of them is there already."""
    texts = dict(_files(github))
    taken = [name for name in texts if os.path.lexists(folder / name)]
    if taken:
        named = ", ".join(str(folder / name) for name in taken)
        raise UsageError(
            f"nothing was written: {named} would be overwritten", hint="name an empty folder"
        )
    texts |= _ignore(folder)
    with new_files(folder, {n: t for n, t in texts.items() if not (folder / n).exists()}) as made:
        _append(folder, texts)
        made.keep()
    schema = write_schemas(folder / "catalog", read(folder / "catalog").catalog, ()).path
    for name in sorted(texts):
        click.echo(f"  {clean(str(folder / name))}")
    click.echo(
        f"Editors propose what the catalog holds, by {clean(from_here(schema))}: see `pxm schema`."
    )
    if github:
        click.echo(
            f"In the workflows, put the repository of pxm for {REPOSITORY}, a commit for {REF}."
        )
    where = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"Try it: `{where}pxm plan --sandbox`, then `pxm apply --sandbox`.")
    return 0


def _files(github: bool) -> Iterator[tuple[str, str]]:
    starter = resources.files("reconciler") / "starter"
    yield from _tree(starter / "catalog", "catalog")
    if github:
        yield from github_workflows().items()


def _tree(source: Traversable, target: str) -> Iterator[tuple[str, str]]:
    for item in sorted(source.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _tree(item, f"{target}/{item.name}")
        elif item.name.endswith((".yaml", ".yml")):
            yield f"{target}/{item.name}", item.read_text("utf-8")


def _ignore(folder: Path) -> Mapping[str, str]:
    """The line that `.gitignore` lacks; nothing where it has it."""
    path = folder / ".gitignore"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return {} if IGNORED in lines else {".gitignore": f"{IGNORED}\n"}


def _append(folder: Path, texts: Mapping[str, str]) -> None:
    """A `.gitignore` that was there before keeps what it says."""
    path = folder / ".gitignore"
    if ".gitignore" not in texts:
        return
    before = path.read_text("utf-8")
    if IGNORED not in before.splitlines():
        gap = "" if before.endswith("\n") or not before else "\n"
        path.write_text(before + gap + texts[".gitignore"], encoding="utf-8")
