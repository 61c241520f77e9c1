"""The folder that pull writes into: what it declares already, and new files beside that."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.catalog import SETTINGS, read
from reconciler.errors import CatalogError, UsageError
from reconciler.model import Catalog


def has_catalog(folder: Path) -> bool:
    """Some file beside the settings is there."""
    return any(_catalog_files(folder))


def declared(folder: Path, environment: str | None = None) -> Catalog:
    """What the folder declares; an empty catalog where there is none yet.

    Raises CatalogError where what is there has problems.
    """
    if not has_catalog(folder):
        return _settings_alone(folder, environment)
    reading = read(folder, environment=environment, contents=True)
    if any(problem.severity == "error" for problem in reading.problems):
        raise CatalogError(reading.problems, f"{folder}/")
    return reading.catalog


def _settings_alone(folder: Path, environment: str | None) -> Catalog:
    """A folder that has no more than the settings is not yet a catalog, but its policy counts."""
    if not (folder / SETTINGS).is_file():
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is not a folder", hint="name another one")
        return Catalog({})
    reading = read(folder, environment=environment, contents=True)
    problems = [item for item in reading.problems if item.place.file == SETTINGS]
    if any(problem.severity == "error" for problem in problems):
        raise CatalogError(problems, f"{folder}/")
    return reading.catalog


def _catalog_files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(root, name)
            hidden = name.startswith(".") or path == folder / SETTINGS
            if name.lower().endswith((".yaml", ".yml")) and not hidden:
                yield path


def check_free(folder: Path, texts: Mapping[str, str]) -> None:
    """UsageError that names every file which is there and says something else."""
    taken = [name for name, text in texts.items() if _differs(folder / name, text)]
    if taken:
        named = ", ".join(str(folder / name) for name in taken[:5])
        more = f" and {len(taken) - 5} more" if len(taken) > 5 else ""
        raise UsageError(
            f"nothing was written: {named}{more} would be overwritten",
            hint="pull into an empty folder, or take single changes over with --accept",
        )


def _differs(path: Path, text: str) -> bool:
    if not os.path.lexists(path):
        return False
    try:
        return path.is_symlink() or path.read_bytes() != text.encode("utf-8")
    except OSError:
        return True


class NewFiles:
    """Files that are new in a folder; taken away again unless they are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[Path] = []

    def write(self, texts: Mapping[str, str]) -> None:
        """Make the files, and the folders that they need; what is there already stays."""
        for name, text in texts.items():
            try:
                self._create(self.folder / name, text)
            except OSError as error:
                reason = error.strerror or str(error)
                hint = "free some room, or name another folder"
                what = f"{self.folder / name}: cannot be written: {reason}"
                raise UsageError(what, hint=hint) from error

    def _create(self, path: Path, text: str) -> None:
        for above in reversed([above for above in path.parents if not above.exists()]):
            above.mkdir()
            self.made.append(above)
        if not os.path.lexists(path):
            with path.open("xb") as stream:
                self.made.append(path)
                stream.write(text.encode("utf-8"))

    def keep(self) -> None:
        """They stay."""
        self.made.clear()

    def take_away(self) -> None:
        """Nothing of them is left."""
        for path in reversed(self.made):
            if path.is_dir():
                # What others put there meanwhile, such as a state, stays.
                with suppress(OSError):
                    path.rmdir()
            else:
                path.unlink(missing_ok=True)
        self.made.clear()


@contextmanager
def new_files(folder: Path, texts: Mapping[str, str]) -> Iterator[NewFiles]:
    """New files in the folder for as long as the block lasts; for good where it keeps them."""
    files = NewFiles(folder)
    try:
        files.write(texts)
        yield files
    finally:
        files.take_away()
