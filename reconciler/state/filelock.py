"""Applies on one state file exclude each other (contract 5).

The kernel holds the lock and lets go when its process dies, however it dies; what is written
into the file is only for the message of those who find it taken.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reconciler.errors import Locked, StateError
from reconciler.state import Lock
from reconciler.state.jsonform import UNREADABLE, moment_from
from reconciler.state.words import locked_error

POLL = 0.2
"""Seconds between two looks at a lock that another run holds."""


@contextmanager
def held(path: Path, holder: str, run: str, now: float, timeout: float) -> Iterator[int]:
    """Hold the lock file, by its descriptor; Locked where somebody else still does after
    `timeout` seconds."""
    with _opened(path) as file:
        _take(file, path, time.monotonic() + timeout)
        file.truncate(0)
        file.write(json.dumps({"holder": holder, "run": run, "since": now}))
        file.flush()
        try:
            yield file.fileno()
        finally:
            file.truncate(0)


def check(handle: int, path: Path) -> None:
    """StateError where the path no longer leads to the file whose lock is held: whoever comes
    next would lock another."""
    try:
        same = os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        same = False
    if not same:
        raise StateError(
            f"this run has lost the lock of the state: {path} was removed or replaced",
            hint="run `pxm apply` again: it looks for what this run has made",
        )


def _opened(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise StateError(f"the state cannot be locked: {error}; nothing was written") from error
    return os.fdopen(handle, "a+", encoding="utf-8", errors="replace")


def _take(file: IO[str], path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _locked(file, path) from None
            time.sleep(POLL)
        except OSError as error:
            raise StateError(f"{path} cannot be locked: {error}; nothing was written") from error
        else:
            return


def _locked(file: IO[str], path: Path) -> Locked:
    return locked_error(_written(file), f"the lock ends with its process ({path})")


def _written(file: IO[str]) -> Lock | None:
    file.seek(0)
    try:
        value = json.loads(file.read())
        return Lock(str(value["holder"]), str(value["run"]), moment_from(value["since"]))
    except UNREADABLE:
        # Taken and not yet signed: a matter of microseconds.
        return None


def holder_of(path: Path) -> Lock | None:
    """Who holds the lock file; None where nobody does."""
    if not path.exists():
        return None
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _written(file) or Lock("another run", "unknown", time.time())
    return None
