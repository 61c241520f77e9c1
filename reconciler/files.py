"""Files that are replaced whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replaced_at_once(path: Path, text: str, mode: int = 0o600) -> None:
    """The file holds this text as UTF-8, in one step and durably; OSError where that cannot be.

    Whoever reads meanwhile, and whoever reads after a kill, finds the old text or the new one.
    """
    # `mkstemp` makes a file that its owner alone can read.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".pxm-", suffix=".tmp")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8"))
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
