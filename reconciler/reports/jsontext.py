"""JSON as the reports write it: numbers in their spelling, nothing that a terminal would obey."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from reconciler.jsontext import Layout, written

_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]|[\U000e0000-\U000e0fff]"
)


def document(value: Any) -> str:
    """Indented by 2, keys as they come, a newline at the end."""
    return written(value, _INDENTED) + "\n"


def rows(value: Mapping[str, Any]) -> str:
    """An entry a line, and of each list and object that it holds an element a line."""
    lines = ",\n".join(f"  {_quoted(name)}: {_row_each(item)}" for name, item in value.items())
    return f"{{\n{lines}\n}}\n"


def _row_each(value: Any) -> str:
    if isinstance(value, list | tuple) and value:
        lines = ",\n".join(f"    {written(item, _COMPACT)}" for item in value)
        return f"[\n{lines}\n  ]"
    if isinstance(value, Mapping) and value:
        entries = ((_quoted(str(name)), written(item, _COMPACT)) for name, item in value.items())
        lines = ",\n".join(f"    {name}: {item}" for name, item in entries)
        return f"{{\n{lines}\n  }}"
    return written(value, _COMPACT)


def canonical(value: Any) -> str:
    """Without spaces and with sorted keys: what a digest is taken of."""
    return written(value, _CANONICAL)


def _quoted(text: str) -> str:
    # `##[` is a command in the log of a GitHub runner, wherever in a line it stands.
    quoted = encode_basestring(text).replace("##[", "#\\u0023[")
    if quoted.isascii() and "\x7f" not in quoted:
        return quoted
    return _UNSAFE.sub(_escaped, quoted)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


_INDENTED = Layout(_quoted, colon=": ", newline="\n", indent="  ")
_COMPACT = Layout(_quoted)
_CANONICAL = Layout(_quoted, sort=True)
