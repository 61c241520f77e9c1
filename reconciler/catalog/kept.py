"""The pieces of catalog files that a cache keeps, by file and the digest of its bytes (7.4)."""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path

from reconciler import __version__
from reconciler.cache import Cache, Damaged, Shelf
from reconciler.schema import load

SHELF = "catalog"


class Pieces:
    """What earlier runs have read of the files of a catalog, for one environment.

    With `use` that is taken, and what is new put beside it; without, all is read and kept anew.
    Whatever is damaged, or was kept by another pxm, Python or schema, does not open: the file is
    read.
    """

    def __init__(self, cache: Cache, environment: str | None, *, use: bool) -> None:
        self._cache = cache
        self._version = _version(environment)
        self._use = use
        self._shelf: Shelf | None = None
        self._new: dict[str, bytes] = {}
        self.found = 0
        """Files of which a piece was taken."""

    def get(self, file: str, raw: bytes) -> bytes | None:
        """The piece of a file with these bytes; None where none is kept.

        Unusable where the cache cannot be read.
        """
        if not self._use:
            return None
        if self._shelf is None:
            self._shelf = self._cache.read(SHELF)
        try:
            kept = self._shelf.get(file, self._version)
        except Damaged:
            return None
        digest = _digest(raw)
        if kept is None or not kept.startswith(digest):
            return None
        self.found += 1
        return kept[len(digest) :]

    def put(self, file: str, raw: bytes, piece: bytes) -> None:
        """Keep the piece of a file, once `save` is called."""
        self._new[file] = _digest(raw) + piece

    def save(self) -> None:
        """Write what is new.  Unusable where the cache cannot be written."""
        if self._new:
            write = self._cache.put if self._use else self._cache.replace
            write(SHELF, self._new.items(), self._version)


def _digest(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def _version(environment: str | None) -> str:
    """All that a piece depends on besides the file."""
    python = sys.implementation.cache_tag or sys.version
    return json.dumps([__version__, _program(), python, environment])


@cache
def _program() -> str:
    """The digest of the code and the schema that read catalogs: two of a version may differ."""
    digest = hashlib.sha256(json.dumps(load("catalog"), sort_keys=True).encode("ascii"))
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode("utf-8"))
        digest.update(path.read_bytes())
    return digest.hexdigest()
