"""Data + JSON Schema → findings in words for people (contract 1.5).

The only importer of jsonschema.

The schemas serve editors too.  What they say beside the standard's keywords: `errorMessage`
(what editors show as well) replaces our words for a value that does not fit, `x-hint` adds what
to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where, what, what to do.  `key`: it is about the key that the path ends in."""

    path: Steps
    message: str
    hint: str
    key: bool


def check(data: Any, name: str) -> Iterator[Finding]:
    """What `schemas/<name>.schema.json` finds wrong with data; nothing if it is sound."""
    yield from _judge(name).findings(data)


@cache
def load(name: str) -> Mapping[str, Any]:
    """A schema by its name."""
    file = f"{name}.schema.json"
    # A wheel has them inside the package, a checkout beside it.
    inside = resources.files("reconciler") / "schemas" / file
    beside = Path(__file__).parent.parent / "schemas" / file
    text = inside.read_text("utf-8") if inside.is_file() else beside.read_text("utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


@cache
def _judge(name: str) -> _Judge:
    return _Judge(load(name))


# --- validation, entry by entry -----------------------------------------------------------------


class _Judge:
    """A schema made ready: one validator for the whole, one for the entries of each list."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.whole = _Validator(schema)
        self.entries = {
            name: _Validator({**part["items"], "$defs": schema["$defs"]})
            for name, part in schema["properties"].items()
            if "items" in part
        }
        self.shapes = _Shapes.of_schema(schema)
        self.sound: dict[str, set[Hashable]] = {name: set() for name in self.entries}

    def findings(self, data: Any) -> Iterator[Finding]:
        """The faults of the whole without its lists' entries, then of each entry."""
        lists = self._lists(data)
        frame = {**data, **{key: [] for key in lists}} if lists else data
        yield from _worded(self.whole.iter_errors(frame), ())
        for name, entries in lists.items():
            for index, entry in enumerate(entries):
                if not self._known(name, entry):
                    yield from self._entry(name, index, entry)

    def _lists(self, data: Any) -> dict[str, list[Any]]:
        if not isinstance(data, dict):
            return {}
        return {name: data[name] for name in self.entries if isinstance(data.get(name), list)}

    def _known(self, name: str, entry: Any) -> bool:
        return self.shapes is not None and self.shapes.of(entry) in self.sound[name]

    def _entry(self, name: str, index: int, entry: Any) -> Iterator[Finding]:
        errors = list(self.entries[name].iter_errors(entry))
        yield from _worded(errors, (name, index))
        if not errors and self.shapes is not None and len(self.sound[name]) < MAX_SHAPES:
            self.sound[name].add(self.shapes.of(entry))


MAX_SHAPES = 10_000
"""Shapes remembered of a list: a real catalog has hundreds, a hostile one must not fill memory."""


class _Shapes:
    """All of a value that a schema can tell apart, so that equal shapes have equal verdicts.

    jsonschema takes 0.3 ms and more for a product, its shape a tenth of that, and the products
    of a catalog have few shapes: only one entry of each goes through jsonschema.  That is sound
    because a schema sees no more of a text than which of its patterns and lengths it fits and
    which of its words it is; of a number whether it is whole; of a list its items' shapes,
    whether it is empty and whether one stands twice.  A schema that says anything else has no
    shapes (`of_schema`).  Only sound ones are remembered: a fault is worded from its own entry.
    """

    def __init__(self, said: _Said) -> None:
        self.names = frozenset(said.names)
        self.words = frozenset(said.words)
        self.patterns = tuple(re.compile(pattern).search for pattern in sorted(said.patterns))
        self.lengths = tuple(sorted(said.lengths))
        # The same sizes, colours and category keys come again and again.
        self.text = lru_cache(maxsize=MAX_SHAPES)(self._text)

    @classmethod
    def of_schema(cls, schema: Mapping[str, Any]) -> _Shapes | None:
        """The distinctions that a schema draws; None where it draws others than these."""
        said = _Said()
        said.add(schema)
        return cls(said) if said.keywords <= _SEEN_IN_SHAPES else None

    def of(self, value: Any) -> Hashable:
        """The shape of a value."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is dict:
            # Names that the schema does not know are values of a sort, not fields.
            names = [(name if name in self.names else self.text(name)) for name in value]
            return frozenset(zip(names, map(self.of, value.values()), strict=True))
        if kind is list:
            return frozenset(map(self.of, value)), _twice(value)
        if kind is float:
            return "float", value.is_integer()
        return "int" if kind is int else str(value)

    def _text(self, text: str) -> Hashable:
        fits = tuple([search(text) is not None for search in self.patterns])
        long = tuple([len(text) > length for length in self.lengths])
        return text if text in self.words else None, fits, long


def _twice(items: list[Any]) -> bool:
    """A scalar stands twice.  true and 1 differ, as they do in JSON; the schemas ask nothing of
    the kind about lists of mappings."""
    scalars = [
        (isinstance(item, bool), item) for item in items if not isinstance(item, dict | list)
    ]
    return len(set(scalars)) < len(scalars)


def _unique(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(value, list) and _twice(value):
        yield ValidationError("an element stands twice")


# jsonschema compares each with each where a list holds texts and numbers: hours for a hostile one.
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"uniqueItems": _unique}
)

_ANNOTATIONS = frozenset(
    {"$schema", "$defs", "title", "description", "examples", "default", "errorMessage", "x-hint"}
)
_SEEN_IN_SHAPES = _ANNOTATIONS | {
    "$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "const",
    "pattern", "minLength", "maxLength", "minItems", "minProperties", "uniqueItems",
    "if", "then", "else", "anyOf", "allOf", "not",
}  # fmt: skip


@dataclass(slots=True)
class _Said:
    """What a schema says, gathered from all its parts."""

    keywords: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    lengths: set[int] = field(default_factory=set)

    def add(self, schema: Any) -> None:
        """Take in a schema and those inside it."""
        if not isinstance(schema, dict):
            return
        self.keywords |= schema.keys()
        self._values(schema)
        for word in ("items", "additionalProperties", "if", "then", "else", "not"):
            self.add(schema.get(word))
        parts = (*schema.get("anyOf", ()), *schema.get("allOf", ()))
        nested = (schema.get(word, {}).values() for word in ("properties", "$defs"))
        for part in (*parts, *(item for values in nested for item in values)):
            self.add(part)

    def _values(self, schema: Mapping[str, Any]) -> None:
        self.names |= {*schema.get("properties", ()), *schema.get("required", ())}
        for word in (*schema.get("enum", ()), schema.get("const", True)):
            if isinstance(word, str):
                self.words.add(word)
            elif not isinstance(word, bool):
                self.keywords.add("a number among the words")
        self.patterns |= {schema["pattern"]} if "pattern" in schema else set()
        # `minLength` n parts texts of n - 1 characters from longer ones.
        self.lengths |= {schema["minLength"] - 1} if "minLength" in schema else set()
        self.lengths |= {schema["maxLength"]} if "maxLength" in schema else set()


# --- words --------------------------------------------------------------------------------------


def _worded(errors: Iterable[ValidationError], before: Steps) -> Iterator[Finding]:
    # jsonschema walks through sets here and there, and the same in gives the same out.
    for error in sorted(errors, key=lambda item: ([*map(str, item.absolute_path)], item.message)):
        path = (*before, *error.absolute_path)
        if "propertyNames" in error.schema_path:
            yield Finding((*path, str(error.instance)), _unfit(error, path), "", True)
        else:
            yield from _WORDS.get(str(error.validator), _other)(error, path)


MAX_UNKNOWN = 100
"""Unknown fields told of one object: guessing at a million of them would take minutes."""


def _unknown(error: ValidationError, path: Steps) -> Iterator[Finding]:
    known = list(_part(error)["properties"])
    entry: Any = error.instance
    for name in [name for name in entry if name not in known][:MAX_UNKNOWN]:
        hint = _guess(name, known) or f"it takes {', '.join(known)}"
        yield Finding((*path, name), f"unknown field {_quoted(name)}", hint, True)


def _missing(error: ValidationError, path: Steps) -> Iterator[Finding]:
    required: Any = error.validator_value
    for name in required:
        # jsonschema has an error for each; its message alone says which.
        if error.message.startswith(f"{name!r} "):
            yield Finding(path, f"missing required field {_quoted(name)}", "", False)


def _type(error: ValidationError, path: Steps) -> Iterator[Finding]:
    types: Any = error.validator_value
    words = _expected({types} if isinstance(types, str) else set(types))
    what = _said(error, f"must be {words}")
    hint = _hint(error) or _type_hint(words, error.instance)
    yield Finding(path, f"{_name(path)} {what} (is {_shown(error.instance, words)})", hint, False)


def _expected(types: set[str]) -> str:
    scalars = {"string": "a text", "integer": "a whole number", "number": "a number"}
    first = next((words for type_, words in scalars.items() if type_ in types), "")
    first = first or ("true or false" if "boolean" in types else "")
    others = {"array": "a list", "object": "a mapping"}
    rest = [words for type_, words in others.items() if type_ in types]
    return " or ".join(filter(None, (first, *rest)))


def _type_hint(words: str, value: Any) -> str:
    if words == "true or false":
        return _BOOLEANS.get(str(value).lower(), "")
    if words == "a list" and value is not None and not isinstance(value, dict):
        return "put it in [ ]"
    return "leave out the quotes" if "number" in words and str(value).isdigit() else ""


_BOOLEANS = {
    **dict.fromkeys(("true", "false"), "write it in small letters, without quotes"),
    **dict.fromkeys(("yes", "on", "y", "1"), "write true"),
    **dict.fromkeys(("no", "off", "n", "0"), "write false"),
}


def _word(error: ValidationError, path: Steps) -> Iterator[Finding]:
    choices: Any = error.validator_value
    words = [str(word) for word in choices]
    choice = f"one of {', '.join(words)}" if len(words) > 1 else _quoted(words[0])
    message = f"{_name(path)} must be {choice} (is {_shown(error.instance)})"
    hint = _guess(error.instance, words) if isinstance(error.instance, str) else ""
    yield Finding(path, message, hint, False)


def _empty(error: ValidationError, path: Steps) -> Iterator[Finding]:
    yield Finding(path, f"{_name(path)} must not be empty", _hint(error), False)


def _double(error: ValidationError, path: Steps) -> Iterator[Finding]:
    yield Finding(path, f"{_name(path)} {_said(error, 'names one twice')}", "name each once", False)


def _only_elsewhere(error: ValidationError, path: Steps) -> Iterator[Finding]:
    message = f"{_name(path)} {_said(error, 'cannot stand here')}"
    yield Finding(path, message, _hint(error), True)


def _none_of(error: ValidationError, path: Steps) -> Iterator[Finding]:
    """The words of the alternatives together; each by itself would only confuse."""
    # They stand beside `anyOf` itself, so they speak of the object, not of a field.
    yield Finding(path, _said(error, "fits none of its forms"), "", False)


def _other(error: ValidationError, path: Steps) -> Iterator[Finding]:
    yield Finding(path, _unfit(error, path), _hint(error), False)


def _unfit(error: ValidationError, path: Steps) -> str:
    name = _quoted(str(error.instance)) if "propertyNames" in error.schema_path else _name(path)
    limit = _LIMITS.get(str(error.validator), "is not as it must be").format(error.validator_value)
    shown = f" (is {_shown(error.instance)})" if name == _name(path) else ""
    return f"{name} {_said(error, limit)}{shown}"


_LIMITS = {
    "pattern": "is not spelled as it must be",
    "maxLength": "must be at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
}

_WORDS: Mapping[str, Callable[[ValidationError, Steps], Iterator[Finding]]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "type": _type,
    "enum": _word,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
    "uniqueItems": _double,
    "not": _only_elsewhere,
    "anyOf": _none_of,
}


def _said(error: ValidationError, otherwise: str) -> str:
    return str(_part(error).get("errorMessage", otherwise))


def _hint(error: ValidationError) -> str:
    return str(_part(error).get("x-hint", ""))


def _part(error: ValidationError) -> Any:
    """The part of the schema that does not hold."""
    return error.schema


def _name(path: Steps) -> str:
    """What a path leads to: a field, an entry of a list, or the file."""
    if not path:
        return "the file"
    if isinstance(path[-1], str):
        return _quoted(path[-1])
    list_ = next((part for part in reversed(path) if isinstance(part, str)), "")
    return f"an entry of {_quoted(list_)}"


def _shown(value: Any, instead_of: str = "") -> str:
    """What stands there; only of what kind where a list or a mapping is due."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if instead_of in ("a list", "a mapping"):
        return _SINGLE.get(type(value), "a number")
    return str(value).lower() if isinstance(value, bool) else _quoted(str(value))


_SINGLE = {str: "a text", bool: "true or false"}


def _quoted(text: str) -> str:
    """In quotes, short, on one line."""
    short = text if len(text) <= 60 else f"{text[:59]}…"
    return f"'{''.join(map(_visible, short))}'"


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


@lru_cache(maxsize=1_000)
def _spelled(word: str, known: tuple[str, ...]) -> str:
    same = [item for item in known if item.casefold() == word.casefold()]
    near = same or get_close_matches(word[:60], known, n=1)
    return f"did you mean {_quoted(near[0])}?" if near else ""


def _guess(word: str, known: list[str]) -> str:
    return _spelled(word[:60], tuple(known))
