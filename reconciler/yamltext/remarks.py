"""Lines and comments of a YAML text, and whose comment is whose; a `#` inside a text is none.

A comment belongs to the entry that it stands behind, to the one directly below it, or, further
in, to the one above.  Nobody's are: the head of the file, a comment above an empty line, and a
banner (`# ---- Sizes`).  What goes takes its comments along, what stays keeps them, and what
comes has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.yamltext.spans import Holder, MapNode, Outline

_BANNER = re.compile(r"#+\s*([-=*~#_])\1\1")
_COMMA = re.compile(r"[ \t]*,")


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
    in_header = node.is_block and at < line_end(on.text, node.start)
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


# --- whose comment is it ------------------------------------------------------------------------


def span(on: Outline, holder: Holder, index: int) -> tuple[int, int]:
    """An entry of a mapping, or an element of a list with its dash: its first character and the
    end of its last one."""
    if isinstance(holder, MapNode):
        entry = holder.entries[index]
        return entry.key.head, entry.end
    element = holder.items[index]
    start = element.head if holder.flow else on.text.rindex("-", 0, element.head)
    return start, element.end


def extent(on: Outline, holder: Holder, index: int) -> tuple[int, int]:
    """The same with the comments that belong to it: from the first one's line up to the end of
    the last line, its line break not counted.

    For a block; `piece` is for brackets.
    """
    return lead(on, holder, index), _foot(on, *span(on, holder, index))


def lead(on: Outline, holder: Holder, index: int) -> int:
    """Where the comments above an entry begin; without any, its line.

    An entry that does not begin its line has none above it.
    """
    start, _ = span(on, holder, index)
    if not first_on_line(on.text, start):
        return start
    line = line_start(on.text, start)
    above = _foot(on, *span(on, holder, index - 1)) if index else -1
    begin = _remarks_above(on.text, line, above)
    # What begins the file is its head, and nobody's.
    return line if holder is on.root and begin == 0 else begin


def _remarks_above(text: str, line: int, limit: int) -> int:
    """Where the comments in the lines directly above a line begin, none of them at `limit`."""
    while line > 0:
        above = line_start(text, line - 1)
        words = text[above : line_end(text, above)].strip()
        is_remark = words.startswith("#") and not _BANNER.match(words)
        if above <= limit or not is_remark:
            break
        line = above
    return line


def _foot(on: Outline, start: int, end: int) -> int:
    """The end of the last line of an entry, comments below that are further in than it counted."""
    column = start - line_start(on.text, start)
    found = line_end(on.text, end)
    at = next_line(on.text, found)
    while at < len(on.text):
        eol = line_end(on.text, at)
        words = on.text[at:eol].lstrip()
        indent = eol - at - len(words)
        if words.startswith("#") and indent > column:
            found = eol
        elif words:
            break
        at = next_line(on.text, eol)
    return found


def piece(on: Outline, holder: Holder, index: int) -> tuple[int, int]:
    """An element in brackets with its comma and the comments that belong to it."""
    start, end = span(on, holder, index)
    comma = _COMMA.match(on.text, end)
    end = comma.end() if comma else end
    eol = line_end(on.text, end)
    if eol < holder.end and on.text[end:eol].lstrip().startswith("#"):
        end = eol
    if first_on_line(on.text, start):
        line = line_start(on.text, start)
        limit = span(on, holder, index - 1)[1] if index else -1
        above = _remarks_above(on.text, line, limit)
        if above < line:
            start = on.text.index("#", above)
    return start, end


def remarks(on: Outline, holder: Holder, index: int) -> list[str]:
    """The comments that belong to an entry."""
    found = piece if holder.flow else extent
    return comments(on, *found(on, holder, index))
