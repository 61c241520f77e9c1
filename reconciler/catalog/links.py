"""Links said at a product or category: the same edges as those said at resources and files (1.2).

`resources` and `files` of a product, and `resources` of a category, are read into the fields of
the resources and files that they name.  From here on nothing tells apart at which end an edge
stands, but for `Resource.linked`, so that edits find it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.catalog import scalars
from reconciler.catalog.draft import Book, Draft, Mention, Refused, edge, own
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Place, Problem
from reconciler.yamlfile import Node


@dataclass(frozen=True, slots=True)
class Link:
    """A list of a kind, and the field of the objects that it names which says the same."""

    kind: str
    field: str


LINKS: Mapping[str, Mapping[str, Link]] = {
    "collection": {
        "resources": Link("resource", "collections"),
        "files": Link("file", "collections"),
    },
    "category": {"resources": Link("resource", "category")},
}
"""By kind and name of the list.  The order of a list is for people: the API has none."""


def end_of(kind: str, field: str) -> tuple[str, str] | None:
    """The kind and the list at which the edges of a field may be said too; None without."""
    for owner, lists in LINKS.items():
        for name, link in lists.items():
            if link == Link(kind, field):
                return owner, name
    return None


def read(_: Book, draft: Draft, node: Node, *, name: str) -> None:
    """Keep what an object links; the edges are made once all objects are known."""
    draft.places.note(name, node.mark)
    link = LINKS[draft.ref.kind][name]
    for element in scalars.items(node):
        if not isinstance(element, Refused):
            key = scalars.filled(element, name)
            draft.mentions.note(edge(name, link.kind, key), element.mark)


def join(book: Book) -> None:
    """Make the edges; one that stands at both ends is a problem that names both."""
    for draft in book.drafts:
        lists = LINKS.get(draft.ref.kind, {})
        if lists.keys().isdisjoint(draft.places.names):
            continue
        for mention in draft.mentions:
            target = book.index.get(mention.ref)
            if mention.field in lists and target is not None:
                for problem in _edge(book, draft, mention, target, lists[mention.field].field):
                    book.findings.add(problem)


def _edge(
    book: Book, draft: Draft, mention: Mention, target: Draft, field: str
) -> Iterator[Problem]:
    key, place = draft.ref.key, mention.place
    if target.external:
        what = f"{target.name} is external: it is never touched, and cannot be linked from here"
        yield draft.problem(place, what, "leave it out")
    elif key in target.linked.get(field, ()):
        return
    elif KINDS[target.ref.kind].field(field).is_set:
        yield from _element(book, draft, mention, target, field)
    elif field in target.fields:
        what = f"{target.name} says its {field} already"
        hint = "it has one, said at one end; the other one is at"
        yield draft.problem(place, what, hint, also=_said_at(book, target, field, key))
    else:
        target.fields[field] = key
        _note(target, field, key, place)


def _element(
    book: Book, draft: Draft, mention: Mention, target: Draft, field: str
) -> Iterator[Problem]:
    key = draft.ref.key
    declared = target.fields.get(field) or ()
    assert isinstance(declared, tuple)
    if key in declared:
        what = f"{target.name} says in `{field}` that it is linked to it, too"
        at = _said_at(book, target, field, key)
        yield draft.problem(mention.place, what, "say it at one end; the other one is at", also=at)
        return
    own = [item for item in declared if item not in target.linked.get(field, ())]
    _note(target, field, key, mention.place)
    # In which file a product stands means nothing.
    target.fields[field] = (*own, *sorted(target.linked[field]))


def _note(target: Draft, field: str, key: str, place: Place) -> None:
    target.linked = own(target.linked)
    target.linked[field] = (*target.linked.get(field, ()), key)
    if field not in target.places:
        target.places.put(field, place)


def _said_at(book: Book, target: Draft, field: str, key: str) -> Place:
    """Where the other end says it: the element, else the line."""
    origin = target.origins.get(field)
    owner = book.defaults.get(origin.owner, target) if origin else target
    for mention in owner.mentions:
        if mention.field == field and mention.ref.key == key:
            return mention.place
    return target.at(field)


# --- at which end a catalog says them -----------------------------------------------------------


def at_owners(catalog: Catalog, link: Link) -> bool:
    """Whether a catalog says most of such links at the products or categories."""
    there = here = 0
    for resource in catalog.of(link.kind):
        value = resource.fields.get(link.field)
        number = len(value) if isinstance(value, tuple) else int(value is not None)
        linked = len(resource.linked.get(link.field, ()))
        there, here = there + linked, here + number - linked
    return there > here
