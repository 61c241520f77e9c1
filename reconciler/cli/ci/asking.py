"""What somebody asks to be taken over: a grammar, and nobody sees words that are not its own.

    comment  =  "/accept" targets
    targets  =  1*( blank target )
    target   =  "all" / kind "/" key

A kind is one of `kinds.py`, a key is spelled as the catalog's are (contract 1.1, 8.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.kinds import KEY, KINDS, LONGEST_KEY
from reconciler.model import Ref
from reconciler.pull.accept import ALL

COMMAND = "/accept"
MOST = 100
"""Names in one command."""

_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Targets:
    """Objects by name, or with `every` whatever drifts."""

    refs: tuple[Ref, ...] = ()
    every: bool = False


class Misspelled(Exception):
    """Words that are not the grammar's; says which, without a control character."""


def is_command(comment: str) -> bool:
    """Whether a comment begins with our command, however it goes on."""
    return _words(comment)[:1] == [COMMAND]


def targets_of_comment(comment: str) -> Targets:
    """What a comment names; Misspelled where it is anything but the command."""
    if not is_command(comment):
        raise Misspelled(f"it does not begin with {COMMAND}")
    return _targets(_words(comment)[1:])


def targets_of(text: str) -> Targets:
    """What a dispatched run names; Misspelled where it is anything else."""
    return _targets(_words(text))


def _words(text: str) -> list[str]:
    stripped = text.strip(_BLANKS)
    return re.split(f"[{_BLANKS}]+", stripped) if stripped else []


def _targets(words: list[str]) -> Targets:
    if not words:
        raise Misspelled("it names nothing")
    if len(words) > MOST:
        raise Misspelled(f"it has {len(words):,} words, and {MOST} names are the most; say `all`")
    refs = [_ref(word) for word in words if word != ALL]
    return Targets(tuple(dict.fromkeys(refs)), every=ALL in words)


def _ref(word: str) -> Ref:
    kind, slash, key = word.partition("/")
    if not slash:
        raise Misspelled(f"{_short(word)} is neither {ALL} nor KIND/KEY")
    if kind not in KINDS:
        raise Misspelled(f"{_short(kind)} is no kind; the kinds are {', '.join(KINDS)}")
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        raise Misspelled(f"{_short(word)} is not spelled as a key is")
    return Ref(kind, key)


def _short(word: str) -> str:
    """A word as an answer may show it."""
    return ascii(word[:40])
