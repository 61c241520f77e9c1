"""`defaults` and `inherit`, applied once: from here on an object has all that it declares (1.9).

What an entry says itself wins, null too; then what its parent hands on, the nearer of the two;
then the defaults of its list.  Values are read where they stand and shared by all that have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.catalog.draft import Book, Defaults, Draft, own
from reconciler.catalog.objects import NESTS
from reconciler.model import Origin, Place, Ref, Value, defaults_ref
from reconciler.paths import value_path


class Given(NamedTuple):
    """A field that objects have from elsewhere; a broken one is declared and could not be read."""

    path: str
    value: Value
    broken: bool
    origin: Origin

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return self.origin.place


def fill(book: Book) -> None:
    """Give each object the defaults of its list in its file for what its entry does not say.

    What is somebody else's gets none: only what its entry says of it counts.
    """
    given = {ref: tuple(_defaults(item)) for ref, item in book.defaults.items()}
    if not given:
        return
    for draft in book.drafts:
        ref = defaults_ref(draft.ref.kind, list_of(draft), draft.file)
        if ref in given and not draft.external:
            for item in given[ref]:
                if not draft.has(item.path):
                    _give(draft, item)
            _fill_the_rest(draft, book.defaults[ref])


def list_of(draft: Draft) -> str:
    """The list whose defaults an entry takes: what stands under another one, nested or not, those
    of `children` or `variants`, all else those of its kind's list."""
    nest = NESTS.get(draft.ref.kind)
    if nest is None:
        return draft.kind.plural
    is_below = draft.fields.get(nest.field) is not None or nest.field in draft.broken
    return nest.list if is_below else draft.kind.plural


def _defaults(defaults: Defaults) -> Iterator[Given]:
    for path in (*defaults.fields, *defaults.broken):
        origin = Origin(defaults.ref, defaults.at(path), defaults.list)
        yield Given(path, defaults.fields.get(path), path in defaults.broken, origin)


def _fill_the_rest(draft: Draft, defaults: Defaults) -> None:
    """What is no field of the API; of `lifecycle` each of the two by itself."""
    if draft.prevent_destroy is None:
        draft.prevent_destroy = defaults.prevent_destroy
    if draft.ignored is None and defaults.ignored is not None:
        draft.ignored = defaults.ignored
        _note(draft, "lifecycle", Origin(defaults.ref, defaults.place, defaults.list))
    if draft.inherit is None and defaults.inherit is not None:
        draft.inherit = defaults.inherit
        place = defaults.places["inherit"]
        draft.places.put("inherit", place)
        _note(draft, "inherit", Origin(defaults.ref, place, defaults.list))


def _give(draft: Draft, item: Given) -> None:
    if item.broken:
        draft.spoil(item.path)
    else:
        draft.fields[item.path] = item.value
    draft.places.put(item.path, item.place)
    _note(draft, item.path, item.origin)


def _note(draft: Draft, path: str, origin: Origin) -> None:
    draft.origins = own(draft.origins)
    draft.origins[path] = origin


def hand_on(book: Book) -> None:
    """Give variants the values that their parents hand on, wherever either is declared."""
    known: dict[Ref, tuple[Given, ...]] = {}
    for draft in book.drafts:
        above = _parent(book, draft)
        if above is None or not above.inherit or draft.external:
            continue
        if above.ref not in known:
            known[above.ref] = tuple(_handed_on(above))
        for item in known[above.ref]:
            if not draft.says(item.path):
                _give(draft, item)


def _parent(book: Book, draft: Draft) -> Draft | None:
    nest = NESTS.get(draft.ref.kind)
    above = draft.fields.get(nest.field) if nest else None
    return None if above is None else book.index.get(Ref(draft.ref.kind, str(above)))


def _handed_on(parent: Draft) -> Iterator[Given]:
    for key in parent.inherit or ():
        path = value_path(key)
        if parent.has(path):
            origin = Origin(parent.ref, parent.at(path))
            yield Given(path, parent.fields.get(path), path in parent.broken, origin)
