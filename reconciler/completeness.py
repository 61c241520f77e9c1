"""How complete a catalog is by its own rules (contract 1.8): what was looked at, what is missing.

`catalog.rules` makes these values, reports show them.  An object is counted on one shelf: a
product in its primary category, anything else among its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model import Place, Ref


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as people read it: what it asks, of which objects, how strictly, where it stands."""

    asks: str
    of: str
    level: str
    place: Place
    message: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """What makes it the same rule in another version of the catalog."""
        return self.asks, self.of


@dataclass(frozen=True, slots=True)
class Tally:
    """How many objects were looked at, and how many of them break a rule."""

    looked: int = 0
    broken: int = 0

    @property
    def kept(self) -> int:
        """How many keep the rules."""
        return self.looked - self.broken

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 says that nothing is missing at all."""
        return 100 * self.kept // self.looked if self.looked else 100

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.looked + other.looked, self.broken + other.broken)


@dataclass(frozen=True, slots=True)
class Breach:
    """What is wrong with an object by a rule (its number), in people's words.

    It lacks what `names` says; where `wrong` says what is wrong with a value, that is the value of
    these.  `objects` is more than one where a parent stands for variants that all lack the same.
    """

    rule: int
    ref: Ref
    label: str
    names: tuple[str, ...]
    place: Place
    value: str = ""
    wrong: str = ""
    objects: int = 1

    @property
    def what(self) -> str:
        """What it lacks, or of what the value is."""
        names = ", ".join(self.names)
        return names if self.wrong else f"lacks {names}"

    @property
    def sentence(self) -> str:
        """All of it on one line."""
        return f"{self.what} {self.value} {self.wrong}" if self.wrong else self.what


@dataclass(frozen=True, slots=True)
class Shelf:
    """The objects of a category: its key, the names that lead to it, and what they lack.

    `path` is empty for products that stand in no category.  `by_rule` has the rules, by number,
    that looked at something here.
    """

    key: str
    path: tuple[str, ...]
    tally: Tally
    by_rule: Mapping[int, Tally] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True)
class Completeness:
    """The rules of a catalog in their order, and the shelves in theirs."""

    rules: tuple[Rule, ...] = ()
    shelves: tuple[Shelf, ...] = ()

    @property
    def total(self) -> Tally:
        """All objects that a rule has looked at, each once."""
        return sum((shelf.tally for shelf in self.shelves), Tally())

    def of_rule(self, number: int) -> Tally:
        """The objects that one rule has looked at."""
        found = (shelf.by_rule.get(number, Tally()) for shelf in self.shelves)
        return sum(found, Tally())


# --- before and after a change ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """The count of a shelf before and after a change; None where it was or is not there."""

    path: tuple[str, ...]
    before: Tally | None
    after: Tally | None


def steps(before: Completeness, after: Completeness) -> Iterator[Step]:
    """The shelves whose counts a change has moved, in the order of the new catalog."""
    old = {shelf.key: shelf for shelf in before.shelves}
    for shelf in after.shelves:
        was = old.pop(shelf.key, None)
        if was is None or was.tally != shelf.tally:
            yield Step(shelf.path, was.tally if was else None, shelf.tally)
    for shelf in old.values():
        yield Step(shelf.path, shelf.tally, None)


def broken_since(before: Completeness, after: Completeness) -> list[Breach]:
    """What is wrong after a change and was not before, shelf by shelf."""
    known: set[tuple[object, ...]] = set()
    for shelf in before.shelves:
        known.update(_said(before, breach) for breach in shelf.breaches)
    found: list[Breach] = []
    for shelf in after.shelves:
        found += [breach for breach in shelf.breaches if _said(after, breach) not in known]
    return found


def _said(found: Completeness, breach: Breach) -> tuple[object, ...]:
    """What makes it the same breach in another version of the catalog: not its place."""
    return found.rules[breach.rule].words, breach.ref, breach.names, breach.wrong
