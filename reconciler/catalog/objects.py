"""Nodes → drafts: the lists of a file, object by object, nested ones flattened in file order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from reconciler.catalog import environments, fields, links, moves, scalars, uploads
from reconciler.catalog.draft import Book, Defaults, Draft, Refused, readable_fields
from reconciler.catalog.fields import Line
from reconciler.kinds import KINDS, PLURALS, Kind
from reconciler.model import Place, Ref, Value, defaults_ref
from reconciler.normalize import distinct
from reconciler.paths import is_value
from reconciler.quoting import quoted
from reconciler.yamlfile import Map, Node, Scalar


@dataclass(frozen=True, slots=True)
class Nest:
    """Where objects of a kind hold others of it: the list, and the field that says the same."""

    list: str
    field: str


NESTS = {
    "category": Nest("children", "parent"),
    "collection": Nest("variants", "variant_of"),
}


LISTS: dict[str, Kind] = {
    **PLURALS,
    **{nest.list: KINDS[kind] for kind, nest in NESTS.items()},
}
"""The lists of objects by name, and of what kind their entries are."""


@dataclass(frozen=True, slots=True)
class Above:
    """The object that one is nested in; None where that one has no key to name."""

    draft: Draft | None


def read_document(book: Book, root: Map) -> None:
    """Everything that a catalog file declares."""
    book.only = environments.only_of_defaults(book, root)
    for key, node in root.entries:
        if key.text in SECTIONS:
            SECTIONS[key.text](book, node)
        else:
            _objects(book, PLURALS[key.text], node, None)


def _defaults(book: Book, node: Node) -> None:
    """Fields for the entries of this file that do not say them, list by list (contract 1.9)."""
    for name, part in scalars.entries(node):
        kind = LISTS[name.text]
        ref = defaults_ref(kind.name, name.text, part.file)
        found = book.defaults[ref] = Defaults(ref, part.file, part.mark, name.mark, list=name.text)
        if isinstance(part, Refused):
            # Whatever was meant: nothing of it is missing where it would have stood.
            found.spoil(*readable_fields(kind))
        if isinstance(part, Map):
            _read_lines(book, found, part)
        found.pack()


SECTIONS: dict[str, Callable[[Book, Node], None]] = {
    "defaults": _defaults,
    "moved": moves.read_moved,
    "removed": moves.read_removed,
}


def _objects(book: Book, kind: Kind, node: Node, above: Above | None) -> None:
    for item in scalars.items(node):
        if isinstance(item, Map):
            _object(book, kind, item, above)


def _object(book: Book, kind: Kind, node: Map, above: Above | None) -> None:
    only = environments.only_elsewhere(book, kind, node, _list(kind, node, above))
    if only is not None:
        _leave_out(book, kind, node, only)
        return
    draft = _draft(book, kind, node)
    if draft is not None:
        _read_lines(book, draft, node)
        if draft.ref.kind in _BEFORE:
            _BEFORE[draft.ref.kind](book, draft)
        _FINISH.get(kind.name, _as_it_is)(book, draft, above)
        draft.pack()
    nest = NESTS.get(kind.name)
    nested = node.get(nest.list) if nest else None
    if nested is not None:
        _objects(book, kind, nested, Above(draft))


def _list(kind: Kind, node: Map, above: Above | None) -> str:
    """The list whose defaults an entry takes: below another one, nested or flat, not its kind's."""
    nest = NESTS.get(kind.name)
    flat = node.get(nest.field) if nest else None
    is_below = above is not None or (isinstance(flat, Scalar) and not flat.is_null)
    return nest.list if nest and is_below else kind.plural


def _leave_out(book: Book, kind: Kind, node: Map, only: Place) -> None:
    """An object that this environment does not have, and those that are nested in it."""
    key = node.get("key")
    if isinstance(key, Scalar) and not isinstance(key, Refused):
        ref = Ref(kind.name, key.text)
        book.elsewhere.setdefault(ref, only)
        book.left_out.append((ref, key.place, node.place))
    nest = NESTS.get(kind.name)
    nested = node.get(nest.list) if nest else None
    for item in scalars.items(nested) if nested is not None else ():
        if isinstance(item, Map):
            _leave_out(book, kind, item, only)


def _draft(book: Book, kind: Kind, node: Map) -> Draft | None:
    """The object under its key; a key of the wrong form still serves for references."""
    found = node.get("key")
    if found is None or isinstance(found, Refused):
        return None
    ref = Ref(kind.name, scalars.filled(found, "key"))
    draft = Draft(ref, node.file, node.mark, found.mark)
    book.drafts.append(draft)
    book.index.setdefault(draft.ref, draft)
    return draft


