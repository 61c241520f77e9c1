"""Natural keys: two objects of the catalog must not look alike in the account (contract 2.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import replace

from reconciler.catalog.draft import Book, Draft
from reconciler.enums import ProblemKind
from reconciler.kinds import KINDS, Kind, Type, fields_of
from reconciler.model import Problem
from reconciler.natural import Chain, KeyReader, Row, chain_of, field_that_counts, keys_of
from reconciler.normalize import is_empty, loosened, spelled
from reconciler.quoting import quoted, visible


def collisions(book: Book) -> Iterator[Problem]:
    """Objects that share a natural key, unless all but one have an id."""
    for kind in KINDS.values():
        yield from _of_kind(book, kind)


def _of_kind(book: Book, kind: Kind) -> Iterator[Problem]:
    chain = chain_of(kind, book.policy)
    first: dict[Hashable, Draft] = {}
    for draft, row in _suspects(book, chain):
        item = KeyReader(draft.fields.get, lambda _, keys: keys)
        keys = keys_of(chain, row, item, loosened)
        others = [first[key] for key in keys if key in first]
        if others:
            what = f"the same {_named(row, item)} as {others[0].name}"
            ways = _ways(others[0], chain, row)
            hint = f"make them differ, or pin all but one with `id:`; {ways}; the other one is at"
            problem = draft.problem(draft.place, what, hint, others[0].place)
            yield replace(problem, kind=ProblemKind.SAME_NATURAL_KEY)
        for key in keys:
            first.setdefault(key, draft)


def _suspects(book: Book, chain: Chain) -> Iterator[tuple[Draft, Row]]:
    """Objects whose last part of their natural key another one has too, with its row.

    Nearly all have a name of their own, and no other part of their key need be looked at.
    """
    found = []
    for draft in book.of(chain.kind.name):
        row = None if draft.pinned else _row(draft, chain)
        if row is not None:
            found.append((draft, row, _last_part(draft, chain.kind, row)))
    counts = Counter(part for _, _, part in found)
    for draft, row, part in found:
        if counts[part] > 1:
            yield draft, row


def _last_part(draft: Draft, kind: Kind, row: Row) -> str:
    # What a reference names is one of several places, and says nothing alone.
    value = draft.fields.get(row[-1])
    is_place = kind.field(row[-1]).type is Type.REFERENCE
    return "" if is_place or is_empty(value) else loosened(spelled(value))


def _ways(other: Draft, chain: Chain, row: Row) -> str:
    """What can be done besides, where neither exists yet and so neither has an id to pin."""
    apart = f"`{chain.rows[0][-1]}` tells them apart; " if row != chain.rows[0] else ""
    return (
        f"{apart}if neither exists yet, apply {quoted(other.ref.key)} alone first: "
        f"`pxm state show {visible(str(other.ref))}` tells its id"
    )


def _row(draft: Draft, chain: Chain) -> Row | None:
    """The first row whose last part is declared; None where a part could not be read."""
    for row in chain.rows:
        if draft.broken and not fields_of([row]).isdisjoint(draft.broken):
            return None
        if not is_empty(draft.fields.get(row[-1])):
            return row
    return None


def _named(row: Row, item: KeyReader) -> str:
    return " and ".join(field_that_counts(part, item.value) for part in row)
