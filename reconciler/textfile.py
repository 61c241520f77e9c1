"""Text files beside the YAML: their text, and how it is written on disk (contract 1.4)."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class TextFile:
    """What a text file says, with `\\n` at the ends of lines and without the last one.

    `mark`, `encoding`, `line_end` and `ended` (it ends with a line end) are how it is written.
    """

    text: str
    mark: bytes = b""
    encoding: str = "utf-8"
    line_end: str = "\n"
    ended: bool = True

    def written(self, text: str) -> bytes:
        """Another text, written as this one is."""
        # Without a line end at the end the last one of the text itself would be dropped.
        whole = text + "\n" if self.ended or text.endswith("\n") else text
        return self.mark + whole.replace("\n", self.line_end).encode(self.encoding)


def parse_text(raw: bytes) -> TextFile:
    """Read a text file; UnicodeDecodeError where it is neither UTF-8 nor marked as UTF-16.

    A checkout may have other line ends than the commit: they are no part of the text.
    """
    mark, encoding = next((x for x in _MARKS if raw.startswith(x[0])), (b"", "utf-8"))
    whole = raw[len(mark) :].decode(encoding)
    line_end = "\r\n" if "\r\n" in whole else "\n"
    text = whole.replace("\r\n", "\n").replace("\r", "\n")
    return TextFile(text.removesuffix("\n"), mark, encoding, line_end, text.endswith("\n"))
