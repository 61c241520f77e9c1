"""One value → the YAML that our reader reads as exactly that value (contract 1.4).

A text is quoted only where plain characters would be read otherwise: `007`, `NO` and `1.10` are
texts as they stand, because a field says what its value is and not YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from reconciler.model import Number

WIDTH = 100
"""Columns of a line, where the text lets it be kept."""

INDENT = 2

_PLAIN = re.compile(
    r"(?:[^\W_]|[^\x00-\x7f\s]|[_./+=$(;~^\\-](?=[^\s:#-]))"  # how it may begin
    r"[^\n\r\t#:]*(?:(?:(?<! )#|:(?=[^\s]))[^\n\r\t#:]*)*\Z"
)
_NOT_IN_FLOW = re.compile(r"[\[\]{},:#?]")
_NULLS = frozenset({"", "~", "null"})
_TYPED = re.compile(r"(?:true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\Z")
# What no YAML text can hold raw; the reader takes NEL, LS and PS for ends of lines.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NEEDS_ESCAPES = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def expressible(text: str) -> bool:
    """Whether any YAML can say this text: NUL and half a surrogate pair it cannot."""
    return not _NO_TEXT.search(text)


def scalar(value: str | bool | Number | None, *, flow: bool = False, typed: bool = False) -> str:
    """A value on one line.

    `flow` is for inside `[ ]` and `{ }`; `typed` quotes what a reader that does not know the
    field would take for a number or a truth value.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.text
    return _text(value, flow=flow, typed=typed)


def key(text: str, *, flow: bool = False) -> str:
    """A mapping key on one line."""
    plain = _is_plain(text, flow=flow) and text != "<<"
    return text if plain else _quoted(text)


def fits_key(text: str) -> bool:
    """Whether a text can be a key: YAML looks for the colon no further than 1,024 characters."""
    return bool(text) and expressible(text) and len(key(text)) < 1000


def _text(text: str, *, flow: bool, typed: bool) -> str:
    if _is_plain(text, flow=flow) and not (typed and _TYPED.match(text)):
        return text
    return _quoted(text)


def _is_plain(text: str, *, flow: bool) -> bool:
    """Whether a text reads as itself without quotes."""
    if text in _NULLS or text != text.strip():
        return False
    if _UNFIT.search(text) or not _PLAIN.match(text):
        return False
    return not (flow and _NOT_IN_FLOW.search(text))


def quoted_as(text: str, style: str) -> str | None:
    """A text in the quotes that stood there; None where they cannot hold it."""
    if style == '"':
        return double_quoted(text)
    if style == "'" and not _NEEDS_ESCAPES.search(text):
        return _single_quoted(text)
    return None


def double_quoted(text: str) -> str:
    """In double quotes, with escapes where no YAML can hold the character raw."""
    escaped = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04X}", escaped)


def _quoted(text: str) -> str:
    """In double quotes; in single ones where that spares escapes and none are needed."""
    escapes = '"' in text or "\\" in text
    if escapes and not _NEEDS_ESCAPES.search(text):
        return _single_quoted(text)
    return double_quoted(text)


def _single_quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


# --- block scalars ------------------------------------------------------------------------------


def block(text: str, indent: int) -> str | None:
    """A text over several lines, `|` or `>`, its lines `indent` columns in.

    None where a block cannot hold it exactly, or where one line does.
    """
    if _UNFIT.search(text) or not text.strip():
        return None
    if "\n" in text:
        return _literal(text, indent)
    if len(text) + indent <= WIDTH:
        return None
    can_be_folded = text == text.strip() and "\t" not in text
    return _folded(text, indent) if can_be_folded else None


def _literal(text: str, indent: int) -> str | None:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    lines = body.split("\n")
    if not lines[0].strip() or not lines[-1].strip():
        return None
    mark = str(INDENT) if lines[0][0] in " \t" else ""
    chomp = {0: "-", 1: ""}.get(ends, "+")
    lines += [""] * (ends - 1)
    return "\n".join([f"|{mark}{chomp}", *indented(lines, indent)])


def _folded(text: str, indent: int) -> str | None:
    lines = _lines(text, max(WIDTH - indent, 40))
    if len(lines) < 2:
        return None
    return "\n".join([">-", *indented(lines, indent)])


def _lines(text: str, width: int) -> list[str]:
    """The text cut at single spaces only: a fold there is read back as that one space."""
    lines, start = [], 0
    breaks = [found.start() for found in re.finditer(r"(?<=\S) (?=\S)", text)]
    last: int | None = None
    for at in breaks:
        if at - start > width and last is not None:
            lines.append(text[start:last])
            start = last + 1
        last = at
    if last is not None and last > start and len(text) - start > width:
        lines.append(text[start:last])
        start = last + 1
    return [*lines, text[start:]]


def indented(lines: Iterable[str], indent: int) -> list[str]:
    """Lines so many columns in; an empty one stays empty."""
    space = " " * indent
    return [space + line if line else "" for line in lines]
