"""Nested data → a YAML document, laid out as people write one.

Mappings and lists of mappings are blocks.  A list of scalars, and a mapping that is marked
`Flow`, stands in one line where it fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.model import Number
from reconciler.yamltext.scalars import INDENT, WIDTH, block, key, scalar

SMALL = 5
"""Lines of an entry that needs no empty line to be told from its neighbours."""


class Flow(dict[str, Any]):
    """A mapping of scalars that may stand in one line; `typed` as in `scalar`."""

    typed = False


class TypedFlow(Flow):
    """The same, where a reader has only the quotes to tell a text by."""

    typed = True


Section = Sequence[Mapping[str, Any]] | Mapping[str, Any]
"""A list of entries, or a mapping such as `defaults`."""


def document(sections: Mapping[str, Section], comments: Sequence[str]) -> str:
    """A catalog file: comment lines, then each section's entries."""
    lines = [f"# {line}".rstrip() for line in comments]
    for index, (name, entries) in enumerate(sections.items()):
        lines += [""] if index else []
        if isinstance(entries, Mapping):
            lines += entry(name, entries, 0)
        else:
            lines += [f"{name}:", *_spaced(entries)]
    return "\n".join(lines) + "\n"


def _spaced(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The entries of a list, large ones with an empty line between them."""
    before = 0
    for one in entries:
        lines = _item(one, INDENT)
        if before and max(before, len(lines)) > SMALL:
            yield ""
        yield from lines
        before = len(lines)


def rendered(value: Any, indent: int, column: int = 0) -> list[str]:
    """A value as the lines after `key:`, which ends at `column`.

    The first goes behind the colon and is empty where all stands below, `indent` columns in.
    """
    if isinstance(value, str):
        return (block(value, indent) or scalar(value)).split("\n")
    if isinstance(value, Flow):
        line = flow(value)
        fits = len(line) + indent <= WIDTH
        return [line] if fits else ["", *_entries(value, indent, typed=value.typed)]
    if isinstance(value, Mapping):
        return ["", *_entries(value, indent)] if value else ["{}"]
    if isinstance(value, list | tuple):
        return _sequence(value, indent, column)
    return [scalar(value)]


def _entries(value: Mapping[str, Any], indent: int, *, typed: bool = False) -> Iterator[str]:
    for name, item in value.items():
        yield from entry(name, item, indent, typed=typed)


def entry(name: str, value: Any, indent: int, *, typed: bool = False) -> list[str]:
    """The lines of one `key: value`, the key `indent` columns in."""
    head = f"{' ' * indent}{key(name)}:"
    if typed and isinstance(value, str):
        return [f"{head} {scalar(value, typed=True)}"]
    first, *rest = rendered(value, indent + INDENT, len(head))
    return [f"{head} {first}" if first else head, *rest]


def _sequence(value: Sequence[Any], indent: int, column: int) -> list[str]:
    if all(map(_is_scalar, value)):
        items = [scalar(item, flow=True) for item in value]
        line = f"[{', '.join(items)}]"
        if column + 1 + len(line) <= WIDTH or not value:
            return [line]
    lines = [""]
    for item in value:
        lines += _item(item, indent)
    return lines


def _item(value: Any, indent: int) -> list[str]:
    """The lines of one list element, its dash `indent` columns in."""
    dash = " " * indent + "- "
    if _is_scalar(value):
        return [dash + scalar(value)]
    if isinstance(value, Flow):
        line = flow(value)
        if len(line) + indent + INDENT <= WIDTH:
            return [dash + line]
    lines = list(_entries(value, indent + INDENT, typed=getattr(value, "typed", False)))
    return [dash + lines[0].lstrip(" "), *lines[1:]]


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | bool | Number)


def flow(value: Flow) -> str:
    """A mapping in one line."""
    parts = []
    for name, item in value.items():
        text = scalar(item, flow=True, typed=value.typed)
        parts.append(f"{key(name, flow=True)}: {text}")
    return f"{{{', '.join(parts)}}}"


def item(value: Any, indent: int) -> list[str]:
    """The lines of one list element, its dash `indent` columns in."""
    return _item(value, indent)
