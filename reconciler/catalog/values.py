"""Attribute values, read by the type and the options that the catalog declares (contract 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from reconciler.catalog import scalars
from reconciler.catalog.draft import Book, Draft, Unfit, each
from reconciler.catalog.texts import from_file
from reconciler.model import Place, Ref, Value
from reconciler.normalize import composed, distinct
from reconciler.paths import value_path
from reconciler.places import NOTHING
from reconciler.quoting import quoted
from reconciler.suggestions import Speller
from reconciler.yamlfile import Node, Scalar, Seq

Complain = Callable[[Unfit], None]


class ValueReader:
    """Turns what objects hold for attributes into `attributes.<key>` fields.

    It does so as soon as the types of an object's attributes are known: the nodes that wait take up
    more room than the values.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.attributes: dict[str, Attribute] = {}

    def read_known(self, drafts: Iterable[Draft]) -> None:
        """Read the values of those objects of whose attributes all have been read."""
        for draft in drafts:
            if all(map(self._is_known, draft.values)):
                self._read(draft)

    def read_rest(self) -> None:
        """Read what is left, when all files have been read."""
        for draft in self.book.said():
            if draft.values:
                self._read(draft)

    def _is_known(self, key: str) -> bool:
        if key in self.attributes:
            return True
        definition = self.book.index.get(Ref("attribute", key))
        # An unknown attribute is reported as such, one of unknown type at its own place.
        if definition is None or "type" not in definition.fields:
            return False
        self.attributes[key] = Attribute(definition, self.book.speller)
        return True

    def _read(self, draft: Draft) -> None:
        for key, node in draft.values.items():
            if self._is_known(key):
                _read(self.book, draft, self.attributes[key], node)
            else:
                draft.spoil(value_path(key))
        draft.values = NOTHING


def _read(book: Book, draft: Draft, attribute: Attribute, node: Node) -> None:
    faults: list[Unfit] = []
    try:
        if attribute.type == "Text":
            node = from_file(book, node, attribute.name)
        draft.fields[attribute.path] = attribute.read(attribute, node, faults.append)
    except Unfit as fault:
        faults.append(fault)
    if faults:
        draft.spoil(attribute.path)
    for each_fault in faults:
        book.unfit(draft.name, each_fault)


class Attribute:
    """What a value has to fit.

    `options` and `parts` (sub-label → type) are None where nothing can be said of them: they
    could not be read, or the attribute is somebody else's and does not list them.
    """

    def __init__(self, definition: Draft, speller: Speller) -> None:
        self.name = f"attribute {quoted(definition.ref.key)}"
        self.definition = definition
        self.speller = speller
        self.path = value_path(definition.ref.key)
        self.type = str(definition.fields["type"])
        self.read = _READERS[self.type]
        options, parts = self._declared("options", ()), self._declared("fields", {})
        self.options = frozenset(map(str, options)) if isinstance(options, tuple) else None
        self.parts = parts if isinstance(parts, Mapping) else None
        # Unicode has several spellings of one text, and editors differ in which they write.
        self._options = {composed(label) for label in self.options or ()}
        self._parts = {composed(label): type_ for label, type_ in (self.parts or {}).items()}
        self._picked: dict[str, tuple[str, ...]] = {}
        multiple = definition.fields.get("multiple") or "multiple" in definition.broken
        # Of an external one that lists no options nobody can tell.
        self.single = not multiple and (not definition.external or "options" in definition.fields)

    def _declared(self, field: str, nothing: Value) -> Value:
        if field in self.definition.broken:
            return None
        declared = self.definition.fields.get(field)
        return nothing if declared is None and not self.definition.external else declared

    def picked(self, label: str, node: Node) -> tuple[str, ...]:
        """The value that is one option: the same tuple for all objects that have it."""
        if label not in self._picked:
            self._picked[label] = (_known(self, label, node),)
        return self._picked[label]

    def has_option(self, label: str) -> bool:
        """Whether a value may be that option."""
        return self.options is None or composed(label) in self._options

    def type_of_part(self, label: str) -> str | None:
        """The type of a sub-field; None where the attribute has none such."""
        type_ = self._parts.get(composed(label))
        return None if type_ is None else str(type_)

    def unknown(self, place: Place, label: str, field: str, known: Collection[str]) -> Unfit:
        """A label that the attribute does not have: what was meant, or where to add it."""
        what = f"{quoted(label)} is not {_ARTICLES[field]} of {self.name}"
        guess = self.speller.guess(label, known, f"{self.definition.ref} {field}")
        if guess:
            return Unfit(place, what, guess)
        hint = f"add it to the {field} of {self.name} at"
        return Unfit(place, what, hint, also=self.definition.at(field))


