"""One value of the YAML as what its field is, not as YAML guesses (contract 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.kinds import VALUE_TYPES
from reconciler.model import Number, Value
from reconciler.normalize import instant
from reconciler.yamlfile import Map, Node, Scalar, Seq


class Wrong(Exception):
    """A value is not what its field takes; `node` is where."""

    def __init__(self, node: Node, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.node = node
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a declared attribute says of its values; `options` None where it is not known."""

    type: str
    options: tuple[str, ...] | None = None
    multiple: bool = False
    fields: Mapping[str, str] | None = None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word; empty where none is near."""
    near = get_close_matches(word, list(known), 1)
    return f"did you mean '{near[0]}'?" if near else ""


def scalar(node: Node, what: str) -> Scalar:
    """A scalar, or Wrong."""
    if isinstance(node, Scalar):
        return node
    raise Wrong(node, f"must be {what}, and is a {'list' if isinstance(node, Seq) else 'mapping'}")


def text(node: Node) -> Value:
    """The characters that were typed; null and "" are nothing."""
    found = scalar(node, "a text")
    return None if found.is_null or found.text == "" else found.text


def key_text(node: Node) -> str:
    """A text that must be there."""
    found = text(node)
    if found is None:
        raise Wrong(node, "must not be empty")
    return str(found)


def boolean(node: Node) -> Value:
    """true or false and nothing else; null clears."""
    found = scalar(node, "true or false")
    if found.is_null:
        return None
    if found.as_bool is None:
        raise Wrong(node, f"must be true or false, and is '{found.text}'")
    return found.as_bool


def moment(node: Node) -> Value:
    """An instant; a day without a time is midnight UTC."""
    found = scalar(node, "a date")
    if found.is_null or found.text == "":
        return None
    parsed = instant(found.text)
    if parsed is None:
        raise Wrong(
            node,
            f"must be a date, and is '{found.text}'",
            "write 2025-01-31 or 2025-01-31T08:00:00Z",
        )
    return parsed


def number(node: Node) -> Value:
    """JSON's grammar, the spelling kept; quoted numbers count."""
    found = scalar(node, "a number")
    if found.is_null or found.text == "":
        return None
    parsed: Number | None = Scalar(found.place, found.text, True).as_number
    if parsed is None:
        raise Wrong(node, f"must be a number, and is '{found.text}'", "write it as 12 or 12.50")
    return parsed


def texts(node: Node) -> tuple[str, ...]:
    """A list of texts without doubles; null and [] are empty."""
    if isinstance(node, Scalar) and node.is_null:
        return ()
    if not isinstance(node, Seq):
        raise Wrong(node, "must be a list")
    return tuple(dict.fromkeys(key_text(item) for item in node.items))


def regions(node: Node) -> Value:
    """Regions are never emptied (contract 2.3)."""
    found = texts(node)
    if not found:
        raise Wrong(node, "must name at least one region", "remove the line to leave regions alone")
    return found


_SCALARS: Mapping[str, Callable[[Node], Value]] = {
    "Text": text,
    "Number": number,
    "Boolean": boolean,
    "Date": moment,
}


def value(node: Node, attribute: Attribute) -> Value:
    """An attribute value by the attribute's type."""
    if isinstance(node, Scalar) and node.is_null:
        return None
    if attribute.type == "Pick List":
        return _picks(node, attribute)
    if attribute.type == "List":
        return _record(node, attribute)
    return _SCALARS.get(attribute.type, text)(node)


def _picks(node: Node, attribute: Attribute) -> Value:
    items = node.items if isinstance(node, Seq) else (node,)
    labels = tuple(dict.fromkeys(_label(item, attribute) for item in items))
    if len(labels) > 1 and not attribute.multiple and attribute.options is not None:
        raise Wrong(node, "takes one option", "declare the attribute with `multiple: true`")
    return labels or None


def _label(node: Node, attribute: Attribute) -> str:
    label = key_text(node)
    if attribute.options is not None and label not in attribute.options:
        raise Wrong(node, f"unknown option '{label}'", did_you_mean(label, attribute.options))
    return label


def _record(node: Node, attribute: Attribute) -> Value:
    if not isinstance(node, Map):
        raise Wrong(node, "must be a mapping of sub-fields")
    found: dict[str, Value] = {}
    for key, item in node.entries:
        if attribute.fields is not None and key.text not in attribute.fields:
            raise Wrong(
                key, f"unknown sub-field '{key.text}'", did_you_mean(key.text, attribute.fields)
            )
        type_ = (attribute.fields or {}).get(key.text, "Text")
        found[key.text] = _SCALARS.get(type_, text)(item)
    return found or None


def value_type(node: Node) -> Value:
    """One of the six attribute types, spelled as the article does."""
    found = key_text(node)
    if found not in VALUE_TYPES:
        hint = did_you_mean(found.title(), VALUE_TYPES) or f"one of {', '.join(VALUE_TYPES)}"
        raise Wrong(node, f"unknown type '{found}'", hint)
    return found
