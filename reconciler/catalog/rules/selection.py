"""Which objects a rule is for: their kind, where they stand, `only` and `when`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from reconciler.catalog.draft import Draft
from reconciler.catalog.rules.members import Asked, Members
from reconciler.catalog.rules.words import listed
from reconciler.kinds import KINDS

PUBLISHED, PARENTS, VARIANTS = "published", "parents", "variants"

ONLY: Mapping[str, Callable[[Members, Draft], bool]] = {
    PUBLISHED: lambda members, draft: members.value(draft, PUBLISHED) is True,
    PARENTS: lambda members, draft: members.is_parent(draft),
    VARIANTS: lambda members, draft: members.parent(draft) is not None,
}
"""The words of `only`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The objects of a kind that a rule looks at.

    `sold`: of a family the variants alone, which are what is sold; else the parents too.
    """

    kind: str
    under: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    when: tuple[Asked, ...] = ()
    sold: bool = False

    def drafts(self, members: Members) -> list[Draft]:
        """Those of a catalog, in its order."""
        found = members.of(self.kind)
        for test in self._tests(members):
            found = list(filter(test, found))
        return found

    def _tests(self, members: Members) -> Iterator[Callable[[Draft], bool]]:
        if self.under:
            yield partial(_stands_in, members, members.below(self.under))
        for word in self.only:
            yield partial(ONLY[word], members)
        for asked in self.when:
            yield partial(_has, members, asked)
        if self.sold and PARENTS not in self.only:
            yield partial(_is_sold, members)

    def words(self, members: Members) -> str:
        """`published variants under Apparel › Jackets with Down ratio`."""
        words = [PUBLISHED] if PUBLISHED in self.only else []
        words.append(self._noun())
        if self.under:
            paths = [" › ".join(members.path(key)) for key in self.under]
            words.append(f"under {listed(paths)}")
        if self.when:
            labels = [asked.label for asked in self.when]
            words.append(f"with {listed(labels, 'and')}")
        return " ".join(words)

    def _noun(self) -> str:
        """What the objects are called: by a word of `only`, else as their kind is."""
        for word in (PARENTS, VARIANTS):
            if word in self.only:
                return word
        return KINDS[self.kind].nouns[1]


def _stands_in(members: Members, categories: frozenset[str], draft: Draft) -> bool:
    return not categories.isdisjoint(members.places(draft))


def _has(members: Members, asked: Asked, draft: Draft) -> bool:
    return members.has(draft, asked)


def _is_sold(members: Members, draft: Draft) -> bool:
    return not members.has_variants(draft)
