"""A text that stands over several lines becomes another, and its lines that stay do not change.

YAML reads one end of line as a space, and n more as n ends of line.  So a new text is laid out
along the old one: where a word and the break after it are still there, so is the line's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

import yaml

from reconciler.yamltext.scalars import double_quoted
from reconciler.yamltext.spans import ScalarNode

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = re.compile(r"\s+|\S+")
_BREAK = re.compile(r"[ \t]*(?:\n[ \t]*)+")
MOST_WORDS = 4_000
"""Beyond it, finding what stays takes longer than reading the change."""


def relaid(source: str, node: ScalarNode, column: int, new: str) -> str | None:
    """A scalar's characters with `new` as their text, in the style and the lines that they have.

    `column` is where the key before it stands.  None where it stands in one line, or where this
    style cannot say the text; then nothing of the old layout is worth keeping.
    """
    raw = source[node.start : node.end]
    if "\n" not in raw or "\r" in raw:
        return None
    head, body, foot = _parts(raw, node.style)
    words, breaks = _laid(body, node.style)
    wanted = _WORDS.findall(_body(new, node.style))
    if max(len(words), len(wanted)) > MOST_WORDS or "".join(words) != _body(node.text, node.style):
        return None
    kept = _kept(words, wanted, breaks)
    made = head + "".join(_written(wanted, kept, _indent(breaks), node.style)) + foot
    return made if _reads(made, column, new) else None


def _parts(raw: str, style: str) -> tuple[str, str, str]:
    """What opens the scalar, its words, what closes it."""
    if style in ("'", '"'):
        return raw[0], raw[1:-1], raw[-1]
    if style == ">":
        header = re.match(r"[^\n]*\n[ ]*", raw)
        at = header.end() if header else 0
        return raw[:at], raw[at:], ""
    return "", raw, ""


def _body(text: str, style: str) -> str:
    """The text without the ends of line that the mark of a block decides on."""
    return text.rstrip("\n") if style == ">" else text


def _laid(body: str, style: str) -> tuple[list[str], dict[int, str]]:
    """The words and spaces of the text, and the breaks: index of a space → its characters."""
    words: list[str] = []
    breaks: dict[int, str] = {}
    at = 0
    for found in _BREAK.finditer(body):
        words += _WORDS.findall(_read(body[at : found.start()], style))
        breaks[len(words)] = found[0]
        words.append("\n" * (found[0].count("\n") - 1) or " ")
        at = found.end()
    return words + _WORDS.findall(_read(body[at:], style)), breaks


def _read(line: str, style: str) -> str:
    return line.replace("''", "'") if style == "'" else line


def _kept(old: list[str], new: list[str], breaks: dict[int, str]) -> dict[int, str]:
    """The breaks that stay, by where they stand in the new text."""
    kept: dict[int, str] = {}
    for a, b, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        for at in range(a, a + size):
            if at in breaks:
                kept[b + at - a] = breaks[at]
    return kept


def _indent(breaks: dict[int, str]) -> str:
    """How far in the lines stand."""
    return next(iter(breaks.values())).rpartition("\n")[2] if breaks else ""


def _written(words: list[str], kept: dict[int, str], indent: str, style: str) -> Iterator[str]:
    for at, word in enumerate(words):
        if at in kept:
            yield kept[at]
        elif "\n" in word:
            yield "\n" + word + indent
        elif style == "'":
            yield word.replace("'", "''")
        elif style == '"':
            yield double_quoted(word)[1:-1]
        else:
            yield word


def _reads(made: str, column: int, new: str) -> bool:
    """The reader takes it for exactly that text, as an entry that begins in that column."""
    try:
        found = yaml.compose(f"{' ' * column}k: {made}\n", Loader=_LOADER)
    except yaml.YAMLError:
        return False
    if not isinstance(found, yaml.MappingNode) or len(found.value) != 1:
        return False
    value = found.value[0][1]
    return isinstance(value, yaml.ScalarNode) and value.value == new
