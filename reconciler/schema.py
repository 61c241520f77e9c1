"""Data + JSON Schema → findings in words for people (contract 1.5).

The only importer of jsonschema and of jsonschema-rs, which says yes or no fast: what it refuses
jsonschema judges again and words, and where the two differ jsonschema counts.

The schemas serve editors too.  What they say beside the standard's keywords: `errorMessage`
(what editors show as well) and `x-message` (where ours differs) replace our words for a value
that does not fit, `x-hint` adds what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from reconciler.quoting import quoted
from reconciler.suggestions import suggestion

Steps = tuple[str | int, ...]


class Part(Enum):
    """What becomes of the part that a finding is about, once it has been said."""

    REFUSED = "refused"
    """It cannot be read; it counts as declared."""
    UNKNOWN = "unknown"
    """Nothing by that name is read."""
    MISSING = "missing"
    """It has to be there and is not; it counts as declared."""
    KEPT = "kept"
    """It can be read all the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the path of the part, what is wrong, what to do, and what becomes of the part.

    `key`: it is about the key that the path ends in, not about its value.
    """

    path: Steps
    message: str
    hint: str = ""
    part: Part = Part.REFUSED
    key: bool = False


def check(data: Any, name: str) -> Iterator[Finding]:
    """What `schemas/<name>.schema.json` finds wrong with data; nothing if it is sound."""
    yield from _judge(name).findings(data)


@cache
def load(name: str) -> dict[str, Any]:
    """A schema by its name."""
    file = f"{name}.schema.json"
    # A wheel has them inside the package, a checkout beside it.
    inside = resources.files("reconciler") / "schemas" / file
    beside = Path(__file__).parent.parent / "schemas" / file
    text = inside.read_text("utf-8") if inside.is_file() else beside.read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


# --- what is a text -----------------------------------------------------------------------------


@dataclass(slots=True)
class Form:
    """What a schema says of one place: whether a text may stand there, and what lies below.

    `fields` by name, `others` for names that are not listed, `items` for the entries of a list;
    None where the schema says nothing.
    """

    text: bool = False
    fields: dict[str, Form] = field(default_factory=dict)
    others: Form | None = None
    items: Form | None = None


@cache
def form(name: str) -> Form:
    """The form of a whole document of a schema."""
    schema = load(name)
    return _form(schema, schema["$defs"], {})


def _form(part: Mapping[str, Any], definitions: Mapping[str, Any], known: dict[str, Form]) -> Form:
    reference = part.get("$ref")
    if reference in known:
        return known[reference]
    found = Form()
    if reference is not None:
        known[reference] = found
        part = {**definitions[reference.removeprefix("#/$defs/")], **part}
    types = part.get("type", "string" if "enum" in part else ())
    found.text = "string" in ({types} if isinstance(types, str) else types)
    for name, inner in part.get("properties", {}).items():
        found.fields[name] = _form(inner, definitions, known)
    if isinstance(part.get("additionalProperties"), dict):
        found.others = _form(part["additionalProperties"], definitions, known)
    if "items" in part:
        found.items = _form(part["items"], definitions, known)
    return found


# --- validation, entry by entry -----------------------------------------------------------------


@cache
def _judge(name: str) -> _Judge:
    return _Judge(name, load(name))


class _Judge:
    """A schema made ready: one validator for the whole, two for the entries of each list."""

    def __init__(self, name: str, schema: dict[str, Any]) -> None:
        self.root = _ROOTS[name]
        self.gate = jsonschema_rs.validator_for(schema)
        self.whole = _Validator(schema)
        parts = {
            name: {**part["items"], "$defs": schema["$defs"]}
            for name, part in schema["properties"].items()
            if "items" in part
        }
        self.entries = {name: _Validator(part) for name, part in parts.items()}
        self.gates = {name: jsonschema_rs.validator_for(part) for name, part in parts.items()}

    def findings(self, data: Any) -> Iterator[Finding]:
        """The faults of the whole without its lists' entries, then of each entry."""
        if _is_sound(self.gate, data):
            return
        lists = self._lists(data)
        frame = {**data, **{key: [] for key in lists}} if lists else data
        yield from _worded(self.whole.iter_errors(frame), (), self.root)
        for name, entries in lists.items():
            for index, entry in enumerate(entries):
                if not _is_sound(self.gates[name], entry):
                    errors = self.entries[name].iter_errors(entry)
                    yield from _worded(errors, (name, index), self.root)

    def _lists(self, data: Any) -> dict[str, list[Any]]:
        if not isinstance(data, dict):
            return {}
        return {name: data[name] for name in self.entries if isinstance(data.get(name), list)}


