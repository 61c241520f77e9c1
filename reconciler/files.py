"""Files that are replaced whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from reconciler.errors import UsageError


def replaced_at_once(path: Path, text: str | bytes, mode: int = 0o600) -> None:
    """The file holds this text as UTF-8, or these bytes, in one step and durably; OSError where
    that cannot be.

    Whoever reads meanwhile, and whoever reads after a kill, finds the old text or the new one.
    """
    # `mkstemp` makes a file that its owner alone can read.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".pxm-", suffix=".tmp")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text if isinstance(text, bytes) else text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # Some file systems cannot, and on Windows no folder can be opened: then the rename is as
    # durable as they make it.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def replace_file(path: Path, text: str | bytes) -> None:
    """The file holds this text, whole; its mode stays.  UsageError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o644
        replaced_at_once(path, text, mode)
    except OSError as error:
        raise _unwritable(path, error) from error


def remove_file(path: Path) -> None:
    """The file is gone; UsageError where it cannot be taken away."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UsageError:
    reason = error.strerror or str(error)
    return UsageError(f"{path}: cannot be written: {reason}")


class Replaced:
    """Files with new content; all of them as they were again unless they are kept.

    `before` is what they held when they were read, nothing for those that were not there.
    """

    def __init__(self, folder: Path, before: Mapping[str, str | bytes]) -> None:
        self.folder, self.before = folder, before
        self.written: list[str] = []

    def __enter__(self) -> Replaced:
        return self

    def write(self, texts: Mapping[str, str | bytes | None]) -> None:
        """Each file as a whole, or not at all; None takes it away.

        UsageError where one is no longer as it was read: somebody's edit would be lost.
        """
        for name in texts:
            if not self._is_as_read(name):
                raise UsageError(
                    f"nothing was written: {self.folder / name} was changed meanwhile",
                    hint="run the command again",
                )
        for name, text in texts.items():
            self._put(name, text)
            self.written.append(name)

    def _is_as_read(self, name: str) -> bool:
        path, before = self.folder / name, self.before.get(name)
        now = path.read_bytes() if path.is_file() else None
        return now == (before.encode("utf-8") if isinstance(before, str) else before)

    def _put(self, name: str, text: str | bytes | None) -> None:
        if text is None:
            remove_file(self.folder / name)
        else:
            replace_file(self.folder / name, text)

    def keep(self) -> None:
        """They stay."""
        self.written.clear()

    def __exit__(self, *_: object) -> None:
        for name in self.written:
            self._put(name, self.before.get(name))
