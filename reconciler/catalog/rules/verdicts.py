"""What a rule finds: what it looked at, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.catalog.draft import Draft
from reconciler.catalog.rules.members import Members
from reconciler.model import Place


@dataclass(frozen=True, slots=True)
class Fault:
    """A breach as it is found: by whom, where it is told, in the catalog's words and in people's.

    `names`, `value` and `wrong` are those of a `Breach`.
    `drafts` are the objects that break the rule; `owner` is the one at which that is mended.
    `hint` ends with the place `also`; without one with the rule's.
    """

    owner: Draft
    drafts: tuple[Draft, ...]
    place: Place
    what: str
    names: tuple[str, ...]
    value: str = ""
    wrong: str = ""
    hint: str = "the rule is at"
    also: Place | None = None


@dataclass(slots=True)
class Verdict:
    """The objects that a rule has looked at, and its faults."""

    looked: list[Draft] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


Judge = Callable[[Members, list[Draft]], Verdict]
"""Judges the objects that a rule is for."""
