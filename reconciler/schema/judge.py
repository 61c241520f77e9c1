"""Validation, entry by entry: what is sound is passed by fast, what is not gets its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from reconciler.schema.finding import Finding
from reconciler.schema.misfit import STYLES
from reconciler.schema.source import load
from reconciler.schema.wording import worded


def check(data: Any, name: str) -> Iterator[Finding]:
    """What `schemas/<name>.schema.json` finds wrong with data; nothing if it is sound."""
    yield from judge(name).findings(data)


@cache
def judge(name: str) -> Judge:
    """The schema of a name, made ready once."""
    return Judge(name, load(name))


class Judge:
    """A schema made ready: two validators for the whole, two for the entries of each list.

    `gates` are the fast ones, `entries` those that explain; both by the list's name.
    """

    def __init__(self, name: str, schema: dict[str, Any]) -> None:
        self._style = STYLES[name]
        self._gate = jsonschema_rs.validator_for(schema)
        self._whole = _Validator(schema)
        self.entries: dict[str, Any] = {}
        self.gates: dict[str, Any] = {}
        for field, part in schema["properties"].items():
            if "items" in part:
                entry = {**part["items"], "$defs": schema["$defs"]}
                self.entries[field] = _Validator(entry)
                self.gates[field] = jsonschema_rs.validator_for(entry)

    def findings(self, data: Any) -> Iterator[Finding]:
        """The faults of the whole without its lists' entries, then of each entry."""
        if is_sound(self._gate, data):
            return
        lists = self.lists(data)
        frame = {**data, **{name: [] for name in lists}} if lists else data
        yield from worded(self._whole.iter_errors(frame), (), self._style)
        for name, entries in lists.items():
            for index, entry in enumerate(entries):
                if not is_sound(self.gates[name], entry):
                    errors = self.entries[name].iter_errors(entry)
                    yield from worded(errors, (name, index), self._style)

    def lists(self, data: Any) -> dict[str, list[Any]]:
        """The lists at the top of a document, whose entries are judged one by one."""
        if not isinstance(data, dict):
            return {}
        return {name: data[name] for name in self.entries if isinstance(data.get(name), list)}


def is_sound(gate: Any, data: Any) -> bool:
    """The fast verdict; no of something that is no JSON, of which jsonschema knows more."""
    try:
        return bool(gate.is_valid(data))
    except ValueError:
        return False


# --- two keywords of our own making -------------------------------------------------------------


def _unique(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(value, list) and _has_duplicates(value):
        yield ValidationError("an element stands twice")


def _has_duplicates(items: list[Any]) -> bool:
    """A scalar stands twice.  true and 1 differ, as they do in JSON; the schemas ask nothing of
    the kind about lists of mappings."""
    seen = set()
    for item in items:
        if isinstance(item, dict | list):
            continue
        typed = (isinstance(item, bool), item)
        if typed in seen:
            return True
        seen.add(typed)
    return False


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    # `$` of a JSON Schema is the end of the text, Python's may stand before a last line end.
    if isinstance(value, str) and re.search(pattern.replace("$", r"\Z"), value) is None:
        yield ValidationError("it does not fit the pattern")


# jsonschema compares each with each where a list holds texts and numbers: hours for a hostile one.
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"uniqueItems": _unique, "pattern": _pattern}
)
