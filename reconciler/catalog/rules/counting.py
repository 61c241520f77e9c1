"""Verdicts → counts by rule and by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from reconciler.catalog.draft import Draft
from reconciler.catalog.rules.members import Members, label
from reconciler.catalog.rules.verdicts import Fault, Verdict
from reconciler.completeness import Breach, Completeness, Rule, Shelf, Tally
from reconciler.kinds import KINDS
from reconciler.model import Place

KIND = ":"
"""Before the name of a kind that stands on a shelf of its own; no key of a category has it."""


def counted(members: Members, rules: Sequence[Rule], verdicts: Sequence[Verdict]) -> Completeness:
    """What all rules together have found, each object counted once."""
    shelves = _Shelves(members)
    looked: dict[int, Draft] = {}
    broken: dict[int, Draft] = {}
    by_rule: list[dict[str, Tally]] = []
    breaches: dict[str, list[Breach]] = {}
    for number, verdict in enumerate(verdicts):
        bad = {id(draft): draft for fault in verdict.faults for draft in fault.drafts}
        looked.update((id(draft), draft) for draft in verdict.looked)
        broken.update(bad)
        by_rule.append(shelves.tallies(verdict.looked, bad.values()))
        for fault in verdict.faults:
            breaches.setdefault(shelves.of(fault.drafts[0]), []).append(_breach(number, fault))
    tallies = shelves.tallies(looked.values(), broken.values())
    found = [
        Shelf(
            key,
            shelves.path(key),
            tally,
            {number: rows[key] for number, rows in enumerate(by_rule) if key in rows},
            tuple(sorted(breaches.get(key, ()), key=_place)),
        )
        for key, tally in tallies.items()
    ]
    return Completeness(tuple(rules), tuple(sorted(found, key=shelves.order)))


def _breach(number: int, fault: Fault) -> Breach:
    owner = fault.owner
    return Breach(
        number,
        owner.ref,
        label(owner),
        fault.names,
        fault.place,
        fault.value,
        fault.wrong,
        len(fault.drafts),
    )


def _place(breach: Breach) -> tuple[Place, int]:
    """What is said of one object stands together, as in its file."""
    return breach.place, breach.rule


class _Shelves:
    """Where each object is counted: a product in its primary category, others by their kind."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self._of: dict[int, str] = {}

    def of(self, draft: Draft) -> str:
        """The key of an object's shelf."""
        if id(draft) not in self._of:
            shelved = draft.kind.primary is not None
            key = self.members.home(draft) if shelved else KIND + draft.ref.kind
            self._of[id(draft)] = key
        return self._of[id(draft)]

    def path(self, key: str) -> tuple[str, ...]:
        """The names of a shelf; none for products that stand in no category."""
        if key.startswith(KIND):
            noun = KINDS[key.removeprefix(KIND)].nouns[1]
            return (noun[0].upper() + noun[1:],)
        return self.members.path(key)

    def tallies(self, looked: Iterable[Draft], broken: Iterable[Draft]) -> dict[str, Tally]:
        """By shelf how many were looked at, and how many break something."""
        all_of = Counter(map(self.of, looked))
        bad = Counter(map(self.of, broken))
        return {key: Tally(count, bad[key]) for key, count in all_of.items()}

    def order(self, shelf: Shelf) -> tuple[bool, bool, tuple[str, ...], str]:
        """Categories by their paths, then products without one, then other kinds."""
        return shelf.key.startswith(KIND), not shelf.path, shelf.path, shelf.key
