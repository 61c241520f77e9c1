"""URLs of states, as far as something can be told of them without opening one."""

from __future__ import annotations

import posixpath
from urllib.parse import urlsplit

REMOTE, REF = "origin", "refs/reconciler/state"
"""What `git:` means where it does not say them."""


def git_parts(rest: str) -> tuple[str, str]:
    """The remote and the ref of what follows `git:`."""
    remote, _, ref = rest.partition("#")
    return remote or REMOTE, ref or REF


def same_place(url: str) -> str:
    """One spelling for all URLs of one state, as far as it can be told without looking."""
    scheme, _, rest = url.partition(":")
    if scheme == "git":
        return "git:" + "#".join(git_parts(rest))
    if scheme == "file":
        return "file:" + posixpath.normpath(rest)
    return f"postgresql:{rest}"


def has_password(url: str) -> bool:
    """The URL holds a secret."""
    try:
        return bool(urlsplit(url).password) or "password=" in urlsplit(url).query
    except ValueError:
        # It is no URL at all, which is said when it is opened.
        return False
