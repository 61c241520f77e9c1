"""Whose comment is whose in a YAML text: an oracle that shares nothing with what edits texts."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.yamltext.remarks import all_comments
from reconciler.yamltext.spans import ListNode, MapNode, Node, Outline, ScalarNode, outline

Path = tuple[str, ...]
OBJECT = "key"


def standing(text: str, file: str = "") -> list[tuple[str, Path]]:
    """Each comment of a text, and the path of what it stands at.

    An element is called by its key, its label or its text, so that a place in a list says
    nothing.  An object is called by its kind's list and its key wherever it is nested.
    """
    on = outline(text)
    if on.root is None:
        return []
    entries = sorted(_entries(on, on.root, (file,)))
    return [(words, _owner(on, entries, at)) for at, words in all_comments(on)]


def places(text: str, file: str = "") -> set[Path]:
    """Every place of a text that a comment can stand at."""
    on = outline(text)
    return {path for _, _, path in _entries(on, on.root, (file,))} if on.root is not None else set()


def _entries(on: Outline, node: Node, path: Path) -> Iterator[tuple[int, int, Path]]:
    """Where each entry begins, its column and its path; brackets are one thing."""
    if not isinstance(node, ListNode | MapNode) or node.flow:
        return
    if isinstance(node, MapNode):
        for key, value in node.entries:
            inner = (*path, _text(key))
            yield key.head, _column(on, key.head), inner
            yield from _entries(on, value, inner)
    for item in node.items if isinstance(node, ListNode) else ():
        start = on.text.rindex("-", 0, item.head)
        inner = _called(on, item, path)
        yield start, _column(on, start), inner
        yield from _entries(on, item, inner)


def _called(on: Outline, item: Node, path: Path) -> Path:
    item = on.resolved(item)
    if not isinstance(item, MapNode):
        return (*path, f"={_text(item)}")
    if item.get(OBJECT) is not None:
        # An object, wherever it is nested: `children` of a category hold categories.
        return ("", path[1], f"={_text(item.get(OBJECT))}")
    return (*path, f"={_text(item.get('label'))}")


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, ScalarNode) else ""


def _column(on: Outline, at: int) -> int:
    return at - on.text.rfind("\n", 0, at) - 1


def _owner(on: Outline, entries: list[tuple[int, int, Path]], at: int) -> Path:
    before = [x for x in entries if x[0] < at]
    after = [x for x in entries if x[0] > at]
    column = _column(on, at)
    if on.text[:at].rpartition("\n")[2].strip():
        return before[-1][2] if before else ()
    if after and column <= after[0][1]:
        return after[0][2]
    return next((path for _, x, path in reversed(before) if x < column), ())
