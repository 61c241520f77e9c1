"""The keys of a catalog as they were last read, for completion: it never parses a catalog
(contract 9)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import platformdirs

MOST = 500
"""Keys that are proposed at most; of more only the kinds are, as `collection/`."""


KEYS, ENVIRONMENTS = "keys", "environments"


def file_of(catalog: Path, what: str = KEYS) -> Path:
    """Where the keys of a catalog folder are kept: one file for each folder of this user."""
    name = hashlib.sha256(str(catalog.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    return Path(platformdirs.user_cache_dir("pxm")) / what / name[:32]


def remember(catalog: Path, keys: Iterable[str], what: str = KEYS) -> None:
    """Keep the keys, as KIND/KEY, or the names of environments.

    Where they cannot be kept there is no completion of them.
    """
    text = "".join(f"{key}\n" for key in sorted(keys))
    path = file_of(catalog, what)
    with suppress(OSError, UnicodeError):
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return
        # Imported here: completion only reads.
        from reconciler.files import replaced_at_once

        path.parent.mkdir(parents=True, exist_ok=True)
        replaced_at_once(path, text)


def proposals(catalog: Path, begun: str) -> list[str]:
    """The keys that begin so; nothing where the catalog was never read."""
    found = _known(catalog, KEYS, begun)
    if len(found) > MOST and "/" not in begun:
        return sorted({f"{line.partition('/')[0]}/" for line in found})
    return found[:MOST]


def environments(catalog: Path, begun: str) -> list[str]:
    """The names of environments that begin so."""
    return _known(catalog, ENVIRONMENTS, begun)


def _known(catalog: Path, what: str, begun: str) -> list[str]:
    try:
        lines = file_of(catalog, what).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return []
    return [line for line in lines if line.startswith(begun)]
