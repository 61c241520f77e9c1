"""Applies on one state file exclude each other (contract 5).

The operating system holds the lock and releases it when its process dies, however it dies; what
is written into the file is only for the message of those who find it taken.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import StateError
from reconciler.state import Lock, Waits
from reconciler.state.jsonform import UNREADABLE, moment_from
from reconciler.state.lockmessages import locked_error, waiting_words

POLL = 0.2
"""Seconds between two looks at a lock that another run holds."""

BRIEF_POLL = 0.02
"""The same for locks that are held for as long as one call of git takes."""

_SIGNATURE = 1
"""Where the holder's name begins: nobody else can read a byte that is locked on Windows, and
byte zero is the one that stands for the file."""


def lock(handle: int) -> bool:
    """Lock an open file; False where another one has it."""
    # Imported where it is needed: most commands take no lock.
    from filelock import lock_descriptor

    return lock_descriptor(handle, blocking=False)


@contextmanager
def waited_for(path: Path) -> Iterator[None]:
    """Hold the lock file for a short time, after whoever holds it now; OSError where that cannot
    be done."""
    handle = _open(path)
    try:
        while not lock(handle):
            time.sleep(BRIEF_POLL)
        yield
    finally:
        os.close(handle)


@contextmanager
def held(path: Path, own: Lock, timeout: float, waits: Waits) -> Iterator[int]:
    """Hold the lock file, by its descriptor; Locked where somebody else still does after
    `timeout` seconds."""
    with _opened(path) as handle:
        _take(handle, path, time.monotonic() + timeout, waits)
        _sign(handle, {"holder": own.holder, "run": own.run, "since": own.since})
        try:
            yield handle
        finally:
            os.ftruncate(handle, 0)


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


def holder_of(path: Path) -> Lock | None:
    """Who holds the lock file; None where nobody does."""
    if not path.exists():
        return None
    with _opened(path) as handle:
        if lock(handle):
            return None
        return _signature(handle) or Lock("another run", "unknown", time.time())


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        handle = _open(path)
    except OSError as error:
        raise StateError(f"the state cannot be locked: {error}; nothing was written") from error
    try:
        yield handle
    finally:
        os.close(handle)


def _take(handle: int, path: Path, deadline: float, waits: Waits) -> None:
    while not _locked(handle, path):
        left, found = deadline - time.monotonic(), _signature(handle)
        if left <= 0:
            raise locked_error(found, f"the lock ends with its process ({path})")
        waits(left, waiting_words(found))
        time.sleep(POLL)


def _locked(handle: int, path: Path) -> bool:
    try:
        return lock(handle)
    except OSError as error:
        raise StateError(f"{path} cannot be locked: {error}; nothing was written") from error


def _sign(handle: int, holder: dict[str, str | float]) -> None:
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, b" " * _SIGNATURE + json.dumps(holder).encode("ascii"))


def _signature(handle: int) -> Lock | None:
    os.lseek(handle, _SIGNATURE, os.SEEK_SET)
    try:
        value = json.loads(os.read(handle, os.fstat(handle).st_size))
        return Lock(str(value["holder"]), str(value["run"]), moment_from(value["since"]))
    except UNREADABLE:
        # Taken and not yet signed: a matter of microseconds.
        return None
