"""What was probably meant by an unknown word: the `did you mean …?` of messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches

from reconciler.normalize import composed
from reconciler.quoting import quoted

BUDGET = 50_000
"""Words compared for all suggestions of one reading: a catalog of only typos stays linear."""


@dataclass(slots=True)
class Speller:
    """Suggests what was meant; each wrong word is looked up once, within `BUDGET`."""

    left: int = BUDGET
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def guess(self, word: str, among: Collection[str], topic: str) -> str:
        """`did you mean 'x'?`, or nothing.  `topic` names the list of words, for the memory."""
        if (topic, word) not in self.known:
            self.known[topic, word] = self._guess(word, among)
        return self.known[topic, word]

    def _guess(self, word: str, among: Collection[str]) -> str:
        slack = max(3, len(word) // 2)
        near = [item for item in among if abs(len(item) - len(word)) <= slack]
        self.left -= len(near)
        return suggestion(word, near) if self.left >= 0 else ""


def suggestion(word: str, among: Collection[str]) -> str:
    """`did you mean 'x'?` for the known word that is nearest to a wrong one, or nothing."""
    known = {composed(item): item for item in among}
    wanted = composed(word)
    # Case and blanks are what goes wrong most: `picklist` for `Pick List`.
    same = [item for item in known if _bare(item) == _bare(wanted)]
    near = same or get_close_matches(wanted, known, n=1, cutoff=0.7)
    return f"did you mean {quoted(known[near[0]])}?" if near else ""


def _bare(word: str) -> str:
    return word.casefold().replace(" ", "")
