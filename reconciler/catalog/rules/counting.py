"""Verdicts → counts by rule and by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.catalog.draft import Draft
from reconciler.catalog.rules.members import Members, label
from reconciler.catalog.rules.verdicts import Fault, Verdict
from reconciler.completeness import Breach, Completeness, Rule, Shelf, Tally
from reconciler.kinds import KINDS
from reconciler.model import Place

KIND = ":"
"""Before the name of a kind that stands on a shelf of its own; no key of a category has it."""


_SHELVED = frozenset(name for name, kind in KINDS.items() if kind.primary is not None)


def counted(members: Members, rules: Sequence[Rule], verdicts: Sequence[Verdict]) -> Completeness:
    """What all rules together have found, each object counted once."""
    shelves = _Shelves(members)
    looked: dict[int, Draft] = {}
    broken: dict[int, Draft] = {}
    by_rule: list[dict[str, Tally]] = []
    for verdict in verdicts:
        bad = _broken(verdict)
        looked.update(zip(map(id, verdict.looked), verdict.looked, strict=True))
        broken.update(bad)
        by_rule.append(shelves.tallies(verdict.looked, list(bad.values())))
    breaches = _breaches(shelves, verdicts)
    found = [
        Shelf(
            key,
            shelves.path(key),
            tally,
            _on_shelf(by_rule, key),
            tuple(sorted(breaches.get(key, ()), key=_place)),
        )
        for key, tally in shelves.tallies(list(looked.values()), list(broken.values())).items()
    ]
    return Completeness(tuple(rules), tuple(sorted(found, key=shelves.order)))


def _broken(verdict: Verdict) -> dict[int, Draft]:
    """The objects that break a rule, each once."""
    found: dict[int, Draft] = {}
    for fault in verdict.faults:
        found.update((id(draft), draft) for draft in fault.drafts)
    return found


def _on_shelf(by_rule: Sequence[dict[str, Tally]], key: str) -> dict[int, Tally]:
    """The counts of the rules that looked at something on a shelf, by the rule's number."""
    return {number: rows[key] for number, rows in enumerate(by_rule) if key in rows}


def _breaches(shelves: _Shelves, verdicts: Sequence[Verdict]) -> dict[str, list[Breach]]:
    """By shelf what is wrong with its objects."""
    found: dict[str, list[Breach]] = {}
    for number, verdict in enumerate(verdicts):
        for fault in verdict.faults:
            [key] = shelves.keys(fault.drafts[:1])
            found.setdefault(key, []).append(_breach(number, fault))
    return found


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

    def keys(self, drafts: Sequence[Draft]) -> Iterator[str]:
        """The shelf of each of these objects; looked for once, as rules look at the same ones."""
        if not self._of.keys() >= set(map(id, drafts)):
            self._of.update((id(draft), self._key(draft)) for draft in drafts)
        return map(self._of.__getitem__, map(id, drafts))

    def _key(self, draft: Draft) -> str:
        kind = draft.ref.kind
        return self.members.home(draft) if kind in _SHELVED else KIND + kind

    def path(self, key: str) -> tuple[str, ...]:
        """The names of a shelf; none for products that stand in no category."""
        if key.startswith(KIND):
            noun = KINDS[key.removeprefix(KIND)].nouns[1]
            return (noun[0].upper() + noun[1:],)
        return self.members.path(key)

    def tallies(self, looked: Sequence[Draft], broken: Sequence[Draft]) -> dict[str, Tally]:
        """By shelf how many were looked at, and how many break something."""
        all_of = Counter(self.keys(looked))
        bad = Counter(self.keys(broken))
        return {key: Tally(count, bad[key]) for key, count in all_of.items()}

    def order(self, shelf: Shelf) -> tuple[bool, bool, tuple[str, ...], str]:
        """Categories by their paths, then products without one, then other kinds."""
        return shelf.key.startswith(KIND), not shelf.path, shelf.path, shelf.key
