"""Errors of jsonschema become findings: each keyword of a schema has its words and its hint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import ValidationError

from reconciler.quoting import quoted
from reconciler.schema.finding import Fate, Finding, Steps
from reconciler.schema.misfit import Misfit, Style, shown, way
from reconciler.suggestions import suggestion

MAX_UNKNOWN = 100
"""Unknown fields told of one object: guessing at a million of them would take minutes."""

FEW = 8
"""Fields of an object that a hint lists where it has no guess."""


def worded(errors: Iterable[ValidationError], before: Steps, style: Style) -> Iterator[Finding]:
    """The findings of errors, whose paths begin at `before`."""
    for error in sorted(errors, key=_order):
        misfit = Misfit(error, (*before, *error.absolute_path), style)
        if "propertyNames" in error.schema_path:
            yield _name_of_a_field(misfit)
        else:
            yield from _KEYWORDS.get(str(error.validator), _limit)(misfit)


def _order(error: ValidationError) -> tuple[list[str], str]:
    """jsonschema walks through sets here and there, and the same in gives the same out."""
    return [*map(str, error.absolute_path)], error.message


# --- the fields of an object --------------------------------------------------------------------


def _unknown_fields(misfit: Misfit) -> Iterator[Finding]:
    known = list(misfit.part["properties"])
    unknown = [name for name in misfit.value if name not in known]
    for name in unknown[:MAX_UNKNOWN]:
        hint = _unknown_hint(misfit, name, known)
        path = (*misfit.path, name)
        yield Finding(path, _unknown_message(misfit, name), hint, Fate.UNKNOWN, key=True)
    for name in unknown[MAX_UNKNOWN:]:
        yield Finding((*misfit.path, name), "", "", Fate.UNKNOWN, key=True)


def _unknown_hint(misfit: Misfit, name: str, known: list[str]) -> str:
    if name in misfit.part.get("x-each", ()):
        return "each entry says its own"
    takes = f"it takes {', '.join(known)}" if len(known) <= FEW or not misfit.path else ""
    return _guess(name, known) or takes


def _unknown_message(misfit: Misfit, name: str) -> str:
    if not misfit.path:
        return f"unknown {misfit.style.top} {quoted(name)}"
    is_default = "x-each" in misfit.part
    if is_default and name in misfit.part["x-each"]:
        return f"{quoted(name)} cannot have a default"
    is_mapping = isinstance(misfit.path[-1], str) and not is_default
    if is_mapping or misfit.style.by_path:
        return f"{misfit.name} does not know {quoted(name)}"
    return f"unknown field {quoted(name)}"


def _missing_field(misfit: Misfit) -> Iterator[Finding]:
    for name in misfit.wanted:
        # jsonschema has an error for each; its message alone says which.
        if misfit.error.message.startswith(f"{name!r} "):
            wants_key = name == "key" and not misfit.style.by_path
            hint = "give it one: `key: a-name`" if wants_key else ""
            path = (*misfit.path, name)
            yield Finding(path, _missing_message(misfit, name), hint, Fate.MISSING)


def _missing_message(misfit: Misfit, name: str) -> str:
    if misfit.style.by_path:
        return f"{way((*misfit.path, name))} is missing"
    fields = misfit.part.get("properties")
    is_object = fields is None or "key" in fields
    if name != "key" and is_object:
        return f"{name} is missing"
    # Of a list at the top the name stands before the message anyway.
    entry = "an entry" if len(misfit.path) == 2 and name != "key" else misfit.name
    return f"{entry} without `{name}`"


def _name_of_a_field(misfit: Misfit) -> Finding:
    """The name of a field that people choose is of the wrong form."""
    name = str(misfit.value)
    where = f"{misfit.name}: " if misfit.style.by_path else ""
    words = misfit.part.get("errorMessage", _LIMITS["pattern"])
    message = f"{where}{quoted(name)} {words}"
    return Finding((*misfit.path, name), message, misfit.hint, Fate.UNKNOWN, key=True)


def _misplaced(misfit: Misfit) -> Iterator[Finding]:
    """A field that has its place elsewhere."""
    name = quoted(str(misfit.path[-1]))
    words = str(misfit.part.get("errorMessage", "cannot stand here"))
    yield Finding(misfit.path, f"{name} {words}", misfit.hint, key=True)


# --- values -------------------------------------------------------------------------------------


def _type(misfit: Misfit) -> Iterator[Finding]:
    wanted = _expected(misfit.wanted)
    if misfit.value is None and wanted == "a text" and not misfit.style.by_path:
        yield from _empty(misfit)
        return
    message = misfit.message(f"{{name}} takes {wanted}, not {shown(misfit.value)}")
    yield Finding(misfit.path, message, misfit.hint or _type_hint(wanted, misfit.value))


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


def _choice(misfit: Misfit) -> Iterator[Finding]:
    """One of a few words, or the only one."""
    is_only = misfit.error.validator == "const"
    words = [str(word) for word in ([misfit.wanted] if is_only else misfit.wanted)]
    choice = " or ".join(map(quoted, words)) if len(words) < 3 else f"one of {', '.join(words)}"
    message = f"{misfit.name} takes {choice}, not {shown(misfit.value)}"
    hint = _guess(misfit.value, words) if isinstance(misfit.value, str) else ""
    yield Finding(misfit.path, message, hint)


def _empty(misfit: Misfit) -> Iterator[Finding]:
    otherwise = "{name} must not be empty"
    if isinstance(misfit.value, list):
        yield Finding(misfit.path, misfit.message(otherwise), misfit.hint)
    else:
        yield Finding(misfit.path, otherwise.format(name=misfit.name))


def _duplicates(misfit: Misfit) -> Iterator[Finding]:
    yield Finding(misfit.path, f"{misfit.name} names one twice", "name each once", Fate.KEPT)


_LIMITS = {
    "pattern": "is not spelled as it must be",
    "maxLength": "must be at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
}


def _limit(misfit: Misfit) -> Iterator[Finding]:
    """What a keyword bounds, and any keyword that has no words of its own."""
    limit = _LIMITS.get(str(misfit.error.validator), "is not as it must be")
    message = misfit.message(f"{{name}} {limit.format(misfit.wanted)} (is {{value}})")
    # A key of the wrong form still serves for references.
    is_key = misfit.path[-1:] in (("key",), ("from",), ("to",))
    yield Finding(misfit.path, message, misfit.hint, Fate.KEPT if is_key else Fate.REFUSED)


# --- alternatives -------------------------------------------------------------------------------


def _no_alternative(misfit: Misfit) -> Iterator[Finding]:
    """The words of the alternatives together; each by itself would only confuse."""
    # They stand beside `anyOf` itself, so they speak of the object, not of a field.
    words = str(misfit.part.get("errorMessage", "fits none of its forms"))
    yield Finding(misfit.path, words, misfit.hint, Fate.KEPT)


def _nearest_form(misfit: Misfit) -> Iterator[Finding]:
    """The faults of the form that fits best: the one with the fewest."""
    by_form: dict[Any, list[ValidationError]] = defaultdict(list)
    for error in misfit.error.context:
        by_form[error.schema_path[0]].append(error)
    before = misfit.path[: len(misfit.path) - len(misfit.error.absolute_path)]
    fewest = min(map(len, by_form.values()))
    errors = next(errors for errors in by_form.values() if len(errors) == fewest)
    yield from worded(errors, before, misfit.style)


_KEYWORDS: Mapping[str, Callable[[Misfit], Iterator[Finding]]] = {
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
