"""A terminal's text as a picture, for the README: `python -m tests.reports.svg TEXT PICTURE`."""

from __future__ import annotations

import re
import sys
from io import StringIO
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""rich names a font on a CDN: the picture is to work offline and to load nothing."""


def text_svg(ansi_text: str, title: str) -> str:
    """The picture of a text with ANSI colours; the same text gives the same picture."""
    text = Text.from_ansi(ansi_text)
    width = max((cell_len(line) for line in text.plain.splitlines()), default=0)
    console = Console(
        record=True, file=StringIO(), width=max(40, width), color_system="standard", _environ={}
    )
    console.print(text, soft_wrap=True)
    return _FONT.sub("", console.export_svg(title=title, unique_id="pxm"))


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(text_svg(source.read_text(encoding="utf-8"), "pxm plan"), encoding="utf-8")