def _read_lines(book: Book, draft: Draft, node: Map) -> None:
    """The lines of an entry, in their order."""
    lines = _LINES[draft.ref.kind]
    for name, (_, value) in node.by_key.items():
        if name in lines:
            lines[name](book, draft, value)


def _note_nested(_: Book, draft: Draft, node: Node) -> None:
    draft.nested = node.mark


def _links(kind: str) -> dict[str, Line]:
    return {name: partial(links.read, name=name) for name in links.LINKS[kind]}


_OWN: dict[str, dict[str, Line]] = {
    "category": _links("category"),
    "collection": {"inherit": fields.read_inherit, **_links("collection")},
    "file": {"path": uploads.read_path},
}
"""Lines that one kind alone has and that are no field of the API."""


def _lines(kind: Kind) -> dict[str, Line]:
    found: dict[str, Line] = {}
    if kind.name in NESTS:
        found[NESTS[kind.name].list] = _note_nested
    known = {name: fields.line_of(item) for name, item in readable_fields(kind).items()}
    return {**found, **fields.COMMON, **_OWN.get(kind.name, {}), **known}


_LINES = {kind.name: _lines(kind) for kind in KINDS.values()}
"""What reads the lines of an entry, by kind and name: what every kind has, then what one has."""

_BEFORE: dict[str, Callable[[Book, Draft], None]] = {"file": uploads.finish}
"""What fills in fields before it is asked which are missing."""


# --- what follows from where an object stands ---------------------------------------------------


def _as_it_is(_: Book, __: Draft, ___: Above | None) -> None:
    """Most kinds are what they say."""


def _category(book: Book, draft: Draft, above: Above | None) -> None:
    _stand(book, draft, "parent", above)


def _collection(book: Book, draft: Draft, above: Above | None) -> None:
    """Its type as far as it says so itself (contract 1.2)."""
    _stand(book, draft, "variant_of", above)
    if draft.fields.get("variant_of") is None:
        draft.fields.pop("variant_of", None)
    if draft.has("variant_of"):
        _variant(book, draft)
    elif draft.nested is not None:
        draft.fields["type"] = "parent"


def _stand(book: Book, draft: Draft, name: str, above: Above | None) -> None:
    """Nested and saying so are one; both at once must agree."""
    if above is None:
        return
    if above.draft is None:
        draft.spoil(name)
        return
    key = above.draft.ref.key
    if name in draft.fields and draft.fields[name] != key:
        what = f"{name} is not what it is nested in, {quoted(key)}"
        hint = f"nest it elsewhere, or leave out `{name}`"
        book.findings.add(draft.problem(draft.at(name), what, hint))
    draft.fields[name] = key


def _variant(book: Book, draft: Draft) -> None:
    if draft.fields.get("type") == "parent":
        what = "`type: parent`, but it is a variant"
        book.findings.add(draft.problem(draft.at("type"), what, "leave out `type`"))
    if draft.nested is not None:
        what = "a variant of a variant: it is a variant and lists variants itself"
        hint = "list them under its parent"
        book.findings.add(draft.problem(draft.place_of(draft.nested), what, hint))
    draft.fields["type"] = "variant"


_FINISH: dict[str, Callable[[Book, Draft, Above | None], None]] = {
    "category": _category,
    "collection": _collection,
}


# --- what follows from all that an object has, defaults too --------------------------------------


def complete(book: Book) -> None:
    """What no entry says and each has."""
    for draft in book.drafts:
        if draft.ref.kind in _COMPLETE:
            _COMPLETE[draft.ref.kind](draft)
    _name_parents(book)


def _top_level(draft: Draft) -> None:
    """Where a category stands is always declared (contract 1.2)."""
    if "parent" not in draft.fields:
        _put(draft, "parent", None)


def _memberships(draft: Draft) -> None:
    """The primary category is a membership too."""
    first = draft.fields.get("category")
    if "categories" in draft.broken or (first is None and "categories" not in draft.fields):
        return
    others = draft.fields.get("categories") or ()
    assert isinstance(others, tuple)
    keys = others if first is None else (first, *others)
    _put(draft, "categories", distinct(map(str, keys)))


def _put(draft: Draft, name: str, value: Value) -> None:
    """A field among those that the entry says: a plan lists them before the values."""
    is_new = name not in draft.fields
    draft.fields[name] = value
    for path in filter(is_value, tuple(draft.fields) if is_new else ()):
        draft.fields[path] = draft.fields.pop(path)


_COMPLETE: dict[str, Callable[[Draft], None]] = {
    "category": _top_level,
    "collection": _memberships,
}


def _name_parents(book: Book) -> None:
    """A collection that a `variant_of` names is a parent (contract 1.2)."""
    named = {draft.fields.get("variant_of") for draft in book.of("collection")}
    for draft in book.of("collection"):
        if draft.ref.key in named and not draft.has("type"):
            _put(draft, "type", "parent")
