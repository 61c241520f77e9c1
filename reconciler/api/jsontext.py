"""JSON as it is sent: numbers in their own spelling, every text as it came."""

from __future__ import annotations

from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from reconciler.jsontext import Layout, written


def dumps(value: Any) -> bytes:
    """UTF-8 JSON; a `Number` in its own spelling, tuples as arrays.

    ValueError for NaN and infinity, TypeError for what JSON has no word for.
    """
    try:
        return written(value, _SENT).encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair is legal in JSON and not in UTF-8: it goes back escaped, as it came.
        return written(value, _HALVES).encode("utf-8")


def _quoted(text: str) -> str:
    quoted = encode_basestring(text)
    return quoted if _encodable(quoted) else encode_basestring_ascii(text)


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_SENT = Layout(encode_basestring, comma=", ", colon=": ")
_HALVES = Layout(_quoted, comma=", ", colon=": ")
