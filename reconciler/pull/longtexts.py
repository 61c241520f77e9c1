"""Long texts of a pull go to files of their own, named by key and attribute (contract 1.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from reconciler.kinds import KINDS
from reconciler.model import Ref
from reconciler.paths import attribute_of
from reconciler.pull.pulled import Prose
from reconciler.textfile import TextFile
from reconciler.yamltext import Flow

FOLDER = "texts"
_MARKUP = re.compile(r"<[A-Za-z!/]")


@dataclass(slots=True)
class LongTexts:
    """Texts of more than `longest` characters, by the path of the file that each stands in.

    None: every text stands in the YAML.
    """

    longest: int | None = None
    found: dict[str, str] = field(default_factory=dict)
    _named: dict[tuple[Ref, str], str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def said(self, ref: Ref, path: str, value: Any, up: str) -> Any:
        """What the YAML says of a value: itself, or the file of a long text.

        `up` leads from the YAML file to the catalog folder.
        """
        if not isinstance(value, Prose) or not self._is_long(value):
            return value
        if (ref, path) not in self._named:
            name = self._named[ref, path] = self._name(ref, path, value)
            self.found[name] = TextFile("").written(value).decode("utf-8")
        return Flow(file=up + self._named[ref, path])

    def _is_long(self, text: str) -> bool:
        # A text file's line ends may be those of the checkout: a text with a \r is kept here.
        return self.longest is not None and len(text) > self.longest and "\r" not in text

    def _name(self, ref: Ref, path: str, text: str) -> str:
        """Two keys that differ in case alone are one file on some disks: the second is numbered."""
        word = (attribute_of(path) or path).replace("/", ".")
        suffix = "html" if _MARKUP.search(text) else "txt"
        stem = f"{FOLDER}/{KINDS[ref.kind].plural.replace('_', '-')}/{ref.key}.{word}"
        name, number = f"{stem}.{suffix}", 1
        while name.lower() in self._taken:
            number += 1
            name = f"{stem}.{number}.{suffix}"
        self._taken.add(name.lower())
        return name
