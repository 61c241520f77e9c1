"""An error of jsonschema with its place, and how messages name places and show values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import ValidationError

from reconciler.quoting import quoted
from reconciler.schema.finding import Steps


@dataclass(frozen=True, slots=True)
class Style:
    """How the messages about a document name its parts.

    `top` is what a field at the top is called.  `by_path` names every part by the whole way to
    it: of what programs write nobody looks for a line.  `dotted` does so where no list lies on
    the way.
    """

    top: str
    by_path: bool = False
    dotted: bool = False


STYLES: Mapping[str, Style] = {
    "catalog": Style("section"),
    # Settings are few, and `limits.deletes` is how people speak of one.
    "settings": Style("setting", dotted=True),
    "plan": Style("member", by_path=True),
    "state": Style("member", by_path=True),
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """What jsonschema found: its error, the path from the top, and how its parts are named."""

    error: ValidationError
    path: Steps
    style: Style

    @property
    def part(self) -> Any:
        """The part of the schema that does not hold."""
        return self.error.schema

    @property
    def value(self) -> Any:
        """What stands there instead."""
        return self.error.instance

    @property
    def wanted(self) -> Any:
        """What the keyword asks for: a type, a limit, the words to choose from."""
        return self.error.validator_value

    @property
    def hint(self) -> str:
        """What the schema says is to be done."""
        return str(self.part.get("x-hint", ""))

    @property
    def name(self) -> str:
        """What the path leads to: a field, an entry of a list, or the file."""
        return name_of(self.path, self.style)

    def message(self, otherwise: str) -> str:
        """The schema's own words, else these: `{name}` and `{value}` are filled in."""
        words = self.part.get("x-message")
        if words is None and "errorMessage" in self.part:
            words = f"{{name}} {self.part['errorMessage']}"
        return str(words or otherwise).format(name=self.name, value=shown(self.value))


def name_of(path: Steps, style: Style) -> str:
    """The words for a place: `the file`, `name`, `attribute 'care'`, `an entry of regions`."""
    if not path:
        return "the file"
    if style.by_path:
        return way(path)
    fields = [step for step in path if isinstance(step, str)]
    *above, last = path
    if isinstance(last, int):
        return f"an entry of {fields[-1]}"
    if above == ["defaults"]:
        return f"defaults of {last}"
    if _is_value(above):
        return f"attribute {quoted(last)}"
    if style.dotted and len(fields) == len(path):
        return ".".join(fields)
    return last


def _is_value(above: Sequence[str | int]) -> bool:
    """Of an attribute; what stands in its defaults are fields of definitions."""
    return above[-1:] == ["attributes"] and above != ["defaults", "attributes"]


def way(path: Steps) -> str:
    """A path in a JSON document: `changes[3].fields`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".")


def shown(value: Any) -> str:
    """What stands there; only of what kind where it is no scalar."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return quoted(str(value).lower())
    return quoted(str(value))
