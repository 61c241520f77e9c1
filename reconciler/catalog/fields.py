"""The fields of an object: one reader for each `kinds.Type`, and those that every kind has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.catalog import shapes
from reconciler.catalog.draft import Book, Draft, Mention, Unfit, each
from reconciler.catalog.words import quoted
from reconciler.kinds import ATTRIBUTES, VALUE_TYPES, Field, Type
from reconciler.model import Ref, Value
from reconciler.normalize import distinct
from reconciler.yamlfile import Map, Node

WORDS: Mapping[str, tuple[str, ...]] = {
    "attribute": VALUE_TYPES,
    "collection": ("parent",),
}
"""What the field `type` may say, by kind."""

PART_TYPES = tuple(name for name in VALUE_TYPES if name not in ("List", "Pick List"))
"""What a List's sub-field may be: nothing that would need a definition of its own."""

Complain = Callable[[Unfit], None]
Reader = Callable[[Draft, Field, Node, Complain], Value]


def read(book: Book, draft: Draft, item: Field, node: Node) -> None:
    """Read one declared field into the draft; what cannot be read is put down and marked."""
    draft.places[item.name] = node.place

    def complain(fault: Unfit) -> None:
        draft.broken.add(item.name)
        book.unfit(draft.name, fault)

    try:
        if item.type is Type.VALUES:
            _hold_values(draft, node)
        else:
            draft.fields[item.name] = _READERS[item.type](draft, item, node, complain)
    except Unfit as fault:
        complain(fault)


def _text(_: Draft, item: Field, node: Node, __: Complain) -> Value:
    return shapes.filled(node, item.name) if item.required else shapes.text(node, item.name)


def _word(draft: Draft, item: Field, node: Node, _: Complain) -> Value:
    return shapes.word(node, item.name, WORDS[draft.ref.kind])


def _boolean(_: Draft, item: Field, node: Node, __: Complain) -> Value:
    return shapes.boolean(node, item.name)


def _multiple(_: Draft, item: Field, node: Node, __: Complain) -> Value:
    found = shapes.boolean(node, item.name)
    if found is None:
        raise Unfit(node.place, f"{item.name} takes true or false", "leave it out for false")
    return found


def _instant(_: Draft, item: Field, node: Node, __: Complain) -> Value:
    return shapes.instant(node, item.name)


def _reference(draft: Draft, item: Field, node: Node, _: Complain) -> Value:
    key = shapes.text(node, item.name)
    if key is not None:
        _mention(draft, item, key, node)
    return key


def _mention(draft: Draft, item: Field, key: str, node: Node) -> None:
    assert item.to is not None
    draft.mentions.append(Mention(item.name, Ref(item.to, key), node.place))


def _references(draft: Draft, item: Field, node: Node, complain: Complain) -> Value:
    def key_of(element: Node) -> str:
        key = shapes.filled(element, f"an entry of {item.name}")
        _mention(draft, item, key, element)
        return key

    return distinct(each(shapes.items(node, item.name), key_of, complain))


def _regions(_: Draft, item: Field, node: Node, complain: Complain) -> Value:
    elements = shapes.items(node, item.name)
    if not elements:
        # Nobody could see the object any more (contract 2.3).
        raise Unfit(node.place, f"{item.name} cannot be emptied", "leave it out to keep them")
    what = f"an entry of {item.name}"
    return distinct(each(elements, lambda element: shapes.filled(element, what), complain))


def _options(draft: Draft, item: Field, node: Node, complain: Complain) -> Value:
    def option(element: Node) -> str:
        label, place = _labelled(element, "an option")
        draft.labels.setdefault(item.name, []).append((label, place.place))
        was = element.get("was") if isinstance(element, Map) else None
        if was is not None:
            draft.was.append((label, shapes.filled(was, "was"), was.place))
        return label

    return distinct(each(shapes.items(node, item.name), option, complain))


def _labelled(element: Node, name: str) -> tuple[str, Node]:
    """The label of an option or sub-field, and where it stands."""
    label = element.get("label") if isinstance(element, Map) else element
    if label is None:
        raise Unfit(element.place, f"{name} without a label")
    return shapes.filled(label, f"the label of {name}"), label


