"""Puts files beside what is there, and over nothing that says something else (contract 3)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.files import replace_file

IGNORE = ".gitignore"
IGNORED = ".reconciler/"
"""What git should not see: state, sandbox and caches on this machine."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Files by how they stand to what is in a folder: not there, the same, or something else."""

    new: Mapping[str, str]
    same: tuple[str, ...]
    different: Mapping[str, str]


def layout(folder: Path, texts: Mapping[str, str]) -> Layout:
    """Compare texts with the files of a folder; what cannot be read differs."""
    new, different = {}, {}
    for name, text in texts.items():
        path = folder / name
        if not os.path.lexists(path):
            new[name] = text
        elif standing(path) != text:
            different[name] = text
    same = tuple(name for name in texts if name not in new and name not in different)
    return Layout(new, same, different)


def standing(path: Path) -> str | None:
    """What a file says; None where that is no text of its own."""
    try:
        return None if path.is_symlink() else path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def check_force(folder: Path, names: Sequence[str], force: Sequence[Path]) -> set[str]:
    """The names among `names` that may be written over; UsageError for a file that is none."""
    known = {folder / name: name for name in names}
    found = set()
    for path in force:
        name = known.get(path) or known.get(folder / path)
        if name is None:
            listed = ", ".join(str(path) for path in known) or "nothing"
            raise UsageError(
                f"--force {path}: not a file that this would write",
                hint=f"with these options it writes {listed}",
            )
        found.add(name)
    return found


def ignore(folder: Path) -> bool:
    """Have git see nothing of what stays on this machine; whether `.gitignore` was edited.

    What it said before stays.
    """
    path = folder / IGNORE
    before = standing(path) if os.path.lexists(path) else ""
    # What cannot be read is left: `.reconciler/` has a `.gitignore` of its own.
    if before is None or IGNORED in before.splitlines():
        return False
    gap = "" if before.endswith("\n") or not before else "\n"
    replace_file(path, f"{before}{gap}{IGNORED}\n")
    return True
