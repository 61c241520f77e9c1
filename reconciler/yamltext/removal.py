"""Edits that take entries and elements out, along with the comments that belong to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from reconciler.yamltext.edit import CannotEdit, Edit, check_not_shared
from reconciler.yamltext.insertion import insert
from reconciler.yamltext.remarks import (
    comments,
    extent,
    first_on_line,
    line_end,
    line_start,
    next_line,
    piece,
    span,
)
from reconciler.yamltext.spans import Holder, ListNode, MapEntry, MapNode, Node, Outline


def drop_entry(on: Outline, owner: MapNode, name: str) -> list[Edit]:
    """The entry of that name goes; nothing where there is none."""
    found = owner.own(name)
    if found is None:
        # A null of its own hides what `<<` brings.
        return insert(on, owner, {name: None}) if on.merged(owner, name) else []
    check_not_shared(on, found.value)
    index = owner.entries.index(found)
    if owner.flow:
        return _cut(on, owner, [index])
    if first_on_line(on.text, found.key.head):
        return _drop_lines(on, owner, index)
    return _drop_beside_dash(on, owner, found, index)


def drop_entries(on: Outline, owner: MapNode, names: Collection[str]) -> list[Edit]:
    """The entries of these names go, out of braces all with one look at their commas."""
    edits: list[Edit] = []
    if not owner.flow:
        for name in names:
            edits += drop_entry(on, owner, name)
        return edits
    gone = [index for index, entry in enumerate(owner.entries) if entry.name in names]
    for index in gone:
        check_not_shared(on, owner.entries[index].value)
    return _cut(on, owner, gone)


def _drop_beside_dash(on: Outline, owner: MapNode, found: MapEntry, index: int) -> list[Edit]:
    """The first entry goes that stands in the line of a dash: the next one takes its place."""
    if index + 1 == len(owner.entries):
        raise CannotEdit(found.key, "it is all that there is in its list entry")
    start = found.key.head
    after = owner.entries[index + 1].key.head
    _, end = extent(on, owner, index)
    return [*_lifted(on, found.key, comments(on, end, after)), Edit(start, after, "")]


def _lifted(on: Outline, node: Node, found: Sequence[str]) -> Iterator[Edit]:
    """Comments in lines of their own above the one that a node begins in."""
    if found:
        begin = line_start(on.text, node.head)
        line = on.text[begin:]
        indent = " " * (len(line) - len(line.lstrip(" ")))
        yield Edit(begin, begin, "".join(f"{indent}{comment}\n" for comment in found))


# --- list elements ------------------------------------------------------------------------------


def drop_items(on: Outline, node: ListNode, gone: Sequence[int]) -> list[Edit]:
    """Elements go; of a list in brackets, some stay."""
    for index in gone:
        check_not_shared(on, node.items[index])
    if node.flow:
        return _cut(on, node, gone)
    return [_drop_item(on, node, index) for index in gone]


def _drop_item(on: Outline, node: ListNode, index: int) -> Edit:
    dash, _ = span(on, node, index)
    if not first_on_line(on.text, dash):
        raise CannotEdit(node.items[index], "two lists begin in its line")
    (edit,) = _drop_lines(on, node, index)
    return edit


def drop_objects(on: Outline, node: ListNode, indexes: Sequence[int]) -> list[Edit]:
    """Elements go, each with the empty line above it where another one or nothing is below; the
    first of a list with the one below it.

    Neighbours go with what is empty between them.
    """
    for index in indexes:
        check_not_shared(on, node.items[index])
    joined: list[Edit] = []
    for index in sorted(indexes):
        edit = _drop_item(on, node, index)
        if joined and not on.text[joined[-1].end : edit.start].strip():
            edit = Edit(joined.pop().start, edit.end, "")
        joined.append(edit)
    return [_with_gap(on, edit, first=edit.end > node.start >= edit.start) for edit in joined]


def drop_section(on: Outline, root: MapNode, name: str) -> list[Edit]:
    """An entry of the root goes with the empty line above it, where another or nothing is below."""
    return [_with_gap(on, edit) for edit in drop_entry(on, root, name)]


def _with_gap(on: Outline, edit: Edit, *, first: bool = False) -> Edit:
    """The edit with one of the empty lines around it."""
    before, after = on.text[: edit.start], on.text[edit.end :]
    gap = "\r\n" if before.endswith("\r\n") else "\n"
    below = after.startswith(gap)
    if before.endswith(2 * gap) and (below or not after.strip()):
        return Edit(edit.start - len(gap), edit.end, "")
    return Edit(edit.start, edit.end + len(gap), "") if first and below else edit


def empty_list(on: Outline, owner: MapNode, index: int) -> list[Edit]:
    """All elements of a list go and their comments; what stands behind its key stays."""
    name, node = owner.entries[index]
    colon = on.text.index(":", name.end) + 1
    if isinstance(node, ListNode) and node.flow:
        return [Edit(colon, node.end, " []")]
    _, end = extent(on, owner, index)
    return [Edit(colon, colon, " []"), Edit(line_end(on.text, colon), end, "")]


# --- out of lines, and out of brackets ----------------------------------------------------------


def _drop_lines(on: Outline, holder: Holder, index: int) -> list[Edit]:
    """The whole lines of an entry and of its comments."""
    begin, end = extent(on, holder, index)
    return [Edit(begin, next_line(on.text, end), "")]


def _cut(on: Outline, node: Holder, gone: Collection[int]) -> list[Edit]:
    """Elements out of brackets, with their commas and comments; some element stays."""
    count = len(node.items if isinstance(node, ListNode) else node.entries)
    spans = [span(on, node, index) for index in range(count)]
    if comments(on, node.start, node.end):
        return _cut_pieces(on, node, spans, gone)
    edits: list[Edit] = []
    for first, last in _runs(gone):
        if last + 1 < count:
            edits.append(Edit(spans[first][0], spans[last + 1][0], ""))
        else:
            edits.append(Edit(spans[first - 1][1], spans[last][1], ""))
    return edits


def _runs(indexes: Collection[int]) -> list[tuple[int, int]]:
    """Neighbours together: the first and the last of each."""
    runs: list[tuple[int, int]] = []
    for index in sorted(indexes):
        if runs and runs[-1][1] + 1 == index:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def _cut_pieces(
    on: Outline, node: Holder, spans: Sequence[tuple[int, int]], gone: Collection[int]
) -> list[Edit]:
    """The same where comments stand between the elements: each goes with its own alone.

    The comma of what comes to be the last one stays; YAML lets it.
    """
    pieces: list[tuple[int, int]] = []
    for index in gone:
        start, end = piece(on, node, index)
        has_comma = on.text[spans[index][1] : end].lstrip().startswith(",")
        if index + 1 < len(spans) and not has_comma:
            raise CannotEdit(node, "a comment stands inside the brackets, between what would go")
        if pieces and not on.text[pieces[-1][1] : start].strip():
            start, _ = pieces.pop()
        pieces.append((start, end))
    return [_without_space(on.text, start, end) for start, end in pieces]


def _without_space(text: str, start: int, end: int) -> Edit:
    """A piece goes with its line where it has one of its own, else with the space beside it."""
    eol = line_end(text, end)
    behind = text[end:eol].strip()
    if first_on_line(text, start):
        if not behind:
            return Edit(line_start(text, start), next_line(text, eol), "")
        is_last = behind[0] in "]}"
        return Edit(start, end if is_last else _skip_blanks(text, end), "")
    if behind[:1] in ("", "]", "}"):
        return Edit(len(text[:start].rstrip(" \t")), end, "")
    return Edit(start, _skip_blanks(text, end), "")


def _skip_blanks(text: str, at: int) -> int:
    while text[at] in " \t":
        at += 1
    return at
