"""The files of a catalog folder: found, read and parsed, in the order of their paths."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from reconciler.errors import UsageError
from reconciler.model import Place, Problem
from reconciler.yamlfile import DEFAULT_MAX_BYTES, Map, parse

SETTINGS = "reconciler.yaml"
"""The one reserved name, at the top of the folder (contract 1.8)."""

_SUFFIXES = (".yaml", ".yml")
_KEY = re.compile(rb"\bkey['\"]?\s*:\s*['\"]?([A-Za-z0-9][A-Za-z0-9._/-]*)")


@dataclass(slots=True)
class Lost:
    """What could not be read: without this, one broken file makes a hundred unknown references.

    `keys` stand in files with problems; `blind` says that a file was not looked into at all.
    """

    keys: set[str] = field(default_factory=set)
    blind: bool = False

    def may_hold(self, key: str) -> bool:
        """An object of that key may stand where nothing could be read."""
        return self.blind or key in self.keys

    def note(self, raw: bytes) -> None:
        """Remember the keys that a broken file seems to declare."""
        # Without its NULs even UTF-16 shows its ASCII.
        self.keys.update(key.decode("ascii") for key in _KEY.findall(raw.replace(b"\0", b"")))


@dataclass(slots=True)
class Source:
    """One file: its path in the folder, its bytes, its mapping (None where there is none)."""

    file: str
    raw: bytes
    root: Map | None
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Folder:
    """A catalog folder as found: its files by name, and what is wrong with it.

    `edited` are texts that count instead of what stands on disk; None is a file that is gone.
    """

    files: list[tuple[str, Path]] = field(default_factory=list)
    edited: Mapping[str, str | bytes | None] = field(default_factory=dict)
    max_bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    lost: Lost = field(default_factory=Lost)


def find_files(
    path: Path, *, max_bytes: int, edited: Mapping[str, str | bytes | None] = MappingProxyType({})
) -> Folder:
    """Find every catalog file (contract 1, 1.6); UsageError where there is no such folder.

    `edited` holds texts by path that count instead of what stands there, new files too; None is
    a file that is gone.
    """
    if not path.is_dir():
        what = "is not a folder" if path.exists() else "does not exist"
        raise UsageError(
            f"the catalog folder {path} {what}",
            hint="`pxm init` makes one, `pxm pull` writes one from your account; one that is "
            "elsewhere is named with --catalog",
        )
    folder = Folder(max_bytes=max_bytes, edited=edited)
    found = {name: path / name for name in edited if name.lower().endswith(_SUFFIXES)}
    found.update(_walk(path, "", folder))
    for name, text in edited.items():
        if text is None:
            found.pop(name, None)
    folder.files = sorted(found.items())
    return folder


def read_settings_file(folder: Folder) -> Source | None:
    """The settings, parsed; None where there are none that could be read."""
    return next((_settings(folder, path) for name, path in folder.files if name == SETTINGS), None)


def read_settings_alone(path: Path) -> Source | None:
    """The settings of a folder in which nothing else is looked at; None where there are none."""
    folder = Folder(max_bytes=DEFAULT_MAX_BYTES)
    found = path / SETTINGS
    return _settings(folder, found) if found.is_file() and not found.is_symlink() else None


def _settings(folder: Folder, path: Path) -> Source | None:
    raw = _take(folder, SETTINGS, path)
    return None if raw is None else _parsed(SETTINGS, raw, folder.max_bytes)


def read_files(folder: Folder) -> Iterator[tuple[str, bytes]]:
    """The catalog files, one after the other: a large catalog is never there as a whole."""
    for name, path in folder.files:
        raw = _take(folder, name, path) if name != SETTINGS else None
        if raw is not None:
            yield name, raw


def source_of(folder: Folder, file: str, raw: bytes) -> Source:
    """A catalog file, parsed; where it is broken its keys are noted as lost."""
    source = _parsed(file, raw, folder.max_bytes)
    if len(raw) > folder.max_bytes:
        folder.lost.blind = True
    elif source.problems:
        folder.lost.note(raw)
    return source


def note_nothing(folder: Folder) -> None:
    """No file holds anything: a problem, where no other says so."""
    if not folder.problems:
        folder.problems.append(_nothing())


def _nothing() -> Problem:
    # Never "delete everything" (contract 1.6).
    what = "no catalog file in this folder"
    return Problem(Place("."), what, "it holds *.yaml files with lists of categories and so on")


def _walk(path: Path, prefix: str, folder: Folder) -> Iterator[tuple[str, Path]]:
    """Catalog files under a path, as (POSIX path in the folder, path); hidden ones are skipped."""
    try:
        entries = list(os.scandir(path))
    except OSError as error:
        _complain(folder, prefix.rstrip("/"), f"cannot be read: {error.strerror}", "")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        name = _readable(prefix + entry.name)
        if entry.is_symlink():
            _link(entry, name, folder)
        elif entry.is_dir():
            yield from _walk(Path(entry.path), name + "/", folder)
        elif entry.name.lower().endswith(_SUFFIXES):
            yield name, Path(entry.path)


def _readable(name: str) -> str:
    """A file name that can be printed: bytes that are not UTF-8 are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _link(entry: os.DirEntry[str], name: str, folder: Folder) -> None:
    """A link may lead anywhere and show other objects on another checkout: it is an error."""
    catalog_file = entry.name.lower().endswith(_SUFFIXES)
    if catalog_file or entry.is_dir() or not Path(entry.path).exists():
        what = "a symbolic link is not followed"
        _complain(folder, name, what, "put the file itself into the catalog folder")


def _complain(folder: Folder, file: str, what: str, hint: str) -> None:
    folder.problems.append(Problem(Place(file or "."), what, hint))
    folder.lost.blind = True


def _take(folder: Folder, file: str, path: Path) -> bytes | None:
    try:
        text = folder.edited.get(file)
        return read_bytes(path, folder.max_bytes) if text is None else as_bytes(text)
    except OSError as error:
        _complain(folder, file, f"cannot be read: {error.strerror}", "")
        return None


def as_bytes(text: str | bytes) -> bytes:
    """A text as it is written; bytes are written already."""
    return text.encode("utf-8") if isinstance(text, str) else text


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """A file up to one byte over the bound, so that a huge one is seen and not loaded."""
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
        raise OSError(0, "not a regular file")
    with path.open("rb") as stream:
        return stream.read(max_bytes + 1)


def _parsed(file: str, raw: bytes, max_bytes: int) -> Source:
    root, problems = parse(raw, file, max_bytes=max_bytes)
    if root is None or isinstance(root, Map):
        return Source(file, raw, root, problems)
    what = "the settings are a mapping: `prune:`, `limits:` and so on"
    if file != SETTINGS:
        what = "a catalog file is a mapping of lists: `categories:`, `collections:` and so on"
    return Source(file, raw, None, [*problems, Problem(root.place, what)])
