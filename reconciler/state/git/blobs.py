"""What is in the files of a commit, read from git's objects: no checkout, filter or attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.state.git.command import Git, GitFailed

LINK = "120000"
"""The mode of a symbolic link, which is a blob too."""


def files(
    git: Git, tree: str, wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[str, bytes]]:
    """Every file of a commit or a tree whose path is wanted, with what is in it; those at the top
    first.  Symbolic links are none."""
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", tree)
    blobs: list[tuple[str, str]] = []
    for row in listed.decode("utf-8", "replace").split("\0"):
        head, _, path = row.partition("\t")
        mode, type_, oid = head.split() if path else ("", "", "")
        if type_ == "blob" and mode != LINK and wanted(path):
            blobs.append((path, oid))
    blobs.sort(key=lambda blob: blob[0].count("/"))
    asked = "".join(f"{oid}\n" for _, oid in blobs).encode()
    batch = git.run("cat-file", "--batch", given=asked) if asked else b""
    yield from zip((path for path, _ in blobs), _contents(batch), strict=True)


def _contents(batch: bytes) -> Iterator[bytes]:
    """The blobs that `cat-file --batch` printed."""
    start = 0
    while start < len(batch):
        end = batch.index(b"\n", start)
        size = batch[start:end].split()
        if len(size) != 3:
            raise GitFailed("cat-file", batch[start:end].decode("utf-8", "replace"))
        length = int(size[2])
        yield batch[end + 1 : end + 1 + length]
        start = end + 2 + length
