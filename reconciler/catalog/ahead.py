"""Catalog files as they are taken: with what is kept of them, or what helpers have read of them.

Whoever reads a file, its piece is the same, and what has none is read by this process, in its
turn: how a catalog reads does not depend on the helpers (contract 9).
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.catalog.files import Folder, read_files
from reconciler.catalog.pieces import Kept

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from reconciler.catalog.crew import Crew


@dataclass(frozen=True, slots=True)
class Helpers:
    """How many processes read beside this one, and from how many bytes and files on.

    What is kept of earlier runs does not count.  `program` is what they run; nothing stands for the
    usual.
    """

    number: int
    least: int = 8 * 1024 * 1024
    fewest: int = 12
    program: Sequence[str] = ()
    patience: float = 120.0
    """Seconds after which one that does not answer is thought to hang: a file takes one or two."""


_CORES = 4
"""Cores from which helpers are worth it.  They cost a third more CPU: to start each takes as much
as reading a megabyte, and what they have read is packed and unpacked."""

_MOST = 3
"""Helpers that read as fast as this process takes in what they have read, a third of the work."""


_ROOM = 1024 * 1024 * 1024
"""Bytes of memory that must be allowed, by a container or by `ulimit -v`: helpers take 50 MB each,
and the threads that wait for them reserve more.  Where that is missing not a helper ends, but the
largest process."""

_LIMITS = Path("/sys/fs/cgroup")
"""Where a container finds what it may use."""


def usual(limits: Path = _LIMITS, cores: int | None = None) -> Helpers:
    """The helpers that this machine has cores and memory for.  One core is this process's own."""
    found = usable_cores(limits) if cores is None else cores
    has_room = all(limit >= _ROOM for limit in (*_limit(limits / "memory.max"), *_own_limit()))
    return Helpers(_MOST if found >= _CORES and has_room else 0)


def usable_cores(limits: Path = _LIMITS) -> int:
    """Cores that this process may use, also where a container has only a share of the machine."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    share = _limit(limits / "cpu.max")
    if len(share) == 2:
        quota, period = share
        return max(1, min(cores, quota // max(1, period)))
    return cores


def _own_limit() -> Sequence[int]:
    """The bytes that this process may address; nothing where there is no limit."""
    if resource is None:
        return ()
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return () if limit == resource.RLIM_INFINITY else (limit,)


def _limit(path: Path) -> Sequence[int]:
    """The numbers in a file of limits; none where there is no limit: no such file, or `max`."""
    try:
        return [int(word) for word in path.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A file with its bytes, and its piece where somebody has read it."""

    file: str
    raw: bytes
    piece: bytes | None
    is_kept: bool = False

    def with_piece(self, piece: bytes | None) -> Taken:
        """The same file, read."""
        return replace(self, piece=piece)


def taken(
    folder: Folder, kept: Kept | None, environment: str | None, helpers: Helpers
) -> Generator[Taken, None, None]:
    """The files of a folder in their order; close it, or helpers may go on."""
    files = _looked_up(folder, kept)
    if helpers.number:
        for some in _portions(files, helpers):
            if _is_much(some, helpers):
                yield from _by_helpers(chain(some, files), folder, environment, helpers)
            else:
                yield from some
    yield from files


def _looked_up(folder: Folder, kept: Kept | None) -> Iterator[Taken]:
    for file, raw in read_files(folder):
        piece = kept.get(file, raw) if kept else None
        yield Taken(file, raw, piece, is_kept=piece is not None)


def _portions(files: Iterator[Taken], helpers: Helpers) -> Iterator[Sequence[Taken]]:
    """As much of the files as must be read by helpers to be worth their start, at a time."""
    some: list[Taken] = []
    size = 0
    for item in files:
        some.append(item)
        size += len(item.raw)
        if size >= helpers.least and len(some) >= helpers.fewest:
            yield some
            some, size = [], 0
    yield some


def _is_much(files: Sequence[Taken], helpers: Helpers) -> bool:
    unread = [item for item in files if item.piece is None]
    size = sum(len(item.raw) for item in unread)
    return 2 * size >= helpers.least and 2 * len(unread) >= helpers.fewest


def _by_helpers(
    files: Iterable[Taken], folder: Folder, environment: str | None, helpers: Helpers
) -> Iterator[Taken]:
    crew = _crew(folder, environment, helpers)
    if crew is None:
        yield from files
        return
    with closing(crew):
        yield from crew.read(files)


def _crew(folder: Folder, environment: str | None, helpers: Helpers) -> Crew | None:
    # Imported here: most catalogs are small.
    from reconciler.catalog.crew import Crew

    try:
        return Crew(helpers, environment, folder.max_bytes)
    except (OSError, MemoryError):  # no process or pipe to be had
        return None
