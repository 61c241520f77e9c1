"""`moved:` and `removed:`: read, and held against the catalog (contract 1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.catalog import scalars
from reconciler.catalog.draft import Book, Move, Refused
from reconciler.identity.moves import next_steps, walk
from reconciler.model import Moved, Place, Problem, Ref, Removed
from reconciler.quoting import quoted
from reconciler.yamlfile import Map, Node, Scalar


def read_moved(book: Book, node: Node) -> None:
    """`moved: [{kind, from, to}]`."""
    for entry, (kind, source, target) in _entries(node, "kind", "from", "to"):
        moved = Moved(kind.text, source.text, target.text, entry.place)
        book.moves.append(Move(moved, source.place, target.place))


def read_removed(book: Book, node: Node) -> None:
    """`removed: [{kind, key, destroy}]`; a stated delete unless it says `destroy: false`."""
    for entry, (kind, key) in _entries(node, "kind", "key"):
        destroy = entry.get("destroy")
        stated = not (isinstance(destroy, Scalar) and destroy.as_bool is False)
        removed = Removed(Ref(kind.text, key.text), stated, entry.place)
        book.removed.append((removed, key.place))


def _entries(node: Node, *names: str) -> Iterator[tuple[Map, list[Scalar]]]:
    """The entries of a list in which all of these could be read, and they."""
    for entry in scalars.items(node):
        if isinstance(entry, Map):
            parts = [entry.get(name) for name in names]
            found = [x for x in parts if isinstance(x, Scalar) and not isinstance(x, Refused)]
            if len(found) == len(names):
                yield entry, found


# --- checks -------------------------------------------------------------------------------------


def faults(book: Book) -> Iterator[Problem]:
    """What is wrong with the entries of both lists."""
    yield from _move_faults(book)
    yield from _removal_faults(book)


def _move_faults(book: Book) -> Iterator[Problem]:
    targets = {Ref(move.entry.kind, move.entry.target) for move in book.moves}
    leaving: dict[Ref, Place] = {}
    for move in book.moves:
        source = Ref(move.entry.kind, move.entry.source)
        target = Ref(move.entry.kind, move.entry.target)
        yield from _twice(leaving, source, move.source_place)
        yield from _same(source, target, move)
        yield from _source(book, source, targets, move.source_place)
    yield from _astray(book)


def _twice(seen: dict[Ref, Place], ref: Ref, place: Place) -> Iterator[Problem]:
    if ref in seen:
        what = f"moved: {ref.kind} {quoted(ref.key)} stands as `from` twice"
        hint = "a key is moved once; the other one is at"
        yield Problem(place, what, hint, also=seen[ref])
    seen.setdefault(ref, place)


def _same(source: Ref, target: Ref, move: Move) -> Iterator[Problem]:
    if source == target:
        what = f"moved: {source.kind} {quoted(source.key)} is moved to itself"
        yield Problem(move.target_place, what, "take the entry out")


def _source(book: Book, source: Ref, targets: set[Ref], place: Place) -> Iterator[Problem]:
    if source in book.index and source not in targets:
        what = f"moved: {source.kind} {quoted(source.key)} is still in the catalog"
        hint = "take the entry out, or give its new key to the object at"
        yield Problem(place, what, hint, also=book.index[source].place)


def _astray(book: Book) -> Iterator[Problem]:
    """Chains of entries that end at no key, each at its last entry: what they rename is lost."""
    steps = next_steps(move.entry for move in book.moves)
    places = {Ref(move.entry.kind, move.entry.source): move.target_place for move in book.moves}
    ends = {*book.index, *(removed.ref for removed, _ in book.removed)}
    chains = (walk(ref, steps, ends) for ref in steps)
    lasts = [chain.steps[-1] for chain in chains if chain.end is None]
    for ref, step in {Ref(step.kind, step.source): step for step in lasts}.items():
        if step.source != step.target and not _may_be_there(book, step):
            what = f"moved: {step.kind} {quoted(step.target)} is not in the catalog"
            guess = book.speller.guess(step.target, book.keys(step.kind), step.kind)
            yield Problem(places[ref], what, guess or _TAKEN_OUT, "warning")


def _may_be_there(book: Book, step: Moved) -> bool:
    """The target is of another environment, or in a file that could not be read."""
    return book.lost.may_hold(step.target) or Ref(step.kind, step.target) in book.elsewhere


_TAKEN_OUT = "if it was taken out since, take the entry out, or say so under `removed:`"


def _removal_faults(book: Book) -> Iterator[Problem]:
    leaving = {Ref(move.entry.kind, move.entry.source): move for move in book.moves}
    seen: dict[Ref, Place] = {}
    for removed, place in book.removed:
        name = f"removed: {removed.ref.kind} {quoted(removed.ref.key)}"
        if removed.ref in book.index:
            where = book.index[removed.ref].place
            yield Problem(place, f"{name} is still in the catalog", "take it out at", also=where)
        if removed.ref in leaving:
            where = leaving[removed.ref].source_place
            hint = "keep one of the two entries; the other one is at"
            yield Problem(place, f"{name} is moved as well", hint, also=where)
        if removed.ref in seen:
            hint = "keep one; the other one is at"
            yield Problem(place, f"{name} is removed twice", hint, also=seen[removed.ref])
        seen.setdefault(removed.ref, place)
