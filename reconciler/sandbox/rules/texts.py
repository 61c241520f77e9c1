"""How the server keeps a text: as sent, or cleaned (dialects text-cleaned and its kin)."""

from __future__ import annotations

import html
from typing import Any

from reconciler.sandbox.rules.shapes import Refusal

_AGAIN = frozenset({"text-cleaned-twice", "foreign-escaped"})


def text_of(value: Any, name: str) -> str:
    """A text, or a scalar spelled as one; Refusal for what is no text or cannot be kept."""
    if isinstance(value, dict | list):
        raise Refusal(400, f"{name} must be a text")
    text = value if isinstance(value, str) else str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refusal(400, f"{name} holds half a character") from None
    return text


def cleaned(dialects: frozenset[str], text: str) -> str:
    """The text as the server keeps it."""
    if dialects & _AGAIN:
        return html.escape(text.strip())
    if "text-cleaned" in dialects:
        return html.escape(html.unescape(text).strip())
    return text
