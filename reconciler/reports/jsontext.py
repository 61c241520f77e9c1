"""JSON as the reports write it: numbers in their spelling, nothing that a terminal would obey."""

from __future__ import annotations

import json
import re
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
_CANONICAL = Layout(_quoted, sort=True)
