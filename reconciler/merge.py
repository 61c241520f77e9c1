"""The truth table of a field, and the three-way merge of a set (contract 2.2).

desired    state                          class       what apply does
declared   desired = live, exactly        unchanged   -
declared   desired = applied, live =      unchanged   -
declared   applied unknown, ≠ live        pending     writes
declared   live = applied ≠ desired       pending     writes
declared   desired = applied ≠ live       drift       writes
declared   all differ                     conflict    writes
gone       live = applied                 pending     clears
gone       live ≠ applied, not empty      released    left, shown, forgotten
gone       applied unknown or live empty  not ours    forgotten
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from reconciler.enums import Class
from reconciler.model import Applied
from reconciler.normalize import alike, canon

WRITES = frozenset({Class.PENDING, Class.DRIFT, Class.CONFLICT})


@dataclass(frozen=True, slots=True)
class Sides:
    """A field on its three sides.

    `declared` is False where the YAML does not have it (`desired` then means nothing);
    `applied` is None where it is unknown.
    """

    declared: bool
    desired: object
    live: object
    applied: Applied | None
    type_: str = "Text"


def classify(sides: Sides) -> Class:
    """The row of the truth table that a field stands in."""
    return _declared(sides) if sides.declared else _gone(sides)


def _declared(sides: Sides) -> Class:
    if canon(sides.desired, sides.type_) == canon(sides.live, sides.type_):
        return Class.UNCHANGED
    if sides.applied is None:
        same = alike(sides.desired, sides.live, sides.type_)
        return Class.UNCHANGED if same else Class.PENDING
    wanted_before = canon(sides.desired, sides.type_) == canon(sides.applied.sent, sides.type_)
    if live_as_applied(sides):
        return Class.UNCHANGED if wanted_before else Class.PENDING
    return Class.DRIFT if wanted_before else Class.CONFLICT


def _gone(sides: Sides) -> Class:
    empty = canon(sides.live, sides.type_) is None
    if sides.applied is None or empty:
        return Class.NOT_OURS
    return Class.PENDING if live_as_applied(sides) else Class.RELEASED


def live_as_applied(sides: Sides) -> bool:
    """Live is what the server showed; where nobody looked, what was sent, in any spelling."""
    if sides.applied is None:
        return False
    if sides.applied.seen:
        return canon(sides.live, sides.type_) == canon(sides.applied.shown, sides.type_)
    return alike(sides.live, sides.applied.sent, sides.type_)


@dataclass(frozen=True, slots=True)
class SetMerge:
    """What happens to a set: elements to add (ours, or drifted away) and to remove.

    `foreign` are elements that somebody else added and `exact` throws out.
    """

    add: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def cls(self) -> Class:
        """Drift where somebody else's hand is in it, else pending, else unchanged."""
        if self.restored or self.foreign:
            return Class.DRIFT
        return Class.PENDING if self.add or self.remove else Class.UNCHANGED

    @property
    def ours(self) -> SetMerge:
        """The pending part: what the catalog changes."""
        return SetMerge(add=self.add, remove=self.remove)

    @property
    def theirs(self) -> SetMerge:
        """The drift: what somebody else took out or put in."""
        return SetMerge(restored=self.restored, foreign=self.foreign)


def merge_sets(
    desired: Iterable[str],
    live: Iterable[str],
    sent: Iterable[str] = (),
    shown: Iterable[str] | None = None,
    *,
    exact: bool = False,
    same: Callable[[str], str] = str,
) -> SetMerge:
    """Three-way, element by element: ours are desired ∪ applied, the rest is foreign.

    `shown` is what the server showed after the last write; an element that it never showed and
    that is still wanted counts as settled.  `same` maps an element to what it is compared by.
    """
    wanted, present = _by_form(desired, same), _by_form(live, same)
    before = set(map(same, sent))
    # Never seen after it was sent: the run that sent it has said so.
    unseen = before.difference(map(same, shown)) if shown is not None else set()
    lacking = wanted.keys() - present.keys()
    others = present.keys() - wanted.keys()
    return SetMerge(
        add=_texts(wanted, lacking - before),
        restored=_texts(wanted, (lacking & before) - unseen),
        remove=_texts(present, others & before),
        foreign=_texts(present, others - before) if exact else (),
    )


def _by_form(elements: Iterable[str], same: Callable[[str], str]) -> dict[str, str]:
    return {same(text): text for text in elements}


def _texts(elements: Mapping[str, str], forms: Set[str]) -> tuple[str, ...]:
    """Some of the elements, in their order."""
    return tuple(text for form, text in elements.items() if form in forms)


def merged(live: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """live ∪ desired − (applied − desired) (contract 2.3), live order first, no doubles."""
    gone = set(remove)
    return tuple(dict.fromkeys([*(x for x in live if x not in gone), *add]))


def order_class(
    desired: Sequence[str], live: Sequence[str], sent: Sequence[str], shown: Sequence[str] | None
) -> Class:
    """How the order of a set's elements stands, where order counts; all sides in one spelling.

    Only elements that two sides share say anything.  `shown` is None where nobody has looked.
    """
    if _in_order(desired, live):
        return Class.UNCHANGED
    wanted_before = bool(sent) and _in_order(desired, sent)
    if not _in_order(live, sent if shown is None else shown):
        return Class.DRIFT
    # An order that was sent and did not stick is not sent for ever.
    return Class.UNCHANGED if wanted_before and shown is not None else Class.PENDING


def _in_order(one: Sequence[str], other: Sequence[str]) -> bool:
    shared = set(one) & set(other)
    return [x for x in one if x in shared] == [x for x in other if x in shared]
