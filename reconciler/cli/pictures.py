"""The pictures of files that a plan uploads, before and after, out of the catalog's repository.

Only what the plan speaks of is shown: the new bytes by their digest, the old ones by their size.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.enums import CREATES
from reconciler.errors import PxmError
from reconciler.kinds import CONTENT
from reconciler.model import Change, Plan, Ref
from reconciler.normalize import size_of
from reconciler.reports.site import Picture
from reconciler.state.git.command import Git, GitFailed

MOST = 512 * 1024
"""Bytes of a picture that a page holds."""

MOST_IN_ALL = 8 * 1024 * 1024
"""Bytes of all pictures of a page."""

_SIGNS: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
"""Names of files that browsers show as pictures and that cannot hold a script."""


def type_of(data: bytes) -> str:
    """What kind of picture that is, by its first bytes; empty for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in _SIGNS.items() if data.startswith(sign)), "")


@dataclass(frozen=True, slots=True)
class Repository:
    """The catalog folder in its repository: `prefix` is its path there, `base` a commit or ''."""

    git: Git
    prefix: str
    base: str

    def path(self, inside: str) -> str:
        """A file of the catalog as the repository calls it."""
        return f"{self.prefix}/{inside}" if self.prefix else inside

    def size(self, inside: str) -> str:
        """How large the file was at the base; empty where it was not there."""
        try:
            return self.git.line("cat-file", "-s", f"{self.base}:{self.path(inside)}")
        except GitFailed:
            return ""

    def bytes(self, inside: str) -> bytes:
        """The file as it was at the base, which has it."""
        return self.git.run("cat-file", "blob", f"{self.base}:{self.path(inside)}")


def repository(catalog: Path, base: Callable[[Git], str]) -> Repository | None:
    """The repository of a catalog; None where there is none.  `base` finds the commit before."""
    try:
        git = Git(catalog)
        prefix = git.line("rev-parse", "--show-prefix").rstrip("/")
    except (GitFailed, PxmError, OSError):
        return None
    try:
        return Repository(git, prefix, base(git))
    except (GitFailed, PxmError, OSError):
        return Repository(git, prefix, "")


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that a plan uploads; `was` says that the base holds what it takes the place of."""

    change: Change
    was: bool

    @property
    def inside(self) -> str:
        """Its path in the catalog folder."""
        return self.change.inside


def uploads(plan: Plan, place: Repository | None) -> Iterator[Upload]:
    """The pictures among the files that a plan uploads."""
    for change in plan.active:
        if change.inside.lower().endswith(ENDINGS):
            yield Upload(change, place is not None and _was_there(change, place))


def _was_there(change: Change, place: Repository) -> bool:
    if change.action in CREATES or not place.base:
        return False
    before = next((part.before for part in change.fields if part.path == CONTENT), None)
    return isinstance(before, str) and place.size(change.inside) == size_of(before)


def embedded(plan: Plan, catalog: Path, place: Repository | None) -> dict[Ref, tuple[Picture, ...]]:
    """Pictures as `data:` addresses, for a page that stands alone; too large ones are left out."""
    found: dict[Ref, tuple[Picture, ...]] = {}
    left = MOST_IN_ALL
    for item in uploads(plan, place):
        shown = []
        for when, data in _sides(item, catalog, place):
            kind = type_of(data)
            if kind and len(data) <= min(MOST, left):
                left -= len(data)
                source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
                shown.append(Picture(when, Path(item.inside).name, source))
        if shown:
            found[item.change.ref] = tuple(shown)
    return found


def _sides(item: Upload, catalog: Path, place: Repository | None) -> Iterator[tuple[str, bytes]]:
    if item.was and place is not None:
        yield "before", place.bytes(item.inside)
    try:
        data = (catalog / item.inside).read_bytes()
    except OSError:
        return
    planned = str(item.change.sent.get(CONTENT, ""))
    if f"sha256:{hashlib.sha256(data).hexdigest()} " in planned:
        yield "after", data
