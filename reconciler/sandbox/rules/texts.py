"""How the server keeps a text: as sent, or cleaned (dialects text-cleaned and its kin)."""

from __future__ import annotations

import html
from typing import Any

from reconciler.sandbox.rules.shapes import HttpRefusal

_AGAIN = frozenset({"text-cleaned-twice", "foreign-escaped"})


def text_of(value: Any, name: str) -> str:
    """A text; HttpRefusal for what is none or cannot be kept."""
    if not isinstance(value, str):
        raise HttpRefusal(400, f"{name} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise HttpRefusal(400, f"{name} holds half a character") from None
    return value


def cleaned(dialects: frozenset[str], text: str) -> str:
    """The text as the server keeps it."""
    if dialects & _AGAIN:
        return html.escape(text.strip())
    if "text-cleaned" in dialects:
        return html.escape(html.unescape(text).strip())
    return text
