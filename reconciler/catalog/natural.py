"""Natural keys: two objects of the catalog must not look alike in the account (contract 2.1)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from itertools import product

from reconciler.catalog.draft import Book, Draft, readable_fields
from reconciler.enums import ProblemKind
from reconciler.kinds import KINDS, Kind, Type
from reconciler.model import Problem, Value
from reconciler.normalize import loosened, spelled
from reconciler.quoting import quoted, visible


def collisions(book: Book) -> Iterator[Problem]:
    """Objects that share a natural key, unless all but one have an id."""
    for kind in KINDS.values():
        yield from _of_kind(book, kind)


def _of_kind(book: Book, kind: Kind) -> Iterator[Problem]:
    levels = _levels(book, kind)
    first: dict[Hashable, Draft] = {}
    for draft in (draft for draft in book.of(kind.name) if not draft.pinned):
        level = _level(draft, levels)
        keys = _keys(draft, level) if level else []
        others = [first[key] for key in keys if key in first]
        if others and level:
            what = f"the same {_named(draft, level)} as {others[0].name}"
            ways = _ways(others[0], levels, level)
            hint = (
                f"make them differ, or pin all but one with `id:`; {ways}; "
                f"the other one is at {others[0].place}"
            )
            problem = draft.problem(draft.place, what, hint)
            yield replace(problem, kind=ProblemKind.SAME_NATURAL_KEY)
        for key in keys:
            first.setdefault(key, draft)


Level = tuple[str, ...]


def _ways(other: Draft, levels: tuple[Level, ...], level: Level) -> str:
    """What can be done besides, where neither exists yet and so neither has an id to pin."""
    apart = f"`{levels[0][-1]}` tells them apart; " if level != levels[0] else ""
    return (
        f"{apart}if neither exists yet, apply {quoted(other.ref.key)} alone first: "
        f"`pxm state show {visible(str(other.ref))}` tells its id"
    )


def _levels(book: Book, kind: Kind) -> tuple[Level, ...]:
    """The chain of natural keys, the configured one before those of the kind."""
    configured = book.policy.natural_keys.get(kind.name)
    path = configured.replace("attribute:", "attributes.", 1) if configured else None
    return ((path,), *kind.natural) if path and (path,) not in kind.natural else kind.natural


def _level(draft: Draft, levels: Iterable[Level]) -> Level | None:
    """The first level whose last part is declared; None where a part could not be read."""
    for level in levels:
        if any(name in draft.broken for part in level for name in part.split("|")):
            return None
        if draft.fields.get(level[-1]) not in (None, "", ()):
            return level
    return None


def _keys(draft: Draft, level: Level) -> list[Hashable]:
    """All forms of the key: a collection has one for each of its categories."""
    parts = [_forms(draft, _part(draft, part)) for part in level]
    # A variant and a collection that is none are told apart by `parent_topic_id`.
    is_variant = "variant_of" in draft.fields
    return [(level, is_variant, *values) for values in product(*parts)]


def _part(draft: Draft, part: str) -> str:
    """The field that counts: of `variant_of|category` the first that is declared."""
    names = part.split("|")
    return next((name for name in names if draft.has(name)), names[-1])


def _forms(draft: Draft, name: str) -> list[Hashable]:
    # Any declared category tells where a collection is, not the primary one alone.
    name = "categories" if name == "category" and draft.ref.kind == "collection" else name
    value = draft.fields.get(name)
    if isinstance(value, tuple) and name in readable_fields(draft.kind):
        return list(value) or [None]
    return [_form(draft, name, value)]


def _form(draft: Draft, name: str, value: Value) -> Hashable:
    known = readable_fields(draft.kind).get(name)
    if value is None or (known and known.type is not Type.TEXT):
        return str(value) if value is not None else None
    return loosened(spelled(value))


def _named(draft: Draft, level: Level) -> str:
    return " and ".join(_part(draft, part) for part in level)
