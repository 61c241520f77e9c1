"""Where a reader of a report goes on: an object's YAML line, its web page, its pictures (8.1).

Addresses are made of parts that are percent-encoded, so that no text from outside is more than a
part of one (8.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from reconciler.model import Place, Ref


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a file before or after the change; `src` is an address, `name` its file's."""

    when: str
    name: str
    src: str


@dataclass(frozen=True, slots=True)
class Site:
    """What a report links to.

    `source` is the address of the catalog folder at the commit of the pull request; `page` that of
    the page which has all of it.  All are empty where there is none.
    """

    source: str = ""
    page: str = ""
    pictures: Mapping[Ref, tuple[Picture, ...]] = field(default_factory=dict)

    def line(self, place: Place | None) -> str:
        """Where an object is declared."""
        if not self.source or place is None:
            return ""
        return f"{self.source}/{escaped_path(place.file)}#L{place.line}"


NOWHERE = Site()
"""A report that links nothing."""


def escaped_path(path: str) -> str:
    """A path of a repository in an address."""
    return quote(path, safe="/", errors="surrogatepass")


def web_address(pattern: str, kind: str, id_: str | None) -> str:
    """The page of an object in the account's web interface; empty where nobody says where."""
    if not pattern or not id_:
        return ""
    found = pattern.replace("{kind}", quote(kind, safe=""))
    return found.replace("{id}", quote(id_, safe="", errors="surrogatepass"))
