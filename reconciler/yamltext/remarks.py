"""Lines and comments of a YAML text: a `#` inside a text is none."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.yamltext.spans import Outline


def comments(on: Outline, start: int, end: int) -> list[str]:
    """The comments in a span, those in texts not counted."""
    return [text for _, text in _comments(on, start, end)]


def all_comments(on: Outline) -> list[tuple[int, str]]:
    """Every comment of a text with its place."""
    return list(_comments(on, 0, len(on.text)))


def _comments(on: Outline, start: int, end: int) -> Iterator[tuple[int, str]]:
    at = start
    while True:
        at = on.text.find("#", at, end)
        if at < 0:
            return
        covered = _covering(on, at)
        if covered is not None:
            at = max(covered, at + 1)
        elif at == 0 or on.text[at - 1] in " \t\n\r":
            eol = line_end(on.text, at)
            yield at, on.text[at:eol].rstrip()
            at = eol
        else:
            at += 1


def _covering(on: Outline, at: int) -> int | None:
    """The end of the scalar around a position; a block's first line may have a comment."""
    node = on.scalar_at(at)
    if node is None:
        return None
    in_header = node.style in ("|", ">") and at < line_end(on.text, node.start)
    return None if in_header else node.end


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Where the line ends, its line break not counted."""
    found = text.find("\n", at)
    end = len(text) if found < 0 else found
    return end - 1 if end > at and text[end - 1 : end] == "\r" else end


def next_line(text: str, eol: int) -> int:
    found = text.find("\n", eol)
    return len(text) if found < 0 else found + 1


def first_on_line(text: str, at: int) -> bool:
    return not text[line_start(text, at) : at].strip()