def _subfields(draft: Draft, item: Field, node: Node, complain: Complain) -> Value:
    def part(element: Node) -> tuple[str, str]:
        label, place = _labelled(shapes.mapping(element, "a sub-field"), "a sub-field")
        draft.labels.setdefault(item.name, []).append((label, place.place))
        type_ = shapes.mapping(element, "a sub-field").get("type")
        if type_ is None:
            raise Unfit(element.place, f"sub-field {quoted(label)} without a type")
        return label, shapes.word(type_, f"the type of {quoted(label)}", PART_TYPES)

    return dict(each(shapes.items(node, item.name), part, complain))


def _hold_values(draft: Draft, node: Node) -> None:
    """Keep attribute values until all attributes, and so their types, are known."""
    for key, value in shapes.entries(node, ATTRIBUTES.name):
        draft.values[key.text] = value
        draft.places[f"{ATTRIBUTES.name}.{key.text}"] = value.place
        _mention(draft, ATTRIBUTES, key.text, key)


_READERS: Mapping[Type, Reader] = {
    Type.TEXT: _text,
    Type.WORD: _word,
    Type.BOOLEAN: _boolean,
    Type.MULTIPLE: _multiple,
    Type.INSTANT: _instant,
    Type.REFERENCE: _reference,
    Type.REFERENCES: _references,
    Type.REGIONS: _regions,
    Type.OPTIONS: _options,
    Type.SUBFIELDS: _subfields,
}


# --- what every kind has ------------------------------------------------------------------------


def read_common(book: Book, draft: Draft, name: str, node: Node) -> None:
    """`id`, `external` and `lifecycle` (contract 1.2)."""
    try:
        COMMON[name](book, draft, node)
    except Unfit as fault:
        book.unfit(draft.name, fault)


def _id(book: Book, draft: Draft, node: Node) -> None:
    draft.places["id"] = node.place
    if isinstance(node, Map):
        _id_by_environment(book, draft, node)
    else:
        draft.id = shapes.text(node, "id")
    draft.pinned = draft.pinned or draft.id not in (None, "new")


def _id_by_environment(book: Book, draft: Draft, node: Map) -> None:
    ids = {key.text: shapes.text(value, f"id of {key.text}") for key, value in node.entries}
    if book.environment is None:
        # Which id counts is not known here, but the object has one wherever it matters.
        draft.pinned = any(id_ not in (None, "new") for id_ in ids.values())
    else:
        draft.id = ids.get(book.environment)


def _external(_: Book, draft: Draft, node: Node) -> None:
    draft.external = bool(shapes.boolean(node, "external"))


def _lifecycle(book: Book, draft: Draft, node: Node) -> None:
    for key, value in shapes.entries(node, "lifecycle"):
        try:
            if key.text not in _LIFECYCLE:
                hint = book.speller.guess(key.text, _LIFECYCLE, "lifecycle")
                raise Unfit(key.place, f"lifecycle does not know {quoted(key.text)}", hint)
            _LIFECYCLE[key.text](book, draft, value)
        except Unfit as fault:
            book.unfit(draft.name, fault)


def _prevent_destroy(_: Book, draft: Draft, node: Node) -> None:
    draft.prevent_destroy = bool(shapes.boolean(node, "prevent_destroy"))


def _ignore(book: Book, draft: Draft, node: Node) -> None:
    def named(element: Node) -> tuple[str, Node]:
        return shapes.filled(element, "an entry of ignore"), element

    found = each(shapes.items(node, "ignore"), named, lambda x: book.unfit(draft.name, x))
    draft.ignored.extend((name, element.place) for name, element in found)


_LIFECYCLE: Mapping[str, Callable[[Book, Draft, Node], None]] = {
    "prevent_destroy": _prevent_destroy,
    "ignore": _ignore,
}

COMMON: Mapping[str, Callable[[Book, Draft, Node], None]] = {
    "id": _id,
    "external": _external,
    "lifecycle": _lifecycle,
}
