"""Every place where a key stands: its own object's, and all that name it.

Whoever edits keys asks here, so a reader that reads a key somewhere new notes its mention.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.catalog.draft import Book, Draft
from reconciler.model import Place, Ref
from reconciler.paths import attribute_of, is_value

KEY = "key"
"""The field under which an object's own key stands."""


@dataclass(frozen=True, slots=True)
class Named:
    """A key where it stands: what it names, in which field of which object.

    `owner` is None in the settings.
    """

    ref: Ref
    place: Place
    field: str
    owner: Ref | None = None


def named(book: Book) -> Iterator[Named]:
    """Every place where a key of an object stands, but those of `moved` and `removed`.

    What the defaults of a list name is named by what stands for them.
    """
    for draft in book.drafts:
        yield Named(draft.ref, draft.key_place, KEY, draft.ref)
    for draft in book.said():
        for mention in draft.mentions:
            yield Named(mention.ref, mention.place, mention.field, draft.ref)
        if "lifecycle" not in draft.origins:
            yield from _ignored(draft)
    for mention in book.mentions:
        yield Named(mention.ref, mention.place, mention.field)


def _ignored(draft: Draft) -> Iterator[Named]:
    for path, mark in draft.ignored or ():
        if is_value(path):
            ref = Ref("attribute", attribute_of(path))
            yield Named(ref, draft.place_of(mark), "lifecycle", draft.ref)
