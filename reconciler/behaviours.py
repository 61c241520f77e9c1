"""What an account was seen to do where the API leaves it open (contract 10).

A run that sees which way its account goes keeps that in the state, with the day; what was never
seen is not there, and counts as unknown.  A sighting against an earlier one sets the behaviour
back to unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model import Behaviour

INHERITS = "inherits"
"""Whether objects show values that only a category above them was given: `yes` or `no`, by kind
(`of`)."""

CLEARS_WITH = "clears-with"
"""What empties a scalar field: `null`, or `blank` where null does nothing and "" does."""

UNIQUE_NAMES = "unique-names"
"""Whether a second object with the natural key of another is refused: `yes`, by kind (`of`)."""

CREATED_SINCE = "created-since"
"""Whether a list that is asked for what was created since a day shows that and nothing older:
`yes` or `no`, by kind (`of`)."""

KEEPS_ORDER = "keeps-order"
"""Whether a list shows its objects in the order in which it was read last: `no`, by kind (`of`)."""

VOLATILE = "volatile-field"
"""Whether a field that nobody here knows changes with writes: `yes`, by kind and field (`of`)."""

YES, NO = "yes", "no"
NULL, BLANK = "null", "blank"

Behaviours = Mapping[str, Behaviour]


def of(name: str, kind: str) -> str:
    """The name of a behaviour that each kind may have its own way of."""
    return f"{name}.{kind}"


def value_of(behaviours: Behaviours, name: str) -> str | None:
    """What was seen of a behaviour; None where it is unknown."""
    known = behaviours.get(name)
    return known.value if known else None


def unique_kinds(behaviours: Behaviours) -> frozenset[str]:
    """The kinds of which the account was seen to refuse equal names."""
    return _kinds(behaviours, UNIQUE_NAMES, YES)


def shuffled_kinds(behaviours: Behaviours) -> frozenset[str]:
    """The kinds whose lists were seen to show another order than before."""
    return _kinds(behaviours, KEEPS_ORDER, NO)


def _kinds(behaviours: Behaviours, name: str, value: str) -> frozenset[str]:
    """The kinds with that value of a behaviour that each may have its own way of."""
    prefix = of(name, "")
    return frozenset(
        found.removeprefix(prefix)
        for found, known in behaviours.items()
        if found.startswith(prefix) and known.value == value
    )


def noticed(behaviours: Behaviours, name: str, value: str, day: str) -> tuple[Behaviours, str]:
    """The behaviours with one more sighting, and the note to make of it.

    `day` is `YYYY-MM-DD`.  The note is empty but where the account was seen to do otherwise
    before: then the behaviour is unknown again, and the note names both days.
    """
    known = behaviours.get(name)
    if known is None or known.value is None:
        return {**behaviours, name: Behaviour(value, day)}, ""
    if known.value == value:
        return behaviours, ""
    note = (
        f"the account was seen to do otherwise before: {name} was {known.value} on {known.day} "
        f"and is {value} on {day}; it counts as unknown from here on"
    )
    return {**behaviours, name: Behaviour(None, day)}, note