def _is_sound(gate: Any, data: Any) -> bool:
    try:
        return bool(gate.is_valid(data))
    except ValueError:
        # Something that is no JSON: jsonschema knows better.
        return False


MEMBER = "member"
_ROOTS = {"catalog": "section", "settings": "setting", "plan": MEMBER, "state": MEMBER}
"""What a field at the top of a document is called; of those that programs write, by the whole way
to it: nobody looks for a line in them."""


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


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    # `$` of a JSON Schema is the end of the text, Python's may stand before a last line end.
    if isinstance(value, str) and re.search(pattern.replace("$", r"\Z"), value) is None:
        yield ValidationError("it does not fit the pattern")


# jsonschema compares each with each where a list holds texts and numbers: hours for a hostile one.
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"uniqueItems": _unique, "pattern": _pattern}
)


# --- words --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fault:
    """What jsonschema found: its error, the path from the top, and what the top's fields are."""

    error: ValidationError
    path: Steps
    root: str

    @property
    def part(self) -> Any:
        """The part of the schema that does not hold."""
        return self.error.schema

    @property
    def hint(self) -> str:
        """What the schema says is to be done."""
        return str(self.part.get("x-hint", ""))

    @property
    def name(self) -> str:
        """What the path leads to: a field, an entry of a list, or the file."""
        return _name(self.path, self.root)

    def message(self, otherwise: str) -> str:
        """The schema's own words, else these: `{name}` and `{value}` are filled in."""
        words = self.part.get("x-message")
        if words is None and "errorMessage" in self.part:
            words = f"{{name}} {self.part['errorMessage']}"
        value = self.error.instance
        return str(words or otherwise).format(name=self.name, value=_shown(value))


def way(path: Steps) -> str:
    """A path in a JSON document: `changes[3].fields`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".")


def _name(path: Steps, root: str) -> str:
    if not path:
        return "the file"
    if root == MEMBER:
        return way(path)
    if isinstance(path[-1], int):
        lists = [part for part in path if isinstance(part, str)]
        return f"an entry of {lists[-1]}"
    if len(path) > 1 and path[-2] == "attributes":
        return f"attribute {quoted(path[-1])}"
    # Settings are few, and `limits.deletes` is how people speak of one.
    is_setting = root == "setting" and int not in map(type, path)
    return ".".join(map(str, path)) if is_setting else path[-1]


def _worded(errors: Iterable[ValidationError], before: Steps, root: str) -> Iterator[Finding]:
    # jsonschema walks through sets here and there, and the same in gives the same out.
    for error in sorted(errors, key=lambda item: ([*map(str, item.absolute_path)], item.message)):
        fault = _Fault(error, (*before, *error.absolute_path), root)
        if "propertyNames" in error.schema_path:
            name = str(error.instance)
            where = f"{fault.name}: " if fault.root == MEMBER else ""
            words = f"{where}{quoted(name)} {fault.part.get('errorMessage', _LIMITS['pattern'])}"
            yield Finding((*fault.path, name), words, fault.hint, Part.UNKNOWN, key=True)
        else:
            yield from _WORDS.get(str(error.validator), _other)(fault)


MAX_UNKNOWN = 100
"""Unknown fields told of one object: guessing at a million of them would take minutes."""

FEW = 8
"""Fields of an object that a hint lists where it has no guess."""


def _unknown(fault: _Fault) -> Iterator[Finding]:
    known = list(fault.part["properties"])
    entry: Any = fault.error.instance
    for number, name in enumerate(name for name in entry if name not in known):
        path = (*fault.path, name)
        if number >= MAX_UNKNOWN:
            yield Finding(path, "", "", Part.UNKNOWN, key=True)
            continue
        takes = f"it takes {', '.join(known)}" if len(known) <= FEW or not fault.path else ""
        hint = _guess(name, known) or takes
        yield Finding(path, _unknown_word(fault, name), hint, Part.UNKNOWN, key=True)


def _unknown_word(fault: _Fault, name: str) -> str:
    if not fault.path:
        return f"unknown {fault.root} {quoted(name)}"
    if isinstance(fault.path[-1], str) or fault.root == MEMBER:
        return f"{fault.name} does not know {quoted(name)}"
    return f"unknown field {quoted(name)}"


def _missing(fault: _Fault) -> Iterator[Finding]:
    required: Any = fault.error.validator_value
    for name in required:
        # jsonschema has an error for each; its message alone says which.
        if fault.error.message.startswith(f"{name!r} "):
            wants_key = name == "key" and fault.root != MEMBER
            hint = "give it one: `key: a-name`" if wants_key else ""
            words = _missing_word(fault, name)
            yield Finding((*fault.path, name), words, hint, Part.MISSING)


def _missing_word(fault: _Fault, name: str) -> str:
    if fault.root == MEMBER:
        return f"{way((*fault.path, name))} is missing"
    of_an_object = "key" in fault.part.get("properties", {"key": None})
    if name != "key" and of_an_object:
        return f"{name} is missing"
    # Of a list at the top the name stands before the message anyway.
    entry = "an entry" if len(fault.path) == 2 and name != "key" else fault.name
    return f"{entry} without `{name}`"


def _type(fault: _Fault) -> Iterator[Finding]:
    types: Any = fault.error.validator_value
    wanted = _expected({types} if isinstance(types, str) else set(types))
    value = fault.error.instance
    if value is None and wanted == "a text" and fault.root != MEMBER:
        yield from _empty(fault)
        return
    what = fault.message(f"{{name}} takes {wanted}, not {_shown(value)}")
    yield Finding(fault.path, what, fault.hint or _type_hint(wanted, value))


def _expected(types: set[str]) -> str:
    """A list or a mapping where one is due; of what may be a text or more, the text."""
    words = {
        "string": "a text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "array": "a list",
        "object": "a mapping",
    }
    return next(word for type_, word in words.items() if type_ in types)


def _type_hint(wanted: str, value: Any) -> str:
    if wanted == "true or false" and value in ("true", "false"):
        return "leave out the quotes"
    if wanted == "a list":
        return "put it in [ ]"
    return "leave out the quotes" if "number" in wanted and str(value).isdigit() else ""


def _word(fault: _Fault) -> Iterator[Finding]:
    choices: Any = fault.error.validator_value
    if fault.error.validator == "const":
        choices = [choices]
    words = [str(word) for word in choices]
    value = fault.error.instance
    choice = " or ".join(map(quoted, words)) if len(words) < 3 else f"one of {', '.join(words)}"
    hint = _guess(value, words) if isinstance(value, str) else ""
    yield Finding(fault.path, f"{fault.name} takes {choice}, not {_shown(value)}", hint)


def _empty(fault: _Fault) -> Iterator[Finding]:
    otherwise = "{name} must not be empty"
    is_list = isinstance(fault.error.instance, list)
    words = fault.message(otherwise) if is_list else otherwise.format(name=fault.name)
    yield Finding(fault.path, words, fault.hint if is_list else "")


def _double(fault: _Fault) -> Iterator[Finding]:
    yield Finding(fault.path, f"{fault.name} names one twice", "name each once", Part.KEPT)


def _only_elsewhere(fault: _Fault) -> Iterator[Finding]:
    name = quoted(str(fault.path[-1]))
    words = str(fault.part.get("errorMessage", "cannot stand here"))
    yield Finding(fault.path, f"{name} {words}", fault.hint, key=True)


def _none_of(fault: _Fault) -> Iterator[Finding]:
    """The words of the alternatives together; each by itself would only confuse."""
    # They stand beside `anyOf` itself, so they speak of the object, not of a field.
    words = str(fault.part.get("errorMessage", "fits none of its forms"))
    yield Finding(fault.path, words, fault.hint, Part.KEPT)


def _nearest(fault: _Fault) -> Iterator[Finding]:
    """The faults of the form that fits best: the one with the fewest."""
    forms: dict[Any, list[ValidationError]] = {}
    for error in fault.error.context:
        forms.setdefault(error.schema_path[0], []).append(error)
    before = fault.path[: len(fault.path) - len(fault.error.absolute_path)]
    fewest = min(map(len, forms.values()))
    errors = next(errors for errors in forms.values() if len(errors) == fewest)
    yield from _worded(errors, before, fault.root)


def _other(fault: _Fault) -> Iterator[Finding]:
    limit = _LIMITS.get(str(fault.error.validator), "is not as it must be")
    words = fault.message(f"{{name}} {limit.format(fault.error.validator_value)} (is {{value}})")
    # A key of the wrong form still serves for references.
    is_key = fault.path[-1:] in (("key",), ("from",), ("to",))
    yield Finding(fault.path, words, fault.hint, Part.KEPT if is_key else Part.REFUSED)


_LIMITS = {
    "pattern": "is not spelled as it must be",
    "maxLength": "must be at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
}

_WORDS: Mapping[str, Callable[[_Fault], Iterator[Finding]]] = {
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
    "oneOf": _nearest,
    "const": _word,
}


def _shown(value: Any) -> str:
    """What stands there; only of what kind where it is no scalar."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return quoted(str(value).lower() if isinstance(value, bool) else str(value))


@lru_cache(maxsize=1_000)
def _suggestion(word: str, known: tuple[str, ...]) -> str:
    return suggestion(word, known)


def _guess(word: str, known: list[str]) -> str:
    """`did you mean …?` for a wrong word, of which a stray text may be very long."""
    return _suggestion(word[:60], tuple(known))
