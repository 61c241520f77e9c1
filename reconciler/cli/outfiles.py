"""Files that a command writes because it was asked to: plans, reports, receipts."""

from __future__ import annotations

from pathlib import Path

from reconciler.errors import UsageError


def check_writable(path: Path | None, option: str) -> None:
    """Say before a long run that its result could not be kept; leaves an empty file at most."""
    if path is not None:
        try:
            path.open("a", encoding="utf-8").close()
        except OSError as error:
            raise _unwritable(path, option, error) from error


def write(path: Path, text: str, option: str) -> None:
    """Write a result; UsageError where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, option, error) from error


def _unwritable(path: Path, option: str, error: OSError) -> UsageError:
    reason = error.strerror or str(error)
    return UsageError(
        f"{option} {path}: cannot be written: {reason}",
        hint="name a file in a folder that exists and that you may write to",
    )