_ARTICLES = {"options": "an option", "fields": "a field"}


def _text(attribute: Attribute, node: Node, _: Complain) -> Value:
    return scalars.text(node, attribute.name)


def _number(attribute: Attribute, node: Node, _: Complain) -> Value:
    return scalars.number(node, attribute.name)


def _boolean(attribute: Attribute, node: Node, _: Complain) -> Value:
    return scalars.boolean(node, attribute.name)


def _date(attribute: Attribute, node: Node, _: Complain) -> Value:
    return scalars.instant(node, attribute.name)


def _picks(attribute: Attribute, node: Node, complain: Complain) -> Value:
    """Always a tuple of labels; the typed text counts, so 39 and '39' are one."""
    if not isinstance(node, Seq):
        label = scalars.text(node, attribute.name)
        return None if label is None else attribute.picked(label, node)
    if attribute.single and len(node.items) > 1:
        what = f"{attribute.name} takes one option, not {len(node.items)}"
        hint = "name one, or declare `multiple: true` at"
        raise Unfit(node.place, what, hint, also=attribute.definition.place)

    def label_of(item: Node) -> str:
        return _known(attribute, scalars.filled(item, f"an option of {attribute.name}"), item)

    return distinct(each(node.items, label_of, complain)) or None


def _known(attribute: Attribute, label: str, node: Node) -> str:
    if not attribute.has_option(label):
        raise attribute.unknown(node.place, label, "options", sorted(attribute.options or ()))
    return label


def _record(attribute: Attribute, node: Node, complain: Complain) -> Value:
    """Sub-label → value by the sub-field's type."""
    if isinstance(node, Scalar) and scalars.scalar(node, attribute.name, "a mapping") is None:
        return None
    if isinstance(node, Seq) and not node.items:
        return None
    record: dict[str, Value] = {}
    for key, part in scalars.mapping(node, attribute.name).entries:
        try:
            record[key.text] = _part(attribute, key, part)
        except Unfit as fault:
            complain(fault)
    return record or None


def _part(attribute: Attribute, key: Scalar, node: Node) -> Value:
    name = f"{quoted(key.text)} of {attribute.name}"
    if attribute.parts is None:
        return _as_typed(node, name)
    type_ = attribute.type_of_part(key.text)
    if type_ is None:
        raise attribute.unknown(key.place, key.text, "fields", attribute.parts)
    return _PARTS[type_](node, name)


def _as_typed(node: Node, name: str) -> Value:
    """A sub-value of which nobody knows the type: quotes say whether it is a text."""
    found = scalars.scalar(node, name, "a text, a number or true or false")
    if found is None:
        return None
    if found.as_bool is not None:
        return found.as_bool
    return found.as_number if found.as_number is not None else found.text


_PARTS: Mapping[str, Callable[[Node, str], Value]] = {
    "Text": scalars.text,
    "Number": scalars.number,
    "Boolean": scalars.boolean,
    "Date": scalars.instant,
}

_READERS: Mapping[str, Callable[[Attribute, Node, Complain], Value]] = {
    "Text": _text,
    "Number": _number,
    "Boolean": _boolean,
    "Date": _date,
    "Pick List": _picks,
    "List": _record,
}
