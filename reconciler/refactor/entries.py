"""New entries at the end of a file's lists: objects, and lines of `moved` and `removed`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.refactor.files import Files, Spot
from reconciler.yamltext.document import SMALL
from reconciler.yamltext.document import entry as entry_lines
from reconciler.yamltext.document import item as item_lines
from reconciler.yamltext.edit import CannotEdit, Edit
from reconciler.yamltext.insertion import append, append_lines
from reconciler.yamltext.scalars import INDENT
from reconciler.yamltext.spans import ListNode, MapNode, Outline, ScalarNode


def put_in(files: Files, file: str, sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Objects at the end of a file's lists; a list that is not there is made.

    CannotEdit where a list is not one object a line.
    """
    for name, entries in sections.items():
        node = _list(files, file, name)
        if node is None:
            _put_list(files, file, entry_lines(name, list(entries), 0))
            continue
        lines: list[str] = []
        for entry in entries:
            lines += item_lines(entry, node.column)
        files.edit(file, append_lines(files.outline(file), node, lines))


def under_edits(
    files: Files, spot: Spot | None, kind: str, entries: Sequence[Mapping[str, Any]]
) -> list[Edit]:
    """Edits that put entries at the end of the list nested in an object (`variants`, `children`).

    CannotEdit where that object, or the list, is not one entry a line.
    """
    if spot is None:
        raise CannotEdit(_NOWHERE, "it is written by way of an alias or an anchor")
    on = files.outline(spot.file)
    check_own(on, spot)
    name = NESTS[kind].list
    node = spot.node.get(name)
    is_block = isinstance(node, ListNode) and not node.flow
    if spot.node.flow or not (node is None or is_block):
        raise CannotEdit(node or spot.node, f"`{name}` is not one entry a line")

    def lines_in(column: int) -> list[str]:
        lines: list[str] = []
        for entry in entries:
            lines += item_lines(entry, column)
        return lines

    return lines_under(on, spot.node, name, lines_in)


_NOWHERE = ScalarNode(0, 0, 0, 0, 0, 0)


def check_own(on: Outline, spot: Spot) -> None:
    """CannotEdit where an alias elsewhere shows the object too."""
    for node in (*spot.inside, spot.node):
        if on.is_shared(node):
            raise CannotEdit(node, f"it stands in the anchor &{node.anchor}, used elsewhere")


def lines_under(
    on: Outline, owner: MapNode, name: str, lines_in: Callable[[int], Sequence[str]]
) -> list[Edit]:
    """Elements at the end of a list of a mapping; the list is made where there is none.

    `lines_in` gives their lines for the column of the dash.
    """
    node = owner.get(name)
    if isinstance(node, ListNode) and node.items and not node.flow:
        return append_lines(on, node, lines_in(node.column))
    head = f"{' ' * owner.column}{name}:"
    return append_lines(on, owner, [head, *lines_in(owner.column + INDENT)])


def put_lines(
    files: Files, file: str, name: str, lines: Sequence[str], column: int, nested: bool
) -> None:
    """The same with the lines of one object, whose dash stood in a column.

    Of one that was not nested it stands there again where the list is new.
    """
    node = _list(files, file, name)
    if node is None:
        by = INDENT - column if nested else 0
        _put_list(files, file, [f"{name}:", *shifted(lines, by)])
        return
    on = files.outline(file)
    gap = [""] if _is_spaced(on.text, node, lines) else []
    files.edit(file, append_lines(on, node, [*gap, *shifted(lines, node.column - column)]))


def put_note(files: Files, file: str, name: str, note: Mapping[str, Any]) -> None:
    """One entry more under `moved` or `removed`, in brackets too."""
    on = files.open(file)
    node = on.root.get(name) if isinstance(on.root, MapNode) else None
    if isinstance(node, ListNode) and node.items:
        files.edit(file, append(on, node, len(node.items) - 1, [note]))
    elif node is None:
        _put_list(files, file, entry_lines(name, [note], 0))
    else:
        raise CannotEdit(node, f"`{name}` is empty here; take the line out")


def _list(files: Files, file: str, name: str) -> ListNode | None:
    """The list of that name; None where there is none."""
    on = files.open(file)
    node = on.root.get(name) if isinstance(on.root, MapNode) else None
    if node is None:
        return None
    if not isinstance(node, ListNode) or node.flow or not node.items:
        raise CannotEdit(node, f"the list `{name}` in {file} is not one entry a line")
    return node


def _is_spaced(text: str, node: ListNode, lines: Sequence[str]) -> bool:
    """Whether an empty line tells a new element from the one above it."""
    last = node.items[-1]
    if len(node.items) > 1:
        above = text[: text.rindex("-", 0, last.head)].rstrip(" ")
        return above.endswith(("\n\n", "\n\r\n"))
    return max(len(lines), text.count("\n", last.head, last.end) + 1) > SMALL


def _put_list(files: Files, file: str, lines: Sequence[str]) -> None:
    text = files.texts[file]
    end = "" if not text or text.endswith("\n") else "\n"
    gap = "\n" if text.strip() else ""
    added = end + gap + "\n".join(lines) + "\n"
    files.edit(file, [Edit(len(text), len(text), added)])


def shifted(lines: Sequence[str], by: int) -> list[str]:
    """Lines further in or out; what stands less far in than that goes as far as it can."""
    if by >= 0:
        return [" " * by + line if line.strip() else line for line in lines]
    return [line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in lines]
