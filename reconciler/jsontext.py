"""JSON that keeps the spelling of numbers: what is read as 1.10 is written as 1.10."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any

from reconciler.model import Json, Number

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)

_CONSTANTS = {None: "null", True: "true", False: "false"}


def loads(text: bytes | str) -> Json:
    """Parse JSON; numbers with a fraction or exponent become `Number`.

    ValueError if it is not JSON, or has the name that stands for a `Number` in packed JSON.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    # The one way in which JSON can spell that name.
    named = _refuse_spelled if _ESCAPED in text else None
    try:
        return json.loads(
            text, parse_float=_number, parse_constant=_refuse, object_pairs_hook=named
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _number(text: str) -> Number:
    try:
        return Number(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]} is out of range") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_SPELLED = "\0"
"""The one name of what stands for a `Number` in packed JSON; `loads` refuses it."""

_ESCAPED = r'"\u0000"'


def _refuse_spelled(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if _SPELLED in found:
        raise ValueError("it has the character NUL for a name")
    return found


def _spelling(value: Any) -> dict[str, str]:
    if isinstance(value, Number):
        return {_SPELLED: value.text}
    raise TypeError(f"no JSON: {value!r}")


def _plainly(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else _spelling(value)


# Nothing that JSON was parsed to holds itself.
_pack = json.JSONEncoder(
    check_circular=False, separators=(",", ":"), default=_spelling, allow_nan=False
).encode


def packed(value: Json) -> str:
    """What `loads` returned as a compact ASCII text, to be kept in memory and compared."""
    return _pack(value)


def unpacked(text: str) -> Json:
    """What was packed, numbers in their spelling."""
    if _SPELLED_IN not in text:
        return json.loads(text)
    return json.loads(text, object_hook=_number_of)


_canonical = json.JSONEncoder(
    check_circular=False, separators=(",", ":"), default=_plainly, sort_keys=True
).encode


def canonical(value: Any) -> str:
    """One compact ASCII text for a value of texts, numbers, tuples and mappings, whatever the
    order of its names; to be compared, not to be read."""
    return _canonical(value)


_SPELLED_IN = _pack({_SPELLED: ""})[:-3]


def _number_of(value: dict[str, Any]) -> Any:
    return Number(value[_SPELLED]) if value.keys() == {_SPELLED} else value


@dataclass(frozen=True, slots=True)
class Layout:
    """How JSON is laid out; `quoted` makes a JSON string of a text."""

    quoted: Callable[[str], str]
    comma: str = ","
    colon: str = ":"
    newline: str = ""
    indent: str = ""
    sort: bool = False


def written(value: Any, layout: Layout) -> str:
    """The JSON of a value; tuples become arrays.

    ValueError for NaN and infinity, TypeError for what JSON has no word for.
    """
    parts: list[str] = []
    _write(value, layout, layout.newline, parts)
    return "".join(parts)


def _write(value: Any, layout: Layout, newline: str, parts: list[str]) -> None:
    # Most frequent first: a large plan has millions of values.
    if isinstance(value, str):
        parts.append(layout.quoted(value))
    elif value is None or value is True or value is False:
        parts.append(_CONSTANTS[value])
    elif isinstance(value, dict | Mapping):
        _write_object(value, layout, newline, parts)
    elif isinstance(value, list | tuple):
        _write_array(value, layout, newline, parts)
    elif isinstance(value, Number):
        # A spelling that JSON does not have (`+1`) is kept as a text.
        spelled = _NUMBER.fullmatch(value.text)
        parts.append(value.text if spelled else layout.quoted(value.text))
    else:
        parts.append(json.dumps(value, allow_nan=False))


def _write_object(value: Mapping[Any, Any], layout: Layout, newline: str, parts: list[str]) -> None:
    inner = newline + layout.indent
    separator = "{"
    for name, item in sorted(value.items()) if layout.sort else value.items():
        parts += (separator, inner, layout.quoted(str(name)), layout.colon)
        _write(item, layout, inner, parts)
        separator = layout.comma
    parts += (newline, "}") if value else ("{}",)


def _write_array(
    value: list[Any] | tuple[Any, ...], layout: Layout, newline: str, parts: list[str]
) -> None:
    inner = newline + layout.indent
    separator = "["
    for item in value:
        parts += (separator, inner)
        _write(item, layout, inner, parts)
        separator = layout.comma
    parts += (newline, "]") if value else ("[]",)
