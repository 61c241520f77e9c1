"""How problems speak of catalog texts: quoted, short, on one line, with a guess at typos."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from reconciler.normalize import composed
from reconciler.yamlfile import Node, Scalar, Seq

LONGEST = 60
"""Characters of a text that a message shows."""

BUDGET = 50_000
"""Words compared for all guesses of one reading: a catalog of nothing but typos stays linear."""


def quoted(text: str) -> str:
    """A text of the catalog in quotes: shortened, control characters escaped."""
    short = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return f"'{visible(short)}'"


def visible(text: str) -> str:
    """Control characters escaped, so that a message is one line and harmless."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


def shown(node: Node) -> str:
    """What stands there instead: a quoted text, `nothing`, `a list` or `a mapping`."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else quoted(node.text)
    return "a list" if isinstance(node, Seq) else "a mapping"


@dataclass(slots=True)
class Speller:
    """Guesses what was meant; each wrong word is looked up once, within `BUDGET`."""

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
        return nearest(word, near) if self.left >= 0 else ""


def nearest(word: str, among: Collection[str]) -> str:
    """`did you mean 'x'?` for one of a few words, or nothing."""
    known = {composed(item): item for item in among}
    wanted = composed(word)
    found = _same_but_case(wanted, known) or get_close_matches(wanted, known, n=1, cutoff=0.7)
    return f"did you mean {quoted(known[found[0]])}?" if found else ""


def _same_but_case(word: str, among: Iterable[str]) -> list[str]:
    """Case and blanks are what goes wrong most: `picklist` for `Pick List`."""
    return [item for item in among if _bare(item) == _bare(word)]


def _bare(word: str) -> str:
    return word.casefold().replace(" ", "")
