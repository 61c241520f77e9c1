"""A terminal's text as a picture, for the README."""

from __future__ import annotations

import re
from io import StringIO

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
