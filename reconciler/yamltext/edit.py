"""An edit of a YAML text: what stands in a span becomes something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.yamltext.spans import Node, Outline


class CannotEdit(Exception):
    """The place cannot be edited without touching more than it; the words say why."""

    def __init__(self, node: Node, reason: str) -> None:
        super().__init__(reason)
        self.line, self.column = node.line + 1, node.at + 1


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters `start` up to `end` become `text`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap; line ends as the text has them."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    at = 0
    for edit in sorted(edits):
        parts += [text[at : edit.start], edit.text.replace("\n", line_end)]
        at = edit.end
    return "".join([*parts, text[at:]])


def overlap(edits: Sequence[Edit], others: Sequence[Edit]) -> bool:
    """Whether two lists of edits touch one another."""
    for edit in edits:
        for other in others:
            if edit.start <= other.end and other.start <= edit.end:
                return True
    return False


def check_not_shared(on: Outline, node: Node) -> None:
    """CannotEdit where an alias elsewhere shows the node, or a part of it, as well."""
    if any(on.is_shared(inner) for inner in node.walk()):
        raise CannotEdit(node, f"the anchor &{node.anchor or '…'} here is used elsewhere too")
