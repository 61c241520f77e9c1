"""Regular expressions that somebody else wrote, on values that somebody else typed.

Python's `re` may search for hours, and so would one `pattern` of a catalog's rules.  The engine of
jsonschema-rs is here anyway: it takes the syntax of a JSON Schema's `pattern`, needs time linear in
the text for all that a regular expression is, and counts its steps for the rest (look-around,
back-references).  A timeout, which is what the package `regex` offers, would judge one and the
same catalog differently on a slow machine; RE2 knows no look-around, and is a library more.
"""

from __future__ import annotations

import re

import jsonschema_rs

STEPS = 10_000
"""Steps back in one text: a millisecond of work, which no sane pattern on a value needs."""

SIZE = 1 << 20
"""Bytes of a compiled pattern: `(a{1000}){1000}` would take all memory there is."""


class BadPattern(ValueError):
    """No regular expression, or too large a one; says why, where that can be told."""


class TooHard(Exception):
    """The pattern takes more than `STEPS` on this text."""


class Pattern:
    """A compiled pattern; it may match anywhere in a text, as in a JSON Schema.

    Raises BadPattern.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        options = jsonschema_rs.FancyRegexOptions(
            backtrack_limit=STEPS, size_limit=SIZE, dfa_size_limit=SIZE
        )
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": text}
        try:
            self._judge = jsonschema_rs.validator_for(schema, pattern_options=options)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            raise BadPattern(_reason(text)) from error

    def matches(self, text: str) -> bool:
        """Whether the pattern matches somewhere in a text; TooHard where that takes too long."""
        if self._judge.is_valid(text):
            return True
        kinds = {type(error.kind).__name__ for error in self._judge.iter_errors(text)}
        if any("Backtrack" in name for name in kinds):
            raise TooHard(self.text)
        return False


def _reason(text: str) -> str:
    """What Python says of it: the engine tells no reason."""
    try:
        re.compile(text)
    except re.error as error:
        return str(error)
    except (RecursionError, OverflowError):
        return "it is nested too deeply, or too large"
    return ""
