"""The state on a ref of the catalog's own repository: no other service is needed (contract 5)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.state import silent
from reconciler.state.git.bare import Bare
from reconciler.state.git.checkout import checkout_of, commit_of
from reconciler.state.git.command import Git, GitFailed
from reconciler.state.git.pace import Pace
from reconciler.state.git.store import GitStore
from reconciler.state.urls import git_parts

__all__ = ["CACHE", "GitStore", "Pace", "commit_of", "git_store"]

CACHE = Path(".reconciler/state.git")
"""The bare repository through which everything passes, relative to the folder of the run."""


def git_store(
    rest: str,
    catalog: Path,
    root: Path,
    pace: Pace | None = None,
    say: Callable[[str], None] = silent,
) -> GitStore:
    """The store of `git:[REMOTE][#REF]`; `rest` is what follows the colon."""
    (remote, ref), pace = git_parts(rest), pace or Pace()
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]*", remote):
        raise UsageError("--state git: not the name of a remote", hint=_FORM)
    _check_ref(ref, root)
    checkout = checkout_of(catalog, remote, os.environ)
    return GitStore(Bare(root / CACHE, checkout, pace.pauses, pace.sleep), ref, pace, say)


_FORM = "git:[REMOTE][#REF], such as git:origin#refs/reconciler/state"


def _check_ref(ref: str, folder: Path) -> None:
    if not re.fullmatch(r"refs/[^/]+/.+", ref):
        raise UsageError(f"--state git: '{ref}' is no full name of a ref", hint=_FORM)
    try:
        Git(folder).run("check-ref-format", ref)
    except GitFailed as error:
        raise UsageError(f"--state git: '{ref}' cannot be the name of a ref", hint=_FORM) from error
