"""What the same commit can say so that nothing is refused, as YAML to paste (contract 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.model import Remedy
from reconciler.reports.values import clean

MOST = 60
"""Lines of YAML that are shown of one remedy; a plan file has all of them."""

LEAD = "To let it through, write in the same pull request or commit"


def heads(remedies: Sequence[Remedy]) -> Iterator[tuple[str, list[str]]]:
    """Where each one is to be written, as a sentence's part, and its lines."""
    for index, remedy in enumerate(remedies):
        words = clean(remedy.words)
        yield (words if index == 0 else f"or {words[:1].lower()}{words[1:]}"), _lines(remedy)


def _lines(remedy: Remedy) -> list[str]:
    """The YAML, cut where it is long; what is left out is counted."""
    lines = list(map(clean, remedy.yaml.splitlines()))
    if len(lines) <= MOST:
        return lines
    left = len(lines) - MOST
    return [*lines[:MOST], f"# … and {left:,} more lines: `remedies` of the plan file has them all"]


def remedies_text(remedies: Sequence[Remedy], indent: str) -> Iterator[str]:
    """Lines for a terminal."""
    if remedies:
        yield f"{indent}{LEAD}"
    for head, lines in heads(remedies):
        yield f"{indent}{head}:"
        yield from (f"{indent}    {line}" for line in lines)


def remedies_markdown(remedies: Sequence[Remedy]) -> Iterator[str]:
    """Lines of Markdown: a fence that nothing in the YAML can close."""
    if remedies:
        yield from ("", f"**{LEAD}**")
    for head, lines in heads(remedies):
        ticks = max(map(len, re.findall("`+", "\n".join(lines))), default=0)
        fence = "`" * max(3, ticks + 1)
        yield from ("", f"{_escaped(head)}:", "", f"{fence}yaml", *lines, fence)


def _escaped(words: str) -> str:
    # Our own words come from a plan file, which anybody may have written.
    return re.sub(r"[^\w ,.]", " ", words)
