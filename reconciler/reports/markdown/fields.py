"""Changed fields in Markdown: values are code, long texts a word diff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.enums import Class
from reconciler.model import FieldChange, Value
from reconciler.reports.fieldshapes import (
    PairShape,
    RecordShape,
    SetShape,
    TextShape,
    is_conflict,
    shape_of,
)
from reconciler.reports.linediff import Line, line_diff
from reconciler.reports.markdown.escaping import between, code, cut, escaped, name, prose
from reconciler.reports.numbers import difference
from reconciler.reports.values import NOTHING, brief, clean, logged, shown, shown_pair, whence
from reconciler.reports.worddiff import Part, word_diff

MOST = 100
"""Characters of a value."""

MOST_ELEMENTS = 40
"""Elements of a set that are named."""

MOST_PART = 400
"""Characters of one stretch of a word diff."""

_TAGS: Mapping[str, tuple[str, str]] = {
    "-": ("<del>", "</del>"),
    "+": ("<ins><b>", "</b></ins>"),
    "=": ("", ""),
}


def field_lines(item: FieldChange, indent: str = "") -> str:
    """One field: `Color: Red → Crimson`, a word diff of a long text on a line of its own."""
    head = f"{name(item.path)}:"
    shape = shape_of(item, one_sided=False)
    if isinstance(shape, TextShape):
        return f"{head}{_mark(item)}\n{_long(shape, indent)}"
    return f"{head} {_inline(shape)}{_mark(item)}"


def is_block(item: FieldChange) -> bool:
    """Whether `field_lines` takes more than one line."""
    return isinstance(shape_of(item, one_sided=False), TextShape)


def _inline(shape: SetShape | RecordShape | PairShape) -> str:
    if isinstance(shape, SetShape):
        return ", ".join(_elements(shape))
    if isinstance(shape, RecordShape):
        return ", ".join(f"{name(part)} {_pair(old, new)}" for part, old, new in shape.parts)
    return _pair(shape.before, shape.after)


def _pair(before: Value, after: Value) -> str:
    """Both sides; of numbers by how much they differ, too."""
    one, other = shown_pair(before, after)
    by = difference(before, after)
    shown = between(_value(before, one), _value(after, other), one + other)
    return f"{shown} ({by})" if by else shown


def _value(value: Value, text: str) -> str:
    """A value as code; nothing in words, so that it cannot be taken for a text."""
    if text == NOTHING:
        return "*nothing*"
    if isinstance(value, tuple) and value:
        return _all(map(shown, value))
    return code(cut(text, MOST))


def declared(title: str, value: Value) -> str:
    """A field of a create: `Color: Blue`."""
    return f"{name(title)}: {_value(value, brief(value, MOST))}"


def _elements(shape: SetShape) -> Iterator[str]:
    if shape.add:
        yield f"added {_all(map(clean, shape.add))}"
    if shape.remove:
        yield f"removed {_all(map(clean, shape.remove))}"
    if shape.rename:
        pairs = (between(_code(old), _code(new), old + new) for old, new in shape.rename)
        yield f"renamed {', '.join(_some(list(pairs)))}"
    if shape.order:
        yield f"in this order: {_all(map(clean, shape.order))}"


def _code(text: str) -> str:
    return code(cut(text, MOST))


def _all(texts: Iterable[str]) -> str:
    return ", ".join(_some([_code(text) for text in texts]))


def _some(texts: Sequence[str]) -> Iterator[str]:
    yield from texts[:MOST_ELEMENTS]
    if len(texts) > MOST_ELEMENTS:
        yield f"… (shown {MOST_ELEMENTS} of {len(texts):,})"


def _mark(item: FieldChange) -> str:
    """What the class says, and where the value comes from; what is pending or drifted stands
    under a heading that says so."""
    origin = f" ({prose(whence(item.origin))})" if item.origin else ""
    if is_conflict(item):
        return f" (conflict: it was {_value(item.applied, brief(item.applied, MOST))}){origin}"
    return f" ({item.cls}){origin}" if item.cls == Class.CONFLICT else origin


FENCED = 160
"""Characters of a text from which it stands in a fence, red and green, and a word diff is lost."""

MOST_LINES = 40
"""Lines of a fence."""


def _long(shape: TextShape, indent: str) -> str:
    """A long text: its words that change, or, where it is very long, its sentences in a fence."""
    longest = max(len(shape.before), len(shape.after))
    if longest < FENCED and "\n" not in shape.before + shape.after:
        return f"{indent}{_diff(shape)}"
    lines = list(map(_line, line_diff(shape.before, shape.after)))
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"  … (shown {MOST_LINES} of {len(lines):,} lines)"]
    longest_run = max(map(len, re.findall("`+", "\n".join(lines))), default=0)
    fence = "`" * max(3, longest_run + 1)
    return "\n".join(f"{indent}{line}" for line in (f"{fence}diff", *lines, fence))


def _line(line: Line) -> str:
    """A line of a fence; a runner's log takes none for a command."""
    sign, text = line
    return logged(f"{sign} {cut(clean(text), MOST_PART)}")


def _diff(shape: TextShape) -> str:
    parts = word_diff(shape.before, shape.after)
    return f"<div><code>{''.join(map(_stretch, parts)).rstrip()}</code></div>"


def _stretch(part: Part) -> str:
    sign, text = part
    body, tail = text.rstrip(" "), text[len(text.rstrip(" ")) :]
    opening, closing = _TAGS[sign] if body else ("", "")
    return f"{opening}{escaped(cut(clean(body), MOST_PART))}{closing}{tail}"
