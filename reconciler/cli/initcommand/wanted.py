"""What somebody wants of `pxm init`, by options or by answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written; `repository` is where pxm's workflows are, as OWNER/NAME[@REF].

    `force` names files that may be written over.
    """

    account: bool = False
    github: bool = False
    gitlab: bool = False
    repository: str = ""
    agents: bool = False
    force: tuple[Path, ...] = ()
    output: str = "text"

    @property
    def said(self) -> bool:
        """Some option says what is wanted: nothing is asked."""
        return self != Wanted()
