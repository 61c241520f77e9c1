"""One field of a live object → what stands in the YAML, or why nothing can (contract 1.4, 1.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.kinds import PART_TYPES
from reconciler.model import FOREIGN, Number, Value
from reconciler.normalize import instant, is_empty, loosened, number, spelled, texts
from reconciler.pull.pulled import Inexpressible, Prose
from reconciler.yamltext import Flow, TypedFlow, expressible, fits_key

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
MIDNIGHT = "T00:00:00Z"


@dataclass(frozen=True, slots=True)
class AttributeShape:
    """What the files say of an attribute, and so what its values may be.

    `parts` are a List's sub-fields with their types; None where the files do not list them.
    `options` likewise.
    """

    type: str
    options: frozenset[str] | None = frozenset()
    parts: Mapping[str, str] | None = field(default_factory=dict)
    multiple: bool = False


def text(value: Value) -> str:
    """A text, to the character."""
    found = spelled(value)
    if not expressible(found):
        raise Inexpressible("it holds a character that YAML cannot write")
    return found


def moment(value: Value) -> str:
    """A day where it is midnight UTC, else an instant."""
    found = instant(spelled(value))
    if found is None:
        raise Inexpressible("it is no date")
    return found.removesuffix(MIDNIGHT)


def figure(value: Value) -> Number:
    """A number in JSON's grammar, in its own spelling where it has that."""
    found = number(value)
    if found is None:
        raise Inexpressible("it is no number")
    if _JSON_NUMBER.match(found.text):
        return found
    respelled = Number(format(found, "G"))
    if not _JSON_NUMBER.match(respelled.text) or respelled != found:
        raise Inexpressible("it is no number that JSON can write")
    return respelled


def truth(value: Value) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Inexpressible("it is neither true nor false")
    return value


def key_of(value: Value, of: str) -> str:
    """A reference, where what it names is in the files."""
    key = spelled(value)
    if key.startswith(FOREIGN):
        raise Inexpressible(f"it names a {of} that the files do not have")
    return key


_PARTS: Mapping[str, Callable[[Value], Any]] = {
    "Text": text,
    "Number": figure,
    "Boolean": truth,
    "Date": moment,
}


def value_of(value: Value, attribute: AttributeShape) -> Any:
    """An attribute value as YAML data; Inexpressible where validate would refuse it."""
    if attribute.type == "Pick List":
        return _picks(value, attribute)
    if attribute.type == "List":
        return _record(value, attribute)
    if attribute.type == "Text":
        return Prose(text(value))
    return _PARTS[attribute.type](value)


def _picks(value: Value, attribute: AttributeShape) -> Any:
    labels = [text(label) for label in texts(value)]
    if attribute.options is not None:
        labels = [_option(label, attribute.options) for label in labels]
    if len(labels) > 1 and not attribute.multiple:
        raise Inexpressible("it holds several options and the attribute takes one")
    return labels if attribute.multiple else labels[0]


def as_listed(label: str, listed: Collection[str]) -> str | None:
    """An option or sub-field as the files spell it; None where they do not list it."""
    if label in listed:
        return label
    return next((known for known in listed if loosened(known) == loosened(label)), None)


def _option(label: str, listed: Collection[str]) -> str:
    found = as_listed(label, listed)
    if found is None:
        raise Inexpressible("it holds an option that the attribute does not have")
    return found


def _record(value: Value, attribute: AttributeShape) -> Any:
    if not isinstance(value, Mapping):
        raise Inexpressible("it is no record of sub-fields")
    known = attribute.parts or {}
    spelled_as = {label: as_listed(label, known) or label for label in value}
    found = {
        spelled_as[label]: _part(spelled_as[label], part, attribute)
        for label, part in value.items()
        if not is_empty(part)
    }
    if not found:
        raise Inexpressible("it is no record of sub-fields")
    return (TypedFlow if attribute.parts is None else Flow)(found)


def _part(label: str, value: Value, attribute: AttributeShape) -> Any:
    if not fits_key(label):
        raise Inexpressible("a sub-field's label cannot be a key")
    if attribute.parts is None:
        return value if isinstance(value, bool | Number) else text(value)
    if label not in attribute.parts:
        raise Inexpressible("it holds a sub-field that the attribute does not have")
    return _PARTS[attribute.parts[label]](value)


# --- what attributes say themselves -------------------------------------------------------------


def options_of(value: Any) -> tuple[list[str], list[str]]:
    """The labels of a pick list's options that files can list, and those that they cannot."""
    kept: dict[str, str] = {}
    lost = []
    for label in texts(tuple(label for _, label, _ in value or ())):
        if label and expressible(label) and loosened(label) not in kept:
            kept[loosened(label)] = label
        else:
            lost.append(label)
    return list(kept.values()), lost


def parts_of(value: Any) -> tuple[dict[str, str], list[str]]:
    """A List's sub-fields with their types, and the labels that files cannot list."""
    kept: dict[str, tuple[str, str]] = {}
    lost = []
    for _, label, type_ in value or ():
        sound = label and fits_key(label) and (type_ or "Text") in PART_TYPES
        if sound and loosened(label) not in kept:
            kept[loosened(label)] = (label, type_ or "Text")
        else:
            lost.append(label)
    return dict(kept.values()), lost
