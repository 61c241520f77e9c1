"""Which sorts of operations this run has seen work (contract 2.4).

A sort is a kind and one of create, update, array, delete.  While none of a sort was taken, its
next operation goes alone and is read back by id, so that on an API that is only partly known the
second object never repeats the first one's mistake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from reconciler.model import Change, Ref

REFUSALS = 10
"""Refusals with nothing taken after which no more of a sort is sent in this run."""


class Sorts:
    """What became of the operations of each sort.

    `refused` are the objects whose change was refused last time, or in this run.
    """

    def __init__(self, refused: Iterable[Ref] = ()) -> None:
        self.refused = set(refused)
        self._taken: set[tuple[str, str]] = set()
        self._refusals: Counter[tuple[str, str]] = Counter()
        self._stopped: dict[tuple[str, str], str] = {}

    def works(self, change: Change) -> bool:
        """An operation of the change's sort was taken: the others need not go alone."""
        return _sort(change) in self._taken

    def why_stopped(self, change: Change) -> str:
        """Why no more of the change's sort is sent; empty where it goes on."""
        return self._stopped.get(_sort(change), "")

    def took(self, change: Change) -> None:
        """The change was made and read back as it was sent."""
        self._taken.add(_sort(change))
        self.refused.discard(change.ref)

    def refuse(self, change: Change) -> None:
        """The API refused the change and nothing has changed: the next of its sort is tried."""
        self.refused.add(change.ref)
        self._refusals[_sort(change)] += 1
        if not self.works(change) and self._refusals[_sort(change)] >= REFUSALS:
            self._stopped[_sort(change)] = (
                f"{REFUSALS} times the {change.sort} of a {change.ref.kind} was refused, "
                "and none was taken"
            )

    def surprise(self, change: Change, reason: str) -> None:
        """The change went wrong: where it went alone, no more of its sort is sent."""
        if not self.works(change):
            words = f"the first {change.sort} of a {change.ref.kind} went wrong: {reason}"
            self._stopped[_sort(change)] = words


def _sort(change: Change) -> tuple[str, str]:
    return change.ref.kind, change.sort
