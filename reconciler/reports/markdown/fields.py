"""Changed fields in Markdown: values are code, long texts a word diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.enums import Class
from reconciler.model import FieldChange, Value
from reconciler.reports.fields import is_long, is_record
from reconciler.reports.markdown.escaping import between, code, cut, escaped, name
from reconciler.reports.values import NOTHING, brief, clean, shown, shown_pair
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
    head = f"{name(item.path)}: "
    if is_long(item) and item.before is not None and item.after is not None:
        return f"{head.rstrip()}{_mark(item)}\n{indent}{_diff(item)}"
    return f"{head}{_inline(item)}{_mark(item)}"


def is_block(item: FieldChange) -> bool:
    """Whether `field_lines` takes more than one line."""
    return is_long(item) and item.before is not None and item.after is not None


def _inline(item: FieldChange) -> str:
    if item.is_set:
        return ", ".join(_elements(item))
    if is_record(item):
        return ", ".join(_parts(item))
    before, after = shown_pair(item.before, item.after)
    one = _value(item.before, before)
    return between(one, _value(item.after, after), before + after)


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


def _elements(item: FieldChange) -> Iterator[str]:
    if item.add:
        yield f"added {_all(map(clean, item.add))}"
    if item.remove:
        yield f"removed {_all(map(clean, item.remove))}"
    if item.rename:
        pairs = (between(_code(old), _code(new), old + new) for old, new in item.rename)
        yield f"renamed {', '.join(_some(list(pairs)))}"
    if item.order:
        yield f"in this order: {_all(map(clean, item.order))}"


def _code(text: str) -> str:
    return code(cut(text, MOST))


def _all(texts: Iterable[str]) -> str:
    return ", ".join(_some([_code(text) for text in texts]))


def _some(texts: Sequence[str]) -> Iterator[str]:
    yield from texts[:MOST_ELEMENTS]
    if len(texts) > MOST_ELEMENTS:
        yield f"… (shown {MOST_ELEMENTS} of {len(texts):,})"


def _parts(item: FieldChange) -> Iterator[str]:
    """Sub-fields of a record that differ."""
    before = item.before if isinstance(item.before, Mapping) else {}
    after = item.after if isinstance(item.after, Mapping) else {}
    for part in dict.fromkeys([*before, *after]):
        old, new = before.get(part), after.get(part)
        if old != new or shown(old) != shown(new):
            one, other = shown_pair(old, new)
            pair = between(_value(old, one), _value(new, other), one + other)
            yield f"{name(part)} {pair}"


def _mark(item: FieldChange) -> str:
    """What the class says besides pending."""
    if item.cls == Class.CONFLICT and not item.is_set:
        return f" (conflict: it was {_value(item.applied, brief(item.applied, MOST))})"
    return f" ({item.cls})" if item.cls == Class.CONFLICT else ""


def _diff(item: FieldChange) -> str:
    parts = word_diff(str(item.before), str(item.after))
    return f"<div><code>{''.join(map(_stretch, parts)).rstrip()}</code></div>"


def _stretch(part: Part) -> str:
    sign, text = part
    body, tail = text.rstrip(" "), text[len(text.rstrip(" ")) :]
    opening, closing = _TAGS[sign] if body else ("", "")
    return f"{opening}{escaped(cut(clean(body), MOST_PART))}{closing}{tail}"
