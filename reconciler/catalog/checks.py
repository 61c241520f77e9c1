"""What has to hold between objects: a list of checks, each `Book → problems` (contract 1.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from reconciler.catalog import moves, natural, scalars
from reconciler.catalog.draft import Book, Draft, Mention, readable_fields
from reconciler.enums import ProblemKind
from reconciler.kinds import ATTRIBUTES, KINDS, START
from reconciler.model import Place, Problem, Ref
from reconciler.normalize import composed, loosened
from reconciler.paths import value_path
from reconciler.quoting import quoted, visible

Check = Callable[[Book], Iterator[Problem]]
LONGEST_RING = 12
"""Keys of a circle that a message names."""


def duplicates(book: Book) -> Iterator[Problem]:
    """A key is unique within its kind (contract 1.1)."""
    for draft in book.drafts:
        first = book.index[draft.ref]
        if first is not draft:
            yield draft.problem(draft.key_place, _TWICE, _OTHER, first.place)
    yield from _with_those_elsewhere(book)


def _with_those_elsewhere(book: Book) -> Iterator[Problem]:
    """What other environments have counts: an edit of a key is one of all its places."""
    first: dict[Ref, tuple[Place, Place]] = {}
    for ref, key_place, place in book.left_out:
        here = book.index.get(ref)
        other = (here.key_place, here.place) if here else first.setdefault(ref, (key_place, place))
        early, late = sorted([other, (key_place, place)])
        if early != late:
            what = f"{ref.kind} {quoted(ref.key)}: {_TWICE}"
            yield Problem(late[0], what, _OTHER, also=early[1])


_TWICE, _OTHER = "the key stands twice", "the other one is at"


def references(book: Book) -> Iterator[Problem]:
    """Every key that a field names is in the catalog."""
    for draft in book.said():
        if not all(name.ref in book.index for name in draft.mentions.names):
            yield from _unknown_ones(book, draft)


def _unknown_ones(book: Book, draft: Draft) -> Iterator[Problem]:
    for mention in draft.mentions:
        if mention.ref not in book.index and not book.lost.may_hold(mention.ref.key):
            yield _unknown(book, draft, mention)


def _unknown(book: Book, draft: Draft, mention: Mention) -> Problem:
    kind, key = mention.ref.kind, mention.ref.key
    only = book.elsewhere.get(mention.ref)
    if only is not None:
        what = f"{kind} {quoted(key)} is left out by its `only`"
        hint = "say the same `only` here, or leave it out at"
        return draft.problem(mention.place, what, hint, only)
    hint = book.speller.guess(key, book.keys(kind), kind) or _elsewhere(book, mention.ref)
    found = draft.problem(mention.place, f"unknown {kind} {quoted(key)}", hint)
    return replace(found, kind=ProblemKind.UNKNOWN_KEY, missing=mention.ref)


def _elsewhere(book: Book, ref: Ref) -> str:
    others = [kind for kind in KINDS if Ref(kind, ref.key) in book.index]
    return f"there is a key like this of another kind: {', '.join(others)}" if others else ""


def cycles(book: Book) -> Iterator[Problem]:
    """No category lies under itself; each ring is named once."""
    done: set[str] = set()
    for draft in book.of("category"):
        ring = _ring(book, draft.ref.key, done)
        if ring:
            yield _circle(book, ring)


def _circle(book: Book, ring: list[str]) -> Problem:
    """Told at the first `parent:` of the ring: where all are nested there is no ring."""
    members = [book.index[Ref("category", key)] for key in ring]
    first = min((item for item in members if "parent" in item.places), key=lambda item: item.place)
    start = ring.index(first.ref.key)
    path = [*ring[start:], *ring[: start + 1]]
    shown = path if len(path) <= LONGEST_RING else [*path[:LONGEST_RING], "…", path[-1]]
    what = "its parents run in a circle: " + " -> ".join(map(visible, shown))
    return first.problem(first.at("parent"), what, "give one of them another parent")


def _ring(book: Book, key: str, done: set[str]) -> list[str]:
    """The keys of the ring that the parents of a category end in; walks each category once."""
    path: dict[str, None] = {}
    step: str | None = key
    while step is not None and step not in done and step not in path:
        path[step] = None
        above = book.index.get(Ref("category", step))
        parent = above.fields.get("parent") if above else None
        step = str(parent) if parent is not None else None
    done.update(path)
    keys = list(path)
    return keys[keys.index(step) :] if step is not None and step in path else []


def variants(book: Book) -> Iterator[Problem]:
    """Variants go one level deep; a list under a nested variant is reported where it stands."""
    for draft in book.of("collection"):
        parent = draft.fields.get("variant_of")
        above = None if parent is None else book.index.get(Ref("collection", str(parent)))
        if above is None or "variant_of" not in draft.places or "variant_of" not in above.fields:
            continue
        if above is draft:
            yield draft.problem(draft.at("variant_of"), "it is a variant of itself")
        else:
            what = f"a variant of a variant: {quoted(above.ref.key)} is one itself"
            hint = f"did you mean its parent, {quoted(str(above.fields['variant_of']))}?"
            yield draft.problem(draft.at("variant_of"), what, hint)


_DATED = {
    kind.name: tuple(item.name for item in kind.fields if item.dated) for kind in KINDS.values()
}
"""By kind, the flags that ask for a start date."""


def schedules(book: Book) -> Iterator[Problem]:
    """What is published has a start date where its kind asks for one, and no end before it."""
    for draft in book.drafts:
        yield from _without_start(book, draft)
        start = draft.fields.get("published_start_date")
        end = draft.fields.get("published_end_date")
        if isinstance(start, str) and isinstance(end, str) and end < start:
            what = f"published_end_date {end} is before published_start_date {start}"
            yield _reversed(draft, what)


def _reversed(draft: Draft, what: str) -> Problem:
    """Told at the end date; at the start where the end is right for others that have it too."""
    end = draft.at("published_end_date")
    if draft.says("published_start_date") and not draft.says("published_end_date"):
        return draft.problem(draft.at("published_start_date"), what, "the end is at", also=end)
    return draft.problem(end, what)


def _without_start(book: Book, draft: Draft) -> Iterator[Problem]:
    published = next((x for x in _DATED[draft.ref.kind] if draft.fields.get(x) is True), None)
    if published is None or draft.external or START.name in draft.broken:
        return
    # A start date that was handed to the web interface has no line any more (contract 1.3).
    if draft.fields.get(START.name) is None and not book.left_alone(draft, START.name):
        what = f"`{published}: true` without {START.name}"
        yield draft.problem(draft.at(published), what, scalars.DATES)


def labels(book: Book) -> Iterator[Problem]:
    """Options and sub-fields have labels of their own; `was` names one that has gone."""
    for draft in book.of("attribute"):
        for name, found in draft.labels.items():
            yield from _double_labels(draft, name, found)
        yield from _renames(draft)


def _double_labels(draft: Draft, name: str, found: list[tuple[str, int]]) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for label, mark in found:
        place = draft.place_of(mark)
        # An account that trims, unescapes or composes texts could not tell them apart.
        if loosened(label) in seen:
            what = f"{quoted(label)} stands twice in {name}"
            hint = "take one out; the other one is at"
            yield draft.problem(place, what, hint, seen[loosened(label)])
        seen.setdefault(loosened(label), place)


def _renames(draft: Draft) -> Iterator[Problem]:
    present = {composed(label) for label, _ in draft.labels.get("options", ())}
    seen: dict[str, Place] = {}
    for label, was, mark in draft.was or ():
        place = draft.place_of(mark)
        if composed(was) in present:
            what = f"option {quoted(label)} was {quoted(was)}, which is still an option"
            yield draft.problem(place, what, "take out the old option, or leave out `was`")
        if composed(was) in seen:
            what = f"two options say that they were {quoted(was)}"
            yield draft.problem(place, what, "the other one is at", seen[composed(was)])
        seen.setdefault(composed(was), place)


def ids(book: Book) -> Iterator[Problem]:
    """A live object is claimed once (contract 2.1)."""
    seen: dict[tuple[str, str], Draft] = {}
    for draft in book.index.values():
        if draft.id is None or draft.id == "new":
            continue
        first = seen.setdefault((draft.ref.kind, draft.id), draft)
        if first is not draft:
            what = f"id {quoted(draft.id)} is claimed by {quoted(first.ref.key)} too"
            yield draft.problem(draft.at("id"), what, "the other one is at", first.at("id"))


def ignored(book: Book) -> Iterator[Problem]:
    """`ignore` names fields that the kind has."""
    for draft in book.said():
        if "lifecycle" in draft.origins:
            continue
        for name, mark in draft.ignored or ():
            for what, hint in unknown_field(book, draft.ref.kind, name):
                yield draft.problem(draft.place_of(mark), f"ignore: {what}", hint)


def unknown_field(book: Book, kind: str, path: str) -> Iterator[tuple[str, str]]:
    """Why a path is no field of a kind, and what was meant."""
    name, dot, key = path.partition(".")
    known = readable_fields(KINDS[kind])
    if name not in known or (dot and known[name] is not ATTRIBUTES):
        yield (
            f"{kind} has no field {quoted(path)}",
            book.speller.guess(path, known, kind + " field"),
        )
    elif dot and Ref("attribute", key) not in book.index and not book.lost.may_hold(key):
        hint = book.speller.guess(key, book.keys("attribute"), "attribute")
        yield f"unknown attribute {quoted(key)}", hint


def inherited(book: Book) -> Iterator[Problem]:
    """A parent hands to its variants what it has; nothing else hands anything on (1.9)."""
    for draft in book.of("collection"):
        if draft.inherit is None or "inherit" in draft.origins:
            continue
        place = draft.at("inherit")
        if draft.has("variant_of"):
            what = "`inherit` on a variant: only a product hands values to its variants"
            yield draft.problem(place, what, "leave it out, or put it at its parent")
        elif draft.inherit and draft.fields.get("type") != "parent":
            what = "`inherit`, and no variant to hand values to"
            yield replace(draft.problem(place, what, "leave it out"), severity="warning")
        else:
            yield from _not_there(book, draft)


def _not_there(book: Book, draft: Draft) -> Iterator[Problem]:
    """Values that it is to hand on and does not have; of unknown attributes all has been said."""
    for mention in draft.mentions:
        is_known = mention.ref in book.index
        if mention.field == "inherit" and is_known and not draft.has(value_path(mention.ref.key)):
            what = f"inherit: it has no value of {mention.ref.kind} {quoted(mention.ref.key)}"
            hint = "give it one under `attributes`, or take the key out"
            yield draft.problem(mention.place, what, hint)


CHECKS: tuple[Check, ...] = (
    duplicates,
    references,
    cycles,
    variants,
    schedules,
    labels,
    ids,
    ignored,
    inherited,
    natural.collisions,
    moves.faults,
)


def run(book: Book) -> None:
    """All checks; none stops another."""
    for check in CHECKS:
        for problem in check(book):
            book.findings.add(problem)
