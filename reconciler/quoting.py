"""How messages quote texts that somebody else wrote: short, on one line, harmless."""

from __future__ import annotations

LONGEST = 60
"""Characters of a text that a message shows."""


def quoted(text: str) -> str:
    """The text in single quotes: shortened, control characters escaped."""
    short = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return f"'{visible(short)}'"


def visible(text: str) -> str:
    """The text with control characters escaped, so that a message is one line and harmless."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
