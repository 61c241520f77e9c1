"""Which sorts of operations this run has seen work (contract 2.4).

A sort is a kind and one of create, update, array, delete.  While none of a sort was taken, its
next operation goes alone and is read back by id, so that on an API that is only partly known the
second object never repeats the first one's mistake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from reconciler.model import Change, Ref, SortOfKind

REFUSALS = 10
"""Refusals with nothing taken after which no more of a sort is sent in this run."""


class Sorts:
    """What became of the operations of each sort.

    `taken` are the sorts of which an operation was made; `refused` the objects whose change was
    refused last time, or in this run.
    """

    def __init__(self, refused: Iterable[Ref] = ()) -> None:
        self.refused = set(refused)
        self.taken: set[SortOfKind] = set()
        self._refusals: Counter[SortOfKind] = Counter()
        self._stopped: dict[SortOfKind, str] = {}

    def works(self, change: Change) -> bool:
        """An operation of the change's sort was taken: the others need not go alone."""
        return change.sort_of_kind in self.taken

    def why_stopped(self, change: Change) -> str:
        """Why no more of the change's sort is sent; empty where it goes on."""
        return self._stopped.get(change.sort_of_kind, "")

    def took(self, change: Change) -> None:
        """The change was made and read back as it was sent."""
        self.taken.add(change.sort_of_kind)
        self.refused.discard(change.ref)

    def refuse(self, change: Change) -> None:
        """The API refused the change and nothing has changed: the next of its sort is tried."""
        self.refused.add(change.ref)
        self._refusals[change.sort_of_kind] += 1
        if not self.works(change) and self._refusals[change.sort_of_kind] >= REFUSALS:
            self._stopped[change.sort_of_kind] = (
                f"{REFUSALS} times the {change.sort} of a {change.ref.kind} was refused, "
                "and none was taken"
            )

    def surprise(self, change: Change, reason: str) -> None:
        """The change went wrong: where it went alone, no more of its sort is sent."""
        if not self.works(change):
            words = f"the first {change.sort} of a {change.ref.kind} went wrong: {reason}"
            self._stopped[change.sort_of_kind] = words
