"""A place in a parsed JSON document that says where it is when something else is expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import UsageError
from reconciler.model import Number, Value

MOST_DIGITS = 15
"""Digits of a count: `1e999999999` is a number of JSON too, and would take hours to write out."""


@dataclass(frozen=True, slots=True)
class JsonPart:
    """A value of a document and the way to it.  All methods raise UsageError."""

    value: Any
    way: str = "the document"

    def fail(self, expected: str) -> UsageError:
        """What is wrong here."""
        return UsageError(
            f"not a plan file: {self.way} is not {expected}",
            hint="make one with `pxm plan --out FILE`",
        )

    def object(self) -> Mapping[str, Any]:
        """The value, which is an object."""
        if not isinstance(self.value, dict):
            raise self.fail("an object")
        return self.value

    def at(self, name: str) -> JsonPart:
        """A member that must be there."""
        found = self.maybe(name)
        if found is None:
            raise self.fail(f"an object with `{name}`")
        return found

    def maybe(self, name: str) -> JsonPart | None:
        """A member that may be missing."""
        items = self.object()
        return JsonPart(items[name], self._inner(name)) if name in items else None

    def _inner(self, name: str) -> str:
        return name if self.way == "the document" else f"{self.way}.{name}"

    def each(self) -> Iterator[JsonPart]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.fail("a list")
        for index, item in enumerate(self.value):
            yield JsonPart(item, f"{self.way}[{index}]")

    def text(self) -> str:
        """The value, which is a text."""
        if not isinstance(self.value, str):
            raise self.fail("a text")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """The value, which is a list of texts."""
        return tuple(item.text() for item in self.each())

    def text_or_none(self) -> str | None:
        """A text or null."""
        return None if self.value is None else self.text()

    def word(self, words: Iterable[str]) -> str:
        """One of some words."""
        if self.text() not in list(words):
            raise self.fail(f"one of {', '.join(sorted(words))}")
        return self.text()

    def flag(self) -> bool:
        """The value, which is true or false."""
        if not isinstance(self.value, bool):
            raise self.fail("true or false")
        return self.value

    def count(self) -> int:
        """The value, which is a whole number from 0 on."""
        digits = self.value.text if isinstance(self.value, Number) else ""
        if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
            raise self.fail("a whole number")
        return int(digits)

    def anything(self) -> Value:
        """The value of a field: any JSON, lists as tuples."""
        if isinstance(self.value, list):
            return tuple(item.anything() for item in self.each())
        if isinstance(self.value, dict):
            return {name: JsonPart(item, self.way).anything() for name, item in self.value.items()}
        value: Value = self.value
        return value
