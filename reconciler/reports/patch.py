"""Edits of files as a unified diff (contract 3)."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from reconciler.reports.values import clean, logged, paint

_COLORS = {"+": "32", "-": "31", "@": "36"}
NO_FILE = "/dev/null"
_NO_END = "\\ No newline at end of file"


def patch_text(path: str, before: str | None, after: str | None, *, color: bool) -> str:
    """The lines that change in a file, as git shows them; empty where none do.

    None is a file that is not there.  What a terminal or a log could take for a command is
    spelled out.
    """
    heads = (
        NO_FILE if before is None else f"a/{path}",
        NO_FILE if after is None else f"b/{path}",
    )
    lines: list[str] = []
    for number, line in enumerate(_diff(before or "", after or "", *heads)):
        shown = "\t".join(map(clean, line.split("\t")))
        code = "1" if number < len(heads) else _COLORS.get(line[:1], "")
        lines.append(paint(shown, code, color) if code else shown)
    return logged("".join(f"{line}\n" for line in lines))


def _diff(before: str, after: str, source: str, target: str) -> Iterator[str]:
    old, new = _lines(before), _lines(after)
    for line in unified_diff(old, new, source, target, lineterm=""):
        ended = line.removesuffix("\n")
        yield ended
        is_text = not line.startswith(("---", "+++", "@@")) or line.endswith("\n")
        if is_text and ended == line:
            yield _NO_END


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one, as for git."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines
