"""Errors of jsonschema become findings: each keyword of a schema has its words and its hint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import ValidationError

from reconciler.quoting import quoted
from reconciler.schema.fault import Fault, Style, shown, way
from reconciler.schema.finding import Finding, Part, Steps
from reconciler.suggestions import suggestion

MAX_UNKNOWN = 100
"""Unknown fields told of one object: guessing at a million of them would take minutes."""

FEW = 8
"""Fields of an object that a hint lists where it has no guess."""


def worded(errors: Iterable[ValidationError], before: Steps, style: Style) -> Iterator[Finding]:
    """The findings of errors, whose paths begin at `before`."""
    for error in sorted(errors, key=_order):
        fault = Fault(error, (*before, *error.absolute_path), style)
        if "propertyNames" in error.schema_path:
            yield _name_of_a_field(fault)
        else:
            yield from _KEYWORDS.get(str(error.validator), _limit)(fault)


def _order(error: ValidationError) -> tuple[list[str], str]:
    """jsonschema walks through sets here and there, and the same in gives the same out."""
    return [*map(str, error.absolute_path)], error.message


# --- the fields of an object --------------------------------------------------------------------


def _unknown_fields(fault: Fault) -> Iterator[Finding]:
    known = list(fault.part["properties"])
    unknown = [name for name in fault.value if name not in known]
    for name in unknown[:MAX_UNKNOWN]:
        hint = _unknown_hint(fault, name, known)
        path = (*fault.path, name)
        yield Finding(path, _unknown_message(fault, name), hint, Part.UNKNOWN, key=True)
    for name in unknown[MAX_UNKNOWN:]:
        yield Finding((*fault.path, name), "", "", Part.UNKNOWN, key=True)


def _unknown_hint(fault: Fault, name: str, known: list[str]) -> str:
    if name in fault.part.get("x-each", ()):
        return "each entry says its own"
    takes = f"it takes {', '.join(known)}" if len(known) <= FEW or not fault.path else ""
    return _guess(name, known) or takes


def _unknown_message(fault: Fault, name: str) -> str:
    if not fault.path:
        return f"unknown {fault.style.top} {quoted(name)}"
    is_default = "x-each" in fault.part
    if is_default and name in fault.part["x-each"]:
        return f"{quoted(name)} cannot have a default"
    is_mapping = isinstance(fault.path[-1], str) and not is_default
    if is_mapping or fault.style.by_path:
        return f"{fault.name} does not know {quoted(name)}"
    return f"unknown field {quoted(name)}"


def _missing_field(fault: Fault) -> Iterator[Finding]:
    for name in fault.wanted:
        # jsonschema has an error for each; its message alone says which.
        if fault.error.message.startswith(f"{name!r} "):
            wants_key = name == "key" and not fault.style.by_path
            hint = "give it one: `key: a-name`" if wants_key else ""
            path = (*fault.path, name)
            yield Finding(path, _missing_message(fault, name), hint, Part.MISSING)


def _missing_message(fault: Fault, name: str) -> str:
    if fault.style.by_path:
        return f"{way((*fault.path, name))} is missing"
    fields = fault.part.get("properties")
    is_object = fields is None or "key" in fields
    if name != "key" and is_object:
        return f"{name} is missing"
    # Of a list at the top the name stands before the message anyway.
    entry = "an entry" if len(fault.path) == 2 and name != "key" else fault.name
    return f"{entry} without `{name}`"


def _name_of_a_field(fault: Fault) -> Finding:
    """The name of a field that people choose is of the wrong form."""
    name = str(fault.value)
    where = f"{fault.name}: " if fault.style.by_path else ""
    words = fault.part.get("errorMessage", _LIMITS["pattern"])
    message = f"{where}{quoted(name)} {words}"
    return Finding((*fault.path, name), message, fault.hint, Part.UNKNOWN, key=True)


def _misplaced(fault: Fault) -> Iterator[Finding]:
    """A field that has its place elsewhere."""
    name = quoted(str(fault.path[-1]))
    words = str(fault.part.get("errorMessage", "cannot stand here"))
    yield Finding(fault.path, f"{name} {words}", fault.hint, key=True)


# --- values -------------------------------------------------------------------------------------


def _type(fault: Fault) -> Iterator[Finding]:
    wanted = _expected(fault.wanted)
    if fault.value is None and wanted == "a text" and not fault.style.by_path:
        yield from _empty(fault)
        return
    message = fault.message(f"{{name}} takes {wanted}, not {shown(fault.value)}")
    yield Finding(fault.path, message, fault.hint or _type_hint(wanted, fault.value))


_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def _expected(types: str | list[str]) -> str:
    """The words for a type; of what may be a text or more, the text."""
    allowed = [types] if isinstance(types, str) else types
    return next(words for type_, words in _TYPES.items() if type_ in allowed)


def _type_hint(wanted: str, value: Any) -> str:
    if wanted == "a list":
        return "put it in [ ]"
    if wanted == "true or false":
        is_quoted = value in ("true", "false")
    else:
        is_quoted = "number" in wanted and str(value).isdigit()
    return "leave out the quotes" if is_quoted else ""


def _choice(fault: Fault) -> Iterator[Finding]:
    """One of a few words, or the only one."""
    is_only = fault.error.validator == "const"
    words = [str(word) for word in ([fault.wanted] if is_only else fault.wanted)]
    choice = " or ".join(map(quoted, words)) if len(words) < 3 else f"one of {', '.join(words)}"
    message = f"{fault.name} takes {choice}, not {shown(fault.value)}"
    hint = _guess(fault.value, words) if isinstance(fault.value, str) else ""
    yield Finding(fault.path, message, hint)


def _empty(fault: Fault) -> Iterator[Finding]:
    otherwise = "{name} must not be empty"
    if isinstance(fault.value, list):
        yield Finding(fault.path, fault.message(otherwise), fault.hint)
    else:
        yield Finding(fault.path, otherwise.format(name=fault.name))


def _duplicates(fault: Fault) -> Iterator[Finding]:
    yield Finding(fault.path, f"{fault.name} names one twice", "name each once", Part.KEPT)


_LIMITS = {
    "pattern": "is not spelled as it must be",
    "maxLength": "must be at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
}


def _limit(fault: Fault) -> Iterator[Finding]:
    """What a keyword bounds, and any keyword that has no words of its own."""
    limit = _LIMITS.get(str(fault.error.validator), "is not as it must be")
    message = fault.message(f"{{name}} {limit.format(fault.wanted)} (is {{value}})")
    # A key of the wrong form still serves for references.
    is_key = fault.path[-1:] in (("key",), ("from",), ("to",))
    yield Finding(fault.path, message, fault.hint, Part.KEPT if is_key else Part.REFUSED)


# --- alternatives -------------------------------------------------------------------------------


def _no_alternative(fault: Fault) -> Iterator[Finding]:
    """The words of the alternatives together; each by itself would only confuse."""
    # They stand beside `anyOf` itself, so they speak of the object, not of a field.
    words = str(fault.part.get("errorMessage", "fits none of its forms"))
    yield Finding(fault.path, words, fault.hint, Part.KEPT)


def _nearest_form(fault: Fault) -> Iterator[Finding]:
    """The faults of the form that fits best: the one with the fewest."""
    by_form: dict[Any, list[ValidationError]] = defaultdict(list)
    for error in fault.error.context:
        by_form[error.schema_path[0]].append(error)
    before = fault.path[: len(fault.path) - len(fault.error.absolute_path)]
    fewest = min(map(len, by_form.values()))
    errors = next(errors for errors in by_form.values() if len(errors) == fewest)
    yield from worded(errors, before, fault.style)


_KEYWORDS: Mapping[str, Callable[[Fault], Iterator[Finding]]] = {
    "additionalProperties": _unknown_fields,
    "required": _missing_field,
    "not": _misplaced,
    "type": _type,
    "enum": _choice,
    "const": _choice,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
    "uniqueItems": _duplicates,
    "anyOf": _no_alternative,
    "oneOf": _nearest_form,
}


# --- guesses ------------------------------------------------------------------------------------


def _guess(word: str, known: list[str]) -> str:
    """`did you mean …?` for a wrong word, of which a stray text may be very long."""
    return _suggestion(word[:60], tuple(known))


@lru_cache(maxsize=1_000)
def _suggestion(word: str, known: tuple[str, ...]) -> str:
    return suggestion(word, known)
