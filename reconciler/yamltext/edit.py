"""An edit of a YAML text: what stands in a span becomes something else."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class SideBySide:
    """Edits of one text that can be made at once: those of one wish touch those of no other."""

    edits: list[Edit] = field(default_factory=list)

    def take(self, found: Sequence[Edit]) -> bool:
        """Take the edits of one more wish; False, and none of them, where one touches another."""
        if any(map(self._touches, found)):
            return False
        for edit in found:
            insort(self.edits, edit)
        return True

    def _touches(self, edit: Edit) -> bool:
        # Of edits that lie in a row, the two beside the place are the nearest.
        at = bisect_left(self.edits, edit.start, key=lambda other: other.start)
        beside = self.edits[max(at - 1, 0) : at + 1]
        return any(edit.start <= other.end and other.start <= edit.end for other in beside)


def check_not_shared(on: Outline, node: Node) -> None:
    """CannotEdit where an alias elsewhere shows the node, or a part of it, as well."""
    if any(on.is_shared(inner) for inner in node.walk()):
        raise CannotEdit(node, f"the anchor &{node.anchor or '…'} here is used elsewhere too")
