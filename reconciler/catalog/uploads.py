"""Files beside the YAML: where they are, that they stay inside, what they hold (1.5, 1.6)."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from collections.abc import Collection
from pathlib import Path

from reconciler.catalog.draft import Book, Draft, Unfit
from reconciler.catalog.scalars import filled
from reconciler.normalize import composed, content
from reconciler.quoting import quoted
from reconciler.yamlfile import Node

FILE_NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
"""What a file may be called in the account (docs/api.md)."""


def read_path(book: Book, draft: Draft, node: Node) -> None:
    """`path` of a file: its bytes, and its name where none is given."""
    book.looked_beside = True
    draft.places.note("path", node.mark)
    draft.places.note("content", node.mark)
    try:
        text = filled(node, "path")
        found = beside(book.folder, node, text)
        if found.stat().st_size == 0:
            raise Unfit(node.place, f"{quoted(text)} is empty", "an empty file cannot be uploaded")
    except Unfit as fault:
        draft.spoil("content", "file_name")
        book.unfit(draft.name, fault)
        return
    draft.upload, draft.inside = str(found), found.relative_to(book.folder).as_posix()
    if book.contents:
        draft.fields["content"] = content_of(found)


def beside(folder: Path, node: Node, text: str, new: Collection[str] = ()) -> Path:
    """A file named in a YAML file, relative to that; Unfit where it is none of the catalog's.

    `new` are paths in the folder that are not written yet.
    """
    if "\0" in text or text.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", text):
        raise Unfit(node.place, f"{quoted(text)} is not a relative path", _RELATIVE)
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(node.place.file), text))
    if inside.startswith("../") or inside in ("..", "."):
        raise Unfit(node.place, f"{quoted(text)} leads out of the catalog folder", _RELATIVE)
    path = folder
    for part in inside.split("/"):
        path = _entry(path, part)
        if path.is_symlink():
            raise Unfit(node.place, f"{quoted(text)}: {part} is a symlink", "put the file itself")
    if not path.is_file() and inside not in new:
        raise Unfit(node.place, f"{quoted(text)} names no file", f"there is no {inside}")
    return path


def _entry(folder: Path, name: str) -> Path:
    """What a folder has of that name, in whichever of Unicode's spellings the disk keeps it."""
    path = folder / name
    if name.isascii() or os.path.lexists(path) or not folder.is_dir():
        return path
    return next((x for x in folder.iterdir() if composed(x.name) == composed(name)), path)


_RELATIVE = "write it relative to this file, inside the catalog folder"


def content_of(path: Path) -> str:
    """Digest and size of a file, read piece by piece."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return content(digest, os.fstat(file.fileno()).st_size)


def finish(book: Book, draft: Draft) -> None:
    """The file's name, and whether the account can have a file of that name."""
    if draft.upload is None and not draft.has("file_name") and not draft.external:
        what, hint = (
            "needs `path` or `file_name`",
            "a path uploads, a name alone links what is there",
        )
        draft.spoil("file_name")
        book.unfit(draft.name, Unfit(draft.place, what, hint))
    if draft.upload is None:
        return
    name = draft.fields.setdefault("file_name", Path(draft.upload).name)
    if isinstance(name, str) and not FILE_NAME.fullmatch(name):
        what = f"{quoted(name)} cannot be the name of an upload"
        hint = "only letters, digits and _ - . are allowed: give it a `file_name`"
        at = draft.at("file_name" if "file_name" in draft.places else "path")
        book.findings.add(draft.problem(at, what, hint))
