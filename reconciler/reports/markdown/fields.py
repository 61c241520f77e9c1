"""Changed fields in Markdown: values are code, long texts a word diff."""

from __future__ import annotations

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
from reconciler.reports.markdown.escaping import between, code, cut, escaped, name, prose
from reconciler.reports.values import NOTHING, brief, clean, shown, shown_pair, whence
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
        return f"{head}{_mark(item)}\n{indent}{_diff(shape)}"
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
    one, other = shown_pair(before, after)
    return between(_value(before, one), _value(after, other), one + other)


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


def _diff(shape: TextShape) -> str:
    parts = word_diff(shape.before, shape.after)
    return f"<div><code>{''.join(map(_stretch, parts)).rstrip()}</code></div>"


def _stretch(part: Part) -> str:
    sign, text = part
    body, tail = text.rstrip(" "), text[len(text.rstrip(" ")) :]
    opening, closing = _TAGS[sign] if body else ("", "")
    return f"{opening}{escaped(cut(clean(body), MOST_PART))}{closing}{tail}"
