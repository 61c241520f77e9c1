"""JSON as it is sent: numbers in their own spelling, every text as it came."""

from __future__ import annotations

import json
from typing import Any

from reconciler.jsontext import Layout, written


def dumps(value: Any) -> bytes:
    """UTF-8 JSON; a `Number` in its own spelling, tuples as arrays.

    ValueError for NaN and infinity, TypeError for what JSON has no word for.
    """
    return written(value, _SENT).encode("utf-8")


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    # Half a surrogate pair is legal in JSON and not in UTF-8: it goes back escaped, as it came.
    return quoted if _encodable(quoted) else json.dumps(text)


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_SENT = Layout(_quoted, comma=", ", colon=": ")
