"""The fields of an object: one reader for each `kinds.Type`, and those that every kind has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reconciler.catalog import scalars
from reconciler.catalog.draft import Book, Draft, Refused, Unfit, edge, own
from reconciler.catalog.texts import from_file
from reconciler.kinds import ATTRIBUTES, Field, Type
from reconciler.model import Value
from reconciler.normalize import distinct
from reconciler.paths import value_path
from reconciler.yamlfile import Map, Node

Line = Callable[[Book, Draft, Node], None]
"""Reads one line of an entry into its draft."""

Reader = Callable[[Draft, Field, Node], Value]
"""Reads a field of a node whose form the JSON Schema has found right."""


def line_of(item: Field) -> Line:
    """What reads the line of a field into a draft; what cannot be read is put down and marked."""
    if item.type is Type.VALUES:
        return _hold_values
    name, read, may_be_file = item.name, _READERS[item.type], item.type is Type.TEXT

    def line(book: Book, draft: Draft, node: Node) -> None:
        draft.places.note(name, node.mark)
        if isinstance(node, Refused):
            draft.spoil(name)
            return
        try:
            if may_be_file:
                node = from_file(book, node, name)
            draft.fields[name] = read(draft, item, node)
        except Unfit as fault:
            draft.spoil(name)
            book.unfit(draft.name, fault)

    return line


def _text(_: Draft, item: Field, node: Node) -> Value:
    return scalars.text(node, item.name)


def _boolean(_: Draft, item: Field, node: Node) -> Value:
    return scalars.boolean(node, item.name)


def _instant(_: Draft, item: Field, node: Node) -> Value:
    return scalars.instant(node, item.name)


def _reference(draft: Draft, item: Field, node: Node) -> Value:
    key = scalars.text(node, item.name)
    if key is not None:
        _mention(draft, item, key, node)
    return key


def _mention(draft: Draft, item: Field, key: str, node: Node) -> None:
    assert item.to
    draft.mentions.note(edge(item.name, item.to, key), node.mark)


def _elements(draft: Draft, item: Field, node: Node) -> Iterator[Node]:
    """The elements that can be read; where one cannot, the field is not whole."""
    for element in scalars.items(node):
        if isinstance(element, Refused):
            draft.spoil(item.name)
        else:
            yield element


def _references(draft: Draft, item: Field, node: Node) -> Value:
    keys = []
    for element in _elements(draft, item, node):
        key = scalars.filled(element, item.name)
        _mention(draft, item, key, element)
        keys.append(key)
    return distinct(keys)


def _regions(draft: Draft, item: Field, node: Node) -> Value:
    elements = _elements(draft, item, node)
    return distinct(scalars.filled(element, item.name) for element in elements)


def _options(draft: Draft, item: Field, node: Node) -> Value:
    labels = []
    for element in _elements(draft, item, node):
        label = _label(draft, item, element)
        if label is None:
            continue
        labels.append(label)
        was = element.get("was") if isinstance(element, Map) else None
        if was is not None and not isinstance(was, Refused):
            draft.was = draft.was or []
            draft.was.append((label, scalars.filled(was, "was"), was.mark))
    return distinct(labels)


def _subfields(draft: Draft, item: Field, node: Node) -> Value:
    parts: dict[str, Value] = {}
    for element in _elements(draft, item, node):
        label = _label(draft, item, element)
        type_ = element.get("type") if isinstance(element, Map) else None
        if type_ is None or isinstance(type_, Refused):
            draft.spoil(item.name)
        elif label is not None:
            parts[label] = scalars.filled(type_, "type")
    return parts


def _label(draft: Draft, item: Field, element: Node) -> str | None:
    """The label of an option or sub-field, kept with its place; None where it has none."""
    label = element.get("label") if isinstance(element, Map) else element
    if label is None or isinstance(label, Refused):
        draft.spoil(item.name)
        return None
    text = scalars.filled(label, "label")
    draft.labels = own(draft.labels)
    draft.labels.setdefault(item.name, []).append((text, label.mark))
    return text


def _hold_values(_: Book, draft: Draft, node: Node) -> None:
    """Keep attribute values until all attributes, and so their types, are known."""
    draft.places.note(ATTRIBUTES.name, node.mark)
    if isinstance(node, Refused):
        draft.spoil(ATTRIBUTES.name)
    values: dict[str, Node] = {}
    for key, value in scalars.entries(node):
        values[key.text] = value
        draft.places.note(value_path(key.text), value.mark)
        _mention(draft, ATTRIBUTES, key.text, key)
    draft.values = values


_READERS: Mapping[Type, Reader] = {
    Type.TEXT: _text,
    Type.WORD: _text,
    Type.BOOLEAN: _boolean,
    Type.MULTIPLE: _boolean,
    Type.INSTANT: _instant,
    Type.REFERENCE: _reference,
    Type.REFERENCES: _references,
    Type.REGIONS: _regions,
    Type.OPTIONS: _options,
    Type.SUBFIELDS: _subfields,
}


# --- what every kind has ------------------------------------------------------------------------


def _id(book: Book, draft: Draft, node: Node) -> None:
    draft.places.note("id", node.mark)
    if isinstance(node, Map):
        _id_by_environment(book, draft, node)
    else:
        draft.id = scalars.text(node, "id")
    draft.pinned = draft.pinned or draft.id not in (None, "new")


def _id_by_environment(book: Book, draft: Draft, node: Map) -> None:
    ids = {
        key.text: scalars.text(value, "id")
        for key, value in node.entries
        if not isinstance(value, Refused)
    }
    book.named += [(draft.name, key.text, key.place) for key, _ in node.entries]
    if book.environment is None:
        # Which id counts is not known here, but the object has one wherever it matters.
        draft.pinned = any(id_ not in (None, "new") for id_ in ids.values())
    else:
        draft.id = ids.get(book.environment)


def _external(_: Book, draft: Draft, node: Node) -> None:
    draft.external = bool(scalars.boolean(node, "external"))


def _lifecycle(book: Book, draft: Draft, node: Node) -> None:
    for key, value in scalars.entries(node):
        if not isinstance(value, Refused):
            _LIFECYCLE[key.text](book, draft, value)


def _prevent_destroy(_: Book, draft: Draft, node: Node) -> None:
    draft.prevent_destroy = bool(scalars.boolean(node, "prevent_destroy"))


def _ignore(_: Book, draft: Draft, node: Node) -> None:
    sound = [item for item in scalars.items(node) if not isinstance(item, Refused)]
    draft.ignored = [(scalars.filled(item, "ignore"), item.mark) for item in sound]


def read_inherit(_: Book, draft: Draft, node: Node) -> None:
    """`inherit` of a parent: the attributes whose values its variants get (contract 1.9)."""
    draft.places.note("inherit", node.mark)
    sound = [item for item in scalars.items(node) if not isinstance(item, Refused)]
    keys = [scalars.filled(item, "inherit") for item in sound]
    for key, item in zip(keys, sound, strict=True):
        draft.mentions.note(edge("inherit", "attribute", key), item.mark)
    draft.inherit = distinct(keys)


_LIFECYCLE: Mapping[str, Callable[[Book, Draft, Node], None]] = {
    "prevent_destroy": _prevent_destroy,
    "ignore": _ignore,
}


def _unless_refused(read: Line) -> Line:
    def line(book: Book, draft: Draft, node: Node) -> None:
        if not isinstance(node, Refused):
            read(book, draft, node)

    return line


COMMON: Mapping[str, Line] = {
    "id": _unless_refused(_id),
    "external": _unless_refused(_external),
    "lifecycle": _unless_refused(_lifecycle),
}
"""`id`, `external` and `lifecycle` (contract 1.2)."""
