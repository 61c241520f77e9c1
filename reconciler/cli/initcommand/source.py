"""Where this pxm comes from: what workflows call and pipelines install (contract 8.4)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from reconciler import __version__
from reconciler.errors import PxmError, UsageError
from reconciler.starter import REF, REPOSITORY
from reconciler.state.git.command import Git, GitFailed

SERVER = "https://github.com"
PATIENCE = 15.0
"""Seconds for a server to say which commit a version is."""

_NAMED = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*?)(?:\.git)?(?:@([\w./-]+))?")
_URL = re.compile(r"(?:https|ssh)://(?:[^/@]+@)?([^/]+)/(.+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A repository as OWNER/NAME and the commit or tag to pin; the placeholders where unknown."""

    repository: str = REPOSITORY
    ref: str = REF
    server: str = SERVER

    @property
    def known(self) -> bool:
        """Nothing is left to be filled in by hand."""
        return self.repository != REPOSITORY and self.ref != REF

    @property
    def package(self) -> str:
        """What pip installs: the same commit, else this version from a package index."""
        if not self.known:
            return f"pxm=={__version__}"
        return f"git+{self.server}/{self.repository}@{self.ref}"


def source_of(said: str) -> Source:
    """What the option says (OWNER/NAME, OWNER/NAME@REF), filled up by how pxm was installed.

    Raises UsageError where it is neither.
    """
    installed = installed_from(_direct_url())
    if not said:
        return installed
    named = _NAMED.fullmatch(said)
    if named is None:
        raise UsageError(
            f"--repository {said}: no repository", hint="name it as OWNER/NAME or OWNER/NAME@COMMIT"
        )
    repository, ref = named[1], named[2] or ""
    server = os.environ.get("GITHUB_SERVER_URL") or SERVER
    if not ref and repository == installed.repository:
        return installed
    return Source(repository, ref or commit_of_version(server, repository) or REF, server)


def installed_from(direct_url: str | None) -> Source:
    """The repository and commit that pip installed from, by its `direct_url.json`."""
    try:
        said = json.loads(direct_url or "{}")
        commit, url = said["vcs_info"]["commit_id"], _URL.fullmatch(said["url"])
    except (ValueError, KeyError, TypeError):
        return Source()
    named = _NAMED.fullmatch(url[2]) if url else None
    if url is None or named is None or not re.fullmatch(r"[0-9a-f]{40,64}", str(commit)):
        return Source()
    return Source(named[1], commit, f"https://{url[1]}")


def commit_of_version(server: str, repository: str) -> str:
    """The commit of this version's tag; empty where the server does not say."""
    tag = f"refs/tags/v{__version__}"
    try:
        found = Git(Path.cwd()).run(
            "ls-remote", f"{server}/{repository}", tag, f"{tag}^{{}}", timeout=PATIENCE
        )
    except (GitFailed, PxmError):
        return ""
    # Of an annotated tag the last line is the commit, the one before it the tag itself.
    lines = found.decode("utf-8", "replace").split("\n")
    commits = [line.partition("\t")[0] for line in lines if line]
    return commits[-1] if commits else ""


def origin_of(folder: Path) -> str:
    """The URL of the remote `origin` of the repository that a folder is in, or will be; empty
    without one."""
    full = folder.resolve()
    nearest = next(path for path in (full, *full.parents) if path.is_dir())
    try:
        return Git(nearest).line("remote", "get-url", "origin")
    except (GitFailed, PxmError):
        return ""


def _direct_url(read: Callable[[str], metadata.Distribution] = metadata.distribution) -> str | None:
    try:
        return read("pxm").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
