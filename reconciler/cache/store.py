"""The file of a cache: sealed blobs on shelves, in SQLite (contract 7.4).

In clear stand the names of one table and its columns, sizes and the order of writing; names of
shelves and blobs are HMACs.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from reconciler.cache.folder import Owner
from reconciler.cache.seal import Seal

MOST_BYTES = 512 * 1024 * 1024
"""What all blobs of a file may take: the oldest go first.  100,000 products take 20 MB or so."""

MOST_DAYS = 30
"""Days after which the file of another account, or of an earlier secret, is taken away."""

BUSY = 10.0
"""Seconds to wait for another run that writes."""

_FORMAT = 1
_TABLE = """
CREATE TABLE blobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, shelf BLOB NOT NULL, name BLOB NOT NULL,
  sealed BLOB NOT NULL, UNIQUE (shelf, name)
)"""
_PUT = "INSERT OR REPLACE INTO blobs (shelf, name, sealed) VALUES (?, ?, ?)"
_TRIM = """
DELETE FROM blobs WHERE id IN (
  SELECT id FROM (SELECT id, sum(length(sealed)) OVER (ORDER BY id DESC) AS taken FROM blobs)
  WHERE taken > ?
)"""

Blob = tuple[str, bytes]
"""A name on a shelf, and what is kept under it."""


class Unusable(Exception):
    """The file cannot be read or written; the text says why."""


class Busy(Unusable):
    """Another run has been writing it for long."""


class Shelf:
    """What lay on a shelf when it was read; blobs are opened when they are asked for."""

    def __init__(self, seal: Seal, shelf: str, rows: Mapping[bytes, bytes]) -> None:
        self._seal = seal
        self._shelf = shelf
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, name: str, version: str = "") -> bytes | None:
        """The blob of that name; None where there is none.

        Damaged where it is not what was put there under this name and version.
        """
        sealed = self._rows.get(self._seal.name(self._shelf, name))
        return None if sealed is None else self._seal.open(sealed, self._shelf, name, version)


class Cache:
    """The sealed blobs of one owner.  Safe beside other runs: each step is one transaction.

    `name` on a shelf is what a blob is found by, `version` what it must have been written with: a
    blob of another version does not open, and is replaced when the name is written again.
    """

    def __init__(self, folder: Path, owner: Owner, *, most_bytes: int = MOST_BYTES) -> None:
        self._seal = Seal(owner)
        self._most = most_bytes
        self.path = folder / f"{self._seal.name('file').hex()[:32]}.db"

    def read(self, shelf: str) -> Shelf:
        """A shelf as it is now; an empty one where nothing was written yet.

        Unusable where the file cannot be read.
        """
        rows: dict[bytes, bytes] = {}
        if self.path.is_file():
            with self._opened() as connection:
                found = connection.execute(
                    "SELECT name, sealed FROM blobs WHERE shelf = ?", (self._seal.name(shelf),)
                )
                # SQLite holds columns to no type: what is no bytes is damaged, and opens nothing.
                rows.update((name, sealed) for name, sealed in found if _are_bytes(name, sealed))
        return Shelf(self._seal, shelf, rows)

    def holds(self, shelf: str) -> bool:
        """Something lies on a shelf, sound or not.  Unusable where the file cannot be read."""
        if not self.path.is_file():
            return False
        with self._opened() as connection:
            query = "SELECT 1 FROM blobs WHERE shelf = ? LIMIT 1"
            return connection.execute(query, (self._seal.name(shelf),)).fetchone() is not None

    def put(self, shelf: str, blobs: Iterable[Blob], version: str = "") -> None:
        """Add blobs to a shelf, or replace those of the same names; all of them or none.

        Unusable where the file cannot be written.
        """
        self._write(shelf, blobs, version, whole=False)

    def replace(self, shelf: str, blobs: Iterable[Blob], version: str = "") -> None:
        """As `put`, and what lay on the shelf besides is gone in the same step."""
        self._write(shelf, blobs, version, whole=True)

    def _write(self, shelf: str, blobs: Iterable[Blob], version: str, *, whole: bool) -> None:
        try:
            self._written(shelf, blobs, version, whole=whole)
        except OSError as error:
            raise Unusable(f"it cannot be written: {error.strerror or error}") from error

    def _written(self, shelf: str, blobs: Iterable[Blob], version: str, *, whole: bool) -> None:
        key = self._seal.name(shelf)
        rows = [
            (key, self._seal.name(shelf, name), self._seal.close(content, shelf, name, version))
            for name, content in blobs
        ]
        try:
            self._prepare()
            self._put(key, rows, whole=whole)
        except Busy:
            raise
        except Unusable:
            # What is damaged is begun anew: nothing in it is missed.
            self._begin(_replace)
            self._put(key, rows, whole=whole)

    def _put(self, key: bytes, rows: Sequence[tuple[bytes, bytes, bytes]], *, whole: bool) -> None:
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if whole:
                connection.execute("DELETE FROM blobs WHERE shelf = ?", (key,))
            connection.executemany(_PUT, rows)
            connection.execute(_TRIM, (self._most,))
            connection.execute("COMMIT")

    def _prepare(self) -> None:
        """A file with a table, for its owner's eyes alone."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_old(self.path)
        if not self.path.is_file():
            self._begin(_link)

    def _begin(self, put: Callable[[Path, Path], None]) -> None:
        """A file with an empty table, made elsewhere and `put` in its place whole: nobody ever
        sees it half begun, and no file of a database is closed that another thread has locked."""
        # Its mode is 0600, and SQLite gives its own files that of this one.
        handle, name = tempfile.mkstemp(
            dir=self.path.parent, prefix=f"{self.path.stem}-", suffix=".db"
        )
        os.close(handle)
        new = Path(name)
        try:
            with self._opened(new) as connection:
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
            put(new, self.path)
        finally:
            new.unlink(missing_ok=True)

    @contextmanager
    def _opened(self, new: Path | None = None) -> Iterator[sqlite3.Connection]:
        """The file, or a `new` one, open; Unusable for whatever SQLite has to say against it."""
        path = new or self.path
        try:
            if path.stat().st_size > 2 * self._most + 1024 * 1024:
                raise Unusable("it is larger than any that is written")
            # What is gone meanwhile is not made anew: that would be an empty file.
            url = f"{path.absolute().as_uri()}?mode=rw"
            with closing(
                sqlite3.connect(url, uri=True, timeout=BUSY, isolation_level=None)
            ) as found:
                # What stands in a file from outside calls no function of ours.
                found.execute("PRAGMA trusted_schema = OFF")
                # What a power cut damages is noticed, and read anew.
                found.execute("PRAGMA synchronous = OFF")
                if new is not None:
                    found.execute("PRAGMA auto_vacuum = FULL")
                elif _format(found) != _FORMAT:
                    raise Unusable("it is of another format")
                yield found
        except sqlite3.Error as error:
            is_busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            raise (Busy if is_busy else Unusable)(f"it cannot be used: {error}") from error
        except OSError as error:
            raise Unusable(f"it cannot be read: {error.strerror or error}") from error


def _link(new: Path, path: Path) -> None:
    """Give a file its name; of two runs that do so at once the second finds the first one's."""
    try:
        os.link(new, path)
    except OSError:
        # There is one; or this file system has no second names.
        if not path.exists():
            new.replace(path)


def _replace(new: Path, path: Path) -> None:
    # What a dead run has left beside the damaged file would be played back into this one.
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    new.replace(path)


def _are_bytes(*values: object) -> bool:
    return all(isinstance(value, bytes) for value in values)


def _format(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _remove_old(path: Path) -> None:
    """Files beside this one that nobody has written for long: nobody has their secret any more."""
    oldest = time.time() - MOST_DAYS * 86_400
    for other in path.parent.glob("*.db"):
        with suppress(OSError):
            if other != path and other.stat().st_mtime < oldest:
                other.unlink()
