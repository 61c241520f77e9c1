"""JSON as the reports write it: numbers in their spelling, nothing that a terminal would obey."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from reconciler.model import Number

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]|[\U000e0000-\U000e0fff]"
)


def document(value: Any) -> str:
    """Indented by 2, keys as they come, a newline at the end."""
    parts: list[str] = []
    _write(value, "\n", parts)
    return "".join([*parts, "\n"])


def canonical(value: Any) -> str:
    """Without spaces and with sorted keys: what a digest is taken of."""
    parts: list[str] = []
    _write(value, None, parts)
    return "".join(parts)


_CONSTANTS = {None: "null", True: "true", False: "false"}


def _write(value: Any, newline: str | None, parts: list[str]) -> None:
    # Most frequent first: a large plan has millions of values.
    if isinstance(value, str):
        parts.append(_text(value))
    elif value is None or value is True or value is False:
        parts.append(_CONSTANTS[value])
    elif isinstance(value, dict | Mapping):
        _write_object(value, newline, parts)
    elif isinstance(value, list | tuple):
        _write_array(value, newline, parts)
    elif isinstance(value, Number):
        # A spelling that JSON does not have (`+1`) is kept as a text.
        text = value.text
        parts.append(text if _NUMBER.fullmatch(text) else _text(text))
    else:
        parts.append(json.dumps(value))


def _write_object(value: Mapping[str, Any], newline: str | None, parts: list[str]) -> None:
    inner = f"{newline}  " if newline else None
    separator = "{"
    for name, item in value.items() if newline else sorted(value.items()):
        parts += (separator, inner or "", _text(name), ": " if newline else ":")
        _write(item, inner, parts)
        separator = ","
    parts += (newline or "", "}") if value else ("{}",)


def _write_array(value: list[Any] | tuple[Any, ...], newline: str | None, parts: list[str]) -> None:
    inner = f"{newline}  " if newline else None
    separator = "["
    for item in value:
        parts += (separator, inner or "")
        _write(item, inner, parts)
        separator = ","
    parts += (newline or "", "]") if value else ("[]",)


def _text(text: str) -> str:
    # `##[` is a command in the log of a GitHub runner, wherever in a line it stands.
    quoted = encode_basestring(text).replace("##[", "#\\u0023[")
    if quoted.isascii() and "\x7f" not in quoted:
        return quoted
    return _UNSAFE.sub(_escaped, quoted)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
