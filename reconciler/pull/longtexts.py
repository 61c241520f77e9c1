"""Long texts of a pull go to files of their own, named by key and attribute (contract 1.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.kinds import ATTRIBUTES, KINDS, PLURALS
from reconciler.model import Ref
from reconciler.paths import attribute_of, value_path
from reconciler.pull.pulled import Prose
from reconciler.textfile import TextFile
from reconciler.yamltext import Flow

Lists = Mapping[str, Sequence[Mapping[str, Any]]]
"""The lists of a file with their entries as data."""

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

    def taken_out(self, lists: Lists, up: str = "") -> dict[str, list[dict[str, Any]]]:
        """The lists of a file with the files of long texts in place of these.

        `up` leads from the YAML file to the catalog folder.
        """
        found = {}
        for name, entries in lists.items():
            kind = PLURALS[name].name
            found[name] = [self._entry(kind, entry, up) for entry in entries]
        return found

    def _entry(self, kind: str, entry: Mapping[str, Any], up: str) -> dict[str, Any]:
        ref, nest = Ref(kind, entry["key"]), NESTS.get(kind)
        found = {name: self.said(ref, name, value, up) for name, value in entry.items()}
        values = entry.get(ATTRIBUTES.name)
        if isinstance(values, Mapping):
            said = {key: self.said(ref, value_path(key), values[key], up) for key in values}
            # One on a line of its own lets the others stand on theirs.
            is_same = all(said[key] is values[key] for key in values)
            found[ATTRIBUTES.name] = values if is_same else said
        if nest and nest.list in entry:
            found[nest.list] = [self._entry(kind, inner, up) for inner in entry[nest.list]]
        return found

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
